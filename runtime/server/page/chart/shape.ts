// Whether a result can be drawn, and how it is best drawn before anybody has chosen.
import type { Run } from '../net/run.ts'
import { numberOf } from '../grid/order.ts'
import { type Kind, isInteger, kindOf } from '../grid/types.ts'

export type ChartKind = 'line' | 'bar' | 'scatter'

export interface ChartChoice {
  kind: ChartKind
  /** Column numbers. */
  x: number
  y: number[]
  /** Its values become lines of their own; -1: none. */
  series: number
}

/** null: there is nothing to draw. */
export function suggest(run: Run): ChartChoice | null {
  const { columns, rowCount } = run
  if (rowCount < 2 || columns.length === 0) return null
  const kinds = columns.map(({ type }) => kindOf(type))
  const all = (kind: Kind) => kinds.flatMap((each, at) => (each === kind ? [at] : []))
  const numbers = all('number')
  const categories = kinds.flatMap((kind, at) => (kind === 'text' || kind === 'bool' ? [at] : []))
  const [time] = all('time')
  if (numbers.length === 0) return null
  const [name, second] = categories
  // Names that are all different are what the rows are about, whatever time stands beside them.
  const isAboutNames = name !== undefined && (time === undefined || (name < time && !hasRepeats(run, name)))
  if (time !== undefined && !isAboutNames) {
    const series = hasRepeats(run, time) ? categories.find(at => distinctUpTo(run, at, 50) <= 20) : undefined
    return { kind: 'line', x: time, y: similar(run, numbers, series !== undefined), series: series ?? -1 }
  }
  if (isAboutNames) {
    const series = second !== undefined && hasRepeats(run, name) && distinctUpTo(run, second, 20) <= 12 ? second : -1
    return { kind: 'bar', x: name, y: similar(run, numbers, series >= 0), series }
  }
  if (numbers.length < 2) return null
  const [x, ...y] = numbers
  if (!isIncreasing(run, x)) return { kind: 'scatter', x, y: [y[0]], series: -1 }
  const kind = isInteger(columns[x].type) && rowCount <= 40 ? 'bar' : 'line'
  return { kind, x, y: similar(run, y, false), series: -1 }
}

/** Numbers of one size share an axis; those of another would lie flat on it. */
function similar(run: Run, numbers: number[], onlyOne: boolean): number[] {
  const [first] = numbers
  if (onlyOne) return [first]
  const size = largest(run, first)
  return numbers.filter(at => {
    const other = largest(run, at)
    return at === first || (other > 0 && size > 0 && Math.max(other / size, size / other) < 50)
  })
}

function largest(run: Run, column: number): number {
  let size = 0
  for (let row = 0; row < Math.min(run.rowCount, 1000); row++) {
    const value = Math.abs(numberOf(run.rows!.cell(row, column) ?? ''))
    if (Number.isFinite(value)) size = Math.max(size, value)
  }
  return size
}

function hasRepeats(run: Run, column: number): boolean {
  const rows = Math.min(run.rowCount, 2000)
  return distinctUpTo(run, column, rows + 1, rows) < rows
}

function distinctUpTo(run: Run, column: number, max: number, rows = Math.min(run.rowCount, 5000)): number {
  const seen = new Set<string | null>()
  for (let row = 0; row < rows && seen.size < max; row++) seen.add(run.rows!.cell(row, column))
  return seen.size
}

function isIncreasing(run: Run, column: number): boolean {
  let before = Number.NEGATIVE_INFINITY
  for (let row = 0; row < Math.min(run.rowCount, 20_000); row++) {
    const value = numberOf(run.rows!.cell(row, column) ?? '')
    if (!(value > before)) return false
    before = value
  }
  return true
}
