import { concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'

/** Probe rows with the build rows of the same key. Row numbers of the build side count from the first row ever added. */
export interface JoinedPairs {
  readonly count: number
  /** u32[count]: rows of the probe chunk, never falling. */
  readonly probe: number
  /** u32[count]: rows of the build side; 0xffffffff (noRow) where an outer join found none. */
  readonly build: number
}

/**
 * The build side of a hash join: rows by their keys. Add all of it, then seal, then probe. A row with a NULL in its key joins nothing,
 * as ClickHouse has it.
 */
export class JoinTable {
  readonly #table: GroupTable
  readonly #ids: { pointer: number; rows: number }[] = []
  #rows = 0
  #offsets = 0
  #list = 0

  constructor(
    readonly arena: Arena,
    readonly types: readonly DataType[],
  ) {
    this.#table = new GroupTable(arena, types)
  }

  /** Rows of the build side. */
  get rows(): number {
    return this.#rows
  }

  /** Distinct keys. */
  get keys(): number {
    return this.#table.size
  }

  /** scratch: lives until the call ends. */
  add(columns: readonly Column[], rows: number, scratch: Arena): void {
    assert(this.#offsets === 0, 'a sealed table takes no more rows')
    const { memory } = this.arena
    const ids = this.#table.upsert(columns, rows, scratch)
    forNulls(columns, ids, rows, scratch)
    const kept = this.arena.allocate(rows * 4)
    memory.u8.copyWithin(kept, ids, ids + rows * 4)
    this.#ids.push({ pointer: kept, rows })
    this.#rows += rows
    if (this.#rows > 0x7fffffff) throw new DBError('TOO_MANY_ROWS', 'The right side of a JOIN has more than 2^31 rows')
  }

  /** All rows are there. */
  seal(): void {
    const { memory } = this.arena
    // One group more than there are keys: the rows whose key has a NULL.
    const groups = this.#table.size + 1
    const ids = this.arena.allocate(this.#rows * 4)
    let at = ids
    for (const { pointer, rows } of this.#ids) {
      memory.u8.copyWithin(at, pointer, pointer + rows * 4)
      this.arena.free(pointer)
      at += rows * 4
    }
    this.#ids.length = 0
    memory.kernels.capU32(ids, this.#rows, groups - 1)
    this.#offsets = this.arena.allocate((groups + 1) * 4)
    this.#list = this.arena.allocate(this.#rows * 4)
    memory.kernels.groupRows(ids, this.#rows, groups, this.#offsets, this.#list)
    this.arena.free(ids)
  }

  /** Each probe row's key, for pairs, first and found: u32[rows] in arena. */
  probe(columns: readonly Column[], rows: number, arena: Arena): Probe {
    assert(this.#offsets !== 0, 'a table is sealed before it is probed')
    const ids = this.#table.find(columns, rows, arena)
    forNulls(columns, ids, rows, arena)
    return new Probe(ids, rows, this.#offsets, this.#list, arena)
  }

  /** u8[rows] in arena, to be marked by Probe.mark: 1 for build rows that joined. For RIGHT and FULL joins. */
  newMarks(arena: Arena): number {
    return arena.allocateZeroed(this.#rows)
  }

  /** The build rows not marked: u32[count]. Rows with a NULL in their key are among them. */
  unmarked(marks: number, arena: Arena): { rows: number; count: number } {
    const { kernels } = this.arena.memory
    const target = arena.allocate(this.#rows * 4 + 64)
    const inverted = arena.allocate(this.#rows)
    kernels.maskNot(marks, inverted, this.#rows)
    return { rows: target, count: kernels.maskToIndices(inverted, this.#rows, target) }
  }
}

/** One probe chunk against a sealed table. */
export class Probe {
  readonly #position: number

  constructor(
    /** u32[rows]: each row's key number, 0xffffffff without a match. */
    readonly ids: number,
    readonly rows: number,
    readonly offsets: number,
    readonly list: number,
    readonly arena: Arena,
  ) {
    this.#position = arena.allocateZeroed(8)
  }

  /** The next pairs, at most pairsMax; null when all were given. outer: rows without a match come with noRow. */
  pairs(pairsMax: number, outer: boolean): JoinedPairs | null {
    const { memory } = this.arena
    if (memory.u32[this.#position / 4] >= this.rows) return null
    const probe = this.arena.allocate(pairsMax * 4)
    const build = this.arena.allocate(pairsMax * 4)
    const count = memory.kernels.joinEmit(
      this.ids,
      this.rows,
      this.offsets,
      this.list,
      this.#position,
      pairsMax,
      probe,
      build,
      outer ? 1 : 0,
    )
    return { count, probe, build }
  }

  /** One build row for each probe row, the first or last of its key, or noRow: u32[rows]. For ANY joins. */
  one(last = false): number {
    const build = this.arena.allocate(this.rows * 4)
    this.arena.memory.kernels.joinPick(this.ids, this.rows, this.offsets, this.list, build, last ? 1 : 0)
    return build
  }

  /** u8[rows]: 1 where the key has build rows. For SEMI, ANTI and IN. */
  found(): number {
    const mask = this.arena.allocate(this.rows)
    this.arena.memory.kernels.rowsFound(this.ids, this.rows, mask)
    return mask
  }
}

/** Build rows of pairs into marks: u8 by build row. */
export function markJoined(marks: number, pairs: { count: number; build: number }, arena: Arena): void {
  arena.memory.kernels.markJoined(marks, pairs.build, pairs.count)
}

/** The chunks' columns as one, for gather by build row numbers: what a join keeps of its build side. */
export function buildColumns(chunks: readonly (readonly Column[])[], arena: Arena): Column[] {
  return chunks[0].map((_, i) =>
    concatColumns(
      chunks.map(columns => columns[i]),
      arena,
    ),
  )
}

/** A key with a NULL is no key. */
function forNulls(columns: readonly Column[], ids: number, rows: number, arena: Arena): void {
  for (const column of columns) {
    if (!column.type.isNullable) continue
    const nullable = nullMap(column, arena)
    if (nullable !== 0) arena.memory.kernels.dropIds(ids, nullable, rows)
  }
}

function nullMap(column: Column, arena: Arena): number {
  const full = column.full(arena)
  const plain = 'plain' in full ? (full as { plain(arena: Arena): Column }).plain(arena) : full
  return plain instanceof NullableColumn ? plain.nulls : 0
}
