import { assert } from '../core/assert.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { Column } from './column.ts'

/** One value for every row. */
export class ConstColumn implements Column {
  readonly layout = 'const'

  constructor(
    /** One row, not constant itself. */
    readonly value: Column,
    readonly rows: number,
  ) {
    assert(value.rows === 1 && value.layout !== 'const', 'a constant is a full column of one row')
  }

  get type(): DataType {
    return this.value.type
  }

  get memory(): Memory {
    return this.value.memory
  }

  slice(_start: number, length: number): ConstColumn {
    return new ConstColumn(this.value, length)
  }

  gather(_indices: number, count: number): ConstColumn {
    return new ConstColumn(this.value, count)
  }

  valueAt(): Value {
    return this.value.valueAt(0)
  }

  full(arena: Arena): Column {
    if (this.rows === 1) return this.value
    const indices = arena.allocateZeroed(this.rows * 4)
    return this.value.gather(indices, this.rows, arena)
  }

  byteSize(): number {
    return this.value.byteSize()
  }
}
