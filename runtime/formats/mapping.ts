// Which of the table's columns an input's columns feed, and the chunk that comes of it.
import { concatColumns, defaultColumn } from '../columns/build.ts'
import { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import type { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { Omitted, ReadResult, Schema } from './format.ts'
import type { FormatOptions } from './settings.ts'

/** For each input column the schema's column that it feeds, or -1 for one that nobody wants. */
export type Mapping = readonly number[]

/** Every input column stands at its place. */
export const identity = (schema: Schema): Mapping => schema.map((_, i) => i)

/** By the names that an input states. Unknown names: skipped or INCORRECT_DATA, as the settings say. */
export function mapNames(names: readonly string[], schema: Schema, options: FormatOptions): Mapping {
  const places = new Map(schema.map(({ name }, i) => [name, i]))
  const taken = new Set<number>()
  return names.map((name, at) => {
    const place = places.get(name)
    if (place === undefined) {
      if (options.settings.input_format_skip_unknown_fields) return -1
      throw new DBError(
        'INCORRECT_DATA',
        `Unknown field found in header: '${name}' at position ${at}\nSet the 'input_format_skip_unknown_fields' parameter explicitly to ignore and proceed`,
      )
    }
    if (taken.has(place)) throw new DBError('INCORRECT_DATA', `Duplicate field found while parsing header: ${name}`)
    taken.add(place)
    return place
  })
}

/** Checks the types that an input states against the schema's. */
export function checkTypes(types: readonly string[], mapping: Mapping, schema: Schema): void {
  for (const [at, place] of mapping.entries())
    if (place >= 0 && types[at] !== schema[place].type.name)
      throw new DBError(
        'INCORRECT_DATA',
        `Type of '${schema[place].name}' must be ${schema[place].type.name}, not ${types[at]}`,
      )
}

/** One read's columns, given for schema places or absent, as a chunk. `partly`: masks of rows that a given column lacks. */
export function assemble(
  schema: Schema,
  given: readonly (Column | null)[],
  rows: number,
  consumed: number,
  arena: Arena,
  partly: readonly Omitted[] = [],
): ReadResult {
  const omitted: Omitted[] = []
  const columns = schema.map(({ type }, place) => {
    const column = given[place]
    omitted.push(column ? (partly[place] ?? null) : 'all')
    return column ?? defaultColumn(type, rows, arena)
  })
  return { consumed, chunk: new Chunk(columns, rows), omitted }
}

export const nothingRead = (consumed = 0): ReadResult => ({ consumed, chunk: null, omitted: [] })

/** The column with its type's default where mask (u8[rows]) is 1. */
export function defaultsWhere(column: Column, mask: number, arena: Arena): Column {
  const { rows, memory } = column
  const numbers = arena.allocate(rows * 4)
  memory.kernels.rowsUnless(mask, rows, numbers)
  return concatColumns([defaultColumn(column.type, 1, arena), column], arena).gather(numbers, rows, arena)
}

/** Takes the NULLs out of a column: the type's default stands there, and where it does is given as a mask. */
export function nullsAsDefault(column: NullableColumn, arena: Arena): { column: Column; omitted: Omitted } {
  const { kernels } = arena.memory
  if (kernels.countMask(column.nulls, column.rows) === 0) return { column: column.values, omitted: null }
  return { column: defaultsWhere(column.values, column.nulls, arena), omitted: column.nulls }
}
