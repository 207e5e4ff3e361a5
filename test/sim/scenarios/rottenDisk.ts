// Bits of stored parts change. What is answered is right all the same, or an error; parts that a start finds broken are put aside and
// said to be; CHECK TABLE names what has rotted.
import { DBError } from '../../../runtime/core/errors.ts'
import type { Stored } from '../drive.ts'
import { Machine } from '../machine.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { Server } from '../server.ts'
import { Violation, type World } from '../world.ts'
import { linesOf } from './tables/ask.ts'

type Operation =
  | { kind: 'insert'; rows: number; partitions: number }
  | { kind: 'rot' | 'read' | 'point' | 'check' | 'optimize' | 'restart' }

/** Files whose bytes are guarded: by the checksums of their frames, or by those of their part where they are read. */
const guarded = /\/\d+_\d+_\d+_\d+\/[^/]+\.bin$/

function plan(random: Random): Operation[] {
  const operations: Operation[] = Array.from({ length: random.whole(2, 6) }, () => ({
    kind: 'insert' as const,
    rows: random.whole(1, 60),
    partitions: random.whole(1, 3),
  }))
  for (let i = random.whole(4, 12); i > 0; i--)
    operations.push({ kind: random.weighted({ rot: 3, read: 4, point: 2, check: 1, optimize: 1, restart: 2 }) })
  return operations
}

class Run {
  readonly #server: Server
  readonly #rows = new Map<string, string>()
  #inserts = 0
  readonly #rotten = new Map<Stored, string>()
  /** Something has rotted in this life of the server: a frame's hash is compared once in a life by queries, and by each merge. */
  #isFresh = false
  /** Some parts were put aside. */
  #isPartly = false

  constructor(readonly world: World) {
    this.#server = new Server(new Machine(world, 'server', { readsAtOnce: world.random.chance(0.5) }))
  }

  async all(operations: readonly Operation[]): Promise<void> {
    await this.#server.start()
    await this.#server.query(`CREATE TABLE t (id UInt32, p UInt8, n UInt32, s String, v UInt64 CODEC(NONE), l LowCardinality(String))
      ENGINE = MergeTree PARTITION BY p ORDER BY (id, n) SETTINGS index_granularity = 8`)
    await this.#server.query('SYSTEM STOP MERGES t')
    for (const operation of operations) await this.#one(operation)
    await this.#server.stop()
  }

  async #one(operation: Operation): Promise<void> {
    const { world } = this
    switch (operation.kind) {
      case 'insert': {
        const id = ++this.#inserts
        for (let n = 0; n < operation.rows; n++)
          this.#rows.set(`${id} ${n}`, ['x'.repeat(n % 9), id * 1000 + n, `l${n % 4}`].join(' '))
        await this.#server.query(`INSERT INTO t SELECT ${id}, number % ${operation.partitions}, number, repeat('x', number % 9),
          ${id} * 1000 + number, concat('l', toString(number % 4)) FROM numbers(${operation.rows})`)
        return
      }
      case 'rot':
        return this.#rot()
      case 'read':
        if (this.#isFresh) return
        return this.#read('SELECT id, n, s, v, l FROM t', () => true)
      case 'point': {
        if (this.#isFresh) return
        const id = world.random.whole(1, Math.max(1, this.#inserts))
        return this.#read(`SELECT id, n, s, v, l FROM t WHERE id = ${id} AND n < 20`, (row, n) => row === id && n < 20)
      }
      case 'check':
        return this.#check()
      case 'optimize':
        await this.#tolerate(() => this.#server.query('OPTIMIZE TABLE t FINAL'))
        return
      case 'restart': {
        await this.#server.stop()
        await this.#server.start()
        this.#isFresh = false
        const { log } = this.#server.machine
        if (log.some(({ text }) => /not loaded/.test(text))) throw new Violation('the table is not loaded')
        if (log.some(({ text }) => /is broken and/.test(text))) this.#isPartly = true
        await this.#server.query('SYSTEM STOP MERGES t')
      }
    }
  }

  #rot(): void {
    const { drive } = this.#server.machine.spindle
    const files = [...drive.files()].filter(([path, { bytes }]) => guarded.test(path) && bytes.length > 0)
    if (files.length === 0) return
    const [path, file] = this.world.random.pick(files)
    this.world.inject('disk: a bit rots')
    this.world.note(path)
    drive.rot(file)
    this.#isFresh = true
    this.#rotten.set(file, path)
  }

  /** null: it says that something is wrong, as it may when something is. */
  async #tolerate<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await call()
    } catch (error) {
      if (this.#rotten.size > 0 && error instanceof DBError && error.errorName !== 'LOGICAL_ERROR') return null
      throw error
    }
  }

  async #read(query: string, isWanted: (id: number, n: number) => boolean): Promise<void> {
    const text = await this.#tolerate(() => this.#server.query(query))
    if (text === null) return
    const seen = new Set<string>()
    for (const [id, n, ...rest] of linesOf(text)) {
      const key = `${id} ${n}`
      if (seen.has(key)) throw new Violation(`row ${key} comes twice`)
      seen.add(key)
      if (this.#rows.get(key) !== rest.join(' ')) throw new Violation(`row ${key} is ${rest.join(' ')}`)
    }
    if (this.#isPartly) return
    for (const key of this.#rows.keys()) {
      const [id, n] = key.split(' ').map(Number)
      if (isWanted(id, n) && !seen.has(key)) throw new Violation(`row ${key} is missing`)
    }
  }

  async #check(): Promise<void> {
    const query = 'CHECK TABLE t SETTINGS check_query_single_value_result = 0'
    const text = await this.#tolerate(() => this.#server.query(query))
    const bad = linesOf(text ?? '').filter(([, passed]) => passed !== '1')
    if (this.#rotten.size === 0 && bad.length > 0) throw new Violation(`CHECK TABLE: ${bad.join('; ')}`)
    // Of what has rotted and is still there, nothing is said to be well.
    const { drive } = this.#server.machine.spindle
    for (const [path, file] of drive.files()) {
      const part = path.split('/').at(-2) ?? ''
      const passed = linesOf(text ?? '').find(([name]) => name === part)?.[1]
      if (this.#rotten.has(file) && guarded.test(path) && passed === '1')
        throw new Violation(`CHECK TABLE finds nothing wrong with ${path}`)
    }
  }
}

export const rottenDisk: Scenario<Operation> = {
  name: 'rottenDisk',
  breaches: {},
  plan,
  run: (world, operations) => new Run(world).all(operations),
}
