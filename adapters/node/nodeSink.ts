import { ServerResponse } from 'node:http'
import type { HeaderList, ResponseSink } from '../../runtime/server/responseSink.ts'

/** What node:http does to send a header section in pieces; not part of its documented face, and absent elsewhere. */
interface Internals {
  _header: string | null
  _headerSent: boolean
  _writeRaw(text: string, encoding: 'latin1'): boolean
}

/** Deno's and Bun's node:http keep the header section elsewhere. */
const canSendEarly = '_writeRaw' in ServerResponse.prototype && !process.versions['bun'] && !process.versions['deno']

/** Writes an answer to a connection of node:http. */
export class NodeSink implements ResponseSink {
  readonly #response: ServerResponse
  readonly #gone = new AbortController()
  /** sendEarly has sent the status. */
  #early = false
  /** Settles when the last bytes have been handed to the system. */
  #flushed: Promise<void> = Promise.resolve()
  readonly sendEarly?: (name: string, value: string) => void

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('close', () => {
      if (!response.writableFinished) this.#gone.abort()
    })
    response.on('error', () => this.#gone.abort())
    if (canSendEarly) this.sendEarly = (name, value) => this.#sendEarly(name, value)
  }

  get gone(): AbortSignal {
    return this.#gone.signal
  }

  #sendEarly(name: string, value: string): void {
    if (this.#gone.signal.aborted) return
    const internals = this.#response as unknown as Internals
    if (!this.#early) {
      this.#early = true
      this.#response.writeHead(200)
      // node:http has put the whole section together; all but the empty line that ends it goes out.
      const section = internals._header!.slice(0, -2)
      internals._headerSent = true
      internals._writeRaw(section, 'latin1')
    }
    internals._writeRaw(`${name}: ${value}\r\n`, 'latin1')
  }

  start(status: number, headers: HeaderList): void {
    if (this.#gone.signal.aborted) return
    if (!this.#early) {
      this.#response.writeHead(status, headers.flat())
      return
    }
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const internals = this.#response as unknown as Internals
    internals._writeRaw(lines + '\r\n', 'latin1')
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#gone.signal.aborted || bytes.length === 0) return
    let flushed = () => {}
    this.#flushed = new Promise(resolve => {
      flushed = resolve
    })
    if (!this.#response.write(bytes, flushed)) await this.#drained()
  }

  async end(): Promise<void> {
    if (this.#gone.signal.aborted) return
    await new Promise<void>(resolve => {
      this.#response.once('close', resolve)
      this.#response.end(resolve)
    })
  }

  /** Closes the connection without the last chunk, when everything before it has gone out. */
  async break(): Promise<void> {
    if (!this.#gone.signal.aborted) await Promise.race([this.#flushed, this.#untilGone()])
    this.#response.destroy()
  }

  #untilGone(): Promise<void> {
    return new Promise(resolve => this.#gone.signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  /** Until there is room, or the client has gone. */
  #drained(): Promise<void> {
    return new Promise(resolve => {
      const settle = () => {
        this.#response.off('drain', settle)
        this.#gone.signal.removeEventListener('abort', settle)
        resolve()
      }
      this.#response.on('drain', settle)
      this.#gone.signal.addEventListener('abort', settle)
      if (this.#gone.signal.aborted) settle()
    })
  }
}
