import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnOf, constColumn } from '../../runtime/columns/build.ts'
import { GroupTable } from '../../runtime/columns/groupTable.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory, random } from '../harness.ts'

/** A few values of a type, chosen so that keys repeat. */
const samples: Record<string, Value[]> = {
  UInt8: [0, 1, 255],
  Int16: [-32768, 0, 5],
  UInt32: [0, 4294967295, 77],
  Int64: [-1n, 0n, 1n << 40n],
  Float64: [0, 1.5, -2],
  Date: [0, 17000],
  UUID: [0n, 1n << 100n],
  UInt256: [0n, 1n << 200n],
  String: ['', 'a', 'http://example.com/a/long/address', 'a\0'],
  'FixedString(3)': ['abc', 'ab\0'],
  'FixedString(20)': ['abcdefghijklmnopqrst', 'b'.padEnd(20, '\0')],
  'Nullable(UInt8)': [null, 0, 1],
  'Nullable(Int64)': [null, 0n, 5n],
  'Nullable(String)': [null, '', 'x'],
  'LowCardinality(String)': ['', 'one', 'two'],
  'LowCardinality(Nullable(String))': [null, '', 'two'],
  'LowCardinality(UInt16)': [0, 9, 10],
  'Array(UInt8)': [[], [1], [1, 2]],
  'Array(String)': [[], [''], ['', ''], ['ab']],
  'Array(Array(Nullable(UInt8)))': [[], [[]], [[null]], [[0]], [[], []]],
  'Tuple(UInt8, String)': [
    [1, 'a'],
    [1, 'b'],
  ],
  'Map(String, UInt8)': [[], [['a', 1]]],
}

const sets: string[][] = [
  ...Object.keys(samples).map(name => [name]),
  ['UInt8', 'UInt8'],
  ['UInt32', 'UInt32'],
  ['Int64', 'UInt32'],
  ['UInt32', 'Nullable(UInt8)'],
  ['Int64', 'String'],
  ['String', 'Nullable(String)', 'Nullable(Int64)'],
  ['UUID', 'UInt256'],
  ['LowCardinality(String)', 'UInt8', 'LowCardinality(Nullable(String))'],
  ['Array(UInt8)', 'String'],
  ['FixedString(3)', 'Nullable(UInt8)', 'Date', 'Float64'],
]

describe('group tables number keys of any columns', () => {
  const memory = newMemory('core.debug')
  for (const names of sets)
    test(names.join(', '), () => {
      const next = random(names.join().length)
      const types = names.map(parseType)
      const arena = new Arena(memory)
      const scratch = new Arena(memory)
      const table = new GroupTable(arena, types)
      const known = new Map<string, number>()
      const text = (row: Value[]) =>
        JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
      for (const rows of [1, 0, 50, 700]) {
        const data = Array.from({ length: rows }, () =>
          names.map(name => samples[name][Math.floor(next() * samples[name].length)]),
        )
        const columns = types.map((type, i) =>
          columnOf(
            type,
            data.map(row => row[i]),
            scratch,
          ),
        )
        const found = table.find(columns, rows, scratch)
        data.forEach((row, i) => assert.equal(memory.u32[found / 4 + i], known.get(text(row)) ?? 0xffffffff))
        const ids = table.upsert(columns, rows, scratch)
        data.forEach((row, i) => {
          const id = memory.u32[ids / 4 + i]
          assert.equal(known.get(text(row)) ?? id, id)
          known.set(text(row), id)
        })
        assert.equal(table.size, known.size)
        const keys = table.keyColumns(scratch)
        keys.forEach((key, i) => assert.equal(key.type.name, types[i].name))
        for (const [row, id] of known) assert.equal(text(keys.map(key => key.valueAt(id))), row)
        scratch.reset()
      }
      const constants = names.map((name, i) => constColumn(types[i], samples[name][0], 9, scratch))
      const ids = table.upsert(constants, 9, scratch)
      assert.equal(new Set(memory.u32.subarray(ids / 4, ids / 4 + 9)).size, 1)
      arena.destroy()
      scratch.destroy()
    })
})
