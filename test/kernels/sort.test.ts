import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const memory = newMemory('core.debug')
const k = memory.kernels
const sizes = [0, 1, 2, 15, 16, 17, 25, 300, 5000]

const upTo = (rows: number): number[] => Array.from({ length: rows }, (_, i) => i)

function u32s(arena: Arena, values: readonly number[]): number {
  const pointer = arena.allocate(values.length * 4)
  memory.u32.set(values, pointer / 4)
  return pointer
}

function u64s(arena: Arena, values: readonly bigint[]): number {
  const pointer = arena.allocate(values.length * 8)
  memory.u64.set(values, pointer / 8)
  return pointer
}

const read32 = (pointer: number, rows: number): number[] =>
  Array.from(memory.u32.subarray(pointer / 4, pointer / 4 + rows))

function strings(arena: Arena, values: readonly string[]): { offsets: number; bytes: number } {
  const parts = values.map(value => new TextEncoder().encode(value))
  const starts = [0]
  for (const part of parts) starts.push(starts[starts.length - 1] + part.length)
  const bytes = arena.allocate(starts[parts.length])
  parts.forEach((part, i) => memory.copyIn(bytes + starts[i], part))
  return { offsets: u32s(arena, starts), bytes }
}

const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

describe('sort keys order as the values do', () => {
  const ints: [
    string,
    Int32Array | Int16Array | Int8Array | Uint8Array | Uint16Array | Uint32Array,
    (a: number, r: number, t: number, d: number) => void,
  ][] = [
    ['I8', Int8Array.of(-128, -1, 0, 1, 127), k.sortKeysI8],
    ['I16', Int16Array.of(-32768, -1, 0, 1, 32767), k.sortKeysI16],
    ['I32', Int32Array.of(-2147483648, -1, 0, 1, 2147483647), k.sortKeysI32],
    ['U8', Uint8Array.of(0, 1, 127, 128, 255), k.sortKeysU8],
    ['U16', Uint16Array.of(0, 1, 32768, 65535), k.sortKeysU16],
    ['U32', Uint32Array.of(0, 1, 2147483648, 4294967295), k.sortKeysU32],
  ]
  for (const [name, values, kernel] of ints)
    test(name, () => {
      const arena = new Arena(memory)
      const from = arena.allocate(values.byteLength)
      memory.copyIn(from, new Uint8Array(values.buffer))
      const to = arena.allocate(values.length * 8)
      for (const descending of [0, 1]) {
        kernel(from, values.length, to, descending)
        const keys = Array.from(memory.u64.subarray(to / 8, to / 8 + values.length))
        for (let i = 1; i < keys.length; i++) assert.ok(descending ? keys[i] < keys[i - 1] : keys[i] > keys[i - 1])
        assert.ok(keys.every(key => key < 1n << BigInt(values.BYTES_PER_ELEMENT * 8)))
      }
    })

  test('I64 and U64', () => {
    const arena = new Arena(memory)
    for (const [values, kernel] of [
      [[-(2n ** 63n), -1n, 0n, 1n, 2n ** 63n - 1n], k.sortKeysI64],
      [[0n, 1n, 2n ** 63n, 2n ** 64n - 1n], k.sortKeysU64],
    ] as const) {
      const from = u64s(
        arena,
        values.map(value => BigInt.asUintN(64, value)),
      )
      const to = arena.allocate(values.length * 8)
      for (const descending of [0, 1]) {
        kernel(from, values.length, to, descending)
        const keys = Array.from(memory.u64.subarray(to / 8, to / 8 + values.length))
        for (let i = 1; i < keys.length; i++) assert.ok(descending ? keys[i] < keys[i - 1] : keys[i] > keys[i - 1])
      }
    }
  })

  test('floats, NaN last or first in either direction, -0 equal to 0', () => {
    const arena = new Arena(memory)
    const values = [-Infinity, -1e300, -1.5, -5e-324, -0, 0, 5e-324, 1.5, 1e300, Infinity, NaN]
    const from = arena.allocate(values.length * 8)
    memory.f64.set(values, from / 8)
    const from32 = arena.allocate(values.length * 4)
    memory.f32.set(
      values.map(value => (Math.abs(value) < 1e-300 ? value * 1e300 * 1e-15 : value)),
      from32 / 4,
    )
    const to = arena.allocate(values.length * 8)
    for (const nanFirst of [0, 1])
      for (const descending of [0, 1])
        for (const kernel of [
          () => k.sortKeysF64(from, values.length, to, descending, nanFirst),
          () => k.sortKeysF32(from32, values.length, to, descending, nanFirst),
        ]) {
          kernel()
          const keys = Array.from(memory.u64.subarray(to / 8, to / 8 + values.length))
          const nan = keys.pop() as bigint
          assert.ok(keys.every(key => (nanFirst ? key > nan : key < nan)))
          assert.equal(keys[4], keys[5])
          for (let i = 1; i < keys.length; i++) assert.ok(descending ? keys[i] <= keys[i - 1] : keys[i] >= keys[i - 1])
        }
  })

  test('words of wide values', () => {
    const arena = new Arena(memory)
    const from = u64s(arena, [5n, 2n ** 64n - 1n]) // i128: -1 in the high word
    const to = arena.allocate(8)
    k.sortKeysWord(from, 1, to, 0, 16, 0, 1)
    assert.equal(memory.u64[to / 8], 2n ** 63n - 1n)
    k.sortKeysWord(from, 1, to, 0, 16, 1, 1)
    assert.equal(memory.u64[to / 8], 5n)
    memory.copyIn(from, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255))
    k.sortKeysWord(from, 1, to, 0, 10, 1, 2)
    assert.equal(memory.u64[to / 8], 0x090a000000000000n)
    k.sortKeysWord(from, 1, to, 0, 10, 0, 2)
    assert.equal(memory.u64[to / 8], 0x0102030405060708n)
  })
})

test('sorts by keys are stable, whatever bytes differ', () => {
  const next = random(5)
  for (const rows of [...sizes, 70_000])
    for (const range of [1n, 7n, 1n << 20n, 1n << 63n]) {
      const arena = new Arena(memory)
      const values = upTo(rows).map(() => (BigInt(Math.floor(next() * 2 ** 32)) * 2147483647n * 7n) % range)
      const keys = u64s(arena, values)
      const order = u32s(arena, upTo(rows))
      assert.equal(k.sortByKeys(arena.address, keys, order, rows), 0)
      const expected = upTo(rows).sort((a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : a - b))
      assert.deepEqual(read32(order, rows), expected)
      const runs = arena.allocateZeroed(rows)
      const shared = k.markRuns(keys, order, runs, rows)
      const starts = upTo(rows).filter(i => i === 0 || values[expected[i]] !== values[expected[i - 1]])
      assert.equal(shared, rows - starts.length)
      assert.deepEqual(
        upTo(rows).filter(i => memory.u8[runs + i]),
        starts,
      )
      assert.equal(k.keysSorted(keys, rows), Number(values.every((value, i) => i === 0 || value >= values[i - 1])))
      arena.destroy()
    }
})

test('a second column refines the runs of the first', () => {
  const next = random(6)
  for (const rows of sizes) {
    const arena = new Arena(memory)
    const a = upTo(rows).map(() => BigInt(Math.floor(next() * 5)))
    const b = upTo(rows).map(() => BigInt(Math.floor(next() * 900)))
    const order = u32s(arena, upTo(rows))
    const [keysA, keysB] = [u64s(arena, a), u64s(arena, b)]
    const runs = arena.allocateZeroed(rows)
    k.sortByKeys(arena.address, keysA, order, rows)
    k.markRuns(keysA, order, runs, rows)
    assert.equal(k.sortRefine(arena.address, keysB, order, runs, rows), 0)
    const expected = upTo(rows).sort((x, y) => Number(a[x] - a[y]) || Number(b[x] - b[y]) || x - y)
    assert.deepEqual(read32(order, rows), expected)
    arena.destroy()
  }
})

/** Texts with long common starts, prefixes of each other and zero bytes at their ends. */
function texts(rows: number, seed: number): string[] {
  const next = random(seed)
  const stems = ['', 'a', 'http://example.com/', 'http://example.com/path/longer/', 'abcdefgh', 'abcdefgh\0']
  return upTo(rows).map(() => {
    const stem = stems[Math.floor(next() * stems.length)]
    const tail = next() < 0.3 ? '' : String(Math.floor(next() * 50))
    return stem + tail + '\0'.repeat(Math.floor(next() * 1.3) * Math.floor(next() * 10))
  })
}

test('strings sort by bytes, stable, both ways', () => {
  for (const rows of sizes)
    for (const descending of [0, 1]) {
      const arena = new Arena(memory)
      const values = texts(rows, rows + descending)
      const { offsets, bytes } = strings(arena, values)
      const order = u32s(arena, upTo(rows))
      const runs = arena.allocateZeroed(rows)
      if (rows > 0) memory.u8[runs] = 1
      assert.equal(k.sortRefineStrings(arena.address, offsets, bytes, order, runs, rows, descending), 0)
      const sign = descending ? -1 : 1
      const expected = upTo(rows).sort((a, b) => sign * compareTexts(values[a], values[b]) || a - b)
      assert.deepEqual(
        read32(order, rows).map(row => values[row]),
        expected.map(row => values[row]),
      )
      assert.deepEqual(read32(order, rows), expected)
      const shared = k.markStringRuns(offsets, bytes, order, runs, rows)
      assert.equal(shared, upTo(rows).filter(i => i > 0 && values[expected[i]] === values[expected[i - 1]]).length)
      arena.destroy()
    }
})

test('merges of sorted runs, fed piece by piece', () => {
  const next = random(8)
  for (const count of [1, 2, 3, 8])
    for (const byBytes of [false, true]) {
      const arena = new Arena(memory)
      const runs: { a: number; text: string }[][] = upTo(count).map(() =>
        upTo(Math.floor(next() * 200))
          .map(() => ({ a: Math.floor(next() * 20), text: texts(1, Math.floor(next() * 1000))[0] }))
          .sort((x, y) => x.a - y.a || compareTexts(x.text, y.text)),
      )
      const keysOf = (rows: { a: number; text: string }[]) => {
        if (!byBytes) {
          // Two words: a, and the text's first character.
          return {
            keys: u64s(
              arena,
              rows.flatMap(row => [BigInt(row.a), BigInt(row.text.charCodeAt(0) || 0)]),
            ),
            bytes: 0,
          }
        }
        const sizes = arena.allocateZeroed(rows.length * 4 + 4)
        const text = strings(
          arena,
          rows.map(row => row.text),
        )
        k.rowSizesAdd(sizes, rows.length, 2, 0, 0)
        k.orderBytesSizes(sizes, rows.length, text.offsets, text.bytes)
        const cursors = arena.allocate(rows.length * 4)
        const bytes = arena.allocate(k.rowOffsets(sizes, rows.length, cursors))
        k.orderBytesPutKeys(
          bytes,
          cursors,
          rows.length,
          u64s(
            arena,
            rows.map(row => BigInt(row.a)),
          ),
          2,
        )
        k.orderBytesPutString(bytes, cursors, rows.length, text.offsets, text.bytes, 0)
        return { keys: sizes, bytes }
      }
      const given = runs.map(() => 0)
      const table = arena.allocate(count * 16)
      const feed = (run: number) => {
        const size = Math.min(50, runs[run].length - given[run])
        const { keys, bytes } = keysOf(runs[run].slice(given[run], given[run] + size))
        memory.u32.set([keys, bytes, size, 0], table / 4 + run * 4)
        given[run] += size
      }
      runs.forEach((_, run) => feed(run))
      const heap = arena.allocate(count * 4)
      const [sources, rows] = [arena.allocate(4000), arena.allocate(4000)]
      const merged: [number, number][] = []
      const base = runs.map(() => 0)
      for (;;) {
        const emitted = byBytes
          ? k.mergeRunsBytes(table, count, heap, 77, sources, rows)
          : k.mergeRunsKeys(table, count, 2, heap, 77, sources, rows)
        if (emitted === 0) break
        const [from, at] = [read32(sources, emitted), read32(rows, emitted)]
        from.forEach((source, i) => merged.push([source, base[source] + at[i]]))
        for (let run = 0; run < count; run++) {
          const [size, position] = [memory.u32[table / 4 + run * 4 + 2], memory.u32[table / 4 + run * 4 + 3]]
          if (position === size && given[run] < runs[run].length) {
            base[run] = given[run]
            feed(run)
          }
        }
      }
      const first = (text: string) => text.charCodeAt(0) || 0
      const expected = runs
        .flatMap((list, run) => list.map((row, i) => ({ ...row, run, i })))
        .sort(
          (x, y) =>
            x.a - y.a ||
            (byBytes ? compareTexts(x.text, y.text) : first(x.text) - first(y.text)) ||
            x.run - y.run ||
            x.i - y.i,
        )
        .map(row => [row.run, row.i])
      // Runs were sorted by whole texts; by first characters they are still in order.
      assert.deepEqual(merged, expected)
      arena.destroy()
    }
})
