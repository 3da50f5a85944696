import { Socket } from 'node:net'

/** Records where the connector was sent and connects nowhere. */
export function recordingOpen() {
  const opened: string[] = []
  const open = (address: string, port: number) => {
    opened.push(`${address} ${port}`)
    const socket = new Socket()
    queueMicrotask(() => socket.destroy(Object.assign(new Error('recorded'), { code: 'ETEST' })))
    return socket
  }
  return { opened, open }
}
