// The official clients, with a database in this process instead of a socket.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { ClickHouseError, createClient, parseError } from '@clickhouse/client'
import { createClient as createWebClient } from '@clickhouse/client-web'
import type { Database } from '../../runtime/library/index.ts'
import { withDatabase } from './openMemory.ts'

const toStream = (stream: ReadableStream<Uint8Array>) => Readable.fromWeb(stream as never)

const clients = {
  '@clickhouse/client': (db: Database) => createClient({ connection: db.connection({ toStream, parseError }) }),
  '@clickhouse/client-web': (db: Database) => createWebClient({ fetch: db.fetch }),
}

for (const [name, create] of Object.entries(clients))
  describe(name, () => {
    const withClient = (run: (client: ReturnType<typeof createClient>, db: Database) => Promise<void>) => () =>
      withDatabase(async db => {
        const client = create(db) as ReturnType<typeof createClient>
        await run(client, db)
        await client.close()
      })

    test(
      'queries, with parameters and settings',
      withClient(async client => {
        assert.equal((await client.ping()).success, true)
        const result = await client.query({
          query: 'SELECT {x:UInt32} AS x, {s:String} AS s, {a:Array(String)} AS a',
          query_params: { x: 7, s: "it's\t", a: ["it's", 'b'] },
          format: 'JSONEachRow',
        })
        assert.deepEqual(await result.json(), [{ x: 7, s: "it's\t", a: ["it's", 'b'] }])
        const limited = await client.query({
          query: 'SELECT number FROM numbers(10)',
          clickhouse_settings: { limit: '3' },
          format: 'JSON',
        })
        assert.equal((await limited.json<{ number: string }>()).data.length, 3)
      }),
    )

    test(
      'inserts, commands, exec',
      withClient(async (client, db) => {
        await client.command({ query: 'CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a' })
        await client.insert({
          table: 't',
          values: [
            { a: 1, b: 'x' },
            { a: 2, b: 'y' },
          ],
          format: 'JSONEachRow',
        })
        await client.insert({ table: 't', values: [[3, 'z']], format: 'JSONCompactEachRow', columns: ['a', 'b'] })
        assert.deepEqual(await db.query('SELECT * FROM t ORDER BY a'), [
          { a: 1, b: 'x' },
          { a: 2, b: 'y' },
          { a: 3, b: 'z' },
        ])
        const { stream } = await client.exec({ query: 'SELECT a FROM t ORDER BY a FORMAT CSV' })
        let text = ''
        for await (const piece of stream as unknown as AsyncIterable<Uint8Array>)
          text += new TextDecoder().decode(piece)
        assert.equal(text, '1\n2\n3\n')
      }),
    )

    test(
      'streams of rows',
      withClient(async client => {
        const result = await client.query({ query: 'SELECT number FROM numbers(100000)', format: 'JSONEachRow' })
        let rows = 0
        for await (const batch of result.stream() as unknown as AsyncIterable<unknown[]>) rows += batch.length
        assert.equal(rows, 100000)
      }),
    )

    test(
      'errors are the client’s own',
      withClient(async client => {
        await assert.rejects(client.query({ query: 'SELECT * FROM missing' }), { code: '60', type: 'UNKNOWN_TABLE' })
      }),
    )

    test(
      'abort stops the query',
      withClient(async (client, db) => {
        const stop = new AbortController()
        const query = client.query({ query: 'SELECT sum(number) FROM system.numbers', abort_signal: stop.signal })
        setTimeout(() => stop.abort(), 30)
        await assert.rejects(query.then(result => result.text()))
        for (let i = 0; i < 1000; i++) {
          if ((await db.query('SELECT count() FROM system.processes').value()) === 1n) return
          await new Promise(resolve => setTimeout(resolve, 5))
        }
        assert.fail('the query still runs')
      }),
    )

    test(
      'sessions keep temporary tables',
      withClient(async client => {
        const session = { session_id: 's1' }
        await client.command({ query: 'CREATE TEMPORARY TABLE tmp (x UInt8)', ...session })
        await client.insert({ table: 'tmp', values: [{ x: 1 }], format: 'JSONEachRow', ...session })
        const result = await client.query({ query: 'SELECT * FROM tmp', format: 'JSONEachRow', ...session })
        assert.deepEqual(await result.json(), [{ x: 1 }])
        await assert.rejects(client.query({ query: 'SELECT * FROM tmp' }), { code: '60' })
      }),
    )
  })

test('without the client’s parseError an error still has its code', () =>
  withDatabase(async db => {
    const client = createClient({ connection: db.connection({ toStream }) })
    await assert.rejects(client.command({ query: 'DROP TABLE missing' }), (error: Error & { code?: string }) => {
      assert.ok(!(error instanceof ClickHouseError))
      return error.code === '60'
    })
  }))
