import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { Column } from './column.ts'
import { GroupTable } from './groupTable.ts'
import { keepRows } from './keep.ts'

const partitionBits = 6
const partitions = 1 << partitionBits
/** More keys than this are spread over partitions by their hashes, so that each table fits the caches. */
const plainMax = 150_000
const collectedRowsMax = 16_000_000
const collectedBytesMax = 128 * 1024 * 1024

/**
 * The distinct keys among many rows, when only the keys count and not which row has which. Rows are collected by partition and looked up
 * partition by partition, each in a table that the caches hold.
 */
export class DistinctKeys {
  #tables: GroupTable[]
  #arenas: Arena[]
  readonly #collecting: Arena
  #collected: { columns: readonly Column[]; starts: Uint32Array }[] = []
  #rows = 0
  #bytes = 0

  constructor(
    readonly arena: Arena,
    readonly types: readonly DataType[],
  ) {
    this.#collecting = arena.child()
    const own = arena.child()
    this.#arenas = [own]
    this.#tables = [new GroupTable(own, types)]
  }

  /** Full columns of the types. */
  add(columns: readonly Column[], rows: number, scratch: Arena): void {
    if (this.#tables.length === 1) {
      const [table] = this.#tables
      table.upsert(columns, rows, scratch)
      if (table.size > plainMax && table.hashable) this.#split(scratch)
      return
    }
    const { order, starts } = this.#order(columns, rows, scratch)
    const moved = columns.map(column => keepRows(column, order, rows, this.#collecting))
    this.#collected.push({ columns: moved, starts })
    this.#rows += rows
    for (const column of moved) this.#bytes += column.byteSize()
    if (this.#rows > collectedRowsMax || this.#bytes > collectedBytesMax) this.#distribute(scratch)
  }

  #order(columns: readonly Column[], rows: number, scratch: Arena): { order: number; starts: Uint32Array } {
    const { memory } = this.arena
    const hashes = this.#tables[0].hash(columns, rows, scratch)
    const order = scratch.allocate(rows * 4)
    const starts = scratch.allocate((partitions + 1) * 4)
    memory.kernels.partitionRows(hashes, rows, partitionBits, starts, order, 0)
    return { order, starts: memory.u32.slice(starts / 4, starts / 4 + partitions + 1) }
  }

  #split(scratch: Arena): void {
    const [whole] = this.#tables
    const { size } = whole
    const columns = whole.keyColumns(scratch)
    const { order, starts } = this.#order(columns, size, scratch)
    const arenas = Array.from({ length: partitions }, () => this.arena.child())
    const tables = arenas.map(arena => new GroupTable(arena, this.types, Math.ceil((size * 2) / partitions)))
    for (const [p, table] of tables.entries()) {
      const rows = starts[p + 1] - starts[p]
      const own = columns.map(column => column.gather(order + starts[p] * 4, rows, scratch))
      table.upsert(own, rows, scratch)
    }
    this.#arenas[0].destroy()
    this.#arenas = arenas
    this.#tables = tables
  }

  #distribute(scratch: Arena): void {
    if (this.#collected.length === 0) return
    const own = scratch.child()
    for (const [p, table] of this.#tables.entries()) {
      for (const { columns, starts } of this.#collected) {
        const rows = starts[p + 1] - starts[p]
        const cut = columns.map(column => column.slice(starts[p], rows))
        if (rows > 0) table.upsert(cut, rows, own)
      }
      own.reset()
    }
    own.destroy()
    this.#collected = []
    this.#collecting.reset()
    this.#rows = 0
    this.#bytes = 0
  }

  /** How many there are. */
  size(scratch: Arena): number {
    this.#distribute(scratch)
    return this.#tables.reduce((sum, table) => sum + table.size, 0)
  }

  /** All keys, in pieces. Columns may share the tables' memory: valid until the next add. */
  pieces(arena: Arena): { columns: Column[]; rows: number }[] {
    this.#distribute(arena)
    return this.#tables
      .filter(table => table.size > 0)
      .map(table => ({ columns: table.keyColumns(arena), rows: table.size }))
  }
}
