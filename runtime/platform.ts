import type { Coordinator } from './coordination/coordinator.ts'
import type { Disk } from './storage/disk.ts'
import type { ObjectStore } from './storage/objectStore.ts'
import type { StoreOptions } from './storage/storeOptions.ts'

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
  /** The objects of a location of the adapter's own kinds (`r2:BINDING/prefix`); null for others. See storage/openStore.ts. */
  openStore?(location: string): Promise<ObjectStore | null>
  /**
   * What one request waits for ends with that request: another one that waited for the same promise might wait for ever, so such are not
   * shared.
   */
  readonly isolatesRequests?: boolean
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
  /** TCP, or TLS over it. NETWORK_ERROR where nobody answers, SOCKET_TIMEOUT when it takes too long. */
  connect?(address: SocketAddress): Promise<Socket>
  /** Takes TCP connections until closed. */
  listenTcp?(address: { host: string; port: number }, onConnection: (socket: Socket) => void): Promise<TcpServer>
  /** ZooKeeper by a library of the runtime's; servers: `host:port,host:port/chroot`. */
  nativeZooKeeper?(options: { readonly servers: string }): Coordinator
  /** A variable of the environment, such as AWS_REGION. */
  environment?(name: string): string | undefined
  /** What was stated for object stores; see withStoreOptions(). */
  readonly storeOptions?: StoreOptions
  log(level: LogLevel, text: string): void
}

export interface SocketAddress {
  readonly host: string
  readonly port: number
  readonly tls?: boolean
  /** Certificates (PEM) that are trusted in place of the runtime's own. */
  readonly ca?: string
  /** For the connection to be made. Default: 10 seconds. */
  readonly timeoutMs?: number
}

/** A connection. Bytes are pulled: who does not read slows the other side down. */
export interface Socket {
  /** Address of the peer, '' when not known. */
  readonly remote: string
  /** Absent: not known. */
  readonly remotePort?: number
  /** Some bytes, as they come; null when the other side has ended. NETWORK_ERROR when the connection broke. One call at a time. */
  read(): Promise<Uint8Array | null>
  /** Resolves when there is room for more; the bytes are not to be changed after. NETWORK_ERROR when the connection broke. */
  write(bytes: Uint8Array): Promise<void>
  /** Sends what was written and ends. Reads that wait get null. */
  close(): Promise<void>
}

export interface TcpServer {
  readonly port: number
  /** Takes no new connections; those that are open are closed. */
  close(): Promise<void>
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  /** To be read to its end or cancelled. */
  readonly body: ReadableStream<Uint8Array> | null
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

export type LogLevel = 'error' | 'warning' | 'information' | 'debug'

export interface Clock {
  /** Time stands still while code runs, and goes on when it waits: what is to be done every few milliseconds has to count its calls. */
  readonly standsStill?: boolean
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
