// One server: inserts, merges, ALTER, DROP and restarts. What was acknowledged is there once, what was not is there whole or not at all,
// checksums hold, and nothing else lies around.
import { MergeTreeTable } from '../../../runtime/storage/mergetree/table.ts'
import { Died, Machine } from '../machine.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { Server } from '../server.ts'
import { calm, isInjected } from '../disk.ts'
import { Violation, type World } from '../world.ts'
import { AlteredTable } from './tables/altered.ts'
import { ComingTables } from './tables/coming.ts'
import { DroppedPartitions } from './tables/dropped.ts'
import { KeptRows } from './tables/kept.ts'

const clients = 3

export type Operation =
  | { kind: 'insert'; client: number; rows: number; partitions: number; blockRows: number }
  | { kind: 'optimize'; client: number; final: boolean }
  | { kind: 'read'; client: number }
  | { kind: 'dropPartition'; client: number }
  | { kind: 'insertToDrop'; client: number; rows: number }
  | { kind: 'update'; client: number }
  | { kind: 'rename'; client: number }
  | { kind: 'create'; client: number }
  | { kind: 'drop'; client: number }
  | { kind: 'crash'; how: 'kill' | 'power'; afterEvents: number; whileStarting: number }
  | { kind: 'restart' }
  | { kind: 'pause'; ms: number }
  | { kind: 'jump'; ms: number }
  | { kind: 'wait'; ms: number }
  | { kind: 'badDisk'; how: keyof typeof moods; ms: number }

/** What a disk is like when it is not well. */
const moods = {
  reads: { ...calm, readFails: 0.05 },
  changes: { ...calm, changeFails: 0.05 },
  answers: { ...calm, answerLost: 0.05 },
  slow: { ...calm, slow: 0.2 },
  full: { ...calm, isFull: true },
} as const

const clientWeights = {
  insert: 10,
  read: 3,
  optimize: 2,
  insertToDrop: 3,
  dropPartition: 2,
  update: 1,
  rename: 1,
  create: 1,
  drop: 1,
}

const plan =
  (faults: Readonly<Record<FaultKind, number>>) =>
  (random: Random): Operation[] => {
    const operations: Operation[] = []
    const count = random.whole(8, 24)
    for (let i = 0; i < count; i++) {
      const client = random.below(clients)
      const kind = random.weighted(clientWeights)
      switch (kind) {
        case 'insert':
          operations.push({
            kind,
            client,
            rows: random.whole(1, 40),
            partitions: random.whole(1, 3),
            blockRows: random.pick([5, 1000]),
          })
          break
        case 'insertToDrop':
          operations.push({ kind, client, rows: random.whole(1, 10) })
          break
        case 'optimize':
          operations.push({ kind, client, final: random.chance(0.6) })
          break
        default:
          operations.push({ kind, client })
      }
    }
    for (let i = random.whole(1, 3); i > 0; i--) {
      const kind = random.weighted(faults)
      operations.push({ kind: 'wait', ms: random.between(0, 60) })
      if (kind === 'crash')
        operations.push({
          kind,
          how: random.pick(['kill', 'power', 'power']),
          afterEvents: random.whole(1, 400),
          whileStarting: random.chance(0.3) ? random.whole(1, 60) : 0,
        })
      else if (kind === 'pause') operations.push({ kind, ms: random.between(1, 3000) })
      else if (kind === 'badDisk')
        operations.push({
          kind,
          how: random.pick(['reads', 'changes', 'answers', 'slow', 'full']),
          ms: random.between(1, 300),
        })
      else if (kind === 'jump') operations.push({ kind, ms: random.between(-100_000, 100_000) })
      else operations.push({ kind })
    }
    return operations
  }

class Run {
  readonly server: Server
  readonly tables: {
    readonly kept: KeptRows
    readonly dropped: DroppedPartitions
    readonly altered: AlteredTable
    readonly coming: ComingTables
  }
  /** Resolves when the server takes queries. */
  #up: Promise<void> = Promise.resolve()
  #isStopping = false

  constructor(
    readonly world: World,
    breach: string | null,
  ) {
    const machine = new Machine(world, 'server', {
      threads: world.random.pick([0, 0, 2]),
      readsAtOnce: world.random.chance(0.7),
      breach: { syncSkipped: breach === 'syncSkipped' },
    })
    this.server = new Server(machine)
    const ask = (query: string, settings?: Readonly<Record<string, string>>) => this.server.query(query, settings)
    this.tables = {
      kept: new KeptRows(ask),
      dropped: new DroppedPartitions(ask),
      altered: new AlteredTable(ask),
      coming: new ComingTables(ask),
    }
  }

  async begin(): Promise<void> {
    await this.server.start()
    for (const table of Object.values(this.tables)) await table.create()
  }

  async all(operations: readonly Operation[]): Promise<void> {
    const works = Array.from({ length: clients }, (_, client) =>
      this.#client(operations.filter(operation => 'client' in operation && operation.client === client)),
    )
    works.push(this.#nemesis(operations.filter(operation => !('client' in operation))))
    await Promise.all(works)
  }

  async #client(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      await this.world.wait(this.world.random.between(0, 20))
      await this.#up
      try {
        await this.#one(operation)
      } catch (error) {
        if (!this.#isExpected(error)) throw told(error, `${operation.kind}`)
      }
    }
  }

  #isExpected(error: unknown): boolean {
    if (error instanceof Died || isInjected(error)) return true
    // Two that want to merge the same parts; what an orderly end cuts short.
    if (error instanceof Error && /CANNOT_ASSIGN_OPTIMIZE|some are being merged already/.test(error.message))
      return true
    return this.#isStopping && error instanceof Error && /stopping|cancelled/.test(error.message)
  }

  async #one(operation: Operation): Promise<void> {
    const { kept, dropped, altered, coming } = this.tables
    switch (operation.kind) {
      case 'insert':
        return kept.insert(operation)
      case 'read':
        await kept.check(false)
        await dropped.check(false)
        await altered.check(false)
        return
      case 'optimize':
        await this.server.query(`OPTIMIZE TABLE kept${operation.final ? ' FINAL' : ''}`)
        return
      case 'insertToDrop':
        return dropped.insert(operation.rows)
      case 'dropPartition':
        return dropped.drop(this.world.random)
      case 'update':
        return altered.update()
      case 'rename':
        return altered.rename()
      case 'create':
        return coming.create(operation.client)
      case 'drop':
        return coming.drop(operation.client)
    }
  }

  async #nemesis(operations: readonly Operation[]): Promise<void> {
    const { machine } = this.server
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
        case 'badDisk': {
          const { spindle } = machine
          spindle.mood = moods[operation.how]
          this.world.after(null, operation.ms, 'disk is well', '', () => {
            spindle.mood = calm
          })
          break
        }
        case 'restart':
          await this.#down(async () => {
            this.#isStopping = true
            await this.server.stop().catch(error => {
              if (!isInjected(error)) throw error
              machine.stop()
            })
          })
          break
        case 'crash': {
          const crash = () => (operation.how === 'kill' ? machine.kill() : machine.losePower())
          const crashed = new Promise<void>(resolve => {
            machine.afterEvents(operation.afterEvents, () => {
              crash()
              resolve()
            })
          })
          await crashed
          await this.#down(async () => {
            for (let left = operation.whileStarting; left > 0; left = Math.floor(left / 2)) {
              const start = this.server.start()
              machine.afterEvents(left, crash)
              const outcome = await start.then(
                () => 'up',
                error => error,
              )
              if (outcome !== 'up' && !(outcome instanceof Died || isInjected(outcome))) throw told(outcome, 'a start')
              if (outcome === 'up') crash()
              machine.stop()
            }
          })
        }
      }
  }

  /** Ends the server, starts it again and looks at it, while clients wait. */
  async #down(work: () => Promise<void>): Promise<void> {
    let open = () => {}
    this.#up = new Promise(resolve => {
      open = resolve
    })
    await work()
    this.#isStopping = false
    const before = this.#leftovers()
    await this.#startWell()
    const [left] = this.#leftovers().filter(path => before.includes(path))
    if (left !== undefined) throw new Violation(`${left} was left behind`)
    await this.check()
    open()
  }

  /** A start that finds everything; where the disk does not let it, another one. */
  async #startWell(): Promise<void> {
    const { machine } = this.server
    for (;;) {
      machine.log.length = 0
      try {
        await this.server.start()
        if (!machine.log.some(({ text }) => /not loaded.*injected/.test(text))) return
      } catch (error) {
        if (!isInjected(error)) throw told(error, 'a start')
      }
      machine.stop()
      machine.spindle.settle()
      await this.world.wait(50)
    }
  }

  /** What an earlier life left aside. */
  #leftovers(): string[] {
    const paths = [...this.server.machine.spindle.drive.files()].map(([path]) => path)
    return paths.filter(path => /(^|\/)(tmp|delete_tmp_)|\.tmp_\d+_\d+$|commit_\d+\.txt$/.test(path))
  }

  /** Where the disk does not let it look, it looks again. */
  async check(): Promise<void> {
    for (const table of Object.values(this.tables))
      for (;;)
        try {
          await table.check(true)
          break
        } catch (error) {
          if (!isInjected(error)) throw error
          await this.world.wait(50)
        }
  }

  async end(): Promise<void> {
    const { machine } = this.server
    machine.spindle.mood = calm
    await this.#down(async () => machine.losePower('nothing'))
    await this.server.query('OPTIMIZE TABLE kept FINAL')
    await this.tables.altered.update()
    for (const table of Object.values(this.tables)) await table.check(false)
    for (const table of ['kept', 'dropped', 'altered']) {
      const rows = await this.server.query(`CHECK TABLE ${table} SETTINGS check_query_single_value_result = 0`)
      const bad = rows.split('\n').filter(row => row !== '' && row.split('\t')[1] !== '1')
      if (bad.length > 0) throw new Violation(`CHECK TABLE ${table}: ${bad.join('; ')}`)
    }
    await this.server.stop()
  }
}

function told(error: unknown, what: string): Error {
  if (error instanceof Violation) return error
  return new Violation(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
}

/** Engines that are wrong on purpose: they replace a method of the real one for a run. */
function breakEngine(breach: string | null): () => void {
  if (breach !== 'acknowledgedEarly') return () => {}
  const { commit } = MergeTreeTable.prototype
  MergeTreeTable.prototype.commit = function (written) {
    commit.call(this, written).catch(() => {})
    return Promise.resolve([...written])
  }
  return () => {
    MergeTreeTable.prototype.commit = commit
  }
}

type FaultKind = 'crash' | 'restart' | 'pause' | 'jump' | 'badDisk'

const scenario = (name: string, faults: Readonly<Record<FaultKind, number>>): Scenario<Operation> => ({
  name,
  breaches: {
    syncSkipped: 'the disk makes nothing durable',
    acknowledgedEarly: 'an INSERT is acknowledged before its commit',
  },
  plan: plan(faults),
  async run(world, operations, breach) {
    const mend = breakEngine(breach)
    try {
      const run = new Run(world, breach)
      await run.begin()
      await run.all(operations)
      await run.end()
    } finally {
      mend()
    }
  },
})

export const oneServer = scenario('oneServer', { crash: 6, restart: 1, pause: 1, jump: 1, badDisk: 0 })
export const faultyDisk = scenario('faultyDisk', { crash: 1, restart: 1, pause: 0, jump: 0, badDisk: 6 })
