/** One thing that `coffer doctor` looked at. */
export interface Finding {
  check: string
  verdict: 'ok' | 'warning' | 'fault'
  text: string
}
