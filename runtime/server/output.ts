import { concatenate } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { HeaderList, ResponseSink } from './responseSink.ts'

type ByteTransform = TransformStream<Uint8Array, Uint8Array>

export interface OutputOptions {
  readonly sink: ResponseSink
  /** What the bytes go through, in order. */
  readonly encoders: readonly ByteTransform[]
  /** Bytes that are held back: as long as they suffice, an error takes the place of what was there. */
  readonly bufferSize: number
  /** Holds everything back until the end, up to this many bytes; 0: no. */
  readonly holdSizeMax: number
  readonly status: number
  /** Asked for when the first byte leaves. */
  headers(): Promise<HeaderList>
}

/** The body of one answer on its way: through encoders, a buffer, and then the sink. */
export class Output {
  readonly #options: OutputOptions
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> | null = null
  readonly #pumped: Promise<void> | null = null
  #held: Uint8Array[] = []
  #heldSize = 0
  #begun = false
  #failure: { readonly status: number; readonly headers: HeaderList } | null = null

  constructor(options: OutputOptions) {
    this.#options = options
    const [first, ...rest] = options.encoders
    if (!first) return
    const encoded = rest.reduce((stream, encoder) => stream.pipeThrough(encoder), first.readable)
    this.#writer = first.writable.getWriter()
    this.#pumped = this.#pump(encoded)
    // Its failure is met where it is awaited; until then it is not unhandled.
    this.#pumped.catch(() => {})
    this.#writer.closed.catch(() => {})
  }

  /** Nothing has left: the answer can still become another one. */
  get revocable(): boolean {
    return !this.#begun
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#writer) return this.#keep(bytes)
    await this.#writer.ready
    await this.#writer.write(bytes)
  }

  /** Sends what is held back. */
  async flush(): Promise<void> {
    await this.#begin()
    const held = this.#held
    this.#held = []
    this.#heldSize = 0
    for (const piece of merge(held)) await this.#options.sink.write(piece)
  }

  async end(): Promise<void> {
    await this.#finishEncoding()
    await this.flush()
    await this.#options.sink.end()
  }

  /** Sends the tail that tells of an error, as the last of the data, and then breaks the answer off. */
  async break(tail: Uint8Array): Promise<void> {
    await this.write(tail)
    await this.#finishEncoding()
    await this.flush()
    await this.#options.sink.break()
  }

  /** Ends an answer that tells of its error by itself, with that error's status if there is still a choice. */
  async endFailed(status: number, headers: HeaderList): Promise<void> {
    this.#failure = { status, headers }
    await this.end()
  }

  /** Forgets what was held back. Only while revocable. */
  discard(): void {
    this.#held = []
    this.#writer?.abort().catch(() => {})
  }

  async #pump(encoded: ReadableStream<Uint8Array>): Promise<void> {
    const reader = encoded.getReader()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        await this.#keep(value)
      }
    } catch (error) {
      // So that a writer who waits for room learns of it.
      await reader.cancel(error).catch(() => {})
      throw error
    }
  }

  async #finishEncoding(): Promise<void> {
    if (!this.#writer) return
    await this.#writer.close()
    await this.#pumped
  }

  async #keep(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    const { bufferSize, holdSizeMax } = this.#options
    this.#held.push(bytes)
    this.#heldSize += bytes.length
    if (holdSizeMax > 0) {
      if (this.#heldSize <= holdSizeMax) return
      throw new DBError(
        'MEMORY_LIMIT_EXCEEDED',
        `The result is larger than wait_end_of_query can hold back (${holdSizeMax} bytes): take it as a stream`,
      )
    }
    if (this.#heldSize >= bufferSize) await this.flush()
  }

  async #begin(): Promise<void> {
    if (this.#begun) return
    const { sink, status, headers } = this.#options
    const list = await headers()
    this.#begun = true
    sink.start(this.#failure?.status ?? status, [...list, ...(this.#failure?.headers ?? [])])
  }
}

const largePiece = 32768

/** Joins pieces that are too small to be sent one by one. */
function* merge(pieces: Uint8Array[]): Generator<Uint8Array> {
  let start = 0
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i].length < largePiece) continue
    if (i > start) yield concatenate(pieces.slice(start, i))
    yield pieces[i]
    start = i + 1
  }
  if (start < pieces.length) yield concatenate(pieces.slice(start))
}
