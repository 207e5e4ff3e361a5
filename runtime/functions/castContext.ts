import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'

/** What a cast does with rows that have no value in the new type. */
export interface CastContext {
  readonly arena: Arena
  /** u8[rows]: rows that are NULL, whose bytes mean nothing and never fail; 0 for none. */
  readonly nulls: number
  /** u8[rows], zeroed: set to 1 for rows that fail, which get the type's default. 0: a failure is thrown. */
  readonly failures: number
  /** Numbers must keep their value; else they wrap, as CAST does. */
  readonly isAccurate: boolean
}

/** Handles a row that fails: ignored where it is NULL, marked where failures are collected, thrown otherwise. */
export function failRow(context: CastContext, row: number, error: () => DBError): void {
  const { u8 } = context.arena.memory
  if (context.nulls !== 0 && u8[context.nulls + row]) return
  if (context.failures === 0) throw error()
  u8[context.failures + row] = 1
}

/** The same for a mask of failing rows, u8[rows]. */
export function failRows(context: CastContext, mask: number, rows: number, error: () => DBError): void {
  const { arena, nulls, failures } = context
  const { kernels } = arena.memory
  if (nulls !== 0) kernels.maskAndNot(mask, nulls, mask, rows)
  if (failures !== 0) kernels.maskOr(failures, mask, failures, rows)
  else if (kernels.firstInMask(mask, rows) >= 0) throw error()
}

export const notSafe = (from: string, to: string) => (): DBError =>
  new DBError('CANNOT_CONVERT_TYPE', `Value in column ${from} cannot be safely converted into type ${to}`)
