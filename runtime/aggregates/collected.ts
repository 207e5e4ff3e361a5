import { columnOf, concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { keepRows } from '../columns/keep.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { groupedArrays, ungroupedArrays } from './distinctValues.ts'
import { ColumnarAggregate, fullGroups, identity } from './states.ts'

/** Rows of one group after another: those of group g are [offsets[g], offsets[g + 1]). */
export interface GroupedRows {
  /** Pointer to u32[groups + 1]. */
  readonly offsets: number
  /** The arguments. */
  readonly columns: readonly Column[]
}

/** Functions that need all values of a group, or those that `keep` leaves: rows are kept in the order they come, with their groups. */
export abstract class Collected extends ColumnarAggregate {
  #pieces: { groups: number; columns: readonly Column[]; rows: number }[] = []
  #rows = 0
  #groups = 0

  constructor(
    arena: Arena,
    readonly types: readonly DataType[],
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    if (rows === 0) return
    this.withScratch(scratch => {
      const all = identity(rows, scratch)
      const ids = this.arena.allocate(rows * 4)
      const from = fullGroups(groups, rows, scratch)
      this.memory.u8.copyWithin(ids, from, from + rows * 4)
      const columns = args.map(column => keepRows(column, all, rows, this.arena))
      this.#pieces.push({ groups: ids, columns, rows })
      this.#rows += rows
    })
  }

  /** All rows of groups 0..count, one group after another, each in its order. */
  protected grouped(count: number, arena: Arena): GroupedRows {
    const { groups, columns, rows } = this.#joined()
    const arrays = groupedArrays(groups, columns, rows, Math.max(count, this.#groups), arena)
    return { offsets: arrays[0].offsets, columns: arrays.map(array => array.elements) }
  }

  #joined(): { groups: number; columns: readonly Column[]; rows: number } {
    if (this.#pieces.length > 1) {
      const groups = this.arena.allocate(this.#rows * 4)
      let at = groups
      for (const piece of this.#pieces) {
        this.memory.u8.copyWithin(at, piece.groups, piece.groups + piece.rows * 4)
        this.arena.free(piece.groups)
        at += piece.rows * 4
      }
      const columns = this.types.map((_, i) =>
        concatColumns(
          this.#pieces.map(piece => piece.columns[i]),
          this.arena,
        ),
      )
      this.#pieces = [{ groups, columns, rows: this.#rows }]
    }
    if (this.#pieces.length === 0)
      return { groups: 0, columns: this.types.map(type => columnOf(type, [], this.arena)), rows: 0 }
    return this.#pieces[0]
  }

  states(count: number, arena: Arena): Column[] {
    const { groups, columns, rows } = this.#joined()
    return groupedArrays(groups, columns, rows, Math.max(count, this.#groups), arena).map(array =>
      array.slice(0, count),
    )
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(states, groups, count, scratch)
      this.add(flat.ids, flat.elements, flat.rows)
    })
  }
}
