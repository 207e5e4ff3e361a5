import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Candidate, candidatesIn, leaderOf } from '../../../runtime/coordination/recipes/election.ts'
import { Client, inWorld } from './net.ts'

const text = (data: Uint8Array) => new TextDecoder().decode(data)

test('the one who has stood longest leads; a leader finishes before the next one begins', () =>
  inWorld(1, async net => {
    const { platform } = net.process('one')
    const client = new Client(net, net.process('one'))
    const sessions = await Promise.all([client.open(), client.open(), client.open()])
    const [a, b, c] = sessions
    assert.equal(await leaderOf(platform, a, '/election'), null)
    const first = await Candidate.stand(platform, a, '/election', { data: 'a' })
    const second = await Candidate.stand(platform, b, '/election', { data: 'b' })
    const third = await Candidate.stand(platform, c, '/election', { data: 'c' })
    const all = await candidatesIn(platform, c, '/election')
    assert.deepEqual(
      all.map(({ data }) => text(data)),
      ['a', 'b', 'c'],
    )
    assert.equal(all[1].sessionId, b.id)
    const lead = (await first.elected())!
    assert.equal(await first.elected(), lead)
    assert.equal((await leaderOf(platform, c, '/election'))!.fence, lead.fence)
    const order: string[] = []
    const next = second.elected().then(held => {
      order.push('the next begins')
      return held
    })
    await net.world.wait(500)
    await first.resign(async held => {
      assert(held.isHeld)
      await platform.clock.wait(2000)
      order.push('the first has finished')
    })
    assert(!lead.isHeld && !lead.lost.aborted)
    assert((await next)!.fence > lead.fence)
    assert.deepEqual(order, ['the first has finished', 'the next begins'])
    assert.equal(await first.elected(), null)
    // Having finished badly is no reason to stay.
    await assert.rejects(
      second.resign(async () => {
        throw new Error('of its own')
      }),
      /of its own/,
    )
    assert((await third.elected())?.isHeld)
    await third.resign()
    assert.deepEqual(await candidatesIn(platform, c, '/election'), [])
  }))

test('one who waits to lead may stop waiting, and stands on', () =>
  inWorld(2, async net => {
    const { platform } = net.process('one')
    const client = new Client(net, net.process('one'))
    const [a, b] = await Promise.all([client.open(), client.open()])
    const first = await Candidate.stand(platform, a, '/e')
    const second = await Candidate.stand(platform, b, '/e')
    await first.elected()
    const stop = new AbortController()
    net.world.after(null, 100, 'stop', '', () => stop.abort(new Error('enough')))
    await assert.rejects(second.elected(stop.signal), /enough/)
    assert.equal((await candidatesIn(platform, a, '/e')).length, 2)
    const removed = second.elected()
    await net.world.wait(100)
    await a.delete(second.path)
    await first.resign()
    assert.equal(await removed, null)
  }))
