// An ensemble whose servers are killed and held while sessions are at work.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Session } from '../../runtime/coordination/coordinator.ts'
import { caughtUp, eventually, text, within } from '../coordination/contract/subject.ts'
import { KeeperProcess } from '../coordination/keeperProcess.ts'
import { isZooKeeperInstalled, where, ZooKeeperEnsemble, type ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import type { Address } from '../coordination/tcpProxy.ts'
import { wireSubject } from '../coordination/zooKeeperSubject.ts'
import { Follower, Incrementer } from './underLoad.ts'

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
/** Longer than followers wait for their leader. */
const heldMs = 5000

async function withEnsemble(run: (ensemble: ZooKeeperEnsemble) => Promise<void>): Promise<void> {
  const ensemble = await ZooKeeperEnsemble.start()
  try {
    await run(ensemble)
  } finally {
    await ensemble.stop()
  }
}

const clientOf = (servers: readonly Address[]) => wireSubject(servers, async () => {}).client()

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('servers are killed and held under load: no increment is lost or done twice, no watch is missed', () =>
    withEnsemble(async ensemble => {
      const admin = clientOf(ensemble.addresses)
      const session = await admin.open({ timeoutMs: 30_000 })
      const path = await session.create('/counter', '0')
      // Watches that nothing ends: every one is to be called once, after all.
      const nodes = Array.from({ length: 200 }, (_, i) => `/watched-${i}`)
      await Promise.all(nodes.map(node => session.create(node)))
      const called = new Map<string, number>()
      await Promise.all(
        nodes.map(node => session.get(node, ({ path }) => called.set(path, (called.get(path) ?? 0) + 1))),
      )

      const follower = new Follower(admin, path)
      await follower.start()
      // One at each server first, and one that knows a single server.
      const incrementers = ensemble.addresses.map(
        (_, i) => new Incrementer(clientOf(ensemble.addresses), path, `worker-${i}`),
      )
      incrementers.push(new Incrementer(clientOf([ensemble.addresses[0]]), path, 'faithful'))
      await grow(incrementers, 'the start')

      const faults: [string, () => Promise<ZooKeeperServer>, 'kill' | 'hold'][] = [
        ['kill of the leader', () => ensemble.leader(), 'kill'],
        ['hold of the leader', () => ensemble.leader(), 'hold'],
        ['kill of a follower', () => followerOf(ensemble), 'kill'],
        ['hold of a server', async () => ensemble.servers[0], 'hold'],
      ]
      for (const [what, choose, how] of faults) {
        const server = await choose()
        if (how === 'kill') {
          await server.kill()
          await sleep(1500)
          await server.restart()
        } else {
          server.pause()
          await sleep(heldMs)
          server.resume()
        }
        await grow(incrementers, what)
      }

      const value = await checkCount(session, path, incrementers)
      await follower.stop(value)
      assert.deepEqual(
        [...(await session.children(path)).names],
        [],
        'the ephemeral nodes of sessions that were closed are gone',
      )

      assert.equal(called.size, 0)
      await Promise.all(nodes.map(node => session.set(node, 'x')))
      await caughtUp(session)
      assert.equal(called.size, nodes.length)
      assert.ok([...called.values()].every(times => times === 1))
      await admin.close()
    }))

  test('a session whose only server is held for longer than its time-out expires, its ephemeral node with it', () =>
    withEnsemble(async ensemble => {
      const [held, ...others] = [await followerOf(ensemble), ...ensemble.servers].filter(
        (server, i, all) => all.indexOf(server) === i,
      )
      const own = await clientOf([held.address]).open({ timeoutMs: 2000 })
      const watching = clientOf(others.map(({ address }) => address))
      const session = await watching.open()
      const node = await own.create('/ephemeral', '', { isEphemeral: true })
      await caughtUp(session)
      const gone = new Promise<number>(resolve => {
        void session.exists(node, () => resolve(performance.now()))
      })
      const begun = performance.now()
      held.pause()
      try {
        const lived = (await within(15_000, 'the end of the node', gone)) - begun
        console.log(`the ephemeral node lived on for ${Math.round(lived)} ms of a time-out of ${own.timeoutMs} ms`)
        assert.ok(lived > 1000 && lived < 20_000, `${lived} ms`)
        assert.notEqual(own.state, 'expired', 'nobody could tell it')
      } finally {
        held.resume()
      }
      assert.equal(await within(20_000, 'the end', own.ended), 'expired')
      await watching.close()
    }))
})

test('granary keeper is killed and held under load: no increment is lost or done twice, no watch is missed', async () => {
  const keeper = await KeeperProcess.start(['--tick-time', '200', '--max-session-timeout', '60000'])
  const servers = [keeper.address]
  const admin = clientOf(servers)
  try {
    const session = await admin.open({ timeoutMs: 30_000 })
    const path = await session.create('/counter', '0')
    const follower = new Follower(admin, path)
    await follower.start()
    const incrementers = [0, 1, 2].map(i => new Incrementer(clientOf(servers), path, `worker-${i}`))
    await grow(incrementers, 'the start')
    for (let round = 0; round < 5; round++) {
      await keeper.kill()
      await keeper.restart()
      await grow(incrementers, 'a kill')
    }
    keeper.pause()
    await sleep(5000)
    keeper.resume()
    await grow(incrementers, 'a hold')
    const value = await checkCount(session, path, incrementers)
    await follower.stop(value)
    assert.deepEqual([...(await session.children(path)).names], [])
  } finally {
    await admin.close()
    await keeper.stop()
  }
})

/** Everybody gets further. */
async function grow(incrementers: readonly Incrementer[], after: string): Promise<void> {
  const before = incrementers.map(({ confirmed }) => confirmed)
  const begun = performance.now()
  const isDone = () => incrementers.every((one, i) => one.confirmed > before[i] + 5)
  await eventually(`increments after ${after}`, isDone, 30_000)
  console.log(`everybody is at work ${Math.round(performance.now() - begun)} ms after ${after}`)
}

/** Stops all and gives the count. */
async function checkCount(session: Session, path: string, incrementers: readonly Incrementer[]): Promise<number> {
  const outcomes = await Promise.all(incrementers.map(one => one.stop()))
  await caughtUp(session)
  const { data, stat } = await session.get(path)
  const [confirmed, unknown] = [sum(outcomes.map(one => one.confirmed)), sum(outcomes.map(one => one.unknown))]
  const value = Number(text(data))
  console.log(
    `${value} increments: ${confirmed} confirmed, ${unknown} unknown; sessions ${outcomes.map(one => one.sessions)}, ` +
      `longest gaps ${incrementers.map(one => Math.round(one.gapMs))} ms`,
  )
  assert.equal(stat.version, value)
  assert.ok(value >= confirmed, 'no increment is lost')
  assert.ok(value <= confirmed + unknown, 'none is done twice')
  return value
}

async function followerOf(ensemble: ZooKeeperEnsemble): Promise<ZooKeeperServer> {
  const leader = await ensemble.leader()
  return ensemble.servers.find(server => server !== leader)!
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
