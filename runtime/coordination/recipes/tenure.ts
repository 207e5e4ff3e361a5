import type { Session, Watcher } from '../coordinator.ts'
import { CoordinationError } from '../errors.ts'
import * as operation from '../operations.ts'
import type { Operation } from '../requests.ts'
import { orAborted, type RecipePlatform } from './backOff.ts'
import { Lease } from './lease.ts'
import type { Place } from './place.ts'
import { retry, untilSessionEnds } from './retry.ts'

/**
 * What the first in a queue has: a lock, or the lead. It is held from when it is given until end() or until `lost` is aborted, whichever is
 * first. The holder has to stop what it does when it is lost, at once: a tenth of the session's time-out is left for it when the connection
 * was cut, nothing when a process was paused for long. So the effects are to be guarded as well: in the coordinator by putting `guard` into the
 * multi, elsewhere by having the place that is written to refuse a smaller `fence` than the largest it has seen.
 */
export class Tenure {
  readonly #lost = new AbortController()
  #isOver = false
  #unhold = () => {}
  readonly #watcher: Watcher = event => {
    if (event.kind !== 'deleted') this.#watch()
    else this.#lose(new CoordinationError('NoNode', `${event.path}: the node is gone`))
  }

  private constructor(
    private readonly platform: RecipePlatform,
    private readonly session: Session,
    private readonly place: Place,
    /** Larger than that of every holder before. */
    readonly fence: bigint,
  ) {}

  /** For a place that is the first. null: its node is gone. Rejects when the session is over, or with the signal's reason. */
  static async begin(
    platform: RecipePlatform,
    session: Session,
    place: Place,
    signal?: AbortSignal,
  ): Promise<Tenure | null> {
    const lease = Lease.of(platform, session)
    const patience = { ...untilSessionEnds, signal }
    await lease.renew(patience)
    const stat = await retry(platform, () => session.exists(place.path), patience)
    if (!stat) return null
    const tenure = new Tenure(platform, session, place, stat.czxid)
    tenure.#unhold = lease.hold(error => tenure.#lose(error))
    try {
      await orAborted(tenure.#watch(), signal)
    } catch (error) {
      tenure.#stop()
      throw error
    }
    return tenure
  }

  /** The node that stands for it. */
  get path(): string {
    return this.place.path
  }

  /** Looks at the clock: right also after a pause that no timer could see. */
  get isHeld(): boolean {
    return !this.#isOver && !this.#lost.signal.aborted && Lease.of(this.platform, this.session).isCertain
  }

  /**
   * Aborted when it is not held for certain any more, with a CoordinationError for reason: SessionExpired, Closed, AuthFailed; ConnectionLoss:
   * cut off for so long that the servers may have ended the session; NoNode: the node is gone, by somebody's hand or with the session. Not aborted by end().
   */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Throws what `lost` has for reason where it is not held any more. To be called before each step that others could see. */
  check(): void {
    if (this.isHeld) return
    if (this.#isOver) throw new CoordinationError('Closed', this.path)
    if (!this.#lost.signal.aborted)
      this.#lose(new CoordinationError('ConnectionLoss', `${this.path}: no answer for too long`))
    throw this.#lost.signal.reason
  }

  /** Put into a multi: that is done only while this is held. It fails with NoNode otherwise. */
  get guard(): Operation {
    return operation.check(this.path)
  }

  /**
   * Gives it up: the next in line has it when this resolves, and is told at once. Tried over lost connections until the node is gone, or the
   * session, and the node with it. To be called also when it was lost: the node may still be there and keep the others waiting.
   */
  async end(): Promise<void> {
    this.#stop()
    await this.place.leave()
  }

  async #watch(): Promise<void> {
    if (this.#isOver || this.#lost.signal.aborted) return
    try {
      await retry(this.platform, () => this.session.get(this.path, this.#watcher), untilSessionEnds)
      if (this.#isOver) this.session.forget(this.#watcher)
    } catch (error) {
      // Of the session's end the lease tells.
      if (error instanceof CoordinationError && error.kind === 'NoNode') this.#lose(error)
    }
  }

  #stop(): void {
    this.#isOver = true
    this.#unhold()
    this.session.forget(this.#watcher)
  }

  #lose(error: CoordinationError): void {
    if (this.#isOver || this.#lost.signal.aborted) return
    this.#unhold()
    this.session.forget(this.#watcher)
    this.#lost.abort(error)
  }
}
