// Integers of 128 and 256 bits, and the checked arithmetic of decimals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arena, Memory } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { kernel, withArena } from './values.ts'

const types = ['I32', 'I64', 'I128', 'U128', 'I256', 'U256'] as const
const bitsOf = (type: string): number => Number(type.slice(1))
const wrap = (type: string, value: bigint): bigint =>
  type[0] === 'I' ? BigInt.asIntN(bitsOf(type), value) : BigInt.asUintN(bitsOf(type), value)

function write(arena: Arena, type: string, values: bigint[]): number {
  const width = bitsOf(type) / 8
  const pointer = arena.allocate(values.length * width)
  values.forEach((value, i) => {
    for (let k = 0; k < width; k++) arena.memory.u8[pointer + i * width + k] = Number((value >> BigInt(k * 8)) & 255n)
  })
  return pointer
}

function read(memory: Memory, type: string, pointer: number, rows: number): bigint[] {
  const width = bitsOf(type) / 8
  return Array.from({ length: rows }, (_, i) => {
    let value = 0n
    for (let k = width - 1; k >= 0; k--) value = (value << 8n) | BigInt(memory.u8[pointer + i * width + k])
    return wrap(type, value)
  })
}

/** Numbers of every size, zeros and limits among them. */
function some(type: string, rows: number, seed: number): bigint[] {
  const next = random(seed)
  const bits = bitsOf(type)
  return Array.from({ length: rows }, () => {
    const kind = next()
    if (kind < 0.1) return [0n, 1n, wrap(type, -1n), wrap(type, 1n << BigInt(bits - 1))][Math.floor(next() * 4)]
    let value = 0n
    const used = Math.floor(next() * bits)
    for (let k = 0; k < used; k += 32) value = (value << 32n) | BigInt(Math.floor(next() * 2 ** 32))
    return wrap(type, next() < 0.5 ? value : -value)
  })
}

const operations: Record<string, (a: bigint, b: bigint) => bigint> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  intDiv: (a, b) => a / b,
  modulo: (a, b) => a % b,
}

test('wide integers: sums, products, quotients wrap', () => {
  const memory = newMemory()
  const rows = 300
  for (const type of types.slice(2))
    for (const [name, f] of Object.entries(operations))
      withArena(memory, arena => {
        const a = some(type, rows, 1)
        const isDivision = name === 'intDiv' || name === 'modulo'
        const b = some(type, rows, 2).map(value => (isDivision && value === 0n ? 3n : value))
        const [pa, pb, out] = [write(arena, type, a), write(arena, type, b), arena.allocate(rows * 32)]
        const label = name + type
        kernel(memory, label)(pa, pb, out, rows)
        const expected = a.map((value, i) => wrap(type, f(value, b[i])))
        assert.deepEqual(read(memory, type, out, rows), expected, label)
        kernel(memory, `${name}Const${type}`)(pa, pb, out, rows)
        const expectedConst = a.map(value => wrap(type, f(value, b[0])))
        assert.deepEqual(read(memory, type, out, rows), expectedConst, label)
        if (isDivision) assert.equal(kernel(memory, label)(pa, write(arena, type, [0n]), out, 1), 1)
      })
})

test('checked arithmetic says when a result does not fit', () => {
  const memory = newMemory()
  for (const type of ['I32', 'I64', 'I128', 'I256'] as const)
    for (const name of ['add', 'subtract', 'multiply'])
      withArena(memory, arena => {
        const out = arena.allocate(64)
        const [as, bs] = [some(type, 500, 3), some(type, 500, 4)]
        as.forEach((a, i) => {
          const exact = operations[name](a, bs[i])
          const fits = wrap(type, exact) === exact
          const [pa, pb] = [write(arena, type, [a]), write(arena, type, [bs[i]])]
          const code = kernel(memory, `${name}Checked${type}`)(pa, pb, out, 1)
          assert.equal(code, fits ? 0 : 1, `${name}Checked${type} ${a} ${bs[i]}`)
          if (fits) assert.deepEqual(read(memory, type, out, 1), [exact])
        })
      })
})

test('wide integers to and from other numbers', () => {
  const memory = newMemory()
  const { kernels } = memory
  for (const type of types.slice(2))
    withArena(memory, arena => {
      const values = some(type, 300, 5)
      const [pointer, out] = [write(arena, type, values), arena.allocate(300 * 32)]
      const signed = Number(type[0] === 'I')
      for (const to of ['I64', 'I256', 'U128']) {
        kernels.resizeIntegers(pointer, bitsOf(type) / 8, signed, out, bitsOf(to) / 8, 300)
        const resized = values.map(value => wrap(to, value))
        assert.deepEqual(read(memory, to, out, 300), resized)
      }
      kernels.castWideF64(pointer, bitsOf(type) / 64, signed, out, 300)
      const floats = Array.from(memory.f64.subarray(out / 8, out / 8 + 300))
      floats.forEach((float, i) => {
        const exact = Number(values[i])
        assert.ok(Math.abs(float - exact) <= Math.abs(exact) * 2.3e-16, `${values[i]}`)
      })
      const inside = floats.filter(float => wrap(type, BigInt(float)) === BigInt(float))
      const from = arena.allocate(inside.length * 8)
      memory.f64.set(inside, from / 8)
      kernels.castF64Wide(from, out, bitsOf(type) / 64, inside.length)
      assert.deepEqual(read(memory, type, out, inside.length), inside.map(BigInt))
    })
})
