// A client of a coordinator: one session after another, and all that it asks and is told written down.
import type { Coordinator, Session } from '../../../runtime/coordination/coordinator.ts'
import { CoordinationError } from '../../../runtime/coordination/errors.ts'
import { set } from '../../../runtime/coordination/operations.ts'
import { sequenceOf } from '../../../runtime/coordination/path.ts'
import { decodeText } from '../../../runtime/core/text.ts'
import { Died, type Life } from '../machine.ts'
import { Violation, type World } from '../world.ts'
import type { Answer, History } from './history.ts'
import { WatchLedger } from './watchLedger.ts'

export interface ActorOptions {
  readonly world: World
  readonly history: History
  readonly name: string
  /** The life of the client's process; waits where there is none. */
  life(): Promise<Life>
  coordinator(life: Life): Promise<Coordinator>
  readonly sessionTimeoutMs: number
}

type LeftWatch = ReturnType<WatchLedger['leave']>

const operationTimeoutMs = 2_000

interface Held {
  readonly number: number
  readonly life: Life
  readonly session: Session
  readonly ledger: WatchLedger
  /** Where it made ephemeral nodes, or may have. */
  readonly ephemerals: Set<string>
  /** It was alive after this time. */
  aliveAt: number
  isOver: boolean
}

export class Actor {
  #held: Held | null = null
  /** Sessions whose end nobody hears of: their process has ended, or has closed them. */
  readonly #lost: Held[] = []
  #values = 0
  readonly sequence: { readonly invoked: number; readonly returned: number; readonly number: number }[] = []

  constructor(readonly options: ActorOptions) {}

  get #history(): History {
    return this.options.history
  }

  get isConnected(): boolean {
    const held = this.#held
    return held !== null && !held.isOver && !held.life.isDead && held.session.state === 'connected'
  }

  /** A session that is not over, as far as its client knows. */
  async session(): Promise<Held> {
    const { world } = this.options
    for (;;) {
      this.#look()
      if (this.#held) return this.#held
      const life = await this.options.life()
      try {
        await life.ask(() => this.#open(life))
      } catch (error) {
        if (!(error instanceof Died || error instanceof CoordinationError)) throw error
        await world.wait(world.random.between(20, 200))
      }
    }
  }

  /** Lets go of a session that is over. */
  #look(): void {
    const held = this.#held
    if (!held) return
    if (held.life.isDead && !held.isOver) {
      held.isOver = true
      this.#lost.push(held)
    }
    if (held.isOver) this.#held = null
  }

  async #open(life: Life): Promise<void> {
    const { world, sessionTimeoutMs: timeoutMs, name } = this.options
    const coordinator = await this.options.coordinator(life)
    const session = await coordinator.open({ timeoutMs, connectTimeoutMs: 3_000, operationTimeoutMs })
    const number = this.#history.nextSession()
    const ledger = new WatchLedger(() => this.#history.tick())
    const aliveAt = this.#history.tick()
    const held: Held = { number, life, session, ledger, ephemerals: new Set(), aliveAt, isOver: false }
    this.#held = held
    void session.ended.then(how => {
      world.note(`${name}: session ${number} is ${how}`)
      held.isOver = true
      // Who closes it while he is cut off tells nobody: its nodes go when its time is up.
      if (how === 'closed') this.#lost.push(held)
      else this.#end(held)
      try {
        ledger.ended()
      } catch (error) {
        world.fail(error)
      }
    })
  }

  #end(held: Held): void {
    this.#history.endSession(held.number, held.ephemerals, held.aliveAt, this.#history.tick())
  }

  /** settle: in the moment of the answer; value where it is done. */
  async #ask<T>(
    call: (held: Held) => Promise<T>,
    settle: (held: Held, invoked: number, answer: Answer, value: T | null) => void,
  ): Promise<void> {
    const held = await this.session()
    const invoked = this.#history.tick()
    try {
      await held.life.ask(async () => {
        try {
          const value = await call(held)
          held.aliveAt = invoked
          settle(held, invoked, 'done', value)
        } catch (error) {
          const answer = answerOf(error)
          if (answer === null) return
          if (answer !== 'unknown') held.aliveAt = invoked
          settle(held, invoked, answer, null)
        }
      })
    } catch (error) {
      if (!(error instanceof Died)) throw error
      settle(held, invoked, 'unknown', null)
    }
  }

  #value(): string {
    return `${this.options.name}.${++this.#values}`
  }

  create(path: string, isEphemeral: boolean): Promise<void> {
    const data = this.#value()
    return this.#ask(
      held => {
        if (isEphemeral) held.ephemerals.add(path)
        return held.session.create(path, data, { isEphemeral })
      },
      ({ number }, invoked, answer) => this.#history.create(path, data, number, isEphemeral, invoked, answer),
    )
  }

  /** Numbers that were given in answers grow. */
  createNext(parent: string): Promise<void> {
    return this.#ask(
      ({ session }) => session.create(`${parent}/n`, this.#value(), { isSequential: true }),
      (_, invoked, answer, path) => {
        if (answer !== 'done') return
        this.sequence.push({ invoked, returned: this.#history.tick(), number: sequenceOf(path!)! })
      },
    )
  }

  set(path: string, version: number): Promise<void> {
    const data = this.#value()
    return this.#ask(
      ({ session }) => session.set(path, data, version),
      ({ number }, invoked, answer) => this.#history.set(path, data, version, number, invoked, answer),
    )
  }

  delete(path: string, version: number): Promise<void> {
    return this.#ask(
      ({ session }) => session.delete(path, version),
      ({ number }, invoked, answer) => this.#history.delete(path, version, number, invoked, answer),
    )
  }

  /** All of them or none. */
  setAll(paths: readonly string[]): Promise<void> {
    const text = this.#value()
    return this.#ask(
      ({ session }) => session.multi(paths.map(path => set(path, text))),
      ({ number }, invoked, answer) => {
        if (answer !== 'done' && answer !== 'unknown') throw new Violation(`a multi of what is there says ${answer}`)
        for (const path of paths) this.#history.set(path, text, -1, number, invoked, answer)
      },
    )
  }

  /** Gives the version, -1 where it is not known, null where there is no node. */
  async get(path: string, isWatched = false): Promise<number | null> {
    let version: number | null = -1
    const watch: { left: LeftWatch | null } = { left: null }
    await this.#ask(
      ({ session, ledger }) => {
        watch.left = isWatched ? ledger.leave('data', path) : null
        return session.get(path, watch.left?.watcher)
      },
      (held, invoked, answer, value) => {
        if (answer !== 'done' && answer !== 'NoNode') {
          watch.left?.forget()
          return
        }
        this.#saw(held, 'data', path, value?.stat ?? null, invoked)
        this.#history.read(path, invoked, value ? decodeText(value.data) : null, value?.stat ?? null)
        version = value?.stat.version ?? null
        if (value) watch.left?.settle(value.stat)
        else watch.left?.forget()
      },
    )
    return version
  }

  async exists(path: string, isWatched = false): Promise<void> {
    const watch: { left: LeftWatch | null } = { left: null }
    await this.#ask(
      ({ session, ledger }) => {
        watch.left = isWatched ? ledger.leave('data', path) : null
        return session.exists(path, watch.left?.watcher)
      },
      (held, invoked, answer, stat) => {
        if (answer !== 'done') {
          watch.left?.forget()
          return
        }
        this.#saw(held, 'data', path, stat, invoked)
        this.#history.read(path, invoked, undefined, stat)
        watch.left?.settle(stat)
      },
    )
  }

  async children(path: string, isWatched = false): Promise<void> {
    const watch: { left: LeftWatch | null } = { left: null }
    await this.#ask(
      ({ session, ledger }) => {
        watch.left = isWatched ? ledger.leave('children', path) : null
        return session.children(path, watch.left?.watcher)
      },
      (held, invoked, answer, value) => {
        if (answer !== 'done' || !value) {
          watch.left?.forget()
          return
        }
        this.#saw(held, 'children', path, value.stat, invoked)
        watch.left?.settle(value.stat)
      },
    )
  }

  #saw(held: Held, kind: 'data' | 'children', path: string, stat: Parameters<WatchLedger['saw']>[2], invoked: number) {
    held.ledger.saw(kind, path, stat, invoked)
  }

  async close(): Promise<void> {
    this.#look()
    const held = this.#held
    if (held) await held.life.ask(() => held.session.close()).catch(() => {})
  }

  /** Everything that is watched is looked at once more: who should have been told has been. */
  async lookAtWatched(): Promise<void> {
    const held = await this.session()
    for (const path of held.ledger.paths('data')) await this.exists(path)
    for (const path of held.ledger.paths('children')) await this.children(path)
  }

  /** What its dead processes had is over by now. */
  endLost(): void {
    this.#look()
    for (const held of this.#lost.splice(0)) this.#end(held)
  }
}

/** null: it was not done for certain. */
function answerOf(error: unknown): Answer | null {
  if (!(error instanceof CoordinationError)) throw error
  switch (error.kind) {
    case 'NoNode':
    case 'NodeExists':
    case 'BadVersion':
      return error.kind
    case 'ConnectionLoss':
    case 'OperationTimeout':
    case 'SessionMoved':
    case 'SystemError':
    case 'SessionExpired':
    case 'Closed':
      return error.isUnsent ? null : 'unknown'
    default:
      throw new Violation(error.message)
  }
}
