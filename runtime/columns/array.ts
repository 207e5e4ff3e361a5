import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { ArrayType, MapType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { Column } from './column.ts'

/** Arrays, and maps as arrays of (key, value): row i is elements[offsets[i] .. offsets[i + 1]). The first offset need not be 0. */
export class ArrayColumn implements Column {
  readonly layout = 'array'
  readonly type: DataType

  constructor(
    /** u32[rows + 1], counted from the first element. */
    readonly offsets: number,
    readonly elements: Column,
    readonly rows: number,
    type?: DataType,
  ) {
    assert(elements.layout !== 'const', 'elements are no constant')
    this.type = type ?? new ArrayType(elements.type)
    assert(this.type instanceof ArrayType || this.type instanceof MapType, 'an array column is an Array or a Map')
  }

  get memory(): Memory {
    return this.elements.memory
  }

  slice(start: number, length: number): ArrayColumn {
    assert(start >= 0 && start + length <= this.rows, 'a slice lies inside its column')
    return new ArrayColumn(this.offsets + start * 4, this.elements, length, this.type)
  }

  gather(indices: number, count: number, arena: Arena): ArrayColumn {
    const { kernels } = this.memory
    const offsets = arena.allocate((count + 1) * 4)
    const total = kernels.gatherOffsets(this.offsets, indices, count, offsets)
    if (total < 0) throw new DBError('TOO_LARGE_ARRAY_SIZE', 'Arrays of one chunk have more than 2^31 elements')
    const numbers = arena.allocate(total * 4)
    kernels.gatherElements(this.offsets, indices, count, numbers)
    return new ArrayColumn(offsets, this.elements.gather(numbers, total, arena), count, this.type)
  }

  valueAt(row: number): Value {
    assert(row >= 0 && row < this.rows, 'a row lies inside its column')
    const { u32 } = this.memory
    const [start, end] = [u32[this.offsets / 4 + row], u32[this.offsets / 4 + row + 1]]
    return Array.from({ length: end - start }, (_, i) => this.elements.valueAt(start + i))
  }

  full(): ArrayColumn {
    return this
  }

  /** Exactly the elements of these rows: elements and offsets that start at 0. */
  compact(arena: Arena): { offsets: number; elements: Column } {
    const { u32, kernels } = this.memory
    const [first, last] = [u32[this.offsets / 4], u32[this.offsets / 4 + this.rows]]
    if (first === 0) return { offsets: this.offsets, elements: this.elements.slice(0, last) }
    const offsets = arena.allocate((this.rows + 1) * 4)
    kernels.rebaseOffsets(this.offsets, this.rows, 0, offsets)
    return { offsets, elements: this.elements.slice(first, last - first) }
  }

  byteSize(): number {
    const { u32 } = this.memory
    const [first, last] = [u32[this.offsets / 4], u32[this.offsets / 4 + this.rows]]
    return this.rows * 4 + this.elements.slice(first, last - first).byteSize()
  }
}
