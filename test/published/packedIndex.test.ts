// granary.index: what readers of published tables need before columns, in one object.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  hashOfFile,
  PackedIndexReader,
  packedPieces,
  pieceHash,
  primaryPiece,
} from '../../runtime/storage/mergetree/packedIndex.ts'
import type { PartInfo } from '../../runtime/storage/mergetree/part.ts'
import { publishTable } from '../../runtime/engine/publishTable.ts'
import type { GetOptions, ObjectStore } from '../../runtime/storage/objectStore.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { manifestFile } from '../../runtime/storage/published/manifest.ts'
import { DirectoryStore } from '../../runtime/storage/stores/directory.ts'
import { answersOf, engineOn, replicaOf } from './tables.ts'

const table = { database: 'default', table: 't' }
const names = Array.from({ length: 40 }, (_, i) => `c${i}`)
const rowsSelected = (rows: number) =>
  `SELECT number AS k, ${names.map((name, i) => `number * ${i} AS ${name}`).join(', ')} FROM numbers(${rows})`

async function published(rows: number) {
  const { engine } = await engineOn()
  await answersOf(
    engine,
    `CREATE TABLE t (k UInt64, ${names.map(name => `${name} UInt64`).join(', ')}) ENGINE = MergeTree ORDER BY k
      SETTINGS index_granularity = 8`,
    `INSERT INTO t ${rowsSelected(rows)}`,
  )
  const target = new DirectoryStore(new MemoryDisk())
  await publishTable(engine, table, target)
  return { engine, target }
}

/** Keys that were asked for. */
function watched(inner: ObjectStore): { store: ObjectStore; asked: string[] } {
  const asked: string[] = []
  const store = {
    can: inner.can,
    getIfChanged: (key: string, etag: string) => inner.getIfChanged(key, etag),
    get: (key: string, options?: GetOptions) => {
      asked.push(key)
      return inner.get(key, options)
    },
  } as unknown as ObjectStore
  return { store, asked }
}

test('all columns of a row take one request more than they are, small parts and large', async () => {
  const cases = [
    { rows: 1000, platform: {} },
    { rows: 1000, platform: { isolatesRequests: true } },
    { rows: 20_000, platform: {} },
  ]
  for (const { rows, platform } of cases) {
    const { engine, target } = await published(rows)
    const { size } = (await target.get('all_1_1_0/granary.index'))!
    assert.equal(size! > 256 << 10, rows > 1000)
    const { store, asked } = watched(target)
    const replica = await replicaOf(store, { platform })
    const question = 'SELECT * FROM t WHERE k = 777'
    asked.length = 0
    assert.deepEqual(await answersOf(replica, question), await answersOf(engine, question))
    assert.equal(asked.filter(key => key.endsWith('granary.index')).length, 1)
    assert.equal(asked.length, 1 + 41, asked.join())
    // Every column by itself, from what is kept or in ranges.
    const sums = names.map(name => `SELECT sum(${name}) FROM t WHERE k >= 500`)
    assert.deepEqual(await answersOf(replica, ...sums), await answersOf(engine, ...sums))
    const cold = await replicaOf(store, { platform, marksCacheBytes: 1000 })
    for (const one of [...sums, question]) assert.deepEqual(await answersOf(cold, one), await answersOf(engine, one))
    const both = await Promise.all(sums.slice(0, 8).map(sum => answersOf(cold, sum)))
    assert.deepEqual(both.flat(), await answersOf(engine, ...sums.slice(0, 8)))
    for (const one of [replica, cold, engine]) await one.close()
  }
})

test('manifests of before are read, and the next publication adds what they lack', async () => {
  const { engine, target } = await published(1000)
  const { bytes } = (await target.get(manifestFile))!
  const manifest = JSON.parse(new TextDecoder().decode(bytes))
  assert.match(manifest.parts[0].packed, /^([0-9a-f]{16}){42}$/)
  delete manifest.parts[0].packed
  await target.put(manifestFile, new TextEncoder().encode(JSON.stringify(manifest)))
  await target.remove(['all_1_1_0/granary.index'])
  const { store, asked } = watched(target)
  const replica = await replicaOf(store)
  const question = 'SELECT * FROM t WHERE k = 777'
  const truth = await answersOf(engine, question)
  assert.deepEqual(await answersOf(replica, question), truth)
  assert.ok(asked.includes('all_1_1_0/c7.mrk') && asked.includes('all_1_1_0/primary.idx'))
  const result = await publishTable(engine, table, target)
  assert.deepEqual([result.isUnchanged, result.generation, result.copiedParts, result.copiedFiles], [false, 2, 0, 1])
  assert.equal((await publishTable(engine, table, target)).isUnchanged, true)
  assert.deepEqual(await answersOf(replica, question), truth)
  for (const one of [replica, engine]) await one.close()
})

test('pieces are cut out of any requests, and none is taken for another', async () => {
  const { engine } = await engineOn()
  const { memory } = engine
  const sizes = { [primaryPiece]: 100, a: 3_000_001, none: 0, b: 5_000_003, c: 70_000, d: 200 }
  const whole = new Uint8Array(Object.values(sizes).reduce((sum, size) => sum + size))
  for (let i = 0; i < whole.length; i++) whole[i] = Math.imul(i, 2654435761) >>> 13
  const { [primaryPiece]: primaryIndex, ...marks } = sizes
  let at = 0
  const hashes = Object.values(sizes).map(size => pieceHash(hashOfFile(whole.subarray(at, (at += size)), memory)))
  const part = {
    id: 'x',
    path: 'p',
    marks: { extension: '.mrk' },
    streams: marks,
    fileSizes: { primaryIndex, marks, packedHashes: hashes.join('') },
  } as unknown as PartInfo
  const { pieces, size } = packedPieces(part)!
  assert.equal(size, whole.length)
  let flipped = -1
  let requests = 0
  const fetch = async (path: string, start: number, end: number) => {
    assert.equal(path, 'p/granary.index')
    requests++
    const bytes = whole.slice(start, end)
    if (flipped >= start && flipped < end) bytes[flipped - start] ^= 1
    return bytes
  }
  const reader = new PackedIndexReader(memory, fetch, 1 << 20)
  for (const [asked, expected] of [
    [[primaryPiece, 'a', 'none', 'b', 'c', 'd'], 2],
    [['d', primaryPiece], 2],
    [['none'], 0],
    [['c', 'd'], 1],
  ] as const) {
    requests = 0
    const found = (await reader.read(part, asked))!
    assert.deepEqual([...found.keys()], [...asked])
    for (const [name, bytes] of found) {
      const { start, end } = pieces.get(name)!
      assert.ok(Buffer.from(bytes).equals(whole.subarray(start, end)), name)
    }
    assert.equal(requests, expected, asked.join())
  }
  flipped = pieces.get('b')!.end - 1
  await assert.rejects(reader.read(part, ['a', 'b']), /Checksum doesn't match: b\.mrk in p\/granary\.index/)
  assert.equal((await reader.read(part, ['a']))?.get('a')?.length, sizes.a)
  await assert.rejects(reader.read(part, ['e']), { errorName: 'NO_FILE_IN_DATA_PART' })
  assert.equal(await reader.read({ ...part, fileSizes: { primaryIndex, marks } }, ['a']), null)
  await engine.close()
})
