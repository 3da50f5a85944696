/** What has to hold of notifications, however often their workers die. */

/** A notification as it stands in the end. */
export interface SeriesRow {
  vaultingRequestId: string
  acknowledged: boolean
  open: boolean
  attemptsMade: number
  /** Its recorded attempts, in their order. */
  attempts: readonly { attempt: number; beganAt: number; httpStatus: number | null; acknowledged: boolean }[]
}

/** A delivery as it came to the receiver. */
export interface Arrival {
  vaultingRequestId: string
  body: string
  requestTime: string
  signature: string
  /** Whether the gateway's key has signed it. */
  verified: boolean
  /** What the receiver answered. */
  status: number
}

/** @returns the promises that were broken, in words; none when all is well */
export function checkDeliveries(
  finals: readonly string[],
  series: readonly SeriesRow[],
  arrivals: readonly Arrival[],
): string[] {
  const complaints: string[] = []
  const arrived = byId(arrivals)
  const rows = new Map(series.map(row => [row.vaultingRequestId, row]))
  for (const id of finals) if (!rows.has(id)) complaints.push(`${id} is final and has no notification`)
  for (const row of series) {
    const { vaultingRequestId: id, attempts } = row
    const came = arrived.get(id) ?? []
    const complain = (what: string) => complaints.push(`${id}: ${what}`)
    if (row.open) complain('its series is still open')
    if (!row.acknowledged) complain('nobody has acknowledged it')
    if (came.length === 0) complain('it never arrived')
    if (new Set(came.map(({ body }) => body)).size > 1) complain('its deliveries have different bodies')
    if (came.some(({ verified }) => !verified)) complain('a delivery has a wrong signature')
    if (attempts.map(({ attempt }) => attempt).join() !== attempts.map((_, nth) => nth + 1).join()) {
      complain(`its attempts are numbered ${attempts.map(({ attempt }) => attempt).join()}`)
    }
    if (attempts.length !== row.attemptsMade) complain(`it counts ${row.attemptsMade} attempts of ${attempts.length}`)
    if (attempts.slice(0, -1).some(({ acknowledged }) => acknowledged)) complain('it went on after it was acknowledged')
    const answered = attempts.filter(({ httpStatus }) => httpStatus !== null).length
    if (answered > came.length) complain(`${answered} answers are recorded and ${came.length} deliveries arrived`)
    const last = attempts.at(-1)
    // Whoever began later than the one that was acknowledged had no right to.
    const late = came.filter(({ requestTime }) => last && Date.parse(requestTime) > last.beganAt)
    if (row.acknowledged && late.length > 0) complain(`${late.length} deliveries began after it was acknowledged`)
  }
  for (const id of arrived.keys()) if (!rows.has(id)) complaints.push(`${id} arrived and has no row`)
  return complaints
}

function byId(arrivals: readonly Arrival[]): Map<string, Arrival[]> {
  const groups = new Map<string, Arrival[]>()
  for (const arrival of arrivals) {
    groups.set(arrival.vaultingRequestId, [...(groups.get(arrival.vaultingRequestId) ?? []), arrival])
  }
  return groups
}
