// What stands between a session as its user sees it and a coordinator: one class of sessions, a link for each kind of coordinator.
import type { SessionState } from './coordinator.ts'
import type { Request, Result, WatchEvent } from './requests.ts'

export interface Link {
  readonly id: bigint
  readonly timeoutMs: number
  /**
   * Asks. `settle` is called once, not before send returns, in the order of the requests, and in its place among the watch events: an event
   * that the answer's reader could not have seen comes after it. Errors of the connection are results too. Never throws.
   */
  send(request: Request, settle: (result: Result) => void): void
  /** Ends the session and calls what waits with Closed. Resolves also when no server could be told. */
  close(): Promise<void>
}

/** What a link tells its session. */
export interface LinkListener {
  onEvent(event: WatchEvent): void
  /** A final state comes once, after every request is settled. */
  onState(state: SessionState): void
  /** Paths (the servers' own, with the chroot) that are watched, for a new connection to watch again. */
  watched(kind: WatchedKind): readonly string[]
}

/** data: left by get, or by exists of a node that was there. exists: of one that was not. child: left by children. */
export type WatchedKind = 'data' | 'exists' | 'child'
