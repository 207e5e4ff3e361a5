import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newMemory, random } from '../harness.ts'
import {
  kernel,
  readValues,
  rowCounts,
  someStrings,
  someValues,
  suffixes,
  type Value,
  withArena,
  writeStrings,
  writeValues,
} from './values.ts'

const operations: Record<string, (a: Value | string, b: Value | string) => boolean> = {
  // biome-ignore lint/suspicious/noDoubleEquals: numbers and big integers are compared by value
  equal: (a, b) => a == b,
  // biome-ignore lint/suspicious/noDoubleEquals: as above
  notEqual: (a, b) => a != b,
  less: (a, b) => a < b,
  lessOrEqual: (a, b) => a <= b,
  greater: (a, b) => a > b,
  greaterOrEqual: (a, b) => a >= b,
}
const bits = (found: boolean[]): number[] => found.map(Number)

for (const build of ['core', 'core.debug'] as const)
  test(`numbers compare as their values do (${build})`, () => {
    const memory = newMemory(build)
    for (const suffix of suffixes)
      for (const rows of rowCounts)
        withArena(memory, arena => {
          const a = someValues(suffix, rows, rows + 1)
          const b = someValues(suffix, rows, rows + 2).map((value, i) => (i % 3 ? value : a[i]))
          const constant = b[0] ?? (suffix.endsWith('64') && suffix[0] !== 'F' ? 0n : 0)
          const [pa, pb] = [writeValues(arena, suffix, a), writeValues(arena, suffix, b)]
          const pc = writeValues(arena, suffix, [constant])
          const out = arena.allocate(rows)
          for (const [name, holds] of Object.entries(operations)) {
            kernel(memory, name + suffix)(pa, pb, out, rows)
            const expected = a.map((value, i) => holds(value, b[i]))
            assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expected), `${name}${suffix} ${rows}`)
            kernel(memory, `${name}Const${suffix}`)(pa, pc, out, rows)
            const expectedConst = a.map(value => holds(value, constant))
            assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expectedConst), `${name}Const${suffix} ${rows}`)
          }
        })
  })

test('64-bit integers compare exactly with the other sign and with floats', () => {
  const memory = newMemory()
  for (const [first, second] of [
    ['I64', 'U64'],
    ['I64', 'F64'],
    ['U64', 'F64'],
  ] as const)
    withArena(memory, arena => {
      const rows = 2000
      const a = someValues(first, rows, 3)
      const b = someValues(second, rows, 4).map((value, i) => {
        if (i % 3) return value
        return second === 'F64' ? Number(a[i]) : BigInt.asUintN(64, BigInt(a[i]))
      })
      const [pa, pb, out] = [writeValues(arena, first, a), writeValues(arena, second, b), arena.allocate(rows)]
      for (const [name, holds] of Object.entries(operations)) {
        kernel(memory, name + first + second)(pa, pb, out, rows)
        const expected = a.map((value, i) => holds(value, b[i]))
        assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expected), name + first + second)
      }
    })
})

test('integers of 128 and 256 bits compare as their values do', () => {
  const memory = newMemory()
  for (const [suffix, words] of [
    ['I128', 2],
    ['U128', 2],
    ['I256', 4],
    ['U256', 4],
  ] as const)
    withArena(memory, arena => {
      const next = random(7)
      const rows = 500
      const size = BigInt(words * 64)
      const read = (values: bigint[], row: number): bigint => {
        let value = 0n
        for (let k = words - 1; k >= 0; k--) value = (value << 64n) | values[row * words + k]
        return suffix[0] === 'I' ? BigInt.asIntN(Number(size), value) : value
      }
      const some = (): bigint[] =>
        Array.from({ length: rows * words }, () => (next() < 0.6 ? BigInt(Math.floor(next() * 3)) : 2n ** 64n - 1n))
      const [a, b] = [some(), some()]
      const [pa, pb, out] = [writeValues(arena, 'U64', a), writeValues(arena, 'U64', b), arena.allocate(rows)]
      for (const [name, holds] of Object.entries(operations)) {
        kernel(memory, name + suffix)(pa, pb, out, rows)
        const expected = Array.from({ length: rows }, (_, i) => holds(read(a, i), read(b, i)))
        assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expected), name + suffix)
        kernel(memory, `${name}Const${suffix}`)(pa, pb, out, rows)
        const expectedConst = Array.from({ length: rows }, (_, i) => holds(read(a, i), read(b, 0)))
        assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expectedConst), name + suffix)
      }
    })
})

test('strings compare by bytes, then by length', () => {
  const memory = newMemory()
  for (const rows of rowCounts)
    withArena(memory, arena => {
      const a = someStrings(rows, rows)
      const b = someStrings(rows, rows + 9).map((text, i) => (i % 3 ? text : a[i]))
      const constant = b[Math.floor(rows / 2)] ?? 'x'
      const [sa, sb] = [writeStrings(arena, a), writeStrings(arena, b)]
      const pc = memory.writeText(arena, constant)
      const out = arena.allocate(rows)
      for (const [name, holds] of Object.entries(operations)) {
        kernel(memory, `${name}Strings`)(sa.offsets, sa.bytes, sb.offsets, sb.bytes, out, rows)
        const expected = a.map((value, i) => holds(value, b[i]))
        assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expected), name)
        kernel(memory, `${name}ConstStrings`)(sa.offsets, sa.bytes, pc.pointer, pc.size, out, rows)
        const expectedConst = a.map(value => holds(value, constant))
        assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expectedConst), `${name}Const`)
      }
      memory.kernels.emptyOffsets(sa.offsets, out, rows)
      const empty = bits(a.map(text => text === ''))
      assert.deepEqual(readValues(memory, 'U8', out, rows), empty)
      memory.kernels.notEmptyOffsets(sa.offsets, out, rows)
      const full = bits(a.map(text => text !== ''))
      assert.deepEqual(readValues(memory, 'U8', out, rows), full)
    })
})

test('fixed strings compare by bytes, whatever their size', () => {
  const memory = newMemory()
  const next = random(11)
  for (const size of [1, 3, 16, 20, 33])
    withArena(memory, arena => {
      const rows = 100
      const some = (): string[] =>
        Array.from({ length: rows }, () => Array.from({ length: size }, () => (next() < 0.9 ? 'b' : 'c')).join(''))
      const [a, b] = [some(), some()]
      const [pa, pb] = [memory.writeText(arena, a.join('')).pointer, memory.writeText(arena, b.join('')).pointer]
      const out = arena.allocate(rows)
      for (const [name, holds] of Object.entries(operations)) {
        kernel(memory, `${name}Fixed`)(pa, pb, size, out, rows)
        const expected = a.map((value, i) => holds(value, b[i]))
        assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expected), name)
        kernel(memory, `${name}ConstFixed`)(pa, pb, size, out, rows)
        const expectedConst = a.map(value => holds(value, b[0]))
        assert.deepEqual(readValues(memory, 'U8', out, rows), bits(expectedConst), name)
      }
    })
})
