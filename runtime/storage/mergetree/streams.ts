// Names of the streams that a column is stored in.
//
//   String c (with sizes apart) + c.size | Nullable c.null + T | Array c.size0, c.size1 deeper + T | Tuple c%2E1 or c%2E<name> + T
//   Map as Array(Tuple(keys, values)) | LowCardinality c + c.dict | sparse c.sparse.idx + T
//
// Columns `n.a` and `n.b` of a Nested share n.size0.
import type { Memory } from '../../core/memory.ts'
import { encodeText } from '../../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import { escapeFileName } from './fileName.ts'
import type { ColumnKind } from './smallFiles.ts'

/** Where in a column's type a stream belongs. */
export interface StreamPath {
  /** The column's name as in columns.txt. */
  readonly column: string
  /** Escaped column name and the elements of tuples. */
  readonly base: string
  /** Arrays around. */
  readonly arrays: number
}

export const pathOf = (column: string): StreamPath => ({ column, base: escapeFileName(column), arrays: 0 })

export const elementOf = (path: StreamPath): StreamPath => ({ ...path, arrays: path.arrays + 1 })

export const tupleElementOf = (path: StreamPath, type: TupleType, i: number): StreamPath => ({
  ...path,
  base: `${path.base}%2E${type.names ? escapeFileName(type.names[i]) : i + 1}`,
})

export const nullsOf = (path: StreamPath): string => `${path.base}.null`
export const dictionaryOf = (path: StreamPath): string => `${path.base}.dict`
export const stringSizesOf = (path: StreamPath): string => `${path.base}.size`
export const sparseOf = (path: StreamPath): string => `${path.base}.sparse.idx`
export const arraySizesOf = (path: StreamPath): string => `${path.base}.size${path.arrays}`

/** The sizes that columns of one Nested share; null where the column is in none. */
export function sharedSizesOf(path: StreamPath): string | null {
  if (path.arrays > 0 || path.base !== escapeFileName(path.column)) return null
  const dot = path.column.indexOf('.')
  return dot > 0 ? `${escapeFileName(path.column.slice(0, dot))}.size0` : null
}

/** All streams of a column as the writer makes them: single-stream strings, nothing sparse. */
export function streamsOf(column: string, type: DataType): string[] {
  const names: string[] = []
  const walk = (type: DataType, path: StreamPath): void => {
    if (type instanceof NullableType) {
      names.push(nullsOf(path))
      walk(type.inner, path)
    } else if (type instanceof ArrayType || type instanceof MapType) {
      names.push(sharedSizesOf(path) ?? arraySizesOf(path))
      walk(type instanceof MapType ? type.pairs.element : type.element, elementOf(path))
    } else if (type instanceof TupleType) {
      for (const [i, element] of type.elements.entries()) walk(element, tupleElementOf(path, type, i))
    } else if (type instanceof LowCardinalityType) names.push(dictionaryOf(path), path.base)
    else names.push(path.base)
  }
  walk(type, pathOf(column))
  return names
}

/** Streams of sparse offsets of a column whose kind is this. What cannot be sparse is not, whatever its kind says. */
export function sparseStreams(column: string, type: DataType, kind: ColumnKind): string[] {
  const names: string[] = []
  const walk = (type: DataType, path: StreamPath, { kind, subcolumns }: ColumnKind): void => {
    if (type instanceof TupleType) {
      for (const [i, element] of type.elements.entries())
        if (subcolumns?.[i]) walk(element, tupleElementOf(path, type, i), subcolumns[i])
    } else if (
      kind === 'Sparse' &&
      !(type instanceof ArrayType || type instanceof MapType || type instanceof LowCardinalityType)
    )
      names.push(sparseOf(path))
  }
  walk(type, pathOf(column), kind)
  return names
}

const nameBytesMax = 127

/** Long stream names are replaced by a hash in newer parts. */
export function hashedStreamName(name: string, memory: Memory): string | null {
  if (name.length <= nameBytesMax) return null
  const bytes = encodeText(name)
  const pointer = memory.scratch(bytes.length + 128)
  memory.copyIn(pointer + 16, bytes)
  memory.kernels.sipHash128(pointer + 16, bytes.length, pointer)
  const { data } = memory
  const hex = (at: number) => data.getBigUint64(at, true).toString(16).padStart(16, '0')
  return hex(pointer + 8) + hex(pointer)
}
