// Much of everything: nodes below one parent, watches, bytes of a value, operations of a multi.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, remove, set } from '../../runtime/coordination/operations.ts'
import type { Session } from '../../runtime/coordination/coordinator.ts'
import { caughtUp, fails } from '../coordination/contract/subject.ts'
import { KeeperProcess } from '../coordination/keeperProcess.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import type { Address } from '../coordination/tcpProxy.ts'
import { wireSubject } from '../coordination/zooKeeperSubject.ts'

/** Where it can be asked for: elsewhere what is used is not known. */
const collect = (globalThis as { gc?: () => void }).gc

async function timed<T>(what: string, run: () => Promise<T>): Promise<T> {
  const begun = performance.now()
  const result = await run()
  console.log(`${what}: ${Math.round(performance.now() - begun)} ms`)
  return result
}

type Run = (session: Session, other: Session) => Promise<void>

async function withServer(start: () => Promise<{ address: Address; stop(): Promise<void> }>, run: Run): Promise<void> {
  const server = await start()
  const client = wireSubject([server.address], async () => {}).client()
  try {
    // What waits behind 100,000 others waits longer than usual.
    const options = { timeoutMs: 30_000, operationTimeoutMs: 60_000 }
    await run(await client.open(options), await client.open(options))
  } finally {
    await client.close()
    await server.stop()
  }
}

where(isZooKeeperInstalled, 'ZooKeeper', () =>
  checks('ZooKeeper', () => ZooKeeperServer.start({ heapMb: 768, packetBytesMax: 16 << 20 })),
)
checks('granary keeper', () => KeeperProcess.start(['--max-session-timeout', '60000']))

function checks(name: string, start: () => Promise<{ address: Address; stop(): Promise<void> }>): void {
  test(`${name}: 100,000 nodes below one parent`, () =>
    withServer(start, async (session, other) => {
      const count = 100_000
      await session.create('/parent')
      const child = (i: number) => `a-name-of-some-length-${String(i).padStart(10, '0')}`
      await timed(`${name}: 100,000 nodes made`, async () => {
        const made = Array.from({ length: count }, (_, i) => session.create(`/parent/${child(i)}`))
        await Promise.all(made)
      })
      await caughtUp(other)
      const { names, stat } = await timed(`${name}: their names`, () => other.children('/parent'))
      assert.equal(stat.numChildren, count)
      assert.equal(names.length, count)
      assert.ok(names.join('').length > 3 << 20, 'an answer of several MB')
      assert.deepEqual([...names].sort().slice(-2), [child(count - 2), child(count - 1)])
      let isTold = false
      await other.children('/parent', () => (isTold = true))
      await session.multi(Array.from({ length: 10 }, (_, i) => remove(`/parent/${child(i)}`)))
      await caughtUp(other)
      assert.ok(isTold)
      assert.equal((await other.exists('/parent'))!.numChildren, count - 10)
    }))

  test(`${name}: 10,000 watches are all called once`, () =>
    withServer(start, async (session, other) => {
      const nodes = Array.from({ length: 10_000 }, (_, i) => `/watched-${i}`)
      await Promise.all(nodes.map(node => session.create(node)))
      await caughtUp(other)
      collect?.()
      const before = process.memoryUsage().heapUsed
      let calls = 0
      const called = new Set<string>()
      await timed(`${name}: 10,000 watches left`, () =>
        Promise.all(
          nodes.map(node =>
            other.get(node, ({ kind, path }) => {
              assert.equal(kind, 'changed')
              calls++
              called.add(path)
            }),
          ),
        ),
      )
      collect?.()
      const used = (process.memoryUsage().heapUsed - before) / (1 << 20)
      console.log(`${name}: 10,000 watches: ${used.toFixed(1)} MiB of heap`)
      assert.ok(!collect || used < 50, `${used} MiB`)
      await timed(`${name}: 10,000 changes told`, async () => {
        await Promise.all(nodes.map(node => session.set(node, 'x')))
        await Promise.all(nodes.map(node => session.set(node, 'y')))
        await caughtUp(other)
      })
      assert.equal(calls, nodes.length)
      assert.equal(called.size, nodes.length)
    }))

  test(`${name}: values of 1 MiB, many at once`, () =>
    withServer(start, async (session, other) => {
      const value = new Uint8Array(1 << 20).map((_, i) => (i * 131 + (i >> 10)) & 255)
      const nodes = Array.from({ length: 40 }, (_, i) => `/big-${i}`)
      await timed(`${name}: 40 values of 1 MiB written`, () =>
        Promise.all(nodes.map(node => session.create(node, value))),
      )
      await caughtUp(other)
      const read = await timed(`${name}: and read`, () => Promise.all(nodes.map(node => other.get(node))))
      for (const { data } of read) assert.equal(Buffer.compare(data, value), 0)
      await session.set(nodes[0], new Uint8Array(0))
      await fails(session.set(nodes[1], new Uint8Array(65 << 20)), 'BadArguments')
    }))

  test(`${name}: a multi of 10,000 operations`, () =>
    withServer(start, async session => {
      const nodes = Array.from({ length: 5000 }, (_, i) => `/node-${i}`)
      const results = await timed(`${name}: 10,000 operations at once`, () =>
        session.multi([...nodes.map(node => create(node, 'one')), ...nodes.map(node => set(node, 'two', 0))]),
      )
      assert.equal(results.length, 10_000)
      assert.ok(results.every(({ kind }, i) => kind === (i < 5000 ? 'created' : 'stat')))
      const last = [...nodes.map(node => remove(node)), ...nodes.map(node => remove(node))]
      const error = await fails(session.multi(last), 'NoNode')
      assert.equal(error.failedIndex, 5000)
      assert.ok(await session.exists(nodes[0]))
      await session.multi(nodes.map(node => remove(node, 1)))
      assert.equal(await session.exists(nodes[0]), null)
    }))
}
