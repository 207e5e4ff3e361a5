// The coordinator in the configuration, and system.zookeeper.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  checkCoordination,
  type CoordinationOptions,
  openCoordinator,
} from '../../runtime/coordination/openCoordinator.ts'
import { zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'
import { type Database, openDatabase } from '../../runtime/library/index.ts'
import { platformHere, runtimeHere } from '../platform/here.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from './realZooKeeper.ts'

describe('coordination in the configuration', () => {
  test('what cannot be meant is refused', () => {
    checkCoordination({
      servers: 'a:1,b:2/x',
      chroot: '/y',
      client: 'auto',
      auth: [{ scheme: 'digest', credentials: 'a:b' }],
    })
    const wrong: unknown[] = [
      {},
      { servers: '' },
      { servers: 'a:99999' },
      { servers: 'a', chroot: 'x' },
      { servers: 'a', client: 'java' },
      { servers: 'a', sessionTimeoutMs: 0 },
      { servers: 'a', operationTimeoutMs: '5' },
      { servers: 'a', auth: 'digest' },
      { servers: 'a', timeout: 5 },
    ]
    for (const options of wrong)
      assert.throws(
        () => checkCoordination(options as CoordinationOptions),
        /Wrong|BadArguments|Bad arguments/,
        JSON.stringify(options),
      )
  })

  test('a client that is not here is told of', () => {
    const { connect: _, ...without } = platformHere()
    assert.throws(() => openCoordinator(without, { servers: 'a' }), /NO_ZOOKEEPER|sockets/)
    assert.equal(openCoordinator(platformHere(), { servers: 'a' }).hasMulti, true)
    if (runtimeHere === 'node')
      assert.equal(openCoordinator(platformHere(), { servers: 'a', client: 'native' }).hasMulti, false)
    else assert.throws(() => openCoordinator(platformHere(), { servers: 'a', client: 'native' }), /does not have/)
  })

  test('without it there is no system.zookeeper', async () => {
    const db = await openDatabase(platformHere())
    await assert.rejects(
      async () => db.query("SELECT * FROM system.zookeeper WHERE path = '/'").rows(),
      /UNKNOWN_TABLE/,
    )
    assert.deepEqual(await db.query("SELECT name FROM system.tables WHERE name = 'zookeeper'").rows(), [])
    await db.close()
  })
})

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('system.zookeeper shows the nodes below the stated paths', async () => {
    const server = await ZooKeeperServer.start()
    const client = zooKeeper(platformHere(), { servers: `${server.host}:${server.port}` })
    let db: Database | null = null
    try {
      const session = await client.open()
      await session.create('/root')
      await session.create('/root/a', 'one')
      await session.create('/root/b', Uint8Array.of(0xff, 0x00))
      await session.create('/root/a/c', 'é', { isEphemeral: true })
      db = await openDatabase(platformHere(), {
        coordination: { servers: `${server.host}:${server.port}`, chroot: '/root' },
      })
      const open = db
      const rows = async (sql: string) => (await open.query(sql).rows()) as unknown[]
      assert.deepEqual(
        await rows(
          "SELECT name, hex(value) AS v, path, numChildren AS n FROM system.zookeeper WHERE path = '/' ORDER BY name",
        ),
        [
          { name: 'a', v: '6F6E65', path: '/', n: 1 },
          { name: 'b', v: 'FF00', path: '/', n: 0 },
        ],
      )
      assert.deepEqual(
        await rows(
          "SELECT path, name, hex(value) AS v, ephemeralOwner != 0 AS e FROM system.zookeeper WHERE path IN ('/', '/a/') AND name > 'a' ORDER BY name",
        ),
        [
          { path: '/', name: 'b', v: 'FF00', e: 0 },
          { path: '/a/', name: 'c', v: 'C3A9', e: 1 },
        ],
      )
      assert.deepEqual(
        await rows(
          "SELECT count() AS n FROM (SELECT * FROM system.zookeeper z WHERE z.path = '/a' OR '/' = path) WHERE dataLength > 1",
        ),
        [{ n: 3n }],
      )
      const described = (await rows('DESCRIBE TABLE system.zookeeper')) as { name: string }[]
      assert.deepEqual(described.map(({ name }) => name).slice(0, 3), ['name', 'value', 'czxid'])
      await assert.rejects(rows('SELECT * FROM system.zookeeper'), /must contain condition/)
      await assert.rejects(
        rows("SELECT * FROM system.zookeeper WHERE path = '/' OR name = 'x'"),
        /must contain condition/,
      )
      await assert.rejects(rows("SELECT * FROM system.zookeeper WHERE path = '/none'"), /No node/)
    } finally {
      await db?.close()
      await client.close()
      await server.stop()
    }
  })
})
