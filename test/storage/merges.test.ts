import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import type { MergeMode } from '../../runtime/storage/mergetree/definition.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory, random } from '../harness.ts'
import { type Shape, TestTable } from './tables.ts'

const memory = newMemory('core.debug')

async function merged(shape: Shape, inserts: Value[][][]): Promise<Value[][]> {
  const table = await TestTable.open(new MemoryDisk(), memory, shape)
  for (const rows of inserts) await table.insert(rows)
  assert.equal(table.table.parts().length, inserts.length)
  const final = await table.final()
  await table.optimize()
  assert.ok(table.table.parts().length <= 1)
  const rows = await table.rows()
  assert.deepEqual(final, rows, 'FINAL sees what a merge leaves')
  table.reader.close()

  // All at once: the block is merged while it is inserted, and then with an older part.
  const whole = await TestTable.open(new MemoryDisk(), memory, shape)
  whole.optimizesInserts = true
  await whole.insert(inserts.flat())
  assert.deepEqual(await whole.rows(), rows, 'a block is merged as parts are')
  whole.reader.close()
  return rows
}

test('an ordinary merge keeps all rows, in order, equal ones by their age', async () => {
  const next = random(1)
  const shape: Shape = {
    columns: [
      ['k', 'Int32'],
      ['s', 'String'],
      ['n', 'Nullable(String)'],
      ['a', 'Array(UInt16)'],
      ['lc', 'LowCardinality(String)'],
      ['serial', 'UInt32'],
    ],
    sorting: ['k', 's'],
  }
  let serial = 0
  const inserts = Array.from({ length: 7 }, () =>
    Array.from({ length: Math.floor(next() * 40) + 1 }, (): Value[] => [
      Math.floor(next() * 9) - 4,
      'x'.repeat(Math.floor(next() * 3)),
      next() < 0.3 ? null : `n${serial}`,
      [serial, serial % 7],
      `v${serial % 5}`,
      serial++,
    ]),
  )
  const expected = inserts
    .flat()
    .sort((a, b) => Number(a[0]) - Number(b[0]) || (String(a[1]) < String(b[1]) ? -1 : a[1] === b[1] ? 0 : 1))
  assert.deepEqual(await merged(shape, inserts), expected)
})

test('merging without a sorting key puts parts behind each other', async () => {
  const rows = await merged({ columns: [['k', 'UInt8']], sorting: [] }, [[[3], [1]], [[2]], [[9], [0]]])
  assert.deepEqual(rows, [[3], [1], [2], [9], [0]])
})

const keyed = (mode: MergeMode, more: [string, string][]): Shape => ({
  columns: [['k', 'UInt32'], ...more],
  sorting: ['k'],
  mode,
})

test('ReplacingMergeTree keeps the last row, or the one with the greatest version', async () => {
  const plain = keyed({ kind: 'replacing' }, [['v', 'String']])
  assert.deepEqual(
    await merged(plain, [
      [[1, 'a']],
      [
        [1, 'b'],
        [2, 'x'],
      ],
    ]),
    [
      [1, 'b'],
      [2, 'x'],
    ],
  )
  const versioned = keyed({ kind: 'replacing', version: 'ver' }, [
    ['ver', 'UInt32'],
    ['v', 'String'],
  ])
  assert.deepEqual(
    await merged(versioned, [[[1, 5, 'five']], [[1, 3, 'three']], [[2, 1, 'first']], [[2, 1, 'second']]]),
    [
      [1, 5, 'five'],
      [2, 1, 'second'],
    ],
  )
})

test('groups that go over blocks of the merge are still one group', async () => {
  const rows: Value[][] = Array.from({ length: 70_000 }, (_, i) => [Math.floor(i / 35_000), i])
  const shape = keyed({ kind: 'replacing' }, [['v', 'UInt32']])
  assert.deepEqual(await merged(shape, [rows, rows]), [
    [0, 34_999],
    [1, 69_999],
  ])
})

test('CollapsingMergeTree cancels rows of opposite signs', async () => {
  const shape = keyed({ kind: 'collapsing', sign: 'sign' }, [
    ['sign', 'Int8'],
    ['v', 'String'],
  ])
  const collapse = async (text: string): Promise<string> => {
    const inserts = text.split(',').map((row): Value[][] => [[1, row[0] === '+' ? 1 : -1, row[1]]])
    const rows = await merged(shape, inserts)
    return rows.map(([, sign, v]) => `${sign === 1 ? '+' : '-'}${v}`).join(',')
  }
  const cases: [string, string][] = [
    ['+a,-a', ''],
    ['+a,-a,+b', '+b'],
    ['-a,+b', '-a,+b'],
    ['-a,+b,-b', '-a'],
    ['+a,+b', '+b'],
    ['-a,-b', '-a'],
    ['+a,-b,-c', '-b'],
    ['+a,+b,-c,-d', ''],
    ['-a,-b,+c', '-a'],
    ['+a,-a,+b,-b,+c', '+c'],
  ]
  for (const [given, wanted] of cases) assert.equal(await collapse(given), wanted, given)
})

test('VersionedCollapsingMergeTree cancels pairs of one version in any order', async () => {
  const shape: Shape = {
    columns: [
      ['k', 'UInt32'],
      ['sign', 'Int8'],
      ['ver', 'UInt8'],
      ['v', 'String'],
    ],
    sorting: ['k', 'ver'],
    mode: { kind: 'versionedCollapsing', sign: 'sign', version: 'ver' },
  }
  const run = (...rows: [number, number, string][]) =>
    merged(
      shape,
      rows.map(([sign, version, v]) => [[1, sign, version, v]]),
    )
  assert.deepEqual(await run([1, 1, 'a'], [-1, 1, 'a'], [1, 2, 'b']), [[1, 1, 2, 'b']])
  assert.deepEqual(await run([1, 2, 'b'], [-1, 1, 'a']), [
    [1, -1, 1, 'a'],
    [1, 1, 2, 'b'],
  ])
  assert.deepEqual(await run([-1, 1, 'a'], [1, 1, 'a']), [])
  assert.deepEqual(await run([1, 1, 'a'], [1, 1, 'b'], [-1, 1, 'c']), [[1, 1, 1, 'a']])
})

test('SummingMergeTree adds numbers, keeps the first of the rest, drops zeros', async () => {
  const shape = keyed({ kind: 'summing', columns: null }, [
    ['i8', 'Int8'],
    ['f', 'Float64'],
    ['n', 'Nullable(Int64)'],
    ['wide', 'Int128'],
    ['dec', 'Decimal(9, 2)'],
    ['s', 'String'],
  ])
  assert.deepEqual(
    await merged(shape, [
      [
        [1, 100, 1.5, null, 1n, 150n, 'x'],
        [2, 1, 0, null, 0n, 0n, 'zero'],
        [3, 0, 0, null, 0n, 0n, 'alone'],
      ],
      [
        [1, 100, 2.5, 7n, -3n, 1n, 'y'],
        [2, -1, 0, null, 0n, 0n, 'zero'],
        [5, 0, 0, 0n, 0n, 0n, 'not NULL'],
        [4, 1, 0, null, 0n, 0n, 'last'],
      ],
    ]),
    [
      [1, -56, 4, 7n, -2n, 151n, 'x'],
      [4, 1, 0, null, 0n, 0n, 'last'],
      [5, 0, 0, 0n, 0n, 0n, 'not NULL'],
    ],
  )
})

test('FINAL does not see rows that the newest version marks as deleted', async () => {
  const shape = keyed({ kind: 'replacing', version: 'ver', isDeleted: 'gone' }, [
    ['ver', 'UInt64'],
    ['gone', 'UInt8'],
  ])
  const table = await TestTable.open(new MemoryDisk(), memory, shape)
  for (const row of [
    [1, 1n, 0],
    [1, 2n, 1],
    [2, 5n, 0],
    [2, 4n, 1],
    [3, 1n, 1],
  ])
    await table.insert([row])
  assert.deepEqual(await table.final(), [[2, 5n, 0]])
  await table.optimize()
  assert.deepEqual(await table.rows(), [
    [1, 2n, 1],
    [2, 5n, 0],
    [3, 1n, 1],
  ])
  assert.deepEqual(await table.final(), [[2, 5n, 0]])
})

test('a merge that leaves nothing is an empty part, which goes with its sources', async () => {
  const shape = {
    ...keyed({ kind: 'collapsing', sign: 's' }, [['s', 'Int8']]),
    settings: { oldPartsLifetimeSeconds: 0 },
  }
  const table = await TestTable.open(new MemoryDisk(), memory, shape)
  await table.insert([[1, 1]])
  await table.insert([[1, -1]])
  await table.optimize()
  assert.deepEqual(
    table.table.parts().map(({ name, rows }) => [name, rows]),
    [['all_1_2_1', 0]],
  )
  await table.table.cleanUp()
  await table.table.cleanUp()
  assert.deepEqual(table.table.parts(), [])
  const again = await TestTable.open(table.disk, memory, shape)
  assert.deepEqual(again.table.parts(), [])
})
