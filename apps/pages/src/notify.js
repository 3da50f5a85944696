/**
 * The script of the pages that a bank's frame ends on. It tells the buyer's page around it to ask the server; without a
 * page around it, it leads there. Served as it stands here.
 */
const link = document.querySelector('a')

if (parent !== window) parent.postMessage({ coffer: 'ask' }, location.origin)
else if (link) location.replace(link.href)
