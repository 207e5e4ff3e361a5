import type { Random } from '../../random.ts'
import { Violation } from '../../world.ts'
import { type Ask, linesOf } from './ask.ts'

interface Partition {
  readonly rows: number
  state: 'inserting' | 'there' | 'dropping' | 'gone'
}

/** Partitions that are inserted and dropped as a whole. */
export class DroppedPartitions {
  readonly #partitions = new Map<number, Partition>()
  #next = 1

  constructor(readonly ask: Ask) {}

  async create(): Promise<void> {
    await this.ask(`CREATE TABLE dropped (id UInt32, n UInt32) ENGINE = MergeTree PARTITION BY id ORDER BY n
      SETTINGS index_granularity = 8, old_parts_lifetime = 0`)
  }

  async insert(rows: number): Promise<void> {
    const id = this.#next++
    const partition: Partition = { rows, state: 'inserting' }
    this.#partitions.set(id, partition)
    await this.ask(`INSERT INTO dropped SELECT ${id}, number FROM numbers(${rows})`)
    partition.state = 'there'
  }

  async drop(random: Random): Promise<void> {
    const there = [...this.#partitions].filter(([, { state }]) => state === 'there')
    if (there.length === 0) return
    const [id, partition] = random.pick(there)
    partition.state = 'dropping'
    await this.ask(`ALTER TABLE dropped DROP PARTITION ${id}`)
    partition.state = 'gone'
  }

  async check(settles: boolean): Promise<void> {
    const expected = new Map([...this.#partitions].map(([id, { state }]) => [id, state]))
    const text = await this.ask('SELECT id, count() FROM dropped GROUP BY id ORDER BY id')
    const seen = new Set<number>()
    for (const [id, rows] of linesOf(text)) {
      const partition = this.#partitions.get(Number(id))
      if (!partition || Number(rows) !== partition.rows)
        throw new Violation(`partition ${id} has ${rows} rows, not ${partition?.rows}`)
      if (expected.get(Number(id)) === 'gone') throw new Violation(`partition ${id} was gone and is there`)
      seen.add(Number(id))
    }
    for (const [id, state] of expected)
      if (state === 'there' && !seen.has(id) && this.#partitions.get(id)?.state === 'there')
        throw new Violation(`partition ${id} was there and is gone`)
    if (!settles) return
    for (const [id, partition] of this.#partitions)
      if (expected.has(id)) partition.state = seen.has(id) ? 'there' : 'gone'
  }
}
