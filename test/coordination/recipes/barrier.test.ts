import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoordinationError } from '../../../runtime/coordination/errors.ts'
import { liftBarrier, raiseBarrier, waitAtBarrier } from '../../../runtime/coordination/recipes/barrier.ts'
import { enterTogether } from '../../../runtime/coordination/recipes/doubleBarrier.ts'
import { everySeed } from './everySeed.ts'
import { Client, inWorld, type Net } from './net.ts'

const faults = { lostRequest: 0.05, lostAnswer: 0.05, lateRequest: 0.05 }

async function sessionOf(net: Net, name: string) {
  const process = net.process(name)
  return { platform: process.platform, session: await new Client(net, process).open({ timeoutMs: 10_000 }) }
}

everySeed(
  'who waits at a barrier goes on when it is lifted',
  async net => {
    net.hasOutages = false
    const one = await sessionOf(net, 'one')
    const others = await Promise.all([1, 2, 3].map(n => sessionOf(net, `other ${n}`)))
    await waitAtBarrier(one.platform, one.session, '/gates/a')
    net.faults = faults
    await raiseBarrier(one.platform, one.session, '/gates/a')
    await raiseBarrier(one.platform, one.session, '/gates/a')
    let through = 0
    const waiting = others.map(async ({ platform, session }) => {
      await waitAtBarrier(platform, session, '/gates/a')
      through++
    })
    const stop = new AbortController()
    const stopped = waitAtBarrier(one.platform, one.session, '/gates/a', stop.signal)
    await net.world.wait(2000)
    stop.abort(new Error('enough'))
    await assert.rejects(stopped, /enough/)
    assert.equal(through, 0)
    await liftBarrier(one.platform, one.session, '/gates/a')
    await Promise.all(waiting)
  },
  { injects: Object.keys(faults) },
)

everySeed(
  'several begin together and end together, again and again',
  async net => {
    net.hasOutages = false
    net.faults = faults
    const count = 4
    let inside = 0
    let begun = 0
    const work = async (n: number) => {
      const { platform, session } = await sessionOf(net, `process ${n}`)
      for (let round = 1; round <= 5; round++) {
        begun++
        const { names, leave } = await enterTogether(platform, session, '/rounds/a', count)
        assert(begun >= round * count, 'not before all have come')
        assert.equal(names.length, count)
        inside++
        await platform.clock.wait(platform.random() * 200)
        inside--
        await leave()
        assert.equal(inside, 0, 'not before all have left')
      }
    }
    await Promise.all(Array.from({ length: count }, (_, n) => work(n)))
    assert.equal(begun, count * 5)
    net.faults = {}
    await net.world.wait(1000)
    assert.equal(net.keeper.state.nodes.get('/rounds/a')!.children?.size, 1)
  },
  { injects: Object.keys(faults) },
)

test('one whose session ends has left; who gives up does not count', () =>
  inWorld(1, async net => {
    const [a, b, c] = [await sessionOf(net, 'a'), await sessionOf(net, 'b'), await sessionOf(net, 'c')]
    const stop = new AbortController()
    const third = enterTogether(c.platform, c.session, '/r', 2, stop.signal)
    await net.world.wait(500)
    stop.abort(new Error('enough'))
    await assert.rejects(third, /enough/)
    await net.world.wait(500)
    const first = enterTogether(a.platform, a.session, '/r', 2)
    let isIn = false
    first.then(() => {
      isIn = true
    })
    await net.world.wait(500)
    assert(!isIn)
    const [one] = await Promise.all([first, enterTogether(b.platform, b.session, '/r', 2)])
    // The next round waits until this one is over.
    const later = Promise.all([c, c].map(({ platform, session }) => enterTogether(platform, session, '/r', 2)))
    let isLater = false
    later.then(() => {
      isLater = true
    })
    await one.leave(AbortSignal.abort(new Error('not waiting'))).catch(() => {})
    await net.world.wait(1000)
    assert(!isLater)
    await b.session.close()
    await later
    await one.leave()
    await assert.rejects(enterTogether(a.platform, a.session, '/r', 0), error =>
      isCoordinationError(error, 'BadArguments'),
    )
  }))
