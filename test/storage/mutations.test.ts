import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnOf } from '../../runtime/columns/build.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory } from '../harness.ts'
import { type Shape, TestTable } from './tables.ts'

const memory = newMemory('core.debug')
const shape: Shape = {
  columns: [
    ['k', 'UInt32'],
    ['s', 'String'],
    ['lc', 'LowCardinality(String)'],
    ['n.a', 'Array(UInt8)'],
    ['n.b', 'Array(String)'],
  ],
  sorting: ['k'],
  settings: { oldPartsLifetimeSeconds: 0 },
}
const row = (k: number): Value[] => [k, `s${k}`, `v${k % 3}`, [k, k].slice(k % 2), ['x', 'y'].slice(k % 2)]
const rows = Array.from({ length: 30 }, (_, k) => row(k))

async function filled(): Promise<TestTable> {
  const table = await TestTable.open(new MemoryDisk(), memory, shape)
  await table.insert(rows.slice(0, 20))
  await table.insert(rows.slice(20))
  return table
}

test('DELETE writes parts without the rows, and keeps those in which nothing changes', async () => {
  const table = await filled()
  await table.mutate({
    reads: ['k'],
    keep: (column, count, arena) => {
      const mask = arena.allocate(count)
      for (let i = 0; i < count; i++) memory.u8[mask + i] = Number(column('k').valueAt(i)) % 7 === 3 ? 0 : 1
      return mask
    },
    updates: new Map(),
  })
  assert.deepEqual(
    await table.rows(),
    rows.filter(([k]) => Number(k) % 7 !== 3),
  )
  assert.deepEqual(
    table.table.parts().map(({ name, rows }) => [name, rows]),
    [
      ['all_1_1_0_3', 17],
      ['all_2_2_0_3', 9],
    ],
  )
  await table.mutate({
    reads: ['k'],
    keep: (column, count, arena) => {
      const mask = arena.allocate(count)
      for (let i = 0; i < count; i++) memory.u8[mask + i] = Number(column('k').valueAt(i)) >= 20 ? 1 : 0
      return mask
    },
    updates: new Map(),
  })
  assert.deepEqual(
    table.table.parts().map(({ name, rows }) => [name, rows]),
    [
      ['all_1_1_0_4', 0],
      ['all_2_2_0_4', 9],
    ],
  )
  await table.table.cleanUp()
  await table.table.cleanUp()
  const again = await TestTable.open(table.disk, memory, shape)
  assert.deepEqual(
    again.table.parts().map(({ name, rows }) => [name, rows]),
    [['all_2_2_0_4', 9]],
  )
  assert.deepEqual(
    await again.rows(),
    rows.filter(([k]) => Number(k) >= 20 && Number(k) % 7 !== 3),
  )
})

test('UPDATE writes the changed columns and takes the files of the others', async () => {
  const table = await filled()
  const disk = table.disk as MemoryDisk
  const before = disk.files.get('data/t/all_1_1_0/lc.bin')
  await table.mutate({
    reads: ['k'],
    updates: new Map([
      [
        's',
        (column, count, arena) => {
          const values = Array.from({ length: count }, (_, i) => {
            const old = column('s').valueAt(i)
            return Number(column('k').valueAt(i)) % 2 ? `${old} changed` : old
          })
          return columnOf(parseType('String'), values, arena)
        },
      ],
    ]),
  })
  assert.deepEqual(
    await table.rows(),
    rows.map(([k, s, ...rest]) => [k, Number(k) % 2 ? `${s} changed` : s, ...rest]),
  )
  assert.equal(disk.files.get('data/t/all_1_1_0_3/lc.bin')?.bytes, before?.bytes)
  // The part is whole: it loads, and merges with others.
  const again = await TestTable.open(disk, memory, shape)
  assert.deepEqual(again.table.broken, [])
  await again.optimize()
  assert.equal((await again.rows()).length, 30)
  assert.equal(again.table.parts()[0].name, 'all_1_2_1_3')
})

test('a column of a Nested that older parts do not have has arrays of its neighbours sizes', async () => {
  const disk = new MemoryDisk()
  const older = { ...shape, columns: shape.columns.slice(0, 4) }
  const before = await TestTable.open(disk, memory, older)
  await before.insert(rows.slice(0, 10).map(values => values.slice(0, 4)))
  const table = await TestTable.open(disk, memory, shape)
  await table.insert(rows.slice(10))
  await table.optimize()
  assert.deepEqual(
    await table.rows(),
    rows.map(([k, s, lc, a, b]) => [k, s, lc, a, Number(k) < 10 ? (a as Value[]).map(() => '') : b]),
  )
})

test('columns of one Nested have arrays of one size', async () => {
  const table = await filled()
  await assert.rejects(table.insert([[1, '', '', [1, 2], ['x']]]), { errorName: 'SIZES_OF_ARRAYS_DONT_MATCH' })
})
