import type { Column } from '../columns/column.ts'
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { RegexFlags } from './regex/parse.ts'
import { type Regex, regexFor } from './regex/regex.ts'
import { singleText } from './stringRows.ts'

/** A dot matches a line's end, too, in all of ClickHouse's functions. */
export const dotAll: RegexFlags = { dotAll: true }

/** The argument must be one text for all rows. */
export function constantOf(column: Column, what: string): string {
  const single = singleText(column)
  if (single === undefined) throw new DBError('ILLEGAL_COLUMN', `Argument ${what} must be constant`)
  return single
}

/**
 * A mask of the rows that hold what every match must hold, or 0 where looking for it first is not worth it: the engine itself
 * jumps to a prefix.
 */
export function candidates(regex: Regex, strings: StringColumn, arena: Arena): number {
  const { prefix, required } = regex.literals
  if (regex.isAnchored || prefix.length > 1 || required.length < 2) return 0
  const mask = arena.allocate(strings.rows)
  const { kernels } = arena.memory
  kernels.containsString(strings.offsets, strings.bytes, strings.rows, regex.required, required.length, mask)
  return mask
}

export function matchInto(strings: StringColumn, pattern: string, flags: RegexFlags, mask: number, arena: Arena): void {
  const { memory, offsets, bytes, rows } = strings
  const regex = regexFor(memory, pattern, flags)
  const { exact, required } = regex.literals
  if (exact || (!regex.isAnchored && required.length > 1)) {
    memory.kernels.containsString(offsets, bytes, rows, regex.required, required.length, mask)
    if (exact) return
  } else memory.u8.fill(1, mask, mask + rows)
  if (memory.kernels.keepRegex(regex.machine, offsets, bytes, rows, mask) < 0) arena.fail()
}
