// Watches that one session left, and whether they were called as they must be: once, before an answer that shows the change, and not
// without one.
import type { Watcher } from '../../../runtime/coordination/coordinator.ts'
import type { Stat } from '../../../runtime/coordination/requests.ts'
import { Violation } from '../world.ts'

type Kind = 'data' | 'children'

interface Left {
  readonly kind: Kind
  readonly path: string
  /** What was seen when it was left: a transaction's number, -1n for no node. undefined: the answer has not come yet. */
  seen: bigint | undefined
  calls: number
  /** When it was called, as the history counts. */
  calledAt: number
  last: string
}

/** What of a node changes with everything that ends its watches. */
const markOf = (kind: Kind, stat: Stat | null): bigint =>
  stat === null ? -1n : kind === 'data' ? stat.mzxid : stat.pzxid

export class WatchLedger {
  readonly #left = new Set<Left>()
  fired = 0

  /** now: counts what happens. */
  constructor(readonly now: () => number) {}

  /** A watcher to be left at a path. */
  leave(kind: Kind, path: string): { watcher: Watcher; settle: (stat: Stat | null) => void; forget: () => void } {
    const left: Left = { kind, path, seen: undefined, calls: 0, calledAt: 0, last: '' }
    this.#left.add(left)
    return {
      watcher: event => {
        this.fired++
        left.calls++
        left.calledAt = this.now()
        left.last = event.kind
        if (left.calls > 1) throw new Violation(`the watcher of ${path} was called ${left.calls} times`)
        if (event.path !== path) throw new Violation(`the watcher of ${path} was told of ${event.path}`)
      },
      settle: stat => {
        left.seen = markOf(kind, stat)
      },
      // Without an answer nobody knows whether it was left.
      forget: () => this.#left.delete(left),
    }
  }

  /** An answer to this session, asked for at a time, shows a node. */
  saw(kind: Kind, path: string, stat: Stat | null, invoked: number): void {
    for (const left of [...this.#left]) {
      if (left.kind !== kind || left.path !== path || left.seen === undefined) continue
      const isSame = left.seen === markOf(kind, stat)
      if (!isSame && left.calls === 0)
        throw new Violation(`an answer shows a change of ${path} that its watcher was not told of`)
      // That there is no node says nothing of what was there meanwhile.
      const wasCalled = left.calls > 0 && left.calledAt < invoked && left.last !== 'sessionEnded'
      if (isSame && left.seen !== -1n && wasCalled)
        throw new Violation(`the watcher of ${path} was told that it is ${left.last}, and nothing has changed`)
      if (left.calls > 0) this.#left.delete(left)
    }
  }

  /** Paths that are watched still. */
  paths(kind: Kind): string[] {
    return [...this.#left].filter(left => left.kind === kind && left.seen !== undefined).map(({ path }) => path)
  }

  /** The session is over: who waits is told so. */
  ended(): void {
    for (const { path, calls, seen } of this.#left)
      if (calls === 0 && seen !== undefined)
        throw new Violation(`the watcher of ${path} did not hear of its session's end`)
  }
}
