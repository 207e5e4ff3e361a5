import type { Column } from '../../columns/column.ts'
import { noRow } from '../../columns/column.ts'
import type { Arena } from '../../core/memory.ts'
import { pointerOf, type StateArray } from '../states.ts'

/** Which groups have seen a row: u8 a group. */
export class SeenFlags {
  constructor(readonly flags: StateArray) {}

  mark(groups: number, rows: number): void {
    if (rows === 0) return
    const { memory } = this.flags.arena
    if (groups === 0) memory.u8[this.flags.pointer] = 1
    else memory.kernels.markGroups(this.flags.pointer, groups, rows)
  }

  absorb(flags: Column, groups: number, count: number): void {
    this.flags.arena.memory.kernels.orFlags(this.flags.pointer, groups, pointerOf(flags), count)
  }

  /** u8[count], 1 for groups without a row: a null map. */
  unseen(start: number, count: number, arena: Arena): number {
    const nulls = arena.allocate(count)
    arena.memory.kernels.maskNot(this.flags.pointer + start, nulls, count)
    return nulls
  }

  /** u32[count]: a group's own place, or noRow. */
  rowsOrNone(start: number, count: number, arena: Arena): number {
    const rows = arena.allocate(count * 4)
    const { u8, u32 } = arena.memory
    for (let i = 0; i < count; i++) u32[rows / 4 + i] = u8[this.flags.pointer + start + i] ? i : noRow
    return rows
  }
}
