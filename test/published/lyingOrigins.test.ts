// Origins that lie: a clear error, never a wrong answer, and the next query is fine once they tell the truth again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DBError } from '../../runtime/core/errors.ts'
import { publishTable } from '../../runtime/engine/publishTable.ts'
import type { GetOptions, ObjectStore, StoredObject } from '../../runtime/storage/objectStore.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { manifestFile } from '../../runtime/storage/published/manifest.ts'
import { DirectoryStore } from '../../runtime/storage/stores/directory.ts'
import { answersOf, engineOn, replicaOf } from './tables.ts'

type Lie = (key: string, options: GetOptions, truth: StoredObject | null) => StoredObject | null

/** Says what it is told to say. */
class LyingStore {
  lie: Lie | null = null
  readonly can: ObjectStore['can']

  constructor(readonly inner: ObjectStore) {
    this.can = inner.can
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | null> {
    const truth = await this.inner.get(key, options)
    return this.lie ? this.lie(key, options, truth) : truth
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'> {
    if (!this.lie) return this.inner.getIfChanged(key, etag)
    return this.lie(key, {}, await this.inner.get(key))
  }
}

const isData = (key: string) => key.endsWith('.bin')
const withBytes = (object: StoredObject | null, change: (bytes: Uint8Array) => Uint8Array): StoredObject | null =>
  object && { ...object, bytes: change(object.bytes.slice()) }
const page = new TextEncoder().encode('<!doctype html><title>502 Bad Gateway</title>')
const json = (change: (manifest: Record<string, unknown>) => void) => (bytes: Uint8Array) => {
  const manifest = JSON.parse(new TextDecoder().decode(bytes))
  change(manifest)
  return new TextEncoder().encode(JSON.stringify(manifest))
}
const ofManifest =
  (change: (bytes: Uint8Array) => Uint8Array): Lie =>
  (key, _, truth) =>
    key === manifestFile ? withBytes(truth && { ...truth, etag: '"other"' }, change) : truth
const ofData =
  (change: (bytes: Uint8Array, options: GetOptions) => Uint8Array): Lie =>
  (key, options, truth) =>
    isData(key) ? withBytes(truth, bytes => change(bytes, options)) : truth

/** Of granary.index, whose first piece is the primary index. */
const ofIndex =
  (change: (bytes: Uint8Array) => Uint8Array): Lie =>
  (key, _, truth) =>
    key.endsWith('/granary.index') ? withBytes(truth, change) : truth
/** With a manifest of before there was a granary.index. */
const ofFile =
  (end: string, change: (bytes: Uint8Array) => Uint8Array): Lie =>
  (key, options, truth) => {
    if (key === manifestFile) return ofManifest(json(withoutIndex))(key, options, truth)
    return key.endsWith(end) ? withBytes(truth, change) : truth
  }
const withoutIndex = ({ parts }: Record<string, unknown>) => {
  for (const part of parts as Record<string, unknown>[]) delete part['packed']
}

const lies: Record<string, { lie: Lie; code: RegExp; isSeenCold?: boolean }> = {
  'an HTML page for the manifest': { lie: ofManifest(() => page), code: /246/ },
  'half of the manifest': { lie: ofManifest(bytes => bytes.subarray(0, bytes.length / 2)), code: /246/ },
  'nothing for the manifest': { lie: ofManifest(() => new Uint8Array(0)), code: /246/ },
  'a manifest of tomorrow': { lie: ofManifest(json(manifest => Object.assign(manifest, { version: 2 }))), code: /287/ },
  'a manifest of another partition': {
    lie: ofManifest(json(({ parts }) => Object.assign((parts as object[])[0], { partition: [{ float: 'nan' }] }))),
    code: /246/,
  },
  'a manifest of a table that cannot be': {
    lie: ofManifest(json(manifest => Object.assign(manifest, { create: 'CREATE TABLE _ (k UInt8) ENGINE = Log' }))),
    code: /246/,
  },
  'no manifest': { lie: (key, _, truth) => (key === manifestFile ? null : truth), code: /107/ },
  'no parts': { lie: (key, _, truth) => (key === manifestFile ? truth : null), code: /107/ },
  'short bodies': { lie: ofData(bytes => bytes.subarray(0, bytes.length - 1)), code: /33/ },
  'empty bodies': { lie: ofData(() => new Uint8Array(0)), code: /33/ },
  'more than was asked for': { lie: ofData(bytes => new Uint8Array([...bytes, 0])), code: /33/ },
  'an HTML page for data': { lie: ofData(() => page), code: /33|40|39/ },
  'another range': { lie: ofData(bytes => bytes.reverse()), code: /33|39|40/ },
  'one bit flipped': {
    lie: ofData(bytes => {
      bytes[bytes.length - 3] ^= 4
      return bytes
    }),
    code: /40/,
  },
  'marks of nothing': {
    lie: ofFile('.mrk', bytes => bytes.fill(255)),
    code: /246|33|39|40/,
  },
  'a primary index cut short': {
    lie: ofFile('primary.idx', bytes => bytes.subarray(1)),
    code: /33/,
  },
  'an index of other values': {
    lie: ofIndex(bytes => {
      bytes[5] ^= 1
      return bytes
    }),
    code: /40/,
  },
  'marks of other granules': {
    lie: ofIndex(bytes => {
      bytes[bytes.length - 24] ^= 1
      return bytes
    }),
    code: /40/,
  },
  'an index cut short': { lie: ofIndex(bytes => bytes.subarray(1)), code: /33/ },
  'no index': { lie: (key, _, truth) => (key.endsWith('/granary.index') ? null : truth), code: /107/ },
  'an index of other hashes': {
    lie: ofManifest(
      json(({ parts }) => Object.assign((parts as object[])[0], { packed: '0123456789abcdef'.repeat(4) })),
    ),
    code: /40/,
  },
  'a line that is down': {
    lie: () => {
      throw new DBError('NETWORK_ERROR', 'The line is down')
    },
    code: /210/,
  },
}

test('lies are told apart from answers', async () => {
  const { engine } = await engineOn()
  await answersOf(
    engine,
    'CREATE TABLE t (k UInt32, p UInt8, s String) ENGINE = MergeTree PARTITION BY p ORDER BY k SETTINGS index_granularity = 100',
    'INSERT INTO t SELECT number, number % 2, toString(number) FROM numbers(3000)',
  )
  const target = new DirectoryStore(new MemoryDisk())
  await publishTable(engine, { database: 'default', table: 't' }, target)
  const question = 'SELECT count(), sum(k), max(s), sum(length(s)) FROM t WHERE k >= 150'
  const [truth] = await answersOf(engine, question)
  for (const [name, { lie, code }] of Object.entries(lies)) {
    const store = new LyingStore(target)
    const replica = await replicaOf(store as unknown as ObjectStore, { columnCacheBytes: 0 })
    const ask = async () => (await answersOf(replica, question))[0]
    store.lie = lie
    const [first, second] = [await ask(), await ask()]
    for (const answer of [first, second]) assert.match(answer, new RegExp(`^Code: (${code.source})\n$`), name)
    store.lie = null
    assert.equal(await ask(), truth, `${name}, after it`)
    // Now the replica knows the manifest, the index and the marks.
    store.lie = lie
    const warm = await ask()
    if (warm !== truth) assert.match(warm, new RegExp(`^Code: (${code.source})\n$`), `${name}, warm`)
    store.lie = null
    assert.equal(await ask(), truth, `${name}, after it, warm`)
    await replica.close()
  }
  await engine.close()
})

test('a cache in between that gives an older manifest again does not bring older rows back', async () => {
  const { engine, clock } = await engineOn()
  await answersOf(engine, 'CREATE TABLE t (k UInt8) ENGINE = MergeTree ORDER BY k', 'INSERT INTO t VALUES (1)')
  const target = new DirectoryStore(new MemoryDisk())
  const table = { database: 'default', table: 't' }
  await publishTable(engine, table, target)
  const old = await target.get(manifestFile)
  const store = new LyingStore(target)
  const replica = await replicaOf(store as unknown as ObjectStore)
  const sum = async () => (await answersOf(replica, 'SELECT sum(k) FROM t'))[0]
  assert.equal(await sum(), '1\n')
  await answersOf(engine, 'INSERT INTO t VALUES (2)')
  clock.now += 1000
  await publishTable(engine, table, target)
  assert.equal(await sum(), '3\n')
  store.lie = (key, _, truth) => (key === manifestFile ? old : truth)
  assert.equal(await sum(), '3\n')
  await replica.close()
  await engine.close()
})
