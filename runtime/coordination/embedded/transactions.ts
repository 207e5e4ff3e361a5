import type { Acl, Operation } from '../requests.ts'
import type { Identity } from './rights.ts'

/** What a session asks to be changed. */
export type Change =
  | Operation
  | { readonly kind: 'setAcl'; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  | { readonly kind: 'multi'; readonly operations: readonly Operation[] }

/**
 * What is written into the log: what was asked, which may fail when it is done. What it does follows from the state, the transaction
 * and its time alone.
 */
export type Transaction =
  | {
      readonly kind: 'openSession'
      readonly session: bigint
      readonly timeoutMs: number
      /** Who wants to have the session on another connection has to know it. */
      readonly password: Uint8Array
    }
  /** By its owner, or as its time was up. */
  | { readonly kind: 'closeSession'; readonly session: bigint }
  | {
      readonly kind: 'change'
      readonly session: bigint
      /** What the session had shown to be when it asked. */
      readonly identities: readonly Identity[]
      readonly change: Change
    }

/** What goes through the log. A check alone is a read. */
export function isChange<Asked extends { readonly kind: string }>(
  request: Asked,
): request is Extract<Asked, { readonly kind: 'create' | 'delete' | 'set' | 'setAcl' | 'multi' }> {
  switch (request.kind) {
    case 'create':
    case 'delete':
    case 'set':
    case 'setAcl':
    case 'multi':
      return true
    default:
      return false
  }
}
