// Parts that mutations have rewritten, and states of aggregates, go between our tables and those of ClickHouse, both ways.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import { coreModule } from '../harness.ts'
import { ask } from '../sql/inProcess.ts'
import { ClickHouse } from './clickhouse.ts'

const clickhouse = new ClickHouse()
const directory = path.join(clickhouse.directory, 'granary')
let engine: GranaryEngine

/** One that has to succeed. */
async function run(sql: string): Promise<string> {
  const answer = await ask(engine, sql)
  assert.ok(!answer.startsWith('Code: '), `${sql}: ${answer}`)
  return answer
}

before(async () => {
  engine = await createEngine(nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' }), { path: directory })
  await run('CREATE DATABASE d')
})

after(() => engine.close({ graceMs: 0 }))

const ownPath = (table: string): string => path.join(directory, 'data/d', table)

/** Our active parts of a table go to ClickHouse's. */
async function give(table: string): Promise<void> {
  const names = (await run(`SELECT name FROM system.parts WHERE database = 'd' AND table = '${table}' AND active`))
    .split('\n')
    .filter(name => name !== '')
  assert.ok(names.length > 0)
  for (const [i, name] of names.entries()) {
    const as = `all_${i + 1}_${i + 1}_0`
    fs.cpSync(path.join(ownPath(table), name), path.join(clickhouse.tablePath(table), 'detached', as), {
      recursive: true,
    })
    clickhouse.run(`ALTER TABLE d.${table} ATTACH PART '${as}'`)
  }
  assert.equal(
    clickhouse.run(`CHECK TABLE d.${table} SETTINGS check_query_single_value_result = 1`).trim(),
    '1',
    'the part is sound',
  )
}

/** ClickHouse's active parts come to our table. */
async function take(table: string): Promise<void> {
  for (const { name, path: where } of clickhouse.parts(table)) {
    const as = name.replace(/^([^_]+_\d+_\d+_\d+)_\d+$/, '$1')
    fs.cpSync(where, path.join(ownPath(table), 'detached', as), { recursive: true })
    await run(`ALTER TABLE d.${table} ATTACH PART '${as}'`)
  }
}

const history = (table: string): string[] => [
  `INSERT INTO d.${table} SELECT number, toString(number), if(number % 3 = 0, NULL, number), 1 FROM numbers(10000)`,
  `ALTER TABLE d.${table} UPDATE a = concat(a, 'x') WHERE k % 2 = 0`,
  `ALTER TABLE d.${table} DELETE WHERE k % 5 = 0`,
  `ALTER TABLE d.${table} ADD COLUMN n Array(String) DEFAULT [a]`,
  `ALTER TABLE d.${table} DROP COLUMN c`,
  `ALTER TABLE d.${table} MODIFY COLUMN b Nullable(String)`,
  `ALTER TABLE d.${table} UPDATE n = [a, 'y'] WHERE k % 11 = 0`,
  `DELETE FROM d.${table} WHERE k % 7 = 0`,
]
const oldColumns = '(k UInt32, a String, b Nullable(Int32), c UInt8)'
const newColumns = '(k UInt32, a String, b Nullable(String), n Array(String) DEFAULT [a])'
const sum = (table: string): string =>
  `SELECT count(), sum(k), sum(cityHash64(k, a, toString(n))), sum(length(b)), count(b), countIf(k % 7 = 0) FROM d.${table}`

for (const [kind, bytes] of [
  ['wide', 0],
  ['compact', 1_000_000_000],
] as const) {
  const tail = `ENGINE = MergeTree ORDER BY k SETTINGS index_granularity = 1000, min_bytes_for_wide_part = ${bytes}`

  test(`26.7 attaches what we mutated, ${kind} parts`, async () => {
    const table = `ours_${kind}`
    await run(`CREATE TABLE d.${table} ${oldColumns} ${tail}`)
    for (const step of history(table))
      await run(`${step} SETTINGS mutations_sync = 2`.replace(/(INSERT.*) SETTINGS.*/, '$1'))
    const expected = await run(sum(table))
    clickhouse.run(`CREATE TABLE d.${table} ${newColumns} ${tail}`)
    await give(table)
    assert.equal(clickhouse.run(sum(table)), expected)
    clickhouse.run(`OPTIMIZE TABLE d.${table} FINAL`)
    assert.equal(clickhouse.run(sum(table)), expected)
  })

  test(`what 26.7 mutated is read by us, ${kind} parts`, async () => {
    const table = `theirs_${kind}`
    clickhouse.run(`CREATE TABLE d.${table} ${oldColumns} ${tail}`)
    clickhouse.run('SET mutations_sync = 2')
    for (const step of history(table)) clickhouse.run(step)
    const expected = clickhouse.run(sum(table))
    await run(`CREATE TABLE d.${table} ${newColumns} ${tail}`)
    await take(table)
    assert.equal(await run(sum(table)), expected)
    await run(`OPTIMIZE TABLE d.${table} FINAL`)
    assert.equal(await run(sum(table)), expected)
  })
}

const states: [call: string, type: string][] = [
  ['sum(v)', 'sum, UInt64'],
  ['avg(v)', 'avg, UInt64'],
  ['uniq(v)', 'uniq, UInt64'],
  ['uniqExact(v)', 'uniqExact, UInt64'],
  ['uniqCombined(v)', 'uniqCombined, UInt64'],
  ['quantile(0.5)(v)', 'quantile(0.5), UInt64'],
  ['quantileTDigest(0.9)(v)', 'quantileTDigest(0.9), UInt64'],
  ['groupArray(s)', 'groupArray, String'],
  ['argMax(s, v)', 'argMax, String, UInt64'],
  ['count()', 'count'],
  ['min(s)', 'min, String'],
]
const nameOf = (call: string): string => call.slice(0, call.indexOf('('))
const stateColumns = states.map(([call, type]) => `${nameOf(call)} AggregateFunction(${type})`).join(', ')
const stateTable = `(g UInt32, ${stateColumns}) ENGINE = AggregatingMergeTree ORDER BY g SETTINGS min_bytes_for_wide_part = 0`
const fillStates = (table: string): string =>
  `INSERT INTO d.${table} SELECT number % 100 AS g, ${states
    .map(([call]) => call.replace('(', 'State('))
    .join(', ')} FROM (SELECT number, number * 7 AS v, toString(number) AS s FROM numbers(5000)) GROUP BY g`
/** `quantile(0.5)(v)` as `quantileMerge(0.5)(quantile)`. */
const merged = (call: string): string => call.replace(/^\w+/, '$&Merge').replace(/\([^(]*\)$/, `(${nameOf(call)})`)
const readStates = (table: string): string =>
  `SELECT g, ${states.map(([call]) => merged(call)).join(', ')} FROM d.${table} GROUP BY g ORDER BY g`

test('26.7 attaches states that we wrote, and we its', async () => {
  for (const table of ['states_ours', 'states_theirs']) {
    await run(`CREATE TABLE d.${table} ${stateTable}`)
    clickhouse.run(`CREATE TABLE d.${table} ${stateTable}`)
  }
  await run(fillStates('states_ours'))
  const ours = await run(readStates('states_ours'))
  await give('states_ours')
  assert.equal(clickhouse.run(readStates('states_ours')), ours)
  clickhouse.run(fillStates('states_theirs'))
  const theirs = clickhouse.run(readStates('states_theirs'))
  await take('states_theirs')
  assert.equal(await run(readStates('states_theirs')), theirs)
})
