import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const sizes = [0, 1, 15, 16, 17, 1023, 1024, 1025, 5000]

/** What a group table does, over texts. */
class PlainTable {
  readonly ids = new Map<string, number>()
  upsert(keys: readonly string[]): number[] {
    return keys.map(key => {
      let id = this.ids.get(key)
      if (id === undefined) this.ids.set(key, (id = this.ids.size))
      return id
    })
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')

/** rows keys of width bytes, of about `distinct` values, zero and all ones among them. */
function fixedKeys(memory: Memory, arena: Arena, width: number, rows: number, distinct: number, seed: number) {
  const next = random(seed)
  const pointer = arena.allocate(rows * width)
  const keys: string[] = []
  for (let row = 0; row < rows; row++) {
    const value = Math.floor(next() * distinct)
    const bytes = new Uint8Array(width)
    if (value === 1) bytes.fill(255)
    else for (let i = 0; i < Math.min(width, 4); i++) bytes[(i * 5) % width] ^= value >>> (8 * i)
    memory.copyIn(pointer + row * width, bytes)
    keys.push(hex(bytes))
  }
  return { pointer, keys }
}

type Upsert = (table: number, keys: number, rows: number, ids: number) => number

describe('tables of fixed keys', () => {
  const memory = newMemory('core.debug')
  const k = memory.kernels
  const kinds: [
    number,
    (arena: number) => number,
    Upsert,
    (table: number, keys: number, rows: number, ids: number) => void,
  ][] = [
    [1, a => k.groupTableCreate1(a), k.groupTableUpsert1, k.groupTableFind1],
    [2, a => k.groupTableCreate2(a), k.groupTableUpsert2, k.groupTableFind2],
    [4, a => k.groupTableCreate4(a, 0), k.groupTableUpsert4, k.groupTableFind4],
    [8, a => k.groupTableCreate8(a, 0), k.groupTableUpsert8, k.groupTableFind8],
    [16, a => k.groupTableCreateWide(a, 0, 16), k.groupTableUpsertWide, k.groupTableFindWide],
    [24, a => k.groupTableCreateWide(a, 0, 24), k.groupTableUpsertWide, k.groupTableFindWide],
    [40, a => k.groupTableCreateWide(a, 0, 40), k.groupTableUpsertWide, k.groupTableFindWide],
  ]
  for (const [width, create, upsert, find] of kinds)
    test(`of ${width} bytes`, () => {
      const arena = new Arena(memory)
      const table = create(arena.address)
      const plain = new PlainTable()
      for (const [at, rows] of [...sizes, 20000].entries()) {
        const { pointer, keys } = fixedKeys(memory, arena, width, rows, [3, 300, 12000][at % 3], at)
        const ids = arena.allocate(rows * 4)
        const before = new Map(plain.ids)
        find(table, pointer, rows, ids)
        const found = Array.from(memory.u32.subarray(ids / 4, ids / 4 + rows))
        // Ids follow the order of first appearance only roughly, so they are compared by what they stand for.
        const numberOf = new Map<string, number>()
        const stored = (id: number) => hex(memory.bytes(k.groupTableKeys(table) + id * width, width))
        keys.forEach((key, row) => {
          assert.equal(found[row] !== 0xffffffff, before.has(key))
          if (found[row] !== 0xffffffff) assert.equal(stored(found[row]), key)
        })
        plain.upsert(keys)
        const size = upsert(table, pointer, rows, ids)
        assert.equal(size, plain.ids.size)
        assert.equal(size, k.groupTableSize(table))
        keys.forEach((key, row) => {
          const id = memory.u32[ids / 4 + row]
          assert.ok(id < size)
          assert.equal(stored(id), key)
          assert.equal(numberOf.get(key) ?? id, id)
          numberOf.set(key, id)
        })
      }
      arena.destroy()
    })

  test('memory that runs out is -1', () => {
    const small = newMemory('core', 80)
    const arena = new Arena(small)
    const table = small.kernels.groupTableCreate8(arena.address, 0)
    const rows = 50_000
    const keys = arena.allocate(rows * 8)
    const ids = arena.allocate(rows * 4)
    let failed = false
    for (let round = 0; round < 10 && !failed; round++) {
      for (let i = 0; i < rows; i++) small.f64[keys / 8 + i] = round * rows + i
      failed = small.kernels.groupTableUpsert8(table, keys, rows, ids) < 0
    }
    assert.ok(failed)
  })
})

test('tables of strings', () => {
  const memory = newMemory('core.debug')
  const { kernels: k } = memory
  const arena = new Arena(memory)
  const next = random(7)
  const table = k.groupTableCreateString(arena.address, 0)
  const plain = new PlainTable()
  for (const [at, rows] of [...sizes, 20000].entries()) {
    const strings = Array.from({ length: rows }, () => {
      const value = Math.floor(next() * [3, 300, 12000][at % 3])
      return value === 0
        ? ''
        : String.fromCharCode(97 + (value % 26)).repeat(value % 67) + value + (value % 5 === 1 ? '\0' : '')
    })
    const offsets = arena.allocate((rows + 1) * 4)
    const bytes = arena.allocate(strings.reduce((sum, text) => sum + text.length, 0) + 5)
    let end = 5
    memory.u32[offsets / 4] = end
    strings.forEach((text, row) => {
      memory.copyIn(bytes + end, new TextEncoder().encode(text))
      end += text.length
      memory.u32[offsets / 4 + row + 1] = end
    })
    const ids = arena.allocate(rows * 4)
    const stored = (id: number) => {
      const list = memory.u32.subarray(k.groupTableKeys(table) / 4)
      return memory.text(k.groupTableBytes(table) + list[id], list[id + 1] - list[id])
    }
    k.groupTableFindString(table, offsets, bytes, rows, ids)
    strings.forEach((text, row) => {
      const id = memory.u32[ids / 4 + row]
      assert.equal(id !== 0xffffffff, plain.ids.has(text))
      if (id !== 0xffffffff) assert.equal(stored(id), text)
    })
    plain.upsert(strings)
    const size = k.groupTableUpsertString(table, offsets, bytes, rows, ids)
    assert.equal(size, plain.ids.size)
    strings.forEach((text, row) => assert.equal(stored(memory.u32[ids / 4 + row]), text))
  }
})

test('partitions keep every row, in order', () => {
  const memory = newMemory('core.debug')
  const { kernels: k } = memory
  const arena = new Arena(memory)
  const next = random(3)
  for (const rows of sizes)
    for (const bits of [1, 6, 8]) {
      const hashes = arena.allocate(rows * 4)
      for (let i = 0; i < rows; i++) memory.u32[hashes / 4 + i] = next() * 4294967296
      const starts = arena.allocate(1100)
      const order = arena.allocate(rows * 4)
      k.partitionRows(hashes, rows, bits, starts, order, 10)
      const all = Array.from({ length: rows }, (_, i) => i)
      const part = (row: number) => memory.u32[hashes / 4 + row] >>> (32 - bits)
      const expected = all.sort((a, b) => part(a) - part(b) || a - b)
      assert.deepEqual(
        Array.from(memory.u32.subarray(order / 4, order / 4 + rows)),
        expected.map(row => row + 10),
      )
      for (let p = 0; p <= 1 << bits; p++)
        assert.equal(memory.u32[starts / 4 + p], expected.filter(row => part(row) < p).length)
    }
})
