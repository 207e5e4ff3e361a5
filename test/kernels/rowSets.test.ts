import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const noRow = 0xffffffff
const rowCounts = [0, 1, 15, 16, 17, 1000]

for (const build of ['core', 'core.debug'] as const) {
  test(`rows of EXCEPT and INTERSECT stay or go (${build})`, () => {
    const memory = newMemory(build)
    const arena = new Arena(memory)
    const { kernels } = memory
    const next = random(1)
    for (const rows of rowCounts)
      for (const inside of [0, 1]) {
        const known = 10
        const ids = Array.from({ length: rows }, () => Math.floor(next() * 20))
        const at = arena.allocate(rows * 4)
        memory.u32.set(ids, at / 4)
        const counts = arena.allocateZeroed(20 * 4)
        kernels.countIds(at, rows, counts)
        const wanted = Array.from({ length: 20 }, (_, id) => ids.filter(other => other === id).length)
        assert.deepEqual([...memory.u32.subarray(counts / 4, counts / 4 + 20)], wanted)

        const seen = arena.allocateZeroed(20)
        const mask = arena.allocate(rows)
        kernels.keepOnce(at, rows, known, inside, seen, mask)
        const once = ids.map((id, i) => ((id < known ? 1 : 0) === inside && ids.indexOf(id) === i ? 1 : 0))
        assert.deepEqual([...memory.bytes(mask, rows)], once)

        const left = Array.from({ length: known }, () => Math.floor(next() * 3))
        memory.u32.set(left, counts / 4)
        kernels.takeCounted(at, rows, known, inside, counts, mask)
        const taken = ids.map(id => {
          const has = id < known && left[id] > 0
          if (has) left[id]--
          return (has ? 1 : 0) === inside ? 1 : 0
        })
        assert.deepEqual([...memory.bytes(mask, rows)], taken)
      }
  })

  test(`the nearest row of a key (${build})`, () => {
    const memory = newMemory(build)
    const arena = new Arena(memory)
    const { kernels } = memory
    const next = random(2)
    const keys = 4
    for (const rows of rowCounts) {
      const right = Array.from({ length: rows }, () => ({
        id: next() < 0.1 ? noRow : Math.floor(next() * keys),
        value: BigInt(Math.floor(next() * 30)),
      })).sort((a, b) => a.id - b.id || Number(a.value - b.value))
      const sorted = arena.allocate(rows * 4)
      const starts = arena.allocate((keys + 1) * 4)
      const values = arena.allocate(rows * 8)
      memory.u32.set(
        right.map(row => row.id),
        sorted / 4,
      )
      memory.u64.set(
        right.map(row => row.value),
        values / 8,
      )
      kernels.asofStarts(sorted, rows, keys, noRow, starts)
      const left = Array.from({ length: 100 }, () => ({
        id: next() < 0.1 ? noRow : Math.floor(next() * keys),
        value: BigInt(Math.floor(next() * 32)),
      }))
      const ids = arena.allocate(400)
      const wanted = arena.allocate(800)
      const found = arena.allocate(400)
      memory.u32.set(
        left.map(row => row.id),
        ids / 4,
      )
      memory.u64.set(
        left.map(row => row.value),
        wanted / 8,
      )
      for (const below of [0, 1])
        for (const orEqual of [0, 1]) {
          kernels.asofRows(ids, wanted, 100, starts, values, below, orEqual, noRow, found)
          const expected = left.map(({ id, value }) => {
            const fits = right.filter(
              other =>
                id !== noRow &&
                other.id === id &&
                ((orEqual && other.value === value) || (below ? other.value < value : other.value > value)),
            )
            const nearest = below ? fits.findLast(() => true) : fits[0]
            return nearest ? right.findIndex(row => row.id === id && row.value === nearest.value) : noRow
          })
          assert.deepEqual([...memory.u32.subarray(found / 4, found / 4 + 100)], expected)
        }
    }
  })
}
