/**
 * Path and query of a URL, as text: nothing is decoded, encoded or tidied up, since the text itself is signed.
 * A web framework may give the whole address (`request.url` of the fetch API); scheme and host are cut off.
 */
export function pathAndQuery(url: string): string {
  const rest = url.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/, '').replace(/#.*$/s, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}
