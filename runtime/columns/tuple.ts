import { assert } from '../core/assert.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { TupleType } from '../types/compound.ts'
import type { Value } from '../types/value.ts'
import type { Column } from './column.ts'

/** Columns side by side. */
export class TupleColumn implements Column {
  readonly layout = 'tuple'
  readonly type: TupleType

  constructor(
    readonly memory: Memory,
    readonly columns: readonly Column[],
    readonly rows: number,
    type?: TupleType,
  ) {
    assert(
      columns.every(column => column.rows === rows && column.layout !== 'const'),
      'elements of a tuple are full and have its rows',
    )
    this.type = type ?? new TupleType(columns.map(column => column.type))
  }

  slice(start: number, length: number): TupleColumn {
    const columns = this.columns.map(column => column.slice(start, length))
    return new TupleColumn(this.memory, columns, length, this.type)
  }

  gather(indices: number, count: number, arena: Arena): TupleColumn {
    const columns = this.columns.map(column => column.gather(indices, count, arena))
    return new TupleColumn(this.memory, columns, count, this.type)
  }

  valueAt(row: number): Value {
    return this.columns.map(column => column.valueAt(row))
  }

  full(): TupleColumn {
    return this
  }

  byteSize(): number {
    return this.columns.reduce((sum, column) => sum + column.byteSize(), 0)
  }
}
