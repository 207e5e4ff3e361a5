import type { Disk } from './storage/disk.ts'

/**
 * Everything that one runtime does differently, handed in by its adapter. What a runtime cannot do is absent, and the engine says
 * so with a clear error where a user asks for it.
 */
export interface Platform {
  readonly name: string
  /** The compiled core: some runtimes forbid compiling at run time. */
  readonly core: WebAssembly.Module
  readonly clock: Clock
  /** In [0, 1). */
  random(): number
  randomBytes(size: number): Uint8Array
  /** A disk for a data directory or URL. */
  openDisk(location: string): Promise<Disk>
  /** Threads, each running the engine's worker entry. Absent: everything runs where it is called. */
  startWorker?(onMessage: (message: unknown) => void, onExit: (error: Error | null) => void): WorkerHandle
  readonly threads: number
  readonly hostName: string
  /** Native codecs. */
  readonly zstd?: Codec
  readonly gzip?: StreamCodec
  readonly deflate?: StreamCodec
  readonly brotli?: StreamCodec
  readonly zstdStream?: StreamCodec
  /** HTTP to other servers. Rejects where there is no connection; an answer of any status is an answer. */
  fetch?(url: string, request: HttpRequest): Promise<HttpAnswer>
  log(level: LogLevel, text: string): void
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface HttpAnswer {
  readonly status: number
  /** To be read to its end or cancelled. */
  readonly body: ReadableStream<Uint8Array> | null
  text(): Promise<string>
}

export type LogLevel = 'error' | 'warning' | 'information' | 'debug'

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds that never go back, with fractions. */
  monotonic(): number
  /** Calls once after ms; gives what cancels it. Does not keep the process alive by itself. */
  after(ms: number, call: () => void): () => void
  /** Resolves after ms, and keeps the process alive until then. */
  wait(ms: number): Promise<void>
  /** Lets other work of this thread go first. */
  yield(): Promise<void>
}

export interface WorkerHandle {
  post(message: unknown, transfer?: ArrayBuffer[]): void
  terminate(): Promise<void>
}

export interface Codec {
  compress(bytes: Uint8Array, level?: number): Uint8Array
  /** size: of the result, when known. */
  decompress(bytes: Uint8Array, size?: number): Uint8Array
}

export interface StreamCodec {
  compress(level?: number): TransformStream<Uint8Array, Uint8Array>
  decompress(): TransformStream<Uint8Array, Uint8Array>
}
