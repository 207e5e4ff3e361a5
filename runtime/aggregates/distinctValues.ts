import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { StateArray, uint32 } from './states.ts'

/**
 * The distinct values (of one or more columns) of each group, in the order they came: one table over (group, value) for all groups. Strings
 * are numbered first, by a table that all groups share, so that each is stored once.
 */
export class DistinctValues {
  readonly #pairs: GroupTable
  readonly #strings: readonly (GroupTable | null)[]
  /** u64 a group: how many distinct values it has. */
  readonly counts: StateArray

  constructor(
    readonly arena: Arena,
    readonly types: readonly DataType[],
  ) {
    this.#strings = types.map(type => (type.kind === 'String' ? new GroupTable(arena, [type]) : null))
    this.#pairs = new GroupTable(arena, [uint32, ...types.map((type, i) => (this.#strings[i] ? uint32 : type))])
    this.counts = new StateArray(arena, 8)
  }

  /** Pairs of a group and a value. */
  get size(): number {
    return this.#pairs.size
  }

  ensure(groups: number): void {
    this.counts.ensure(groups)
  }

  /** groups: u32[rows]. */
  add(groups: number, columns: readonly Column[], rows: number, scratch: Arena): void {
    if (rows === 0) return
    const { memory } = this.arena
    const before = this.size
    const keys = columns.map((column, i) => {
      const strings = this.#strings[i]
      return strings ? new FixedColumn(uint32, memory, strings.upsert([column], rows, scratch), rows) : column
    })
    this.#pairs.upsert([new FixedColumn(uint32, memory, groups, rows), ...keys], rows, scratch)
    const added = this.size - before
    if (added === 0 || this.counts.pointer === 0) return
    const [owners] = this.#pairs.keyColumns(scratch, before, added) as FixedColumn[]
    memory.kernels.countGrouped(this.counts.pointer, owners.pointer, added)
  }

  /** Every pair: u32 groups and the values. */
  all(arena: Arena): { groups: number; columns: Column[]; rows: number } {
    const [owners, ...values] = this.#pairs.keyColumns(arena)
    const columns = values.map((column, i) => {
      const strings = this.#strings[i]
      if (!strings) return column
      return strings.keyColumns(arena)[0].gather((column as FixedColumn).pointer, column.rows, arena)
    })
    return { groups: (owners as FixedColumn).pointer, columns, rows: this.size }
  }

  /** Each group's values as an array, one column for each of the types. */
  arrays(groups: number, arena: Arena): ArrayColumn[] {
    const all = this.all(arena)
    return groupedArrays(all.groups, all.columns, all.rows, groups, arena)
  }

  /** Takes in what arrays gave. groups: u32[count], or 0 for the same numbers. */
  absorb(states: readonly Column[], groups: number, count: number, scratch: Arena): void {
    const { ids, elements, rows } = ungroupedArrays(states, groups, count, scratch)
    this.add(ids, elements, rows, scratch)
  }
}

/** Rows as an array for each group, in the order they come. ids: u32[rows] below groups. */
export function groupedArrays(
  ids: number,
  columns: readonly Column[],
  rows: number,
  groups: number,
  arena: Arena,
): ArrayColumn[] {
  const { kernels } = arena.memory
  const offsets = arena.allocate((groups + 1) * 4)
  const order = arena.allocate(rows * 4)
  kernels.groupRows(ids, rows, groups, offsets, order)
  return columns.map(column => new ArrayColumn(offsets, column.gather(order, rows, arena), groups))
}

/** Arrays as rows, each with the group of its array. groups: u32[count], or 0 for the arrays' own numbers. */
export function ungroupedArrays(
  arrays: readonly Column[],
  groups: number,
  count: number,
  arena: Arena,
): { ids: number; elements: Column[]; rows: number } {
  const { kernels } = arena.memory
  const parts = arrays.map(column => {
    assert(column instanceof ArrayColumn && column.rows === count, 'states are arrays, one a group')
    return column.compact(arena)
  })
  const [{ offsets, elements }] = parts
  const own = groups === 0 ? arena.allocate(count * 4) : groups
  if (groups === 0) kernels.fillRange(0, 1, count, own)
  const ids = arena.allocate(elements.rows * 4)
  kernels.repeatIds(own, offsets, count, ids)
  return { ids, elements: parts.map(part => part.elements), rows: elements.rows }
}
