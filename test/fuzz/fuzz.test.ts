// Statements and bodies that are nearly right, by the thousand: an answer or an error that says what is wrong, never a trap, an assertion
// that fails or a query that does not end. By hand, longer: GRANARY_FUZZ_SECONDS=600 [GRANARY_SEED=5] node build/test.mjs --only fuzz
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import { allFunctions } from '../../runtime/functions/registry.ts'
import { coreModule } from '../harness.ts'

const byHand = process.env['GRANARY_FUZZ_SECONDS'] !== undefined
const seconds = Number(process.env['GRANARY_FUZZ_SECONDS'] ?? 8)
const seed = Number(process.env['GRANARY_SEED'] ?? 1)
const timeLimitMs = (seconds * 1000) / 2
/** A statement that takes longer than its max_execution_time by so much hangs. */
const hangMs = 4000

class Target {
  readonly said: string[] = []
  /** How many runs ended with each code. */
  readonly codes = new Map<number, number>()
  readonly faults = new Map<string, string>()
  engine!: GranaryEngine

  static async create(): Promise<Target> {
    const target = new Target()
    await target.renew()
    return target
  }

  async renew(): Promise<void> {
    const platform = nodePlatform({ core: coreModule(), threads: 0 })
    const log = (level: string, text: string) => void (level === 'error' && this.said.push(text))
    this.engine = await createEngine({ ...platform, startWorker: undefined, log }, { maxThreads: 1 })
    for (const statement of tables) await this.run(statement)
  }

  /** The error's code, or 0. What must not happen is thrown. */
  async run(query: string, body: Uint8Array | null = null): Promise<number> {
    const started = performance.now()
    this.said.length = 0
    let code = 0
    let message = ''
    try {
      const result = await this.engine.execute({
        query,
        body: body && (new Blob([body as BlobPart]).stream() as ReadableStream<Uint8Array>),
        settings: { max_execution_time: '1', max_memory_usage: '200000000', max_result_rows: '100000' },
        parameters: {},
        user: 'default',
        readonly: 0,
        signal: new AbortController().signal,
        client: { interface: 'local', address: '', userAgent: '' },
      })
      if (result.body) for await (const _ of result.body as unknown as AsyncIterable<Uint8Array>);
    } catch (error) {
      if (!(error instanceof DBError)) throw error
      code = error.code
      message = error.message
    }
    const elapsed = performance.now() - started
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    const fault =
      code === 49
        ? `${message}\n${this.said.join('\n')}`
        : (this.said[0] ?? (elapsed > 1000 + hangMs ? `it took ${elapsed.toFixed(0)} ms` : ''))
    if (fault !== '') this.#fault(fault, query)
    return code
  }

  /** In the test run the first fault fails, and is made smaller; by hand all are gathered, one of a kind. */
  #fault(text: string, query: string): void {
    if (!byHand) assert.fail(text)
    const kind = text.replace(/\d+/g, '0').slice(0, 200)
    if (!this.faults.has(kind)) this.faults.set(kind, `${query}\n    ${text}`)
  }

  report(): void {
    assert.equal([...this.faults.values()].join('\n\n'), '')
  }

  async bytes(query: string): Promise<Uint8Array> {
    const { body } = await this.engine.execute({
      query,
      body: null,
      settings: {},
      parameters: {},
      user: 'default',
      readonly: 0,
      signal: new AbortController().signal,
      client: { interface: 'local', address: '', userAgent: '' },
    })
    return new Uint8Array(await new Response(body).arrayBuffer())
  }
}

const columns = `a UInt8, b Int64, s String, f Float64, d Date, t DateTime, m Decimal(18, 4), l Array(Array(UInt16)), n Nullable(Int32),
  c LowCardinality(String), e Enum8('x' = 1, 'y' = 2), u UUID, p Tuple(UInt8, String), x FixedString(3), o Map(String, UInt8)`

const tables = [
  `CREATE TABLE IF NOT EXISTS t (${columns}) ENGINE = MergeTree ORDER BY (a, s)`,
  `CREATE TABLE IF NOT EXISTS nothing (${columns}) ENGINE = Null`,
  `INSERT INTO t SELECT number, number * -7, toString(number), number / 3, toDate(number), toDateTime(number * 86400), number, [[number], []],
    if(number % 2 = 0, NULL, number), toString(number % 3), if(number % 2 = 0, 'x', 'y'), toUUID('00000000-0000-0000-0000-000000000001'),
    (number, 'p'), 'abc', map('k', number) FROM numbers(200)`,
]

const statements = [
  ...[...allFunctions()].flatMap(({ examples }) => (examples ?? []).map(([query]) => query)),
  "SELECT a, count(), sum(b), avg(f), uniq(s), quantile(0.5)(f), groupArray(n) FROM t WHERE a > 10 AND s LIKE '%1%' GROUP BY a HAVING count() > 0 ORDER BY a DESC LIMIT 5 OFFSET 1",
  'SELECT * FROM t ORDER BY s, b DESC NULLS FIRST LIMIT 2 BY c LIMIT 10',
  'SELECT DISTINCT c, e FROM t PREWHERE a < 100 WHERE n IS NOT NULL',
  'SELECT x.a, y.s FROM t AS x LEFT JOIN (SELECT a, s FROM t WHERE a % 2) AS y ON x.a = y.a ORDER BY 1, 2',
  'SELECT a, arrayJoin(l) AS k FROM t ARRAY JOIN l AS z WHERE length(z) > 0',
  'WITH q AS (SELECT max(a) AS m FROM t), 5 AS w SELECT a + w FROM t WHERE a = (SELECT m FROM q)',
  'SELECT c, count() FROM t GROUP BY c WITH TOTALS ORDER BY c',
  'SELECT a FROM t UNION ALL SELECT number FROM numbers(5) ORDER BY 1',
  "SELECT a IN (1, 2, 3), a NOT IN (SELECT a FROM t WHERE e = 'x'), (a, s) IN ((1, '1')) FROM t",
  "SELECT CASE WHEN a > 5 THEN 'big' ELSE toString(f) END, CAST(d AS String), a::Int16, t + INTERVAL 3 MONTH FROM t",
  'SELECT sum(a) OVER (PARTITION BY c ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), rank() OVER (ORDER BY f) FROM t',
  'SELECT sumIf(a, b < 0), countIf(n > 5), argMax(s, b), sumState(a), uniqExactMerge(z) FROM (SELECT a, b, n, s, uniqExactState(a) AS z FROM t GROUP BY a, b, n, s)',
  "SELECT l[1][1], p.1, o['k'], arrayMap(i -> i + 1, l[1]), toStartOfMonth(t), formatDateTime(t, '%F %T') FROM t FORMAT JSON",
  "INSERT INTO t (a, s, f) VALUES (1, 'x', 2.5), (2, concat('a', 'b'), -1e3)",
  'CREATE TABLE z (a UInt8 DEFAULT 1, b String MATERIALIZED toString(a)) ENGINE = MergeTree PARTITION BY a % 2 ORDER BY (b, a) SETTINGS index_granularity = 8',
  'DROP TABLE IF EXISTS z',
  'ALTER TABLE t DROP PARTITION tuple()',
  'OPTIMIZE TABLE t FINAL',
  "SHOW TABLES LIKE '%t%'",
  'DESCRIBE TABLE t',
  'EXPLAIN SELECT count() FROM t WHERE a = 1',
  "SELECT name, type FROM system.columns WHERE table = 't' FORMAT Pretty",
  'SET max_threads = 1',
  'EXISTS TABLE t',
  'TRUNCATE TABLE z',
]

const formats = [
  'TSV',
  'TSVWithNamesAndTypes',
  'CSV',
  'CSVWithNames',
  'JSONEachRow',
  'JSONCompactEachRow',
  'JSON',
  'JSONCompact',
  'Values',
  'RowBinary',
  'RowBinaryWithNamesAndTypes',
  'Native',
] // prettier-ignore

const lexemes = /'(?:[^'\\]|\\.)*'|`[^`]*`|\w+|\s+|./gs
const odd = [
  "''",
  'NULL',
  '-1',
  '0',
  '256',
  '18446744073709551615',
  '18446744073709551616',
  '-9223372036854775808',
  '1e308',
  'nan',
  'inf',
  '[]',
  '()',
  '(1, 2)',
  "'\\0'",
  "'9999-99-99'",
  '[[1]]',
  'a',
  's',
  'l',
  'n',
  'c',
  'e',
  'p',
  'o',
  'x',
  't',
  'd',
  'm',
  'u',
  'f',
  'toNullable(a)',
  "materialize('x')",
  'tuple()',
  'map()',
  '[NULL]',
  'number',
  '*',
  'DISTINCT',
  "toLowCardinality('q')",
  "toFixedString('q', 3)",
  'toInt128(5)',
  'x -> x',
]

const tokensOf = (query: string): string[] => query.match(lexemes) ?? []
const allTokens = [...new Set(statements.flatMap(tokensOf))]

/** A statement with some of its tokens left out, doubled, exchanged, or replaced. */
const statement = fc
  .tuple(
    fc.constantFrom(...statements),
    fc.array(fc.tuple(fc.nat(), fc.nat(5), fc.constantFrom(...odd), fc.constantFrom(...allTokens)), { maxLength: 3 }),
  )
  .map(([query, edits]) => {
    const tokens = tokensOf(query)
    for (const [place, kind, value, token] of edits) {
      const at = place % Math.max(1, tokens.length)
      if (kind === 0) tokens.splice(at, 1)
      else if (kind === 1) tokens.splice(at, 0, tokens[at] ?? '')
      else if (kind === 2) tokens[at] = token
      else if (kind === 3) {
        const other = (at * 7 + 3) % Math.max(1, tokens.length)
        const kept = tokens[at]
        tokens[at] = tokens[other] ?? ''
        tokens[other] = kept ?? ''
      } else {
        // A literal or a name in the place of another one keeps the statement whole more often.
        const words = tokens.flatMap((text, i) => (/^['\d\w]/.test(text) ? [i] : []))
        if (words.length > 0) tokens[words[place % words.length]] = value
      }
    }
    return tokens.join('')
  })

type Edit = [place: number, kind: number, byte: number, length: number]
const edits = fc.array(fc.tuple(fc.nat(), fc.nat(5), fc.nat(255), fc.integer({ min: 1, max: 9 })), {
  minLength: 1,
  maxLength: 4,
})

function damage(bytes: Uint8Array, list: readonly Edit[]): Uint8Array {
  let out = [...bytes]
  for (const [place, kind, byte, length] of list) {
    const at = place % Math.max(1, out.length)
    if (kind === 0) out = out.slice(0, at)
    else if (kind === 1) out.splice(at, length)
    else if (kind === 2) out.splice(at, 0, ...out.slice(at, at + length))
    else if (kind === 3) out.splice(at, 0, byte)
    else if (kind === 4) out[at] = byte
    else out.fill(0xff, at, at + length)
  }
  return Uint8Array.from(out)
}

const limits = {
  seed,
  numRuns: 1e9,
  interruptAfterTimeLimit: timeLimitMs,
  markInterruptAsFailure: false,
  endOnFailure: true,
}

test('statements that are nearly right', async () => {
  const target = await Target.create()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(statement, async query => {
      await target.run(query)
      // What the last ones dropped or filled comes back.
      if (++runs % 200 === 0) await target.renew()
    }),
    limits,
  )
  assert.equal(await target.run('SELECT 1'), 0)
  target.report()
  if (byHand) console.log(`${runs} statements`, target.codes)
})

test('bodies that are nearly right', async () => {
  const target = await Target.create()
  const bodies = new Map<string, Uint8Array>()
  for (const format of formats) bodies.set(format, await target.bytes(`SELECT * FROM t LIMIT 5 FORMAT ${format}`))
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...formats), edits, async (format, list) => {
      runs++
      await target.run(`INSERT INTO nothing FORMAT ${format}`, damage(bodies.get(format)!, list))
    }),
    limits,
  )
  assert.equal(await target.run('SELECT 1'), 0)
  target.report()
  if (byHand) console.log(`${runs} bodies`, target.codes)
})
