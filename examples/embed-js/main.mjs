// The core alone, from plain JavaScript: no other file of Granary is used than core.wasm. Answers, from the files of a part of a
// MergeTree table that ClickHouse wrote and from a roaring bitmap,
//   SELECT country, count(), sum(amount), max(amount), avg(amount) FROM orders
//   WHERE day BETWEEN '2024-02-01' AND '2024-02-20' AND amount > 100 AND user IN (the bitmap) GROUP BY country
// It searches the sparse index for the granules that may have such days, and decompresses only those.
//   node main.mjs [core.wasm [DATA DIRECTORY]]
import { readFile } from 'node:fs/promises'

const core = process.argv[2] ?? new URL('../../dist/core/core.wasm', import.meta.url)
const data = process.argv[3] ?? new URL('../embed-data', import.meta.url).pathname
const granuleRows = 512

// The module wants memory, and nothing else.
const memory = new WebAssembly.Memory({ initial: 1, maximum: 32768 })
const { instance } = await WebAssembly.instantiate(await readFile(core), { env: { memory } })
const k = instance.exports
if (k.abiVersion() >> 16 !== 1) throw new Error('This program was written for version 1 of the core')

// A heap of at most 64 MiB, and an arena in its first page.
const heap = k.heapCreate(1024, 16)
const arena = k.heapTake(heap, 1)
k.arenaInit(arena, heap, 0)
const allocate = size => {
  const address = k.arenaAllocate(arena, size)
  if (address === 0) throw new Error('Out of memory')
  return address
}
// Memory that has grown has a new buffer: views are made anew for each use.
const u8 = (address, size) => new Uint8Array(memory.buffer, address, size)
const put = bytes => {
  const address = allocate(bytes.length)
  u8(address, bytes.length).set(bytes)
  return address
}
const putInt = (value, size) => put(new Uint8Array(Int32Array.of(value).buffer, 0, size))

/** A column's granules [start, end): the frames that they are in, each checked by its hash and decompressed. */
async function readColumn(name, width, start, end) {
  const file = await readFile(`${data}/part/${name}.bin`)
  const marks = await readFile(`${data}/part/${name}.mrk`)
  // A mark: u64 where a frame begins | u64 where in its plain bytes the granule does.
  const mark = granule =>
    granule * 16 < marks.length
      ? { frame: Number(marks.readBigUInt64LE(granule * 16)), inside: Number(marks.readBigUInt64LE(granule * 16 + 8)) }
      : { frame: file.length, inside: 0 }
  const [from, to] = [mark(start), mark(end)]
  // A frame: 16 bytes CityHash128 of the rest | u8 method | u32 size with these 9 bytes | u32 plain size | payload
  const frames = []
  let plainSize = 0
  for (let at = from.frame; at < to.frame || (at === to.frame && to.inside > 0); ) {
    const frame = { at: at + 16, size: file.readUInt32LE(at + 17), plainSize: file.readUInt32LE(at + 21) }
    frames.push(frame)
    plainSize += frame.plainSize
    at = frame.at + frame.size
  }
  const plain = allocate(plainSize)
  let target = plain
  for (const { at, size, plainSize } of frames) {
    const frame = put(file.subarray(at, at + size))
    const hash = allocate(16)
    k.cityHash128(frame, size, hash)
    if (file.compare(u8(hash, 16), 0, 16, at - 16, at) !== 0) throw new Error(`${name}: a checksum does not match`)
    if (file[at] !== 0x82) throw new Error(`${name}: not LZ4`)
    if (k.lz4Decompress(frame + 9, size - 9, target, plainSize) !== plainSize) throw new Error(`${name}: corrupt`)
    target += plainSize
  }
  const rows = Math.min((end - start) * granuleRows, (plainSize - from.inside) / width)
  return { address: plain + from.inside, rows }
}

const day = text => Date.parse(text) / 86_400_000
const [from, to] = [putInt(day('2024-02-01'), 2), putInt(day('2024-02-20'), 2)]

// The sparse index has the first day of each granule, u16. The first granule that may have a day is the one before the first mark
// that is not less; none has it from the first mark on that is greater.
const index = await readFile(`${data}/part/primary.idx`)
const keys = put(index)
const granules = index.length / 2
const first = Math.max(0, k.lowerBoundU16(keys, 0, granules, from) - 1)
const last = k.upperBoundU16(keys, 0, granules, to)
console.error(`granules ${first} to ${last} of ${granules}`)

const days = await readColumn('day', 2, first, last)
const amounts = await readColumn('amount', 4, first, last)
const users = await readColumn('user', 4, first, last)
const countries = await readColumn('country', 2, first, last)
const { rows } = days

// The bitmap of buyers, in the portable form that all roaring libraries share.
const file = await readFile(`${data}/buyers.roaring`)
const bitmap = allocate(k.roaringBytes())
k.roaringInit(bitmap, arena)
if (k.roaringDeserialize(bitmap, put(file), file.length) !== file.length) throw new Error('The bitmap is corrupt')
console.error(`${k.roaringCardinality(bitmap)} buyers`)

// WHERE: a mask for each condition, and all of them.
const mask = allocate(rows)
const more = allocate(rows)
k.greaterOrEqualConstU16(days.address, from, mask, rows)
k.lessOrEqualConstU16(days.address, to, more, rows)
k.maskAnd(mask, more, mask, rows)
k.greaterConstI32(amounts.address, putInt(100, 4), more, rows)
k.maskAnd(mask, more, mask, rows)
k.roaringContainsMany(bitmap, users.address, rows, more)
k.maskAnd(mask, more, mask, rows)

// The rows that are left, of the columns that are still of use; in place.
const kept = k.filter4(amounts.address, mask, amounts.address, rows)
k.filter2(countries.address, mask, countries.address, rows)
console.error(`${kept} of ${rows} rows`)

// GROUP BY: a table gives each row the number of its group, and the states are arrays with one state a group.
const table = k.groupTableCreate2(arena)
const ids = allocate(kept * 4)
const groups = k.groupTableUpsert2(table, countries.address, kept, ids)
const zeroed = size => {
  const address = allocate(size)
  u8(address, size).fill(0)
  return address
}
const [sums, counts, averages] = [zeroed(groups * 8), zeroed(groups * 8), zeroed(groups * 8)]
const [maxima, flags] = [zeroed(groups * 4), zeroed(groups)]
k.sumI32Grouped(sums, ids, amounts.address, kept)
k.countGrouped(counts, ids, kept)
k.maxI32Grouped(maxima, flags, ids, amounts.address, kept)
k.averageI64(sums, counts, groups, averages)

// ORDER BY country: big-endian bytes, as strings compare.
const names = k.groupTableKeys(table)
const view = new DataView(memory.buffer)
const decoder = new TextDecoder()
const lines = Array.from({ length: groups }, (_, group) =>
  [
    decoder.decode(u8(names + group * 2, 2)),
    view.getBigUint64(counts + group * 8, true),
    view.getBigInt64(sums + group * 8, true),
    view.getInt32(maxima + group * 4, true),
    view.getFloat64(averages + group * 8, true).toFixed(3),
  ].join('\t'),
)
console.log(lines.sort().join('\n'))

// Everything goes back at once.
k.arenaDestroy(arena)
