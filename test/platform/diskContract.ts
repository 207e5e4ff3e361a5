import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DBError } from '../../runtime/core/errors.ts'
import type { Disk } from '../../runtime/storage/disk.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array): string => new TextDecoder().decode(data)
const fails = (promise: Promise<unknown>, name: string): Promise<void> =>
  assert.rejects(promise, (error: DBError) => error.errorName === name)

/** What every Disk must do, whatever lies behind it. */
export function diskContract(name: string, open: () => Promise<Disk>): void {
  const names = async (disk: Disk, path: string) => (await disk.list(path)).map(entry => entry.name).sort()

  test(`${name}: objects are put, read in ranges, listed and removed`, async () => {
    const disk = await open()
    await disk.put('a/b.txt', bytes('0123456789'))
    await disk.put('a/c/d.txt', bytes('x'))
    assert.equal(text(await disk.read('a/b.txt', 0, 10)), '0123456789')
    assert.equal(text(await disk.read('a/b.txt', 3, 5)), '34')
    assert.equal(text(await disk.read('a/b.txt', 8, 100)), '89')
    assert.equal((await disk.read('a/b.txt', 50, 60)).length, 0)
    assert.equal(await disk.size('a/b.txt'), 10)
    assert.equal(await disk.size('a/none'), null)
    assert.equal(await disk.size('a'), null)
    assert.deepEqual(await names(disk, 'a'), ['b.txt', 'c'])
    assert.deepEqual(await names(disk, 'nowhere'), [])
    const [entry] = (await disk.list('a')).filter(entry => entry.name === 'c')
    assert.equal(entry.isDirectory, true)
    await fails(disk.read('a/none', 0, 1), 'FILE_DOESNT_EXIST')
    await disk.remove('a/b.txt')
    await disk.remove('a/b.txt')
    assert.deepEqual(await names(disk, 'a'), ['c'])
    await disk.remove('a')
    assert.deepEqual(await names(disk, ''), [])
  })

  test(`${name}: put replaces, or refuses to`, async () => {
    const disk = await open()
    await disk.put('f', bytes('one'))
    await fails(disk.put('f', bytes('two'), { ifAbsent: true }), 'FILE_ALREADY_EXISTS')
    assert.equal(text(await disk.read('f', 0, 9)), 'one')
    await disk.put('f', bytes('2'))
    assert.equal(text(await disk.read('f', 0, 9)), '2')
    await disk.put('g', bytes('new'), { ifAbsent: true })
    assert.deepEqual(await names(disk, ''), ['f', 'g'])
  })

  test(`${name}: a directory written aside is committed whole`, async () => {
    const disk = await open()
    for (const file of ['x', 'y']) {
      const writer = await disk.create(`t/tmp_part/${file}`)
      await writer.write(bytes(file.repeat(3000)))
      await writer.write(bytes('end'))
      await writer.close()
    }
    const aborted = await disk.create('t/tmp_part/z')
    await aborted.write(bytes('z'))
    await aborted.abort()
    await disk.commit('t/tmp_part', 't/part')
    assert.deepEqual(await names(disk, 't'), ['part'])
    assert.deepEqual(await names(disk, 't/part'), ['x', 'y'])
    assert.equal(text(await disk.read('t/part/y', 2998, 4000)), 'yyend')
  })

  test(`${name}: directories move, but not onto others; files have second names`, async () => {
    const disk = await open()
    if (!disk.can.rename) return
    await disk.put('p/a', bytes('1'))
    await disk.put('q/b', bytes('2'))
    await fails(disk.move('p', 'q'), 'DIRECTORY_ALREADY_EXISTS')
    await fails(disk.move('nothing', 'r'), 'FILE_DOESNT_EXIST')
    await disk.move('p', 'detached/p')
    assert.deepEqual(await names(disk, 'detached/p'), ['a'])
    await disk.link('q/b', 'r/b')
    await disk.remove('q')
    assert.equal(text(await disk.read('r/b', 0, 9)), '2')
    await disk.sync('r')
  })

  test(`${name}: a file is written over the zeros it has reserved, and ends where what was written does`, async () => {
    const disk = await open()
    const writer = await disk.create('r/f')
    await writer.write(bytes('one '))
    await writer.reserve?.(100_000)
    await writer.write(bytes('two '))
    await writer.sync?.()
    if (writer.reserve) {
      assert.equal(await disk.size('r/f'), 100_004)
      assert.equal(text(await disk.read('r/f', 0, 10)), 'one two \0\0')
      const behind = await disk.read('r/f', 8, 100_004)
      assert.ok(behind.length === 99_996 && behind.every(byte => byte === 0))
      await writer.reserve(200_000)
      assert.equal(await disk.size('r/f'), 200_008)
    }
    await writer.write(bytes('three'))
    await writer.close({ sync: true })
    assert.equal(text(await disk.read('r/f', 0, 100)), 'one two three')
    const other = await disk.create('r/g')
    await other.reserve?.(10)
    await other.write(bytes('longer than that'))
    await other.close()
    assert.equal(text(await disk.read('r/g', 0, 100)), 'longer than that')
  })

  test(`${name}: a path cannot leave the disk`, async () => {
    const disk = await open()
    for (const path of ['../x', 'a/../../x', '/etc/passwd', 'a//b', './a'])
      await assert.rejects(async () => disk.read(path, 0, 1), { errorName: 'INCORRECT_FILE_NAME' })
  })

  test(`${name}: reads at once say the same as others`, async () => {
    const disk = await open()
    await disk.put('f', bytes('0123456789'))
    if (!disk.readSync || !disk.openSync) return
    const target = new Uint8Array(4)
    assert.equal(disk.readSync('f', 8, target), 2)
    assert.equal(text(target.subarray(0, 2)), '89')
    const file = disk.openSync('f')
    assert.equal(file.read(3, target), 4)
    assert.equal(text(target), '3456')
    file.close()
    assert.throws(() => disk.openSync?.('none'), { errorName: 'FILE_DOESNT_EXIST' })
  })
}
