// From rows to what uPlot draws: one ascending x and a column of numbers for each series.
import { numberOf } from '../grid/order.ts'
import { kindOf } from '../grid/types.ts'
import type { Run } from '../net/run.ts'
import type { ChartChoice } from './shape.ts'

export interface Points {
  readonly xKind: 'time' | 'number' | 'category'
  readonly xs: number[]
  /** Of categories: what stands under each x. */
  readonly labels: string[]
  readonly series: { readonly name: string; readonly values: (number | null)[] }[]
  /** What was left out; '' if nothing. */
  readonly note: string
}

const pointsMax = 200_000
const categoriesMax = 60
const seriesMax = 8

export function pointsOf(run: Run, { kind, x, y, series }: ChartChoice): Points {
  const { columns } = run
  const notes: string[] = []
  const rows = Math.min(run.rowCount, pointsMax)
  if (rows < run.rowCount) notes.push(`first ${pointsMax.toLocaleString('en-US')} rows`)
  const cell = (row: number, column: number) => run.rows!.cell(row, column)
  const xType = kindOf(columns[x].type)
  // Bars stand beside each other whatever they are of.
  const xKind =
    kind === 'bar' || (xType !== 'time' && xType !== 'number') ? 'category' : xType === 'time' ? 'time' : 'number'

  const names = new Map<string, number>()
  if (series >= 0) {
    const totals = new Map<string, number>()
    for (let row = 0; row < rows; row++) {
      const name = cell(row, series) ?? 'NULL'
      totals.set(name, (totals.get(name) ?? 0) + Math.abs(number(cell(row, y[0])) ?? 0))
    }
    const largest = Array.from(totals).sort((a, b) => b[1] - a[1])
    if (largest.length > seriesMax) notes.push(`the largest ${seriesMax} of ${largest.length} ${columns[series].name}`)
    for (const [name] of largest.slice(0, seriesMax)) names.set(name, names.size)
  } else for (const column of y.slice(0, seriesMax)) names.set(columns[column].name, names.size)

  const at = new Map<string | number, number>()
  const xs: number[] = []
  const labels: string[] = []
  const values: (number | null)[][] = Array.from(names, () => [])
  // Without series every row is a point of its own, and an x may come twice.
  const many = kind === 'scatter' || series < 0
  for (let row = 0; row < rows; row++) {
    const text = cell(row, x)
    const key = xKind === 'category' ? (text ?? 'NULL') : xKind === 'time' ? seconds(text) : number(text)
    if (key === null) continue
    let place = many ? undefined : at.get(key)
    if (place === undefined) {
      if (xKind === 'category' && xs.length >= categoriesMax) {
        if (!notes.includes(`first ${categoriesMax} bars`)) notes.push(`first ${categoriesMax} bars`)
        continue
      }
      place = xs.length
      at.set(key, place)
      xs.push(xKind === 'category' ? place : (key as number))
      if (xKind === 'category') labels.push(key as string)
      for (const column of values) column.push(null)
    }
    if (series >= 0) {
      const which = names.get(cell(row, series) ?? 'NULL')
      if (which !== undefined) values[which][place] = number(cell(row, y[0]))
    } else y.slice(0, seriesMax).forEach((column, which) => (values[which][place] = number(cell(row, column))))
  }
  const sorted = xs.map((_, i) => i).sort((a, b) => xs[a] - xs[b])
  return {
    xKind,
    xs: sorted.map(i => xs[i]),
    labels,
    series: Array.from(names, ([name], which) => ({ name, values: sorted.map(i => values[which][i]) })),
    note: notes.join(', '),
  }
}

function number(text: string | null): number | null {
  if (text === null) return null
  const value = numberOf(text)
  return Number.isFinite(value) ? value : null
}

/** The time as it was written, taken for UTC: the axis shows the server's clock. */
function seconds(text: string | null): number | null {
  if (text === null) return null
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(\.\d+)?)?/.exec(text)
  if (!match) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0'] = match
  return Date.UTC(+year, +month - 1, +day, +hour, +minute, +second) / 1000 + Number(fraction)
}
