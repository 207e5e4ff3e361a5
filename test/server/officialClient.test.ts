// ClickHouse's own client for JavaScript, as it comes, against the real engine.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { type ClickHouseClient, ClickHouseError, createClient } from '@clickhouse/client'
import { listenHere, platformHere } from '../platform/here.ts'
import { createEngine } from '../../runtime/engine/engine.ts'

const platform = platformHere()

async function withClient(
  run: (client: ClickHouseClient, url: string) => Promise<void>,
  options: Parameters<typeof createClient>[0] = {},
): Promise<void> {
  const engine = await createEngine(platform, {})
  const server = await listenHere(engine, platform, { port: 0 })
  const client = createClient({ url: server.url, ...options })
  try {
    await run(client, server.url)
  } finally {
    await client.close()
    await server.stop(0)
    await engine.close({ graceMs: 0 })
  }
}

test('ping, and a query in several formats', () =>
  withClient(async client => {
    assert.deepEqual(await client.ping(), { success: true })
    const query = 'SELECT number AS n, toString(number) AS s FROM numbers(2)'
    const rows = await client.query({ query, format: 'JSONEachRow' })
    assert.deepEqual(await rows.json(), [
      { n: 0, s: '0' },
      { n: 1, s: '1' },
    ])
    const whole = await client.query({ query, format: 'JSON' })
    const document = await whole.json<{ n: number; s: string }>()
    assert.equal(document.rows, 2)
    assert.deepEqual(document.meta, [
      { name: 'n', type: 'UInt64' },
      { name: 's', type: 'String' },
    ])
    const csv = await client.query({ query, format: 'CSV' })
    assert.equal(await csv.text(), '0,"0"\n1,"1"\n')
  }))

test('tables: create, insert rows and streams, read back', () =>
  withClient(async client => {
    await client.command({ query: 'CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
    await client.insert({ table: 't', values: [{ a: 1, b: 'x' }], format: 'JSONEachRow' })
    const values = Readable.from(
      Array.from({ length: 1000 }, (_, i) => ({ a: i + 2, b: `row ${i}` })),
      { objectMode: true },
    )
    const { summary } = await client.insert({ table: 't', values, format: 'JSONEachRow' })
    assert.equal(summary?.written_rows, '1000')
    const answer = await client.query({ query: 'SELECT count() AS c, sum(a) AS s FROM t', format: 'JSONEachRow' })
    assert.deepEqual(await answer.json(), [{ c: 1001, s: 501501 }])
  }))

test('values of parameters, settings, sessions', () =>
  withClient(async client => {
    const answer = await client.query({
      query: 'SELECT {a:UInt8} + 1 AS a, {s:String} AS s, {l:Array(UInt8)} AS l, {n:Nullable(String)} AS n',
      query_params: { a: 41, s: "it's\ta tab", l: [1, 2], n: null },
      format: 'JSONEachRow',
    })
    assert.deepEqual(await answer.json(), [{ a: 42, s: "it's\ta tab", l: [1, 2], n: null }])
    const session_id = 'one'
    await client.command({ query: 'CREATE TEMPORARY TABLE tmp (x UInt8) ENGINE = Memory', session_id })
    await client.insert({ table: 'tmp', values: [{ x: 7 }], format: 'JSONEachRow', session_id })
    const seen = await client.query({ query: 'SELECT x FROM tmp', format: 'JSONEachRow', session_id })
    assert.deepEqual(await seen.json(), [{ x: 7 }])
    await assert.rejects(client.query({ query: 'SELECT x FROM tmp' }), ClickHouseError)
  }))

test('errors are ClickHouseErrors, before and inside a result', () =>
  withClient(async client => {
    await assert.rejects(client.query({ query: 'SELECT * FROM missing' }), (error: ClickHouseError) => {
      assert.equal(error.code, '60')
      assert.equal(error.type, 'UNKNOWN_TABLE')
      return true
    })
    const late = await client.query({
      query: 'SELECT toString(number), intDiv(1, toInt64(number) - 3000000) FROM numbers(5000000)',
      format: 'CSV',
      clickhouse_settings: { max_threads: 1 },
    })
    await assert.rejects(async () => {
      for await (const rows of late.stream()) assert.ok(rows.length >= 0)
    }, /division by zero|aborted/i) // Bun's http forgets what it has not handed out when a transfer breaks off
  }))

test('compression, both ways', () =>
  withClient(
    async client => {
      await client.command({ query: 'CREATE TABLE t (a UInt32) ENGINE = Memory' })
      await client.insert({
        table: 't',
        values: Array.from({ length: 10000 }, (_, a) => ({ a })),
        format: 'JSONEachRow',
      })
      const answer = await client.query({ query: 'SELECT a FROM t ORDER BY a', format: 'JSONEachRow' })
      assert.equal((await answer.json()).length, 10000)
    },
    { compression: { request: true, response: true } },
  ))

test('a query that is given up ends on the server', () =>
  withClient(async client => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    await assert.rejects(
      client.query({
        query: 'SELECT sum(number) FROM numbers(1000000000000)',
        query_id: 'given-up',
        abort_signal: abort.signal,
      }),
    )
    for (let i = 0; i < 1000; i++) {
      const answer = await client.query({
        query: "SELECT count() AS c FROM system.processes WHERE query_id = 'given-up'",
        format: 'JSONEachRow',
      })
      const [{ c }] = await answer.json<{ c: number }>()
      if (Number(c) === 0) return
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    assert.fail('the query still runs')
  }))
