// The groups of a GROUP BY and their states, in one thread.
//
// A few groups lie in one table. Where there are many, random accesses to tables larger than the caches are what GROUP BY costs, so the rows
// are spread by their keys' hashes over partitions, each with a table and states of its own: rows are collected, ordered by partition, until
// there are enough of them to go through the partitions one by one. Two threads' groups are merged partition by partition.
import type { BoundAggregate, GroupedAggregate } from '../aggregates/aggregate.ts'
import { Chunk, chunkRowsMax } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { keepRows } from '../columns/keep.ts'
import { packChunk, unpackChunk } from '../columns/transfer.ts'
import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'

const partitionBits = 6
export const partitions = 1 << partitionBits
/** One table holds no more groups than this: above, partitions are faster (measured with bench/kernels-groups.mjs). */
const groupsPlainMax = 150_000
/** So many partitions are sent at once: the other thread takes them in while the next ones are written. */
const sentPartitions = 8
/** Rows are collected up to so many bytes before they are put into their partitions. */
const collectedBytesMax = 192 * 1024 * 1024

/** Groups and their states in a form that can travel: some of all partitions, or the one part that there is. */
export interface PartialGroups {
  /** How many parts there are in all. */
  readonly count: number
  /** The number of the first of `parts`. */
  readonly start: number
  readonly parts: readonly PartialPart[]
}

export interface PartialPart {
  readonly groups: number
  /** Packed chunks of keys, in the order of the states. */
  readonly keys: readonly (ArrayBuffer | Uint8Array)[]
  /** For each aggregate. */
  readonly states: readonly Uint8Array[]
}

/** Keys and arguments ordered by partition; those of partition p are rows [starts[p], starts[p + 1]). */
interface Collected {
  readonly keys: readonly Column[]
  readonly args: readonly Column[]
  readonly starts: Uint32Array
}

export class GroupStates {
  readonly #arena: Arena
  readonly #scratch: Arena
  readonly #collecting: Arena
  #parts: Part[]
  #collected: Collected[] = []
  #collectedBytes = 0

  constructor(
    /** Everything lies in arenas that end with it. */
    arena: Arena,
    readonly keyTypes: readonly DataType[],
    readonly aggregates: readonly BoundAggregate[],
  ) {
    this.#arena = arena
    this.#scratch = arena.child()
    this.#collecting = arena.child()
    this.#parts = [new Part(arena.child(), keyTypes, aggregates)]
  }

  /** Groups there are; while rows are being collected, those that are known. */
  get groups(): number {
    return this.#parts.reduce((sum, part) => sum + part.groups, 0)
  }

  /** keys: of the key types; args: of all aggregates one after another, full columns. Columns must last until the call returns. */
  add(keys: readonly Column[], args: readonly Column[], rows: number): void {
    if (this.#parts.length === 1) {
      this.#parts[0].add(keys, args, rows, this.#scratch)
      this.#scratch.reset()
      if (this.#parts[0].groups > groupsPlainMax && this.#parts[0].hashable) this.#split()
      return
    }
    this.#collect(keys, args, rows)
    if (this.#collectedBytes > this.#bytesMax()) this.#distribute()
  }

  #bytesMax(): number {
    const limit = this.#arena.budget?.limit ?? 0
    return limit > 0 ? Math.min(limit / 8, collectedBytesMax) : collectedBytesMax
  }

  /** Where each partition's rows are: u32 order in scratch, and the partitions' starts. */
  #order(keys: readonly Column[], rows: number): { order: number; starts: Uint32Array } {
    const scratch = this.#scratch
    const { memory } = scratch
    const hashes = this.#parts[0].hash(keys, rows, scratch)
    const order = scratch.allocate(rows * 4)
    const starts = scratch.allocate((partitions + 1) * 4)
    memory.kernels.partitionRows(hashes, rows, partitionBits, starts, order, 0)
    return { order, starts: memory.u32.slice(starts / 4, starts / 4 + partitions + 1) }
  }

  #collect(keys: readonly Column[], args: readonly Column[], rows: number): void {
    const { order, starts } = this.#order(keys, rows)
    const moved = new Map<Column, Column>()
    const move = (column: Column): Column => {
      let target = moved.get(column)
      if (!target) {
        target = keepRows(column, order, rows, this.#collecting)
        moved.set(column, target)
        this.#collectedBytes += target.byteSize()
      }
      return target
    }
    this.#collected.push({ keys: keys.map(move), args: args.map(move), starts })
    this.#scratch.reset()
  }

  /** Puts the collected rows into their partitions. */
  #distribute(): void {
    for (const [p, part] of this.#parts.entries()) {
      for (const { keys, args, starts } of this.#collected) {
        const rows = starts[p + 1] - starts[p]
        if (rows === 0) continue
        const cut = (column: Column): Column => column.slice(starts[p], rows)
        part.add(keys.map(cut), args.map(cut), rows, this.#scratch)
      }
      this.#scratch.reset()
    }
    this.#collected = []
    this.#collectedBytes = 0
    this.#collecting.reset()
  }

  /** Turns the one part into partitions. */
  #split(): void {
    const [whole] = this.#parts
    const scratch = this.#scratch
    const { groups } = whole
    const parts = Array.from(
      { length: partitions },
      () => new Part(this.#arena.child(), this.keyTypes, this.aggregates, Math.ceil((groups * 2) / partitions)),
    )
    const keys = whole.keys(0, groups, scratch)
    const states = whole.states(scratch)
    const { order, starts } = this.#order(keys, groups)
    for (const [p, part] of parts.entries()) {
      const rows = starts[p + 1] - starts[p]
      const own = scratch.child()
      const pick = (column: Column): Column => column.gather(order + starts[p] * 4, rows, own)
      part.absorb(
        keys.map(pick),
        states.map(columns => columns.map(pick)),
        rows,
        own,
      )
      own.destroy()
    }
    whole.end()
    this.#parts = parts
    scratch.reset()
  }

  /** Groups there are. No rows may be added afterwards. */
  settle(): number {
    this.#distribute()
    return this.groups
  }

  /** Keys and results, in chunks. No rows may be added afterwards. Columns are valid until the next chunk is asked for. */
  *results(arena: Arena): Generator<{ keys: Column[]; results: Column[]; rows: number }> {
    this.#distribute()
    for (const part of this.#parts)
      for (let start = 0; start < part.groups; start += chunkRowsMax) {
        arena.reset()
        const rows = Math.min(chunkRowsMax, part.groups - start)
        yield { keys: part.keys(start, rows, arena), results: part.results(start, rows, arena), rows }
      }
  }

  /**
   * Merges all groups' states into group 0 of `whole`: WITH TOTALS. left: pointer to u8[groups] in the order of results(), 1 for groups that
   * do not count, whose states go to group 1; 0: all count.
   */
  mergeInto(whole: readonly GroupedAggregate[], left: number): void {
    this.#distribute()
    for (const [i, target] of whole.entries()) {
      let at = left
      for (const part of this.#parts) {
        if (part.groups === 0) continue
        const targets = this.#scratch.allocateZeroed(part.groups * 4)
        const { u8, u32 } = this.#arena.memory
        if (left !== 0) for (let group = 0; group < part.groups; group++) u32[targets / 4 + group] = u8[at++]
        target.merge(part.aggregates[i], targets, part.groups)
        this.#scratch.reset()
      }
    }
  }

  /** The groups as they can be sent to another thread, piece by piece. */
  *write(): Generator<PartialGroups> {
    this.#distribute()
    const count = this.#parts.length
    for (let start = 0; start < count; start += sentPartitions) {
      const parts = this.#parts.slice(start, start + sentPartitions).map(part => part.write(this.#scratch))
      yield { count, start, parts }
    }
  }

  /** Puts the groups into partitions, if there are keys and it was not done before. */
  spread(): void {
    if (this.#parts.length === 1 && this.keyTypes.length > 0) this.#split()
  }

  /** Each part by itself. */
  *writeParts(): Generator<PartialPart> {
    this.#distribute()
    for (const part of this.#parts) yield part.write(this.#scratch)
  }

  /** Takes in a piece of what another thread wrote. */
  read({ count, start, parts }: PartialGroups): void {
    if (count > 1) this.spread()
    this.#distribute()
    if (count === this.#parts.length) {
      for (const [i, part] of parts.entries()) this.#parts[start + i].read(part, this.#scratch)
      return
    }
    // One part there, partitions here.
    const [whole] = parts
    const other = new Part(this.#arena.child(), this.keyTypes, this.aggregates)
    other.read(whole, this.#scratch)
    const mine = this.#parts
    this.#parts = [other]
    this.#split()
    const theirs = this.#parts
    this.#parts = mine
    for (const [p, part] of theirs.entries()) {
      this.#parts[p].absorb(
        part.keys(0, part.groups, this.#scratch),
        part.states(this.#scratch),
        part.groups,
        this.#scratch,
      )
      part.end()
      this.#scratch.reset()
    }
  }
}

/** A table (none without keys: then there is one group) and the states of its groups, in an arena of their own. */
class Part {
  readonly #table: GroupTable | null
  readonly aggregates: readonly GroupedAggregate[]
  /** Arguments of each aggregate among all. */
  readonly #starts: number[] = []
  readonly #counts: number[] = []

  constructor(
    readonly arena: Arena,
    keyTypes: readonly DataType[],
    bounds: readonly BoundAggregate[],
    expected = 0,
  ) {
    this.#table = keyTypes.length > 0 ? new GroupTable(arena, keyTypes, expected) : null
    this.aggregates = bounds.map(bound => bound.create(arena))
    let start = 0
    for (const bound of bounds) {
      this.#starts.push(start)
      this.#counts.push(bound.argumentTypes.length)
      start += bound.argumentTypes.length
    }
    if (!this.#table) for (const aggregate of this.aggregates) aggregate.ensure(1)
  }

  get groups(): number {
    return this.#table ? this.#table.size : 1
  }

  get hashable(): boolean {
    return this.#table?.hashable ?? false
  }

  hash(keys: readonly Column[], rows: number, arena: Arena): number {
    assert(this.#table !== null, 'groups without keys are not spread')
    return this.#table.hash(keys, rows, arena)
  }

  #ids(keys: readonly Column[], rows: number, scratch: Arena): number {
    if (!this.#table) return 0
    const ids = this.#table.upsert(keys, rows, scratch)
    for (const aggregate of this.aggregates) aggregate.ensure(this.#table.size)
    return ids
  }

  add(keys: readonly Column[], args: readonly Column[], rows: number, scratch: Arena): void {
    const ids = this.#ids(keys, rows, scratch)
    for (const [i, aggregate] of this.aggregates.entries())
      aggregate.add(ids, args.slice(this.#starts[i], this.#starts[i] + this.#counts[i]), rows)
  }

  /** Takes in states by their keys. */
  absorb(keys: readonly Column[], states: readonly (readonly Column[])[], rows: number, scratch: Arena): void {
    if (rows === 0) return
    const ids = this.#ids(keys, rows, scratch)
    for (const [i, aggregate] of this.aggregates.entries()) aggregate.absorb(states[i], ids, rows)
  }

  keys(start: number, count: number, arena: Arena): Column[] {
    return this.#table?.keyColumns(arena, start, count) ?? []
  }

  states(arena: Arena): Column[][] {
    return this.aggregates.map(aggregate => aggregate.states(this.groups, arena))
  }

  results(start: number, count: number, arena: Arena): Column[] {
    return this.aggregates.map(aggregate => aggregate.result(start, count, arena))
  }

  write(scratch: Arena): PartialPart {
    const { groups } = this
    const keys: ArrayBuffer[] = []
    for (let start = 0; this.#table && start < groups; start += chunkRowsMax) {
      const count = Math.min(chunkRowsMax, groups - start)
      keys.push(packChunk(new Chunk(this.#table.keyColumns(scratch, start, count), count)))
      scratch.reset()
    }
    return { groups, keys, states: this.aggregates.map(aggregate => aggregate.write(groups)) }
  }

  read(part: PartialPart, scratch: Arena): void {
    if (part.groups === 0) return
    let ids = 0
    if (this.#table) {
      const own = this.arena.child()
      ids = own.allocate(part.groups * 4)
      let at = ids
      for (const buffer of part.keys) {
        const chunk = unpackChunk(buffer, scratch)
        const found = this.#table.upsert(chunk.columns, chunk.rows, scratch)
        scratch.memory.u8.copyWithin(at, found, found + chunk.rows * 4)
        at += chunk.rows * 4
        scratch.reset()
      }
      for (const aggregate of this.aggregates) aggregate.ensure(this.#table.size)
      for (const [i, aggregate] of this.aggregates.entries()) aggregate.read(part.states[i], ids, part.groups)
      own.destroy()
      return
    }
    for (const [i, aggregate] of this.aggregates.entries()) aggregate.read(part.states[i], ids, part.groups)
  }

  end(): void {
    this.arena.destroy()
  }
}
