/**
 * The numbers of PostgreSQL's advisory locks, all in one place: two uses of one number would wait for each other, and
 * nothing but a slow day would tell. None is ever given to another use, since releases can run side by side.
 */

/** One process makes the first keys of a new vault, and the others find them. */
export const SETUP_LOCK_NUMBER = 7202610

/** One move of the sandbox's clock at a time. */
export const CLOCK_LOCK_NUMBER = 7202611

/** One process makes the sandbox's certificates and merchants, and the others find them. */
export const SANDBOX_LOCK_NUMBER = 7202612

/** One change of the card ranges that count at a time. */
export const CARD_RANGES_LOCK_NUMBER = 7202613

/** One catch-up at a time looks for notifications that are missing. */
export const CATCH_UP_LOCK_NUMBER = 7202614
