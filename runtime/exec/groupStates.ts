// The groups of a GROUP BY and their states, in one thread.
//
// A few groups lie in one table. Where there are many, random accesses to tables larger than the caches are what GROUP BY costs, so the rows
// are spread by their keys' hashes over partitions, each with a table and states of its own: rows are collected, ordered by partition, until
// there are enough of them to go through the partitions one by one. Threads of one query share the partitions out: what belongs to another
// thread's partitions is given to it, as states or, where grouping them first would not make them fewer, as rows.
import type { BoundAggregate, GroupedAggregate } from '../aggregates/aggregate.ts'
import { Chunk, chunkRowsMax } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { keepRows } from '../columns/keep.ts'
import { canTravel, packChunk, unpackChunk } from '../columns/transfer.ts'
import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'

const partitionBits = 6
export const partitions = 1 << partitionBits
/** One table holds no more groups than this: above, partitions are faster (measured with bench/kernels-groups.mjs). */
const groupsPlainMax = 150_000
/** States of partitions are sent together up to so many bytes: the other thread takes them in while the next ones are written. */
const sentBytesMin = 1 << 20
/** Rows go to another thread as they are where more than this part of them are groups of their own. */
const ungroupedPartMin = 0.3
/** Rows are collected up to so many bytes before they are put into their partitions. */
const collectedBytesMax = 192 * 1024 * 1024
/** The same for all threads together that share the partitions out: each has fewer tables to go through then. */
const sharedBytesMax = 128 * 1024 * 1024

/** Groups in a form that can travel. */
export type WireGroups = PartialGroups | UngroupedRows

/** Groups and their states: some of all partitions, or the one part that there is. */
export interface PartialGroups {
  readonly kind: 'states'
  /** How many parts there are in all. */
  readonly count: number
  /** The number of the first of `parts`. */
  readonly start: number
  readonly parts: readonly PartialPart[]
}

/** Rows before they are grouped, ordered by partition; those of partition p are [starts[p], starts[p + 1]). */
export interface UngroupedRows {
  readonly kind: 'rows'
  readonly rows: ArrayBuffer
  /** Which of the packed columns each key and each argument is. */
  readonly layout: readonly number[]
  readonly starts: Uint32Array
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

/** How partitions are shared out: this thread is one of `count`, and `send` gives groups to another. */
export interface PartitionShare {
  readonly index: number
  readonly count: number
  send(to: number, groups: WireGroups): void
}

/** The first partition of a thread; those before the next thread's first are its own. */
export const firstPartition = (index: number, count: number): number => Math.ceil((index * partitions) / count)

export class GroupStates {
  readonly #arena: Arena
  readonly #scratch: Arena
  readonly #collecting: Arena
  #parts: Part[]
  #collected: Collected[] = []
  #collectedBytes = 0
  #share: PartitionShare | null = null
  #sendsRows = false
  /** Rows that are in groups. */
  #rowsGrouped = 0

  constructor(
    /** Everything lies in arenas that end with it. */
    arena: Arena,
    readonly keyTypes: readonly DataType[],
    readonly aggregates: readonly BoundAggregate[],
    /** The groups stay in one table, however many they are. */
    readonly isWhole = false,
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
      this.#rowsGrouped += rows
      if (!this.isWhole && this.#parts[0].groups > groupsPlainMax && this.#parts[0].hashable) this.#split()
      return
    }
    this.#collect(keys, args, rows)
    if (this.#collectedBytes > this.#bytesMax()) this.#distribute()
  }

  /** From now on other threads have their partitions: where it is of use, rows of those go to them at once. */
  share(share: PartitionShare): void {
    this.#share = share
    this.#decideOnRows()
  }

  /** Few rows fall into one group. */
  get isManyToMany(): boolean {
    return this.groups > this.#rowsGrouped * ungroupedPartMin
  }

  #decideOnRows(): void {
    const types = [...this.keyTypes, ...this.aggregates.flatMap(({ argumentTypes }) => argumentTypes)]
    const isUseful = this.#share !== null && this.isManyToMany && this.#parts[0].hashable
    this.#sendsRows = isUseful && types.every(canTravel)
    if (this.#sendsRows) this.spread()
  }

  /** Each row's group, noRow where there is none: u32[rows] in `scratch`. For whole states. */
  find(keys: readonly Column[], rows: number, scratch: Arena): number {
    assert(this.isWhole, 'groups are looked for in one table')
    return this.#parts[0].find(keys, rows, scratch)
  }

  #bytesMax(): number {
    const limit = this.#arena.budget?.limit ?? 0
    const most = this.#share ? sharedBytesMax / this.#share.count : collectedBytesMax
    return limit > 0 ? Math.min(limit / 8, most) : most
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
    const { index, count } = this.#sendsRows && this.#share ? this.#share : { index: 0, count: 1 }
    for (let thread = 0; thread < count; thread++)
      if (thread !== index) this.#sendRows(thread, keys, args, order, starts)
    const { start, end, own } = startsWithin(starts, index, count)
    const moved = new Map<Column, Column>()
    const move = (column: Column): Column => {
      let target = moved.get(column)
      if (!target) {
        target = keepRows(column, order + start * 4, end - start, this.#collecting)
        moved.set(column, target)
        this.#collectedBytes += target.byteSize()
      }
      return target
    }
    if (end > start) this.#collected.push({ keys: keys.map(move), args: args.map(move), starts: own })
    this.#scratch.reset()
  }

  #sendRows(to: number, keys: readonly Column[], args: readonly Column[], order: number, starts: Uint32Array): void {
    assert(this.#share !== null, 'rows are sent to threads that there are')
    const { start, end, own } = startsWithin(starts, to, this.#share.count)
    if (start === end) return
    const all = [...keys, ...args]
    const columns = [...new Set(all)]
    const gathered = columns.map(column =>
      column.full(this.#scratch).gather(order + start * 4, end - start, this.#scratch),
    )
    const layout = all.map(column => columns.indexOf(column))
    this.#share.send(to, { kind: 'rows', rows: packChunk(new Chunk(gathered, end - start)), layout, starts: own })
  }

  /** Takes in rows that another thread has ordered by partition. */
  #receiveRows({ rows, layout, starts }: UngroupedRows): void {
    this.spread()
    const chunk = unpackChunk(rows, this.#collecting)
    this.#collectedBytes += chunk.byteSize()
    const columns = layout.map(i => chunk.columns[i])
    const keys = this.keyTypes.length
    this.#collected.push({ keys: columns.slice(0, keys), args: columns.slice(keys), starts })
    if (this.#collectedBytes > this.#bytesMax()) this.#distribute()
  }

  /** Puts the collected rows into their partitions. */
  #distribute(): void {
    for (const [p, part] of this.#parts.entries()) {
      for (const { keys, args, starts } of this.#collected) {
        const rows = starts[p + 1] - starts[p]
        if (rows === 0) continue
        this.#rowsGrouped += rows
        const cut = (column: Column): Column => column.slice(starts[p], rows)
        part.add(keys.map(cut), args.map(cut), rows, this.#scratch)
      }
      this.#scratch.reset()
    }
    this.#collected = []
    this.#collectedBytes = 0
    this.#collecting.reset()
    if (this.#share && !this.#sendsRows) this.#decideOnRows()
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

  /**
   * Keys and results, in chunks. No rows may be added afterwards. Columns are valid until the next chunk is asked for. `last`: each
   * partition's memory is given back once it has been read.
   */
  *results(arena: Arena, last = false): Generator<{ keys: Column[]; results: Column[]; rows: number }> {
    this.#distribute()
    for (const part of this.#parts) {
      const { groups } = part
      for (let start = 0; start < groups; start += chunkRowsMax) {
        arena.reset()
        const rows = Math.min(chunkRowsMax, groups - start)
        yield { keys: part.keys(start, rows, arena), results: part.results(start, rows, arena), rows }
      }
      if (last) part.end()
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
    for (const { start, parts } of this.#pieces(0, this.#parts.length, part => part.write(this.#scratch)))
      yield { kind: 'states', count: this.#parts.length, start, parts }
  }

  /** Gives the partitions of other threads to them, and their memory back, piece by piece. */
  *give({ index, count, send }: PartitionShare): Generator<void> {
    this.spread()
    this.#distribute()
    for (let step = 1; step < count; step++) {
      const to = (index + step) % count
      const written = (part: Part) => {
        const bytes = part.write(this.#scratch)
        part.end()
        return bytes
      }
      for (const { start, parts } of this.#pieces(firstPartition(to, count), firstPartition(to + 1, count), written)) {
        send(to, { kind: 'states', count: partitions, start, parts })
        yield
      }
    }
  }

  *#pieces(
    first: number,
    end: number,
    written: (part: Part) => PartialPart,
  ): Generator<{ start: number; parts: readonly PartialPart[] }> {
    let parts: PartialPart[] = []
    let bytes = 0
    for (let p = first; p < end; p++) {
      const part = written(this.#parts[p])
      parts.push(part)
      for (const buffer of [...part.keys, ...part.states]) bytes += buffer.byteLength
      if (bytes < sentBytesMin && p + 1 < end) continue
      yield { start: p + 1 - parts.length, parts }
      parts = []
      bytes = 0
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

  /** Takes in what another thread sent. */
  receive(groups: WireGroups): void {
    if (groups.kind === 'rows') this.#receiveRows(groups)
    else this.read(groups)
  }

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

/** The rows among those ordered by partition that are a thread's, and where its partitions start in them. */
function startsWithin(starts: Uint32Array, index: number, count: number) {
  const [start, end] = [starts[firstPartition(index, count)], starts[firstPartition(index + 1, count)]]
  return { start, end, own: starts.map(at => Math.min(Math.max(at, start), end) - start) }
}

/** A table (none without keys: then there is one group) and the states of its groups, in an arena of their own. */
class Part {
  readonly #table: GroupTable | null
  readonly aggregates: readonly GroupedAggregate[]
  /** Arguments of each aggregate among all. */
  readonly #starts: number[] = []
  readonly #counts: number[] = []
  #hasEnded = false

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
    if (this.#hasEnded) return 0
    return this.#table ? this.#table.size : 1
  }

  get hashable(): boolean {
    return this.#table?.hashable ?? false
  }

  hash(keys: readonly Column[], rows: number, arena: Arena): number {
    assert(this.#table !== null, 'groups without keys are not spread')
    return this.#table.hash(keys, rows, arena)
  }

  find(keys: readonly Column[], rows: number, scratch: Arena): number {
    assert(this.#table !== null, 'groups without keys are not looked for')
    return this.#table.find(keys, rows, scratch)
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
    if (groups === 0) return { groups, keys: [], states: [] }
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

  /** Gives the memory back: there are no groups any more, and none may come. */
  end(): void {
    this.#hasEnded = true
    this.arena.destroy()
  }
}
