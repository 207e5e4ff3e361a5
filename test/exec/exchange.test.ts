// Threads that share out the partitions of GROUP BY give what one thread gives, and so do the steps above that run on each thread's groups.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import type { TaskHost } from '../../runtime/engine/host.ts'
import { ask, CountingDisk, hostsInThisThread } from './hosts.ts'

const disk = new CountingDisk()
const hosts: TaskHost[] = []
const counts = { partitions: 0, rows: 0 }
/** Of a query that is cancelled as soon as its threads exchange groups. */
let cancelled: AbortController | null = null
const watched = hostsInThisThread(disk, 3, hosts, message => {
  const { kind, item } = message as { kind: string; item?: { kind: string; groups?: { kind: string; count: number } } }
  if (kind !== 'shared' || item?.kind !== 'groups') return
  // Before the message arrives: the query cannot have ended.
  if (cancelled) queueMicrotask(() => cancelled?.abort())
  if (item.groups?.kind === 'rows') counts.rows++
  else if (item.groups?.count !== 1) counts.partitions++
})

let engine: GranaryEngine
const run = (query: string, settings: Record<string, string> = {}, signal?: AbortSignal) =>
  ask(engine, query, { merge_tree_min_rows_for_concurrent_read: '1', ...settings }, signal)

before(async () => {
  engine = await createEngine(watched, { path: 'data', maxThreads: 3 })
  await run(`CREATE TABLE t (n UInt64, s String, f Nullable(Int32), l LowCardinality(String), d Date, x Float64)
    ENGINE = MergeTree ORDER BY n SETTINGS max_bytes_to_merge_at_max_space_in_pool = 1`)
  // The threads share the parts out.
  for (let part = 0; part < 6; part++)
    await run(`INSERT INTO t SELECT number, concat('key ', toString(cityHash64(number) % 5000)),
      if(number % 7 = 0, NULL, toInt32(cityHash64(number, 1) % 5000) - 2500),
      concat('l', toString(number % 3000)), toDate('2020-01-01') + number % 1000, number / 3
      FROM numbers(${part * 8000}, 8000)`)
  await run(
    `CREATE TABLE skewed (n UInt64, k UInt32) ENGINE = MergeTree ORDER BY n SETTINGS max_bytes_to_merge_at_max_space_in_pool = 1`,
  )
  // One thread's rows have few groups, the others' many.
  for (let part = 0; part < 3; part++)
    await run(`INSERT INTO skewed SELECT number, if(number < 20000, 1, number) FROM numbers(${part * 10000}, 10000)`)
})

after(() => engine.close({ graceMs: 0 }))

const shapes = [
  `SELECT n, s, count() FROM t GROUP BY n, s`,
  `SELECT s, count(), sum(n), min(f), max(x), avg(n), any(d) IS NOT NULL FROM t GROUP BY s`,
  `SELECT s, f, count() AS c FROM t GROUP BY s, f HAVING c > 2`,
  `SELECT s, f, count() AS c FROM t GROUP BY s, f HAVING c > 100000`,
  `SELECT s, f, count() AS c, sum(n) FROM t GROUP BY s, f ORDER BY c DESC, s, f LIMIT 20`,
  `SELECT s, f, count() AS c, sum(n) FROM t GROUP BY s, f ORDER BY f NULLS FIRST, c DESC, s DESC LIMIT 5, 20`,
  `SELECT n, length(s) AS m FROM t GROUP BY n, m ORDER BY n % 1000, n LIMIT 30`,
  `SELECT count() FROM (SELECT n, s FROM t GROUP BY n, s LIMIT 1000)`,
  `SELECT count() FROM (SELECT n FROM t GROUP BY n LIMIT 20000, 1000)`,
  `SELECT count(), sum(n), sum(c), uniqExact(s) FROM (SELECT n, s, count() AS c FROM t GROUP BY n, s HAVING n % 3 = 0)`,
  `SELECT m, count(), max(c) FROM (SELECT s, f, n % 10 AS m, count() AS c FROM t GROUP BY s, f, m) GROUP BY m`,
  `SELECT f, count(), uniq(s), uniqExact(s), anyLast(l) != '' FROM t GROUP BY f`,
  `SELECT l, count(), arraySort(groupArray(n))[3], quantileExact(0.5)(n), median(n) FROM t GROUP BY l`,
  `SELECT l, s, count() FROM t GROUP BY l, s`,
  `SELECT [s, l] AS a, tuple(f, d) AS b, sum(n) FROM t GROUP BY a, b`,
  `SELECT map(s, n % 3) AS m, uniq(n), argMin(s, n), argMax(l, n) FROM t GROUP BY m`,
  `SELECT s, f, count() FROM t GROUP BY s, f WITH TOTALS ORDER BY s, f`,
  `SELECT s, f, sum(n), uniqExact(l), max(s) FROM t GROUP BY s, f WITH TOTALS HAVING count() > 3 ORDER BY s, f LIMIT 10`,
  `SELECT arrayJoin([1, 2]) AS j, s, c FROM (SELECT s, count() AS c FROM t GROUP BY s) WHERE c > 10`,
  `SELECT s, sum(c) OVER (PARTITION BY f ORDER BY s, n) FROM (SELECT s, f, n, count() AS c FROM t GROUP BY s, f, n)`,
  `SELECT DISTINCT c FROM (SELECT s, f, count() AS c FROM t GROUP BY s, f)`,
  `SELECT s, n FROM t GROUP BY s, n ORDER BY n, s LIMIT 1 BY s`,
  `SELECT n FROM t WHERE n IN (SELECT n + 7 FROM t) GROUP BY n HAVING n NOT IN (SELECT n * 2 FROM t)`,
  `SELECT a.n, b.c FROM t AS a INNER JOIN (SELECT n, 1 AS c FROM t WHERE n < 3000) AS b ON a.n = b.n GROUP BY a.n, b.c`,
  `SELECT k, count() FROM skewed GROUP BY k ORDER BY count() DESC, k LIMIT 10`,
  `SELECT k, sum(n) FROM skewed GROUP BY k`,
  `SELECT n FROM t WHERE n > 1000000 GROUP BY n`,
  `SELECT s, n FROM t WHERE n < 300 GROUP BY s, n WITH TOTALS`,
  `SELECT n, count() FROM t WHERE n > 47990 GROUP BY n ORDER BY n LIMIT 3`,
  `SELECT uniqExact(s), uniqExact(n), quantileExact(0.9)(n), count(f) FROM t`,
]

const lines = (text: string) => text.trimEnd().split('\n').sort()

describe('partitions that threads exchange', () => {
  for (const query of shapes)
    test(query.replace(/\s+/g, ' '), async () => {
      const expected = lines(await run(query, { max_threads: '1', max_block_size: '10000' }))
      for (const [max_threads, group_by_two_level_threshold] of [
        ['3', '1'],
        ['2', '9000'],
      ])
        assert.deepEqual(lines(await run(query, { max_threads, group_by_two_level_threshold })), expected)
    })

  test('both rows and states have travelled', () => assert.ok(counts.rows > 0 && counts.partitions > 0))

  test('few groups take the short way, and so do many where it is forbidden', async () => {
    const before = counts.partitions + counts.rows
    await run(`SELECT f, count() FROM t GROUP BY f`, { max_threads: '3' })
    await run(`SELECT n, s, count() FROM t GROUP BY n, s FORMAT Null`, {
      max_threads: '3',
      group_by_two_level_threshold: '0',
    })
    assert.equal(counts.partitions + counts.rows, before)
  })

  test('with groups on disk', async () => {
    const query = `SELECT s, f, n, sum(n), uniqExact(l) FROM t GROUP BY s, f, n WITH TOTALS HAVING n % 5 = 0`
    const expected = lines(await run(query, { max_threads: '1' }))
    const before = disk.temporary
    const settings = { max_bytes_before_external_group_by: '1000000', group_by_two_level_threshold: '1' }
    for (const max_threads of ['2', '3'])
      assert.deepEqual(lines(await run(query, { ...settings, max_threads })), expected)
    assert.ok(disk.temporary > before, 'the disk was used')
    assert.deepEqual(
      [...disk.files.keys()].filter(path => path.startsWith('tmp/')),
      [],
    )
  })
})

test('what all threads have read is told', async () => {
  const { body, summary } = await engine.execute({
    query: 'SELECT s, count() FROM t GROUP BY s',
    settings: { merge_tree_min_rows_for_concurrent_read: '1', max_threads: '3' },
    ...{ body: null, parameters: {}, user: 'default', readonly: 0, signal: new AbortController().signal },
    client: { interface: 'local', address: '', userAgent: '' },
  })
  for await (const _ of body as unknown as AsyncIterable<Uint8Array>);
  const { readRows, totalRowsToRead } = await summary
  assert.deepEqual({ readRows, totalRowsToRead }, { readRows: 48000, totalRowsToRead: 48000 })
})

test('failed and cancelled exchanges give everything back', async () => {
  const settings = { max_threads: '3', group_by_two_level_threshold: '1' }
  const taken = () => hosts.map(host => host.memory.bytesTaken)
  const idle = async () => {
    while (hosts.some(host => host.running > 0)) await engine.platform.clock.yield()
  }
  const fail = async () => {
    for (const query of [
      `SELECT s, n, throwIf(n = 47999) AS e, count() FROM t GROUP BY s, n, e`,
      `SELECT s, n FROM t GROUP BY s, n HAVING throwIf(sum(n) = 47999) = 0`,
      `SELECT s, n, groupArray(s) FROM t GROUP BY s, n SETTINGS max_memory_usage = 3000000`,
    ])
      await assert.rejects(run(query, settings))
    cancelled = new AbortController()
    await assert.rejects(run(`SELECT s, n, count() FROM t GROUP BY s, n ORDER BY n`, settings, cancelled.signal))
    assert.ok(cancelled.signal.aborted, 'groups were exchanged')
    cancelled = null
    // A LIMIT that is reached ends the others.
    await run(`SELECT n, s FROM t GROUP BY n, s LIMIT 1`, settings)
    await idle()
  }
  await fail()
  const baseline = taken()
  for (let round = 0; round < 3; round++) await fail()
  assert.deepEqual(taken(), baseline)
})
