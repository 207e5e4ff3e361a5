// The ZooKeeper client inside of workerd, before ZooKeeper itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isZooKeeperInstalled, where, ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import { deploy } from './workerd.ts'

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('a Worker has sessions with ZooKeeper, as the contract wants them', async () => {
    const server = await ZooKeeperServer.start()
    const worker = await deploy('coordination')
    try {
      const answer = await fetch(`${worker.url}?servers=${server.host}:${server.port}`)
      const outcomes = (await answer.json()) as { name: string; error: string | null }[]
      assert(outcomes.length > 30, `${outcomes.length} checks`)
      for (const { name, error } of outcomes) assert.equal(error, null, name)
    } finally {
      await worker.stop()
      await server.stop()
    }
  })
})
