import { assert } from '../core/assert.ts'
import { ByteReader } from '../core/bytes.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { Column } from './column.ts'

/** Values of one width, packed: numbers, dates, decimals, FixedString, UUID, ... */
export class FixedColumn implements Column {
  readonly layout = 'fixed'

  constructor(
    readonly type: DataType,
    readonly memory: Memory,
    /** Byte address of `rows` values of type.width bytes. */
    readonly pointer: number,
    readonly rows: number,
  ) {
    assert(type.width > 0, 'a fixed column has packed values')
  }

  slice(start: number, length: number): FixedColumn {
    assert(start >= 0 && start + length <= this.rows, 'a slice lies inside its column')
    return new FixedColumn(this.type, this.memory, this.pointer + start * this.type.width, length)
  }

  gather(indices: number, count: number, arena: Arena): FixedColumn {
    const { width } = this.type
    const out = arena.allocate(count * width)
    gatherFixed(this.memory, width, this.pointer, indices, count, out)
    return new FixedColumn(this.type, this.memory, out, count)
  }

  valueAt(row: number): Value {
    assert(row >= 0 && row < this.rows, 'a row lies inside its column')
    const { width } = this.type
    return this.type.readBinary(new ByteReader(this.memory.bytes(this.pointer + row * width, width)))
  }

  full(): FixedColumn {
    return this
  }

  byteSize(): number {
    return this.rows * this.type.width
  }

  /** The same bytes as another type of the same width. */
  as(type: DataType): FixedColumn {
    assert(type.width === this.type.width, 'bytes are seen as a type of the same width')
    return new FixedColumn(type, this.memory, this.pointer, this.rows)
  }
}

/** values[indices[i]] for packed values of any width. */
export function gatherFixed(
  memory: Memory,
  width: number,
  values: number,
  indices: number,
  count: number,
  out: number,
): void {
  const { kernels } = memory
  if (width === 1) kernels.gather1(values, indices, count, out)
  else if (width === 2) kernels.gather2(values, indices, count, out)
  else if (width === 4) kernels.gather4(values, indices, count, out)
  else if (width === 8) kernels.gather8(values, indices, count, out)
  else if (width === 16) kernels.gather16(values, indices, count, out)
  else kernels.gatherBytes(values, width, indices, count, out)
}
