// What is done once is done once, whatever becomes of the connection.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EmbeddedCoordinator } from '../../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { CoordinationError, isCoordinationError } from '../../../runtime/coordination/errors.ts'
import { check, create, set } from '../../../runtime/coordination/operations.ts'
import { createEphemeral, createIfMissing } from '../../../runtime/coordination/recipes/createIfMissing.ts'
import { createPath } from '../../../runtime/coordination/recipes/createPath.ts'
import { multiOnce } from '../../../runtime/coordination/recipes/multiOnce.ts'
import { removeTree } from '../../../runtime/coordination/recipes/removeTree.ts'
import { isUnsent, retry } from '../../../runtime/coordination/recipes/retry.ts'
import { setVersion } from '../../../runtime/coordination/recipes/setVersion.ts'
import { tryRemove } from '../../../runtime/coordination/recipes/tryRemove.ts'
import { everySeed } from './everySeed.ts'
import { Client, inWorld, type Net } from './net.ts'

const faults = { lostRequest: 0.1, lostAnswer: 0.1, lateRequest: 0.1 }
const injects = Object.keys(faults)
const text = (data: Uint8Array) => new TextDecoder().decode(data)

function clients(net: Net, count: number) {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const process = net.process(`process ${i}`)
      return { platform: process.platform, session: await new Client(net, process).open({ timeoutMs: 30_000 }), i }
    }),
  )
}

describe('retry', () => {
  const platformOf = (net: Net) => net.process('one').platform
  const loss = (isUnsent = false) => new CoordinationError('ConnectionLoss', '/x', { isUnsent })

  test('tries again what the connection was at fault for, and nothing else', () =>
    inWorld(1, async net => {
      let attempts = 0
      const failing = (error: Error, times: number) => async () => {
        if (++attempts <= times) throw error
        return attempts
      }
      assert.equal(await retry(platformOf(net), failing(loss(), 3)), 4)
      attempts = 0
      await assert.rejects(retry(platformOf(net), failing(new CoordinationError('NoNode', '/x'), 3)))
      assert.equal(attempts, 1)
      attempts = 0
      await assert.rejects(retry(platformOf(net), failing(loss(), 3), { mayRetry: isUnsent }))
      assert.equal(attempts, 1)
      attempts = 0
      assert.equal(await retry(platformOf(net), failing(loss(true), 3), { mayRetry: isUnsent }), 4)
      attempts = 0
      await assert.rejects(retry(platformOf(net), failing(loss(), 100), { attempts: 5 }))
      assert.equal(attempts, 5)
    }))

  test('waits longer each time, and not for ever', () =>
    inWorld(1, async net => {
      const times: number[] = []
      const failing = async () => {
        times.push(net.world.timeMs)
        throw loss()
      }
      await assert.rejects(
        retry(platformOf(net), failing, { attempts: 1000, timeMs: 30_000, delayMs: 100, delayMsMax: 2000 }),
      )
      const pauses = times.slice(1).map((time, at) => time - times[at])
      assert(pauses[0] >= 50 && pauses[0] <= 100)
      assert(pauses.every(pause => pause <= 2000) && pauses.at(-1)! >= 1000)
      assert(times.at(-1)! <= 30_000 && times.at(-1)! > 27_000)
    }))

  test('stops at once when it is told to', () =>
    inWorld(1, async net => {
      const stop = new AbortController()
      const never = retry(platformOf(net), () => new Promise(() => {}), { signal: stop.signal })
      const failing = retry(
        platformOf(net),
        async () => {
          throw loss()
        },
        { signal: stop.signal, attempts: 1000 },
      )
      net.world.after(null, 500, 'stop', '', () => stop.abort(new Error('stopped')))
      await assert.rejects(never, /stopped/)
      await assert.rejects(failing, /stopped/)
      assert.equal(net.world.timeMs, 500)
    }))
})

everySeed(
  'setVersion: what was acknowledged is there once',
  async net => {
    const all = await clients(net, 3)
    await all[0].session.create('/counter', '0 nobody')
    net.faults = faults
    net.hasOutages = false
    const { state } = net.keeper
    const values = [text(state.nodes.get('/counter')!.data)]
    const apply = state.apply.bind(state)
    state.apply = (...change) => {
      const result = apply(...change)
      const value = text(state.nodes.get('/counter')!.data)
      if (value !== values.at(-1)) values.push(value)
      return result
    }
    const sure: string[] = []
    const never: string[] = []
    const work = async ({ platform, session, i }: (typeof all)[number]) => {
      for (let n = 0; n < 40; ) {
        const { data, stat } = await retry(platform, () => session.get('/counter'), { attempts: 50 })
        const next = `${Number.parseInt(text(data), 10) + 1} by ${i}, ${n++}`
        try {
          const done = await setVersion(platform, session, '/counter', next, stat.version, { attempts: 30 })
          assert.equal(done.version, stat.version + 1)
          sure.push(next)
        } catch (error) {
          assert(isCoordinationError(error, 'BadVersion', 'ConnectionLoss'), String(error))
          if (!error.isOutcomeUnknown) never.push(next)
        }
      }
    }
    await Promise.all(all.map(work))
    for (const value of sure) assert(values.includes(value), 'what is acknowledged was done')
    for (const value of never) assert(!values.includes(value), 'what was refused was not')
    assert(sure.length > 20)
  },
  { injects },
)

everySeed(
  'multiOnce: done once, or surely not',
  async net => {
    const all = await clients(net, 3)
    const steady = await new EmbeddedCoordinator(net.keeper, false).open()
    for (const path of ['/log', '/markers']) await steady.create(path)
    net.faults = faults
    net.hasOutages = false
    const sure = new Set<string>()
    const never = new Set<string>()
    const work = async ({ platform, session, i }: (typeof all)[number]) => {
      for (let n = 0; n < 20; n++) {
        const id = `${i} ${n}`
        const isWrong = n % 5 === 4
        const operations = [create('/log/entry-', id, { isSequential: true }), check(isWrong ? '/nothing' : '/log')]
        try {
          const results = await multiOnce(platform, session, operations, '/markers', { attempts: 30 })
          if (results) assert(results[0].kind === 'created' && results[0].path.startsWith('/log/entry-'))
          sure.add(id)
        } catch (error) {
          assert(isCoordinationError(error, 'NoNode'), String(error))
          assert.equal(error.failedIndex, 1)
          never.add(id)
        }
      }
    }
    await Promise.all(all.map(work))
    net.faults = {}
    await net.world.wait(30_000)
    const seen: string[] = []
    for (const name of (await steady.children('/log')).names) seen.push(text((await steady.get(`/log/${name}`)).data))
    assert.deepEqual(seen.sort(), [...sure].sort())
    assert.equal(never.size, 12)
    assert.deepEqual((await steady.children('/markers')).names, [])
  },
  { injects },
)

everySeed(
  'nodes are made and removed by many at once',
  async net => {
    const all = await clients(net, 3)
    net.faults = faults
    net.hasOutages = false
    const options = { retry: { attempts: 30 } }
    const steady = await new EmbeddedCoordinator(net.keeper, false).open()
    const work = async ({ platform, session, i }: (typeof all)[number]) => {
      for (let n = 0; n < 10; n++) {
        const path = `/a/${net.random.below(3)}/c/${net.random.below(3)}/e`
        if (net.random.chance(0.7)) await createPath(platform, session, path, options)
        else await removeTree(platform, session, `/a/${net.random.below(3)}`, options)
        assert(await createEphemeral(platform, session, `/ephemeral ${i}`, '', options))
      }
      assert(!(await createEphemeral(platform, session, `/ephemeral ${(i + 1) % 3}`, '', options)))
    }
    await Promise.all(all.map(({ platform, session, i }) => createEphemeral(platform, session, `/ephemeral ${i}`)))
    await Promise.all(all.map(work))
    const [{ platform, session }] = all
    await createPath(platform, session, '/a/b/c/d/e/f', options)
    assert(await steady.exists('/a/b/c/d/e/f'))
    await removeTree(platform, session, '/a', options)
    assert.equal(await steady.exists('/a'), null)
    await removeTree(platform, session, '/a', options)
    assert.equal(await tryRemove(platform, session, '/a', options), false)
    await createIfMissing(platform, session, '/a', '', options)
    assert.equal(await createIfMissing(platform, session, '/a', '', options), false)
  },
  { injects },
)

test('createPath in a chroot, and where one may not create', () =>
  inWorld(1, async net => {
    const process = net.process('one')
    const client = new Client(net, process)
    const inside = await client.open({ chroot: '/chroot' })
    await createPath(process.platform, inside, '/a/b')
    const outside = await client.open()
    assert(await outside.exists('/chroot/a/b'))
    await assert.rejects(createPath(process.platform, outside, 'a'), error =>
      isCoordinationError(error, 'BadArguments'),
    )
    await outside.multi([create('/closed', '', { acl: [{ permissions: 1, scheme: 'world', id: 'anyone' }] })])
    await assert.rejects(createPath(process.platform, outside, '/closed/more'), error =>
      isCoordinationError(error, 'NoAuth'),
    )
    await createPath(process.platform, outside, '/closed')
  }))

test('removeTree of thousands of nodes, many at once', () =>
  inWorld(1, async net => {
    const process = net.process('one')
    const session = await new Client(net, process).open({ timeoutMs: 30_000 })
    const operations = ['/t', '/t/a', '/t/b'].map(path => create(path))
    for (let i = 0; i < 2000; i++) operations.push(create(`/t/${i % 2 ? 'a' : 'b'}/${i}`))
    await session.multi(operations)
    const before = net.world.timeMs
    await removeTree(process.platform, session, '/t')
    assert.equal(await session.exists('/t'), null)
    assert(net.world.timeMs - before < 10_000, 'not one after the other')
    await session.create('/t')
    await session.multi([set('/t', 'x')])
  }))
