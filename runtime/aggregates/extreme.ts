// The least or greatest value a group, and which rows took the lead: min, max, argMin, argMax.
import { concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { rankRows } from '../columns/sort.ts'
import type { StringColumn } from '../columns/string.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { pick, pointerOf, StateArray, uint8 } from './states.ts'
import { StringStates, type ValueStates, valueStates } from './valueStates.ts'

/** Rows that took the lead of their group, in order: the last one of a group stands. */
export interface Leads {
  readonly count: number
  /** u32[count] */
  readonly groups: number
  /** u32[count] */
  readonly rows: number
}

export interface Extreme {
  ensure(groups: number): void
  /** groups: 0 for all in group 0. scratch: holds the leads. */
  add(groups: number, column: Column, rows: number, scratch: Arena): void
  leads(groups: number, column: Column, rows: number, scratch: Arena): Leads
  /** Defaults for groups without a value. */
  values(start: number, count: number, arena: Arena): Column
  /** UInt8, 1 where a group has a value. */
  flags(start: number, count: number, arena: Arena): Column
}

export function extreme(verb: 'min' | 'max', type: DataType, arena: Arena): Extreme {
  if (type.kind === 'String') return new StringExtreme(verb, arena)
  const numeric = type.width > 0 && type.width <= 8 && type.physical !== 'Bytes'
  return numeric ? new NumberExtreme(verb, type, arena) : new RankedExtreme(verb, type, arena)
}

function newLeads(rows: number, scratch: Arena): { groups: number; rows: number } {
  // One number more than there may be leads: kernels write first and count afterwards.
  return { groups: scratch.allocate(rows * 4 + 4), rows: scratch.allocate(rows * 4 + 4) }
}

class NumberExtreme implements Extreme {
  readonly #values: StateArray
  readonly #flags: StateArray

  constructor(
    readonly verb: 'min' | 'max',
    readonly type: DataType,
    arena: Arena,
  ) {
    this.#values = new StateArray(arena, type.width)
    this.#flags = new StateArray(arena, 1)
  }

  ensure(groups: number): void {
    this.#values.ensure(groups)
    this.#flags.ensure(groups)
  }

  add(groups: number, column: Column, rows: number): void {
    const { memory } = column
    const [values, flags, from] = [this.#values.pointer, this.#flags.pointer, pointerOf(column)]
    if (groups === 0) pick(memory, this.verb, this.type.physical)(values, flags, from, rows)
    else pick(memory, this.verb, this.type.physical, 'Grouped')(values, flags, groups, from, rows)
  }

  leads(groups: number, column: Column, rows: number, scratch: Arena): Leads {
    const leads = newLeads(rows, scratch)
    const kernel = pick(column.memory, this.verb, this.type.physical, 'Leads')
    const [values, flags, from] = [this.#values.pointer, this.#flags.pointer, pointerOf(column)]
    const count = kernel(values, flags, groups, from, rows, leads.groups, leads.rows)
    return { ...leads, count }
  }

  values(start: number, count: number): Column {
    return this.#values.column(this.type, start, count)
  }

  flags(start: number, count: number): Column {
    return this.#flags.column(uint8, start, count)
  }
}

class StringExtreme implements Extreme {
  readonly #states: StringStates

  constructor(
    readonly verb: 'min' | 'max',
    readonly arena: Arena,
  ) {
    this.#states = new StringStates(arena)
  }

  ensure(groups: number): void {
    this.#states.ensure(groups)
  }

  add(groups: number, column: Column, rows: number): void {
    this.#run(groups, column, rows, 0, 0)
  }

  leads(groups: number, column: Column, rows: number, scratch: Arena): Leads {
    const leads = newLeads(rows, scratch)
    return { ...leads, count: this.#run(groups, column, rows, leads.groups, leads.rows) }
  }

  #run(groups: number, column: Column, rows: number, leadGroups: number, leadRows: number): number {
    const { offsets, bytes } = column as StringColumn
    const { pool, states } = this.#states
    const kernel = pick(column.memory, this.verb, 'String', 'Leads')
    const count = kernel(pool, states.pointer, groups, offsets, bytes, rows, leadGroups, leadRows)
    if (count < 0) this.arena.fail()
    return count
  }

  values(start: number, count: number, arena: Arena): Column {
    return this.#states.column(start, count, arena)
  }

  flags(start: number, count: number, arena: Arena): Column {
    return this.#states.flags(start, count, arena)
  }
}

/** Types without a kernel of their own: values and the states that they meet are ranked together, and the ranks compared. */
class RankedExtreme implements Extreme {
  readonly #values: ValueStates
  readonly #flags: StateArray

  constructor(
    readonly verb: 'min' | 'max',
    readonly type: DataType,
    arena: Arena,
  ) {
    this.#values = valueStates(type, arena)
    this.#flags = new StateArray(arena, 1)
  }

  #groups = 0

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
    this.#values.ensure(groups)
    this.#flags.ensure(groups)
  }

  add(groups: number, column: Column, rows: number, scratch: Arena): void {
    this.leads(groups, column, rows, scratch)
  }

  leads(groups: number, column: Column, rows: number, scratch: Arena): Leads {
    const { memory } = column
    const { kernels } = memory
    if (rows === 0) return { count: 0, groups: 0, rows: 0 }
    const ids = groups === 0 ? scratch.allocateZeroed(rows * 4) : groups
    const local = scratch.allocate(rows * 4)
    const met = scratch.allocate((rows + 1) * 4)
    const count = kernels.usedEntries(ids, rows, local, met, scratch.allocateZeroed(this.#groups * 4), 0)
    const states = this.#values.column(0, this.#groups, scratch).gather(met, count, scratch)
    const flags = scratch.allocate(count)
    kernels.gather1(this.#flags.pointer, met, count, flags)
    const nullsFirst = this.verb === 'max'
    const ranks = rankRows([concatColumns([states, column], scratch)], [{ nullsFirst }], count + rows, scratch)
    // The states' ranks are the states of a kernel that compares ranks; what it says of local numbers is said of groups.
    const leads = newLeads(rows, scratch)
    const kernel = pick(memory, this.verb, 'U32', 'Leads')
    const changes = kernel(ranks, flags, local, ranks + count * 4, rows, leads.groups, leads.rows)
    const leading = scratch.allocate(changes * 4)
    kernels.gather4(met, leads.groups, changes, leading)
    this.#values.put(leading, column, leads.rows, changes)
    kernels.markGroups(this.#flags.pointer, leading, changes)
    return { count: changes, groups: leading, rows: leads.rows }
  }

  values(start: number, count: number, arena: Arena): Column {
    return this.#values.column(start, count, arena)
  }

  flags(start: number, count: number): Column {
    return this.#flags.column(uint8, start, count)
  }
}
