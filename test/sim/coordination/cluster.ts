// A keeper, its clients on machines of their own, the network between them, and what can go wrong with all of these.
import type { Coordinator } from '../../../runtime/coordination/coordinator.ts'
import { zooKeeper } from '../../../runtime/coordination/zookeeper/zooKeeper.ts'
import { calm } from '../disk.ts'
import { type Life, Machine } from '../machine.ts'
import { calmNetwork, Network } from '../network.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'
import { KeeperHost, keeperPort } from './keeperHost.ts'

export type Fault =
  | { kind: 'wait'; ms: number }
  | { kind: 'crashKeeper'; how: 'kill' | 'power'; afterEvents: number; downMs: number }
  | { kind: 'crashClient'; client: number; afterEvents: number; downMs: number }
  | { kind: 'pause'; client: number | 'keeper'; ms: number }
  | { kind: 'jump'; client: number | 'keeper'; ms: number }
  | { kind: 'cut'; client: number; ways: 'to' | 'from' | 'both'; ms: number }
  | { kind: 'break'; share: number }
  | { kind: 'badNetwork'; ms: number }
  | { kind: 'badDisk'; ms: number; isFull: boolean }

export function planFaults(random: Random, clients: number, most: number): Fault[] {
  const faults: Fault[] = []
  for (let i = random.whole(1, most); i > 0; i--) {
    faults.push({ kind: 'wait', ms: random.chance(0.5) ? random.between(0, 100) : random.between(0, 4_000) })
    const client = random.below(clients)
    const someone = random.chance(0.4) ? ('keeper' as const) : client
    const kind = random.weighted({
      crashKeeper: 4,
      crashClient: 2,
      pause: 2,
      jump: 1,
      cut: 4,
      break: 2,
      badNetwork: 2,
      badDisk: 2,
    })
    const ms = random.chance(0.5) ? random.between(1, 500) : random.between(500, 10_000)
    const afterEvents = random.chance(0.5) ? random.whole(1, 20) : random.whole(20, 150)
    switch (kind) {
      case 'crashKeeper':
        faults.push({ kind, how: random.pick(['kill', 'power', 'power']), afterEvents, downMs: ms / 3 })
        break
      case 'crashClient':
        faults.push({ kind, client, afterEvents, downMs: ms })
        break
      case 'pause':
        faults.push({ kind, client: someone, ms })
        break
      case 'jump':
        faults.push({ kind, client: someone, ms: random.between(-100_000, 100_000) })
        break
      case 'cut':
        faults.push({ kind, client, ways: random.pick(['to', 'from', 'both']), ms })
        break
      case 'break':
        faults.push({ kind, share: random.pick([0.5, 1]) })
        break
      case 'badNetwork':
        faults.push({ kind, ms })
        break
      case 'badDisk':
        faults.push({ kind, ms, isFull: random.chance(0.4) })
    }
  }
  return faults
}

export interface ClusterOptions {
  readonly clients: number
  readonly breach: string | null
  /** All clients are parts of the keeper's own process. */
  readonly isInside: boolean
}

export class Cluster {
  readonly network: Network
  readonly keeper: KeeperHost
  readonly clients: readonly Machine[]
  readonly #waiting = new Map<number, (() => void)[]>()

  constructor(
    readonly world: World,
    readonly options: ClusterOptions,
  ) {
    this.network = new Network(world)
    const machine = new Machine(world, 'keeper', {
      network: this.network,
      readsAtOnce: world.random.chance(0.5),
      breach: { syncSkipped: options.breach === 'syncSkipped' },
    })
    this.keeper = new KeeperHost(machine)
    this.clients = Array.from(
      { length: options.clients },
      (_, i) => new Machine(world, `client${i}`, { network: this.network }),
    )
  }

  async begin(): Promise<void> {
    await this.keeper.start()
    for (let client = 0; client < this.clients.length; client++) this.#startClient(client)
  }

  #startClient(client: number): void {
    const machine = this.clients[client]
    if (machine.isUp) return
    machine.start()
    for (const wake of this.#waiting.get(client)?.splice(0) ?? []) wake()
  }

  /** The life of a client's process, when there is one. */
  async life(client: number): Promise<Life> {
    if (this.options.isInside) return this.keeper.running()
    for (;;) {
      const { life } = this.clients[client]
      if (life && !life.isDead) return life
      await new Promise<void>(resolve => {
        const waiting = this.#waiting.get(client)
        if (waiting) waiting.push(resolve)
        else this.#waiting.set(client, [resolve])
      })
    }
  }

  async connect(life: Life): Promise<Coordinator> {
    if (this.options.isInside) return this.keeper.inside()
    return zooKeeper(life.platform, { servers: `keeper:${keeperPort}` })
  }

  /** One after the other; at the end everything is well. */
  async runAndHeal(faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) await this.#one(fault)
    await this.#heal()
  }

  async #one(fault: Fault): Promise<void> {
    const { world, network } = this
    const machineOf = (who: number | 'keeper') => (who === 'keeper' ? this.keeper.machine : this.clients[who])
    switch (fault.kind) {
      case 'wait':
        return world.wait(fault.ms)
      case 'pause':
        return machineOf(fault.client).pause(fault.ms)
      case 'jump':
        return machineOf(fault.client).jumpClock(fault.ms)
      case 'crashKeeper': {
        const { machine } = this.keeper
        await this.#crash(machine, fault.afterEvents, () =>
          fault.how === 'kill' ? machine.kill() : machine.losePower(),
        )
        await world.wait(fault.downMs)
        return this.keeper.start()
      }
      case 'crashClient': {
        const machine = this.clients[fault.client]
        await this.#crash(machine, fault.afterEvents, () => machine.kill())
        await world.wait(fault.downMs)
        return this.#startClient(fault.client)
      }
      case 'cut': {
        const { name } = this.clients[fault.client]
        const to = fault.ways !== 'from'
        const from = fault.ways !== 'to'
        if (to) network.cut(name, 'keeper')
        if (from) network.cut('keeper', name)
        world.after(null, fault.ms, 'heal', name, () => {
          if (to) network.heal(name, 'keeper')
          if (from) network.heal('keeper', name)
        })
        return
      }
      case 'break':
        return network.breakSome(fault.share)
      case 'badNetwork':
        network.mood = { breaks: 0.02, slow: 0.1, refuses: 0.2 }
        return this.#later(fault.ms, 'network is well', () => {
          network.mood = calmNetwork
        })
      case 'badDisk': {
        const { spindle } = this.keeper.machine
        spindle.mood = fault.isFull
          ? { ...calm, isFull: true }
          : { readFails: 0.02, changeFails: 0.1, answerLost: 0.05, slow: 0.1, isFull: false }
        return this.#later(fault.ms, 'disk is well', () => {
          spindle.mood = calm
        })
      }
    }
  }

  #later(ms: number, what: string, call: () => void): void {
    this.world.after(null, ms, what, '', call)
  }

  /** After so many of the machine's events, or a while. */
  async #crash(machine: Machine, afterEvents: number, crash: () => void): Promise<void> {
    await new Promise<void>(resolve => {
      let isOver = false
      const once = () => {
        if (isOver) return
        isOver = true
        crash()
        resolve()
      }
      machine.afterEvents(afterEvents, once)
      this.#later(3_000, 'crash', once)
    })
  }

  async #heal(): Promise<void> {
    this.network.mood = calmNetwork
    this.keeper.machine.spindle.mood = calm
    this.network.healAll()
    if (!this.keeper.machine.isUp) await this.keeper.start()
    for (let client = 0; client < this.clients.length; client++) this.#startClient(client)
  }
}
