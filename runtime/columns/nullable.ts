import { assert } from '../core/assert.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { NullableType } from '../types/compound.ts'
import type { Value } from '../types/value.ts'
import { type Column, noRow } from './column.ts'

/** A map of NULLs beside the values; what stands under a NULL means nothing. */
export class NullableColumn implements Column {
  readonly layout = 'nullable'
  readonly type: NullableType

  constructor(
    /** u8[rows], 1 = NULL. */
    readonly nulls: number,
    readonly values: Column,
    type?: NullableType,
  ) {
    assert(values.layout !== 'const' && values.layout !== 'nullable', 'values under a null map are plain')
    this.type = type ?? new NullableType(values.type)
  }

  get memory(): Memory {
    return this.values.memory
  }

  get rows(): number {
    return this.values.rows
  }

  slice(start: number, length: number): NullableColumn {
    return new NullableColumn(this.nulls + start, this.values.slice(start, length), this.type)
  }

  gather(indices: number, count: number, arena: Arena): NullableColumn {
    const nulls = arena.allocate(count)
    this.memory.kernels.gather1(this.nulls, indices, count, nulls)
    this.memory.kernels.markNoRow(indices, count, noRow, nulls)
    return new NullableColumn(nulls, this.values.gather(indices, count, arena), this.type)
  }

  valueAt(row: number): Value {
    return this.memory.u8[this.nulls + row] ? null : this.values.valueAt(row)
  }

  full(): NullableColumn {
    return this
  }

  byteSize(): number {
    return this.rows + this.values.byteSize()
  }
}
