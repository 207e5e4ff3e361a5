// What is left of the embedded coordinator when its process, or its disk, is not what it was.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Session } from '../../runtime/coordination/coordinator.ts'
import {
  type EmbeddedCoordinator,
  type EmbeddedOptions,
  embeddedCoordinator,
} from '../../runtime/coordination/embedded/embeddedCoordinator.ts'
import type { KeeperState } from '../../runtime/coordination/embedded/state.ts'
import { create, remove, set } from '../../runtime/coordination/operations.ts'
import type { Disk, FileWriter } from '../../runtime/storage/disk.ts'
import { FaultyDisk } from '../../runtime/storage/disks/faulty.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { random } from '../harness.ts'
import { platformHere } from '../platform/here.ts'
import { fails, within } from './contract/subject.ts'

const platform = platformHere({ logLevel: undefined })
const quiet = { ...platform, log: () => {} }

const open = (disk: Disk, options: EmbeddedOptions = {}): Promise<EmbeddedCoordinator> =>
  embeddedCoordinator(quiet, disk, { tickMs: 60_000, ...options })

/** All that the state says, in one order. */
function told({ zxid, nodes, sessions }: KeeperState): string {
  const lines = [...nodes.values()].map(
    ({ path, data, acl, stat }) =>
      `${path} ${data} ${JSON.stringify(acl)} ${JSON.stringify(stat, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`,
  )
  return [
    zxid,
    ...lines.sort(),
    ...[...sessions.values()].map(({ id, timeoutMs }) => `${id} ${timeoutMs}`).sort(),
  ].join('\n')
}

function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk()
  for (const [path, { bytes }] of disk.files) copy.files.set(path, { bytes: bytes.slice(), modifiedMs: 0 })
  return copy
}

const onlySegment = (disk: MemoryDisk): string => {
  const names = [...disk.files.keys()].filter(name => name.startsWith('log/'))
  assert.equal(names.length, 1)
  return names[0]
}

/** As a crash leaves a log that had room for more. */
function withZeros(disk: MemoryDisk, count: number): MemoryDisk {
  const file = disk.files.get(onlySegment(disk))!
  const bytes = new Uint8Array(file.bytes.length + count)
  bytes.set(file.bytes)
  file.bytes = bytes
  return disk
}

/** Files of the disk can have zeros ahead of what is written. */
function reserving(inner: MemoryDisk, onReserve: (bytes: number) => void): Disk {
  const create = async (path: string): Promise<FileWriter> => {
    const writer = await inner.create(path)
    const file = inner.files.get(path)!
    let written = new Uint8Array(0)
    let end = 0
    const show = () => {
      const bytes = new Uint8Array(Math.max(written.length, end))
      bytes.set(written)
      file.bytes = bytes
    }
    return {
      ...writer,
      write(bytes) {
        const more = new Uint8Array(written.length + bytes.length)
        more.set(written)
        more.set(bytes, written.length)
        written = more
        show()
      },
      async reserve(bytes) {
        onReserve(bytes)
        end = written.length + bytes
        show()
      },
      async close() {
        end = 0
        show()
      },
    }
  }
  return new Proxy<Disk>(inner, {
    get(target, name) {
      if (name === 'create') return create
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** What may be done in one step; each waits for its answer. */
async function step(session: Session, chance: () => number): Promise<void> {
  const path = `/n${Math.floor(chance() * 6)}`
  const kinds = [
    () => session.create(path, String(chance())),
    () => session.create(`${path}/c`, 'child', { isSequential: true }),
    () => session.create(`${path}/e`, '', { isEphemeral: true }),
    () => session.set(path, new Uint8Array(Math.floor(chance() * 100))),
    () => session.delete(path),
    () =>
      session.multi([
        set(path, 'multi'),
        create(`${path}/m`),
        remove(`${path}/m`),
        create(`${path}/s-`, '', { isSequential: true }),
      ]),
    () =>
      session.setAcl(path, [
        { permissions: 31, scheme: 'world', id: 'anyone' },
        { permissions: 1, scheme: 'ip', id: '10.0.0.0/8' },
      ]),
  ]
  await kinds[Math.floor(chance() * kinds.length)]().catch(() => {})
}

test('a keeper that was closed goes on where it was', async () => {
  const disk = new MemoryDisk()
  const chance = random(1)
  let before = ''
  for (let life = 0; life < 4; life++) {
    const coordinator = await open(disk, { snapshotTransactions: 50 })
    if (life > 0) assert.equal(told(coordinator.keeper.state), before)
    const session = await coordinator.open()
    for (let i = 0; i < 80; i++) await step(session, chance)
    await coordinator.close()
    before = told(coordinator.keeper.state)
  }
})

test('a log that ends anywhere opens to the state after some whole write', async () => {
  const disk = new MemoryDisk()
  const coordinator = await open(disk)
  const states = new Set([told(coordinator.keeper.state)])
  const sizes: number[] = []
  const chance = random(2)
  const session = await coordinator.open()
  for (let i = 0; i < 40; i++) {
    states.add(told(coordinator.keeper.state))
    sizes.push(disk.files.get(onlySegment(disk))!.bytes.length)
    await step(session, chance)
  }
  states.add(told(coordinator.keeper.state))
  const whole = disk.files.get(onlySegment(disk))!.bytes
  let last = 0
  for (let size = 0; size < whole.length; size++) {
    const cut = copyOf(disk)
    cut.files.get(onlySegment(cut))!.bytes = whole.slice(0, size)
    const { keeper } = await open(cut)
    assert.ok(states.has(told(keeper.state)), `a state of its own at ${size}`)
    assert.ok(keeper.state.zxid >= last, 'more bytes, no less done')
    last = keeper.state.zxid
    await keeper.close()
    const padded = withZeros(cut, 1 + Math.floor(chance() * 3000))
    const { keeper: other } = await open(padded)
    assert.ok(states.has(told(other.state)), `a state of its own at ${size}, zeros behind it`)
    assert.ok(other.state.zxid >= last, 'zeros take nothing away')
    await other.close()
  }
  await coordinator.close()
})

test('of what was written over zeros, a crash may leave any part: the state is that after some whole write', async () => {
  const disk = new MemoryDisk()
  const coordinator = await open(disk)
  const session = await coordinator.open()
  const name = onlySegment(disk)
  await session.create('/a', new Uint8Array(20).fill(7))
  const before = { state: told(coordinator.keeper.state), size: disk.files.get(name)!.bytes.length }
  await session.multi([create('/b', new Uint8Array(60).fill(8)), create('/c')])
  const after = told(coordinator.keeper.state)
  const whole = disk.files.get(name)!.bytes
  for (let start = before.size; start < whole.length; start++)
    for (const end of [start + 8, start + 40, whole.length]) {
      const torn = withZeros(copyOf(disk), 500)
      const bytes = torn.files.get(name)!.bytes
      bytes.fill(0, start, Math.min(end, whole.length))
      const { keeper } = await open(torn)
      const isWhole = whole.every((byte, at) => byte === bytes[at])
      assert.equal(told(keeper.state), isWhole ? after : before.state, `bytes ${start} to ${end}`)
      await keeper.close()
    }
  await coordinator.close()
})

test('room is reserved for the frames to come, and given back; without it, changes go on', async () => {
  const inner = new MemoryDisk()
  const asked: number[] = []
  let isFull = false
  const disk = reserving(inner, bytes => {
    asked.push(bytes)
    if (isFull) throw new Error('no space is left')
  })
  const lengthOf = (name: string) => inner.files.get(name)!.bytes.length
  const first = await open(disk)
  const session = await first.open()
  const name = onlySegment(inner)
  assert.deepEqual(asked, [64 << 10])
  const reserved = lengthOf(name)
  for (let i = 0; i < 20; i++) await session.create(`/n${i}`, new Uint8Array(2000))
  assert.equal(lengthOf(name), reserved)
  for (let i = 20; i < 40; i++) await session.create(`/n${i}`, new Uint8Array(2000))
  assert.deepEqual(asked, [64 << 10, 128 << 10])
  // A large frame needs no room before it, and what it leaves of the reserve is used.
  await session.create('/large', new Uint8Array(500_000))
  assert.equal(asked.length, 2)
  isFull = true
  for (let i = 0; i < 10; i++) await session.create(`/full${i}`)
  assert.deepEqual(asked.slice(2), [256 << 10])
  const before = told(first.keeper.state)
  const crashed = withZeros(copyOf(inner), 70_000)
  await first.keeper.close()
  assert.ok(lengthOf(name) > reserved)
  for (const left of [crashed, inner]) {
    const { keeper } = await open(left)
    assert.equal(told(keeper.state), before)
    await keeper.close()
  }
  isFull = false
  const second = await open(reserving(inner, () => {}))
  await (await second.open()).set('/n1', 'x')
  const names = [...inner.files.keys()].filter(name => name.startsWith('log/')).sort()
  assert.ok(lengthOf(names[1]) > 64 << 10)
  await second.keeper.close()
  assert.ok(lengthOf(names[1]) < 1000)
})

test('a log that was cut goes on, and is whole again', async () => {
  const disk = new MemoryDisk()
  const first = await open(disk)
  const session = await first.open()
  await session.create('/a')
  await session.create('/b')
  const name = onlySegment(disk)
  const file = disk.files.get(name)!
  file.bytes = file.bytes.slice(0, -3)
  const second = await open(disk)
  const other = await second.open()
  assert.equal(await other.exists('/b'), null)
  await other.create('/c')
  const third = await open(disk)
  assert.deepEqual([...(await (await third.open()).children('/')).names].sort(), ['a', 'c', 'zookeeper'])
  await Promise.all([first, second, third].map(each => each.close()))
})

test('a log that is damaged before its end is not opened', async () => {
  const disk = new MemoryDisk()
  const coordinator = await open(disk)
  const session = await coordinator.open()
  const name = onlySegment(disk)
  const starts = [disk.files.get(name)!.bytes.length]
  for (let i = 0; i < 4; i++) {
    await session.create(`/n${i}`, 'x')
    starts.push(disk.files.get(name)!.bytes.length)
  }
  await coordinator.keeper.close()
  for (let at = 24; at < starts.at(-2)!; at++) {
    const bad = copyOf(disk)
    bad.files.get(name)!.bytes[at] ^= 4
    await assert.rejects(open(bad), /damaged/, `byte ${at}`)
    if (at % 10 === 0) await assert.rejects(open(withZeros(bad, 1000)), /damaged/, `byte ${at}, zeros behind it`)
  }
  const emptied = withZeros(copyOf(disk), 1 << 20)
  emptied.files.get(name)!.bytes.fill(0, starts[1], starts[2])
  await assert.rejects(open(emptied), /damaged/)
})

test('a snapshot that is damaged gives way to the one before it', async () => {
  const disk = new MemoryDisk()
  const coordinator = await open(disk, { snapshotTransactions: 20 })
  const session = await coordinator.open()
  for (let i = 0; i < 70; i++) {
    await session.create(`/n${i}`, 'x')
    await quiet.clock.yield()
  }
  await coordinator.keeper.close()
  const before = told(coordinator.keeper.state)
  const names = [...disk.files.keys()].filter(name => name.startsWith('snapshots/')).sort()
  assert.equal(names.length, 2)
  const bad = copyOf(disk)
  bad.files.get(names[1])!.bytes[300] ^= 1
  const again = await open(bad)
  assert.equal(told(again.keeper.state), before)
  await again.close()
  bad.files.get(names[0])!.bytes[300] ^= 1
  await assert.rejects(open(bad), /missing/)
})

test('a snapshot is of one moment, whatever is changed while it is written', async () => {
  const disk = new MemoryDisk()
  const coordinator = await open(disk, { snapshotTransactions: 3000 })
  const session = await coordinator.open()
  const nodes = 6000
  await Promise.all(Array.from({ length: nodes }, (_, i) => session.create(`/n${i}`, String(i))))
  const chance = random(3)
  const isWritten = () => [...disk.files.keys()].some(name => /^snapshots\/[0-9a-f]/.test(name))
  for (let round = 0; round < 200 && !isWritten(); round++) {
    const path = () => `/n${Math.floor(chance() * nodes)}`
    await Promise.all([
      session.set(path(), 'changed').catch(() => {}),
      session.delete(path()).catch(() => {}),
      session.create(`/later${round}`),
      session.create(`${path()}/below`).catch(() => {}),
      session.tryMulti([remove(path()), remove('/nonesuch')]),
    ])
    await quiet.clock.yield()
  }
  assert.ok(isWritten())
  await coordinator.keeper.close()
  const before = told(coordinator.keeper.state)
  const again = await open(disk)
  assert.equal(told(again.keeper.state), before)
  await again.keeper.close()
  const log = copyOf(disk)
  for (const name of [...log.files.keys()]) if (name.startsWith('snapshots/')) log.files.delete(name)
  const fromLog = await open(log)
  assert.equal(told(fromLog.keeper.state), before)
  await fromLog.keeper.close()
})

test('wherever the machine stops, what was acknowledged is there, and nothing by halves', async () => {
  for (let seed = 0; seed < 150; seed++) {
    const inner = new MemoryDisk()
    const chance = random(seed)
    const disk = new FaultyDisk(inner, chance, {
      crashAtStep: 2 + Math.floor(chance() * 120),
      fail: seed % 3 === 0 ? 0.05 : 0,
    })
    const acknowledged = new Set<string>()
    const asked = new Set<string>()
    try {
      const coordinator = await open(disk, { snapshotTransactions: 15, segmentBytes: 2000 })
      const session = await coordinator.open()
      for (let i = 0; i < 40 && !disk.crashed; i++) {
        const some = Array.from({ length: 1 + Math.floor(chance() * 3) }, (_, k) => `/n${i}_${k}`)
        for (const path of some) asked.add(path)
        await Promise.all(
          some.map(path =>
            session.multi([create(path), create(`${path}/both`)]).then(
              () => acknowledged.add(path),
              () => {},
            ),
          ),
        )
      }
    } catch (error) {
      if (!disk.crashed && seed % 3 !== 0) throw error
    }
    const again = await open(inner)
    const { nodes } = again.keeper.state
    for (const path of acknowledged) assert.ok(nodes.has(path), `seed ${seed}: ${path} was acknowledged`)
    for (const path of asked) assert.equal(nodes.has(path), nodes.has(`${path}/both`), `seed ${seed}: ${path} whole`)
    await again.keeper.close()
  }
})

test('a disk that is full refuses changes, serves reads, and takes changes again when there is room', async () => {
  const inner = new MemoryDisk()
  let isFull = false
  let partly = 0
  const disk: Disk = new Proxy(inner, {
    get(target, name) {
      if (name === 'create')
        return async (path: string) => {
          const writer = await target.create(path)
          return {
            ...writer,
            write(bytes: Uint8Array) {
              if (!isFull) return writer.write(bytes)
              writer.write(bytes.subarray(0, partly++ % bytes.length))
              throw new Error('no space is left')
            },
          }
        }
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const coordinator = await open(disk)
  const session = await coordinator.open()
  await session.create('/a', '1')
  for (let round = 0; round < 5; round++) {
    isFull = true
    for (let i = 0; i < 5; i++) {
      const [, error] = await Promise.all([session.get('/a'), fails(session.set('/a', 'lost'), 'SystemError')])
      assert.match(error.message, /no space is left/)
    }
    assert.equal(coordinator.keeper.isRefusing, true)
    assert.equal((await session.get('/a')).stat.version, round)
    isFull = false
    await session.set('/a', `kept ${round}`)
    assert.equal(coordinator.keeper.isRefusing, false)
  }
  await coordinator.close()
  const again = await open(inner)
  assert.equal(told(again.keeper.state), told(coordinator.keeper.state))
  await again.close()
})

test('where a file cannot be made durable while it is written, every write is a file', async () => {
  const inner = new MemoryDisk()
  const disk: Disk = new Proxy(inner, {
    get(target, name) {
      if (name === 'create')
        return async (path: string) => {
          const { sync: _, ...writer } = await target.create(path)
          return writer
        }
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const coordinator = await open(disk, { snapshotTransactions: 30 })
  const session = await coordinator.open()
  for (let i = 0; i < 100; i++) {
    await session.create(`/n${i}`)
    await quiet.clock.yield()
  }
  await coordinator.close()
  assert.ok([...inner.files.keys()].filter(name => name.startsWith('log/')).length <= 75)
  const again = await open(disk)
  assert.equal(told(again.keeper.state), told(coordinator.keeper.state))
  await again.close()
})

test('sessions outlive the keeper, and end when nobody comes back for them', async () => {
  const disk = new MemoryDisk()
  const first = await open(disk, { tickMs: 20 })
  const session = await first.open({ timeoutMs: 60 })
  await session.create('/e', '', { isEphemeral: true })
  await first.keeper.close()
  const second = await open(disk, { tickMs: 20 })
  const other = await second.open()
  assert.equal((await other.exists('/e'))?.ephemeralOwner, session.id)
  const gone = new Promise(resolve => void other.exists('/e', resolve))
  assert.deepEqual(await within(5000, 'the end of the session', gone), { kind: 'deleted', path: '/e' })
  await second.close()
})
