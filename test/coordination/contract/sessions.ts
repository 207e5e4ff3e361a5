import assert from 'node:assert/strict'
import type { SessionState } from '../../../runtime/coordination/coordinator.ts'
import { type Contract, caughtUp, eventually, fails, Log, statesOf, text, within } from './subject.ts'

/** Sessions, their ephemeral nodes, and their end. */
export function sessionContract({ check }: Contract): void {
  check('ephemeral nodes belong to their session', async ({ session, path, open }) => {
    const other = await open()
    assert.notEqual(session.id, other.id)
    const options = { isEphemeral: true }
    const own = await session.create(`${path}/own`, '', options)
    const others = await other.create(`${path}/others`, '', options)
    const sequential = await other.create(`${path}/n-`, '', { isEphemeral: true, isSequential: true })
    assert.equal((await session.exists(own))!.ephemeralOwner, session.id)
    await caughtUp(session)
    assert.equal((await session.exists(others))!.ephemeralOwner, other.id)
    await fails(session.create(`${own}/child`), 'NoChildrenForEphemerals')
    await fails(session.create(`${others}/child`, '', options), 'NoChildrenForEphemerals')
    await session.delete(others)
    const log = new Log()
    await session.exists(sequential, log.watcher())
    await session.children(path, log.watcher())
    await other.close()
    await caughtUp(session)
    assert.equal(await session.exists(sequential), null)
    assert.deepEqual(log.take(), [`deleted ${sequential}`, `children ${path}`])
    assert.ok(await session.exists(own), 'it is not the other’s')
  })

  check('a session goes its way from open to closed', async ({ open, path }) => {
    const told: SessionState[] = []
    const own = await open({ onState: state => told.push(state) })
    assert.deepEqual(told, ['connected'])
    assert.equal(own.state, 'connected')
    const states = statesOf(own)
    const unheard: SessionState[] = []
    own.onState(state => unheard.push(state))()
    own.onState(() => {
      throw new Error('A listener of the contract throws')
    })
    const after = statesOf(own)
    await own.create(`${path}/e`, '', { isEphemeral: true })
    await own.close()
    assert.equal(await within(1000, 'the end', own.ended), 'closed')
    assert.equal(own.state, 'closed')
    assert.deepEqual(told, ['connected', 'closed'])
    assert.deepEqual([...states, ...after, ...unheard], ['closed', 'closed'])
    for (const late of [own.get(path), own.create(`${path}/x`), own.exists(path), own.sync(path), own.children(path)]) {
      const error = await fails(late, 'Closed')
      assert.equal(error.isUnsent, true)
      assert.equal(error.isOutcomeUnknown, false)
    }
    await own.close()
  })

  check('closing with requests in flight settles each', async ({ session, path, open }) => {
    const own = await open()
    await caughtUp(own)
    const asked = Array.from({ length: 300 }, (_, i) => own.create(`${path}/${i}`))
    const settled = Promise.allSettled(asked)
    await within(10_000, 'the close', own.close())
    const outcomes = await within(1000, 'all that was asked', settled)
    await caughtUp(session)
    for (const [i, outcome] of outcomes.entries())
      if (outcome.status === 'fulfilled') assert.ok(await session.exists(`${path}/${i}`), 'what was answered was done')
      else await fails(Promise.reject(outcome.reason), 'Closed')
    const { names } = await session.children(path)
    const numbers = names.map(Number).sort((a, b) => a - b)
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i),
      'in order, none left out',
    )
  })

  check('closing a coordinator ends its sessions', async ({ session, path, client }) => {
    const own = client()
    const sessions = await Promise.all([own.open(), own.open()])
    assert.notEqual(sessions[0].id, sessions[1].id)
    for (const [i, one] of sessions.entries()) await one.create(`${path}/${i}`, '', { isEphemeral: true })
    await own.close()
    for (const one of sessions) assert.equal(await within(1000, 'the end', one.ended), 'closed')
    await caughtUp(session)
    assert.deepEqual((await session.children(path)).names, [])
  })

  check('a session below a path sees no other', async ({ session, path, open }) => {
    await session.create(`${path}/root`)
    const own = await open({ chroot: `${path}/root` })
    await caughtUp(own)
    assert.equal(await own.create('/a', 'x'), '/a')
    assert.equal(await own.create('/n-', '', { isSequential: true }), '/n-0000000001')
    assert.deepEqual([...(await own.children('/')).names].sort(), ['a', 'n-0000000001'])
    assert.equal(text((await own.get('/a')).data), 'x')
    const error = await fails(own.get('/none'), 'NoNode')
    assert.ok(!error.message.includes(path), 'errors name the path as it was asked for')
    await caughtUp(session)
    assert.equal(text((await session.get(`${path}/root/a`)).data), 'x')
    assert.equal((await own.set('/', 'root')).version, 1)
    const log = new Log()
    await own.children('/', log.watcher())
    await own.get('/a', log.watcher())
    await own.exists('/b', log.watcher())
    await own.get('/', log.watcher('root'))
    await session.delete(`${path}/root/a`)
    await session.create(`${path}/root/b`)
    await session.set(`${path}/root`, 'y')
    await caughtUp(own)
    assert.deepEqual(log.take(), ['deleted /a', 'children /', 'created /b', 'root changed /'])
    await session.set(path, 'outside')
    await caughtUp(own)
    assert.deepEqual(log.take(), [])
  })

  check('the root of a session may be made by it', async ({ session, path, open }) => {
    const own = await open({ chroot: `${path}/root` })
    await fails(own.create('/a'), 'NoNode')
    assert.equal(await own.exists('/'), null)
    assert.equal(await own.create('/'), '/')
    await own.create('/a')
    await caughtUp(session)
    assert.ok(await session.exists(`${path}/root/a`))
    for (const chroot of ['a', `${path}/`, `${path}//a`]) await fails(open({ chroot }), 'BadArguments')
    const top = await open({ chroot: '/' })
    await caughtUp(top)
    assert.ok(await top.exists(path))
  })

  check('the time-out of a session is granted within limits', async ({ open }) => {
    const own = await open({ timeoutMs: 5000 })
    assert.equal(own.timeoutMs, 5000)
    const least = await open({ timeoutMs: 1 })
    assert.ok(least.timeoutMs >= 1)
    await least.sync('/')
  })

  check('a session that is idle lives on', async ({ session, path, open }) => {
    const own = await open({ timeoutMs: 800 })
    const states = statesOf(own)
    const node = await own.create(`${path}/e`, '', { isEphemeral: true })
    await new Promise(resolve => setTimeout(resolve, 2000))
    assert.equal(own.state, 'connected')
    assert.deepEqual(states, [])
    await caughtUp(session)
    assert.ok(await session.exists(node))
  })

  check('an opening that is given up', async ({ client }) => {
    const given = new AbortController()
    given.abort()
    await assert.rejects(within(2000, 'the refusal', client().open({ signal: given.signal })))
  })

  check('many sessions at once', async ({ session, path, client }) => {
    const own = client()
    const sessions = await Promise.all(Array.from({ length: 50 }, () => own.open()))
    assert.equal(new Set(sessions.map(one => one.id)).size, 50)
    await Promise.all(sessions.map((one, i) => one.create(`${path}/${i}`, '', { isEphemeral: true })))
    await caughtUp(session)
    assert.equal((await session.children(path)).names.length, 50)
    await Promise.all(sessions.map(one => one.close()))
    await caughtUp(session)
    await eventually('nobody', async () => (await session.children(path)).names.length === 0)
  })
}
