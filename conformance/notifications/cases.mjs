/**
 * Which notifications are asked for: each content at each address. An address is what a merchant gives; `sent` is the
 * request target that has to be on the wire, and so in the signature. Both are written down by hand.
 */

/** `given` follows `http://127.0.0.1:port`. */
export const addresses = [
  { what: 'a path', given: '/antom/notify', sent: '/antom/notify' },
  { what: 'nothing', given: '', sent: '/' },
  { what: 'a slash', given: '/', sent: '/' },
  { what: 'a query alone', given: '?x=1', sent: '/?x=1' },
  { what: 'a slash and a query', given: '/?x=1', sent: '/?x=1' },
  { what: 'a path and a query', given: '/antom/notify?shop=7&lang=de', sent: '/antom/notify?shop=7&lang=de' },
  { what: 'a query with nothing in it', given: '/antom/notify?', sent: '/antom/notify' },
  { what: 'encoded slashes in the path', given: '/shops%2F7/notify%2f', sent: '/shops%2F7/notify%2f' },
  { what: 'encoded slashes in the query', given: '/n?from=de%2FAT%2fwien', sent: '/n?from=de%2FAT%2fwien' },
  { what: 'an address within the query', given: '/n?next=/a/b?c=d&e=f', sent: '/n?next=/a/b?c=d&e=f' },
  { what: 'plus signs, plain and encoded', given: '/n?q=a+b%2Bc%20d', sent: '/n?q=a+b%2Bc%20d' },
  { what: 'a key several times', given: '/n?a=1&a=2&a=1&A=1', sent: '/n?a=1&a=2&a=1&A=1' },
  { what: 'keys without values, empty pairs', given: '/n?&a&b=&&=c&', sent: '/n?&a&b=&&=c&' },
  { what: 'encoded UTF-8', given: '/n?a=Zo%C3%AB&b=%e6%9d%8e', sent: '/n?a=Zo%C3%AB&b=%e6%9d%8e' },
  { what: 'plain UTF-8 in the query', given: '/n?a=Zoë&b=李&c=🂡', sent: '/n?a=Zo%C3%AB&b=%E6%9D%8E&c=%F0%9F%82%A1' },
  { what: 'plain UTF-8 in the path', given: '/händler/李/🂡?x=1', sent: '/h%C3%A4ndler/%E6%9D%8E/%F0%9F%82%A1?x=1' },
  { what: 'plain and encoded together', given: '/ö%C3%B6?ö=%c3%b6', sent: '/%C3%B6%C3%B6?%C3%B6=%c3%b6' },
  { what: 'escapes that are no UTF-8', given: '/n%FF?name=Zo%EB', sent: '/n%FF?name=Zo%EB' },
  { what: 'percent signs that are no escapes', given: '/n?rate=100%&x=%zz', sent: '/n?rate=100%&x=%zz' },
  { what: 'quotes and brackets', given: `/n?q="<'>[{|}]^\``, sent: '/n?q=%22%3C%27%3E[{|}]^`' },
  { what: 'dots and empty parts in the path', given: '//a/./b/..//c?x=../y', sent: '//a//c?x=../y' },
  { what: 'semicolons, commas, a fragment', given: '/n;a=1,2:3@4?x=a;b#part', sent: '/n;a=1,2:3@4?x=a;b' },
  {
    what: 'what looks like the header',
    given: '/n?algorithm=RSA256,signature=a',
    sent: '/n?algorithm=RSA256,signature=a',
  },
  { what: '2,000 characters', given: `/n?x=${'0123456789'.repeat(199)}`, sent: `/n?x=${'0123456789'.repeat(199)}` },
  // What is 800 characters to who gives it is three bytes for each, and three characters for each byte: 7,200.
  { what: '800 plain characters', given: `/n?x=${'李'.repeat(800)}`, sent: `/n?x=${'%E6%9D%8E'.repeat(800)}` },
]

const none = { named: 'no echo', echo: {} }
const ascii = { named: 'ASCII', echo: { metadata: 'order=1042&from=cart; 100% {"paid":true}, signature=none' } }
const unicode = {
  named: 'no ASCII',
  idEnd: '-Zoë-李-🂡',
  echo: {
    metadata: 'Zoë O’Brien — 李小龍 — مرحبا — Zoe\u0308 — 🂡👩\u200d👩\u200d👧',
    customizedInfo: { customizedField1: 'Größe: 42½', customizedField2: '数量：３' },
  },
}
const escapes = {
  named: 'what JSON escapes',
  echo: { metadata: '"\\/\b\f\n\r\t\u0001\u007f\u0085\u2028\u2029\ufeff</script>\\u0041' },
}

/** What a merchant sends besides the card, and how the vaulting ends. */
export const contents = [
  { ...none, cardNo: '4054695723100768', code: 'SUCCESS' },
  { ...ascii, cardNo: '5200000000100005', code: 'SUCCESS' },
  { ...unicode, cardNo: '340000000100007', cvv: '1234', code: 'SUCCESS' },
  { ...escapes, cardNo: '9490220011669217', code: 'SUCCESS' },
  { ...none, cardNo: '4000000000100059', code: 'DO_NOT_HONOR' },
  { ...ascii, cardNo: '5200000000100419', code: 'LOST_CARD' },
  { ...unicode, cardNo: '4000000000100463', code: 'ACCOUNT_CLOSED' },
  { ...escapes, cardNo: '5200000000100591', code: 'FRAUD_REJECT' },
]

/** Address by address, each with every content. */
export const cases = addresses.flatMap(address => contents.map(content => ({ address, content })))
