// The same rows under any layout, and the same query under any chunk size and memory, give the same answer: what an index, a filter pushed
// down or a spill does may not be seen. GRANARY_METAMORPHIC_ROUNDS asks for more than the few rounds of every day.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../harness.ts'
import { ask, startEngine } from '../sql/inProcess.ts'

const rounds = Number(process.env.GRANARY_METAMORPHIC_ROUNDS ?? 12)
const seedStart = Number(process.env.GRANARY_METAMORPHIC_SEED ?? 1)

const columns =
  "a UInt32, b Int16, s String, l LowCardinality(String), n Nullable(Int32), d Date, f Float64, t DateTime('Europe/Berlin'), u Int64"
const rows =
  `SELECT number % 1000, toInt16(number % 77) - 30, concat('s', toString(number % 311)), toString(number % 5), ` +
  `if(number % 7 = 0, NULL, toInt32(number % 97)), toDate('2020-01-01') + number % 400, (number % 50) / 4, ` +
  `toDateTime('2020-03-27 00:00:00') + (number * 7919) % 40000 * 30, toInt64((number * 104729) % 5000) - 2500 FROM numbers(6000)`

/** The first has no index, no parts and no order. */
const layouts = {
  plain: 'Memory',
  sorted: 'MergeTree ORDER BY (a, b) SETTINGS index_granularity = 100',
  parts: 'MergeTree PARTITION BY toYYYYMM(d) ORDER BY (l, s) SETTINGS index_granularity = 64',
  times: 'MergeTree ORDER BY (t, u) SETTINGS index_granularity = 50',
  functions:
    'MergeTree PARTITION BY toDate(t) ORDER BY (toStartOfHour(t), intDiv(u, 10)) SETTINGS index_granularity = 32',
  falling: 'MergeTree PARTITION BY intDiv(u, 1000) ORDER BY (negate(u), toYYYYMM(d)) SETTINGS index_granularity = 32',
  nullable: 'MergeTree PARTITION BY l ORDER BY (d, n) SETTINGS index_granularity = 1000, allow_nullable_key = 1',
}

const variants: Record<string, string>[] = [
  {},
  { max_block_size: '97' },
  { max_bytes_before_external_group_by: '10000', max_bytes_before_external_sort: '20000', max_block_size: '500' },
]

class QueryMaker {
  constructor(readonly next: () => number) {}

  pick<T>(...from: T[]): T {
    return from[Math.floor(this.next() * from.length)]
  }

  number = (below: number) => Math.floor(this.next() * below)

  /** A coarser time. */
  #time: string | null = null
  ofTime(of?: string): string {
    if (of !== undefined && this.#time !== null) return this.#time.replace('?', of)
    this.#time = this.pick(
      'toDate(?)',
      'toStartOfHour(?)',
      'toStartOfFiveMinutes(?)',
      'toStartOfMonth(?)',
      'toMonday(?)',
      'toYYYYMMDD(?)',
      'toUnixTimestamp(?)',
      'toStartOfInterval(?, INTERVAL 6 HOUR)',
      'toRelativeHourNum(?)',
      'toStartOfHour(toStartOfMinute(?))',
    )
    return this.#time.replace('?', 't')
  }

  partOfTime(): string {
    return this.pick('toHour(t)', 'toMinute(t)', 'toSecond(t)', 'toDayOfMonth(t)', 'toMonth(t)', 'toDayOfWeek(t)')
  }

  ofNumber(): string {
    const n = this.number(200) - 100
    return this.pick(
      `u + ${n}`,
      `u - ${n}`,
      `${n} - u`,
      `u * ${n}`,
      `-u`,
      `u / ${n || 1}`,
      `${n} / u`,
      `intDiv(u, ${Math.abs(n) + 1})`,
      'toInt8(u)',
      'toUInt16(u)',
      'toFloat32(u)',
      'toInt16(u + 10) * 2',
      'u + 9223372036854775000',
      'abs(u)',
      'u % 100',
      'sign(u)',
      "CAST(u, 'UInt64')",
    )
  }

  condition(depth = 2): string {
    if (depth > 0 && this.next() < 0.5) {
      const parts = `(${this.condition(depth - 1)}) ${this.pick('AND', 'OR')} (${this.condition(depth - 1)})`
      return this.next() < 0.2 ? `NOT (${parts})` : parts
    }
    const compare = this.pick('=', '!=', '<', '<=', '>', '>=')
    return this.pick(
      () => `a ${compare} ${this.number(1100)}`,
      () => `b ${compare} ${this.number(90) - 40}`,
      () => `s ${compare} 's${this.number(320)}'`,
      () => `s ${this.pick('LIKE', 'NOT LIKE')} 's${this.number(32)}%'`,
      () => `l ${this.pick('IN', 'NOT IN')} ('1', '${this.number(7)}')`,
      () => `a ${this.pick('IN', 'NOT IN')} (${this.number(1000)}, ${this.number(1000)}, ${this.number(1000)})`,
      () =>
        `(a, b) ${this.pick('IN', 'NOT IN')} (SELECT a, b + ${this.number(2)} FROM T WHERE a < ${this.number(500)})`,
      () => `n ${this.pick('IN', 'NOT IN')} (SELECT n FROM T WHERE b = ${this.number(40)})`,
      () => `n ${compare} ${this.number(100)}`,
      () => `n IS ${this.pick('', 'NOT ')}NULL`,
      () => `d ${compare} toDate('2020-01-01') + ${this.number(420)}`,
      () => `toYYYYMM(d) ${compare} ${this.pick(202001, 202006, 202012, 202101)}`,
      () => `f ${compare} ${this.number(60) / 4}`,
      () =>
        `${this.ofTime()} ${compare} ${this.ofTime(`toDateTime('2020-03-27 00:00:00') + ${this.number(1_300_000)}`)}`,
      () => `${this.partOfTime()} ${compare} ${this.number(31)}`,
      () => `t ${compare} toDateTime('2020-03-27 00:00:00') + ${this.number(1_300_000)}`,
      () => `${this.ofNumber()} ${compare} ${this.number(6000) - 3000}`,
      () => `u ${this.pick('IN', 'NOT IN')} (${this.number(5000) - 2500}, ${this.number(5000) - 2500})`,
      () => `u ${compare} ${this.number(6000) - 3000}`,
      () => `u ${compare} '${this.number(6000) - 3000}'`,
      () => `a BETWEEN ${this.number(500)} AND ${this.number(1000)}`,
    )()
  }

  query(): string {
    const where = this.next() < 0.85 ? ` WHERE ${this.condition()}` : ''
    const keys = this.pick('l', 'b', 's', 'n', 'd', 'l, n', 'a % 10, l', 'toMonth(d), b')
    const order = this.pick('a, b, s, l, n, d, f', 'n DESC, a, b, s, l, d, f', 's DESC, d, a, b, l, n, f')
    const limit = this.pick('', ` LIMIT ${this.number(50)}`, ` LIMIT ${this.number(9)}, ${this.number(50)}`)
    return this.pick(
      () => `SELECT count(), sum(a), min(s), max(n), uniqExact(d), sum(f) FROM T${where}`,
      () => `SELECT ${keys}, count(), sum(b), max(s), avg(f) FROM T${where} GROUP BY ${keys} ORDER BY ALL${limit}`,
      () => `SELECT * FROM T${where} ORDER BY ${order}${limit}`,
      () => `SELECT DISTINCT ${keys} FROM T${where} ORDER BY ALL${limit}`,
      () =>
        `SELECT x.l, count(), sum(y.b) FROM T AS x ${this.pick('INNER', 'LEFT', 'FULL')} JOIN ` +
        `(SELECT a, b, n FROM T WHERE a < ${this.number(60)} AND b < 0) AS y ON x.a = y.a AND x.n = y.n GROUP BY x.l ORDER BY ALL`,
      () => `SELECT ${keys}, s FROM T${where} ORDER BY ${order} LIMIT 2 BY ${keys}`,
      () => `SELECT a, b FROM T${where} ${this.pick('EXCEPT', 'INTERSECT')} DISTINCT SELECT a, b FROM T WHERE b < 5`,
    )()
  }
}

test('layouts, chunks and memory change no answer', async () => {
  const engine = await startEngine()
  try {
    for (const [name, definition] of Object.entries(layouts)) {
      await ask(engine, `CREATE TABLE ${name} (${columns}) ENGINE = ${definition}`)
      await ask(engine, `INSERT INTO ${name} ${rows}`, { max_block_size: '1500', max_insert_block_size: '1500' })
    }
    for (let round = 0; round < rounds; round++) {
      const maker = new QueryMaker(random(seedStart + round))
      const query = maker.query()
      const of = (name: string) => query.replaceAll(/\bT\b/g, name)
      // Rows without an ORDER BY come in any order.
      const answer = async (name: string, settings: Record<string, string>) =>
        (await ask(engine, of(name), settings)).split('\n').sort().join('\n')
      const expected = await answer('plain', {})
      assert.doesNotMatch(expected, /^Code: /m, query)
      for (const name of Object.keys(layouts))
        for (const settings of variants)
          assert.equal(
            await answer(name, settings),
            expected,
            `${seedStart + round}: ${of(name)} ${JSON.stringify(settings)}`,
          )
    }
  } finally {
    await engine.close({ graceMs: 0 })
  }
})
