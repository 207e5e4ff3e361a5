// SummingMergeTree: columns of one sorting key become their sum, groups whose sums are all zero (or NULL) go.
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena, Memory } from '../../core/memory.ts'
import { NullableType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import { parseType } from '../../types/parseType.ts'
import type { MergeTreeDefinition } from './definition.ts'
import type { GroupedPiece } from './mergedRows.ts'
import type { SourceList } from './sourceList.ts'

const kinds = /^(U?Int(8|16|32|64|128|256)|Float(32|64)|Decimal)$/

function canSum(type: DataType): boolean {
  return kinds.test((type instanceof NullableType ? type.inner : type).kind)
}

/** Those named, or all numbers outside of the keys. */
export function summedColumns({ columns, mode, sortingColumns, minmaxColumns }: MergeTreeDefinition): Set<string> {
  assert(mode.kind === 'summing', 'columns are summed by SummingMergeTree')
  for (const { name } of columns)
    if (/Map\./.test(name))
      throw new DBError('NOT_IMPLEMENTED', `Summing of the nested structure of ${name} is not supported`)
  const inKey = new Set([...sortingColumns, ...minmaxColumns])
  const wanted = columns.filter(({ name }) => (mode.columns === null ? !inKey.has(name) : mode.columns.includes(name)))
  return new Set(wanted.filter(({ type }) => canSum(parseType(type))).map(({ name }) => name))
}

/** One row for each group that stays: the sum. Each piece has one column. */
export async function* sumPieces(pieces: AsyncIterable<GroupedPiece>, memory: Memory): AsyncGenerator<Column> {
  for await (const piece of pieces) yield keptSums(piece, piece.values[0], memory)
}

export function keptSums(piece: GroupedPiece, values: Column, memory: Memory): Column {
  const { kept, groups, groupCount, arena } = piece
  const indices = arena.allocate(kept.length * 4)
  const sums = sumGroups(values, groups, groupCount, arena)
  memory.u32.set(kept, indices / 4)
  return sums.gather(indices, kept.length, arena)
}

/** Leaves out the groups in which every sum is zero. Each call gives the pieces of one summed column. */
export async function dropZeroGroups(
  list: SourceList,
  columns: readonly (() => AsyncIterable<GroupedPiece>)[],
): Promise<void> {
  let nonZero = new Uint8Array(1024)
  for (const pieces of columns)
    for await (const piece of pieces()) {
      const { firstGroup, groupCount } = piece
      if (firstGroup + groupCount > nonZero.length) {
        const larger = new Uint8Array((firstGroup + groupCount) * 2)
        larger.set(nonZero)
        nonZero = larger
      }
      const [values] = piece.values
      markNonZero(sumGroups(values, piece.groups, groupCount, piece.arena), nonZero.subarray(firstGroup))
    }
  list.dropGroups(group => nonZero[group] === 0)
}

/** Sets marks[i] where sum i is not the default of its type: zero, or NULL where there can be one. */
export function markNonZero(sums: Column, marks: Uint8Array): void {
  if (sums instanceof NullableColumn) {
    const nulls = sums.memory.bytes(sums.nulls, sums.rows)
    for (let i = 0; i < nulls.length; i++) if (nulls[i] === 0) marks[i] = 1
    return
  }
  assert(sums instanceof FixedColumn, 'sums are numbers')
  const { width } = sums.type
  const bytes = sums.memory.bytes(sums.pointer, sums.rows * width)
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) marks[Math.floor(i / width)] = 1
}

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
