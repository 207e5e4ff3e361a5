// Where the bytes of one answer go. The server drives a sink rather than handing out a stream, because ClickHouse's protocol does
// things that a Response cannot say: header lines that trickle out while a query runs, and a body that is broken off on purpose.

export type HeaderList = (readonly [name: string, value: string])[]

export interface ResponseSink {
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal
  /** Sends a header line ahead of the others, where the transport can; before the first of them, the status line with 200. */
  sendEarly?(name: string, value: string): void
  /** Sends status and headers; once, before write. After sendEarly the status is no longer ours to choose. */
  start(status: number, headers: HeaderList): void
  /** Settles when there is room for more. */
  write(bytes: Uint8Array): Promise<void>
  end(): Promise<void>
  /** Ends so that the client sees a transfer that is not whole, after it got what was written. */
  break(): Promise<void>
}

/** A sink that becomes a Response: for every runtime whose server takes one. */
export class StreamSink implements ResponseSink {
  readonly response: Promise<Response>
  readonly #gone = new AbortController()
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #room: (() => void) | null = null
  #resolve!: (response: Response) => void

  constructor() {
    this.response = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  get gone(): AbortSignal {
    return this.#gone.signal
  }

  start(status: number, headers: HeaderList): void {
    const free = () => {
      this.#room?.()
      this.#room = null
    }
    const body = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: free,
        cancel: reason => {
          this.#gone.abort(reason)
          free()
        },
      },
      { highWaterMark: 1 },
    )
    this.#resolve(new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) }))
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#gone.signal.aborted || bytes.length === 0) return
    this.#controller.enqueue(bytes)
    await this.#drain()
  }

  async end(): Promise<void> {
    if (!this.#gone.signal.aborted) this.#controller.close()
  }

  async break(): Promise<void> {
    await this.#drain()
    if (!this.#gone.signal.aborted)
      this.#controller.error(new Error('The query failed after a part of its result was sent'))
  }

  /** Until what was written has been taken. */
  async #drain(): Promise<void> {
    while (!this.#gone.signal.aborted && (this.#controller.desiredSize ?? 1) <= 0)
      await new Promise<void>(resolve => {
        this.#room = resolve
      })
  }
}

/** For HEAD: status and headers as for GET, and no body. */
export class HeadSink implements ResponseSink {
  readonly response: Promise<Response>
  readonly gone: AbortSignal = new AbortController().signal
  #resolve!: (response: Response) => void

  constructor() {
    this.response = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  start(status: number, headers: HeaderList): void {
    this.#resolve(new Response(null, { status, headers: headers.map(([name, value]) => [name, value]) }))
  }

  async write(): Promise<void> {}
  async end(): Promise<void> {}
  async break(): Promise<void> {}
}
