import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tableFromIPC, tableToIPC } from '@uwdata/flechette'
import { GranaryError } from '../../runtime/library/index.ts'
import { withDatabase } from './openMemory.ts'

describe('a result', () => {
  test('is awaited, or gone through', () =>
    withDatabase(async db => {
      assert.deepEqual(await db.query<{ n: bigint }>('SELECT number n FROM numbers(2)'), [{ n: 0n }, { n: 1n }])
      assert.deepEqual(await db.query('SELECT 1 AS a;').rows(), [{ a: 1 }])
      let sum = 0n
      for await (const { number } of db.query<{ number: bigint }>('SELECT number FROM numbers(100000)')) sum += number
      assert.equal(sum, 4999950000n)
      let rows = 0
      for await (const block of db.query('SELECT number FROM numbers(200000)').blocks()) rows += block.rowCount
      assert.equal(rows, 200000)
      assert.equal(await db.query('SELECT 7 WHERE 0').first(), undefined)
      assert.equal(await db.query('SELECT count() FROM numbers(10)').value(), 10n)
    }))

  test('comes in ClickHouse’s formats', () =>
    withDatabase(async db => {
      const query = () => db.query("SELECT 1 AS a, 'x' AS b")
      assert.equal(await query().text(), '1\tx\n')
      assert.equal(await query().text('CSV'), '1,"x"\n')
      assert.equal(await db.query('SELECT 1 FORMAT JSONEachRow').text(), '{"1":1}\n')
      assert.deepEqual(await query().json('JSONEachRow'), [{ a: 1, b: 'x' }])
      const document = await query().json<{ data: unknown[]; rows: number }>()
      assert.deepEqual([document.data, document.rows], [[{ a: 1, b: 'x' }], 1])
      let size = 0
      const reader = db.query('SELECT * FROM numbers(100000)').stream('RowBinary').getReader()
      for (let step = await reader.read(); !step.done; step = await reader.read()) size += step.value.length
      assert.equal(size, 800000)
      assert.equal((await query().bytes('RowBinary')).length, 3)
      await assert.rejects(db.query('SELECT 1 FORMAT CSV').rows(), { name: 'BAD_ARGUMENTS' })
    }))

  test('tells what it cost, and how far it is', () =>
    withDatabase(async db => {
      const seen: number[] = []
      const result = db.query(
        'SELECT sum(number) FROM numbers(3000000)',
        {},
        { onProgress: p => seen.push(p.readRows) },
      )
      await result.rows()
      const statistics = await result.statistics
      assert.equal(statistics.rowsRead, 3000000)
      assert.equal(statistics.rows, 1)
      assert.ok(statistics.elapsedMs > 0)
      assert.equal(seen.at(-1), 3000000)
      assert.match(result.queryId, /^[0-9a-f-]{36}$/)
    }))

  test('is read once', () =>
    withDatabase(async db => {
      const result = db.query('SELECT 1')
      await result.rows()
      await result.rows() // the same rows
      await assert.rejects(result.columns(), { name: 'BAD_ARGUMENTS' })
    }))

  test('is a table of Arrow', () =>
    withDatabase(async db => {
      const table = await db
        .query(
          `SELECT toInt32(number) i, number u, if(number = 1, NULL, toString(number)) s, toDateTime(number) t, [number] a,
             (number % 2 = 0)::Bool b, toDecimal64(number, 2) / 4 d, toLowCardinality('l') l, map('k', number) m,
             if(number = 2, NULL, toFloat64(number)) f, toDate(number) y,
             toDateTime64(number, 4, 'UTC') w, (number, 'x') p FROM numbers(3)`,
        )
        .arrow()
      assert.equal(table.numRows, 3)
      assert.deepEqual(table.getChild('u').toArray(), BigUint64Array.of(0n, 1n, 2n))
      assert.deepEqual([...table.getChild('s')], ['0', null, '2'])
      assert.deepEqual([...table.getChild('f')], [0, 1, null])
      assert.deepEqual([...table.getChild('b')], [true, false, true])
      const read = tableFromIPC(tableToIPC(table, {}) as Uint8Array, { useDate: true, useBigInt: true })
      assert.deepEqual([...read.getChild('i')], [0, 1, 2])
      assert.deepEqual(read.getChild('t').at(1), new Date(1000))
      assert.deepEqual(read.getChild('w').at(1), new Date(1000))
      assert.deepEqual(read.getChild('y').at(1), new Date(86400000))
      assert.deepEqual(read.getChild('d').at(1), 0.25)
      assert.deepEqual(read.getChild('l').at(2), 'l')
      assert.deepEqual([...(read.getChild('a').at(2) as Iterable<unknown>)], [2n])
      assert.deepEqual(read.getChild('p').at(2), { 1: 2n, 2: 'x' })
      const none = await db.query('SELECT 1::Int8 a WHERE 0').arrow()
      assert.equal(none.numRows, 0)
    }))

  test('that is left early stops its query', () =>
    withDatabase(async db => {
      for await (const _ of db.query('SELECT number FROM system.numbers')) break
      assert.ok(await db.query('SELECT number FROM system.numbers').first())
      const reader = db.query('SELECT number FROM system.numbers').stream().getReader()
      await reader.read()
      await reader.cancel()
      await gone(db)
    }))
})

describe('an error', () => {
  test('has ClickHouse’s number and name, and no stack of internals', () =>
    withDatabase(async db => {
      const error = await db.query('SELECT * FROM missing').then(
        () => null,
        reason => reason,
      )
      assert.ok(error instanceof GranaryError)
      assert.equal(error.code, 60)
      assert.equal(error.name, 'UNKNOWN_TABLE')
      assert.match(error.message, /missing/)
      assert.doesNotMatch(error.stack ?? '', /catalog|queryRun/)
    }))

  test('comes out of a result that has begun', () =>
    withDatabase(async db => {
      await assert.rejects(
        async () => {
          for await (const _ of db.query('SELECT throwIf(number = 300000) FROM system.numbers').blocks());
        },
        { code: 395 },
      )
    }))

  test('of several statements is that of the first that fails', () =>
    withDatabase(async db => {
      await assert.rejects(db.exec('CREATE TABLE a (x UInt8) ENGINE = Memory; SELECT nothing; CREATE TABLE b AS a'), {
        code: 47,
      })
      assert.equal(
        await db.query("SELECT groupArray(name) FROM system.tables WHERE database = 'default'").text(),
        "['a']\n",
      )
    }))
})

describe('an AbortSignal', () => {
  test('stops a query', () =>
    withDatabase(async db => {
      const stop = new AbortController()
      const query = db.query('SELECT sum(number) FROM system.numbers', {}, { signal: stop.signal }).rows()
      setTimeout(() => stop.abort(new Error('enough')), 30)
      await assert.rejects(query, { message: 'enough' })
      await gone(db)
      await assert.rejects(db.query('SELECT 1', {}, { signal: stop.signal }).rows(), { message: 'enough' })
      await assert.rejects(
        db.query('SELECT sum(number) FROM system.numbers', {}, { signal: AbortSignal.timeout(30) }).rows(),
        { name: 'TimeoutError' },
      )
      await gone(db)
      // Nothing works any more; a collection of garbage may, now and then.
      let idle = 1
      for (let tries = 0; idle > 0.5 && tries < 50; tries++) idle = await load(200)
      assert.ok(idle <= 0.5, `${idle} of a processor's time is used`)
    }))
})

/** The share of one processor that this process takes while it waits. */
async function load(waitMs: number): Promise<number> {
  const before = process.cpuUsage()
  const started = performance.now()
  await new Promise(resolve => setTimeout(resolve, waitMs))
  return process.cpuUsage(before).user / 1000 / (performance.now() - started)
}

/** The last query has left the list of those that run. */
async function gone(db: Parameters<Parameters<typeof withDatabase>[0]>[0]): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if ((await db.query('SELECT count() FROM system.processes').value()) === 1n) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  assert.fail('a query that nobody reads still runs')
}
