// One value of any type a group: what any, argMin and their kin keep.
import { columnOf, concatColumns, defaultColumn } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { keepRows } from '../columns/keep.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { StringColumn } from '../columns/string.ts'
import type { Arena } from '../core/memory.ts'
import { NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { identity, StateArray, uint8 } from './states.ts'

/** Groups that never got a value have the type's default. */
export interface ValueStates {
  ensure(groups: number): void
  /** Sets groups' values, in order, so that the last one of a group stands. groups: u32[count]; indices: u32[count], rows of the column. */
  put(groups: number, column: Column, indices: number, count: number): void
  /** The values of groups [start, start + count). May share memory with the states. */
  column(start: number, count: number, arena: Arena): Column
}

export function valueStates(type: DataType, arena: Arena): ValueStates {
  if (type instanceof NullableType && (type.inner.width > 0 || type.inner.kind === 'String'))
    return new NullableStates(type, arena)
  if (type.width > 0) return new FixedStates(type, arena)
  if (type.kind === 'String') return new StringStates(arena)
  return new KeptStates(type, arena)
}

class FixedStates implements ValueStates {
  readonly #values: StateArray

  constructor(
    readonly type: DataType,
    arena: Arena,
  ) {
    this.#values = new StateArray(arena, type.width)
  }

  ensure(groups: number): void {
    this.#values.ensure(groups)
  }

  put(groups: number, column: Column, indices: number, count: number): void {
    const { kernels } = column.memory
    const { pointer } = this.#values
    const source = (column as FixedColumn).pointer
    const { width } = this.type
    if (width === 1) kernels.putValues1(pointer, groups, source, indices, count)
    else if (width === 2) kernels.putValues2(pointer, groups, source, indices, count)
    else if (width === 4) kernels.putValues4(pointer, groups, source, indices, count)
    else if (width === 8) kernels.putValues8(pointer, groups, source, indices, count)
    else kernels.putValuesBytes(pointer, groups, source, indices, count, width)
  }

  column(start: number, count: number): Column {
    return this.#values.column(this.type, start, count)
  }
}

/** Strings in the arena, each in memory of its own that is used again when a shorter one replaces it. */
export class StringStates implements ValueStates {
  readonly states: StateArray
  /** assembly/aggregate/values.ts */
  readonly pool: number

  constructor(readonly arena: Arena) {
    this.states = new StateArray(arena, 16)
    this.pool = arena.allocateZeroed(16)
    arena.memory.u32[this.pool / 4] = arena.address
  }

  ensure(groups: number): void {
    this.states.ensure(groups)
  }

  put(groups: number, column: Column, indices: number, count: number): void {
    const { offsets, bytes } = column as StringColumn
    const { kernels } = column.memory
    if (kernels.putStrings(this.pool, this.states.pointer, groups, offsets, bytes, indices, count) < 0)
      this.arena.fail()
  }

  column(start: number, count: number, arena: Arena): Column {
    const { memory } = arena
    const states = this.states.pointer + start * 16
    const offsets = arena.allocate((count + 1) * 4)
    const size = memory.kernels.stringStateOffsets(states, count, offsets)
    if (size < 0) arena.fail()
    const bytes = arena.allocate(size)
    memory.kernels.stringStateBytes(states, count, bytes)
    return new StringColumn(memory, offsets, bytes, count)
  }

  /** 1 where a group has a string. */
  flags(start: number, count: number, arena: Arena): FixedColumn {
    const flags = arena.allocate(count)
    arena.memory.kernels.stringStateFlags(this.states.pointer + start * 16, count, flags)
    return new FixedColumn(uint8, arena.memory, flags, count)
  }
}

class NullableStates implements ValueStates {
  readonly #nulls: StateArray
  readonly #values: ValueStates

  constructor(
    readonly type: NullableType,
    arena: Arena,
  ) {
    this.#nulls = new StateArray(arena, 1, 1)
    this.#values = valueStates(type.inner, arena)
  }

  ensure(groups: number): void {
    this.#nulls.ensure(groups)
    this.#values.ensure(groups)
  }

  put(groups: number, column: Column, indices: number, count: number): void {
    const { nulls, values } = column as NullableColumn
    column.memory.kernels.putValues1(this.#nulls.pointer, groups, nulls, indices, count)
    this.#values.put(groups, values, indices, count)
  }

  column(start: number, count: number, arena: Arena): Column {
    const nulls = this.#nulls.column(uint8, start, count).pointer
    return new NullableColumn(nulls, this.#values.column(start, count, arena), this.type)
  }
}

/** Arrays, tuples, dictionaries: rows are kept as they came, and a group has the number of its row. */
class KeptStates implements ValueStates {
  readonly #numbers: StateArray
  #pieces: Column[]
  #kept = 1
  #groups = 0

  constructor(
    readonly type: DataType,
    readonly arena: Arena,
  ) {
    this.#numbers = new StateArray(arena, 4)
    // Row 0 is the default, which groups without a value point to.
    this.#pieces = [defaultColumn(type, 1, arena)]
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
    this.#numbers.ensure(groups)
  }

  put(groups: number, column: Column, indices: number, count: number): void {
    if (count === 0) return
    const { memory } = this.arena
    const scratch = this.arena.child()
    const numbers = scratch.allocate(count * 4)
    memory.kernels.fillRange(this.#kept, 1, count, numbers)
    memory.kernels.putValues4(this.#numbers.pointer, groups, numbers, 0, count)
    this.#pieces.push(keepRows(column, indices === 0 ? identity(count, scratch) : indices, count, this.arena))
    this.#kept += count
    scratch.destroy()
  }

  column(start: number, count: number, arena: Arena): Column {
    if (this.#pieces.length > 1) this.#pieces = [concatColumns(this.#pieces, this.arena)]
    if (count === 0) return columnOf(this.type, [], arena)
    return this.#pieces[0].gather(this.#numbers.pointer + start * 4, count, arena)
  }
}
