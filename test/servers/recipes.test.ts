// The recipes over the wire: a ZooKeeper whose connections are cut, and kazoo at the same lock.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import type { Session } from '../../runtime/coordination/coordinator.ts'
import { Candidate, leaderOf } from '../../runtime/coordination/recipes/election.ts'
import { lock, tryLock } from '../../runtime/coordination/recipes/lock.ts'
import { watchTree } from '../../runtime/coordination/recipes/watchTree.ts'
import { zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import { TcpProxy } from '../coordination/tcpProxy.ts'
import { platformHere } from '../platform/here.ts'
import { isKazooInstalled } from './interop.ts'

const platform = platformHere({ logLevel: 'error' })
const sleep = (ms: number) => platform.clock.wait(ms)

/** Takes the lock, says so, and gives it up when it is told to. */
const kazooLock = `
import sys
from kazoo.client import KazooClient
client = KazooClient(hosts=sys.argv[1])
client.start()
lock = client.Lock('/locks/shared', 'kazoo')
print('waiting', flush=True)
with lock:
    print('has it', flush=True)
    sys.stdin.readline()
client.stop()
`

async function withZooKeeper(run: (server: ZooKeeperServer, proxy: TcpProxy) => Promise<void>): Promise<void> {
  const server = await ZooKeeperServer.start()
  const proxy = await TcpProxy.start(server.address)
  try {
    await run(server, proxy)
  } finally {
    await proxy.stop()
    await server.stop()
  }
}

const clientOf = ({ address: { host, port } }: { address: { host: string; port: number } }) =>
  zooKeeper(platform, { servers: `${host}:${port}` })

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !isSo(); i++) await sleep(25)
  assert(isSo(), what)
}

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('a lock and an election over connections that are cut', () =>
    withZooKeeper(async (server, proxy) => {
      const client = clientOf(proxy)
      const sessions = await Promise.all([1, 2, 3].map(() => client.open({ timeoutMs: 10_000 })))
      const steady = await clientOf(server).open()
      let isOver = false
      let holders = 0
      let fence = 0n
      let times = 0
      const live = async (session: Session) => {
        while (!isOver) {
          const held = await lock(platform, session, '/locks/one')
          assert.equal(++holders, 1)
          assert(held.fence > fence)
          fence = held.fence
          times++
          await sleep(platform.random() * 10)
          holders--
          await held.end()
        }
      }
      const seen: number[] = []
      const watching = watchTree(platform, sessions[0], '/locks', tree => seen.push(tree.size))
      const lives = sessions.map(live)
      const cutting = (async () => {
        for (let i = 0; i < 12; i++) {
          await sleep(100 + platform.random() * 150)
          proxy.drop()
        }
        isOver = true
      })()
      await Promise.all([...lives, cutting])
      assert(times > 12, `${times} times`)
      assert.deepEqual((await steady.children('/locks/one')).names, [])
      await until('the last is told', () => seen.at(-1) === 2)
      watching.stop()

      const candidates = await Promise.all(
        sessions.map((session, i) => Candidate.stand(platform, session, '/election', { data: `${i}` })),
      )
      const lead = await Promise.race(candidates.map(candidate => candidate.elected()))
      assert(lead?.isHeld)
      proxy.drop()
      await sleep(300)
      assert(lead.isHeld && !lead.lost.aborted)
      assert.equal((await leaderOf(platform, steady, '/election'))?.fence, lead.fence)
      await Promise.all([client.close(), steady.close()])
    }))

  test('who is cut off stops before another has it', () =>
    withZooKeeper(async (server, proxy) => {
      const client = clientOf(proxy)
      const session = await client.open({ timeoutMs: 2000 })
      const other = await clientOf(server).open()
      const held = await lock(platform, session, '/lock')
      const next = lock(platform, other, '/lock')
      proxy.hold('both')
      let lostMs = 0
      held.lost.addEventListener('abort', () => {
        lostMs = platform.clock.monotonic()
      })
      await next
      assert(lostMs > 0 && lostMs < platform.clock.monotonic())
      proxy.release()
      await session.ended
      await held.end()
      await other.close()
    }))

  where(isKazooInstalled, 'kazoo', () => {
    test('kazoo waits for the same lock', () =>
      withZooKeeper(async server => {
        const session = await clientOf(server).open()
        const first = await lock(platform, session, '/locks/shared')
        const child = spawn('/usr/bin/python3', ['-c', kazooLock, `${server.host}:${server.port}`], { stdio: 'pipe' })
        let output = ''
        child.stdout.on('data', bytes => (output += bytes))
        child.stderr.on('data', bytes => (output += bytes))
        const ended = new Promise<number | null>(resolve => child.on('close', resolve))
        await until('kazoo waits', () => output.includes('waiting'))
        await sleep(300)
        assert(!output.includes('has it'))
        await first.end()
        await until(`kazoo has it: ${output}`, () => output.includes('has it'))
        assert.equal(await tryLock(platform, session, '/locks/shared'), null)
        const second = lock(platform, session, '/locks/shared')
        await sleep(300)
        child.stdin.write('\n')
        assert((await second).fence > first.fence)
        child.stdin.end()
        assert.equal(await ended, 0, output)
        await session.close()
      }))
  })
})
