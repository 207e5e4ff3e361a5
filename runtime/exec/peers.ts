// The threads that run one query together, as each of them sees the others.
import type { PartialPart, WireGroups } from './groupStates.ts'
import type { SpilledGroups } from './spilledGroups.ts'

/** What one thread of a query sends to another. `channel` says for whom in there it is; plain data. */
export type SharedItem =
  /** Rows that the leading thread joins with its own. */
  { readonly kind: 'chunk'; readonly channel: 0; readonly chunk: ArrayBuffer } | GroupItem

/** About the groups of one aggregation; `channel` is its number, from 1. */
export type GroupItem = { readonly channel: number } & (
  | { readonly kind: 'groups'; readonly groups: WireGroups }
  /** What the sender has put on disk. */
  | { readonly kind: 'spilled'; readonly spilled: readonly SpilledGroups[] }
  /** Groups' states over all rows: WITH TOTALS. */
  | { readonly kind: 'totals'; readonly states: readonly Uint8Array[] }
  | { readonly kind: 'signal'; readonly signal: Signal }
)

/**
 * many: the sender has so many groups that it will not give them all to the leading thread. given: it has given all that it wants to give
 * before partitions are exchanged. exchange, finish: the leading thread's word on what comes after. end: nothing of the groups follows.
 */
export type Signal = 'many' | 'given' | 'exchange' | 'finish' | 'end'

export interface Received {
  readonly from: number
  readonly item: SharedItem
}

export interface Peers {
  /** This thread among `count`; 0 leads. */
  readonly index: number
  readonly count: number
  send(to: number, item: SharedItem): void
  /** Whether the other thread has so much to take in already that sending has to wait. */
  isFull(to: number): boolean
  /** What has come for a channel; null: nothing yet. Throws when the query has failed elsewhere. */
  poll(channel: number): Received | null
  /** Resolves when something may have changed. */
  activity(): Promise<void>
  /** In the leading thread: all others have ended. */
  readonly areGone: boolean
}

/** Of a query in one thread. */
export const noPeers: Peers = {
  index: 0,
  count: 1,
  send: () => {},
  isFull: () => false,
  poll: () => null,
  activity: () => Promise.resolve(),
  areGone: true,
}

/** What of an item is given away, not copied, when it is posted. */
export function transferOf(item: SharedItem): ArrayBuffer[] {
  switch (item.kind) {
    case 'chunk':
      return [item.chunk]
    case 'groups':
      return item.groups.kind === 'rows' ? [item.groups.rows] : [...new Set(item.groups.parts.flatMap(buffersOf))]
    case 'totals':
      return [...new Set(item.states.map(bytes => bytes.buffer as ArrayBuffer))]
    default:
      return []
  }
}

function buffersOf({ keys, states }: PartialPart): ArrayBuffer[] {
  const buffers = [...keys, ...states].map(bytes => (bytes instanceof ArrayBuffer ? bytes : bytes.buffer))
  return buffers as ArrayBuffer[]
}
