import assert from 'node:assert/strict'
import { nameOf, sequenceOf } from '../../../runtime/coordination/path.ts'
import { openAcl } from '../../../runtime/coordination/requests.ts'
import { type Contract, caughtUp, fails, text } from './subject.ts'

/** Nodes, their data, versions, names and Stat. */
export function nodeContract({ check, capabilities }: Contract): void {
  check('a node is made, read, set and deleted', async ({ session, path }) => {
    const node = `${path}/a`
    assert.equal(await session.create(node, 'one'), node)
    const read = await session.get(node)
    assert.equal(text(read.data), 'one')
    const stat = await session.set(node, new Uint8Array([0, 255, 10]))
    const again = await session.get(node)
    assert.deepEqual([...again.data], [0, 255, 10])
    assert.deepEqual(again.stat, stat)
    assert.deepEqual(await session.exists(node), stat)
    await session.delete(node)
    assert.equal(await session.exists(node), null)
  })

  check('what is not there, and what is', async ({ session, path }) => {
    const none = `${path}/none`
    await fails(session.get(none), 'NoNode')
    await fails(session.set(none, ''), 'NoNode')
    await fails(session.delete(none), 'NoNode')
    await fails(session.children(none), 'NoNode')
    await fails(session.setAcl(none, openAcl), 'NoNode')
    if (capabilities.hasAcl) await fails(session.getAcl(none), 'NoNode')
    await fails(session.create(`${none}/child`), 'NoNode')
    await fails(session.create(`${none}/child-`, '', { isSequential: true, isEphemeral: true }), 'NoNode')
    assert.equal(await session.exists(none), null)
    assert.equal(await session.exists(`${none}/child`), null)
    const error = await fails(session.create(path), 'NodeExists')
    assert.ok(error.message.includes(path), 'the path is named')
    assert.equal(error.isOutcomeUnknown, false)
    await fails(session.create('/'), 'NodeExists')
    assert.ok((await session.exists('/')) !== null)
    assert.ok((await session.children('/')).names.includes(nameOf(path)))
  })

  check('a version that is not the node’s changes nothing', async ({ session, path }) => {
    const node = await session.create(`${path}/a`, 'zero')
    await fails(session.set(node, 'x', 1), 'BadVersion')
    await fails(session.delete(node, 7), 'BadVersion')
    assert.equal((await session.set(node, 'one', 0)).version, 1)
    await fails(session.set(node, 'x', 0), 'BadVersion')
    assert.equal((await session.set(node, 'two')).version, 2)
    assert.equal((await session.set(node, 'three', -1)).version, 3)
    assert.equal(text((await session.get(node)).data), 'three')
    await fails(session.delete(node, 0), 'BadVersion')
    await session.delete(node, 3)
    assert.equal(await session.exists(node), null)
  })

  check('only a node without children is deleted', async ({ session, path }) => {
    await session.create(`${path}/a`)
    await session.create(`${path}/a/b`)
    await fails(session.delete(`${path}/a`), 'NotEmpty')
    await fails(session.delete('/'), 'BadArguments', 'NotEmpty')
    await session.delete(`${path}/a/b`)
    await session.delete(`${path}/a`)
  })

  check('Stat counts what happens to a node', async ({ session, path }) => {
    const node = await session.create(`${path}/a`, 'four')
    const made = (await session.get(node)).stat
    assert.equal(made.mzxid, made.czxid)
    assert.equal(made.pzxid, made.czxid)
    assert.equal(made.mtime, made.ctime)
    assert.ok(made.czxid > 0n)
    assert.ok(Math.abs(made.ctime - Date.now()) < 60_000)
    const { version, cversion, aversion, ephemeralOwner, dataLength, numChildren } = made
    assert.deepEqual(
      { version, cversion, aversion, ephemeralOwner, dataLength, numChildren },
      { version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0n, dataLength: 4, numChildren: 0 },
    )

    const set = await session.set(node, 'sixsix')
    assert.ok(set.mzxid > made.mzxid)
    assert.ok(set.mtime >= made.mtime)
    assert.deepEqual(set, { ...made, mzxid: set.mzxid, mtime: set.mtime, version: 1, dataLength: 6 })

    await session.create(`${node}/x`)
    const second = await session.create(`${node}/y`, '', { isEphemeral: true })
    const withTwo = (await session.children(node)).stat
    assert.ok(withTwo.pzxid > set.mzxid)
    assert.equal(withTwo.pzxid, (await session.exists(second))!.czxid)
    assert.deepEqual(withTwo, { ...set, pzxid: withTwo.pzxid, cversion: 2, numChildren: 2 })

    await session.delete(second)
    const withOne = (await session.exists(node))!
    assert.ok(withOne.pzxid > withTwo.pzxid)
    assert.deepEqual(withOne, { ...withTwo, pzxid: withOne.pzxid, cversion: 3, numChildren: 1 })

    assert.deepEqual(await session.setAcl(node, openAcl, 0), { ...withOne, aversion: 1 })
    // A child's data is not the parent's business.
    await session.set(`${node}/x`, 'more')
    assert.deepEqual((await session.get(node)).stat, { ...withOne, aversion: 1 })
  })

  check('children are named without their path', async ({ session, path }) => {
    assert.deepEqual((await session.children(path)).names, [])
    for (const name of ['b', 'a', 'c']) await session.create(`${path}/${name}`)
    await session.create(`${path}/a/deeper`)
    assert.deepEqual([...(await session.children(path)).names].sort(), ['a', 'b', 'c'])
    assert.deepEqual((await session.children(`${path}/a`)).names, ['deeper'])
  })

  check('sequential names count what was made below their parent', async ({ session, path }) => {
    const made = (name: string) => session.create(`${path}/${name}`, '', { isSequential: true })
    const first = await made('n-')
    assert.equal(first, `${path}/n-0000000000`)
    assert.equal(await made('n-'), `${path}/n-0000000001`)
    assert.equal(await made('other-'), `${path}/other-0000000002`)
    // No number comes twice, and nodes without one are counted too.
    await session.delete(`${path}/other-0000000002`)
    assert.equal(await made('n-'), `${path}/n-0000000003`)
    await session.create(`${path}/plain`)
    assert.equal(await made(''), `${path}/0000000005`)
    assert.equal(sequenceOf(await made('x')), 6)
    await session.set(first, 'still there')
    // A failed one takes no number.
    await fails(session.create(`${path}/plain`), 'NodeExists')
    assert.equal(sequenceOf(await made('n-')), 7)
  })

  check('sequential names are handed out once, to two sessions at once', async ({ session, path, open }) => {
    const other = await open()
    const options = { isSequential: true, isEphemeral: true }
    const names = await Promise.all(
      Array.from({ length: 200 }, (_, i) => (i % 2 ? session : other).create(`${path}/n-`, '', options)),
    )
    assert.deepEqual(
      names.map(sequenceOf).sort((a, b) => a! - b!),
      Array.from({ length: 200 }, (_, i) => i),
    )
    for (const one of [0, 1]) {
      const own = names.filter((_, i) => i % 2 === one).map(sequenceOf)
      assert.deepEqual(
        [...own],
        [...own].sort((a, b) => a! - b!),
        'in the order in which they were asked for',
      )
    }
  })

  check('paths and names', async ({ session, path }) => {
    for (const bad of [
      '',
      'a',
      `${path}/`,
      `${path}//a`,
      `${path}/./a`,
      `${path}/..`,
      `${path}/a\0b`,
      `${path}/\ud83d`,
    ]) {
      const error = await fails(session.create(bad), 'BadArguments')
      assert.equal(error.isOutcomeUnknown, false)
      await fails(session.get(bad), 'BadArguments')
      await fails(session.exists(bad), 'BadArguments')
      await fails(session.children(bad), 'BadArguments')
      await fails(session.set(bad, ''), 'BadArguments')
      await fails(session.delete(bad), 'BadArguments')
      await fails(session.sync(bad), 'BadArguments')
    }
    const names = ['Ключ', '日本語', 'é', 'e\u0301', 'a b', '.a', 'a.', '...', 'a%2Fb', '\'"\\', 'x'.repeat(1000)]
    for (const name of names) {
      const node = await session.create(`${path}/${name}`, name)
      assert.equal(node, `${path}/${name}`)
      assert.equal(text((await session.get(node)).data), name)
    }
    assert.deepEqual([...(await session.children(path)).names].sort(), [...names].sort())
  })

  check('values from none to nearly 1 MiB', async ({ session, path }) => {
    for (const size of [0, 1, 1000, 65_536, (1 << 20) - 1000]) {
      const data = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 8)) & 255)
      const node = await session.create(`${path}/${size}`, data)
      const read = await session.get(node)
      assert.equal(read.stat.dataLength, size)
      assert.deepEqual(Buffer.compare(read.data, data), 0)
      assert.equal((await session.set(node, data)).dataLength, size)
    }
  })

  check('a value that is too big is an error, and the session goes on', async ({ session, path }) => {
    const node = await session.create(`${path}/a`, 'small')
    const error = await fails(
      session.set(node, new Uint8Array(5 << 20)),
      'BadArguments',
      'ConnectionLoss',
      'QuotaExceeded',
    )
    assert.equal(error.detail.includes(node), true)
    // A server may close the connection: what is asked meanwhile may be lost with it.
    const ended = performance.now() + 10_000
    for (;;) {
      try {
        assert.equal(text((await session.get(node)).data), 'small')
        break
      } catch (error) {
        if (performance.now() > ended) throw error
      }
    }
    assert.equal(session.state, 'connected')
  })

  check('1,000 requests at once are done and answered in order', async ({ session, path }) => {
    const node = await session.create(`${path}/a`)
    const answered: number[] = []
    await Promise.all(
      Array.from({ length: 500 }, async (_, i) => {
        const set = session.set(node, String(i), i).then(stat => {
          answered.push(2 * i)
          return stat
        })
        const get = session.get(node).then(read => {
          answered.push(2 * i + 1)
          return read
        })
        assert.equal((await set).version, i + 1)
        assert.equal(text((await get).data), String(i))
      }),
    )
    assert.deepEqual(
      answered,
      Array.from({ length: 1000 }, (_, i) => i),
    )
  })

  check('errors have their place among the answers', async ({ session, path }) => {
    const answered: string[] = []
    const note = (what: string, promise: Promise<unknown>) =>
      promise.then(
        () => answered.push(what),
        error => answered.push(`${what} ${error.kind}`),
      )
    await Promise.all([
      note('create', session.create(`${path}/a`)),
      note('again', session.create(`${path}/a`)),
      note('set', session.set(`${path}/a`, '', 5)),
      note('get', session.get(`${path}/b`)),
      note('exists', session.exists(`${path}/b`)),
      note('delete', session.delete(`${path}/a`)),
      note('sync', session.sync(path)),
    ])
    assert.deepEqual(answered, [
      'create',
      'again NodeExists',
      'set BadVersion',
      'get NoNode',
      'exists',
      'delete',
      'sync',
    ])
  })

  check('after sync, what another session was answered is seen', async ({ session, path, open }) => {
    const other = await open()
    const node = await session.create(`${path}/a`, '0')
    for (let i = 1; i <= 20; i++) {
      await session.set(node, String(i))
      await caughtUp(other)
      assert.equal(text((await other.get(node)).data), String(i))
    }
    const [, read] = await Promise.all([other.sync(node), other.get(node)])
    assert.equal(text(read.data), '20')
  })
}
