// Inserts, merges, OPTIMIZE and DROP PARTITION at the same time, a kill -9 in their middle, and what must be true after the restart:
// what was acknowledged is there once, what was not is there whole or not at all, and nothing else lies around.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { random } from '../harness.ts'
import { type RuntimeName, runtimeHere } from '../platform/program.ts'
import { ServerProcess } from './serverProcess.ts'

interface Insert {
  readonly rows: number
  acknowledged: boolean
}

/** A partition of the table `dropped`, on its way in or out. */
interface Dropped {
  readonly rows: number
  state: 'inserting' | 'inserted' | 'dropping' | 'gone'
}

export interface KillReport {
  rounds: number
  inserts: number
  acknowledged: number
  /** Not acknowledged, and there all the same. */
  wholeWithoutAnswer: number
  rows: number
  parts: number
  merges: number
}

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

export class KillTest {
  readonly report: KillReport = {
    rounds: 0,
    inserts: 0,
    acknowledged: 0,
    wholeWithoutAnswer: 0,
    rows: 0,
    parts: 0,
    merges: 0,
  }
  readonly #inserts = new Map<number, Insert>()
  readonly #dropped = new Map<number, Dropped>()
  readonly #random: () => number
  readonly #altered = { name: 0, updated: 0 }
  #nextId = 1
  #server!: ServerProcess
  /** Set at the kill: what fails from then on fails because of it. */
  #isDying = false

  constructor(
    readonly directory: string,
    seed: number,
    /** What runs the server. */
    readonly runtime: RuntimeName = runtimeHere,
  ) {
    this.#random = random(seed)
  }

  async run(rounds: number, tell: (report: KillReport) => void = () => {}): Promise<KillReport> {
    this.#server = await ServerProcess.start(this.directory, [], this.runtime)
    for (const table of ['kept', 'dropped'])
      await this.#server.text(`CREATE TABLE ${table} (id UInt64, p UInt16, n UInt32, s String, list Array(UInt16), v UInt64)
        ENGINE = MergeTree PARTITION BY ${table === 'kept' ? 'p' : 'id'} ORDER BY (id, n)
        SETTINGS index_granularity = 64, old_parts_lifetime = ${table === 'kept' ? 480 : 0}`)
    await this.#server.text(`CREATE TABLE altered (id UInt64, n UInt64, x0 UInt64) ENGINE = MergeTree ORDER BY id
      SETTINGS index_granularity = 64`)
    for (let part = 0; part < 3; part++)
      await this.#server.text(`INSERT INTO altered SELECT number + ${part * 100}, 0, number FROM numbers(100)`)
    try {
      for (let round = 0; round < rounds; round++) {
        await this.#round()
        this.report.rounds++
        tell(this.report)
      }
    } finally {
      await this.#server.kill()
    }
    return this.report
  }

  async #round(): Promise<void> {
    this.#isDying = false
    const work = [
      ...Array.from({ length: 4 }, () => this.#inserter()),
      this.#optimizer(),
      this.#dropper(),
      this.#alterer(),
      this.#reader(),
    ]
    await sleep(20 + this.#random() * 1500)
    this.#isDying = true
    await this.#server.kill()
    await Promise.all(work)
    // Now and then it also dies while it starts.
    while (this.#random() < 0.2) {
      const stillborn = ServerProcess.spawn(this.directory, [], this.runtime)
      await sleep(this.#random() * 500)
      await stillborn.kill()
    }
    this.#server = await ServerProcess.start(this.directory, [], this.runtime)
    await this.#check()
  }

  /** Runs until the server dies; an error before that is a finding. */
  async #untilKilled(step: () => Promise<void>): Promise<void> {
    while (!this.#isDying)
      try {
        await step()
      } catch (error) {
        if (!this.#isDying) throw error
      }
  }

  #inserter(): Promise<void> {
    return this.#untilKilled(async () => {
      const id = this.#nextId++
      const rows = 1 + Math.floor(this.#random() ** 3 * 400)
      const partitions = 1 + Math.floor(this.#random() * 5)
      const insert: Insert = { rows, acknowledged: false }
      this.#inserts.set(id, insert)
      this.report.inserts++
      await this.#insert('kept', id, rows, partitions)
      insert.acknowledged = true
      this.report.acknowledged++
    })
  }

  async #insert(table: string, id: number, rows: number, partitions: number): Promise<void> {
    const settings = { max_insert_block_size: this.#random() < 0.5 ? 1_000_000 : 16 + Math.floor(this.#random() * 100) }
    if (this.#random() < 0.5) {
      await this.#server.text(
        `INSERT INTO ${table} SELECT ${id}, (number + ${id}) % ${partitions}, number, repeat('x', number % 50),
         range(number % 7), number * ${id} FROM numbers(${rows})`,
        { settings },
      )
      return
    }
    let body = ''
    for (let n = 0; n < rows; n++)
      body += `${id}\t${(n + id) % partitions}\t${n}\t${'x'.repeat(n % 50)}\t[${Array.from({ length: n % 7 }, (_, i) => i)}]\t${n * id}\n`
    await this.#server.text(`INSERT INTO ${table} FORMAT TSV`, { body, settings })
  }

  #optimizer(): Promise<void> {
    return this.#untilKilled(async () => {
      await sleep(this.#random() * 300)
      const { code, text } = await this.#server.ask(`OPTIMIZE TABLE kept${this.#random() < 0.3 ? ' FINAL' : ''}`)
      assert.ok(code === 0 || code === 388, text) // CANNOT_ASSIGN_OPTIMIZE: a merge of the background was first
    })
  }

  /** Partitions come and go. */
  #dropper(): Promise<void> {
    return this.#untilKilled(async () => {
      const id = this.#nextId++
      const entry: Dropped = { rows: 1 + Math.floor(this.#random() * 50), state: 'inserting' }
      this.#dropped.set(id, entry)
      await this.#insert('dropped', id, entry.rows, 1)
      entry.state = 'inserted'
      if (this.#random() < 0.2) return
      entry.state = 'dropping'
      await this.#server.text(`ALTER TABLE dropped DROP PARTITION ${id}`)
      entry.state = 'gone'
    })
  }

  /** A column gets one name after another, one comes and goes, and an UPDATE counts. */
  #alterer(): Promise<void> {
    return this.#untilKilled(async () => {
      const { name, updated } = this.#altered
      await this.#server.text(`ALTER TABLE altered RENAME COLUMN x${name} TO x${name + 1}`)
      this.#altered.name++
      await this.#server.text(`ALTER TABLE altered UPDATE n = ${updated + 1} WHERE 1 SETTINGS mutations_sync = 1`)
      this.#altered.updated++
      await this.#server.text('ALTER TABLE altered ADD COLUMN IF NOT EXISTS extra UInt64 DEFAULT id + 1')
      const [sum] = (await this.#server.text('SELECT sum(extra) FROM altered')).split('\n')
      assert.equal(Number(sum), 45150, 'a new column is made by its default')
      await this.#server.text('ALTER TABLE altered DROP COLUMN extra')
    })
  }

  /** What was acknowledged is there; what was not has happened whole or not at all. */
  async #checkAltered(): Promise<void> {
    const columns = (
      await this.#server.text("SELECT name FROM system.columns WHERE table = 'altered' AND name LIKE 'x%'")
    ).split('\n')
    const name = Number(columns[0].slice(1))
    assert.ok(name === this.#altered.name || name === this.#altered.name + 1, `column x${name} is acknowledged`)
    this.#altered.name = name
    const found = await this.#server.text(`SELECT count(), sum(x${name}), min(n), max(n) FROM altered`)
    const [rows, sum, low, high] = found.trim().split('\t').map(Number)
    assert.deepEqual({ rows, sum }, { rows: 300, sum: 14850 })
    const { updated } = this.#altered
    assert.ok(low >= updated && high <= updated + 1, `an UPDATE to ${updated} gave ${low} to ${high}`)
    // What was not acknowledged goes on, before the next one.
    if (high > updated) this.#altered.updated = high
  }

  /** No reader ever sees a part of an INSERT. */
  #reader(): Promise<void> {
    return this.#untilKilled(async () => {
      await sleep(20)
      this.#compare(await this.#server.text(this.#sums('kept', `WHERE id > ${this.#nextId - 40}`)))
    })
  }

  #sums = (table: string, where = '') =>
    `SELECT id, count(), uniqExact(n), sum(v), sum(length(s)), sum(length(list)) FROM ${table} ${where} GROUP BY id`

  /** Every id that was found is whole. Gives the ids. */
  #compare(found: string, rowsOf = (id: number) => this.#inserts.get(id)?.rows): Set<number> {
    const ids = new Set<number>()
    for (const line of found.split('\n').filter(line => line !== '')) {
      const [id, count, distinct, sum, bytes, items] = line.split('\t').map(Number)
      const rows = rowsOf(id)
      assert.ok(rows !== undefined, `id ${id} was never inserted`)
      const numbers = Array.from({ length: rows }, (_, n) => n)
      const total = (of: (n: number) => number) => numbers.reduce((sum, n) => sum + of(n), 0)
      assert.deepEqual(
        { id, count, distinct, sum, bytes, items },
        {
          id,
          count: rows,
          distinct: rows,
          sum: total(n => n * id),
          bytes: total(n => n % 50),
          items: total(n => n % 7),
        },
        'an INSERT is there whole and once',
      )
      ids.add(id)
    }
    return ids
  }

  async #check(): Promise<void> {
    this.#checkDirectory()
    await this.#checkAltered()
    const found = this.#compare(await this.#server.text(this.#sums('kept')))
    for (const [id, insert] of this.#inserts) {
      if (insert.acknowledged) assert.ok(found.has(id), `INSERT ${id} was acknowledged and is lost`)
      else if (found.has(id)) {
        // From now on it has to stay.
        insert.acknowledged = true
        this.report.wholeWithoutAnswer++
      } else this.#inserts.delete(id)
    }
    const left = this.#compare(await this.#server.text(this.#sums('dropped')), id => this.#dropped.get(id)?.rows)
    for (const [id, entry] of this.#dropped) {
      if (entry.state === 'inserted') assert.ok(left.has(id), `INSERT ${id} was acknowledged and is lost`)
      if (entry.state === 'gone') assert.ok(!left.has(id), `partition ${id} was dropped and is back`)
      entry.state = left.has(id) ? 'inserted' : 'gone'
    }
    const [parts, rows, level] = (
      await this.#server.text(
        "SELECT count(), sum(rows), sum(level > 0) FROM system.parts WHERE active AND table = 'kept'",
      )
    )
      .split('\t')
      .map(Number)
    Object.assign(this.report, { parts, rows, merges: level })
    assert.equal(await this.#server.text('SELECT count() FROM kept'), String(rows))
    assert.doesNotMatch(this.#server.log, /broken|<error>/)
  }

  /** Right after the start: nothing of what the crash interrupted lies around. */
  #checkDirectory(): void {
    for (const table of ['kept', 'dropped']) {
      const directory = path.join(this.directory, 'data/default', table)
      const odd = fs.readdirSync(directory).filter(name => !/^(\d+_\d+_\d+_\d+|format_version\.txt)$/.test(name))
      // A merge of this start may be under way.
      assert.deepEqual(
        odd.filter(name => !/^(tmp_merge_|delete_tmp_|dropped_)/.test(name)),
        [],
        'nothing is left aside',
      )
    }
    const metadata = fs.readdirSync(path.join(this.directory, 'metadata/default'))
    assert.deepEqual(metadata.sort(), ['altered.sql', 'dropped.sql', 'kept.sql'])
  }
}
