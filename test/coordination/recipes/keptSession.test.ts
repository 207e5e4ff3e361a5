import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Coordinator, Session } from '../../../runtime/coordination/coordinator.ts'
import { CoordinationError, isCoordinationError } from '../../../runtime/coordination/errors.ts'
import { createEphemeral } from '../../../runtime/coordination/recipes/createIfMissing.ts'
import { KeptSession } from '../../../runtime/coordination/recipes/keptSession.ts'
import { Client, inWorld } from './net.ts'

test('a session that expires is followed by another, where ephemeral nodes are made anew', () =>
  inWorld(1, async net => {
    const process = net.process('one')
    const client = new Client(net, process)
    const errors: unknown[] = []
    const kept = new KeptSession(process.platform, client, { onError: error => errors.push(error) })
    const sessions: Session[] = []
    kept.onSession(async session => {
      sessions.push(session)
      await createEphemeral(process.platform, session, '/here')
    })
    const stop = kept.onSession(() => {
      throw new Error('of a listener')
    })
    const first = await kept.session()
    await net.world.wait(100)
    assert.equal(kept.current, first)
    assert(net.keeper.state.nodes.has('/here'))
    await client.links.get(first)!.expire()
    assert(!net.keeper.state.nodes.has('/here'))
    await net.world.wait(8000)
    assert(net.keeper.state.nodes.has('/here'))
    assert.equal(first.state, 'expired')
    assert.equal(sessions.length, 2)
    assert.equal(kept.current, sessions[1])
    assert.equal(errors.length, 2)
    stop()
    let late: Session | null = null
    kept.onSession(session => {
      late = session
    })
    assert.equal(late, kept.current, 'told of the one there is')
    await kept.close()
    assert.equal(await kept.ended, null)
    assert.equal(kept.current, null)
    await assert.rejects(kept.session(), error => isCoordinationError(error, 'Closed'))
    await net.world.wait(100)
    assert(!net.keeper.state.nodes.has('/here'))
    assert.equal(errors.length, 2)
  }))

test('none can be had for a while: it is tried again, by the policy', () =>
  inWorld(1, async net => {
    const process = net.process('one')
    const client = new Client(net, process)
    let failures = 5
    const failing: Coordinator = {
      hasMulti: true,
      open: async options => {
        if (failures-- > 0) throw new CoordinationError('ConnectionLoss', 'nobody there')
        return client.open(options)
      },
      close: () => client.close(),
    }
    const times: number[] = []
    const kept = new KeptSession(process.platform, failing, {
      delayMs: 100,
      onError: () => times.push(net.world.timeMs),
    })
    await kept.session()
    assert.equal(times.length, 5)
    assert(times[4] - times[3] > times[1] - times[0])
    await kept.close()

    failures = Number.POSITIVE_INFINITY
    const impatient = new KeptSession(process.platform, failing, { mayRetry: ({ sinceMs }) => sinceMs < 10_000 })
    const rejected = assert.rejects(impatient.session(), error => isCoordinationError(error, 'ConnectionLoss'))
    assert(isCoordinationError(await impatient.ended, 'ConnectionLoss'))
    await rejected

    const stopped = new KeptSession(process.platform, failing)
    await net.world.wait(3000)
    await stopped.close()
    assert.equal(await stopped.ended, null)
  }))

test('refused credentials are not shown again, a session that its user closes stays closed', () =>
  inWorld(1, async net => {
    const process = net.process('one')
    let opens = 0
    const refusing: Coordinator = {
      hasMulti: true,
      open: async () => {
        opens++
        throw new CoordinationError('AuthFailed', 'digest')
      },
      close: async () => {},
    }
    const kept = new KeptSession(process.platform, refusing)
    assert(isCoordinationError(await kept.ended, 'AuthFailed'))
    assert.equal(opens, 1)
    const other = new KeptSession(process.platform, new Client(net, process))
    await (await other.session()).close()
    assert(isCoordinationError(await other.ended, 'Closed'))
  }))

test('one who waits for a session may stop waiting', () =>
  inWorld(1, async net => {
    const process = net.process('one')
    const never: Coordinator = {
      hasMulti: true,
      open: ({ signal } = {}) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
      close: async () => {},
    }
    const kept = new KeptSession(process.platform, never)
    const stop = new AbortController()
    const waiting = kept.session(stop.signal)
    net.world.after(null, 100, 'stop', '', () => stop.abort(new Error('enough')))
    await assert.rejects(waiting, /enough/)
    await kept.close()
  }))
