// One table with a column of every type, and what tests of formats share.
import { columnOf } from '../../runtime/columns/build.ts'
import { Chunk } from '../../runtime/columns/chunk.ts'
import type { Column } from '../../runtime/columns/column.ts'
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import type { Output, ReadResult, Schema } from '../../runtime/formats/format.ts'
import { readInput } from '../../runtime/formats/input.ts'
import { findInputFormat, findOutputFormat } from '../../runtime/formats/registry.ts'
import { formatOptions } from '../../runtime/formats/settings.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'

/** Each type with three values. The text of a ClickHouse expression of the same stands in expected/. */
export const samples: readonly [name: string, type: string, values: readonly Value[]][] = [
  ['u8', 'UInt8', [0, 255, 7]],
  ['i64', 'Int64', [-5n, 9223372036854775807n, 0n]],
  ['u64', 'UInt64', [18446744073709551615n, 0n, 1n]],
  ['i128', 'Int128', [-170141183460469231731687303715884105728n, 0n, 5n]],
  ['u256', 'UInt256', [(1n << 256n) - 1n, 0n, 5n]],
  ['f64', 'Float64', [1.5, Number.NEGATIVE_INFINITY, 1e21]],
  ['f32', 'Float32', [0.1, Number.NaN, -0]],
  ['bool', 'Bool', [1, 0, 1]],
  ['s', 'String', ['', 'a\'b"c\\d/<&>', 'tab\tline\nnull\0\x01é']],
  ['fs', 'FixedString(3)', ['abc', 'x\0\0', '\'"\\']],
  ['d', 'Date', [17886, 0, 65535]],
  ['d32', 'Date32', [-25567, 0, 120529]],
  ['dt', "DateTime('Europe/Moscow')", [1545354123, 0, 1]],
  ['dt64', "DateTime64(3, 'UTC')", [1545354123456n, 0n, 1n]],
  ['dec', 'Decimal(9, 2)', [-1234n, 5n, 100n]],
  ['dec38', 'Decimal(38, 10)', [-12345678901234567890n, 0n, 1n]],
  ['uuid', 'UUID', [0x00112233445566778899aabbccddeeffn, 0n, 1n]],
  ['ip4', 'IPv4', [0x01020304, 0, 0xffffffff]],
  ['ip6', 'IPv6', [1n, 0x20010db8000000000000000000000001n, 0xffff01020304n]],
  ['e', "Enum8('a\\'b' = -1, 'b' = 2)", [-1, 2, -1]],
  ['ns', 'Nullable(String)', [null, '', '\\N']],
  ['nu', 'Nullable(Int32)', [null, -7, 0]],
  ['au', 'Array(Nullable(UInt8))', [[1, null, 3], [], [null]]],
  ['as', 'Array(String)', [["a'b", ''], [], ['x\ty,z']]],
  ['aas', 'Array(Array(String))', [[['a'], []], [], [['b', 'c']]]],
  ['ad', 'Array(Date)', [[17886], [], [0, 1]]],
  [
    't',
    'Tuple(UInt8, String)',
    [
      [1, "a'b"],
      [2, ''],
      [3, 'z'],
    ],
  ],
  [
    'tn',
    'Tuple(a UInt8, `b c` Array(String))',
    [
      [1, []],
      [2, ['x']],
      [3, ['"']],
    ],
  ],
  [
    'm',
    'Map(String, UInt64)',
    [
      [['k', 1n]],
      [],
      [
        ['x', 2n],
        ["y'", 3n],
      ],
    ],
  ],
  ['lc', 'LowCardinality(String)', ['a', 'b', 'a']],
  ['lcn', 'LowCardinality(Nullable(String))', [null, 'b', '']],
]

export const sampleSchema: Schema = samples.map(([name, type]) => ({ name, type: parseType(type) }))

export function sampleChunk(arena: Arena): Chunk {
  return chunkOf(
    sampleSchema,
    samples.map(([, , values]) => values),
    arena,
  )
}

/** columns: the values of each column. */
export function chunkOf(schema: Schema, columns: readonly (readonly Value[])[], arena: Arena): Chunk {
  return new Chunk(
    schema.map(({ type }, i) => columnOf(type, columns[i], arena)),
    columns[0].length,
  )
}

export const schemaOf = (text: Record<string, string>): Schema =>
  Object.entries(text).map(([name, type]) => ({ name, type: parseType(type) }))

export const valuesOf = (column: Column): Value[] =>
  Array.from({ length: column.rows }, (_, row) => column.valueAt(row))

/** Everything that is pushed. */
export class Collected implements Output {
  readonly pieces: Uint8Array[] = []

  push(bytes: Uint8Array): void {
    this.pieces.push(bytes.slice())
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of this.pieces) {
      all.set(piece, at)
      at += piece.length
    }
    return all
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }
}

export const noStatistics = { elapsedSeconds: 0.001, rowsRead: 3, bytesRead: 30, rowsBeforeLimit: null }

export function write(
  format: string,
  schema: Schema,
  chunk: Chunk | null,
  memory: Memory,
  settings: Record<string, Value> = {},
): Collected {
  const out = new Collected()
  const arena = new Arena(memory)
  const writer = findOutputFormat(format).writer(
    schema,
    formatOptions(name => settings[name]),
    memory,
  )
  writer.begin(out)
  if (chunk) writer.chunk(chunk, arena, out)
  writer.end(out, noStatistics)
  arena.destroy()
  return out
}

/** Columns' values as read, with what was left out. Pieces of `pieceSize` bytes come one by one. */
export async function read(
  format: string,
  schema: Schema,
  bytes: Uint8Array | string,
  memory: Memory,
  settings: Record<string, Value> = {},
  pieceSize = 1 << 20,
  more: Parameters<typeof formatOptions>[1] = {},
): Promise<{ columns: Value[][]; omitted: ReadResult['omitted'][]; chunks: number }> {
  const whole = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  const pieces: Uint8Array[] = []
  for (let at = 0; at < whole.length; at += pieceSize) pieces.push(whole.subarray(at, at + pieceSize))
  const arena = new Arena(memory)
  const buffer = new Arena(memory)
  const reader = findInputFormat(format).reader!(
    schema,
    formatOptions(name => settings[name], more),
    memory,
  )
  const columns: Value[][] = schema.map(() => [])
  const omitted: ReadResult['omitted'][] = []
  let chunks = 0
  try {
    for await (const result of readInput(reader, pieces, memory, arena, buffer)) {
      chunks++
      omitted.push(result.omitted)
      result.chunk!.columns.forEach((column, i) => columns[i].push(...valuesOf(column)))
    }
  } finally {
    arena.destroy()
    buffer.destroy()
  }
  return { columns, omitted, chunks }
}

/** `a UInt8, b Array(String)` as ClickHouse takes structures. */
export function structureOf(text: string): Schema {
  const parts: string[] = []
  let depth = 0
  for (const piece of text.split(/,(?= )/)) {
    if (depth > 0) parts[parts.length - 1] += `,${piece}`
    else parts.push(piece)
    depth += (piece.match(/\(/g)?.length ?? 0) - (piece.match(/\)/g)?.length ?? 0)
  }
  return parts.map(part => {
    const [, name, type] = /^\s*(\w+|`[^`]+`) (.*?)( DEFAULT .*)?$/.exec(part)!
    return { name: name.replace(/`/g, ''), type: parseType(type) }
  })
}

export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), char => char.charCodeAt(0))

/** Elapsed times and counts of what was read differ. */
export const steady = (text: string): string =>
  text.replace(/("elapsed": |<elapsed>)[0-9.e-]+/g, '$10').replace(/((rows|bytes)_read[">]:? ?)\d+/g, '$10')
