import assert from 'node:assert/strict'
import { check as checkNode, create, remove, set } from '../../../runtime/coordination/operations.ts'
import { type Contract, caughtUp, fails, Log, sleep, text } from './subject.ts'

/** All or nothing. */
export function multiContract({ check, capabilities }: Contract): void {
  if (!capabilities.hasMulti) {
    check('a multi is refused', async ({ session, path }) => {
      await fails(session.multi([create(`${path}/a`)]), 'Unsupported')
      await fails(session.tryMulti([create(`${path}/a`)]), 'Unsupported')
      assert.equal(await session.exists(`${path}/a`), null)
    })
    return
  }

  check('a multi does all, and answers for each', async ({ session, path }) => {
    await session.create(`${path}/old`)
    const results = await session.multi([
      create(`${path}/a`, 'one'),
      create(`${path}/a/b`, 'two'),
      set(`${path}/a`, 'three', 0),
      checkNode(`${path}/a`, 1),
      create(`${path}/n-`, '', { isSequential: true }),
      create(`${path}/n-`, '', { isSequential: true, isEphemeral: true }),
      remove(`${path}/old`),
    ])
    assert.deepEqual(
      results.map(result => result.kind),
      ['created', 'created', 'stat', 'done', 'created', 'created', 'done'],
    )
    const paths = results.flatMap(result => (result.kind === 'created' ? [result.path] : []))
    // The old node counts, and so does each that this multi made before.
    assert.deepEqual(paths, [`${path}/a`, `${path}/a/b`, `${path}/n-0000000002`, `${path}/n-0000000003`])
    const made = await session.get(`${path}/a`)
    assert.equal(text(made.data), 'three')
    assert.ok(results[2].kind === 'stat')
    assert.equal(results[2].stat.version, 1)
    assert.deepEqual((await session.exists(paths[3]))!.ephemeralOwner, session.id)
    assert.equal(await session.exists(`${path}/old`), null)
    // One transaction.
    assert.equal((await session.exists(`${path}/a/b`))!.czxid, made.stat.czxid)
    assert.equal((await session.exists(path))!.pzxid, made.stat.czxid)
  })

  check('a multi of nothing does nothing', async ({ session }) => {
    assert.deepEqual(await session.multi([]), [])
    assert.deepEqual(await session.tryMulti([]), [])
  })

  check('a multi that fails changes nothing and says where', async ({ session, path }) => {
    const node = await session.create(`${path}/a`, 'before')
    const before = await session.exists(path)
    const failing = [
      create(`${path}/b`),
      create(`${path}/n-`, '', { isSequential: true }),
      set(node, 'after'),
      checkNode(node, 7),
      remove(`${path}/none`),
    ]
    const error = await fails(session.multi(failing), 'BadVersion')
    assert.equal(error.failedIndex, 3)
    assert.ok(error.message.includes(node), 'the path is named')
    assert.equal(error.isOutcomeUnknown, false)
    const results = await session.tryMulti(failing)
    assert.deepEqual(
      results.map(result => (result.kind === 'error' ? result.error : result.kind)),
      ['RolledBack', 'RolledBack', 'RolledBack', 'BadVersion', 'RolledBack'],
    )
    assert.equal(text((await session.get(node)).data), 'before')
    assert.deepEqual(await session.exists(path), before)
    assert.equal(
      await session.create(`${path}/n-`, '', { isSequential: true }),
      `${path}/n-0000000001`,
      'no number is taken',
    )
  })

  check('each error of an operation', async ({ session, path }) => {
    const node = await session.create(`${path}/a`)
    await session.create(`${path}/a/b`)
    const ephemeral = await session.create(`${path}/e`, '', { isEphemeral: true })
    const cases = [
      [create(node), 'NodeExists'],
      [create(`${path}/none/x`), 'NoNode'],
      [create(`${ephemeral}/x`), 'NoChildrenForEphemerals'],
      [create(`${path}/x`, '', { acl: [] }), 'InvalidAcl'],
      [remove(node), 'NotEmpty'],
      [remove(`${path}/none`), 'NoNode'],
      [remove(node, 3), 'BadVersion'],
      [set(`${path}/none`, ''), 'NoNode'],
      [set(node, '', 3), 'BadVersion'],
      [checkNode(`${path}/none`), 'NoNode'],
      [checkNode(node, 3), 'BadVersion'],
    ] as const
    for (const [operation, kind] of cases) {
      const error = await fails(session.multi([create(`${path}/first`), operation, create(`${path}/last`)]), kind)
      assert.equal(error.failedIndex, 1, kind)
    }
    await fails(session.multi([create(`${path}/first`), create('bad')]), 'BadArguments')
    assert.deepEqual([...(await session.children(path)).names].sort(), ['a', 'e'])
  })

  check('operations see what those before them did', async ({ session, path }) => {
    await session.multi([
      create(`${path}/a`, '0'),
      set(`${path}/a`, '1', 0),
      set(`${path}/a`, '2', 1),
      remove(`${path}/a`, 2),
      create(`${path}/a`, 'anew'),
      checkNode(`${path}/a`, 0),
    ])
    assert.equal(text((await session.get(`${path}/a`)).data), 'anew')
    const error = await fails(session.multi([remove(`${path}/a`), set(`${path}/a`, 'x')]), 'NoNode')
    assert.equal(error.failedIndex, 1)
    assert.equal(text((await session.get(`${path}/a`)).data), 'anew')
    const twice = await fails(session.multi([create(`${path}/b`), create(`${path}/b`)]), 'NodeExists')
    assert.equal(twice.failedIndex, 1)
    assert.equal(await session.exists(`${path}/b`), null)
  })

  check('watches of a multi are called in its order, and not for one that failed', async ({ session, path, open }) => {
    const other = await open()
    await session.create(`${path}/a`)
    await session.create(`${path}/b`)
    await caughtUp(other)
    const log = new Log()
    const watch = async () => {
      await other.get(`${path}/a`, log.watcher())
      await other.exists(`${path}/c`, log.watcher())
      await other.get(`${path}/b`, log.watcher())
      await other.children(path, log.watcher())
    }
    await watch()
    const operations = [set(`${path}/a`, 'x'), create(`${path}/c`), remove(`${path}/b`)]
    await fails(session.multi([...operations, checkNode(path, 99)]), 'BadVersion')
    await caughtUp(other)
    assert.deepEqual(log.take(), [])
    await session.multi(operations)
    await caughtUp(other)
    assert.deepEqual(log.take(), [`changed ${path}/a`, `created ${path}/c`, `children ${path}`, `deleted ${path}/b`])
  })

  check('nobody reads half of a multi', async ({ session, path, open }) => {
    const other = await open()
    const [a, b] = [`${path}/a`, `${path}/b`]
    await session.multi([create(a, '0'), create(b, '0')])
    await caughtUp(other)
    const rounds = 200
    let isDone = false
    const written = (async () => {
      for (let i = 1; i <= rounds; i++) await session.multi([set(a, String(i)), set(b, String(i))])
      isDone = true
    })()
    let last = -1
    while (!isDone || last < rounds) {
      // The first is read before the second: whoever sees it new must see the second as new, or newer.
      const [first, second] = await Promise.all([other.get(a), other.get(b)])
      assert.ok(Number(text(second.data)) >= Number(text(first.data)), 'the second is not older')
      assert.ok(second.stat.mzxid >= first.stat.mzxid)
      last = Number(text(first.data))
      await sleep(0)
    }
    await written
  })

  check('of many multis that want the same version one wins', async ({ session, path, open }) => {
    const other = await open()
    const node = await session.create(`${path}/a`, '0')
    await caughtUp(other)
    let won = 0
    await Promise.all(
      [session, other].map(async own => {
        for (let i = 0; i < 50; i++) {
          const { data, stat } = await own.get(node)
          const results = await own.tryMulti([checkNode(path), set(node, String(Number(text(data)) + 1), stat.version)])
          if (results.every(result => result.kind !== 'error')) won++
        }
      }),
    )
    assert.equal(text((await session.get(node)).data), String(won))
    assert.ok(won >= 50)
  })

  check('a multi of 1,000 operations', async ({ session, path }) => {
    const nodes = Array.from({ length: 500 }, (_, i) => `${path}/${i}`)
    const results = await session.multi(nodes.flatMap(node => [create(node, 'x'), set(node, node, 0)]))
    assert.equal(results.length, 1000)
    assert.equal((await session.children(path)).names.length, 500)
    await session.multi(nodes.map(node => remove(node, 1)))
    assert.deepEqual((await session.children(path)).names, [])
  })
}
