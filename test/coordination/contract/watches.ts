import assert from 'node:assert/strict'
import { type Contract, caughtUp, eventually, fails, Log, sleep, text } from './subject.ts'

/** Who is told of changes: once, in order, and before an answer that sees the change. */
export function watchContract({ check }: Contract): void {
  check('a watch left by get is called once, for data and for deletion', async ({ session, path }) => {
    const node = await session.create(`${path}/a`)
    const log = new Log()
    await session.get(node, log.watcher())
    await session.setAcl(node, [{ permissions: 31, scheme: 'world', id: 'anyone' }])
    await session.create(`${node}/child`)
    await session.delete(`${node}/child`)
    await session.get(path)
    assert.deepEqual(log.take(), [], 'rights and children are not data')
    await session.set(node, '')
    assert.deepEqual(log.take(), [`changed ${node}`], 'the same data is a change too')
    await session.set(node, 'two')
    await session.delete(node)
    await caughtUp(session)
    assert.deepEqual(log.take(), [], 'once')
    await session.create(node)
    await session.get(node, log.watcher())
    await session.delete(node)
    await session.create(node)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`deleted ${node}`])
  })

  check('a watch left by exists is called for a node that comes, changes or goes', async ({ session, path }) => {
    const node = `${path}/a`
    const log = new Log()
    assert.equal(await session.exists(node, log.watcher()), null)
    await session.create(node)
    await session.set(node, 'x')
    await caughtUp(session)
    assert.deepEqual(log.take(), [`created ${node}`])
    await session.exists(node, log.watcher())
    await session.set(node, 'y')
    await session.delete(node)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`changed ${node}`])
    await session.create(node)
    await session.exists(node, log.watcher())
    await session.delete(node)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`deleted ${node}`])
  })

  check('a watch left by children is called for children that come and go', async ({ session, path }) => {
    const parent = await session.create(`${path}/a`)
    const log = new Log()
    await session.children(parent, log.watcher())
    await session.set(parent, 'data')
    await caughtUp(session)
    assert.deepEqual(log.take(), [], 'data are not children')
    await session.create(`${parent}/x`)
    await session.create(`${parent}/y`)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`children ${parent}`])
    await session.children(parent, log.watcher())
    await session.set(`${parent}/x`, 'data')
    await session.create(`${parent}/x/deeper`)
    await session.delete(`${parent}/x/deeper`)
    await caughtUp(session)
    assert.deepEqual(log.take(), [], 'neither their data nor theirs')
    await session.delete(`${parent}/y`)
    await session.delete(`${parent}/x`)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`children ${parent}`])
    await session.children(parent, log.watcher())
    await session.delete(parent)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`deleted ${parent}`])
  })

  check('a request that fails leaves no watch', async ({ session, path }) => {
    const node = `${path}/a`
    const log = new Log()
    await fails(session.get(node, log.watcher('get')), 'NoNode')
    await fails(session.children(node, log.watcher('children')), 'NoNode')
    await session.create(node)
    await session.set(node, 'x')
    await session.create(`${node}/b`)
    await session.delete(`${node}/b`)
    await session.delete(node)
    await caughtUp(session)
    assert.deepEqual(log.take(), [])
  })

  check('the node is told of before its parent', async ({ session, path }) => {
    const log = new Log()
    const node = `${path}/a`
    await session.children(path, log.watcher())
    await session.exists(node, log.watcher())
    await session.create(node)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`created ${node}`, `children ${path}`])
    await session.children(path, log.watcher())
    await session.get(node, log.watcher())
    await session.delete(node)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`deleted ${node}`, `children ${path}`])
  })

  check('watchers of one node are all called, one watcher once', async ({ session, path }) => {
    const node = await session.create(`${path}/a`)
    const log = new Log()
    const twice = log.watcher('twice')
    await session.get(node, twice)
    await session.get(node, log.watcher('get'))
    await session.exists(node, twice)
    await session.exists(node, log.watcher('exists'))
    await session.children(node, twice)
    await session.children(node, log.watcher('children'))
    await session.delete(node)
    await caughtUp(session)
    assert.deepEqual(log.take().sort(), [
      `children deleted ${node}`,
      `exists deleted ${node}`,
      `get deleted ${node}`,
      `twice deleted ${node}`,
    ])
  })

  check('a watcher is called before the answer that sees the change', async ({ session, path, open }) => {
    const other = await open()
    const node = await session.create(`${path}/a`, '0')
    const log = new Log()
    // Of another session: everything that it is answered after the change was told of it first.
    await caughtUp(other)
    for (let round = 1; round <= 50; round++) {
      await other.get(node, log.watcher())
      const set = session.set(node, String(round))
      for (let seen = ''; seen !== String(round); ) {
        seen = text((await other.get(node)).data)
        if (seen === String(round)) assert.deepEqual(log.take(), [`changed ${node}`])
        else assert.deepEqual(log.lines, [])
        // A coordinator of this process answers at once: let it also write.
        await sleep(0)
      }
      await set
    }
    // Of its own, with requests that do not wait for each other.
    await session.get(node, log.watcher('watch'))
    const note = (what: string, promise: Promise<unknown>) => promise.then(() => log.add(what))
    await Promise.all([
      note('get 1', session.get(node)),
      note('set', session.set(node, 'x')),
      note('get 2', session.get(node)),
    ])
    assert.deepEqual(log.take(), ['get 1', `watch changed ${node}`, 'set', 'get 2'])
  })

  check('watches are called in the order of the changes', async ({ session, path, open }) => {
    const other = await open()
    const count = 100
    const nodes = Array.from({ length: count }, (_, i) => `${path}/${i}`)
    await Promise.all(nodes.map(node => session.create(node)))
    await caughtUp(other)
    const log = new Log()
    await Promise.all(nodes.map(node => other.get(node, log.watcher())))
    const shuffled = nodes.map((node, i) => ({ node, at: (i * 37) % count })).sort((a, b) => a.at - b.at)
    await Promise.all(shuffled.map(({ node }) => session.set(node, 'x')))
    await caughtUp(other)
    assert.deepEqual(
      log.take(),
      shuffled.map(({ node }) => `changed ${node}`),
    )
  })

  check('a watch left again in the watcher misses no change', async ({ session, path, open }) => {
    const other = await open()
    const node = await session.create(`${path}/a`, '0')
    await caughtUp(other)
    const seen: number[] = []
    const follow = async (): Promise<void> => {
      const { data } = await other.get(node, ({ kind }) => {
        if (kind !== 'sessionEnded') void follow().catch(() => {})
      })
      seen.push(Number(text(data)))
    }
    await follow()
    for (let i = 1; i <= 200; i++) await session.set(node, String(i))
    await eventually('the last value', () => seen.at(-1) === 200)
    assert.ok(
      seen.every((value, i) => i === 0 || value > seen[i - 1]),
      `values go up: ${seen}`,
    )
  })

  check('who is forgotten is not called', async ({ session, path }) => {
    const node = await session.create(`${path}/a`)
    const log = new Log()
    const gone = log.watcher('gone')
    await session.get(node, gone)
    await session.get(node, log.watcher('stays'))
    await session.children(node, gone)
    await session.exists(`${path}/none`, gone)
    session.forget(gone)
    session.forget(log.watcher('never left'))
    await session.set(node, 'x')
    await session.create(`${node}/child`)
    await session.create(`${path}/none`)
    await caughtUp(session)
    assert.deepEqual(log.take(), [`stays changed ${node}`])
    await session.get(node, gone)
    await session.set(node, 'y')
    assert.deepEqual(log.take(), [`gone changed ${node}`], 'and may be left again')
  })

  check('a watcher that throws keeps nobody else from being told', async ({ session, path }) => {
    const node = await session.create(`${path}/a`)
    const log = new Log()
    await session.get(node, () => {
      log.add('throws')
      throw new Error('A watcher of the contract throws')
    })
    await session.get(node, log.watcher('second'))
    await session.set(node, 'x')
    assert.deepEqual(log.take(), ['throws', `second changed ${node}`])
    assert.equal(text((await session.get(node)).data), 'x')
  })

  check('the end of a session is told to all its watchers', async ({ session, path, open }) => {
    const other = await open()
    await caughtUp(other)
    const log = new Log()
    await other.get(path, log.watcher('get'))
    await other.children(path, log.watcher('children'))
    await other.exists(`${path}/none`, log.watcher('exists'))
    await other.close()
    assert.deepEqual(log.take().sort(), [
      `children sessionEnded ${path}`,
      `exists sessionEnded ${path}/none`,
      `get sessionEnded ${path}`,
    ])
    await session.set(path, 'x')
    await session.create(`${path}/none`)
    await caughtUp(session)
    assert.deepEqual(log.take(), [])
  })
}
