import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isCoordinationError } from '../../../runtime/coordination/errors.ts'
import { lock, tryLock, withLock } from '../../../runtime/coordination/recipes/lock.ts'
import { Client, inWorld, type Net } from './net.ts'

async function two(net: Net) {
  const [one, other] = [net.process('one'), net.process('other')]
  const clients = [new Client(net, one), new Client(net, other)]
  const [a, b] = await Promise.all(clients.map(client => client.open()))
  return { one, other, a, b, linkOf: (session: typeof a) => clients.map(c => c.links.get(session)).find(Boolean)! }
}

describe('lock', () => {
  test('first come, first served; fences grow', () =>
    inWorld(1, async net => {
      const { one, other, a, b } = await two(net)
      const first = await lock(one.platform, a, '/some/lock', { data: 'one' })
      assert(first.isHeld)
      let isSecond = false
      const second = lock(other.platform, b, '/some/lock').then(held => {
        isSecond = true
        return held
      })
      await net.world.wait(20_000)
      assert(!isSecond && first.isHeld, 'it is kept while it is idle')
      assert.equal(await tryLock(other.platform, b, '/some/lock'), null)
      await first.end()
      assert(!first.isHeld)
      assert.throws(() => first.check())
      const held = await second
      assert(held.fence > first.fence)
      assert.deepEqual((await a.children('/some/lock')).names.length, 1)
      assert.match((await a.children('/some/lock')).names[0], /^[0-9a-f]{32}__lock__\d{10}$/)
    }))

  test('who waits watches the one before, and is woken by it alone', () =>
    inWorld(2, async net => {
      const { one, a } = await two(net)
      const first = await lock(one.platform, a, '/lock')
      const order: number[] = []
      const waiting = []
      for (let i = 0; i < 20; i++) {
        waiting.push(
          lock(one.platform, a, '/lock').then(async held => {
            order.push(i)
            await held.end()
          }),
        )
        await net.world.wait(100)
      }
      assert.equal(net.keeper.watches.count <= 21, true, 'one watch each')
      await first.end()
      await Promise.all(waiting)
      assert.deepEqual(
        order,
        Array.from({ length: 20 }, (_, i) => i),
      )
      assert.equal(net.keeper.watches.count, 0)
    }))

  test('one who gives up leaves nothing behind', () =>
    inWorld(3, async net => {
      const { one, other, a, b } = await two(net)
      const first = await lock(one.platform, a, '/lock')
      const giveUp = new AbortController()
      const second = lock(other.platform, b, '/lock', { signal: giveUp.signal })
      await net.world.wait(500)
      giveUp.abort(new Error('no more'))
      await assert.rejects(second, /no more/)
      assert.equal(await tryLock(other.platform, b, '/lock', { waitMs: 1000 }), null)
      await net.world.wait(1000)
      assert.equal((await a.children('/lock')).names.length, 1)
      assert(net.keeper.watches.count <= 2, "the holder's own, and what was left at its node")
      const third = tryLock(other.platform, b, '/lock', { waitMs: 10_000 })
      await net.world.wait(100)
      await first.end()
      assert((await third)?.isHeld)
    }))

  test('a session that ends loses it, and the next one has it', () =>
    inWorld(4, async net => {
      const { one, other, a, b, linkOf } = await two(net)
      const first = await lock(one.platform, a, '/lock')
      const next = lock(other.platform, b, '/lock')
      await net.world.wait(100)
      await linkOf(a).expire()
      const second = await next
      assert(second.isHeld)
      await net.world.wait(5000)
      // Whichever it hears of first: that its node is gone, or its session.
      assert(first.lost.aborted && isCoordinationError(first.lost.reason, 'SessionExpired', 'NoNode'))
      await first.end()
    }))

  test('who is cut off stops before the session can end', () =>
    inWorld(5, async net => {
      const { one, other, a, b, linkOf } = await two(net)
      const first = await lock(one.platform, a, '/lock')
      const next = lock(other.platform, b, '/lock')
      await net.world.wait(100)
      linkOf(a).silence(60_000)
      const heldMs = net.world.timeMs
      let lostMs = 0
      first.lost.addEventListener('abort', () => {
        lostMs = net.world.timeMs
      })
      await next
      assert(lostMs > 0 && lostMs < net.world.timeMs)
      assert(lostMs - heldMs <= 3600, 'nine tenths of four seconds after the last answer')
      assert(isCoordinationError(first.lost.reason, 'ConnectionLoss'))
    }))

  test('one who was paused for long knows it when he comes back', () =>
    inWorld(6, async net => {
      const { one, other, a, b } = await two(net)
      const first = await lock(one.platform, a, '/lock')
      const next = lock(other.platform, b, '/lock')
      await net.world.wait(100)
      one.pause(30_000)
      const second = await next
      assert(second.isHeld && !first.isHeld)
      assert(!first.lost.aborted, 'no timer could tell')
      assert.throws(
        () => first.check(),
        error => isCoordinationError(error, 'ConnectionLoss'),
      )
      assert(first.lost.aborted)
    }))

  test('the node is removed by somebody', () =>
    inWorld(7, async net => {
      const { one, other, a, b } = await two(net)
      const first = await lock(one.platform, a, '/lock')
      await b.delete(first.path)
      await net.world.wait(200)
      assert(isCoordinationError(first.lost.reason, 'NoNode'))
      await assert.rejects(a.multi([first.guard]), error => isCoordinationError(error, 'NoNode'))
      // One who waits goes to the end of the queue.
      const second = await lock(one.platform, a, '/lock')
      const third = lock(other.platform, b, '/lock')
      await net.world.wait(200)
      for (const name of (await a.children('/lock')).names)
        if (!second.path.endsWith(name)) await a.delete(`/lock/${name}`)
      await net.world.wait(200)
      await second.end()
      assert((await third).isHeld)
    }))

  test('the session ends while one waits', () =>
    inWorld(8, async net => {
      const { one, other, a, b } = await two(net)
      await lock(one.platform, a, '/lock')
      const next = lock(other.platform, b, '/lock')
      const rejected = assert.rejects(next, error => isCoordinationError(error, 'Closed'))
      await net.world.wait(100)
      await b.close()
      await rejected
    }))

  test('it is given up whatever comes of it', () =>
    inWorld(9, async net => {
      const { one, a } = await two(net)
      await assert.rejects(
        withLock(one.platform, a, '/lock', async held => {
          assert(held.isHeld)
          throw new Error('of its own')
        }),
        /of its own/,
      )
      assert.deepEqual((await a.children('/lock')).names, [])
    }))
})
