// Programs of others against `granary keeper`, and against ZooKeeper itself: what they are known to do there, they have to do here.
// Two replicas of ClickHouse on ZooKeeper itself, by hand: GRANARY_REPLICAS_OF_ZOOKEEPER=1 node build/servers.mjs --only interop
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coordinatorContract } from '../coordination/contract.ts'
import { isInstalled, KeeperProcess } from '../coordination/keeperProcess.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import { wireSubject } from '../coordination/zooKeeperSubject.ts'
import { type RuntimeName, runtimeHere } from '../platform/program.ts'
import { fourLetterWordsAnswer, isKazooInstalled, kazooWorks, replicasConverge, zkCliSession } from './interop.ts'
import { isClickHouseInstalled } from './replica.ts'

interface Stoppable {
  stop(): Promise<void>
}

async function using<Server extends Stoppable, Result>(
  start: Promise<Server>,
  run: (server: Server) => Promise<Result>,
): Promise<Result> {
  const server = await start
  try {
    return await run(server)
  } finally {
    await server.stop()
  }
}

/** With ZooKeeper's own times. */
const keeper = (runtime: RuntimeName = runtimeHere) =>
  KeeperProcess.start(['--tick-time', '200', '--max-session-timeout', '60000'], runtime)

const runtimes: RuntimeName[] = ['node', 'deno', 'bun']

coordinatorContract(
  'granary keeper, on a disk',
  async () => {
    const server = await keeper()
    return wireSubject([server.address], () => server.stop())
  },
  { hasMulti: true, hasWire: true, hasAcl: true },
)

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('zkCli is told the same by ZooKeeper and by granary keeper', async () => {
    const expected = await using(ZooKeeperServer.start(), ({ address }) => zkCliSession(address))
    assert.match(expected, /^Node already exists: \/cli$/m)
    assert.equal(await using(keeper(), ({ address }) => zkCliSession(address)), expected)
  })

  test('ZooKeeper: four-letter words', () =>
    using(ZooKeeperServer.start(), ({ address }) => fourLetterWordsAnswer(address)))
})

where(isKazooInstalled, 'kazoo', () => {
  where(isZooKeeperInstalled, 'ZooKeeper', () => {
    test('ZooKeeper: kazoo', () => using(ZooKeeperServer.start(), ({ address }) => kazooWorks(address)))
  })
  for (const runtime of runtimes)
    where(isInstalled(runtime), runtime, () => {
      test(`granary keeper on ${runtime}: kazoo, and four-letter words beside it`, () =>
        using(keeper(runtime), async ({ address }) => {
          const checks = kazooWorks(address)
          await fourLetterWordsAnswer(address)
          await checks
        }))
    })
})

where(isClickHouseInstalled, 'clickhouse-server', () => {
  test('granary keeper: two replicas of ClickHouse converge across its end', () => using(keeper(), replicasConverge))
  if (process.env['GRANARY_REPLICAS_OF_ZOOKEEPER'] === '1')
    test('ZooKeeper: two replicas of ClickHouse converge across its end', () =>
      using(ZooKeeperServer.start(), replicasConverge))
})
