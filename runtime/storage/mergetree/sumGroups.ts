// Sums of rows by group, in the type of the values.
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { assert } from '../../core/assert.ts'
import type { Arena } from '../../core/memory.ts'

/** The sum of each group; groups: u32[rows], from 0. */
export function sumGroups(values: Column, groups: number, groupCount: number, arena: Arena): Column {
  const { rows, memory } = values
  if (values instanceof NullableColumn) {
    const sums = addUp(values.values, groups, rows, groupCount, values.nulls, arena)
    const nulls = arena.allocate(groupCount)
    const { u8, u32 } = memory
    u8.fill(1, nulls, nulls + groupCount)
    for (let row = 0; row < rows; row++) if (!u8[values.nulls + row]) u8[nulls + u32[groups / 4 + row]] = 0
    return new NullableColumn(nulls, sums, values.type)
  }
  return addUp(values, groups, rows, groupCount, 0, arena)
}

function addUp(values: Column, groups: number, rows: number, count: number, nulls: number, arena: Arena): FixedColumn {
  assert(values instanceof FixedColumn, 'what is summed is numbers')
  const { type, pointer, memory } = values
  const { kernels } = memory
  const out = arena.allocateZeroed(count * type.width)
  if (type.kind === 'Float32') kernels.sumRunsF32(pointer, groups, rows, nulls, out)
  else if (type.kind === 'Float64') kernels.sumRunsF64(pointer, groups, rows, nulls, out)
  else if (type.width === 1) kernels.sumRuns8(pointer, groups, rows, nulls, out)
  else if (type.width === 2) kernels.sumRuns16(pointer, groups, rows, nulls, out)
  else if (type.width === 4) kernels.sumRuns32(pointer, groups, rows, nulls, out)
  else if (type.width === 8) kernels.sumRuns64(pointer, groups, rows, nulls, out)
  else kernels.sumRunsWide(pointer, type.width / 8, groups, rows, nulls, out)
  return new FixedColumn(type, memory, out, count)
}
