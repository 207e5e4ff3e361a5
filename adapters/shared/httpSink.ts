import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HeaderList, ResponseSink } from '../../runtime/server/responseSink.ts'

/**
 * Writes an answer to a connection of node:http. That sends a header section as a whole, so once a header line has gone out early, the
 * rest of the answer is written to the socket from here, and the connection ends with it.
 */
export class HttpSink implements ResponseSink {
  readonly #response: ServerResponse
  readonly #gone = new AbortController()
  /** Absent where a client could not read it: HTTP/1.0 knows no chunks. */
  readonly sendEarly?: (name: string, value: string) => void
  /** Present once the answer is written past node:http. */
  #socket: Socket | null = null
  #hasEnded = false
  /** Settles when the last bytes have been handed to the system. */
  #flushed: Promise<void> = Promise.resolve()

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('close', () => {
      if (!response.writableFinished && !this.#hasEnded) this.#gone.abort()
    })
    response.on('error', () => this.#gone.abort())
    const { httpVersion, method } = response.req
    if (httpVersion !== '1.0' && method !== 'HEAD') this.sendEarly = (name, value) => this.#sendEarly(name, value)
  }

  get gone(): AbortSignal {
    return this.#gone.signal
  }

  #sendEarly(name: string, value: string): void {
    if (this.#gone.signal.aborted) return
    if (!this.#socket) {
      const { socket } = this.#response
      // Without a socket the answer to an earlier request is still on its way.
      if (!socket) return
      this.#socket = socket
      socket.write(
        `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n`,
        'latin1',
      )
    }
    this.#socket.write(`${name}: ${value}\r\n`, 'latin1')
  }

  start(status: number, headers: HeaderList): void {
    if (this.#gone.signal.aborted) return
    if (!this.#socket) {
      this.#response.writeHead(status, headers.flat())
      return
    }
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    this.#socket.write(`${lines}\r\n`, 'latin1')
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#gone.signal.aborted || bytes.length === 0) return
    let flushed = () => {}
    this.#flushed = new Promise(resolve => {
      flushed = resolve
    })
    if (this.#socket) {
      this.#socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
      this.#socket.write(bytes)
      if (!this.#socket.write('\r\n', 'latin1', flushed)) await this.#drained(this.#socket)
    } else if (!this.#response.write(bytes, flushed)) await this.#drained(this.#response)
  }

  async end(): Promise<void> {
    if (this.#gone.signal.aborted) return
    this.#hasEnded = true
    const socket = this.#socket
    if (!socket) {
      await new Promise<void>(resolve => {
        this.#response.once('close', resolve)
        this.#response.end(resolve)
      })
      return
    }
    await new Promise<void>(resolve => {
      socket.once('close', resolve)
      socket.write('0\r\n\r\n', 'latin1', () => resolve())
    })
    socket.destroySoon()
  }

  /** Closes the connection without the last chunk, when everything before it has gone out. */
  async break(): Promise<void> {
    if (!this.#gone.signal.aborted) await Promise.race([this.#flushed, this.#untilGone()])
    this.#response.destroy()
    this.#socket?.destroy()
  }

  #untilGone(): Promise<void> {
    return new Promise(resolve => this.#gone.signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  /** Until there is room, or the client has gone. */
  #drained(target: Socket | ServerResponse): Promise<void> {
    return new Promise(resolve => {
      const settle = () => {
        target.off('drain', settle)
        this.#gone.signal.removeEventListener('abort', settle)
        resolve()
      }
      target.on('drain', settle)
      this.#gone.signal.addEventListener('abort', settle)
      if (this.#gone.signal.aborted) settle()
    })
  }
}
