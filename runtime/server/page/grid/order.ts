import type { Run } from '../net/run.ts'
import { kindOf } from './types.ts'

export interface Order {
  readonly column: number
  readonly isDescending: boolean
}

/**
 * Row numbers in the order of one column, NULLs last. Integers of any width are compared exactly: by their doubles first, and
 * by their digits where those are equal.
 */
export function orderOf(run: Run, { column, isDescending }: Order): Uint32Array {
  const { rows } = run.rows!
  const order = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) order[i] = i
  const sign = isDescending ? -1 : 1
  if (kindOf(run.columns[column].type) === 'number') {
    const values = new Float64Array(rows)
    const texts: string[] | null = /128|256|64|Decimal/.test(run.columns[column].type) ? new Array(rows) : null
    for (let i = 0; i < rows; i++) {
      const cell = run.rows!.cell(i, column)
      values[i] = cell === null ? Number.NaN : numberOf(cell)
      if (texts) texts[i] = cell ?? ''
    }
    return order.sort((a, b) => {
      const x = values[a]
      const y = values[b]
      if (x < y) return -sign
      if (x > y) return sign
      if (x === y) return (texts && Math.abs(x) > 2 ** 53 ? sign * byDigits(texts[a], texts[b]) : 0) || a - b
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b
    })
  }
  const texts = Array.from({ length: rows }, (_, i) => run.rows!.cell(i, column))
  return order.sort((a, b) => {
    const x = texts[a]
    const y = texts[b]
    if (x === null || y === null) return Number(x === null) - Number(y === null) || a - b
    return x < y ? -sign : x > y ? sign : a - b
  })
}

export function numberOf(text: string): number {
  if (text === 'inf' || text === '+inf') return Number.POSITIVE_INFINITY
  if (text === '-inf') return Number.NEGATIVE_INFINITY
  return text === '' ? Number.NaN : Number(text)
}

function byDigits(a: string, b: string): number {
  const x = whole(a)
  const y = whole(b)
  return x < y ? -1 : x > y ? 1 : 0
}

const whole = (text: string): bigint => {
  const [digits] = text.split('.')
  return /^-?\d+$/.test(digits) ? BigInt(digits) : 0n
}
