import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { Column } from './column.ts'

const stringType = parseType('String')

/** Strings, or states as bytes: row i is bytes[offsets[i] .. offsets[i + 1]). The first offset need not be 0. */
export class StringColumn implements Column {
  readonly layout = 'string'

  constructor(
    readonly memory: Memory,
    /** u32[rows + 1], counted from `bytes`. */
    readonly offsets: number,
    readonly bytes: number,
    readonly rows: number,
    /** String, or an AggregateFunction whose states these are; an empty one stands for the state of no rows. */
    readonly type: DataType = stringType,
  ) {
    assert(offsets % 4 === 0, 'offsets are aligned')
  }

  slice(start: number, length: number): StringColumn {
    assert(start >= 0 && start + length <= this.rows, 'a slice lies inside its column')
    return new StringColumn(this.memory, this.offsets + start * 4, this.bytes, length, this.type)
  }

  gather(indices: number, count: number, arena: Arena): StringColumn {
    const { kernels } = this.memory
    const offsets = arena.allocate((count + 1) * 4)
    const size = kernels.gatherOffsets(this.offsets, indices, count, offsets)
    if (size < 0) throw new DBError('TOO_LARGE_STRING_SIZE', 'Strings of one chunk are larger than 2 GiB')
    const bytes = arena.allocate(size)
    kernels.gatherStrings(this.offsets, this.bytes, indices, count, offsets, bytes)
    return new StringColumn(this.memory, offsets, bytes, count, this.type)
  }

  valueAt(row: number): Value {
    assert(row >= 0 && row < this.rows, 'a row lies inside its column')
    const { u32 } = this.memory
    const start = u32[this.offsets / 4 + row]
    return this.memory.text(this.bytes + start, u32[this.offsets / 4 + row + 1] - start)
  }

  full(): StringColumn {
    return this
  }

  byteSize(): number {
    return this.rows * 4 + this.textSize
  }

  /** Bytes of all strings together. */
  get textSize(): number {
    const { u32 } = this.memory
    return u32[this.offsets / 4 + this.rows] - u32[this.offsets / 4]
  }
}
