import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { ByteReader, ByteWriter } from '../../runtime/core/bytes.ts'
import { newMemory, random } from '../harness.ts'

const memory = newMemory('core.debug')
const { kernels } = memory
const counts = [0, 1, 15, 16, 17, 400]

function place(arena: Arena, bytes: Uint8Array): number {
  const pointer = arena.allocate(bytes.length)
  memory.copyIn(pointer, bytes)
  return pointer
}

test('splitStrings and joinStrings are each other', () => {
  const next = random(5)
  for (const rows of counts) {
    const arena = new Arena(memory)
    const texts = Array.from({ length: rows }, () => {
      const size = [0, 3, 16, 33, 127, 128, 600, 20_000][Math.floor(next() * 8)]
      return Uint8Array.from({ length: size }, () => next() * 256)
    })
    const writer = new ByteWriter()
    for (const text of texts) {
      writer.varint(text.length)
      writer.raw(text)
    }
    const packed = writer.bytes()
    const source = place(arena, packed)
    const offsets = arena.allocate((rows + 1) * 4)
    const bytes = arena.allocate(packed.length)
    assert.equal(kernels.splitStrings(source, source + packed.length, rows, offsets, bytes), packed.length)
    for (const [row, text] of texts.entries()) {
      const start = memory.u32[offsets / 4 + row]
      assert.deepEqual(memory.copyOut(bytes + start, memory.u32[offsets / 4 + row + 1] - start), text)
    }
    const out = arena.allocate(packed.length + rows * 5)
    assert.equal(kernels.joinStrings(offsets, bytes, rows, out), packed.length)
    assert.deepEqual(memory.copyOut(out, packed.length), packed.slice())
    // A source that ends too early, wherever.
    for (let cut = 0; cut < packed.length; cut += 1 + Math.floor(packed.length / 50))
      assert.equal(kernels.splitStrings(source, source + cut, rows, offsets, bytes), -1)
    arena.destroy()
  }
})

test('splitStrings refuses lengths that are nonsense', () => {
  const arena = new Arena(memory)
  for (const bytes of [[255, 255, 255, 255, 255, 1], [128], [5, 1, 2], [255, 255, 255, 255, 15, 1]]) {
    const source = place(arena, Uint8Array.from(bytes))
    assert.equal(kernels.splitStrings(source, source + bytes.length, 1, arena.allocate(8), arena.allocate(64)), -1)
  }
})

test('sizes and offsets are each other', () => {
  const next = random(6)
  for (const rows of counts) {
    const arena = new Arena(memory)
    const sizes = Array.from({ length: rows }, () => Math.floor(next() * 1000))
    const source = arena.allocate(rows * 8)
    memory.u64.set(sizes.map(BigInt), source / 8)
    const offsets = arena.allocate((rows + 1) * 4)
    assert.equal(
      kernels.sizesToOffsets(source, rows, offsets),
      sizes.reduce((sum, size) => sum + size, 0),
    )
    const back = arena.allocate(rows * 8)
    kernels.offsetsToSizes(offsets, rows, back)
    assert.deepEqual([...memory.u64.slice(back / 8, back / 8 + rows)].map(Number), sizes)
    if (rows > 1) {
      memory.u64[source / 8] = 0x7fffffffn
      memory.u64[source / 8 + 1] = 1n
      assert.equal(kernels.sizesToOffsets(source, rows, offsets), -1)
      memory.u64[source / 8] = 1n << 40n
      assert.equal(kernels.sizesToOffsets(source, rows, offsets), -1)
    }
    arena.destroy()
  }
})

test('remapEntries puts numbers of two dictionaries into one', () => {
  for (const [widthLog2, rows] of [0, 1, 2, 3].flatMap(width => counts.map(rows => [width, rows]))) {
    const arena = new Arena(memory)
    const writer = new ByteWriter()
    const entries = Array.from({ length: rows }, (_, i) => (i * 7) % 30)
    for (const entry of entries) writer.integer(BigInt(entry), 1 << widthLog2)
    const source = place(arena, writer.bytes())
    const out = arena.allocate(rows * 4)
    assert.equal(kernels.remapEntries(source, widthLog2, rows, 20, 100, 10, 500, out), 1)
    assert.deepEqual(
      [...memory.u32.slice(out / 4, out / 4 + rows)],
      entries.map(entry => (entry < 20 ? 100 + entry : 500 + entry - 20)),
    )
    if (rows > 5) assert.equal(kernels.remapEntries(source, widthLog2, rows, 20, 0, 5, 0, out), 0)
    if (widthLog2 < 2) {
      const wide = arena.allocate(rows * 4)
      memory.u32.set(entries, wide / 4)
      kernels.narrowEntries(wide, rows, widthLog2, wide)
      assert.deepEqual(memory.copyOut(wide, rows << widthLog2), writer.bytes().slice())
    }
    arena.destroy()
  }
})

test('readSparse: the example of the format, and what is broken', () => {
  const arena = new Arena(memory)
  const end = (defaults: number) => [0x80 | defaults, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]
  const bytes = Uint8Array.from([3, ...end(4), 2, 0, ...end(4), ...end(4)])
  const source = place(arena, bytes)
  const granules = arena.allocate(12)
  memory.u32.set([8, 8, 4], granules / 4)
  const numbers = arena.allocate(80)
  assert.equal(kernels.readSparse(source, source + bytes.length, granules, 3, numbers), 3)
  const expected = Array.from({ length: 20 }, (_, row) => [3, 10, 11].indexOf(row)).map(i => (i < 0 ? 0xffffffff : i))
  assert.deepEqual([...memory.u32.slice(numbers / 4, numbers / 4 + 20)], expected)
  assert.equal(kernels.sparseSize(source, source + bytes.length, 3), bytes.length)
  for (let cut = 0; cut < bytes.length; cut++)
    assert.equal(kernels.readSparse(source, source + cut, granules, 3, numbers), -1)
  memory.u32.set([7, 9, 4], granules / 4)
  assert.equal(kernels.readSparse(source, source + bytes.length, granules, 3, numbers), -1)
})

test('lists of sources become row numbers', () => {
  const next = random(7)
  for (const rows of counts) {
    const arena = new Arena(memory)
    const sources = Array.from({ length: rows }, () => Math.floor(next() * 100))
    const kept = Array.from({ length: rows }, () => (next() < 0.7 ? 1 : 0))
    const from = arena.allocate(rows * 4)
    memory.u32.set(sources, from / 4)
    const list = arena.allocate(rows * 2)
    kernels.packSources(from, place(arena, Uint8Array.from(kept)), rows, list)
    const counted = arena.allocate(512)
    kernels.countSources(list, rows, 128, counted)
    const sizes = Array.from({ length: 128 }, (_, source) => sources.filter(one => one === source).length)
    assert.deepEqual([...memory.u32.slice(counted / 4, counted / 4 + 128)], sizes)
    let base = 0
    const cursors = sizes.map(size => (base += size) - size)
    const numbers = sources.map(source => cursors[source]++)
    const wanted = numbers.filter((_, i) => kept[i])
    base = 0
    memory.u32.set(
      sizes.map(size => (base += size) - size),
      counted / 4,
    )
    const out = arena.allocate(rows * 4)
    assert.equal(kernels.sourceIndices(list, rows, counted, out), wanted.length)
    assert.deepEqual([...memory.u32.slice(out / 4, out / 4 + wanted.length)], wanted)
    arena.destroy()
  }
})

test('sums of groups wrap, skip NULLs, and carry', () => {
  const arena = new Arena(memory)
  const groups = arena.allocate(16)
  memory.u32.set([0, 0, 1, 1], groups / 4)
  const nulls = place(arena, Uint8Array.of(0, 0, 0, 1))
  const sum = (width: number, values: bigint[], run: (from: number, out: number) => void): bigint[] => {
    const writer = new ByteWriter()
    for (const value of values) writer.integer(value, width)
    const out = arena.allocateZeroed(width * 2)
    run(place(arena, writer.bytes()), out)
    const reader = new ByteReader(memory.bytes(out, width * 2))
    return [reader.signed(width), reader.signed(width)]
  }
  const values = [100n, 100n, -1n, 7n]
  assert.deepEqual(
    sum(1, values, (from, out) => kernels.sumRuns8(from, groups, 4, 0, out)),
    [-56n, 6n],
  )
  assert.deepEqual(
    sum(2, values, (from, out) => kernels.sumRuns16(from, groups, 4, nulls, out)),
    [200n, -1n],
  )
  assert.deepEqual(
    sum(4, values, (from, out) => kernels.sumRuns32(from, groups, 4, nulls, out)),
    [200n, -1n],
  )
  assert.deepEqual(
    sum(8, values, (from, out) => kernels.sumRuns64(from, groups, 4, 0, out)),
    [200n, 6n],
  )
  const large = [(1n << 127n) - 1n, -1n, -(1n << 100n), (1n << 64n) - 1n]
  for (const width of [16, 32])
    assert.deepEqual(
      sum(width, large, (from, out) => kernels.sumRunsWide(from, width / 8, groups, 4, 0, out)),
      [large[0] + large[1], large[2] + large[3]],
    )
})

test('offsets and numbers from elsewhere are checked', () => {
  for (const rows of counts) {
    const arena = new Arena(memory)
    const offsets = arena.allocate((rows + 1) * 4)
    const set = () =>
      memory.u32.set(
        Array.from({ length: rows + 1 }, (_, i) => i * 2),
        offsets / 4,
      )
    set()
    assert.equal(kernels.offsetsAreValid(offsets, rows, rows * 2), 1)
    assert.equal(kernels.offsetsAreValid(offsets, rows, rows * 2 + 1), 0)
    for (let row = 0; row < rows; row++) {
      set()
      memory.u32[offsets / 4 + row] = 0xfffffff0
      assert.equal(kernels.offsetsAreValid(offsets, rows, rows * 2), 0)
    }
    set()
    assert.equal(kernels.allBelowU32(offsets, rows + 1, rows * 2 + 1), 1)
    assert.equal(kernels.allBelowU32(offsets, rows + 1, rows * 2), 0)
    arena.destroy()
  }
})
