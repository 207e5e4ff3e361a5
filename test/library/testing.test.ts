import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../../adapters/shared/testServer.ts'
import { listen } from '../../adapters/node/server.ts'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { coreModule } from '../harness.ts'

test('a server for tests: one a test, emptied or reset between', async () => {
  const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
  const servers = await Promise.all([1, 2].map(() => startTestServer(platform, listen, {})))
  const [server, other] = servers
  const ask = async (query: string, url = server.url) => (await fetch(url, { method: 'POST', body: query })).text()
  try {
    assert.notEqual(server.port, other.port)
    await server.db.exec(`
      CREATE DATABASE shop; CREATE TABLE shop.orders (id UInt64) ENGINE = MergeTree ORDER BY id;
      CREATE TABLE log (x String) ENGINE = Memory; CREATE VIEW everything AS SELECT * FROM shop.orders;
      CREATE FUNCTION twice AS x -> x * 2; INSERT INTO shop.orders VALUES (1), (2); INSERT INTO log VALUES ('a')`)
    assert.equal(await ask('SELECT count() FROM everything'), '2\n')
    await server.truncateAll()
    assert.equal(await ask('SELECT (SELECT count() FROM everything), (SELECT count() FROM log), twice(2)'), '0\t0\t4\n')
    await server.reset()
    assert.equal(await ask("SELECT count() FROM system.tables WHERE database IN ('shop', 'default')"), '0\n')
    assert.match(await ask('SELECT twice(2)'), /UNKNOWN_FUNCTION/)
    assert.equal(await ask('SELECT 1', other.url), '1\n')
  } finally {
    for (const each of servers) await each.close()
  }
  await assert.rejects(ask('SELECT 1'))
})
