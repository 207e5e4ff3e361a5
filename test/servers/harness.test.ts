// What the other tests here stand on: ZooKeeper started, killed, held and started again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isZooKeeperInstalled, where, ZooKeeperEnsemble, ZooKeeperServer } from '../coordination/realZooKeeper.ts'

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('a server starts, is held, killed and started again', async () => {
    const server = await ZooKeeperServer.start()
    try {
      assert.equal(await server.word('ruok'), 'imok')
      assert.equal(await server.mode(), 'standalone')
      server.pause()
      assert.equal(await server.mode(), null)
      server.resume()
      assert.equal(await server.mode(), 'standalone')
      await server.kill()
      assert.equal(server.isRunning, false)
      await server.restart()
      assert.equal(await server.mode(), 'standalone')
    } finally {
      await server.stop()
    }
  })

  test('an ensemble has one leader, and another one when that is gone', async () => {
    const ensemble = await ZooKeeperEnsemble.start()
    try {
      const leader = await ensemble.leader()
      const modes = await Promise.all(ensemble.servers.map(server => server.mode()))
      assert.deepEqual(modes.sort(), ['follower', 'follower', 'leader'])
      await leader.kill()
      assert.notEqual(await ensemble.leader(), leader)
      await leader.restart()
      assert.equal(await leader.mode(), 'follower')
    } finally {
      await ensemble.stop()
    }
  })
})
