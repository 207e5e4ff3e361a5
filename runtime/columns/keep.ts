import type { Arena } from '../core/memory.ts'
import { ArrayColumn } from './array.ts'
import { Chunk } from './chunk.ts'
import type { Column } from './column.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'
import { NullableColumn } from './nullable.ts'
import { TupleColumn } from './tuple.ts'

/**
 * Rows by number in memory of the arena alone, for who keeps them longer than their chunk lives: gather shares dictionaries, this copies
 * what the rows use of them. indices: pointer to u32[count].
 */
export function keepRows(column: Column, indices: number, count: number, arena: Arena): Column {
  return withOwnDictionaries(column.full(arena).gather(indices, count, arena), arena)
}

export function keepChunk(chunk: Chunk, indices: number, count: number, arena: Arena): Chunk {
  return new Chunk(
    chunk.columns.map(column => keepRows(column, indices, count, arena)),
    count,
  )
}

/** All rows. */
export function keepColumn(column: Column, arena: Arena): Column {
  const indices = arena.allocate(column.rows * 4)
  arena.memory.kernels.fillRange(0, 1, column.rows, indices)
  return keepRows(column, indices, column.rows, arena)
}

function withOwnDictionaries(column: Column, arena: Arena): Column {
  if (column instanceof LowCardinalityColumn) return ownDictionary(column, arena)
  if (column instanceof ArrayColumn)
    return new ArrayColumn(column.offsets, withOwnDictionaries(column.elements, arena), column.rows, column.type)
  if (column instanceof TupleColumn) {
    const columns = column.columns.map(element => withOwnDictionaries(element, arena))
    return new TupleColumn(column.memory, columns, column.rows, column.type)
  }
  if (column instanceof NullableColumn)
    return new NullableColumn(column.nulls, withOwnDictionaries(column.values, arena), column.type)
  return column
}

/** Entry 0, which has a meaning, and the entries that are used. */
function ownDictionary({ dictionary, indices, rows, type, memory }: LowCardinalityColumn, arena: Arena): Column {
  const { kernels } = memory
  const used = arena.allocate((Math.min(rows, dictionary.rows) + 2) * 4)
  const seen = arena.allocateZeroed(dictionary.rows * 4)
  const local = arena.allocate(rows * 4)
  memory.u32[used / 4] = 0
  memory.u32[seen / 4] = 1
  const count = kernels.usedEntries(indices, rows, local, used, seen, 1)
  return new LowCardinalityColumn(dictionary.gather(used, count, arena), local, rows, type)
}
