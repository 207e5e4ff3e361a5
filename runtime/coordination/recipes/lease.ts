import type { Session } from '../coordinator.ts'
import { CoordinationError } from '../errors.ts'
import type { RecipePlatform } from './backOff.ts'
import { type RetryOptions, retry } from './retry.ts'

/** What of the session's time-out is used. The rest is for the holder to stop in, and for clocks that do not go alike. */
const share = 0.9
/** Signs of life in one time-out. */
const pulses = 4

/**
 * What is certain of a session by its owner's own clock. The servers end a session when they have not heard of it for its time-out; so, since
 * the last request that they answered was sent, it lives for that long at least. After that its ephemeral nodes may be gone and others may have
 * taken what they stood for, though the owner, cut off, has not been told. While somebody holds the lease, a sync is sent a few times in each
 * time-out to know of more time.
 *
 * It is as good as the clocks: one that stands still with its machine (a virtual machine that is moved, a laptop that sleeps) or while code runs
 * (in Workers) does not see the time pass; and a server that was cut off from its ensemble may answer for some ticks more; and of a session that an administrator ends the owner hears when it is over. What must never happen twice is to be
 * guarded by the fence as well.
 */
export class Lease {
  static readonly #leases = new WeakMap<Session, Lease>()
  /** When the last request that was answered was sent, by the monotonic clock. */
  #contact = Number.NEGATIVE_INFINITY
  readonly #holders = new Set<(error: CoordinationError) => void>()
  #isPulsing = false
  #cancelCheck = () => {}

  private constructor(
    private readonly platform: RecipePlatform,
    private readonly session: Session,
  ) {}

  /** One for each session. */
  static of(platform: RecipePlatform, session: Session): Lease {
    let lease = Lease.#leases.get(session)
    if (!lease) {
      lease = new Lease(platform, session)
      Lease.#leases.set(session, lease)
    }
    return lease
  }

  /** Whether the session lives for certain, now. Right also for who was stopped for a while and has just come back. */
  get isCertain(): boolean {
    return endErrors[this.session.state] === undefined && this.#leftMs() > 0
  }

  /** Asks the servers. Rejects when the session is over. */
  async renew(options: RetryOptions): Promise<void> {
    await retry(this.platform, () => this.#pulse(), options)
  }

  /** Calls onLost once, as soon as the session does not live for certain, unless what this gives was called before. */
  hold(onLost: (error: CoordinationError) => void): () => void {
    this.#holders.add(onLost)
    if (!this.isCertain) this.#check()
    if (this.#holders.size > 0 && !this.#isPulsing) this.#run()
    return () => this.#holders.delete(onLost)
  }

  async #run(): Promise<void> {
    const { platform, session } = this
    this.#isPulsing = true
    const stop = session.onState(() => this.#check())
    this.#check()
    while (this.#holders.size > 0) {
      const began = platform.clock.monotonic()
      const failed = await this.#pulse().catch(error => error)
      // A connection that is looked for is asked again sooner, and so is one that took long to answer: what it told is old already. Of the
      // session's end the listener is told.
      const betweenMs = session.timeoutMs / pulses
      const waitMs = failed ? betweenMs / 4 : betweenMs - (platform.clock.monotonic() - began)
      await new Promise<void>(resolve => platform.clock.after(Math.max(betweenMs / 16, waitMs), resolve))
    }
    stop()
    this.#cancelCheck()
    this.#isPulsing = false
  }

  async #pulse(): Promise<void> {
    const sent = this.platform.clock.monotonic()
    await this.session.sync('/')
    this.#contact = Math.max(this.#contact, sent)
  }

  #leftMs(): number {
    return this.#contact + this.session.timeoutMs * share - this.platform.clock.monotonic()
  }

  /** Tells the holders, or looks again when the time is up. */
  #check(): void {
    this.#cancelCheck()
    this.#cancelCheck = () => {}
    if (this.isCertain) {
      this.#cancelCheck = this.platform.clock.after(this.#leftMs(), () => this.#check())
      return
    }
    const { timeoutMs } = this.session
    const end = endErrors[this.session.state]
    const error = end
      ? new CoordinationError(end, 'the session is over')
      : new CoordinationError(
          'ConnectionLoss',
          `no answer for ${Math.round(timeoutMs * share)} ms: the session may be over`,
        )
    const holders = [...this.#holders]
    this.#holders.clear()
    for (const holder of holders) holder(error)
  }
}

const endErrors: Partial<Record<string, 'SessionExpired' | 'Closed' | 'AuthFailed'>> = {
  expired: 'SessionExpired',
  closed: 'Closed',
  authFailed: 'AuthFailed',
}
