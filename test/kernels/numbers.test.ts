// Arithmetic, division and casts against their plain twins.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newMemory } from '../harness.ts'
import {
  kernel,
  readValues,
  rowCounts,
  type Suffix,
  someValues,
  suffixes,
  toTyped,
  type Value,
  withArena,
  writeValues,
} from './values.ts'

const isFloat = (suffix: Suffix): boolean => suffix[0] === 'F'
const wrapped = (suffix: Suffix, values: Value[]): Value[] => {
  if (isFloat(suffix)) return Array.from(toTyped(suffix, values) as ArrayLike<Value>)
  const bits = Number(suffix.slice(1))
  const as = suffix[0] === 'I' ? BigInt.asIntN : BigInt.asUintN
  return values.map(value => (bits === 64 ? as(bits, BigInt(value)) : Number(as(bits, BigInt(value)))))
}
/** Integers are computed as big ones, floats as they are. */
const twin = (suffix: Suffix, f: (a: never, b: never) => Value) => (a: Value, b: Value) =>
  isFloat(suffix) ? f(a as never, b as never) : f(BigInt(a) as never, BigInt(b) as never)

const firstUnless = (second: boolean, a: number, b: number) => (second ? b : a)

const operations: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  // Not Math.min and Math.max: they take no big integers, and treat NaN their own way.
  least: (a, b) => firstUnless(a > b, a, b),
  greatest: (a, b) => firstUnless(!(a > b), a, b),
}

test('arithmetic wraps integers and follows IEEE for floats', () => {
  const memory = newMemory()
  for (const [name, f] of Object.entries(operations))
    for (const suffix of suffixes) {
      if (name === 'divide' && !isFloat(suffix)) continue
      if (suffix.endsWith('8') && !['least', 'greatest'].includes(name)) continue
      for (const rows of rowCounts)
        withArena(memory, arena => {
          const [a, b] = [someValues(suffix, rows, rows + 1), someValues(suffix, rows, rows + 2)]
          const [pa, pb, out] = [writeValues(arena, suffix, a), writeValues(arena, suffix, b), arena.allocate(rows * 8)]
          kernel(memory, name + suffix)(pa, pb, out, rows)
          const expected = wrapped(
            suffix,
            a.map((value, i) => twin(suffix, f as never)(value, b[i])),
          )
          assert.deepEqual(readValues(memory, suffix, out, rows), expected, name + suffix)
          if (rows === 0) return
          kernel(memory, `${name}Const${suffix}`)(pa, pb, out, rows)
          const expectedConst = wrapped(
            suffix,
            a.map(value => twin(suffix, f as never)(value, b[0])),
          )
          assert.deepEqual(readValues(memory, suffix, out, rows), expectedConst, `${name}Const${suffix}`)
        })
    }
})

test('division and remainder, with what has no result', () => {
  const memory = newMemory()
  for (const suffix of ['I32', 'I64', 'U32', 'U64'] as const)
    withArena(memory, arena => {
      const rows = 500
      const a = someValues(suffix, rows, 1)
      const b = someValues(suffix, rows, 2)
      const nonzero = b.map(value => (value && BigInt(value) !== -1n ? value : wrapped(suffix, [3])[0]))
      const [pa, pb, out] = [
        writeValues(arena, suffix, a),
        writeValues(arena, suffix, nonzero),
        arena.allocate(rows * 8),
      ]
      assert.equal(kernel(memory, `intDiv${suffix}`)(pa, pb, out, rows), 0)
      const quotients = wrapped(
        suffix,
        a.map((value, i) => BigInt(value) / BigInt(nonzero[i])),
      )
      assert.deepEqual(readValues(memory, suffix, out, rows), quotients)
      assert.equal(kernel(memory, `modulo${suffix}`)(pa, pb, out, rows), 0)
      const remainders = wrapped(
        suffix,
        a.map((value, i) => BigInt(value) % BigInt(nonzero[i])),
      )
      assert.deepEqual(readValues(memory, suffix, out, rows), remainders)

      const zeros = writeValues(arena, suffix, b)
      assert.equal(kernel(memory, `modulo${suffix}`)(pa, zeros, out, rows), 1)
      const mask = arena.allocate(rows)
      kernel(memory, `intDivOrZero${suffix}`)(pa, zeros, out, mask, rows)
      const least = suffix[0] === 'I' ? -(1n << (BigInt(suffix.slice(1)) - 1n)) : 1n
      const lost = b.map((value, i) => BigInt(value) === 0n || (BigInt(value) === -1n && BigInt(a[i]) === least))
      const orZero = wrapped(
        suffix,
        a.map((value, i) => (lost[i] ? 0n : BigInt(value) / BigInt(b[i]))),
      )
      assert.deepEqual(readValues(memory, suffix, out, rows), orZero)
      const lostRows = lost.map(Number)
      assert.deepEqual(readValues(memory, 'U8', mask, rows), lostRows)
      if (suffix[0] === 'I') {
        const [pl, pm] = [
          writeValues(arena, suffix, wrapped(suffix, [least])),
          writeValues(arena, suffix, wrapped(suffix, [-1])),
        ]
        assert.equal(kernel(memory, `intDivConst${suffix}`)(pl, pm, out, 1), 2)
        assert.equal(kernel(memory, `moduloConst${suffix}`)(pl, pm, out, 1), 2)
      }
    })
})

/** What the processor's conversion gives. */
function castTwin(value: Value, from: Suffix, to: Suffix): Value {
  if (isFloat(to)) return to === 'F32' ? roundToF32(value) : Number(value)
  if (!isFloat(from)) return wrapped(to, [value])[0]
  const number = Number(value)
  const bits = Number(to.slice(1))
  const wide = bits === 64 || to === 'U32'
  const limit = 2 ** (wide ? 63 : 31)
  const least = -(1n << (wide ? 63n : 31n))
  if (to === 'U64' && number >= 2 ** 63)
    return number < 2 ** 64 ? BigInt(Math.trunc(number)) : BigInt.asUintN(64, least)
  const whole = Math.trunc(number)
  const cut = whole >= -limit && whole < limit ? BigInt(whole) : least
  return wrapped(to, [cut])[0]
}

/** A big integer is rounded once, not to F64 first. */
function roundToF32(value: Value): number {
  if (typeof value === 'number') return Math.fround(value)
  const near = Math.fround(Number(value))
  const bits = new Int32Array(Float32Array.of(near).buffer)[0]
  const around = [-1, 0, 1].map(step => new Float32Array(Int32Array.of(bits + step).buffer)[0])
  const distance = (x: number) => {
    const d = BigInt(Math.trunc(x)) - value
    return d < 0n ? -d : d
  }
  const best = around.filter(x => Number.isFinite(x)).reduce((a, b) => (distance(b) < distance(a) ? b : a))
  return distance(best) === distance(near) ? near : best
}

test('every cast between numbers', () => {
  const memory = newMemory()
  for (const from of suffixes)
    for (const to of suffixes) {
      if (from === to) continue
      for (const rows of rowCounts)
        withArena(memory, arena => {
          const values = someValues(from, rows, rows + 3)
          const out = arena.allocate(rows * 8)
          kernel(memory, `cast${from}${to}`)(writeValues(arena, from, values), out, rows)
          const expected = values.map(value => castTwin(value, from, to))
          assert.deepEqual(readValues(memory, to, out, rows), expected, `cast${from}${to} ${rows}`)
        })
    }
})

test('negation and absolute values wrap at the smallest number', () => {
  const memory = newMemory()
  for (const suffix of ['I8', 'I16', 'I32', 'I64', 'F32', 'F64'] as const)
    withArena(memory, arena => {
      const values = someValues(suffix, 100, 4)
      const [pointer, out] = [writeValues(arena, suffix, values), arena.allocate(800)]
      kernel(memory, `negate${suffix}`)(pointer, out, 100)
      const negative = isFloat(suffix)
        ? values.map(x => -x)
        : wrapped(
            suffix,
            values.map(x => -BigInt(x)),
          )
      assert.deepEqual(readValues(memory, suffix, out, 100), negative)
      kernel(memory, `abs${suffix}`)(pointer, out, 100)
      const unsigned = suffix.replace('I', 'U') as Suffix
      const absolute = values.map(x => (x < 0 ? -x : typeof x === 'number' ? Math.abs(x) : x))
      assert.deepEqual(readValues(memory, unsigned, out, 100), absolute)
    })
})
