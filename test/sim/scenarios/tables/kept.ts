import { Violation } from '../../world.ts'
import { type Ask, linesOf } from './ask.ts'

interface Insert {
  readonly rows: number
  /** An insert that got no answer, or an error, is there or not; what a restart shows stays so. */
  known: 'asked' | 'there' | 'absent'
}

/** Rows that nobody deletes. */
export class KeptRows {
  readonly #inserts = new Map<number, Insert>()
  #next = 1

  constructor(readonly ask: Ask) {}

  async create(): Promise<void> {
    await this.ask(`CREATE TABLE kept (id UInt64, p UInt16, n UInt32, s String, v UInt64) ENGINE = MergeTree
      PARTITION BY p ORDER BY (id, n) SETTINGS index_granularity = 8, old_parts_lifetime = 1`)
  }

  async insert({
    rows,
    partitions,
    blockRows,
  }: {
    rows: number
    partitions: number
    blockRows: number
  }): Promise<void> {
    const id = this.#next++
    const insert: Insert = { rows, known: 'asked' }
    this.#inserts.set(id, insert)
    await this.ask(
      `INSERT INTO kept SELECT ${id}, number % ${partitions}, number, repeat('x', number % 7), ${id} * 1000 + number FROM numbers(${rows})`,
      { max_insert_block_size: String(blockRows) },
    )
    insert.known = 'there'
  }

  /** settles: what is there now is what there is to be from now on. */
  async check(settles: boolean): Promise<void> {
    const expected = new Map([...this.#inserts].map(([id, { known }]) => [id, known]))
    const text = await this.ask(
      'SELECT id, count(), uniqExact(n), sum(v), sum(length(s)) FROM kept GROUP BY id ORDER BY id',
    )
    const seen = new Set<number>()
    for (const [id, ...numbers] of linesOf(text)) {
      const insert = this.#inserts.get(Number(id))
      if (!insert) throw new Violation(`rows of insert ${id}, which nobody made`)
      seen.add(Number(id))
      const { rows } = insert
      const lengths = Array.from({ length: rows }, (_, n) => n % 7).reduce((sum, length) => sum + length, 0)
      const right = [rows, rows, Number(id) * 1000 * rows + (rows * (rows - 1)) / 2, lengths].join(' ')
      if (numbers.join(' ') !== right) throw new Violation(`insert ${id} is ${numbers.join(' ')}, not ${right}`)
      if (expected.get(Number(id)) === 'absent') throw new Violation(`insert ${id} was absent and is there`)
    }
    for (const [id, known] of expected)
      if (known === 'there' && !seen.has(id)) throw new Violation(`insert ${id} was there and is gone`)
    if (!settles) return
    for (const [id, insert] of this.#inserts) if (expected.has(id)) insert.known = seen.has(id) ? 'there' : 'absent'
  }
}
