import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const memory = newMemory('core.debug')
const k = memory.kernels
const sizes = [0, 1, 15, 16, 17, 31, 33, 1000, 40001]
const groups = 7

const types = ['I8', 'I16', 'I32', 'I64', 'U8', 'U16', 'U32', 'U64', 'F32', 'F64'] as const
type Physical = (typeof types)[number]
const widthOf = (type: Physical): number => Number(type.slice(1)) / 8

function bounds(type: Physical): [bigint, bigint] {
  const bits = BigInt(type.slice(1))
  return type[0] === 'U' ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
}

/** Values of a type: its limits, small numbers, for floats NaN and infinities (if asked) too. */
function valuesOf(type: Physical, rows: number, seed: number, nan = false): (bigint | number)[] {
  const next = random(seed)
  return Array.from({ length: rows }, () => {
    if (type[0] === 'F') {
      const value = Math.floor((next() - 0.5) * 2000)
      return nan && next() < 0.3 ? [NaN, -Infinity, Infinity, NaN][Math.floor(next() * 4)] : value / 4
    }
    const [least, most] = bounds(type)
    const choice = next()
    if (choice < 0.2) return least
    if (choice < 0.4) return most
    const value = BigInt(Math.floor(next() * 250)) - (least < 0n ? 125n : 0n)
    return value
  })
}

function place(arena: Arena, type: Physical, values: readonly (bigint | number)[]): number {
  const width = widthOf(type)
  const pointer = arena.allocate(values.length * width)
  const data = memory.data
  values.forEach((value, i) => write(data, type, pointer + i * width, value))
  return pointer
}

function write(data: DataView, type: Physical, at: number, value: bigint | number): void {
  if (type === 'F64') data.setFloat64(at, Number(value), true)
  else if (type === 'F32') data.setFloat32(at, Number(value), true)
  else for (let i = 0; i < widthOf(type); i++) data.setUint8(at + i, Number((BigInt(value) >> BigInt(8 * i)) & 255n))
}

function read(type: Physical, at: number): bigint | number {
  const { data } = memory
  if (type === 'F64') return data.getFloat64(at, true)
  if (type === 'F32') return data.getFloat32(at, true)
  let value = 0n
  for (let i = 0; i < widthOf(type); i++) value |= BigInt(data.getUint8(at + i)) << BigInt(8 * i)
  return type[0] === 'I' ? BigInt.asIntN(8 * widthOf(type), value) : value
}

function idsOf(arena: Arena, rows: number, seed: number): { pointer: number; ids: number[] } {
  const next = random(seed + 1000)
  const ids = Array.from({ length: rows }, () => Math.floor(next() * (groups - 1)))
  const pointer = arena.allocate(rows * 4)
  memory.u32.set(ids, pointer / 4)
  return { pointer, ids }
}

type Kernel = (...args: number[]) => number
const kernel = (name: string): Kernel => (k as unknown as Record<string, Kernel>)[name]

describe('sums', () => {
  for (const type of types)
    test(type, () => {
      const stateType: Physical = type[0] === 'F' ? 'F64' : type[0] === 'U' ? 'U64' : 'I64'
      const wrap = (sum: bigint | number) =>
        typeof sum === 'number' ? sum : stateType === 'U64' ? BigInt.asUintN(64, sum) : BigInt.asIntN(64, sum)
      const suffix = type === 'U64' ? 'I64' : type
      for (const rows of sizes) {
        const arena = new Arena(memory)
        const values = valuesOf(type, rows, rows)
        const pointer = place(arena, type, values)
        const { pointer: ids, ids: plain } = idsOf(arena, rows, rows)
        const states = arena.allocateZeroed(groups * 8)
        kernel(`sum${suffix}Grouped`)(states, ids, pointer, rows)
        const zero = type[0] === 'F' ? 0 : 0n
        const add = (a: bigint | number, b: bigint | number): bigint | number => (a as number) + (b as number)
        const expected: (bigint | number)[] = Array(groups).fill(zero)
        values.forEach((value, row) => (expected[plain[row]] = add(expected[plain[row]], value)))
        expected.forEach((sum, g) => assert.equal(read(stateType, states + g * 8), wrap(sum)))
        const state = arena.allocateZeroed(8)
        kernel(`sum${suffix}`)(state, pointer, rows)
        assert.equal(read(stateType, state), wrap(values.reduce(add, zero)))
        arena.destroy()
      }
    })

  test('into 128 bits and more', () => {
    const arena = new Arena(memory)
    const rows = 1000
    const { pointer: ids, ids: plain } = idsOf(arena, rows, 1)
    for (const [type, name] of [
      ['I32', 'sumI32Into128'],
      ['I64', 'sumI64Into128'],
    ] as const) {
      const values = valuesOf(type, rows, 4) as bigint[]
      const states = arena.allocateZeroed(groups * 16)
      kernel(name)(states, ids, place(arena, type, values), rows)
      for (let g = 0; g < groups; g++) {
        const sum = values.filter((_, row) => plain[row] === g).reduce((a, b) => a + b, 0n)
        const found = memory.u64[states / 8 + g * 2] | (memory.u64[states / 8 + g * 2 + 1] << 64n)
        assert.equal(BigInt.asIntN(128, found), sum)
      }
    }
    const values = valuesOf('U64', rows * 2, 5) as bigint[]
    const states = arena.allocateZeroed(groups * 16)
    k.sumWordsGrouped(states, ids, place(arena, 'U64', values), rows, 2)
    for (let g = 0; g < groups; g++) {
      let sum = 0n
      for (let row = 0; row < rows; row++) if (plain[row] === g) sum += values[2 * row] | (values[2 * row + 1] << 64n)
      const found = memory.u64[states / 8 + g * 2] | (memory.u64[states / 8 + g * 2 + 1] << 64n)
      assert.equal(found, BigInt.asUintN(128, sum))
    }
  })
})

describe('least and greatest', () => {
  const better = (a: bigint | number, b: bigint | number | undefined, greatest: boolean) =>
    b === undefined || Number.isNaN(b) || (greatest ? a > b : a < b)
  for (const type of types)
    for (const name of ['min', 'max'] as const)
      test(`${name} ${type}`, () => {
        const width = widthOf(type)
        for (const rows of sizes) {
          const arena = new Arena(memory)
          const values = valuesOf(type, rows, rows + 1, true)
          const pointer = place(arena, type, values)
          const { pointer: ids, ids: plain } = idsOf(arena, rows, rows)
          const states = arena.allocateZeroed(groups * width)
          const flags = arena.allocateZeroed(groups)
          kernel(`${name}${type}Grouped`)(states, flags, ids, pointer, rows)
          const expected: (bigint | number | undefined)[] = Array(groups).fill(undefined)
          const leaders: number[] = Array(groups).fill(-1)
          values.forEach((value, row) => {
            const g = plain[row]
            if (!better(value, expected[g], name === 'max')) return
            expected[g] = value
            leaders[g] = row
          })
          expected.forEach((value, g) => {
            assert.equal(memory.u8[flags + g], value === undefined ? 0 : 1)
            if (value !== undefined) assert.deepEqual(read(type, states + g * width), value)
          })
          const [leadGroups, leadRows] = [arena.allocate(rows * 4 + 4), arena.allocate(rows * 4 + 4)]
          const again = arena.allocateZeroed(groups * width)
          const count = kernel(`${name}${type}Leads`)(
            again,
            arena.allocateZeroed(groups),
            ids,
            pointer,
            rows,
            leadGroups,
            leadRows,
          )
          const last: number[] = Array(groups).fill(-1)
          for (let i = 0; i < count; i++) last[memory.u32[leadGroups / 4 + i]] = memory.u32[leadRows / 4 + i]
          last.forEach((row, g) => {
            if (row < 0) assert.equal(leaders[g], -1)
            else assert.deepEqual(values[row], values[leaders[g]])
          })
          const [state, flag] = [arena.allocateZeroed(8), arena.allocateZeroed(1)]
          kernel(`${name}${type}`)(state, flag, pointer, rows)
          let whole: bigint | number | undefined
          for (const value of values) if (better(value, whole, name === 'max')) whole = value
          assert.equal(memory.u8[flag], rows === 0 ? 0 : 1)
          if (whole !== undefined) assert.deepEqual(read(type, state), whole)
          arena.destroy()
        }
      })

  test('strings', () => {
    const arena = new Arena(memory)
    const next = random(4)
    const pool = arena.allocateZeroed(16)
    memory.u32[pool / 4] = arena.address
    const rows = 3000
    const texts = Array.from({ length: rows }, () => 'x'.repeat(Math.floor(next() * 20)) + Math.floor(next() * 1000))
    const offsets = arena.allocate(rows * 4 + 4)
    const bytes = arena.allocate(texts.join('').length)
    let end = 0
    memory.u32[offsets / 4] = 0
    texts.forEach((text, row) => {
      memory.copyIn(bytes + end, new TextEncoder().encode(text))
      memory.u32[offsets / 4 + row + 1] = end += text.length
    })
    const { pointer: ids, ids: plain } = idsOf(arena, rows, 3)
    for (const name of ['min', 'max'] as const) {
      const states = arena.allocateZeroed(groups * 16)
      assert.ok(kernel(`${name}StringLeads`)(pool, states, ids, offsets, bytes, rows, 0, 0) >= 0)
      const found = arena.allocate(groups * 4 + 4)
      const text = arena.allocate(k.stringStateOffsets(states, groups, found))
      k.stringStateBytes(states, groups, text)
      for (let g = 0; g < groups; g++) {
        const all = texts.filter((_, row) => plain[row] === g).sort()
        const [from, to] = memory.u32.subarray(found / 4 + g, found / 4 + g + 2)
        assert.equal(memory.text(text + from, to - from), (name === 'min' ? all[0] : all[all.length - 1]) ?? '')
      }
    }
  })
})

test('counts, first rows, values put, rows by group', () => {
  for (const rows of sizes) {
    const arena = new Arena(memory)
    const { pointer: ids, ids: plain } = idsOf(arena, rows, rows)
    const counts = arena.allocateZeroed(groups * 8)
    k.countGrouped(counts, ids, rows)
    const flags = arena.allocate(rows)
    for (let row = 0; row < rows; row++) memory.u8[flags + row] = row % 3 === 0 ? 1 : 0
    const flagged = arena.allocateZeroed(groups * 8)
    k.countFlagGrouped(flagged, ids, flags, rows, 1)
    const offsets = arena.allocate(groups * 4 + 4)
    const order = arena.allocate(rows * 4)
    k.groupRows(ids, rows, groups, offsets, order)
    const [leadGroups, leadRows] = [arena.allocate(rows * 4 + 4), arena.allocate(rows * 4 + 4)]
    const firsts = k.firstRows(arena.allocateZeroed(groups), ids, rows, leadGroups, leadRows)
    const first = new Map<number, number>()
    for (let i = 0; i < firsts; i++) first.set(memory.u32[leadGroups / 4 + i], memory.u32[leadRows / 4 + i])
    const put = arena.allocateZeroed(groups * 4)
    k.putValues4(put, leadGroups, leadRows, 0, firsts)
    for (let g = 0; g < groups; g++) {
      const members = plain.flatMap((id, row) => (id === g ? [row] : []))
      assert.equal(memory.u64[counts / 8 + g], BigInt(members.length))
      assert.equal(memory.u64[flagged / 8 + g], BigInt(members.filter(row => row % 3 === 0).length))
      const [from, to] = memory.u32.subarray(offsets / 4 + g, offsets / 4 + g + 2)
      assert.deepEqual(Array.from(memory.u32.subarray(order / 4 + from, order / 4 + to)), members)
      assert.equal(first.get(g), members[0])
      if (members.length > 0) assert.equal(memory.u32[put / 4 + g], members[0])
    }
    arena.destroy()
  }
})

test('bits and moments', () => {
  const arena = new Arena(memory)
  const rows = 1000
  const { pointer: ids, ids: plain } = idsOf(arena, rows, 2)
  const values = valuesOf('U32', rows, 9) as bigint[]
  const pointer = place(arena, 'U32', values)
  const states = ['And', 'Or', 'Xor'].map(name => {
    const state = arena.allocateZeroed(groups * 4)
    if (name === 'And') memory.u8.fill(255, state, state + groups * 4)
    kernel(`bit${name}U32Grouped`)(state, ids, pointer, rows)
    return state
  })
  const doubles = arena.allocate(rows * 8)
  k.widenU32(pointer, rows, doubles)
  const moments = arena.allocateZeroed(groups * 24)
  k.moments2Grouped(moments, ids, doubles, rows)
  for (let g = 0; g < groups; g++) {
    const mine = values.filter((_, row) => plain[row] === g)
    const results = [
      mine.reduce((a, b) => a & b, 0xffffffffn),
      mine.reduce((a, b) => a | b, 0n),
      mine.reduce((a, b) => a ^ b, 0n),
    ]
    results.forEach((result, i) => assert.equal(BigInt(memory.u32[states[i] / 4 + g]), result))
    assert.equal(memory.f64[moments / 8 + g * 3], mine.length)
    assert.equal(memory.f64[moments / 8 + g * 3 + 1], Number(mine.reduce((a, b) => a + b, 0n)))
  }
})
