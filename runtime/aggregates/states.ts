// What aggregate functions keep their states in.
import { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { packChunk, unpackChunk } from '../columns/transfer.ts'
import { assert } from '../core/assert.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { GroupedAggregate } from './aggregate.ts'

export const float64 = parseType('Float64')
export const uint8 = parseType('UInt8')
export const uint32 = parseType('UInt32')
export const uint64 = parseType('UInt64')
export const int64 = parseType('Int64')

/** Packed values, one a group, zeroed (or filled with one byte) until something is put there. */
export class StateArray {
  pointer = 0
  #room = 0

  constructor(
    readonly arena: Arena,
    /** Bytes a group. */
    readonly width: number,
    readonly fill = 0,
  ) {}

  ensure(groups: number): void {
    if (groups <= this.#room) return
    const { arena, width } = this
    const { memory } = arena
    const room = Math.max(groups, Math.min(this.#room * 2, this.#room + 4_000_000), 16)
    const used = this.#room * width
    const grown = memory.kernels.arenaGrow(arena.address, this.pointer, used, room * width)
    if (grown === 0) arena.fail(room * width)
    memory.u8.fill(this.fill, grown + used, grown + room * width)
    this.pointer = grown
    this.#room = room
  }

  /** The values of groups [start, start + count), sharing memory. */
  column(type: DataType, start: number, count: number): FixedColumn {
    assert(type.width === this.width && start + count <= this.#room, 'states are there, of that width')
    return new FixedColumn(type, this.arena.memory, this.pointer + start * this.width, count)
  }
}

/** What all aggregates share: states are columns, so moving and merging them is adding columns. */
export abstract class ColumnarAggregate implements GroupedAggregate {
  #scratch: Arena | null = null
  #depth = 0

  constructor(readonly arena: Arena) {}

  get memory(): Memory {
    return this.arena.memory
  }

  abstract ensure(groups: number): void
  abstract add(groups: number, args: readonly Column[], rows: number): void
  abstract result(start: number, count: number, arena: Arena): Column
  abstract states(count: number, arena: Arena): Column[]
  abstract absorb(states: readonly Column[], groups: number, count: number): void

  merge(other: GroupedAggregate, groups: number, count: number): void {
    const scratch = this.arena.child()
    this.absorb(other.states(count, scratch), groups, count)
    scratch.destroy()
  }

  write(count: number): Uint8Array {
    const scratch = this.arena.child()
    const packed = packChunk(new Chunk(this.states(count, scratch), count))
    scratch.destroy()
    return new Uint8Array(packed)
  }

  read(bytes: Uint8Array, groups: number, count: number): void {
    const scratch = this.arena.child()
    const chunk = unpackChunk(bytes, scratch)
    assert(chunk.rows === count, 'as many states are read as were written')
    this.absorb(chunk.columns, groups, count)
    scratch.destroy()
  }

  /** Runs with scratch memory that is given back when it returns. */
  withScratch<T>(run: (scratch: Arena) => T): T {
    this.#scratch ??= this.arena.child()
    const scratch = this.#scratch
    this.#depth++
    try {
      return run(scratch)
    } finally {
      if (--this.#depth === 0) scratch.reset()
    }
  }
}

type Kernel = (...args: number[]) => number

/** A kernel by its family's name and the physical type it is for: pick(memory, 'sum', 'I32', 'Grouped'). */
export function pick(memory: Memory, verb: string, physical: string | null, rest = ''): Kernel {
  const kernel = (memory.kernels as unknown as Record<string, Kernel | undefined>)[`${verb}${physical}${rest}`]
  assert(kernel !== undefined, 'a kernel has that name')
  return kernel
}

/** Address of packed values. */
export function pointerOf(column: Column): number {
  assert(column instanceof FixedColumn, 'values are packed')
  return column.pointer
}

/** Numbers of any fixed type up to 8 bytes as f64[rows]: the column's own memory, or a copy in arena. */
export function asFloats(column: Column, arena: Arena): number {
  const pointer = pointerOf(column)
  const { physical } = column.type
  if (physical === 'F64') return pointer
  const target = arena.allocate(column.rows * 8)
  pick(arena.memory, 'widen', physical)(pointer, column.rows, target)
  return target
}

/** u32[rows] of group numbers: groups itself, or zeros where it is 0. */
export function fullGroups(groups: number, rows: number, arena: Arena): number {
  return groups === 0 ? arena.allocateZeroed(rows * 4) : groups
}

/** Some rows of columns and of their groups. indices: u32[count]. */
export function pickRows(
  columns: readonly Column[],
  groups: number,
  indices: number,
  count: number,
  arena: Arena,
): { columns: Column[]; groups: number } {
  const picked = columns.map(column => column.gather(indices, count, arena))
  if (groups === 0) return { columns: picked, groups: 0 }
  const ids = arena.allocate(count * 4)
  arena.memory.kernels.gather4(groups, indices, count, ids)
  return { columns: picked, groups: ids }
}

/** The rows where mask (u8[rows]) is 1: null when all are. */
export function maskRows(mask: number, rows: number, arena: Arena): { indices: number; count: number } | null {
  const indices = arena.allocate(rows * 4 + 64)
  const count = arena.memory.kernels.maskToIndices(mask, rows, indices)
  return count === rows ? null : { indices, count }
}

/**
 * States of groups that have one, by their flags: with `groups` of all given rows, the columns and groups of those with a flag. For absorb:
 * states that hold nothing change nothing.
 */
export function flaggedRows(
  columns: readonly Column[],
  flags: Column,
  groups: number,
  count: number,
  arena: Arena,
): { columns: readonly Column[]; groups: number; rows: number } {
  const some = maskRows(pointerOf(flags), count, arena)
  const own = groups === 0 ? identity(count, arena) : groups
  if (!some) return { columns, groups: own, rows: count }
  return { ...pickRows(columns, own, some.indices, some.count, arena), rows: some.count }
}

/** 0, 1, ... count - 1. */
export function identity(count: number, arena: Arena): number {
  const numbers = arena.allocate(count * 4)
  arena.memory.kernels.fillRange(0, 1, count, numbers)
  return numbers
}
