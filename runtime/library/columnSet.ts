import type { DataType } from '../types/dataType.ts'
import type { Block, Cells, Header } from './blockReader.ts'
import { cellValues, joinedArrays, mapped, objectsOf, typedNumbers } from './cellValues.ts'
import type { ValueOptions } from './options.ts'

export type TypedValues =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/** Of a result. */
export interface ResultColumn {
  readonly name: string
  /** As ClickHouse writes it. */
  readonly type: string
  readonly rows: number
  /**
   * Numbers of up to 64 bits, Bool (0 and 1), Date and Date32 (days), DateTime (seconds) and DateTime64 (ticks) are a typed array; all
   * else is what rows have. Where `nulls` says so, a typed array's value means nothing.
   */
  readonly values: TypedValues | readonly unknown[]
  /** 1 where the row is NULL; null when no row can be. */
  readonly nulls: Uint8Array | null
}

/** Columns of equal length: a whole result, or one block of it. */
export class ColumnSet<Row = Record<string, unknown>> implements Iterable<ResultColumn> {
  readonly names: readonly string[]
  readonly types: readonly string[]
  readonly rowCount: number
  #columns: ResultColumn[] | null = null

  constructor(
    readonly header: Header,
    readonly blocks: readonly Block[],
    readonly options: ValueOptions,
  ) {
    this.names = header.names
    this.types = header.types.map(type => type.name)
    this.rowCount = blocks.reduce((sum, { rows }) => sum + rows, 0)
  }

  get columns(): readonly ResultColumn[] {
    this.#columns ??= this.names.map((_, i) => this.#column(i))
    return this.#columns
  }

  /** The column of a name. */
  get(name: string): ResultColumn | undefined {
    return this.columns[this.names.indexOf(name)]
  }

  [Symbol.iterator](): Iterator<ResultColumn> {
    return this.columns[Symbol.iterator]()
  }

  /** An object a row. */
  rows(): Row[] {
    return joinedArrays(this.blocks.map(block => blockRows<Row>(block, this.options)))
  }

  #column(i: number): ResultColumn {
    const type = this.header.types[i]
    const pieces = this.blocks.map(({ cells }) => cells[i])
    const named = { name: this.names[i], type: type.name, rows: this.rowCount }
    if (!hasTypedValues(type)) {
      const values = pieces.map(cells => cellValues(cells, this.options))
      const all = joinedArrays(values)
      return {
        ...named,
        values: all,
        nulls: type.isNullable ? Uint8Array.from(mapped(all, each => Number(each === null))) : null,
      }
    }
    const plain = pieces.map(cells => (cells.kind === 'nullable' ? cells.values : cells))
    const values = joinTyped(type, plain, this.rowCount)
    if (!type.isNullable) return { ...named, values, nulls: null }
    const nulls = new Uint8Array(this.rowCount)
    let at = 0
    for (const cells of pieces) {
      if (cells.kind === 'nullable') nulls.set(cells.nulls, at)
      at += cells.rows
    }
    return { ...named, values, nulls }
  }
}

export function blockRows<Row>({ names, cells, rows }: Block, options: ValueOptions): Row[] {
  const columns = cells.map(each => cellValues(each, options))
  return objectsOf(names, columns, rows) as Row[]
}

const typedKinds = /^(U?Int(8|16|32|64)|Float(32|64)|Bool|Date|Date32|DateTime|DateTime64|Interval)$/

export const innerOf = (type: DataType): DataType =>
  type.kind === 'Nullable' ? (type as DataType & { inner: DataType }).inner : type

const hasTypedValues = (type: DataType): boolean => typedKinds.test(innerOf(type).kind)

function joinTyped(type: DataType, pieces: readonly Cells[], rows: number): TypedValues {
  const inner = innerOf(type)
  const typed = pieces.map(cells => typedNumbers(inner, cells.kind === 'fixed' ? cells.bytes : new Uint8Array(0)))
  if (typed.length === 1) return typed[0]
  const whole = typedNumbers(inner, new Uint8Array(rows * inner.width))
  let at = 0
  for (const piece of typed) {
    whole.set(piece as never, at)
    at += piece.length
  }
  return whole
}
