import { type MergeTreeDefinition, mergeTreeSettings } from '../../runtime/storage/mergetree/definition.ts'
import type { DataType } from '../../runtime/types/dataType.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'

/** Columns over the types, with an expression of `number` for each. */
export const columns: [name: string, type: string, expression: string][] = [
  ['k', 'UInt32', 'number'],
  ['u8', 'UInt8', 'number * 7'],
  ['i16', 'Int16', 'number * -7'],
  ['i64', 'Int64', 'toInt64(number) * -7000000007'],
  ['u256', 'UInt256', "toUInt256(number) * toUInt256('1000000000000000000000000000000000')"],
  ['f32', 'Float32', 'number / 3'],
  ['f64', 'Float64', 'number / 7'],
  ['b', 'Bool', 'number % 3 = 0'],
  ['s', 'String', "if(number % 5 = 0, '', repeat(toString(number), number % 40))"],
  ['fs', 'FixedString(7)', 'toFixedString(toString(number % 10000000), 7)'],
  ['d', 'Date', "toDate('2018-12-01') + number % 1000"],
  ['d32', 'Date32', "toDate32('1950-12-01') + number % 1000"],
  ['dt', "DateTime('UTC')", "toDateTime('2018-12-01 00:00:00', 'UTC') + number"],
  ['dt64', "DateTime64(3, 'UTC')", "toDateTime64('2018-12-01 00:00:00.123', 3, 'UTC') + number"],
  ['dec', 'Decimal(9, 2)', 'number / 4'],
  ['dec38', 'Decimal(38, 5)', 'number / 8'],
  ['uuid', 'UUID', "toUUID('00112233-4455-6677-8899-aabbccddeeff')"],
  ['ip4', 'IPv4', 'toIPv4(number)'],
  ['ip6', 'IPv6', "toIPv6('2001:db8::1')"],
  ['e', "Enum8('a' = -1, 'b' = 2)", "if(number % 2 = 0, 'a', 'b')"],
  ['ns', 'Nullable(String)', 'if(number % 3 = 0, NULL, toString(number))'],
  ['ni', 'Nullable(Int32)', 'if(number % 100 = 7, toInt32(number), NULL)'],
  ['au', 'Array(UInt16)', 'range(number % 5)'],
  ['aas', 'Array(Array(String))', 'arrayMap(x -> arrayMap(y -> toString(y + number), range(x)), range(number % 4))'],
  ['an', 'Array(Nullable(UInt8))', 'arrayMap(x -> if(x % 2 = 0, NULL, x), range(number % 5))'],
  ['t', 'Tuple(UInt8, String)', '(number % 256, toString(number))'],
  ['tn', 'Tuple(a UInt8, `b.c` Array(String))', '(0, if(number % 7 = 0, [toString(number)], []))'],
  ['m', 'Map(String, UInt64)', "map('a', number, toString(number), 1)"],
  ['lc', 'LowCardinality(String)', 'toString(number % 20)'],
  ['lcn', 'LowCardinality(Nullable(String))', 'if(number % 3 = 0, NULL, toString(number % 300))'],
  ['lcbig', 'LowCardinality(String)', 'toString(number)'],
  ['lcu', 'LowCardinality(UInt32)', 'number % 1000'],
  ['alc', 'Array(LowCardinality(String))', 'arrayMap(x -> toString(x + number % 50), range(number % 3))'],
  ['sp', 'UInt32', 'if(number % 100 = 3, number, 0)'],
  ['sps', 'String', "if(number % 100 = 3, toString(number), '')"],
  ['zero', 'UInt64', '0'],
  ['n.a', 'Array(UInt8)', 'range(number % 3)'],
  ['n.b', 'Array(String)', 'arrayMap(x -> toString(x), range(number % 3))'],
  ['we.ird-Col é', 'UInt8', 'number'],
]

export const quote = (name: string): string => `\`${name}\``

/** As toString prints it. */
export const textOf = (type: DataType, value: Value): string =>
  value === null ? '\\N' : type.print(value).replace(/\0+$/, '')

export function definitionOf(names = columns): MergeTreeDefinition {
  return {
    columns: names.map(([name, type]) => ({ name, type: parseType(type).name })),
    partitionTypes: [],
    minmaxColumns: [],
    sortingKey: [{ type: 'UInt32', descending: false }],
    sortingColumns: ['k'],
    primaryKeyLength: 1,
    mode: { kind: 'ordinary' },
    settings: { ...mergeTreeSettings, indexGranularity: 1000 },
  }
}
