// Clients of the embedded coordinator, beside each other, while it, they and the network between them fail. What is seen fits one order
// of all that was asked; ephemeral nodes end with their session and not before; watchers are called once and in time.
import { Watches } from '../../../runtime/coordination/embedded/watches.ts'
import { Actor } from '../coordination/actor.ts'
import { Cluster, type Fault, planFaults } from '../coordination/cluster.ts'
import { History } from '../coordination/history.ts'
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

const isAsked = (one: Operation): one is Asked & { waitMs: number } => 'waitMs' in one

/** Clients in the process of the keeper, in some seeds. */
const isInside = (world: World): boolean => world.random.chance(0.2)

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
  return [...operations, ...planFaults(random, clients, 4)]
}

class Run {
  readonly history = new History()
  readonly cluster: Cluster
  readonly actors: readonly Actor[]

  constructor(
    readonly world: World,
    breach: string | null,
  ) {
    this.cluster = new Cluster(world, { clients, breach, isInside: isInside(world) })
    this.actors = Array.from(
      { length: clients },
      (_, client) =>
        new Actor({
          world,
          history: this.history,
          name: `c${client}`,
          life: () => this.cluster.life(client),
          coordinator: life => this.cluster.connect(life),
          sessionTimeoutMs,
        }),
    )
  }

  async begin(): Promise<void> {
    await this.cluster.begin()
    const [actor] = this.actors
    for (const path of ['/k', '/pair', '/next', ...pair]) await actor.create(path, false)
  }

  async all(operations: readonly Operation[]): Promise<void> {
    const of = (client: number) => operations.flatMap(one => (isAsked(one) && one.client === client ? [one] : []))
    const work = this.actors.map((actor, client) => this.#client(actor, of(client)))
    await Promise.all([...work, this.cluster.runAndHeal(operations.flatMap(one => (isAsked(one) ? [] : [one])))])
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
  Watches.prototype.fire = function (...change) {
    if (world.random.chance(0.9)) fire.apply(this, change)
  }
  return () => {
    Watches.prototype.fire = fire
  }
}

export const coordinator: Scenario<Operation> = {
  name: 'coordinator',
  breaches: {
    watchDropped: 'one watch event in ten is dropped',
    syncSkipped: 'the disk of the keeper makes nothing durable',
  },
  plan,
  async run(world, operations, breach) {
    const mend = breakCoordinator(world, breach)
    try {
      const run = new Run(world, breach)
      await run.begin()
      await run.all(operations)
      await run.end()
    } finally {
      mend()
    }
  },
}
