// The simulated disk keeps the contract of disks, and of what was not synced it keeps what it likes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../../runtime/storage/disk.ts'
import { diskContract } from '../platform/diskContract.ts'
import { Machine } from './machine.ts'
import { World } from './world.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The world goes on by itself, as long as the test waits. */
async function openFreely(): Promise<Disk> {
  const world = new World(1, { limits: { eventsMax: 5_000, timeMsMax: Number.POSITIVE_INFINITY } })
  const disk = await new Machine(world, 'machine').start().platform.openDisk('')
  const forever = async () => {
    while (world.events < 4_000) await world.wait(1)
  }
  void world.run(forever)
  return disk
}

diskContract('simulated disk', openFreely)

/** What of some files is there after a loss of power, over many seeds. */
async function survivors(work: (disk: Disk) => Promise<unknown>, path: string): Promise<Set<string>> {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 400; seed++) {
    const world = new World(seed)
    const machine = new Machine(world, 'machine')
    await world.run(async () => {
      await work(await machine.start().platform.openDisk(''))
      machine.losePower()
      const disk = await machine.start().platform.openDisk('')
      const size = await disk.size(path)
      seen.add(size === null ? 'absent' : new TextDecoder().decode(await disk.read(path, 0, size)))
    })
  }
  return seen
}

test('what was put, committed, moved or synced is there after a loss of power, and nothing else for certain', async () => {
  const write = async (disk: Disk, path: string, options?: { sync: boolean }) => {
    const file = await disk.create(path)
    await file.write(bytes('one'))
    await file.close(options)
  }
  assert.deepEqual(await survivors(disk => disk.put('a/b', bytes('one')), 'a/b'), new Set(['one']))
  assert.deepEqual(await survivors(disk => write(disk, 'a/b', { sync: true }), 'a/b'), new Set(['one']))
  const committed = async (disk: Disk) => {
    await write(disk, 'a/tmp/b')
    await disk.commit('a/tmp', 'a/c')
  }
  assert.deepEqual(await survivors(committed, 'a/c/b'), new Set(['one']))
  assert.deepEqual(await survivors(committed, 'a/tmp/b'), new Set(['absent']))
  const loose = await survivors(disk => write(disk, 'a/b'), 'a/b')
  assert.ok(loose.has('absent') && loose.has('one') && loose.size > 4, [...loose].join(', '))
  const moved = async (disk: Disk) => {
    await disk.put('a/b', bytes('one'))
    await disk.move('a/b', 'c/d')
  }
  assert.deepEqual(await survivors(moved, 'c/d'), new Set(['one']))
  const removed = (durable: boolean) => async (disk: Disk) => {
    await disk.put('a/b', bytes('one'))
    await disk.remove('a/b', { durable })
  }
  assert.deepEqual(await survivors(removed(true), 'a/b'), new Set(['absent']))
  assert.deepEqual(await survivors(removed(false), 'a/b'), new Set(['absent', 'one']))
})
