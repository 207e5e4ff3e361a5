// A keeper, and clients that reach it over connections that are slow, break, lose requests and answers and fall silent: all in virtual time,
// chosen by one seed. The sessions are the real ones; the link between them and the keeper is this file.
import assert from 'node:assert/strict'
import type { Coordinator, Session, SessionEnd, SessionOptions } from '../../../runtime/coordination/coordinator.ts'
import { Keeper, KeeperSession } from '../../../runtime/coordination/embedded/keeper.ts'
import { openKeeperParts } from '../../../runtime/coordination/embedded/openKeeperParts.ts'
import type { Link } from '../../../runtime/coordination/link.ts'
import type { Request, Result, WatchEvent } from '../../../runtime/coordination/requests.ts'
import { LinkedSession } from '../../../runtime/coordination/session.ts'
import type { Platform } from '../../../runtime/platform.ts'
import { Random } from '../../sim/random.ts'
import { type Event, type Owner, World } from '../../sim/world.ts'

/** Chances of one request, and of one tick of a connection. */
export interface Faults {
  /** The connection breaks, and the request was not done. */
  readonly lostRequest?: number
  /** It was done. */
  readonly lostAnswer?: number
  /** It is done after the connection was broken, but before there is another. */
  readonly lateRequest?: number
  /** Nothing comes through for a while, in both directions; for longer than the session lasts, at times. */
  readonly silence?: number
}

export const noFaults: Faults = {}
export const someFaults: Faults = { lostRequest: 0.02, lostAnswer: 0.03, lateRequest: 0.02, silence: 0.01 }

export class Net {
  faults: Faults = noFaults
  /** Whether a session may be without a connection for so long that it ends. */
  hasOutages = true
  readonly random: Random
  /** What was injected. */
  readonly injected = new Map<string, number>()
  readonly errors: unknown[] = []

  private constructor(
    readonly world: World,
    readonly keeper: Keeper,
  ) {
    this.random = new Random(world.seed, 'net')
  }

  static async open(world: World): Promise<Net> {
    const platform = new Process(world, 'keeper').platform
    const parts = await openKeeperParts(platform, null)
    return new Net(world, new Keeper(parts, { tickMs: 500, sessionTimeoutMsMin: 1000, sessionTimeoutMsMax: 60_000 }))
  }

  process(name: string): Process {
    return new Process(this.world, name)
  }

  inject(kind: string): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1)
  }
}

/** Runs in a world of its own; gives what `main` gives. */
export function inWorld<T>(seed: number, main: (net: Net) => Promise<T>): Promise<T> {
  const world = new World(seed)
  return world.run(async () => main(await Net.open(world)))
}

/** Something that may stand still. */
export class Process implements Owner {
  isDead = false
  isPaused = false
  readonly platform: Platform
  #held: Event[] = []

  constructor(
    readonly world: World,
    readonly name: string,
  ) {
    const random = new Random(world.seed, name)
    const after = (ms: number, call: () => void) => {
      const event = world.after(this, ms, 'timer', name, call)
      return () => {
        event.call = null
      }
    }
    const wait = (ms: number) => new Promise<void>(resolve => after(ms, resolve))
    const platform: Pick<Platform, 'clock' | 'random' | 'randomBytes' | 'log'> = {
      clock: { now: () => world.timeMs, monotonic: () => world.timeMs, after, wait, yield: () => wait(0) },
      random: () => random.next(),
      randomBytes: size => Uint8Array.from({ length: size }, () => random.below(256)),
      log: () => {},
    }
    // Nothing else of it is asked for.
    this.platform = platform as Platform
  }

  hold(event: Event): void {
    this.#held.push(event)
  }

  pause(ms: number): void {
    this.isPaused = true
    this.world.after(null, ms, 'resume', this.name, () => {
      this.isPaused = false
      for (const event of this.#held.splice(0)) this.world.again(event)
    })
  }
}

export class Client implements Coordinator {
  readonly hasMulti = true
  readonly links = new Map<Session, NetLink>()

  constructor(
    readonly net: Net,
    readonly process: Process,
  ) {}

  async open({ timeoutMs = 4000, onState, chroot = '' }: SessionOptions = {}): Promise<Session> {
    const session = new LinkedSession(chroot, error => this.net.errors.push(error))
    if (onState) session.onState(onState)
    const link = new NetLink(this.net, this.process, session)
    await link.open(timeoutMs)
    session.attach(link)
    this.links.set(session, link)
    link.start()
    return session
  }

  async close(): Promise<void> {
    for (const session of this.links.keys()) await session.close()
  }
}

interface Asked {
  readonly settle: (result: Result) => void
  isSettled: boolean
}

export class NetLink implements Link {
  #kept: KeeperSession | null = null
  #password = new Uint8Array()
  /** Counts the connections. */
  #connection = 0
  #isUp = false
  #end: SessionEnd | null = null
  #seenZxid = 0
  #heardMs = 0
  #silentUntilMs = 0
  readonly #outgoing: Line
  readonly #incoming: Line
  #asked: Asked[] = []

  constructor(
    readonly net: Net,
    readonly process: Process,
    readonly session: LinkedSession,
  ) {
    this.#outgoing = new Line(net)
    this.#incoming = new Line(net)
  }

  get id(): bigint {
    return this.#kept!.id
  }

  get timeoutMs(): number {
    return this.#kept!.timeoutMs
  }

  async open(timeoutMs: number): Promise<void> {
    const opened = await this.net.keeper.open(timeoutMs, this.#holder(0))
    assert(opened instanceof KeeperSession)
    this.#kept = opened
    this.#password = opened.password.slice()
  }

  start(): void {
    this.#isUp = true
    this.#heardMs = this.net.world.timeMs
    this.session.listener.onState('connected')
    this.#tick()
  }

  send(request: Request, settle: (result: Result) => void): void {
    const asked = { settle, isSettled: false }
    const refused = this.#end ? endErrors[this.#end] : this.#isUp ? null : 'ConnectionLoss'
    if (refused) {
      this.#later(() => this.#settle(asked, { kind: 'error', error: refused, isUnsent: true }))
      return
    }
    this.#asked.push(asked)
    const fate = this.#fate()
    const connection = this.#connection
    if (fate) this.net.inject(fate)
    if (fate === 'lostRequest' || fate === 'lateRequest')
      this.#toServer(() => this.#cutIf(connection), connection, true)
    if (fate === 'lostRequest') return
    const answered = (result: Result) => {
      const { zxid } = this.net.keeper.state
      if (fate === 'lostAnswer') this.#toClient(() => this.cut(), connection)
      else this.#toClient(() => this.#answer(asked, result, zxid), connection)
    }
    const arrive = () => {
      this.#kept!.touch()
      this.#kept!.ask(request, answered)
    }
    // Late: the server still has the connection, as it has not heard of its end, and no other has come.
    if (fate === 'lateRequest')
      this.#toServer(() => this.#connection <= connection + 1 && !this.#isUp && arrive(), connection, true)
    else this.#toServer(arrive, connection)
  }

  async close(): Promise<void> {
    if (this.#end) return
    const kept = this.#kept!
    if (this.#isUp) this.#toServer(() => void kept.close(), this.#connection, true)
    this.#finish('closed')
    await this.process.platform.clock.wait(5)
  }

  /** The connection breaks, as its owner sees it. */
  cut(): void {
    if (!this.#isUp || this.#end) return
    const { world, random } = this.net
    this.#isUp = false
    const old = this.#connection++
    for (const asked of this.#asked.splice(0)) this.#settle(asked, { kind: 'error', error: 'ConnectionLoss' })
    this.session.listener.onState('connecting')
    if (random.chance(0.7)) world.after(null, random.between(1, 20), 'fin', '', () => this.#released(old))
    this.#reconnectIn(
      random.chance(0.8) || !this.net.hasOutages ? random.between(1, 200) : random.between(1, this.timeoutMs * 1.5),
    )
  }

  /** Nothing comes through for so long. */
  silence(ms: number): void {
    this.net.inject('silence')
    this.#silentUntilMs = Math.max(this.#silentUntilMs, this.net.world.timeMs + ms)
  }

  /** The keeper ends it as if its time were up. */
  async expire(): Promise<void> {
    await this.net.keeper.expire(this.id)
  }

  #released(connection: number): void {
    // A newer one has it by now.
    if (this.#isUp || this.#connection !== connection + 1) return
    this.#kept!.release(null)
  }

  #reconnectIn(ms: number): void {
    const { world, keeper } = this.net
    const at = Math.max(world.timeMs + ms, this.#silentUntilMs)
    const connection = this.#connection
    world.after(this.process, at - world.timeMs, 'reconnect', this.process.name, () => {
      if (this.#end) return
      const holder = this.#holder(connection)
      const kept = keeper.reopen(this.id, this.#password, holder)
      if (!kept) return this.#finish('expired')
      this.#kept = kept
      const { listener } = this.session
      this.#isUp = true
      this.#heardMs = world.timeMs
      this.#toClient(() => listener.onState('connected'), connection)
      kept.watchAgain(this.#seenZxid, {
        data: listener.watched('data'),
        exists: listener.watched('exists'),
        child: listener.watched('child'),
      })
    })
  }

  #holder(connection: number): { onEvent(event: WatchEvent): void; onEnd(reason: string): void } {
    return {
      onEvent: event => this.#toClient(() => this.session.listener.onEvent(event), connection),
      onEnd: () => this.#toClient(() => this.cut(), connection),
    }
  }

  /** Signs of life, and looking for those of the other side. */
  #tick(): void {
    const { world, random, faults } = this.net
    world.after(this.process, this.timeoutMs / 6, 'ping', this.process.name, () => {
      if (this.#end) return
      this.#tick()
      if (!this.#isUp) return
      if (world.timeMs - this.#heardMs > (this.timeoutMs * 2) / 3) return this.cut()
      if (random.chance(faults.silence ?? 0)) this.silence(random.between(1, this.timeoutMs * 2))
      const connection = this.#connection
      this.#toServer(() => {
        this.#kept!.touch()
        this.#toClient(() => {}, connection)
      }, connection)
    })
  }

  #fate(): 'lostRequest' | 'lostAnswer' | 'lateRequest' | null {
    const { random, faults } = this.net
    for (const fate of ['lostRequest', 'lostAnswer', 'lateRequest'] as const)
      if (random.chance(faults[fate] ?? 0)) return fate
    return null
  }

  #cutIf(connection: number): void {
    if (this.#connection === connection) this.cut()
  }

  #toServer(call: () => void, connection: number, isAfterCut = false): void {
    this.#outgoing.push(null, this.#silentUntilMs, () => {
      if (isAfterCut || this.#connection === connection) call()
    })
  }

  #toClient(call: () => void, connection: number): void {
    this.#incoming.push(this.process, this.#silentUntilMs, () => {
      if (this.#connection !== connection || this.#end) return
      this.#heardMs = this.net.world.timeMs
      call()
    })
  }

  /** Events tell nothing of the zxid: others of the same transaction may follow. */
  #answer(asked: Asked, result: Result, zxid: number): void {
    this.#seenZxid = zxid
    assert.equal(this.#asked.shift(), asked, 'answers come in the order of the requests')
    this.#settle(asked, result)
  }

  #settle(asked: Asked, result: Result): void {
    assert(!asked.isSettled)
    asked.isSettled = true
    asked.settle(result)
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return
    this.#end = end
    for (const asked of this.#asked.splice(0)) this.#settle(asked, { kind: 'error', error: endErrors[end] })
    this.session.listener.onState(end)
  }

  #later(call: () => void): void {
    this.net.world.after(this.process, 0, 'settle', this.process.name, call)
  }
}

const endErrors = { expired: 'SessionExpired', closed: 'Closed', authFailed: 'AuthFailed' } as const

/** What is sent in one direction: it comes late, in its order. */
class Line {
  readonly #waiting: (() => void)[] = []
  #lastMs = 0

  constructor(readonly net: Net) {}

  push(owner: Owner | null, notBeforeMs: number, call: () => void): void {
    const { world, random } = this.net
    this.#waiting.push(call)
    this.#lastMs = Math.max(this.#lastMs, world.timeMs + latency(random), notBeforeMs)
    // Events that were held back come in any order: each lets the first that waits go on.
    world.after(owner, this.#lastMs - world.timeMs, 'message', '', () => this.#waiting.shift()!())
  }
}

function latency(random: Random): number {
  return random.chance(0.9) ? random.between(0.1, 3) : random.between(3, 80)
}
