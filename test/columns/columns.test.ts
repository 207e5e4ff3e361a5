import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnOf, concatColumns, constColumn, placeU32 } from '../../runtime/columns/build.ts'
import { Chunk } from '../../runtime/columns/chunk.ts'
import { type Column, noRow } from '../../runtime/columns/column.ts'
import { ByteReader, ByteWriter } from '../../runtime/core/bytes.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory } from '../harness.ts'

const samples: [type: string, values: Value[], texts: string[]][] = [
  ['UInt8', [0, 255, 7], ['0', '255', '7']],
  ['Int64', [-5n, 9223372036854775807n, 0n], ['-5', '9223372036854775807', '0']],
  ['Float64', [1.5, -0, 1e21], ['1.5', '-0', '1e21']],
  ['Bool', [1, 0, 1], ['true', 'false', 'true']],
  ['String', ['', 'héé', '\udcff\udc80x'], ['', 'héé', '\udcff\udc80x']],
  ['FixedString(3)', ['abc', 'x\0\0', '\0\0\0'], ['abc', 'x\0\0', '\0\0\0']],
  ['Date', [17886, 0, 65535], ['2018-12-21', '1970-01-01', '2149-06-06']],
  [
    "DateTime('Europe/Moscow')",
    [1545354123, 0, 1],
    ['2018-12-21 04:02:03', '1970-01-01 03:00:00', '1970-01-01 03:00:01'],
  ],
  [
    'DateTime64(3)',
    [1545354123456n, 0n, -1n],
    ['2018-12-21 01:02:03.456', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999'],
  ],
  ['Decimal(9, 2)', [-1234n, 5n, 100n], ['-12.34', '0.05', '1']],
  ['Decimal(38, 10)', [-12345678901234567890n, 0n, 1n], ['-1234567890.123456789', '0', '0.0000000001']],
  [
    'UUID',
    [0x00112233445566778899aabbccddeeffn, 0n, 1n],
    [
      '00112233-4455-6677-8899-aabbccddeeff',
      '00000000-0000-0000-0000-000000000000',
      '00000000-0000-0000-0000-000000000001',
    ],
  ],
  ['IPv4', [0x01020304, 0, 0xffffffff], ['1.2.3.4', '0.0.0.0', '255.255.255.255']],
  ['IPv6', [1n, 0x20010db8000000000000000000000001n, 0xffff01020304n], ['::1', '2001:db8::1', '::ffff:1.2.3.4']],
  ["Enum8('a' = -1, 'b' = 2)", [-1, 2, -1], ['a', 'b', 'a']],
  ['Nullable(String)', [null, '', 'x'], ['\\N', '', 'x']],
  ['Array(Nullable(UInt8))', [[1, null, 3], [], [null]], ['[1,NULL,3]', '[]', '[NULL]']],
  [
    'Tuple(UInt8, String)',
    [
      [1, "a'b"],
      [2, ''],
      [3, 'z'],
    ],
    ["(1,'a\\'b')", "(2,'')", "(3,'z')"],
  ],
  ['Array(Array(String))', [[['a'], []], [], [['b', 'c']]], ["[['a'],[]]", '[]', "[['b','c']]"]],
  [
    'Map(String, UInt64)',
    [
      [['k', 1n]],
      [],
      [
        ['x', 2n],
        ['y', 3n],
      ],
    ],
    ["{'k':1}", '{}', "{'x':2,'y':3}"],
  ],
  ['LowCardinality(String)', ['a', 'b', 'a'], ['a', 'b', 'a']],
  ['LowCardinality(Nullable(String))', [null, 'b', ''], ['\\N', 'b', '']],
]

const read = (column: Column): Value[] => Array.from({ length: column.rows }, (_, row) => column.valueAt(row))

for (const [name, values, texts] of samples)
  test(`${name}: values, text, binary, slices, gathers and joins`, () => {
    const memory = newMemory('core.debug')
    const arena = new Arena(memory)
    const type = parseType(name)
    assert.equal(type.name, name)
    const column = columnOf(type, values, arena)
    assert.deepEqual(read(column), values)
    assert.deepEqual(
      values.map(value => type.print(value)),
      texts,
    )
    for (const [i, text] of texts.entries()) assert.deepEqual(type.parse(text), values[i])

    const writer = new ByteWriter(1)
    for (const value of values) type.writeBinary(writer, value)
    const reader = new ByteReader(writer.bytes())
    assert.deepEqual(
      values.map(() => type.readBinary(reader)),
      values,
    )
    assert.equal(reader.left, 0)

    assert.deepEqual(read(column.slice(1, 2)), values.slice(1))
    const picked = column.slice(1, 2).gather(placeU32(arena, [1, 0, 1]), 3, arena)
    assert.deepEqual(read(picked), [values[2], values[1], values[2]])
    const missing = column.gather(placeU32(arena, [noRow, 2]), 2, arena)
    if (!name.startsWith('Enum')) assert.deepEqual(read(missing), [type.default, values[2]])
    assert.deepEqual(read(concatColumns([column.slice(1, 2), picked, column], arena)), [
      ...values.slice(1),
      ...read(picked),
      ...values,
    ])
    assert.deepEqual(read(constColumn(type, values[1], 3, arena).full(arena)), [values[1], values[1], values[1]])
  })

test('a chunk is filtered by a mask', () => {
  const memory = newMemory('core.debug')
  const arena = new Arena(memory)
  const rows = 1003
  const numbers = Array.from({ length: rows }, (_, i) => i)
  const chunk = new Chunk(
    [columnOf(parseType('UInt32'), numbers, arena), columnOf(parseType('String'), numbers.map(String), arena)],
    rows,
  )
  const mask = arena.allocate(rows)
  for (const keep of [(i: number) => i % 3 === 0, () => true, () => false, (i: number) => i === 1002]) {
    numbers.forEach(i => {
      memory.u8[mask + i] = keep(i) ? 1 : 0
    })
    const kept = chunk.filter(mask, arena)
    assert.deepEqual(read(kept.columns[0]), numbers.filter(keep))
    assert.deepEqual(read(kept.columns[1]), numbers.filter(keep).map(String))
  }
})

test('wrong type names are errors with their codes', () => {
  for (const [text, code] of [
    ['Strin', 50],
    ['Nullable(Array(UInt8))', 43],
    ['Decimal(99, 2)', 69],
    ['UInt8(3)', 378],
    ['Array(', 62],
    ['FixedString(0)', 69],
    ["Enum8('a' = 1, 'b' = 1)", 36],
    ['Array('.repeat(200) + 'UInt8' + ')'.repeat(200), 306],
  ] as const)
    assert.throws(() => parseType(text), { code }, text)
})
