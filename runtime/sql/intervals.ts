import { TokenKind } from './lexer.ts'
import type { Cursor } from './cursor.ts'

/** Units of intervals, as in toInterval..., by each word for them. */
const units = new Map<string, string>()
for (const [unit, short] of [
  ['Nanosecond', ['NS']],
  ['Microsecond', ['US']],
  ['Millisecond', ['MS']],
  ['Second', ['SS', 'S']],
  ['Minute', ['MI', 'N']],
  ['Hour', ['HH', 'H']],
  ['Day', ['DD', 'D']],
  ['Week', ['WW', 'WK']],
  ['Month', ['MM', 'M']],
  ['Quarter', ['QQ', 'Q']],
  ['Year', ['YYYY', 'YY']],
] as const) {
  const word = unit.toUpperCase()
  for (const name of [word, `${word}S`, `SQL_TSI_${word}`, ...short]) units.set(name, unit)
}

/** 'Day' for `DAY`, `DAYS`, `SQL_TSI_DAY` or `DD`; undefined for what is no unit. */
export function intervalUnit(word: string): string | undefined {
  return units.get(word)
}

export function takeIntervalUnit(cursor: Cursor): string {
  const unit = cursor.kind() === TokenKind.word ? units.get(cursor.peek()) : undefined
  if (!unit) cursor.fail('interval unit')
  cursor.skip()
  return unit
}
