import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createEngine } from '../../runtime/engine/engine.ts'
import { platformHere } from '../platform/here.ts'
import { ask } from '../sql/inProcess.ts'
import { S3Double } from '../storage/s3Double.ts'

const double = new S3Double()
before(async () => {
  await double.start()
})
after(() => double.stop())

test('how many requests a start, an INSERT and a query make', async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = double
  const stores = { s3: { endpoint, region, accessKeyId, secretAccessKey } }
  const open = () => createEngine(platformHere(), { path: 's3://test-bucket/counted', stores })
  /** Requests other than the lease's, by what they are. */
  const counted = async (work: () => Promise<unknown>) => {
    const from = double.seen.length
    await work()
    const counts: Record<string, number> = {}
    for (const { method, key, query } of double.seen.slice(from)) {
      if (key?.includes('__granary/lease')) continue
      const name = key === null ? (method === 'POST' ? 'DELETE' : 'LIST') : method === 'DELETE' ? 'DELETE' : method
      counts[name] = (counts[name] ?? 0) + 1
      if (process.env['SHOW_REQUESTS']) console.log(method, key ?? [...query].join(' '))
    }
    if (process.env['SHOW_REQUESTS']) console.log(counts)
    return counts
  }
  const atMost = (counts: Record<string, number>, most: Record<string, number>) => {
    for (const [name, count] of Object.entries(counts))
      assert.ok(
        count <= (most[name] ?? 0),
        `${name}: ${count}, at most ${most[name] ?? 0} in ${JSON.stringify(counts)}`,
      )
  }
  let engine = await open()
  await ask(engine, 'CREATE TABLE t (d Date, k UInt32, s String) ENGINE = MergeTree PARTITION BY d ORDER BY k')
  await ask(engine, "INSERT INTO t SELECT '2024-01-01', number, 'x' FROM numbers(10)")
  // Twelve files with their directory, and one write that shows it.
  atMost(await counted(() => ask(engine, "INSERT INTO t SELECT '2024-01-01', number, 'x' FROM numbers(1000)")), {
    PUT: 14,
  })
  // Of each part: marks and data of the columns.
  atMost(await counted(() => ask(engine, 'SELECT sum(k), max(s) FROM t')), { GET: 8 })
  atMost(await counted(() => ask(engine, 'SELECT sum(k), max(s) FROM t')), {})
  await ask(engine, "INSERT INTO t SELECT '2024-01-01', number, 'x' FROM numbers(10)")
  atMost(await counted(() => ask(engine, 'SELECT sum(k), max(s) FROM t')), { GET: 4 })
  await engine.close()
  engine = await open().catch(error => assert.fail(error))
  atMost(await counted(() => ask(engine, 'SELECT count() FROM t')), {})
  await engine.close()
  atMost(
    await counted(async () => {
      engine = await open()
    }),
    { LIST: 12, GET: 28, DELETE: 1, PUT: 1 },
  )
  await engine.close()
})
