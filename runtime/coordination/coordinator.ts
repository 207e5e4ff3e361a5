import type { CoordinationErrorName } from './errors.ts'
import type { Acl, Operation, Stat, WatchEvent } from './requests.ts'

/** A place where servers agree: ZooKeeper, or what does the same. */
export interface Coordinator {
  /**
   * A new session. Rejects with ConnectionLoss when no server took it in the time for connecting, with AuthFailed when the credentials
   * were refused.
   */
  open(options?: SessionOptions): Promise<Session>
  /** Whether multi can be asked for. */
  readonly hasMulti: boolean
  /** Closes the sessions that are open. */
  close(): Promise<void>
}

export interface SessionOptions {
  /** After so long without a connection the servers end the session. They may change it: see Session.timeoutMs. Default: 30 seconds. */
  readonly timeoutMs?: number
  /** For the first connection. Default: 10 seconds. */
  readonly connectTimeoutMs?: number
  /** For an answer; a request that waits longer fails with OperationTimeout. Default: 10 seconds. */
  readonly operationTimeoutMs?: number
  /** All paths are below it. It has to be there, or be made by create('/') of nothing: see createPath. */
  readonly chroot?: string
  /** Told before the first request, and again on every connection. */
  readonly auth?: readonly Credentials[]
  readonly onState?: (state: SessionState) => void
  readonly signal?: AbortSignal
}

export interface Credentials {
  /** `digest`, with `user:password` for credentials. */
  readonly scheme: string
  readonly credentials: string
}

/**
 * connecting: no connection yet, or not any more; it is looked for. Ephemeral nodes may be gone already: the servers' clock decides.
 * connected: the session lives. The other three are final.
 */
export type SessionState = 'connecting' | 'connected' | 'expired' | 'closed' | 'authFailed'

export type SessionEnd = Exclude<SessionState, 'connecting' | 'connected'>

/** Called once: when what was watched changed, or when the session ended before. */
export type Watcher = (event: WatchEvent | { readonly kind: 'sessionEnded'; readonly path: string }) => void

export interface CreateOptions {
  /** Removed with the session. */
  readonly isEphemeral?: boolean
  /** Ten digits are appended to the path. */
  readonly isSequential?: boolean
  /** Default: everybody may do everything. */
  readonly acl?: readonly Acl[]
}

/**
 * Requests of one session are done in the order in which they were made, and answered in it. A watcher is called before any answer is
 * given that already sees the change. All reject with CoordinationError.
 *
 * A session that has expired stays so: whoever uses it decides what to do anew in a new one.
 */
export interface Session {
  readonly id: bigint
  /** As the servers granted it. */
  readonly timeoutMs: number
  readonly state: SessionState
  /** Resolves when the session is over. */
  readonly ended: Promise<SessionEnd>
  /** Gives what takes the listener away. */
  onState(listener: (state: SessionState) => void): () => void

  /** The path with its number, where it is sequential. */
  create(path: string, data?: Uint8Array | string, options?: CreateOptions): Promise<string>
  get(path: string, watcher?: Watcher): Promise<{ readonly data: Uint8Array; readonly stat: Stat }>
  /** null: there is none; the watcher is then told when there is. */
  exists(path: string, watcher?: Watcher): Promise<Stat | null>
  /** Names without their parent's path, in no order. */
  children(path: string, watcher?: Watcher): Promise<{ readonly names: readonly string[]; readonly stat: Stat }>
  /** version: the one that the node has to have; default: any. */
  set(path: string, data: Uint8Array | string, version?: number): Promise<Stat>
  delete(path: string, version?: number): Promise<void>
  getAcl(path: string): Promise<{ readonly acl: readonly Acl[]; readonly stat: Stat }>
  /** version: of the ACL. */
  setAcl(path: string, acl: readonly Acl[], version?: number): Promise<Stat>
  sync(path: string): Promise<void>
  auth(credentials: Credentials): Promise<void>
  /** All or nothing. Rejects with the error of the operation that failed, its failedIndex in it. */
  multi(operations: readonly Operation[]): Promise<readonly OperationResult[]>
  /** As multi; an operation that fails is told in the results (which then has one error that is not RolledBack). */
  tryMulti(operations: readonly Operation[]): Promise<readonly OperationResult[]>
  /** The watcher is not called any more, wherever it was left. */
  forget(watcher: Watcher): void
  /** Ends the session: ephemeral nodes go at once. What waits for an answer rejects with Closed. */
  close(): Promise<void>
}

export type OperationResult =
  | { readonly kind: 'created'; readonly path: string; readonly stat: Stat | null }
  | { readonly kind: 'stat'; readonly stat: Stat }
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly error: CoordinationErrorName }
