// Sessions at work while servers are killed and held, and what has to be true of them in the end.
import assert from 'node:assert/strict'
import type { Coordinator, Session, SessionOptions } from '../../runtime/coordination/coordinator.ts'
import { isCoordinationError } from '../../runtime/coordination/errors.ts'
import { eventually, sleep, text } from '../coordination/contract/subject.ts'

const options: SessionOptions = { timeoutMs: 6000, operationTimeoutMs: 3000, connectTimeoutMs: 20_000 }

export interface Outcome {
  readonly confirmed: number
  readonly unknown: number
  readonly sessions: number
}

/**
 * Increments a counter with the version it has read, again and again; and has an ephemeral node, which is looked at in between: it has to
 * be there for as long as the session is. A session that expired is followed by another.
 */
export class Incrementer {
  confirmed = 0
  unknown = 0
  sessions = 0
  /** Longest time without a confirmed increment. */
  gapMs = 0
  #last = performance.now()
  #isStopping = false
  #session: Session | null = null
  readonly #done: Promise<void>

  constructor(
    readonly coordinator: Coordinator,
    readonly path: string,
    readonly name: string,
  ) {
    this.#done = this.#work()
  }

  async stop(): Promise<Outcome> {
    this.#isStopping = true
    await this.#done
    await this.#session?.close()
    return this
  }

  async #work(): Promise<void> {
    let ephemeral = ''
    while (!this.#isStopping) {
      try {
        if (this.#session === null || this.#session.state === 'expired') {
          if (this.#session) await this.#checkGone(ephemeral)
          this.#session = await this.coordinator.open(options)
          this.sessions++
          ephemeral = `${this.path}/${this.name}-${this.sessions}`
          await this.#makeEphemeral(this.#session, ephemeral)
        }
        await this.#increment(this.#session)
        const stat = await this.#session.exists(ephemeral)
        assert.equal(stat?.ephemeralOwner, this.#session.id, 'an ephemeral node lives with its session')
      } catch (error) {
        if (!isCoordinationError(error, 'ConnectionLoss', 'OperationTimeout', 'SessionExpired')) throw error
        await sleep(20)
      }
    }
  }

  async #increment(session: Session): Promise<void> {
    const { data, stat } = await session.get(this.path)
    const value = Number(text(data))
    assert.equal(value, stat.version, 'every change adds one')
    try {
      await session.set(this.path, String(value + 1), stat.version)
      this.confirmed++
      this.gapMs = Math.max(this.gapMs, performance.now() - this.#last)
      this.#last = performance.now()
    } catch (error) {
      if (isCoordinationError(error, 'BadVersion')) return
      if (isCoordinationError(error) && error.isOutcomeUnknown) this.unknown++
      throw error
    }
  }

  /** Until it is there: it may have been made by a request that had no answer. */
  async #makeEphemeral(session: Session, path: string): Promise<void> {
    while (session.state !== 'expired') {
      try {
        await session.create(path, '', { isEphemeral: true })
        return
      } catch (error) {
        if (isCoordinationError(error, 'NodeExists')) return
        if (!isCoordinationError(error, 'ConnectionLoss', 'OperationTimeout')) throw error
        await sleep(20)
      }
    }
  }

  async #checkGone(path: string): Promise<void> {
    const other = await this.coordinator.open(options)
    try {
      await other.sync(path)
      assert.equal(await other.exists(path), null, 'an ephemeral node goes with its session')
    } finally {
      await other.close()
    }
  }
}

/** Follows a node by its watches: what it has seen last is what there is. */
export class Follower {
  readonly seen: number[] = []
  events = 0
  #session: Session | null = null

  constructor(
    readonly coordinator: Coordinator,
    readonly path: string,
  ) {}

  async start(): Promise<void> {
    this.#session = await this.coordinator.open({ ...options, timeoutMs: 30_000 })
    await this.#look(this.#session)
  }

  async #look(session: Session): Promise<void> {
    while (session.state !== 'closed') {
      try {
        const { data } = await session.get(this.path, ({ kind }) => {
          this.events++
          if (kind !== 'sessionEnded') void this.#look(session)
        })
        this.seen.push(Number(text(data)))
        return
      } catch (error) {
        if (!isCoordinationError(error, 'ConnectionLoss', 'OperationTimeout', 'Closed')) throw error
        await sleep(20)
      }
    }
  }

  async stop(last: number): Promise<void> {
    await eventually(`${last}, after ${this.seen.at(-1)}`, () => this.seen.at(-1) === last, 20_000)
    assert.ok(
      this.seen.every((value, i) => i === 0 || value >= this.seen[i - 1]),
      'nothing older is seen after something newer',
    )
    assert.equal(this.#session!.state, 'connected')
    await this.#session!.close()
  }
}
