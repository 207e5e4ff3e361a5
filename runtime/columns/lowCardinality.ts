import { assert } from '../core/assert.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { LowCardinalityType } from '../types/compound.ts'
import type { Value } from '../types/value.ts'
import { type Column, noRow } from './column.ts'

/**
 * A dictionary and, for each row, a number in it. The dictionary has the inner type (Nullable too: a NULL entry then). Entry 0 is
 * what a missing row gets: NULL for a Nullable inner type, else the default. Entries may repeat and need not all be used.
 */
export class LowCardinalityColumn implements Column {
  readonly layout = 'lowCardinality'
  readonly type: LowCardinalityType

  constructor(
    readonly dictionary: Column,
    /** u32[rows], each below dictionary.rows. */
    readonly indices: number,
    readonly rows: number,
    type?: LowCardinalityType,
  ) {
    assert(dictionary.layout !== 'const', 'a dictionary is no constant')
    this.type = type ?? new LowCardinalityType(dictionary.type)
  }

  get memory(): Memory {
    return this.dictionary.memory
  }

  slice(start: number, length: number): LowCardinalityColumn {
    assert(start >= 0 && start + length <= this.rows, 'a slice lies inside its column')
    return new LowCardinalityColumn(this.dictionary, this.indices + start * 4, length, this.type)
  }

  gather(indices: number, count: number, arena: Arena): LowCardinalityColumn {
    const out = arena.allocate(count * 4)
    this.memory.kernels.gather4(this.indices, indices, count, out) // noRow gives entry 0
    return new LowCardinalityColumn(this.dictionary, out, count, this.type)
  }

  valueAt(row: number): Value {
    assert(row >= 0 && row < this.rows, 'a row lies inside its column')
    const entry = this.memory.u32[this.indices / 4 + row]
    return entry === noRow ? this.type.default : this.dictionary.valueAt(entry)
  }

  full(): LowCardinalityColumn {
    return this
  }

  /** The same values as a column of the inner type. */
  plain(arena: Arena): Column {
    return this.dictionary.gather(this.indices, this.rows, arena)
  }

  byteSize(): number {
    return this.rows * 4 + this.dictionary.byteSize()
  }
}
