import type { Arena } from '../core/memory.ts'
import type { StringColumn } from './string.ts'

/** Where the text of each row lies: byte offsets from base, which may wrap around 2^32. Who is given spans may change them. */
export interface Spans {
  /** u32[rows] */
  readonly starts: number
  /** u32[rows] */
  readonly ends: number
  readonly base: number
  readonly rows: number
}

/** A string column's texts, as spans of its own. */
export function spansOfStrings(column: StringColumn, arena: Arena): Spans {
  const { rows, memory } = column
  const starts = arena.allocate(rows * 4)
  const ends = arena.allocate(rows * 4)
  memory.u8.copyWithin(starts, column.offsets, column.offsets + rows * 4)
  memory.u8.copyWithin(ends, column.offsets + 4, column.offsets + 4 + rows * 4)
  return { starts, ends, base: column.bytes, rows }
}

/** Room for `rows` spans of text at base. */
export function newSpans(rows: number, base: number, arena: Arena): Spans {
  return { starts: arena.allocate(rows * 4), ends: arena.allocate(rows * 4), base, rows }
}

/** Rows [start, start + length). */
export function sliceSpans({ starts, ends, base }: Spans, start: number, length: number): Spans {
  return { starts: starts + start * 4, ends: ends + start * 4, base, rows: length }
}

/** One row's text. */
export function spanText({ starts, ends, base }: Spans, row: number, arena: Arena): string {
  const { u32 } = arena.memory
  const start = u32[starts / 4 + row]
  return arena.memory.text((base + start) >>> 0, Math.max(u32[ends / 4 + row] - start, 0))
}
