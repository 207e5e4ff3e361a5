import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newMemory, random } from '../harness.ts'
import { kernel, readValues, rowCounts, type Suffix, withArena, writeValues } from './values.ts'

const memory = newMemory()
const measures = ['L1', 'L2Squared', 'L2', 'Linf', 'Lp', 'cosine', 'dot']

function expected(measure: string, a: number[], b: number[], exponent: number): number {
  const differences = a.map((x, i) => Math.abs(x - b[i]))
  const sum = (values: number[]): number => values.reduce((x, y) => x + y, 0)
  const product = (x: number[], y: number[]): number => sum(x.map((value, i) => value * y[i]))
  if (measure === 'L1') return sum(differences)
  if (measure === 'Linf') return Math.max(0, ...differences)
  if (measure === 'Lp') return sum(differences.map(value => value ** exponent)) ** (1 / exponent)
  if (measure === 'dot') return product(a, b)
  if (measure === 'cosine') return 1 - product(a, b) / Math.sqrt(product(a, a) * product(b, b))
  return measure === 'L2' ? Math.sqrt(product(differences, differences)) : product(differences, differences)
}

const near = (a: number, b: number, tolerance: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b))

for (const suffix of ['F32', 'F64'] as Suffix[])
  test(`norms and distances of vectors of ${suffix}`, () => {
    const next = random(7)
    for (const rows of rowCounts.slice(0, 6))
      withArena(memory, arena => {
        const sizes = Array.from({ length: rows }, (_, row) => (row === 0 ? 0 : Math.floor(next() * 40)))
        const offsets = [0]
        for (const size of sizes) offsets.push(offsets[offsets.length - 1] + size)
        const values = () =>
          Array.from({ length: offsets[rows] }, () =>
            suffix === 'F32' ? Math.fround(next() * 20 - 10) : next() * 20 - 10,
          )
        const [a, b] = [values(), values()]
        const [left, right] = [a, b].map(side => writeValues(arena, suffix, side))
        const at = writeValues(arena, 'U32', offsets)
        const out = arena.allocate(rows * 8 + 8)
        const of = (side: number[], row: number) => side.slice(offsets[row], offsets[row + 1])
        for (const [number, measure] of measures.entries()) {
          kernel(memory, `vectorDistances${suffix}`)(number, left, right, 0, at, rows, 3, out)
          for (const [row, value] of readValues(memory, suffix, out, rows).entries()) {
            const want = expected(measure, of(a, row), of(b, row), 3)
            assert.ok(near(value as number, want, suffix === 'F32' ? 1e-4 : 1e-12), `${measure}: ${value} for ${want}`)
          }
          if (measure === 'cosine' || measure === 'dot') continue
          kernel(memory, `vectorNorms${suffix}`)(number, left, at, rows, 3, out)
          for (const [row, value] of readValues(memory, suffix, out, rows).entries()) {
            const own = of(a, row)
            const want = expected(
              measure,
              own,
              own.map(() => 0),
              3,
            )
            assert.ok(near(value as number, want, suffix === 'F32' ? 1e-4 : 1e-12), `${measure}: ${value} for ${want}`)
          }
        }
      })
  })

test('scalar products of integers wrap, and one vector may serve all rows', () =>
  withArena(memory, arena => {
    const [a, b] = [
      [1n, 2n, 3n, -(1n << 63n), 5n, 0n],
      [2n, 3n, 4n],
    ].map(side => writeValues(arena, 'I64', side))
    const offsets = writeValues(arena, 'U32', [0, 3, 6])
    const out = arena.allocate(16)
    kernel(memory, 'dotProductsI64')(a, b, 1, offsets, 2, out)
    assert.deepEqual(readValues(memory, 'I64', out, 2), [20n, 15n])
    kernel(memory, 'dotProductsI64')(a, a, 0, offsets, 2, out)
    assert.deepEqual(readValues(memory, 'I64', out, 2), [14n, 25n])
  }))
