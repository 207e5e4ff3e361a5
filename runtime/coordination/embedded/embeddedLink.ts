import type { Platform } from '../../platform.ts'
import type { SessionEnd, SessionState } from '../coordinator.ts'
import type { Link, LinkListener } from '../link.ts'
import type { Operation, Request, Result, WatchEvent } from '../requests.ts'
import type { Holder, KeeperSession } from './keeper.ts'
import type { Identity } from './rights.ts'
import { failure } from './state.ts'

interface Asked {
  settle: ((result: Result) => void) | null
  readonly deadlineMs: number
}

/**
 * A session of this process. What comes from the keeper goes through one line to the listener, which is emptied when the caller's turn
 * is over: nobody is called back while he calls.
 */
export class EmbeddedLink implements Link, Holder {
  #session: KeeperSession | null = null
  /** In the order in which they are answered. */
  readonly #asked: Asked[] = []
  #line: (() => void)[] = []
  #end: 'SessionExpired' | 'Closed' | 'AuthFailed' | null = null
  #hasTimer = false

  constructor(
    readonly platform: Platform,
    readonly listener: LinkListener,
    readonly operationTimeoutMs: number,
  ) {}

  attach(session: KeeperSession): void {
    this.#session = session
    session.isAlive = true
  }

  get identities(): readonly Identity[] {
    return this.#session?.identities ?? []
  }

  get id(): bigint {
    return this.#session!.id
  }

  get timeoutMs(): number {
    return this.#session!.timeoutMs
  }

  show(state: SessionState): void {
    this.#later(() => this.listener.onState(state))
  }

  send(request: Request, settle: (result: Result) => void): void {
    if (this.#end) {
      const result: Result = { kind: 'error', error: this.#end, isUnsent: true }
      this.#later(() => settle(result))
      return
    }
    const asked: Asked = { settle, deadlineMs: this.platform.clock.monotonic() + this.operationTimeoutMs }
    this.#asked.push(asked)
    this.#session!.ask(own(request), result => {
      // After the end all have been settled.
      if (this.#end) return
      this.#asked.shift()
      this.#settle(asked, result)
      if (result.kind === 'error' && result.error === 'AuthFailed') void this.#close('authFailed')
    })
    this.#watchTime()
  }

  onEvent(event: WatchEvent): void {
    this.#later(() => this.listener.onEvent(event))
  }

  onEnd(reason: 'expired' | 'closed' | 'moved'): void {
    this.#finish(reason === 'closed' ? 'closed' : 'expired')
  }

  close(): Promise<void> {
    return this.#close('closed')
  }

  async #close(state: 'closed' | 'authFailed'): Promise<void> {
    if (this.#end) return
    const closed = this.#session!.close()
    this.#session!.isAlive = false
    this.#finish(state)
    await closed
  }

  #finish(state: SessionEnd): void {
    if (this.#end) return
    this.#end = endErrors[state]
    for (const asked of this.#asked.splice(0)) this.#settle(asked, failure(this.#end))
    this.show(state)
  }

  #settle(asked: Asked, result: Result): void {
    const { settle } = asked
    asked.settle = null
    // The state keeps its bytes to itself.
    const given = result.kind === 'data' ? { ...result, data: result.data.slice() } : result
    if (settle) this.#later(() => settle(given))
  }

  #later(call: () => void): void {
    this.#line.push(call)
    if (this.#line.length > 1) return
    void Promise.resolve().then(() => {
      const line = this.#line
      this.#line = []
      for (const next of line) next()
    })
  }

  /** The first that waits is the first whose time is up. */
  #watchTime(): void {
    if (this.#hasTimer) return
    // Those who were told so already keep their places.
    const first = this.#asked.find(({ settle }) => settle !== null)
    if (!first) return
    const { monotonic } = this.platform.clock
    this.#hasTimer = true
    this.platform.clock.after(Math.max(1, first.deadlineMs - monotonic()), () => {
      this.#hasTimer = false
      const now = monotonic()
      for (const asked of this.#asked) {
        if (asked.deadlineMs > now) break
        this.#settle(asked, failure('OperationTimeout'))
      }
      this.#watchTime()
    })
  }
}

const endErrors = { expired: 'SessionExpired', closed: 'Closed', authFailed: 'AuthFailed' } as const

/** Bytes that stay as they are, whatever the caller does with his. */
function own(request: Request): Request {
  if (request.kind === 'multi') return { ...request, operations: request.operations.map(ownBytes) }
  return request.kind === 'create' || request.kind === 'set' ? ownBytes(request) : request
}

const ownBytes = (operation: Operation): Operation =>
  'data' in operation ? { ...operation, data: operation.data.slice() } : operation
