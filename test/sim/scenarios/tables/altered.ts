import { Violation } from '../../world.ts'
import { type Ask, linesOf } from './ask.ts'

const rows = 30

/** A table whose rows are updated and whose column is renamed. */
export class AlteredTable {
  /** Updates that were asked for, and that were done for certain. */
  issued = 0
  done = 0
  /** Names that the column may have. */
  #names = ['x0']
  #next = 1

  constructor(readonly ask: Ask) {}

  async create(): Promise<void> {
    await this.ask(`CREATE TABLE altered (id UInt32, n UInt32, x0 UInt32) ENGINE = MergeTree ORDER BY id
      SETTINGS index_granularity = 8, old_parts_lifetime = 0`)
    for (let part = 0; part < 3; part++)
      await this.ask(`INSERT INTO altered SELECT number * 3 + ${part}, 0, number FROM numbers(${rows / 3})`)
  }

  async update(): Promise<void> {
    this.issued++
    await this.ask('ALTER TABLE altered UPDATE n = n + 1 WHERE 1', { mutations_sync: '2' })
    this.done++
  }

  async rename(): Promise<void> {
    if (this.#names.length > 1) return
    const [old] = this.#names
    const name = `x${this.#next++}`
    this.#names = [old, name]
    await this.ask(`ALTER TABLE altered RENAME COLUMN ${old} TO ${name}`)
    this.#names = [name]
  }

  async check(settles: boolean): Promise<void> {
    const [low, names] = [this.done, this.#names]
    const described = linesOf(await this.ask('DESCRIBE TABLE altered')).map(([name]) => name)
    const name = described.find(name => name.startsWith('x')) ?? ''
    if (settles && !this.#names.includes(name)) throw new Violation(`the column is ${name}, not ${names.join(' or ')}`)
    if (settles) {
      this.#names = [name]
      const [[sum]] = linesOf(await this.ask(`SELECT sum(${name}) FROM altered`))
      if (Number(sum) !== 135) throw new Violation(`the renamed column sums up to ${sum}`)
    }
    const [[count, min, max, ids]] = linesOf(await this.ask('SELECT count(), min(n), max(n), sum(id) FROM altered'))
    if (Number(count) !== rows || Number(ids) !== (rows * (rows - 1)) / 2)
      throw new Violation(`the altered table has ${count} rows`)
    if (Number(min) < low || Number(max) > this.issued)
      throw new Violation(
        `between ${min} and ${max} updates are done, of ${low} acknowledged and ${this.issued} asked for`,
      )
  }
}
