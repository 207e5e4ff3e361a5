// examples/edge-replica on one machine: published into R2 and onto a web server, deployed, asked by ClickHouse's own client.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '@clickhouse/client-web'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { DirectoryStore } from '../../runtime/storage/stores/directory.ts'
import { startOrigin } from './origin.ts'
import { bucketStore, publisher, twoParts } from './published.ts'
import { deploy } from './workerd.ts'

test('the example answers from R2 and from a web server, and sees what is published anew', async () => {
  const origin = await startOrigin()
  const source = await publisher(...twoParts)
  const disk = new MemoryDisk(() => 0)
  const worker = await deploy('example', {
    bindings: { ORIGIN: origin.url, PASSWORD: 'secret', REFRESH_MS: '0' },
    r2Buckets: ['BUCKET'],
  })
  const client = createClient({ url: worker.url, username: 'default', password: 'secret' })
  const rows = async (query: string) => (await client.query({ query, format: 'JSONEachRow' })).json()
  const publish = async () => {
    await source.publish(await bucketStore(worker.miniflare, 'hits'))
    await source.publish(new DirectoryStore(disk))
    for (const part of await disk.list(''))
      for (const { name } of part.isDirectory ? await disk.list(part.name) : [{ name: '' }]) {
        const file = name === '' ? part.name : `${part.name}/${name}`
        origin.files.set(`hits/${file}`, await disk.read(file, 0, (await disk.size(file))!))
      }
  }
  try {
    await publish()
    const query = (table: string) => `SELECT toUInt32(count()) AS c, max(s) AS m FROM ${table} WHERE k < 200000`
    const expected = [{ c: 200000, m: 'text 999994' }]
    const [m] = await source.answers('SELECT max(s) FROM t')
    expected[0].m = m.trim()
    for (const table of ['default.hits', 'web.hits']) assert.deepEqual(await rows(query(table)), expected)
    await source.run("INSERT INTO t VALUES (1, 1, 'text zzz')")
    await publish()
    for (const table of ['default.hits', 'web.hits'])
      assert.deepEqual(await rows(query(table)), [{ c: 200001, m: 'text zzz' }])
    await assert.rejects(client.command({ query: 'DROP TABLE default.hits' }), /READONLY|readonly/)
    await assert.rejects(createClient({ url: worker.url }).query({ query: 'SELECT 1' }), /Authentication failed/)
  } finally {
    await client.close()
    await worker.stop()
    await origin.stop()
    await source.close()
  }
})
