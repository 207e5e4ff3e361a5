import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EmbeddedCoordinator } from '../../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { create, remove, set } from '../../../runtime/coordination/operations.ts'
import { KeptSession } from '../../../runtime/coordination/recipes/keptSession.ts'
import { watchChildren, watchNode } from '../../../runtime/coordination/recipes/watchNode.ts'
import { type Tree, watchTree } from '../../../runtime/coordination/recipes/watchTree.ts'
import { isCoordinationError } from '../../../runtime/coordination/errors.ts'
import type { Operation } from '../../../runtime/coordination/requests.ts'
import { everySeed } from './everySeed.ts'
import { Client, inWorld, type Net, someFaults } from './net.ts'

const text = (data: Uint8Array) => new TextDecoder().decode(data)
const root = '/tree'

/** The tree as it is in the keeper, in words. */
function treeOf(net: Net): string {
  const lines: string[] = []
  for (const [path, { data }] of net.keeper.state.nodes)
    if (path === root || path.startsWith(`${root}/`)) lines.push(`${path}=${text(data)}`)
  return lines.sort().join(' ')
}

const wordsOf = (tree: Tree) =>
  [...tree]
    .map(([path, { data }]) => `${path}=${text(data)}`)
    .sort()
    .join(' ')

/** Changes the tree at random and keeps all it has been. */
async function change(net: Net, times: number, pauseMs: number): Promise<string[]> {
  const session = await new EmbeddedCoordinator(net.keeper, false).open()
  const { random } = net
  const history = [treeOf(net)]
  for (let n = 0; n < times; n++) {
    const paths = [...net.keeper.state.nodes.keys()].filter(path => path === root || path.startsWith(`${root}/`))
    const isLeaf = (path: string) => !paths.some(other => other.startsWith(`${path}/`))
    const operations: Operation[] = []
    const touched = new Set<string>()
    for (let i = random.whole(1, 3); i > 0; i--) {
      const path = paths.length > 0 ? random.pick(paths) : ''
      if (!path) operations.push(create(root, `${n}`))
      else if (touched.has(path)) continue
      else if (random.chance(0.4)) operations.push(set(path, `${n}`))
      else if (random.chance(0.5) && isLeaf(path)) {
        operations.push(remove(path))
        if (random.chance(0.3)) operations.push(create(path, `${n} again`))
      } else if (path.length < 16) operations.push(create(`${path}/${random.below(1000)}x${i}`, `${n}`))
      touched.add(path)
      if (!path) break
    }
    await session.multi(operations).catch(error => assert(isCoordinationError(error), String(error)))
    history.push(treeOf(net))
    if (random.chance(0.5)) await net.world.wait(random.between(0, pauseMs))
  }
  return history
}

/** Each is one of the history, in its order, and the last is the last. */
function checkOrder(seen: readonly string[], history: readonly string[]): void {
  let at = 0
  for (const one of seen) {
    const found = history.indexOf(one, at)
    assert(found >= 0, `there never was, or not after what was seen before: ${one}`)
    at = found
  }
  assert.equal(seen.at(-1), history.at(-1), 'the last change is told')
}

function kept(net: Net, name: string) {
  const process = net.process(name)
  const client = new Client(net, process)
  return { process, client, session: new KeptSession(process.platform, client, { session: { timeoutMs: 3000 } }) }
}

everySeed(
  'a tree: each snapshot is one that was, none goes back, the last is told',
  async net => {
    const { process, client, session } = kept(net, 'reader')
    net.faults = someFaults
    const seen: string[] = []
    let calls = 0
    const watching = watchTree(process.platform, session, root, async tree => {
      assert.equal(++calls, 1, 'one call at a time')
      seen.push(wordsOf(tree))
      await net.world.wait(net.random.between(0, 30))
      calls--
    })
    const changing = change(net, 100, 1000)
    for (let n = 0; n < 4; n++) {
      await net.world.wait(8000)
      if (session.current)
        await client.links
          .get(session.current)
          ?.expire()
          .catch(() => {})
    }
    const history = await changing
    net.faults = {}
    await net.world.wait(60_000)
    checkOrder(seen, history)
    assert(seen.length > 1, `${seen.length} snapshots`)
    watching.stop()
    await watching.ended
    await session.close()
  },
  { injects: ['lostAnswer', 'lostRequest', 'silence'] },
)

everySeed('children and a node: none goes back, the last is told', async net => {
  const { process, client, session } = kept(net, 'reader')
  net.faults = someFaults
  const writer = await new EmbeddedCoordinator(net.keeper, false).open()
  const nodes: string[] = []
  const children: string[] = []
  const wordOf = (data: Uint8Array | undefined) => (data ? text(data) : 'none')
  const watchers = [
    watchNode(process.platform, session, '/n', node => nodes.push(wordOf(node?.data))),
    watchChildren(process.platform, session, '/n', seen =>
      children.push(seen ? [...seen.names].sort().join() : 'none'),
    ),
  ]
  const nodeHistory = ['none']
  const childHistory = ['none']
  for (let n = 0; n < 200; n++) {
    const node = net.keeper.state.nodes.get('/n')
    const kind = net.random.pick(['data', 'child', 'unchild', 'remove'] as const)
    if (!node) await writer.create('/n', `${n}`)
    else if (kind === 'data') await writer.set('/n', `${n}`)
    else if (kind === 'child') await writer.create(`/n/${n}`)
    else {
      const { names } = await writer.children('/n')
      for (const name of kind === 'remove' ? names : names.slice(0, 1)) {
        await writer.delete(`/n/${name}`)
        childHistory.push((await writer.children('/n')).names.toSorted().join())
      }
      if (kind === 'remove') await writer.delete('/n')
    }
    const now = net.keeper.state.nodes.get('/n')
    nodeHistory.push(wordOf(now?.data))
    childHistory.push(now ? [...(await writer.children('/n')).names].sort().join() : 'none')
    if (n === 100 && session.current)
      await client.links
        .get(session.current)
        ?.expire()
        .catch(() => {})
    await net.world.wait(net.random.between(0, 100))
  }
  net.faults = {}
  await net.world.wait(60_000)
  checkOrder(nodes, nodeHistory)
  checkOrder(children, childHistory)
  for (const watching of watchers) watching.stop()
  await session.close()
})

describe('watching', () => {
  test('only what has changed is read again', () =>
    inWorld(1, async net => {
      const writer = await new EmbeddedCoordinator(net.keeper, false).open()
      await writer.multi([create('/t'), ...Array.from({ length: 300 }, (_, i) => create(`/t/${i}`))])
      const process = net.process('one')
      const session = await new Client(net, process).open()
      let reads = 0
      const counting = new Proxy(session, {
        get(target, name) {
          if (name === 'get' || name === 'children') reads++
          const value = Reflect.get(target, name, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      const sizes: number[] = []
      const watching = watchTree(process.platform, counting, '/t', tree => sizes.push(tree.size))
      await net.world.wait(5000)
      assert.deepEqual(sizes, [301])
      assert.equal(reads, 602)
      reads = 0
      await writer.set('/t/5', 'x')
      await net.world.wait(1000)
      assert.equal(reads, 1)
      await writer.create('/t/new')
      await net.world.wait(1000)
      assert.equal(reads, 4, 'the names, and the new one')
      await writer.multi([remove('/t/1'), remove('/t/2')])
      await net.world.wait(1000)
      assert(reads <= 6, 'the names alone')
      assert.equal(sizes.at(-1), 300)
      watching.stop()
      await watching.ended
    }))

  test('depth and a limit of nodes', () =>
    inWorld(1, async net => {
      const writer = await new EmbeddedCoordinator(net.keeper, false).open()
      await writer.multi(['/t', '/t/a', '/t/a/b', '/t/a/b/c'].map(path => create(path)))
      const { platform } = net.process('one')
      const seen: string[][] = []
      watchTree(platform, writer, '/t', tree => seen.push([...tree.keys()]), { depth: 1 })
      const errors: unknown[] = []
      const few: number[] = []
      watchTree(platform, writer, '/t', tree => few.push(tree.size), {
        nodesMax: 3,
        onError: error => errors.push(error),
      })
      await net.world.wait(1000)
      assert.deepEqual(seen, [['/t', '/t/a']])
      assert(errors.length > 0 && errors.every(error => isCoordinationError(error, 'QuotaExceeded')))
      assert.deepEqual(few, [])
      await writer.delete('/t/a/b/c')
      await net.world.wait(10_000)
      assert.deepEqual(few, [3])
    }))

  test('what the callback throws is told, and it goes on', () =>
    inWorld(1, async net => {
      const writer = await new EmbeddedCoordinator(net.keeper, false).open()
      const { platform } = net.process('one')
      const errors: unknown[] = []
      let calls = 0
      const callback = () => {
        if (++calls === 1) throw new Error('of the callback')
      }
      const stop = new AbortController()
      const watching = watchNode(platform, writer, '/n', callback, {
        onError: error => errors.push(error),
        signal: stop.signal,
      })
      await net.world.wait(100)
      await writer.create('/n')
      await net.world.wait(100)
      assert.equal(calls, 2)
      assert.match(String(errors), /of the callback/)
      stop.abort()
      await watching.ended
      await writer.set('/n', 'x')
      await net.world.wait(100)
      assert.equal(calls, 2)
    }))

  test('of one session it ends with it', () =>
    inWorld(1, async net => {
      const session = await new EmbeddedCoordinator(net.keeper, false).open()
      const watching = watchChildren(net.process('one').platform, session, '/', () => {})
      await net.world.wait(100)
      await session.close()
      await watching.ended
    }))
})
