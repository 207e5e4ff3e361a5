import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DBError } from '../../runtime/core/errors.ts'
import type { ObjectStore } from '../../runtime/storage/objectStore.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined): string | undefined => data && new TextDecoder().decode(data)
const fails = (promise: Promise<unknown>, name: string): Promise<void> =>
  assert.rejects(promise, (error: DBError) => error.errorName === name)

/** What every ObjectStore that can be written must do, whatever lies behind it. open: one without objects. */
export function storeContract(name: string, open: () => Promise<ObjectStore>): void {
  const keysOf = async (store: ObjectStore, prefix: string) => {
    const keys: string[] = []
    for await (const { key } of store.list(prefix)) keys.push(key)
    return keys
  }

  test(`${name}: objects are put, read whole and in ranges, and removed`, async () => {
    const store = await open()
    assert.equal(await store.get('a/b'), null)
    const { etag } = await store.put('a/b', bytes('0123456789'))
    const whole = await store.get('a/b')
    assert.equal(text(whole?.bytes), '0123456789')
    assert.equal(whole?.etag, etag)
    const part = await store.get('a/b', { start: 3, end: 5 })
    assert.deepEqual([text(part?.bytes), part?.size], ['34', 10])
    assert.equal(text((await store.get('a/b', { start: 8, end: 100 }))?.bytes), '89')
    assert.equal(text((await store.get('a/b', { start: 8 }))?.bytes), '89')
    assert.equal(text((await store.get('a/b', { start: 50, end: 60 }))?.bytes), '')
    assert.equal(text((await store.get('a/b', { start: 2, end: 2 }))?.bytes), '')
    await store.put('empty', bytes(''))
    assert.equal(text((await store.get('empty'))?.bytes), '')
    assert.equal(text((await store.get('empty', { start: 0, end: 1 }))?.bytes), '')
    await store.remove(['a/b', 'a/b', 'never'])
    await store.remove(['empty'])
    await store.remove([])
    assert.deepEqual(await keysOf(store, ''), [])
  })

  test(`${name}: conditions hold`, async () => {
    const store = await open()
    const first = await store.put('k', bytes('one'), { ifAbsent: true })
    await fails(store.put('k', bytes('two'), { ifAbsent: true }), 'FILE_ALREADY_EXISTS')
    assert.equal(await store.getIfChanged('k', first.etag), 'same')
    const second = await store.put('k', bytes('two'), { ifMatch: first.etag })
    await fails(store.put('k', bytes('three'), { ifMatch: first.etag }), 'COORDINATION_ERROR')
    await fails(store.put('none', bytes('three'), { ifMatch: first.etag }), 'COORDINATION_ERROR')
    const changed = await store.getIfChanged('k', first.etag)
    assert.ok(changed !== 'same')
    assert.equal(text(changed?.bytes), 'two')
    assert.equal(text((await store.get('k', { ifMatch: second.etag, start: 1, end: 2 }))?.bytes), 'w')
    await fails(store.get('k', { ifMatch: first.etag, start: 1, end: 2 }), 'CANNOT_READ_ALL_DATA')
    assert.equal(await store.getIfChanged('none', first.etag), null)
  })

  test(`${name}: keys are listed in order, at any depth or one`, async () => {
    const store = await open()
    const odd = ['a b/c+d%20&=?#.txt', 'a b/ü/日本', "a b/it's(1)*!~"]
    for (const key of [...odd, 'x/2', 'x/1', 'x/1/deep', 'y']) await store.put(key, bytes(key))
    assert.deepEqual(await keysOf(store, 'x/'), ['x/1', 'x/1/deep', 'x/2'])
    assert.deepEqual((await keysOf(store, 'a b/')).sort(), [...odd].sort())
    for (const key of odd) assert.equal(text((await store.get(key))?.bytes), key)
    const { objects, prefixes } = await store.listDirectory('x/')
    assert.deepEqual(
      objects.map(({ key, size }) => [key, size]),
      [
        ['x/1', 3],
        ['x/2', 3],
      ],
    )
    assert.deepEqual(prefixes, ['x/1/'])
    assert.deepEqual((await store.listDirectory('')).prefixes, ['a b/', 'x/'])
    assert.deepEqual(await store.listDirectory('nothing/'), { objects: [], prefixes: [] })
    await store.remove(odd)
    assert.deepEqual(await keysOf(store, ''), ['x/1', 'x/1/deep', 'x/2', 'y'])
  })

  test(`${name}: an object is written piece by piece, and seen once closed`, async () => {
    const store = await open()
    const writer = await store.create('big')
    const piece = new Uint8Array(700_000).map((_, i) => i * 7)
    for (let i = 0; i < 30; i++) await writer.write(piece)
    assert.equal(await store.get('big'), null)
    const { etag } = await writer.close()
    const object = await store.get('big', { start: 700_000 * 17 + 5, end: 700_000 * 18 })
    assert.deepEqual([object?.size, object?.etag], [21_000_000, etag])
    assert.deepEqual(object?.bytes, piece.subarray(5))
    for (const pieces of [1, 20]) {
      const aborted = await store.create('aborted')
      for (let i = 0; i < pieces; i++) await aborted.write(piece)
      await aborted.abort()
    }
    assert.deepEqual(await keysOf(store, ''), ['big'])
    const empty = await store.create('empty')
    await empty.close()
    assert.equal((await store.get('empty'))?.bytes.length, 0)
  })

  test(`${name}: objects are copied`, async () => {
    const store = await open()
    await store.put('from+ü', bytes('text'))
    await store.copy('from+ü', 'to/é')
    assert.equal(text((await store.get('to/é'))?.bytes), 'text')
    await fails(store.copy('none', 'to'), 'FILE_DOESNT_EXIST')
  })
}
