// The same requests, made of ZooKeeper and of the state machine: the same answers, Stats, events and errors.
// By hand, longer: GRANARY_ROUNDS=100 GRANARY_SEED=5 node build/test.mjs --only coordination/sameAs
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Coordinator, Session } from '../../runtime/coordination/coordinator.ts'
import { CoordinationError } from '../../runtime/coordination/errors.ts'
import { check, create, remove, set } from '../../runtime/coordination/operations.ts'
import { startKeeper } from '../../runtime/coordination/keeper/keeperServer.ts'
import type { Acl, Operation, Stat } from '../../runtime/coordination/requests.ts'
import { zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'
import { random } from '../harness.ts'
import { platformHere } from '../platform/here.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from './realZooKeeper.ts'

const sessionCount = 3
const steps = 400
const seeds = Number(process.env['GRANARY_ROUNDS'] ?? 4)
const firstSeed = Number(process.env['GRANARY_SEED'] ?? 1)

/** What was seen, as lines: numbers of transactions from the first on, sessions by their place, no times. */
async function seen(coordinator: Coordinator, root: string, seed: number): Promise<string[]> {
  const chance = random(seed)
  const some = <T>(choices: readonly T[]): T => choices[Math.floor(chance() * choices.length)]
  const first = await coordinator.open()
  await first.create(root)
  const base = (await first.exists(root))!.czxid
  const sessions: (Session | null)[] = [first]
  const ids: bigint[] = [first.id]
  const lines: string[] = []
  const events: string[][] = Array.from({ length: sessionCount }, () => [])
  const shown = ({ ctime: _, mtime: __, ephemeralOwner, ...stat }: Stat) =>
    JSON.stringify(
      {
        ...stat,
        czxid: stat.czxid - base,
        mzxid: stat.mzxid - base,
        pzxid: stat.pzxid - base,
        owner: ephemeralOwner === 0n ? 'nobody' : ids.indexOf(ephemeralOwner),
      },
      (_key, value) => (typeof value === 'bigint' ? String(value) : value),
    )
  const path = () => {
    const depth = some([1, 1, 2, 2, 3])
    return root + Array.from({ length: depth }, () => `/${some(['a', 'b', 'c'])}`).join('')
  }
  const version = () => some([-1, -1, -1, 0, 1])
  const acls: readonly (readonly Acl[])[] = [
    [{ permissions: 31, scheme: 'world', id: 'anyone' }],
    [{ permissions: 31, scheme: 'auth', id: '' }],
    [
      { permissions: 1, scheme: 'world', id: 'anyone' },
      { permissions: 31, scheme: 'digest', id: 'u:V3Qd9yQOcZoa6qZdLi3B3+vKV8I=' },
    ],
    [{ permissions: 31, scheme: 'ip', id: '127.0.0.1' }],
    [{ permissions: 31, scheme: 'world', id: 'somebody' }],
    [],
  ]
  const operation = (): Operation =>
    some([
      () => create(path(), 'm', { isSequential: chance() < 0.3, isEphemeral: chance() < 0.2 }),
      () => set(path(), 'multi', version()),
      () => remove(path(), version()),
      () => check(path(), version()),
    ])()
  for (let step = 0; step < steps; step++) {
    const at = Math.floor(chance() * sessionCount)
    if (!sessions[at]) {
      sessions[at] = await coordinator.open()
      ids[at] = sessions[at].id
    }
    const session = sessions[at]
    const watcher =
      chance() < 0.5
        ? ({ kind, path }: { kind: string; path: string }) => {
            if (kind !== 'sessionEnded') events[at].push(`${kind} ${path}`)
          }
        : undefined
    const target = path()
    const request = some<() => Promise<unknown>>([
      () => session.create(target, 'data', { isSequential: chance() < 0.3, isEphemeral: chance() < 0.3 }),
      () => session.create(target, '', { acl: some(acls) }),
      () => session.create(`${target}/`, '', { isSequential: true }),
      async () => shown(await session.set(target, 'x'.repeat(Math.floor(chance() * 50)), version())),
      () => session.delete(target, version()),
      async () => {
        const { data, stat } = await session.get(target, watcher)
        return `${data.length} ${shown(stat)}`
      },
      async () => {
        const stat = await session.exists(target, watcher)
        return stat && shown(stat)
      },
      async () => {
        const { names, stat } = await session.children(target, watcher)
        return `${[...names].sort()} ${shown(stat)}`
      },
      async () => {
        const { acl, stat } = await session.getAcl(target)
        return `${JSON.stringify(acl)} ${shown(stat)}`
      },
      async () => shown(await session.setAcl(target, some(acls), version())),
      async () => {
        const operations = Array.from({ length: 1 + Math.floor(chance() * 4) }, operation)
        const results = await session.tryMulti(operations)
        // The Stat of what was made is not told by every server.
        return JSON.stringify(
          results.map(result =>
            result.kind === 'stat' ? shown(result.stat) : result.kind === 'created' ? result.path : result,
          ),
        )
      },
      async () => {
        if (chance() < 0.5) return session.auth({ scheme: 'digest', credentials: some(['u:p', 'v:q']) })
        if (at === 0 || chance() < 0.5) return 'stays'
        const caughtUp = () => Promise.all(sessions.map(one => one?.sync('/')))
        await caughtUp()
        const told = events.map(({ length }) => length)
        sessions[at] = null
        await session.close()
        await caughtUp()
        // The nodes of a session go in no certain order.
        for (const [i, lines] of events.entries()) lines.push(...lines.splice(told[i]).sort())
        return 'closed'
      },
    ])
    const line = await request().then(
      result => `${JSON.stringify(result) ?? 'done'}`,
      error => (error instanceof CoordinationError ? error.kind : Promise.reject(error)),
    )
    lines.push(`${step} ${at} ${line}`)
  }
  for (const session of sessions) await session?.sync('/')
  for (const [at, told] of events.entries()) lines.push(...told.map(event => `session ${at} ${event}`))
  for (const session of sessions) await session?.close()
  return lines
}

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('the same requests have the same answers', async () => {
    const platform = platformHere()
    const server = await ZooKeeperServer.start()
    const keeper = await startKeeper(platform, null, { port: 0, tickMs: 200 })
    try {
      const [theirs, ours] = [server, keeper].map(({ port }) => zooKeeper(platform, { servers: `127.0.0.1:${port}` }))
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        const [expected, own] = await Promise.all([theirs, ours].map(each => seen(each, `/same${seed}`, seed)))
        for (const [at, line] of expected.entries())
          if (own[at] !== line)
            assert.fail(`seed ${seed}\n${expected.slice(Math.max(0, at - 30), at + 1).join('\n')}\nours: ${own[at]}`)
        assert.equal(own.length, expected.length)
      }
      await Promise.all([theirs.close(), ours.close()])
    } finally {
      await keeper.close()
      await server.stop()
    }
  })
})
