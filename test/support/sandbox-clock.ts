/** The clock of a running sandbox, as its operations port gives it. */

/** How the clock stands, and what was played on the way there. */
export interface ClockAnswer {
  now: string
  offsetMs: number
  frozen: boolean
  next?: { at: string; what: string }
  played: { at: string; what: string; count: number }[]
  leftOut?: number
  note?: string
}

/** Calls `/sandbox/clock`: GET without a move. A text is sent as it stands. */
export async function callClock(opsUrl: string, move?: object | string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${opsUrl}/sandbox/clock`, {
    // A connection of its own: one that was kept may lead to a process that has been killed since.
    headers: { connection: 'close' },
    ...(move !== undefined && { method: 'POST', body: typeof move === 'string' ? move : JSON.stringify(move) }),
  })
  return { status: response.status, json: await response.json() }
}

/** Looks at the clock, or moves it and waits until everything has settled. */
export async function sandboxClock(opsUrl: string, move?: object): Promise<ClockAnswer> {
  const { status, json } = await callClock(opsUrl, move)
  if (status !== 200) throw new Error(`the clock did not move: ${status} ${JSON.stringify(json)}`)
  return json as ClockAnswer
}

/** What happened to a vaulting, oldest first: all, or what is of one kind. */
export async function timelineOf(
  opsUrl: string,
  clientId: string,
  vaultingRequestId: string,
  kind?: string,
): Promise<{ at: string; kind: string; [detail: string]: unknown }[]> {
  const url = `${opsUrl}/sandbox/timeline/${clientId}/${vaultingRequestId}`
  const response = await fetch(url, { headers: { connection: 'close' } })
  const { events } = (await response.json()) as { events: { at: string; kind: string }[] }
  return kind === undefined ? events : events.filter(event => event.kind === kind)
}
