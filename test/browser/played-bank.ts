/** A bank's pages as a browser meets them in frames: another site than Coffer's, without anything of 3DS behind it. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface PlayedBank {
  /** Origin, with the name `localhost`, so that it is another site than 127.0.0.1. */
  url: string
  /** Where the 3DS Method calls back. */
  methodUrl: string
  /** Its 3DS Method never calls back, and calls out to the page around it all the time. */
  shoutingMethodUrl: string
  acsUrl: string
  /** The forms that it was sent, oldest first. */
  received: { path: string; form: Record<string, string>; cookie: string | undefined }[]
  stop(): void
}

/** @param coffer  origin of the hosted pages; asked for when it is needed */
export async function startPlayedBank(coffer: () => string): Promise<PlayedBank> {
  const received: PlayedBank['received'] = []
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    const form = await formOf(request)
    if (request.method === 'POST') received.push({ path, form, cookie: request.headers.cookie })
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('set-cookie', 'bank=1')
    response.end(pageOf(path, form, coffer()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    url,
    methodUrl: `${url}/method`,
    shoutingMethodUrl: `${url}/shouting`,
    acsUrl: `${url}/challenge`,
    received,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function formOf(request: IncomingMessage): Promise<Record<string, string>> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  return Object.fromEntries(new URLSearchParams(body))
}

function pageOf(path: string, form: Record<string, string>, coffer: string): string {
  const back = (to: string, fields: Record<string, string>, inside: string) =>
    `<form method="post" action="${coffer}/3ds/${to}">${Object.entries(fields)
      .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
      .join('')}${inside}</form>`
  const head = '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Bank</title>'
  if (path === '/method') {
    const { threeDSMethodData = '' } = form
    return `${head}${back('method-notify', { threeDSMethodData }, '')}<script>document.forms[0].submit()</script>`
  }
  if (path === '/shouting') {
    return `${head}<script>setInterval(() => parent.postMessage({ coffer: 'ask' }, '*'), 5)</script>`
  }
  const { threeDSSessionData = '' } = form
  const code = '<p><label>Code <input name="code"></label></p><p><button>Confirm</button></p>'
  return `${head}<h1>Example Bank</h1>${back('challenge-notify', { cres: 'Y3Jlcw', threeDSSessionData }, code)}`
}
