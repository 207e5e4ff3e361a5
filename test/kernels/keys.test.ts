// Keys of hash tables and sorts: packed rows, byte rows, their hashes, and the numbers a sort goes by.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newMemory } from '../harness.ts'
import {
  kernel,
  readStrings,
  readValues,
  shorthands,
  someIds,
  someMask,
  someStrings,
  someValues,
  type Value,
  writeStrings,
  writeValues,
} from './values.ts'

const memory = newMemory()
const { kernels } = memory
const mask64 = 2n ** 64n - 1n

const { u8, u32, readU8, readU32, readU64, forRows } = shorthands(memory)

const C1 = 0x9e3779b97f4a7c15n
const C2 = 0xd6e8feb86659fd93n
const C3 = 0xa0761d6478bd642fn
const times = (a: bigint, b: bigint): bigint => (a * b) & mask64

function twinHashWord(key: bigint): number {
  let h = times(key ^ (key >> 32n), C1)
  h = times(h ^ (h >> 32n), C2)
  return Number(h >> 32n)
}

function twinHashWords(words: bigint[]): number {
  let h = C3
  for (const word of words) {
    h = times(h ^ word, C1)
    h ^= h >> 32n
  }
  return Number(times(h, C2) >> 32n)
}

function twinHashBytes(bytes: number[]): number {
  const word = (at: number) => bytes.slice(at, at + 8).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  let [a, b] = [times(BigInt(bytes.length), C3), C1]
  let at = 0
  for (; bytes.length - at >= 16; at += 16) {
    a = times(a ^ word(at), C1)
    b = times(b ^ word(at + 8), C2)
    a ^= a >> 32n
    b ^= b >> 32n
  }
  if (bytes.length - at >= 8) {
    a = times(a ^ word(at), C1)
    a ^= a >> 32n
    at += 8
  }
  b = times(b ^ word(at), C2)
  a ^= b ^ (b >> 32n)
  a = times(a ^ (a >> 29n), C1)
  return Number(a >> 32n)
}

test('hashes of keys of every width, and of strings', () =>
  forRows((rows, arena) => {
    const out = arena.allocate(rows * 4)
    for (const suffix of ['U8', 'U16', 'U32', 'U64'] as const) {
      const values = someValues(suffix, rows, rows)
      kernel(memory, `hashKeys${Number(suffix.slice(1)) / 8}`)(writeValues(arena, suffix, values), out, rows)
      assert.deepEqual(
        readU32(out, rows),
        values.map(value => twinHashWord(BigInt(value))),
      )
    }
    for (const words of [2, 3, 5]) {
      const values = someValues('U64', rows * words, rows) as bigint[]
      kernels.hashKeysWide(writeValues(arena, 'U64', values), out, rows, words * 8)
      assert.deepEqual(
        readU32(out, rows),
        Array.from({ length: rows }, (_, i) => twinHashWords(values.slice(i * words, (i + 1) * words))),
      )
    }
    const strings = someStrings(rows, rows)
    const { offsets, bytes } = writeStrings(arena, strings)
    kernels.hashKeysString(offsets, bytes, out, rows)
    assert.deepEqual(
      readU32(out, rows),
      strings.map(text => twinHashBytes(Array.from(text, c => c.charCodeAt(0)))),
    )
  }))

test('packed rows give the columns and their NULLs back', () =>
  forRows((rows, arena) => {
    const stride = 24
    const rowsAt = arena.allocateZeroed(rows * stride)
    const nulls = someMask(rows, rows, 0.3)
    const nullsAt = u8(arena, nulls)
    const columns: { suffix: 'U8' | 'U16' | 'U32' | 'U64'; at: number; nulls: boolean; values: Value[] }[] = [
      { suffix: 'U64', at: 0, nulls: false, values: someValues('U64', rows, 1) },
      { suffix: 'U32', at: 8, nulls: true, values: someValues('U32', rows, 2) },
      { suffix: 'U16', at: 12, nulls: false, values: someValues('U16', rows, 3) },
      { suffix: 'U8', at: 14, nulls: true, values: someValues('U8', rows, 4) },
    ]
    for (const { suffix, at, nulls: nullable, values } of columns)
      kernel(memory, `packKeys${Number(suffix.slice(1)) / 8}`)(
        writeValues(arena, suffix, values),
        nullable ? nullsAt : 0,
        rows,
        rowsAt + at,
        stride,
      )
    const wide = someIds(rows * 5, 256, rows)
    kernels.packKeysBytes(u8(arena, wide), nullsAt, rows, rowsAt + 15, stride, 5)
    kernels.packKeyNulls(nullsAt, rows, rowsAt + 20, stride, 4)
    kernels.packKeyNulls(u8(arena, new Array(rows).fill(1)), rows, rowsAt + 20, stride, 1)
    for (const { suffix, at, nulls: nullable, values } of columns) {
      const out = arena.allocate(rows * 8)
      kernel(memory, `unpackKeys${Number(suffix.slice(1)) / 8}`)(rowsAt + at, stride, rows, out)
      assert.deepEqual(
        readValues(memory, suffix, out, rows),
        values.map((value, i) => (nullable && nulls[i] ? (suffix === 'U64' ? 0n : 0) : value)),
      )
    }
    const out = arena.allocate(rows * 5)
    kernels.unpackKeysBytes(rowsAt + 15, stride, rows, out, 5)
    assert.deepEqual(
      readU8(out, rows * 5),
      wide.map((byte, i) => (nulls[Math.floor(i / 5)] ? 0 : byte)),
    )
    for (const [bit, expected] of [
      [4, nulls],
      [1, nulls.map(() => 1)],
      [2, nulls.map(() => 0)],
    ] as const) {
      // biome-ignore format: table
      kernels.unpackKeyNulls(rowsAt + 20, stride, rows, out, bit)
      assert.deepEqual(readU8(out, rows), expected)
    }
  }))

test('byte rows give numbers, strings and their NULLs back', () =>
  forRows((rows, arena) => {
    const nulls = someMask(rows, rows + 1, 0.3)
    const nullsAt = u8(arena, nulls)
    const strings = someStrings(rows, rows + 2)
    const text = writeStrings(arena, strings)
    const numbers = ([1, 2, 4, 8, 3] as const).map(width => ({ width, bytes: someIds(rows * width, 256, width) }))
    const sizes = arena.allocateZeroed((rows + 1) * 4)
    kernels.rowSizesAdd(sizes, rows, 5 + 4, text.offsets, nullsAt)
    kernels.rowSizesAdd(sizes, rows, 1 + 2 + 4 + 8 + 3 + 5, 0, 0)
    const cursors = arena.allocate(rows * 4)
    const total = kernels.rowOffsets(sizes, rows, cursors)
    const starts = readU32(sizes, rows + 1)
    const sizeOf = (i: number) => 32 + (nulls[i] ? 0 : strings[i].length)
    assert.equal(
      total,
      strings.reduce((sum, _, i) => sum + sizeOf(i), 0),
    )
    const bytes = arena.allocate(total)
    // A Nullable string, numbers of each width of which some are Nullable, and 4 bytes of size that a second string does not use.
    kernels.rowsPutString(bytes, cursors, rows, text.offsets, text.bytes, nullsAt)
    for (const { width, bytes: values } of numbers)
      kernels.rowsPutFixed(bytes, cursors, rows, u8(arena, values), width, width === 1 ? 0 : nullsAt)
    assert.deepEqual(
      readU32(cursors, rows),
      starts.slice(0, rows).map((start, i) => start + 5 + (nulls[i] ? 0 : strings[i].length) + 18 + 4),
    )
    const back = u32(arena, starts.slice(0, rows))
    const [offsetsBack, nullsBack] = [arena.allocate((rows + 1) * 4), arena.allocate(rows)]
    const kept = strings.map((s, i) => (nulls[i] ? '' : s))
    const textBack = arena.allocate(kernels.rowsTakeOffsets(bytes, back, rows, offsetsBack, 1))
    kernels.rowsTakeString(bytes, back, rows, offsetsBack, textBack, nullsBack)
    assert.deepEqual(readStrings(memory, offsetsBack, textBack, rows), kept)
    assert.deepEqual(readU8(nullsBack, rows), nulls)
    for (const { width, bytes: values } of numbers) {
      const out = arena.allocate(rows * width)
      kernels.rowsTakeFixed(bytes, back, rows, out, width, width === 1 ? 0 : nullsBack)
      assert.deepEqual(
        readU8(out, rows * width),
        values.map((byte, i) => (width !== 1 && nulls[Math.floor(i / width)] ? 0 : byte)),
      )
    }
    assert.deepEqual(readU32(back, rows), readU32(cursors, rows))
  }))

test('used entries of a dictionary, and first rows of new keys', () =>
  forRows((rows, arena) => {
    const entries = 30
    const used = arena.allocate((Math.min(2 * rows, entries) + 1) * 4)
    const seen = arena.allocateZeroed(entries * 4)
    const expected: number[] = []
    let before = 0
    for (const seed of [1, 2]) {
      const indices = someIds(rows, entries, seed)
      const local = arena.allocate(rows * 4)
      before = kernels.usedEntries(u32(arena, indices), rows, local, used, seen, before)
      for (const index of indices) if (!expected.includes(index)) expected.push(index)
      assert.equal(before, expected.length)
      assert.deepEqual(readU32(used, before), expected)
      assert.deepEqual(
        readU32(local, rows),
        indices.map(index => expected.indexOf(index)),
      )
    }
    // Numbers are given in the order of first use: what is new has no gaps.
    const known = 4
    const ids = someIds(rows, 9, 3)
    const fresh: number[] = []
    const numbered = ids.map(id => {
      if (id < known) return id
      if (!fresh.includes(id)) fresh.push(id)
      return known + fresh.indexOf(id)
    })
    const target = arena.allocate(fresh.length * 4)
    kernels.newKeyRows(u32(arena, numbered), rows, known, target)
    assert.deepEqual(
      readU32(target, fresh.length),
      fresh.map((_, i) => numbered.indexOf(known + i)),
    )
  }))

test('sort keys: NULLs, several in one, limits', () =>
  forRows((rows, arena) => {
    const nulls = someMask(rows, rows, 0.3)
    const nullsAt = u8(arena, nulls)
    const keys = someValues('U64', rows, rows) as bigint[]
    const out = arena.allocate(rows * 8)
    for (const first of [0, 1]) {
      kernels.sortKeysNulls(nullsAt, rows, out, first)
      assert.deepEqual(
        readU64(out, rows),
        nulls.map(isNull => BigInt(isNull ^ first)),
      )
      for (const shift of [0, 1]) {
        const at = writeValues(arena, 'U64', keys)
        kernels.sortKeysNullBit(at, nullsAt, rows, shift, first)
        const [nullKey, otherBit] = first ? [0n, 1n << 63n] : [1n << 63n, 0n]
        assert.deepEqual(
          readU64(at, rows),
          keys.map((key, i) => (nulls[i] ? nullKey : (key >> BigInt(shift)) | otherBit)),
        )
      }
    }
    const cleared = writeValues(arena, 'U64', keys)
    kernels.sortKeysClear(cleared, nullsAt, rows)
    assert.deepEqual(
      readU64(cleared, rows),
      keys.map((key, i) => (nulls[i] ? 0n : key)),
    )
    const more = someValues('U8', rows, 7) as number[]
    const appended = writeValues(arena, 'U64', keys)
    kernels.sortKeysAppend(appended, writeValues(arena, 'U64', more.map(BigInt)), rows, 8)
    assert.deepEqual(
      readU64(appended, rows),
      keys.map((key, i) => ((key << 8n) & mask64) | BigInt(more[i])),
    )
    const listed = arena.allocate((rows + 1) * 4)
    for (const limit of [0n, keys[0] ?? 5n, mask64]) {
      const count = kernels.keysNotAbove(
        writeValues(arena, 'U64', keys),
        rows,
        writeValues(arena, 'U64', [limit]),
        listed,
      )
      assert.deepEqual(
        readU32(listed, count),
        keys.flatMap((key, i) => (key <= limit ? [i] : [])),
      )
    }
  }))

test('sort keys of strings: prefixes in order, limits by the whole string', () =>
  forRows((rows, arena) => {
    const strings = someStrings(rows, rows).map((text, i) => (i % 6 === 0 ? text.slice(0, 8) : text))
    const { offsets, bytes } = writeStrings(arena, strings)
    const out = arena.allocate(rows * 8)
    const prefix = (text: string) =>
      Array.from({ length: 8 }, (_, i) => BigInt(text.charCodeAt(i) || 0)).reduce((sum, byte) => (sum << 8n) | byte, 0n)
    for (const descending of [0, 1]) {
      kernels.sortKeysPrefix(offsets, bytes, rows, out, descending)
      assert.deepEqual(
        readU64(out, rows),
        strings.map(text => prefix(text) ^ (descending ? mask64 : 0n)),
      )
      for (const limit of ['', 'aaaaaaaaaaaa', strings[0] ?? 'b']) {
        const { pointer, size } = memory.writeText(arena, limit)
        const listed = arena.allocate((rows + 1) * 4)
        const count = kernels.stringsNotBehind(offsets, bytes, rows, pointer, size, descending, listed)
        assert.deepEqual(
          readU32(listed, count),
          strings.flatMap((text, i) => ((descending ? text >= limit : text <= limit) ? [i] : [])),
        )
      }
    }
  }))

test('ranks of equal rows, and numbers as bytes in order', () =>
  forRows((rows, arena) => {
    const order = Array.from({ length: rows }, (_, i) => (i * 7) % Math.max(rows, 1)).filter(
      (row, i, all) => all.indexOf(row) === i,
    )
    const distinct = order.length
    const runs = someMask(distinct, rows)
    const ranks = arena.allocate(rows * 4)
    kernels.runRanks(u32(arena, order), u8(arena, runs), distinct, ranks)
    const read = readU32(ranks, rows)
    let rank = 0
    order.forEach((row, i) => {
      if (i > 0) rank += runs[i]
      assert.equal(read[row], rank)
    })
    const numbers = someValues('U32', rows, rows) as number[]
    const at = u32(arena, numbers)
    kernels.swapBytesU32(at, rows)
    assert.deepEqual(
      readU8(at, rows * 4),
      numbers.flatMap(number => [24, 16, 8, 0].map(shift => (number >>> shift) & 255)),
    )
  }))
