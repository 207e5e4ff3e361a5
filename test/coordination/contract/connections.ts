import assert from 'node:assert/strict'
import { type Contract, caughtUp, eventually, fails, Log, sleep, statesOf, text, within } from './subject.ts'

/** What becomes of a session when its connection is held, ends, or stays away. */
export function connectionContract({ check, capabilities, createWith }: Contract): void {
  check(
    'a session outlives its connection, with its watches and ephemeral nodes',
    async ({ session, path, client, proxy: start }) => {
      const proxy = await start()
      const own = await client([proxy.address]).open({ timeoutMs: 10_000 })
      const { id } = own
      const states = statesOf(own)
      const node = await own.create(`${path}/data`, 'x')
      await own.create(`${path}/parent`)
      const ephemeral = await own.create(`${path}/ephemeral`, '', { isEphemeral: true })
      const log = new Log()
      await own.get(node, log.watcher())
      await own.children(`${path}/parent`, log.watcher())
      await own.exists(`${path}/none`, log.watcher())
      await own.exists(`${path}/never`, log.watcher())
      await own.exists(ephemeral, log.watcher())
      // A connection that ends, and nothing happened meanwhile: nobody is called.
      proxy.drop()
      await eventually('the connection', () => states.length >= 2 && own.state === 'connected')
      await caughtUp(own)
      assert.deepEqual(states, ['connecting', 'connected'])
      assert.equal(own.id, id)
      assert.deepEqual(log.take(), [])
      // What happens while there is none is told on the next.
      proxy.cut()
      await eventually('the cut', () => own.state === 'connecting')
      await caughtUp(session)
      assert.ok(await session.exists(ephemeral), 'the session lives')
      await session.set(node, 'y')
      await session.create(`${path}/parent/child`)
      await session.create(`${path}/none`)
      proxy.restore()
      await eventually('the connection', () => own.state === 'connected')
      await caughtUp(own)
      assert.deepEqual(log.take().sort(), [`changed ${node}`, `children ${path}/parent`, `created ${path}/none`])
      // And what is still watched is watched on the new connection.
      await session.delete(ephemeral)
      await session.create(`${path}/never`)
      await session.set(node, 'z')
      await caughtUp(own)
      assert.deepEqual(log.take(), [`deleted ${ephemeral}`, `created ${path}/never`])
      assert.equal(text((await own.get(node)).data), 'z')
      assert.equal(own.id, id)
    },
  )

  check('many watches are set again', async ({ session, path, client, proxy: start }) => {
    const proxy = await start()
    const own = await client([proxy.address]).open()
    const nodes = Array.from({ length: 3000 }, (_, i) => `${path}/${'long-name-'.repeat(20)}${i}`)
    await Promise.all(nodes.map(node => session.create(node)))
    await caughtUp(own)
    const called = new Map<string, number>()
    await Promise.all(nodes.map(node => own.get(node, ({ path }) => called.set(path, (called.get(path) ?? 0) + 1))))
    proxy.cut()
    await eventually('the cut', () => own.state === 'connecting')
    const [during, after] = [nodes.slice(0, 1000), nodes.slice(1000)]
    await Promise.all(during.map(node => session.set(node, 'x')))
    proxy.restore()
    await eventually('the connection', () => own.state === 'connected')
    await caughtUp(own)
    assert.equal(called.size, during.length)
    await Promise.all(after.map(node => session.set(node, 'x')))
    await caughtUp(own)
    assert.equal(called.size, nodes.length)
    assert.ok([...called.values()].every(times => times === 1))
  })

  check('an answer that is lost leaves the outcome unknown', async ({ session, path, client, proxy: start }) => {
    const proxy = await start()
    const own = await client([proxy.address]).open({ timeoutMs: 20_000 })
    proxy.hold('answers')
    const done = own.create(`${path}/done`)
    const failed = fails(done, 'ConnectionLoss')
    await eventually('the node', async () => (await session.exists(`${path}/done`)) !== null)
    proxy.drop()
    const error = await within(5000, 'the failure', failed)
    assert.equal(error.isOutcomeUnknown, true)
    assert.equal(error.isRetriable, true)
    proxy.release()
    await eventually('the connection', () => own.state === 'connected')

    proxy.hold('requests')
    const lost = fails(own.create(`${path}/lost`), 'ConnectionLoss')
    await sleep(50)
    proxy.drop()
    await within(5000, 'the failure', lost)
    proxy.release()
    await eventually('the connection', () => own.state === 'connected')
    await caughtUp(own)
    assert.equal(await own.exists(`${path}/lost`), null)
    assert.ok(await own.exists(`${path}/done`))
  })

  check(
    'all that is in flight fails when the connection ends, in order, and later requests are served',
    async ({ path, client, proxy: start }) => {
      const proxy = await start()
      const own = await client([proxy.address]).open({ timeoutMs: 20_000 })
      proxy.hold('answers')
      const failed: number[] = []
      const asked = Array.from({ length: 100 }, (_, i) =>
        fails(own.create(`${path}/${i}`), 'ConnectionLoss').then(() => failed.push(i)),
      )
      await sleep(100)
      proxy.drop()
      await within(5000, 'the failures', Promise.all(asked))
      assert.deepEqual(
        failed,
        Array.from({ length: 100 }, (_, i) => i),
      )
      proxy.release()
      await eventually('the connection', () => own.state === 'connected')
      await own.create(`${path}/after`)
    },
  )

  check('a request that takes too long fails, and the session goes on', async ({ path, client, proxy: start }) => {
    const proxy = await start()
    const own = await client([proxy.address]).open({ timeoutMs: 30_000, operationTimeoutMs: 300 })
    proxy.hold('both')
    const start_ = performance.now()
    const error = await within(5000, 'the failure', fails(own.create(`${path}/a`), 'OperationTimeout'))
    const took = performance.now() - start_
    assert.ok(took >= 250 && took < 3000, `it took ${took} ms`)
    assert.equal(error.isRetriable, true)
    proxy.release()
    await eventually('an answer', () =>
      own.exists(path).then(
        () => true,
        () => false,
      ),
    )
    assert.equal(own.state, 'connected')
    assert.ok(await own.exists(path))
  })

  check('a session that is cut off for too long expires', async ({ session, path, client, proxy: start }) => {
    const proxy = await start()
    const own = await client([proxy.address]).open({ timeoutMs: 1000 })
    const states = statesOf(own)
    const node = await own.create(`${path}/ephemeral`, '', { isEphemeral: true })
    const log = new Log()
    await own.get(path, log.watcher())
    await caughtUp(session)
    const gone = new Promise<number>(resolve => {
      void session.exists(node, () => resolve(performance.now()))
    })
    proxy.cut()
    const cut = performance.now()
    const lived = (await within(10_000, 'the end of the ephemeral node', gone)) - cut
    // Pings go every third of it or so: the servers heard of it last a little before.
    assert.ok(lived > 400, `the node lived on for ${lived} ms`)
    assert.equal(await session.exists(node), null)
    proxy.restore()
    assert.equal(await within(10_000, 'the end', own.ended), 'expired')
    assert.equal(own.state, 'expired')
    assert.deepEqual(
      states.filter((state, i) => state !== states[i - 1]),
      ['connecting', 'expired'],
    )
    assert.deepEqual(log.take(), [`sessionEnded ${path}`])
    const error = await fails(own.get(path), 'SessionExpired')
    assert.equal(error.isUnsent, true)
    await own.close()
    assert.equal(own.state, 'expired')
  })

  check('who is told nothing more gives the connection up', async ({ path, client, proxy: start }) => {
    const proxy = await start()
    const own = await client([proxy.address]).open({ timeoutMs: 2000 })
    const before = proxy.accepted
    proxy.hold('both')
    // Nothing is asked: the missing answers to pings alone have to be noticed.
    await eventually('the state', () => own.state === 'connecting', 5000)
    proxy.release()
    await eventually('the connection', () => own.state === 'connected' || own.state === 'expired')
    assert.ok(proxy.accepted > before)
    if (own.state === 'connected') await own.exists(path)
  })

  check('credentials are told again on the next connection', async ({ path, client, proxy: start }) => {
    const proxy = await start()
    const first = { scheme: 'digest', credentials: 'ada:secret' }
    const second = { scheme: 'digest', credentials: 'bob:word' }
    const own = await client([proxy.address]).open({ auth: [first] })
    const acl = [{ permissions: 31, scheme: 'auth', id: '' }]
    await createWith(own, `${path}/a`, 'a', acl)
    await own.auth(second)
    await createWith(own, `${path}/b`, 'b', acl)
    const states = statesOf(own)
    proxy.drop()
    await eventually('the connection', () => states.length >= 2 && own.state === 'connected')
    assert.equal(text((await own.get(`${path}/a`)).data), 'a')
    assert.equal(text((await own.get(`${path}/b`)).data), 'b')
    await createWith(own, `${path}/c`, 'c', acl)
    if (capabilities.hasAcl) assert.equal((await own.getAcl(`${path}/c`)).acl.length, 2)
  })

  check('of several servers one that serves is found', async ({ path, client, proxy: start }) => {
    const [dead, living] = [await start(), await start()]
    dead.cut()
    const own = await client([dead.address, living.address]).open({ timeoutMs: 10_000 })
    const states = statesOf(own)
    await own.get(path)
    assert.equal(dead.open, 0)
    // The other one, when this one is gone.
    dead.restore()
    living.cut()
    await eventually('the connection', () => states.length >= 2 && own.state === 'connected')
    await own.get(path)
    assert.ok(dead.open > 0)
  })

  check('nobody serves', async ({ client, proxy: start }) => {
    const proxy = await start()
    proxy.cut()
    const begun = performance.now()
    await within(5000, 'the refusal', fails(client([proxy.address]).open({ connectTimeoutMs: 500 }), 'ConnectionLoss'))
    assert.ok(performance.now() - begun >= 400, 'it is tried again until then')
    proxy.restore()
    proxy.hold('both')
    await within(5000, 'the refusal', fails(client([proxy.address]).open({ connectTimeoutMs: 500 }), 'ConnectionLoss'))
    const given = new AbortController()
    const opening = assert.rejects(client([proxy.address]).open({ signal: given.signal }))
    await sleep(50)
    given.abort()
    await within(2000, 'the refusal', opening)
  })

  check('closing a session that is cut off', async ({ path, client, proxy: start }) => {
    const proxy = await start()
    const own = await client([proxy.address]).open({ timeoutMs: 5000 })
    await own.get(path)
    proxy.cut()
    await eventually('the cut', () => own.state === 'connecting')
    await within(5000, 'the close', own.close())
    assert.equal(await own.ended, 'closed')
  })
}
