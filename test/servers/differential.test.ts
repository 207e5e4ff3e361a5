// ZooKeeper and the embedded coordinator are asked the same, at random: every answer, error, Stat and event has to be the same.
// By hand, longer: GRANARY_ROUNDS=1000 GRANARY_SEED=5 node build/servers.mjs --only differential
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Coordinator, Session } from '../../runtime/coordination/coordinator.ts'
import { embeddedCoordinator } from '../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { CoordinationError } from '../../runtime/coordination/errors.ts'
import { check, create, remove, set } from '../../runtime/coordination/operations.ts'
import { type Acl, type Operation, openAcl, permissions, type Stat } from '../../runtime/coordination/requests.ts'
import { caughtUp, Log, text } from '../coordination/contract/subject.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import { wireSubject } from '../coordination/zooKeeperSubject.ts'
import { random } from '../harness.ts'
import { platformHere } from '../platform/here.ts'

const rounds = Number(process.env['GRANARY_ROUNDS'] ?? 20)
const seed = Number(process.env['GRANARY_SEED'] ?? 1)
const steps = 150

/** One side: a tree of its own in a coordinator, two sessions, and all that was seen. */
class Side {
  /** Transactions in the order in which they were seen: their numbers differ, their order must not. */
  readonly #transactions = new Map<bigint, number>()
  readonly #owners = new Map<bigint, string>([[0n, 'nobody']])
  readonly sessions: Session[] = []
  readonly logs = [new Log(), new Log()]

  constructor(
    readonly coordinator: Coordinator,
    readonly root: string,
  ) {}

  async start(): Promise<void> {
    const session = await this.coordinator.open()
    await session.create(this.root)
    await session.close()
    await this.open(0)
    await this.open(1)
  }

  async open(which: number): Promise<void> {
    const session = await this.coordinator.open({ chroot: this.root })
    this.#owners.set(session.id, `session ${which}`)
    this.sessions[which] = session
  }

  async close(): Promise<void> {
    for (const session of this.sessions) await session.close()
  }

  stat(stat: Stat | null): unknown {
    if (!stat) return null
    const { czxid, mzxid, pzxid, ephemeralOwner, ctime, mtime, ...counts } = stat
    const order = [czxid, mzxid, pzxid].map(zxid => {
      if (!this.#transactions.has(zxid)) this.#transactions.set(zxid, this.#transactions.size)
      return this.#transactions.get(zxid)
    })
    return { ...counts, order, owner: this.#owners.get(ephemeralOwner), isInOrder: mtime >= ctime }
  }

  async attempt(run: (session: Session, log: Log) => Promise<unknown>, which: number): Promise<unknown> {
    const log = this.logs[which]
    const answer = await run(this.sessions[which], log).catch(error => {
      if (!(error instanceof CoordinationError)) throw error
      return { error: error.kind, failedIndex: error.failedIndex }
    })
    await caughtUp(...this.sessions)
    return { answer, events: this.logs.map(log => log.take()) }
  }
}

const acls: readonly (readonly Acl[])[] = [
  openAcl,
  openAcl,
  [{ permissions: permissions.read | permissions.create, scheme: 'world', id: 'anyone' }],
  [{ permissions: permissions.all & ~permissions.delete, scheme: 'world', id: 'anyone' }],
  [
    { permissions: permissions.all, scheme: 'auth', id: '' },
    { permissions: permissions.read, scheme: 'world', id: 'anyone' },
  ],
  [],
  [{ permissions: permissions.all, scheme: 'nonesuch', id: '' }],
]

type Step = [name: string, run: (side: Side) => Promise<unknown>]

function stepOf(next: () => number): Step {
  const below = (count: number) => Math.floor(next() * count)
  const one = <T>(values: readonly T[]): T => values[below(values.length)]
  const path = () => {
    const names = Array.from({ length: 1 + below(3) }, () => one(['a', 'b', 'c']))
    return next() < 0.03 ? '/' : `/${names.join('/')}`
  }
  const version = () => (next() < 0.6 ? -1 : below(4))
  const kinds = () => ({ isEphemeral: next() < 0.25, isSequential: next() < 0.2 })
  const operation = (): Operation => {
    const kind = next()
    const acl = next() < 0.05 ? one(acls) : openAcl
    if (kind < 0.4) return create(path(), `data ${below(100)}`, { ...kinds(), acl })
    if (kind < 0.65) return set(path(), 'x'.repeat(below(20)), version())
    if (kind < 0.9) return remove(path(), version())
    return check(path(), version())
  }
  const which = below(2)
  const at = path()
  const named = (name: string, run: (session: Session, log: Log, side: Side) => Promise<unknown>): Step => [
    `session ${which}: ${name} ${at}`,
    side => side.attempt((session, log) => run(session, log, side), which),
  ]
  const watches = next() < 0.5
  const name = `${below(3)}`
  const kind = next()
  if (kind < 0.22) {
    const options = { ...kinds(), acl: next() < 0.1 ? one(acls) : openAcl }
    return named(`create ${JSON.stringify(options)}`, session => session.create(at, 'new', options))
  }
  if (kind < 0.34) {
    const wanted = version()
    return named(`set ${wanted}`, async (session, _log, side) => side.stat(await session.set(at, 'y', wanted)))
  }
  if (kind < 0.46) {
    const wanted = version()
    return named(`delete ${wanted}`, session => session.delete(at, wanted))
  }
  if (kind < 0.58)
    return named(`get ${watches}`, async (session, log, side) => {
      const { data, stat } = await session.get(at, watches ? log.watcher(name) : undefined)
      return [text(data), side.stat(stat)]
    })
  if (kind < 0.68)
    return named(`exists ${watches}`, async (session, log, side) =>
      side.stat(await session.exists(at, watches ? log.watcher(name) : undefined)),
    )
  if (kind < 0.78)
    return named(`children ${watches}`, async (session, log, side) => {
      const { names, stat } = await session.children(at, watches ? log.watcher(name) : undefined)
      return [[...names].sort(), side.stat(stat)]
    })
  if (kind < 0.8) {
    const [acl, wanted] = [one(acls), version()]
    return named(`setAcl ${JSON.stringify(acl)}`, async (session, _log, side) =>
      side.stat(await session.setAcl(at, acl, wanted)),
    )
  }
  if (kind < 0.82)
    return named('getAcl', async (session, _log, side) => {
      const { acl, stat } = await session.getAcl(at)
      return [acl, side.stat(stat)]
    })
  if (kind < 0.83)
    return named('auth', session => session.auth({ scheme: 'digest', credentials: `user${which}:secret` }))
  if (kind < 0.85)
    return named('close', async (session, log, side) => {
      await session.close()
      // Whether it still hears of its own ephemeral nodes, and in which order others do, is nobody's promise.
      log.take()
      await caughtUp(side.sessions[1 - which])
      await side.open(which)
      return side.logs[1 - which].take().sort()
    })
  const operations = Array.from({ length: 1 + below(4) }, operation)
  return named(`multi ${JSON.stringify(operations)}`, async (session, _log, side) =>
    (await session.tryMulti(operations)).map(result =>
      result.kind === 'stat' ? side.stat(result.stat) : result.kind === 'created' ? result.path : result,
    ),
  )
}

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  test('ZooKeeper and the embedded coordinator answer the same', async () => {
    const server = await ZooKeeperServer.start()
    const client = wireSubject([server.address], async () => {}).client()
    const embedded = await embeddedCoordinator(platformHere(), null)
    try {
      for (let round = 0; round < rounds; round++) {
        const next = random(seed * 10_000 + round)
        const sides = [client, embedded].map(coordinator => new Side(coordinator, `/round-${round}`))
        await Promise.all(sides.map(side => side.start()))
        const done: string[] = []
        for (let i = 0; i < steps; i++) {
          const [what, run] = stepOf(next)
          done.push(what)
          const [expected, answered] = await Promise.all(sides.map(run))
          const before = `GRANARY_SEED=${seed}, round ${round}:\n${done.slice(-15).join('\n')}`
          assert.deepEqual(answered, expected, `${before}\nZooKeeper: ${show(expected)}\nembedded:  ${show(answered)}`)
        }
        await Promise.all(sides.map(side => side.close()))
      }
    } finally {
      await client.close()
      await embedded.close()
      await server.stop()
    }
  })
})

const show = (answer: unknown) => JSON.stringify(answer)
