// Programs of others against ZooKeeper itself: what they are known to do there, they have to do elsewhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isZooKeeperInstalled, where, ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import { fourLetterWordsAnswer, isKazooInstalled, kazooWorks, replicasConverge, zkCliSession } from './interop.ts'
import { isClickHouseInstalled } from './replica.ts'

async function withZooKeeper(run: (server: ZooKeeperServer) => Promise<void>): Promise<void> {
  const server = await ZooKeeperServer.start()
  try {
    await run(server)
  } finally {
    await server.stop()
  }
}

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('ZooKeeper: zkCli', () =>
    withZooKeeper(async ({ address }) => {
      const said = await zkCliSession(address)
      assert.match(said, /Node already exists: \/cli/)
    }))

  where(isKazooInstalled, 'kazoo', () => {
    test('ZooKeeper: kazoo, and four-letter words beside it', () =>
      withZooKeeper(async ({ address }) => {
        const words = kazooWorks(address)
        await fourLetterWordsAnswer(address)
        await words
      }))
  })

  where(isClickHouseInstalled, 'clickhouse-server', () => {
    test('ZooKeeper: two replicas of ClickHouse converge across its end', () => withZooKeeper(replicasConverge))
  })
})
