/** HTTP as bytes on a socket, for requests that Node's client would not send, and answers before Node tidies them. */
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  statusLine: string
  /** Names and values as they stood on the wire. */
  headers: [name: string, value: string][]
  header: (name: string) => string | undefined
  body: Buffer
}

/** One connection, which may carry several requests. */
export class RawConnection {
  #arrived = Buffer.alloc(0)
  #closed = false
  #wake = () => {}

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#arrived = Buffer.concat([this.#arrived, chunk])
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawConnection(socket)
  }

  send(...parts: (string | Buffer)[]): void {
    this.socket.write(Buffer.concat(parts.map(part => Buffer.from(part as string))))
  }

  /**
   * The next answer, an interim one (100) included.
   * @param bodyless  whether nothing follows the head, as after HEAD
   */
  async answer({ bodyless = false } = {}): Promise<RawAnswer> {
    const headEnd = await this.#until(() => this.#arrived.indexOf('\r\n\r\n'))
    const [statusLine = '', ...lines] = this.#arrived.toString('latin1', 0, headEnd).split('\r\n')
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
    const header = (name: string) => headers.find(([given]) => given === name)?.[1]
    const length = bodyless ? 0 : Number(header('content-length') ?? 0)
    await this.#until(() => (this.#arrived.length >= headEnd + 4 + length ? 1 : -1))
    const body = this.#arrived.subarray(headEnd + 4, headEnd + 4 + length)
    this.#arrived = this.#arrived.subarray(headEnd + 4 + length)
    return { statusLine, headers, header, body: Buffer.from(body) }
  }

  close(): void {
    this.socket.destroy()
  }

  async #until(find: () => number): Promise<number> {
    for (;;) {
      const found = find()
      if (found >= 0) return found
      if (this.#closed) throw new Error(`closed after: ${this.#arrived.toString('latin1').slice(0, 200)}`)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}
