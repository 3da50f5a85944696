/** What all pages share of requests and answers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { comesFromOurPage } from './headers.js'
import { messagePage } from './pages.js'

export const send = (reply: FastifyReply, status: number, page: string) =>
  reply.code(status).type('text/html; charset=utf-8').send(page)

/** What a form sent; nothing, when something else came. */
export const formOf = ({ body }: FastifyRequest): URLSearchParams =>
  body instanceof URLSearchParams ? body : new URLSearchParams()

/** A hook before every handler: whatever changes something comes from a page of this shop. */
export async function refuseStrangers(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD' || comesFromOurPage(request.headers)) return undefined
  return send(reply, 403, messagePage('Not from here', 'This can be done with the forms of this shop only.'))
}

/** Takes forms, and nothing else. */
export function takeForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(body as string)),
  )
}
