// The official clients over a database in this process: the same code as against a server, and no socket between.
import { Readable } from 'node:stream'
import { createClient, parseError } from '@clickhouse/client'
import { createClient as createWebClient } from '@clickhouse/client-web'
import { open } from 'granary'

const db = await open()

const web = createWebClient({ fetch: db.fetch })
await web.command({ query: 'CREATE TABLE t (n UInt32, s String) ENGINE = MergeTree ORDER BY n' })
await web.insert({
  table: 't',
  values: [
    { n: 1, s: 'one' },
    { n: 2, s: 'two' },
  ],
  format: 'JSONEachRow',
})
const all = await web.query({ query: 'SELECT * FROM t ORDER BY n', format: 'JSONEachRow' })
console.log(await all.json())

// Node's client takes a connection in place of HTTP. Its streams are Node's, so it says how to make one.
const toStream = stream => Readable.fromWeb(stream)
const client = createClient({ connection: db.connection({ toStream, parseError }) })
const result = await client.query({
  query: 'SELECT s FROM t WHERE n = {n:UInt32}',
  query_params: { n: 2 },
  format: 'JSONEachRow',
})
for await (const rows of result.stream()) console.log(rows.map(row => row.json()))

await client.query({ query: 'SELECT * FROM missing' }).catch(error => console.log(error.constructor.name, error.code))

await web.close()
await client.close()
await db.close()
