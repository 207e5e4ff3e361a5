// GROUP BY and ORDER BY that are made to use the disk give what they give in memory, leave no file behind, and give their memory back.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import type { TaskHost } from '../../runtime/engine/host.ts'
import { ask, CountingDisk, hostsInThisThread } from './hosts.ts'

const disk = new CountingDisk()
const hosts: TaskHost[] = []
const platform = hostsInThisThread(disk, 2, hosts)

let engine: GranaryEngine
const run = (query: string, settings: Record<string, string> = {}, signal?: AbortSignal) =>
  ask(engine, query, settings, signal)

const temporaryFiles = () => [...disk.files.keys()].filter(path => path.startsWith('tmp/'))

const lines = (text: string) => text.trimEnd().split('\n')

before(async () => {
  disk.files.set('tmp/7/0-0.bin', { bytes: new Uint8Array(3), modifiedMs: 0 })
  engine = await createEngine(platform, { path: 'data', maxThreads: 2 })
  await run(`CREATE TABLE t (n UInt64, s String, f Nullable(Int32), l LowCardinality(String), d Date, x Float64)
    ENGINE = MergeTree ORDER BY n`)
  await run(`INSERT INTO t SELECT number, concat('key ', toString(cityHash64(number) % 20000)),
    if(number % 7 = 0, NULL, toInt32(cityHash64(number, 1) % 5000) - 2500),
    concat('l', toString(number % 3000)), toDate('2020-01-01') + number % 1000, number / 3 FROM numbers(250000)`)
})

after(() => engine.close({ graceMs: 0 }))

const groups = (query: string) => [query, { max_bytes_before_external_group_by: '1000000' }] as const
const order = (query: string) => [query, { max_bytes_before_external_sort: '500000' }] as const

const queries = [
  groups(`SELECT s, count(), sum(n), min(f), max(x), avg(n), any(d) IS NOT NULL FROM t GROUP BY s`),
  groups(`SELECT f, count(), uniq(s), uniqExact(s), anyLast(l) != '' FROM t GROUP BY f`),
  groups(`SELECT n, s, argMin(s, n), argMax(f, n) FROM t GROUP BY n, s`),
  groups(`SELECT l, count(), arraySort(groupArray(n))[3], quantileExact(0.5)(n) FROM t GROUP BY l`),
  groups(`SELECT [s, l] AS a, tuple(f, d) AS b, sum(n) FROM t GROUP BY a, b`),
  groups(`SELECT s, f, count() FROM t GROUP BY s, f HAVING count() > 1`),
  groups(`SELECT s, f, count() FROM t GROUP BY s, f WITH TOTALS HAVING count() > 1`),
  groups(`SELECT s, d, sum(n) FROM t GROUP BY s, d WITH ROLLUP`),
  groups(`SELECT s, f FROM t GROUP BY s, f`),
  groups(`SELECT sum(c), sum(u) FROM (SELECT s, f, count() AS c, sum(n) AS u FROM t GROUP BY s, f)`),
]

const sorted = [
  order(`SELECT n, s FROM t ORDER BY s, n`),
  order(`SELECT n FROM t ORDER BY x DESC`),
  order(`SELECT n, f FROM t ORDER BY f NULLS FIRST, n DESC`),
  order(`SELECT l, s, d FROM t ORDER BY l DESC, s, d, n`),
  order(`SELECT s FROM t ORDER BY length(s), reverse(s), n % 17`),
  order(`SELECT n, [s] FROM t ORDER BY (d, s), n LIMIT 600000`),
  order(`SELECT n, s FROM t ORDER BY cityHash64(n)`),
]

describe('steps that use the disk', () => {
  test('what an earlier engine left is removed at start', () => assert.deepEqual(temporaryFiles(), []))

  for (const max_threads of ['1', '2'])
    for (const [query, settings] of queries)
      test(`${query.replace(/\s+/g, ' ')}, threads: ${max_threads}`, async () => {
        const expected = lines(await run(query, { max_threads })).sort()
        const before = disk.temporary
        const answer = lines(await run(query, { ...settings, max_threads })).sort()
        assert.ok(disk.temporary > before, 'the disk was used')
        assert.deepEqual(answer, expected)
        assert.deepEqual(temporaryFiles(), [])
      })

  for (const [query, settings] of sorted)
    test(query, async () => {
      const expected = await run(query, { max_threads: '1' })
      const before = disk.temporary
      const answer = await run(query, { ...settings, max_threads: '1' })
      assert.ok(disk.temporary > before + 1, 'the disk was used')
      assert.ok(answer === expected, 'the same rows in the same order')
      assert.deepEqual(temporaryFiles(), [])
    })

  test('more runs than are merged at once', async () => {
    const query = 'SELECT n, s FROM t ORDER BY d, s'
    const settings = { max_threads: '1', max_block_size: '2000' }
    const answer = await run(query, { ...settings, max_bytes_before_external_sort: '1' })
    assert.ok(answer === (await run(query, settings)), 'the same rows in the same order')
    assert.deepEqual(temporaryFiles(), [])
  })

  test('max_memory_usage is kept by use of the disk', async () => {
    const before = disk.temporary
    const query = 'SELECT number, toString(number) AS s FROM numbers(3000000)'
    const limits = { max_memory_usage: '60000000', max_threads: '1' }
    const sum = 'SELECT count(), sum(number), sum(cityHash64(s))'
    const plain = await run(`${sum} FROM (${query})`)
    assert.equal(await run(`${sum} FROM (${query} ORDER BY s)`, limits), plain)
    assert.ok(disk.temporary > before, 'the disk was used')
    const used = disk.temporary
    assert.equal(await run(`${sum} FROM (SELECT number, s FROM (${query}) GROUP BY number, s)`, limits), plain)
    assert.ok(disk.temporary > used, 'the disk was used')
    assert.deepEqual(temporaryFiles(), [])
  })
})

test('failed and cancelled queries give back their memory and their files', async () => {
  const settings = { max_bytes_before_external_group_by: '1000000', max_bytes_before_external_sort: '500000' }
  const taken = () => hosts.map(host => host.memory.bytesTaken)
  const failing = [
    `SELECT s, f, throwIf(n = 249999) AS e, count() FROM t GROUP BY s, f, e`,
    `SELECT n, throwIf(n = 249999) FROM t ORDER BY s`,
    `SELECT s, n, throwIf(sum(n) = 249999) FROM t GROUP BY s, n`,
    `SELECT groupArray(s), groupArray(n) FROM t SETTINGS max_memory_usage = 3000000`,
  ]
  const fail = async () => {
    for (const query of failing) await assert.rejects(run(query, settings))
    for (const query of ['SELECT s, n, count() FROM t GROUP BY s, n', 'SELECT s, n FROM t ORDER BY s']) {
      const abort = new AbortController()
      const result = run(query, settings, abort.signal)
      const files = disk.temporary
      while (disk.temporary === files) await engine.platform.clock.yield()
      abort.abort()
      await assert.rejects(result)
    }
    while (hosts.some(host => host.running > 0)) await engine.platform.clock.yield()
  }
  // The first round fills the caches.
  await fail()
  const baseline = taken()
  for (let round = 0; round < 3; round++) await fail()
  assert.deepEqual(taken(), baseline)
  assert.deepEqual(temporaryFiles(), [])
})
