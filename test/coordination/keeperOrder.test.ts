// Order around the end of a connection, and of the keeper, while the log is slow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EmbeddedCoordinator } from '../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { Keeper } from '../../runtime/coordination/embedded/keeper.ts'
import { openKeeperParts } from '../../runtime/coordination/embedded/openKeeperParts.ts'
import type { TransactionLog } from '../../runtime/coordination/embedded/transactionLog.ts'
import { isCoordinationError } from '../../runtime/coordination/errors.ts'
import { serveKeeper } from '../../runtime/coordination/keeper/keeperServer.ts'
import { zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'
import { platformHere } from '../platform/here.ts'
import { TcpProxy } from './tcpProxy.ts'

/** Takes as long as it is told to. */
class SlowLog implements TransactionLog {
  release: () => void = () => {}
  #held: Promise<void> = Promise.resolve()

  hold(): void {
    this.#held = new Promise(resolve => {
      this.release = resolve
    })
  }

  append(): Promise<void> {
    return this.#held
  }

  applied(): void {}

  async close(): Promise<void> {}
}

const platform = platformHere()
const sleep = (ms: number) => platform.clock.wait(ms)

test('who connects again sees what was asked on the connection before, or it is never done', async () => {
  const log = new SlowLog()
  const server = await serveKeeper({ ...(await openKeeperParts(platform, null)), log }, { port: 0 })
  const proxy = await TcpProxy.start({ host: '127.0.0.1', port: server.port })
  const client = zooKeeper(platform, { servers: `127.0.0.1:${proxy.address.port}` })
  const session = await client.open()
  log.hold()
  const lost = assert.rejects(session.create('/late'), error => isCoordinationError(error, 'ConnectionLoss'))
  await sleep(100)
  proxy.drop()
  await lost
  const seen = session.exists('/late')
  await sleep(300)
  log.release()
  const stat = await seen
  await client.close()
  await proxy.stop()
  await server.close()
  assert(stat)
})

test('answers come in the order of the requests, also when the keeper is stopped between them', async () => {
  const log = new SlowLog()
  const keeper = new Keeper({ ...(await openKeeperParts(platform, null)), log })
  const session = await new EmbeddedCoordinator(keeper, false).open()
  log.hold()
  const order: string[] = []
  const asked = (name: string, request: Promise<unknown>) =>
    request.then(
      () => order.push(name),
      error => order.push(`${name}: ${error.kind}`),
    )
  const first = asked('first', session.create('/first'))
  const closed = keeper.close()
  const second = asked('second', session.create('/second'))
  const read = asked('read', session.get('/first'))
  await sleep(20)
  log.release()
  await Promise.all([first, second, read, closed])
  assert.deepEqual(order, ['first', 'second: SystemError', 'read'])
})

test('a request that takes too long is told once, and looked for no more', async () => {
  const log = new SlowLog()
  let timers = 0
  const clock = {
    ...platform.clock,
    after: (ms: number, call: () => void) => {
      timers++
      return platform.clock.after(ms, call)
    },
  }
  const keeper = new Keeper({ ...(await openKeeperParts({ ...platform, clock }, null)), log })
  const session = await new EmbeddedCoordinator(keeper, false).open({ operationTimeoutMs: 50 })
  log.hold()
  const late = assert.rejects(session.create('/x'), error => isCoordinationError(error, 'OperationTimeout'))
  await sleep(150)
  await late
  const before = timers
  await sleep(100)
  assert(timers - before <= 2)
  log.release()
  await keeper.close()
})
