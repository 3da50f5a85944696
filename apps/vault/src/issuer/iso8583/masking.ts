/** What people and logs may see of sensitive values. Source: PCI DSS 3.3, 3.4 and card scheme practice. */
import type { Sensitivity } from './profile.js'

/** Stands for a value that nobody may see. */
export const MASKED = '[masked]'

/** The fewest digits a number has whose last four may be shown. */
const SHORTEST_PAN = 12

/**
 * @param length  how many characters the value has
 * @param lastFour  its last four characters; called only where they may be shown
 */
export function masked(sensitivity: Exclude<Sensitivity, 'none'>, length: number, lastFour: () => string): string {
  return sensitivity === 'pan' && length >= SHORTEST_PAN ? `${'*'.repeat(12)}${lastFour()}` : MASKED
}
