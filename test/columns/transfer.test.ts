import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnOf, constColumn } from '../../runtime/columns/build.ts'
import { Chunk } from '../../runtime/columns/chunk.ts'
import type { Column } from '../../runtime/columns/column.ts'
import { packChunk, unpackChunk } from '../../runtime/columns/transfer.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory } from '../harness.ts'

const samples: [string, Value[]][] = [
  ['UInt8', [1, 2, 3, 255]],
  ['Int256', [-1n, 5n, 0n, 2n ** 200n]],
  ['String', ['', 'abc', 'ünï', '\udcff']],
  ['Nullable(String)', [null, 'a', '', null]],
  ['Array(Array(Nullable(String)))', [[['a', null]], [], [[], ['b']], [[]]]],
  [
    'Tuple(UInt8, Array(String))',
    [
      [1, ['x']],
      [2, []],
      [3, ['y', 'z']],
      [4, []],
    ],
  ],
  [
    'Map(String, UInt32)',
    [
      [['a', 1]],
      [],
      [
        ['b', 2],
        ['c', 3],
      ],
      [],
    ],
  ],
  ['LowCardinality(String)', ['a', 'b', '', 'a']],
  ['LowCardinality(Nullable(String))', ['a', null, '', 'a']],
]

const read = (column: Column): Value[] => Array.from({ length: column.rows }, (_, row) => column.valueAt(row))

test('a packed chunk comes out in another memory as it was, cut or whole', () => {
  const arena = new Arena(newMemory('core.debug'))
  const columns = samples.map(([type, values]) => columnOf(parseType(type), values, arena))
  const whole = new Chunk([...columns, constColumn(parseType('String'), 'same', 4, arena)], 4)
  for (const [start, length] of [
    [0, 4],
    [1, 3],
    [1, 1],
    [2, 0],
    [3, 1],
  ]) {
    const cut = whole.cut(start, length)
    const back = unpackChunk(packChunk(cut), new Arena(newMemory('core.debug')))
    assert.equal(back.rows, length)
    assert.deepEqual(back.columns.map(read), cut.columns.map(read))
    assert.deepEqual(
      back.columns.map(column => column.type.name),
      whole.columns.map(column => column.type.name),
    )
    assert.equal(back.columns.at(-1)?.layout, 'const')
  }
})

test('a chunk without columns keeps its rows', () => {
  const arena = new Arena(newMemory())
  assert.equal(unpackChunk(packChunk(new Chunk([], 7)), arena).rows, 7)
})

test('a dictionary is packed without what the rows do not use', () => {
  const arena = new Arena(newMemory())
  const values = Array.from({ length: 5000 }, (_, i) => `value ${i}`)
  const column = columnOf(parseType('LowCardinality(String)'), values, arena)
  const packed = packChunk(new Chunk([column.slice(4000, 3)], 3))
  assert.ok(packed.byteLength < 1000)
  assert.deepEqual(read(unpackChunk(packed, arena).columns[0]), ['value 4000', 'value 4001', 'value 4002'])
})

test('broken bytes are refused and never read past', () => {
  const arena = new Arena(newMemory('core.debug'))
  const chunk = new Chunk(
    samples.map(([type, values]) => columnOf(parseType(type), values, arena)),
    4,
  )
  const packed = packChunk(chunk)
  for (let size = 0; size < packed.byteLength; size += 7)
    assert.throws(() => unpackChunk(packed.slice(0, size), arena), /CANNOT_READ_ALL_DATA|broken|Cannot read all/)
  for (let at = 0; at < packed.byteLength; at++) {
    const damaged = packed.slice(0)
    new Uint8Array(damaged)[at] ^= 0x81
    try {
      unpackChunk(damaged, arena).columns.map(read)
    } catch (error) {
      assert.ok(error instanceof Error && error.name !== 'RuntimeError', String(error))
    }
  }
})
