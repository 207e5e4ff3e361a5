// Clients of the embedded coordinator, beside each other, while it, they and the network between them fail. What is seen fits one order
// of all that was asked; ephemeral nodes end with their session and not before; watchers are called once and in time.
import { Watches } from '../../../runtime/coordination/embedded/watches.ts'
import { Actor } from '../coordination/actor.ts'
import { History } from '../coordination/history.ts'
import { KeeperHost } from '../coordination/keeperHost.ts'
import { Machine } from '../machine.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { Violation, type World } from '../world.ts'

const clients = 3
const keys = ['/k/0', '/k/1', '/k/2', '/k/3']
const pair = ['/pair/a', '/pair/b']
const sessionTimeoutMs = 4_000

type Asked =
  | { kind: 'create'; client: number; key: number; isEphemeral: boolean }
  | { kind: 'set' | 'delete'; client: number; key: number; isConditional: boolean }
  | { kind: 'get' | 'exists' | 'children'; client: number; key: number; isWatched: boolean }
  | { kind: 'setBoth' | 'next' | 'close'; client: number }

export type Operation = (Asked & { waitMs: number }) | Fault

type Fault =
  | { kind: 'wait'; ms: number }
  | { kind: 'crash'; how: 'kill' | 'power'; afterEvents: number }
  | { kind: 'pause'; ms: number }
  | { kind: 'jump'; ms: number }

function plan(random: Random): Operation[] {
  const operations: Operation[] = []
  for (let i = random.whole(15, 50); i > 0; i--) {
    const client = random.below(clients)
    const key = random.below(keys.length)
    const waitMs = random.chance(0.7) ? random.between(0, 5) : random.between(0, 1_500)
    const kind = random.weighted({
      create: 8,
      set: 5,
      delete: 4,
      get: 6,
      exists: 4,
      children: 2,
      setBoth: 2,
      next: 2,
      close: 0.7,
    })
    switch (kind) {
      case 'create':
        operations.push({ kind, client, key, isEphemeral: random.chance(0.4), waitMs })
        break
      case 'set':
      case 'delete':
        operations.push({ kind, client, key, isConditional: random.chance(0.5), waitMs })
        break
      case 'get':
      case 'exists':
      case 'children':
        operations.push({ kind, client, key, isWatched: random.chance(0.6), waitMs })
        break
      default:
        operations.push({ kind, client, waitMs })
    }
  }
  for (let i = random.whole(0, 3); i > 0; i--) {
    operations.push({ kind: 'wait', ms: random.between(0, 3_000) })
    const kind = random.weighted({ crash: 0, pause: 1, jump: 1 })
    if (kind === 'crash')
      operations.push({ kind, how: random.pick(['kill', 'power']), afterEvents: random.whole(1, 100) })
    else if (kind === 'pause') operations.push({ kind, ms: random.between(1, 8_000) })
    else operations.push({ kind, ms: random.between(-100_000, 100_000) })
  }
  return operations
}

class Run {
  readonly history = new History()
  readonly host: KeeperHost
  readonly actors: readonly Actor[]

  constructor(readonly world: World) {
    const machine = new Machine(world, 'keeper', { readsAtOnce: world.random.chance(0.5) })
    this.host = new KeeperHost(machine)
    this.actors = Array.from(
      { length: clients },
      (_, i) =>
        new Actor({
          world,
          history: this.history,
          name: `c${i}`,
          life: () => this.host.running(),
          coordinator: () => this.host.inside(),
          sessionTimeoutMs,
        }),
    )
  }

  async begin(): Promise<void> {
    await this.host.start()
    const [actor] = this.actors
    for (const path of ['/k', '/pair', '/next', ...pair]) await actor.create(path, false)
  }

  async all(operations: readonly Operation[]): Promise<void> {
    const of = (client: number) => operations.flatMap(one => ('client' in one && one.client === client ? [one] : []))
    await Promise.all([
      ...this.actors.map((actor, client) => this.#client(actor, of(client))),
      this.#nemesis(operations.flatMap(one => ('client' in one ? [] : [one]))),
    ])
  }

  async #client(actor: Actor, operations: readonly (Asked & { waitMs: number })[]): Promise<void> {
    for (const operation of operations) {
      await this.world.wait(operation.waitMs)
      await this.#one(actor, operation)
    }
  }

  async #one(actor: Actor, operation: Asked): Promise<unknown> {
    const path = 'key' in operation ? keys[operation.key] : ''
    switch (operation.kind) {
      case 'create':
        return actor.create(path, operation.isEphemeral)
      case 'set':
      case 'delete': {
        const version = operation.isConditional ? await actor.get(path) : -1
        return version === null ? null : actor[operation.kind](path, version)
      }
      case 'get':
      case 'exists':
        return actor[operation.kind](path, operation.isWatched)
      case 'children':
        return actor.children('/k', operation.isWatched)
      case 'setBoth':
        return actor.setAll(pair)
      case 'next':
        return actor.createNext('/next')
      case 'close':
        return actor.close()
    }
  }

  async #nemesis(operations: readonly Fault[]): Promise<void> {
    const { machine } = this.host
    for (const operation of operations)
      switch (operation.kind) {
        case 'wait':
          await this.world.wait(operation.ms)
          break
        case 'pause':
          machine.pause(operation.ms)
          break
        case 'jump':
          machine.jumpClock(operation.ms)
          break
        case 'crash': {
          await new Promise<void>(resolve => {
            machine.afterEvents(operation.afterEvents, () => {
              if (operation.how === 'kill') machine.kill()
              else machine.losePower()
              resolve()
            })
          })
          await this.world.wait(this.world.random.between(0, 500))
          await this.host.start()
        }
      }
  }

  /** Everything heals; what is over by then is over for everybody. */
  async end(): Promise<void> {
    await this.world.wait(sessionTimeoutMs * 4)
    for (const actor of this.actors) await actor.session()
    for (const actor of this.actors) actor.endLost()
    for (const actor of this.actors) {
      await actor.lookAtWatched()
      for (const path of [...keys, ...pair]) await actor.get(path)
    }
    this.history.check()
    this.#checkSequence()
  }

  #checkSequence(): void {
    const all = this.actors.flatMap(({ sequence }) => sequence)
    if (new Set(all.map(({ number }) => number)).size !== all.length) throw new Violation('a number was given twice')
    for (const one of all)
      for (const other of all)
        if (one.returned < other.invoked && one.number > other.number)
          throw new Violation(`number ${one.number} was given before ${other.number} was asked for`)
  }
}

/** Coordinators that are wrong on purpose. */
function breakCoordinator(world: World, breach: string | null): () => void {
  if (breach !== 'watchDropped') return () => {}
  const { fire } = Watches.prototype
  Watches.prototype.fire = function (kind, path) {
    if (world.random.chance(0.9)) fire.call(this, kind, path)
  }
  return () => {
    Watches.prototype.fire = fire
  }
}

export const coordinator: Scenario<Operation> = {
  name: 'coordinator',
  breaches: { watchDropped: 'one watch event in ten is dropped' },
  plan,
  async run(world, operations, breach) {
    const mend = breakCoordinator(world, breach)
    try {
      const run = new Run(world)
      await run.begin()
      await run.all(operations)
      await run.end()
    } finally {
      mend()
    }
  },
}
