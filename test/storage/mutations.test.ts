import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnOf } from '../../runtime/columns/build.ts'
import { Arena } from '../../runtime/core/memory.ts'
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
  await table.remove(([k]) => Number(k) % 7 === 3)
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
  await table.remove(([k]) => Number(k) < 20)
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
    updates: new Map([
      [
        's',
        async function* (old) {
          const arena = new Arena(memory)
          for await (const piece of old) {
            const values = Array.from({ length: piece.rows }, (_, i) => {
              const text = String(piece.valueAt(i))
              return Number(text.slice(1)) % 2 ? `${text} changed` : text
            })
            yield columnOf(parseType('String'), values, arena)
          }
          arena.destroy()
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

test('columns that get another name keep their files, and those that go leave nothing', async () => {
  const table = await filled()
  const disk = table.disk as MemoryDisk
  const before = disk.files.get('data/t/all_1_1_0/s.bin')
  const later = {
    ...shape,
    columns: [
      ['k', 'UInt32'],
      ['t', 'String'],
      ['n.a', 'Array(UInt8)'],
      ['n.c', 'Array(String)'],
    ] as Shape['columns'],
  }
  await table.mutate(
    {
      dropped: new Set(['lc']),
      renamed: new Map([
        ['t', 's'],
        ['n.c', 'n.b'],
      ]),
    },
    later,
  )
  const after = await TestTable.open(disk, memory, later)
  assert.deepEqual(after.table.broken, [])
  assert.deepEqual(
    await after.rows(),
    rows.map(([k, s, _, a, b]) => [k, s, a, b]),
  )
  assert.equal(disk.files.get('data/t/all_1_1_0_3/t.bin')?.bytes, before?.bytes)
  assert.equal(disk.files.get('data/t/all_1_1_0_3/lc.bin'), undefined)
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
