// A tree packed into three files says what a MemoryDisk says, keeps what it acknowledged when the power fails, and stays whole when
// there is no room.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Disk } from '../../runtime/storage/disk.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { PackedDisk } from '../../runtime/storage/disks/packed.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { random } from '../harness.ts'
import { Machine, type MemoryFile, memoryFiles } from './memoryFile.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Every path with what it holds. */
async function contents(disk: Disk, path = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name, isDirectory, size } of await disk.list(path)) {
    const whole = path === '' ? name : `${path}/${name}`
    if (isDirectory) Object.assign(found, await contents(disk, whole))
    else {
      const read = await disk.read(whole, 0, size + 1)
      assert.equal(read.length, size)
      let hash = size
      for (let i = 0; i < read.length; i++) hash = Math.imul(hash ^ read[i], 0x01000193)
      found[whole] = `${size}:${hash}`
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** One change, the same on any disk; an error of ours is a result too. */
function anyChange(chance: () => number): (disk: Disk) => Promise<string> {
  const path = () =>
    Array.from({ length: 1 + Math.floor(chance() * 3) }, () => 'abc'[Math.floor(chance() * 3)] ?? 'a').join('/')
  const size = chance() < 0.2 ? Math.floor(chance() * 100_000) : Math.floor(chance() * 1000)
  const content = new Uint8Array(size).fill(Math.floor(chance() * 256))
  const [one, other, kind, pieces] = [path(), path(), chance(), 1 + Math.floor(chance() * 4)]
  const isSynced = chance() < 0.5
  const run = async (disk: Disk) => {
    // A MemoryDisk lets a name be a file and a directory, which no tree can.
    const parts = (kind < 0.45 ? one : other).split('/')
    for (let i = 1; i < parts.length; i++) if ((await disk.size(parts.slice(0, i).join('/'))) !== null) return
    if (kind < 0.75 && kind >= 0.45 && (one.startsWith(`${other}/`) || other.startsWith(`${one}/`) || one === other))
      return
    if (kind < 0.45 && (await disk.list(one)).length > 0) return
    if (kind < 0.2) await disk.put(`${one}`, content)
    else if (kind < 0.45) {
      const writer = await disk.create(one)
      for (let i = 0; i < pieces; i++) await writer.write(content.subarray(0, Math.floor(size / pieces)))
      if (chance() < 0.1) await writer.abort()
      else await writer.close({ sync: isSynced })
    } else if (kind < 0.65) {
      const isDirectory = (await disk.list(one)).length > 0
      if (isDirectory ? (await disk.size(other)) !== null : (await disk.list(other)).length > 0) return
      await disk.move(one, other)
    } else if (kind < 0.75) {
      if ((await disk.size(one)) !== null && (await disk.list(other)).length === 0) await disk.link(one, other)
    } else if (kind < 0.95) await disk.remove(one)
    else await disk.sync('')
  }
  return disk =>
    run(disk).then(
      () => 'ok',
      error => {
        if (error instanceof DBError) return error.errorName
        throw error
      },
    )
}

describe('PackedDisk', () => {
  test('does what a disk in memory does, and is the same when opened anew', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const chance = random(seed)
      const files = memoryFiles()
      let disk = PackedDisk.open(files)
      const model = new MemoryDisk()
      for (let step = 0; step < 60; step++) {
        const numbers = Array.from({ length: 40 }, chance)
        const change = (at = 0) => anyChange(() => numbers[at++ % numbers.length])
        assert.equal(await change()(disk), await change()(model), `seed ${seed}, step ${step}`)
        if (step % 10 === 9) assert.deepEqual(await contents(disk), await contents(model), `seed ${seed}, step ${step}`)
        if (step % 20 === 19) {
          await disk.sync()
          disk = PackedDisk.open(files)
          assert.deepEqual(await contents(disk), await contents(model), `seed ${seed}, opened anew in step ${step}`)
        }
      }
    }
  })

  test('after a power cut: all that was acknowledged, and a state that there was', async () => {
    let cuts = 0
    for (let seed = 1; seed <= 60; seed++) {
      const chance = random(seed)
      const machine = new Machine()
      const files = memoryFiles(machine)
      let disk = PackedDisk.open(files)
      for (let life = 0; life < 3; life++) {
        /** What there was after each change since the last one that was durable for certain. */
        let states = [await contents(disk)]
        machine.stepsLeft = Math.floor(chance() * 60)
        try {
          for (;;) {
            const flushes = machine.flushes
            const numbers = Array.from({ length: 40 }, chance)
            let at = 0
            await anyChange(() => numbers[at++ % numbers.length])(disk)
            if (machine.stepsLeft < 0) throw new Error('the power has failed')
            if (chance() < 0.2) await disk.sync()
            // A flush of the log takes all that came before along.
            if (machine.flushes > flushes) states = []
            states.push(await contents(disk))
          }
        } catch {
          cuts++ // the change that was under way may be there or not
        }
        machine.stepsLeft = Number.POSITIVE_INFINITY
        states.push(await contents(disk).catch(() => ({})))
        for (const file of machine.files) file.recover(chance)
        disk = PackedDisk.open(files)
        const found = JSON.stringify(await contents(disk))
        assert.ok(
          states.some(state => JSON.stringify(state) === found),
          `seed ${seed}, life ${life}: ${found} is none of ${JSON.stringify(states)}`,
        )
      }
    }
    assert.equal(cuts, 60 * 3)
  })

  test('many changes at one time are durable with one flush of each file', async () => {
    const machine = new Machine()
    const disk = PackedDisk.open(memoryFiles(machine))
    const before = machine.flushes
    await Promise.all(Array.from({ length: 100 }, (_, i) => disk.put(`t/${i}`, bytes(`${i}`))))
    assert.equal(machine.flushes - before, 2)
    for (let i = 0; i < 50; i++) {
      const writer = await disk.create(`t/tmp/${i}`)
      writer.write(new Uint8Array(1000))
      await writer.close()
    }
    await disk.commit('t/tmp', 't/part')
    assert.equal(machine.flushes - before, 4)
  })

  test('what is removed makes room; a long log begins anew', async () => {
    const machine = new Machine()
    const files = memoryFiles(machine)
    const disk = PackedDisk.open(files)
    for (let i = 0; i < 400; i++) {
      for (let j = 0; j < 30; j++) {
        const writer = await disk.create(`tmp${i}/${'x'.repeat(100)}${j}`)
        writer.write(new Uint8Array(2000).fill(i))
        await writer.close()
      }
      await disk.commit(`tmp${i}`, `part${i}`)
      if (i >= 3) await disk.remove(`part${i - 3}`)
    }
    assert.ok(machine.bytes < 7 << 20, `${machine.bytes} bytes`)
    const again = PackedDisk.open(files)
    assert.deepEqual(await contents(again), await contents(disk))
    assert.equal((await again.list('')).length, 3)
  })

  test('a full disk refuses what is too much and goes on with the rest', async () => {
    const machine = new Machine()
    const files = memoryFiles(machine)
    const disk = PackedDisk.open(files)
    machine.bytesMax = 3 << 20
    const full = { errorName: 'NOT_ENOUGH_SPACE' }
    let written = 0
    await assert.rejects(async () => {
      for (; ; written++) await disk.put(`a/${written}`, new Uint8Array(100_000).fill(written))
    }, full)
    assert.ok(written > 10)
    const before = await contents(disk)
    await assert.rejects(disk.put('b', new Uint8Array(1 << 20)), full)
    const writer = await disk.create('c')
    assert.throws(() => writer.write(new Uint8Array(1 << 20)), full)
    await writer.abort()
    assert.deepEqual(await contents(disk), before)
    assert.deepEqual(await contents(PackedDisk.open(files)), before)
    // Every other one goes: what comes is put into the holes.
    for (let i = 0; i < written; i += 2) await disk.remove(`a/${i}`)
    await disk.put('larger', new Uint8Array(400_000).fill(7))
    const last = PackedDisk.open(files)
    assert.deepEqual(await contents(last), await contents(disk))
    assert.equal(
      (await last.read('larger', 0, 1e9)).reduce((sum, byte) => sum + byte, 0),
      2_800_000,
    )
  })

  test('removing goes on where nothing can grow at all', async () => {
    const machine = new Machine()
    const disk = PackedDisk.open(memoryFiles(machine))
    for (let i = 0; i < 500; i++) await disk.put(`a/${i}`, bytes('x'.repeat(600)))
    machine.bytesMax = machine.bytes
    await assert.rejects(
      disk.create('b').then(writer => writer.write(new Uint8Array(2 << 20))),
      { errorName: 'NOT_ENOUGH_SPACE' },
    )
    // What is small still goes, for a while.
    for (let i = 0; i < 10; i++) await disk.put(`journal${i}`, bytes('x'))
    for (let i = 0; i < 500; i++) await disk.remove(`a/${i}`)
    assert.deepEqual(await disk.list('a'), [])
    await disk.put('b', bytes('there is room again'))
  })

  test('an open file can be read when its name is gone', async () => {
    const disk = PackedDisk.open(memoryFiles())
    await disk.put('f', bytes('0123456789'))
    const open = disk.openSync('f')
    await disk.remove('f')
    for (let i = 0; i < 10; i++) await disk.put(`g${i}`, bytes('##########'))
    const target = new Uint8Array(10)
    assert.equal(open.read(0, target), 10)
    assert.equal(new TextDecoder().decode(target), '0123456789')
    open.close()
    open.close()
    await disk.put('large', new Uint8Array(1 << 20))
    const used = disk.bytesUsed
    const last = disk.openSync('large')
    await disk.remove('large')
    last.close()
    await disk.put('large', new Uint8Array(1 << 20))
    assert.equal(disk.bytesUsed, used)
  })

  test('damage is told, and nothing is overwritten', async () => {
    const files = memoryFiles()
    const disk = PackedDisk.open(files)
    await disk.put('f', bytes('0123456789'))
    for (const log of files.logs as unknown as MemoryFile[]) if (log.size > 0) log.write(0, new Uint8Array(64))
    assert.throws(() => PackedDisk.open(files), { errorName: 'CORRUPTED_DATA' })
  })
})
