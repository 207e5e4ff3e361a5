import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, startEngine } from '../sql/inProcess.ts'

const answers: readonly [sql: string, answer: string][] = [
  [
    "SELECT normalizeQuery('SELECT 1, 1, 1, /* c */ \\'abc\\' WHERE 1 = 1 AND (1, y) LIMIT 1, 1')",
    'SELECT ?.. WHERE ? = ? AND (?, y) LIMIT ?..',
  ],
  [
    "SELECT normalizedQueryHash('a, 1, x123, toInt256, y'), normalizedQueryHash('1,1,a')",
    '5783576050171281621\t8027021678442670643',
  ],
  [
    'SELECT startsWith([NULL, 1], [1]), startsWith([1, 2], [1]), endsWith([1, 2], [2]), startsWith([], [1])',
    '0\t1\t1\t0',
  ],
  [
    "SELECT if(number % 2, toFixedString('1', 2), toFixedString('3', 5)) AS x, length(x) FROM numbers(2)",
    '3\\0\\0\\0\\0\t5\n1\\0\t2',
  ],
  ['SELECT least(toUInt64(1), toInt64(-1)) AS x, toTypeName(x)', '-1\tInt64'],
  [
    'SELECT greatest(toInt64(9223372036854775807), 9223372036854775808) AS x, toTypeName(x)',
    '9223372036854775808\tUInt64',
  ],
  ['SELECT toTypeName(least(1.5, 1.0::Decimal32(5)))', 'Float64'],
  ["SELECT arrayReduceInRanges('sum', [(0, 1), (0, 2), (-6, 3), (-2, 1)], [100, 200, 300, 400])", '[0,100,100,300]'],
  ["SELECT JSONExtract('{\"a\": 123456}', 'a', 'FixedString(6)')", '123456'],
  ["SELECT parseDateTimeBestEffort('18:31:44  , 31/12/2015', 'UTC')", '2015-12-31 18:31:44'],
  ['SELECT intDivOrZero(-128, -1), intDivOrZero(-127, -1), intDivOrZero(materialize(-128), 1)', '0\t127\t-128'],
  ['SELECT length(bitPositionsToArray(toInt128(-1)))', '128'],
  ['SELECT formatReadableTimeDelta(1e100)', '3.1709791983764585e92 years'],
]

test('corners of functions', async () => {
  const engine = await startEngine()
  for (const [sql, answer] of answers) assert.equal(String(await ask(engine, sql)).trimEnd(), answer, sql)
  for (const sql of ['SELECT lcm(-256, 9223372036854775807)', 'SELECT gcd(9223372036854775808, -1)'])
    assert.match(String(await ask(engine, sql)), /Code: 407/, sql)
})
