// What is asked of a coordinator and what it answers: the same for the state machine, the wire and the sessions.
// Model and names: ZooKeeper's programmer's guide (znodes, Stat, watches, multi).
import type { CoordinationErrorName } from './errors.ts'

export interface Stat {
  /** Transaction that made the node; that last set its data; that last changed its children. */
  readonly czxid: bigint
  readonly mzxid: bigint
  readonly pzxid: bigint
  /** Milliseconds since the epoch. */
  readonly ctime: number
  readonly mtime: number
  /** How often the data, the children, the ACL were changed. Signed 32 bits, wraps. */
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  /** Session whose end removes the node; 0n: none. */
  readonly ephemeralOwner: bigint
  readonly dataLength: number
  readonly numChildren: number
}

export interface Acl {
  /** Sum of `permissions`. */
  readonly permissions: number
  /** world, auth, digest, ip. */
  readonly scheme: string
  readonly id: string
}

export const permissions = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const

/** Everybody may do everything. */
export const openAcl: readonly Acl[] = [{ permissions: permissions.all, scheme: 'world', id: 'anyone' }]

/** A change, alone or in a multi. Version -1: any. */
export type Operation =
  | {
      readonly kind: 'create'
      readonly path: string
      readonly data: Uint8Array
      readonly acl: readonly Acl[]
      readonly isEphemeral: boolean
      /** Ten digits are appended to the path: a count of the parent's. */
      readonly isSequential: boolean
    }
  | { readonly kind: 'delete'; readonly path: string; readonly version: number }
  | { readonly kind: 'set'; readonly path: string; readonly data: Uint8Array; readonly version: number }
  | { readonly kind: 'check'; readonly path: string; readonly version: number }

export type Request =
  | Operation
  | { readonly kind: 'get'; readonly path: string; readonly watch: boolean }
  | { readonly kind: 'exists'; readonly path: string; readonly watch: boolean }
  | { readonly kind: 'children'; readonly path: string; readonly watch: boolean }
  | { readonly kind: 'getAcl'; readonly path: string }
  | { readonly kind: 'setAcl'; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  /** What is read after it sees all that was answered to anybody before it. */
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'multi'; readonly operations: readonly Operation[] }
  | { readonly kind: 'auth'; readonly scheme: string; readonly credentials: Uint8Array }

export type Result =
  | { readonly kind: 'created'; readonly path: string; readonly stat: Stat | null }
  /** Of set, setAcl, exists. */
  | { readonly kind: 'stat'; readonly stat: Stat }
  | { readonly kind: 'data'; readonly data: Uint8Array; readonly stat: Stat }
  | { readonly kind: 'children'; readonly names: readonly string[]; readonly stat: Stat }
  | { readonly kind: 'acl'; readonly acl: readonly Acl[]; readonly stat: Stat }
  /** As many as there were operations. One failed: all failed, the others with RolledBack. */
  | { readonly kind: 'multi'; readonly results: readonly Result[] }
  /** Of delete, check, sync, auth. */
  | { readonly kind: 'done' }
  | Failure

export interface Failure {
  readonly kind: 'error'
  readonly error: CoordinationErrorName
  /** Surely not done, though the error's name leaves it open. */
  readonly isUnsent?: boolean
  readonly detail?: string
}

export type WatchEventKind = 'created' | 'deleted' | 'changed' | 'children'

/**
 * Something happened to a node that was watched. It says that, not what the node is now. `get` and `exists` leave a data watch,
 * `children` a child watch: created and changed end data watches, children ends child watches, deleted both.
 */
export interface WatchEvent {
  readonly kind: WatchEventKind
  readonly path: string
}
