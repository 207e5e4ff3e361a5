// A result as a table of Apache Arrow. The package that knows Arrow is loaded with the first one.
import type { Column, DataType as ArrowType, ExtractionOptions, Table } from '@uwdata/flechette'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { DateTime64Type, DateTimeType } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import type { Cells } from './blockReader.ts'
import { cellValues, mapped } from './cellValues.ts'
import type { ColumnSet, TypedValues } from './columnSet.ts'

type Flechette = typeof import('@uwdata/flechette')

/** Values come out of the table as they went in: bigint, Date, Map. */
const extraction: ExtractionOptions = { useBigInt: true, useDate: true, useMap: true }

export async function arrowTable(columns: ColumnSet<unknown>): Promise<Table> {
  const arrow = await import('@uwdata/flechette')
  const { header, blocks } = columns
  const entries = header.types.map((type, i): [string, Column<unknown>] => {
    const pieces = blocks.map(({ cells }) => cells[i])
    const numbers = numbersOf(arrow, type, columns, i)
    return [header.names[i], numbers ?? stringsOf(arrow, type, pieces) ?? anyOf(arrow, type, pieces)]
  })
  return arrow.tableFromColumns(entries)
}

interface Buffers {
  readonly type: ArrowType
  readonly values: unknown
  readonly offsets?: Int32Array
  readonly rows: number
  readonly nulls: Uint8Array | null
}

function columnOf(arrow: Flechette, { type, values, offsets, rows, nulls }: Buffers): Column<unknown> {
  const BatchClass = arrow.batchType(type, extraction) as new (options: object) => never
  const nullCount = nulls ? nulls.reduce((sum, each) => sum + each, 0) : 0
  const validity = nullCount && nulls ? bitmap(nulls, 0) : new Uint8Array(0)
  const batches = rows > 0 ? [new BatchClass({ length: rows, nullCount, type, validity, values, offsets })] : []
  return new arrow.Column(batches, type)
}

/** A bit for each byte that has this value. */
function bitmap(bytes: ArrayLike<number>, wanted: number): Uint8Array {
  const bits = new Uint8Array((((bytes.length + 7) >> 3) + 63) & ~63)
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === wanted) bits[i >> 3] |= 1 << (i & 7)
  return bits
}

/** What the result has as a typed array; null for all else. */
function numbersOf(arrow: Flechette, type: DataType, columns: ColumnSet<unknown>, i: number): Column<unknown> | null {
  const inner = type instanceof NullableType ? type.inner : type
  if (!/^(U?Int(8|16|32|64)$|Float|Bool|Date|Interval)/.test(inner.kind)) return null
  const { values, nulls } = columns.columns[i]
  return columnOf(arrow, {
    type: arrowType(arrow, inner),
    values: stored(inner, values as TypedValues),
    rows: values.length,
    nulls,
  })
}

/** As Arrow stores it. */
function stored(type: DataType, values: TypedValues): unknown {
  switch (type.kind) {
    case 'Bool':
      return bitmap(values as Uint8Array, 1)
    case 'Date':
      return Int32Array.from(values as Uint16Array)
    case 'DateTime':
      return BigInt64Array.from(mapped(values as Uint32Array, value => BigInt(value)))
    case 'DateTime64': {
      const { scale } = type as DateTime64Type
      const factor = 10n ** BigInt(Math.ceil(scale / 3) * 3 - scale)
      return factor === 1n ? values : (values as BigInt64Array).map(value => value * factor)
    }
    default:
      return values
  }
}

function stringsOf(arrow: Flechette, type: DataType, pieces: readonly Cells[]): Column<unknown> | null {
  const inner = type instanceof NullableType ? type.inner : type
  if (inner.kind !== 'String') return null
  const rows = pieces.reduce((sum, cells) => sum + cells.rows, 0)
  const strings = pieces.map(
    cells => (cells.kind === 'nullable' ? cells.values : cells) as Extract<Cells, { kind: 'strings' }>,
  )
  let size = 0
  for (const { starts, ends } of strings) for (let i = 0; i < starts.length; i++) size += ends[i] - starts[i]
  const offsets = new Int32Array(rows + 1)
  const bytes = new Uint8Array((size + 63) & ~63)
  let row = 0
  let at = 0
  for (const { bytes: source, starts, ends } of strings)
    for (let i = 0; i < starts.length; i++) {
      const end = ends[i]
      if (end - starts[i] > 64) {
        bytes.set(source.subarray(starts[i], end), at)
        at += end - starts[i]
      } else for (let from = starts[i]; from < end; from++) bytes[at++] = source[from]
      offsets[++row] = at
    }
  const nulls = type instanceof NullableType ? new Uint8Array(rows) : null
  let start = 0
  for (const cells of pieces) {
    if (cells.kind === 'nullable') nulls?.set(cells.nulls, start)
    start += cells.rows
  }
  return columnOf(arrow, { type: arrow.utf8(), values: bytes, offsets, rows, nulls })
}

/** Value by value. */
function anyOf(arrow: Flechette, type: DataType, pieces: readonly Cells[]): Column<unknown> {
  const values = pieces.flatMap(cells => cellValues(cells, { maps: 'map' })).map(value => plainValue(type, value))
  return arrow.columnFromValues(values, arrowType(arrow, type), extraction)
}

/** Decimals are text elsewhere, and numbers of their last digit here. */
function plainValue(type: DataType, value: unknown): unknown {
  if (value === null) return null
  if (type instanceof NullableType || type instanceof LowCardinalityType) return plainValue(type.inner, value)
  if (type instanceof DecimalType) return type.parse(value as string)
  if (/^U?Int(128|256)$/.test(type.kind)) return String(value)
  if (type instanceof ArrayType) return (value as unknown[]).map(each => plainValue(type.element, each))
  if (type instanceof MapType)
    return [...(value as Map<unknown, unknown>)].map(([k, v]) => [plainValue(type.key, k), plainValue(type.value, v)])
  if (type instanceof TupleType)
    return Object.fromEntries(
      type.elements.map((element, i) => {
        const name = type.names?.[i] ?? String(i + 1)
        const each = type.names ? (value as Record<string, unknown>)[name] : (value as unknown[])[i]
        return [name, plainValue(element, each)]
      }),
    )
  return value
}

function arrowType(arrow: Flechette, type: DataType): ArrowType {
  if (type instanceof NullableType) return arrowType(arrow, type.inner)
  if (type instanceof LowCardinalityType) return arrow.dictionary(arrowType(arrow, type.inner))
  if (type instanceof ArrayType) return arrow.list(arrowType(arrow, type.element))
  if (type instanceof MapType) return arrow.map(arrowType(arrow, type.key), arrowType(arrow, type.value))
  if (type instanceof TupleType)
    return arrow.struct(
      Object.fromEntries(
        type.elements.map((element, i) => [type.names?.[i] ?? String(i + 1), arrowType(arrow, element)]),
      ),
    )
  if (type instanceof DecimalType) return arrow.decimal(type.precision, type.scale, type.width > 16 ? 256 : 128)
  const bits = /^U?Int(8|16|32|64)$/.exec(type.kind)
  if (bits) return arrow.int(Number(bits[1]) as 8 | 16 | 32 | 64, type.kind[0] === 'I')
  switch (type.kind) {
    case 'Bool':
      return arrow.bool()
    case 'Float32':
      return arrow.float32()
    case 'Float64':
      return arrow.float64()
    case 'Date':
    case 'Date32':
      return arrow.dateDay()
    case 'DateTime':
      return arrow.timestamp(arrow.TimeUnit.SECOND, (type as DateTimeType).zoneName ?? 'UTC')
    case 'DateTime64': {
      const { scale, zoneName } = type as DateTime64Type
      const units = [
        arrow.TimeUnit.SECOND,
        arrow.TimeUnit.MILLISECOND,
        arrow.TimeUnit.MICROSECOND,
        arrow.TimeUnit.NANOSECOND,
      ]
      return arrow.timestamp(units[Math.ceil(scale / 3)], zoneName ?? 'UTC')
    }
    case 'Interval':
      return arrow.int64()
    case 'Nothing':
      return arrow.nullType()
    default:
      return arrow.utf8()
  }
}
