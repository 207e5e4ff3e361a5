import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { LruCache } from '../../runtime/storage/lruCache.ts'
import { readChecksums, writeChecksums } from '../../runtime/storage/mergetree/checksums.ts'
import { escapeFileName, unescapeFileName } from '../../runtime/storage/mergetree/fileName.ts'
import { FrameCodec, parseCodec } from '../../runtime/storage/mergetree/frames.ts'
import { mergeBytesMax, selectRange } from '../../runtime/storage/mergetree/mergeSelector.ts'
import { cutAtSegments, markOfRow, rowOfMark } from '../../runtime/storage/mergetree/part.ts'
import { covers, parsePartName, printPartName, tryParsePartName } from '../../runtime/storage/mergetree/partName.ts'
import { partitionId } from '../../runtime/storage/mergetree/partition.ts'
import { PartReader } from '../../runtime/storage/mergetree/partReader.ts'
import { readColumns, readSubstreams, writeColumns } from '../../runtime/storage/mergetree/smallFiles.ts'
import { hashedStreamName, streamsOf } from '../../runtime/storage/mergetree/streams.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory } from '../harness.ts'
import { TestTable } from './tables.ts'

const memory = newMemory('core.debug')
const codec = new FrameCodec(memory)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('file names', () => {
  assert.equal(escapeFileName('we.ird-Col é'), 'we%2Eird%2DCol%20%C3%A9')
  for (const name of ['plain_1', 'a b', '%41', 'ü.x', '\udcff', '%', 'a%2'])
    assert.equal(unescapeFileName(escapeFileName(name)), name)
  assert.equal(unescapeFileName('100%'), '100%')
})

test('names of parts', () => {
  for (const name of ['all_1_1_0', '201812_3_17_2_19', 'f815b3f19bae3563399d3c6214a8ed43_1_2_1', '-7_1_1_0'])
    assert.equal(printPartName(parsePartName(name)), name)
  for (const name of ['all', 'all_1_1', 'tmp_insert_all_1_1_0', 'all_2_1_0', 'all_1_1_0_0_0', 'a_b_1_1_0', '_1_1_0'])
    assert.equal(tryParsePartName(name), null, name)
  const isCovered = (a: string, b: string) => covers(parsePartName(a), parsePartName(b))
  assert.ok(isCovered('all_1_5_1', 'all_2_3_0'))
  assert.ok(isCovered('all_1_5_1_7', 'all_1_5_1'))
  assert.ok(!isCovered('all_1_5_1', 'all_1_5_1_7'))
  assert.ok(!isCovered('all_1_5_0', 'all_2_3_1'))
  assert.ok(!isCovered('all_1_5_1', 'b_2_3_0'))
})

test('partition ids, as 18.16 and 26.7 made them', () => {
  const cases: [string[], Value[], string][] = [
    [[], [], 'all'],
    [['Date'], [17886], '20181221'],
    [["DateTime('UTC')"], [1545354123], '1545354123'],
    [['Int64'], [-7n], '-7'],
    [['String'], ['abc'], 'f815b3f19bae3563399d3c6214a8ed43'],
    [['String'], [''], 'f64abffc6c96f8ef72c783f1b9426e19'],
    [['FixedString(4)'], ['abc\0'], '1f76e881d0c33986c426c498641d2ad0'],
    [['Float32'], [1.5], '11876ff8640afac37203e8651c527cea'],
    [['UUID'], [0x00112233445566778899aabbccddeeffn], '2462615b0a052003f1dfc9e6cda040a3'],
    [['Array(UInt8)'], [[1, 2]], '3f00cdd1684ab009c87e93c9e33ec12e'],
    [['Decimal(9, 2)'], [1234n], '327bf601d23b362366ca87c09b7defc6'],
    [['Nullable(UInt8)'], [null], '2b16b490a87466b6a6d34fd9027f3c3d'],
    [
      ['Tuple(UInt8, String)', 'Array(UInt8)'],
      [
        [1, 'x'],
        [1, 2],
      ],
      '7acd6bfdc94e54a541fa7039ad846d48',
    ],
    [['UInt8', 'String'], [5, 'abc'], '801e1b68c17cc67324a077e29b91312b'],
    [['Date', 'UInt8'], [17882, 5], '20181217-5'],
    [['Date32'], [-3652], '-3652'],
  ]
  for (const [types, values, id] of cases) assert.equal(partitionId(types.map(parseType), values, memory), id)
})

test('columns.txt and columns_substreams.txt', () => {
  const columns = [
    { name: 'd', type: 'Date' },
    { name: 'back`tick\\', type: 'Array(Nullable(String))' },
  ]
  const text = writeColumns(columns)
  assert.equal(
    new TextDecoder().decode(text),
    'columns format version: 1\n2 columns:\n`d` Date\n`back\\`tick\\\\` Array(Nullable(String))\n',
  )
  assert.deepEqual(readColumns(text), columns)
  for (let size = 0; size < text.length; size++) assert.throws(() => readColumns(text.subarray(0, size)))
  const substreams =
    'columns substreams version: 1\n2 columns:\n1 substreams for column `k`:\n\tk\n2 substreams for column `s`:\n\ts.size\n\ts\n'
  assert.deepEqual(readSubstreams(bytes(substreams)), [['k'], ['s.size', 's']])
})

test('checksums.txt of versions 2 and 4', () => {
  const text =
    'checksums format version: 2\n2 files:\na.bin\n\tsize: 10\n\thash: 1 2\n\tcompressed: 1\n\tuncompressed size: 20\n\tuncompressed hash: 3 4\n' +
    'count.txt\n\tsize: 1\n\thash: 18446744073709551615 5\n\tcompressed: 0\n'
  const checksums = readChecksums(bytes(text), codec)
  assert.deepEqual([...checksums.keys()], ['a.bin', 'count.txt'])
  assert.equal(checksums.get('a.bin')?.uncompressed?.size, 20)
  assert.deepEqual(readChecksums(writeChecksums(checksums, codec), codec), checksums)
  assert.throws(() => readChecksums(bytes('checksums format version: 9\n'), codec), {
    errorName: 'UNKNOWN_FORMAT_VERSION',
  })
})

test('codecs by name', () => {
  assert.deepEqual(parseCodec('CODEC(ZSTD(3))'), { method: 'ZSTD', level: 3 })
  assert.deepEqual(parseCodec('lz4'), { method: 'LZ4', level: 0 })
  assert.deepEqual(parseCodec('Delta, LZ4'), { method: 'LZ4', level: 0 })
})

test('names of streams', () => {
  assert.deepEqual(streamsOf('a', parseType('Array(Array(Nullable(String)))')), ['a.size0', 'a.size1', 'a.null', 'a'])
  assert.deepEqual(streamsOf('n.a', parseType('Array(UInt8)')), ['n.size0', 'n%2Ea'])
  assert.deepEqual(streamsOf('t', parseType('Tuple(UInt8, Array(UInt8))')), ['t%2E1', 't%2E2.size0', 't%2E2'])
  assert.deepEqual(streamsOf('m', parseType('Map(String, UInt8)')), ['m.size0', 'm%2Ekeys', 'm%2Evalues'])
  assert.deepEqual(streamsOf('l', parseType('Array(LowCardinality(String))')), ['l.size0', 'l.dict', 'l'])
  assert.equal(hashedStreamName('c'.repeat(129), memory), 'fd0b31a4dfe3c7ceb7a552965cd00522')
  assert.equal(hashedStreamName('c', memory), null)
})

test('the cache drops what is longest unused, never what is in use', () => {
  const gone: string[] = []
  const cache = new LruCache<string>(30, value => gone.push(value))
  for (const key of ['a', 'b', 'c']) cache.set(key, key, 10)
  cache.get('a')
  cache.set('d', 'd', 10)
  assert.deepEqual(gone, ['b'])
  const pin = cache.pin('c')
  cache.set('e', 'e', 20)
  assert.deepEqual(gone, ['b', 'a', 'd'])
  cache.delete('c')
  assert.deepEqual(gone, ['b', 'a', 'd'])
  pin?.release()
  assert.deepEqual(gone, ['b', 'a', 'd', 'c'])
  cache.set('huge', 'huge', 100)
  assert.ok(cache.has('huge'))
  assert.equal(cache.bytes, 100)
})

test('merges are chosen as the format of ClickHouse 18.16 chooses them', () => {
  const settings = { maxPartsToMergeAtOnce: 100 }
  const run = (bytes: number[], ageSeconds = 0) => [bytes.map(size => ({ bytes: size, ageSeconds }))]
  const mib = 1048576
  assert.equal(selectRange(run([mib, mib]), 0, settings), null)
  // Five of a size reach the base of 5 at once; four do not until they are old.
  assert.deepEqual(selectRange(run([mib, mib, mib, mib, mib]), 0, settings), { run: 0, start: 0, end: 5 })
  assert.equal(selectRange(run([mib, mib, mib, mib]), 0, settings), null)
  assert.deepEqual(selectRange(run([mib, mib, mib, mib], 4e6), 0, settings), { run: 0, start: 0, end: 4 })
  assert.equal(selectRange(run([mib, mib, mib, mib, mib]), 3 * mib, settings), null)
  // A large part is not dragged along by small ones.
  assert.deepEqual(selectRange(run([1e12, mib, mib, mib, mib, mib, mib]), 0, settings), { run: 0, start: 1, end: 7 })
  const many = Array.from({ length: 300 }, () => mib)
  const found = selectRange(run(many), 0, settings)
  assert.ok(found && found.end - found.start <= 100)
  const sizes = { maxBytesToMergeAtMaxSpaceInPool: 161061273600, maxBytesToMergeAtMinSpaceInPool: 1048576 }
  assert.equal(mergeBytesMax(sizes, 8, null), 161061273600)
  assert.equal(mergeBytesMax(sizes, 16, 1000), 500)
  assert.equal(mergeBytesMax(sizes, 0, null), 1048576)
})

const many: Value[][] = Array.from({ length: 1000 }, (_, i) => [i, `text ${i}`, i % 3 === 0 ? null : i])
const shape = {
  columns: [
    ['k', 'UInt32'],
    ['s', 'String'],
    ['n', 'Nullable(UInt16)'],
  ] as const,
  sorting: ['k'],
  settings: { indexGranularity: 8192 / 64 },
}

test('a disk that has to be waited for is read the same, granule by granule', async () => {
  const files = new MemoryDisk()
  const written = await TestTable.open(files, memory, shape)
  await written.insert(many)
  const later = new MemoryDisk(() => 0, { sync: false })
  for (const [name, file] of files.files) later.files.set(name, file)
  const table = await TestTable.open(later, memory, shape)
  assert.deepEqual(await table.rows(), many)
  const [part] = table.table.parts()
  const arena = new Arena(memory)
  for (let mark = 0; mark < part.marks.count; mark++) {
    const [s] = await table.reader.readColumns(part, ['s'], mark, mark + 1, arena)
    assert.equal(s?.valueAt(0), `text ${mark * 128}`)
    assert.equal(s?.rows, Math.min(128, 1000 - mark * 128))
  }
  assert.deepEqual(await table.reader.readColumns(part, ['none'], 0, 1, arena), [null])
  const index = await table.reader.primaryIndex(part, [parseType('UInt32')])
  assert.deepEqual(
    [...Array(8).keys()].map(mark => index[0].valueAt(mark)),
    [0, 128, 256, 384, 512, 640, 768, 896],
  )
  table.reader.close()
})

test('segments are cached, single granules are not', async () => {
  const table = await TestTable.open(new MemoryDisk(), memory, shape)
  await table.insert(many)
  const [part] = table.table.parts()
  const reader = new PartReader({ disk: table.disk, memory })
  const arena = new Arena(memory)
  const before = memory.bytesTaken
  const [range] = cutAtSegments(part, [{ from: 0, to: part.marks.count }])
  assert.deepEqual(range, { from: 0, to: 8 })
  const one = await reader.chunk(part, ['k', 's'], 3, 4, arena)
  assert.equal(reader.columnCache.count, 0)
  assert.equal(one.columns[1]?.valueAt(0), 'text 384')
  one.release()
  const all = await reader.chunk(part, ['k', 's'], range.from, range.to, arena)
  assert.equal(reader.columnCache.count, 2)
  all.release()
  const cached = await reader.chunk(part, ['s', 'n'], 3, 4, arena)
  assert.equal(cached.columns[0]?.valueAt(0), 'text 384')
  assert.equal(cached.columns[1]?.valueAt(0), null)
  assert.equal(reader.columnCache.count, 2)
  reader.forget(part.id)
  assert.equal(reader.columnCache.count, 0)
  // What is in use stays until it is released.
  assert.equal(cached.columns[0]?.valueAt(1), 'text 385')
  cached.release()
  arena.destroy()
  reader.close()
  assert.ok(memory.bytesTaken <= before)
  for (let row = 0; row < 1000; row += 100) assert.ok(rowOfMark(part, markOfRow(part, row)) <= row)
})
