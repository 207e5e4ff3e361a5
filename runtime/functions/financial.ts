// Net present values and internal rates of return.
import { ConstColumn } from '../columns/const.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { float64, mapNumbers } from './stringRows.ts'

const category = 'Financial'

const isCashflow = (type: DataType): boolean =>
  type instanceof ArrayType && /^(Float(32|64)|Int(8|16|32|64))$/.test(type.element.name)
const isDates = (type: DataType): boolean => type instanceof ArrayType && /^Date(32)?$/.test(type.element.name)
const isRate = (type: DataType): boolean => /^(U?Int(8|16|32|64)|Float(32|64)|Bool)$/.test(type.name)
const isFloat = (type: DataType): boolean => /^Float(32|64)$/.test(type.name)

const reader =
  <T>(column: Column): ((row: number) => T) =>
  row =>
    (column instanceof ConstColumn ? column.value.valueAt(0) : column.valueAt(row)) as T

type NumberList = readonly (number | bigint)[]

/** The sum of the flows, each over (1 + rate) to the power of its time. */
function presentValue(rate: number, flows: readonly number[], times: readonly number[]): number {
  if (rate <= -1) return Number.POSITIVE_INFINITY
  let sum = 0
  for (const [i, flow] of flows.entries()) sum += times[i] === 0 ? flow : flow / (1 + rate) ** times[i]
  return sum
}

function derivative(rate: number, flows: readonly number[], times: readonly number[]): number {
  let sum = 0
  for (const [i, flow] of flows.entries()) sum -= (times[i] * flow) / (1 + rate) ** (times[i] + 1)
  return sum
}

/** Newton's way from a guess, then halving an interval in which the value changes its sign. */
function rateOfReturn(flows: readonly number[], times: readonly number[], guess: number): number {
  const changesSign = flows.some(flow => flow > 0) && flows.some(flow => flow < 0)
  if (!changesSign) return Number.NaN
  let rate = guess
  for (let step = 0; step < 100; step++) {
    const value = presentValue(rate, flows, times)
    const slope = derivative(rate, flows, times)
    if (!Number.isFinite(value) || !Number.isFinite(slope) || slope === 0) break
    const next = rate - value / slope
    if (Math.abs(next - rate) < 1e-12 * Math.max(1, Math.abs(next))) return next
    rate = next
    if (rate <= -1) break
  }
  let [low, high] = [-0.999999, 1]
  while (presentValue(low, flows, times) * presentValue(high, flows, times) > 0) {
    high *= 2
    if (high > 1e10) return Number.NaN
  }
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2
    if (presentValue(low, flows, times) * presentValue(middle, flows, times) <= 0) high = middle
    else low = middle
  }
  return (low + high) / 2
}

/** Years from the first date on, by a way to count them. */
function yearsOf(dates: readonly number[], dayCount: string): number[] {
  const perYear = { ACT_365F: 365, ACT_365_25: 365.25 }[dayCount]
  if (perYear === undefined) throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Invalid day count value: ${dayCount}`)
  return dates.map(date => (date - dates[0]) / perYear)
}

const steps = (count: number, first: number): number[] => Array.from({ length: count }, (_, i) => i + first)

const npv = defineFunction({
  name: 'financialNetPresentValue',
  about: 'What equally spaced payments are worth today at a rate; the first is today, unless false is given.',
  category,
  arguments: [
    { name: 'rate', accepts: isRate },
    { name: 'cashflow', accepts: isCashflow },
    { name: 'startFromZero', optional: true },
  ],
  constants: 'keep',
  returns: () => float64,
  run: ([rate, cashflow, fromZero], { rows, arena }) => {
    const [rateAt, flowsAt] = [reader<number>(rate), reader<NumberList>(cashflow)]
    const first = fromZero ? reader<number | boolean>(fromZero) : () => 1
    return mapNumbers(float64, arena, rows, row => {
      const flows = flowsAt(row).map(Number)
      return presentValue(Number(rateAt(row)), flows, steps(flows.length, first(row) ? 0 : 1))
    })
  },
  examples: [['SELECT financialNetPresentValue(0.08, [-40000., 5000., 8000., 12000., 30000.])', '3065.2226681795255']],
})

const irr = defineFunction({
  name: 'financialInternalRateOfReturn',
  about: 'The rate at which equally spaced payments are worth nothing today.',
  category,
  arguments: [
    { name: 'cashflow', accepts: isCashflow },
    { name: 'guess', optional: true, accepts: isFloat },
  ],
  constants: 'keep',
  returns: () => float64,
  run: ([cashflow, guess], { rows, arena }) => {
    const flowsAt = reader<NumberList>(cashflow)
    const guessAt = guess ? reader<number>(guess) : () => 0.1
    return mapNumbers(float64, arena, rows, row => {
      const flows = flowsAt(row).map(Number)
      return rateOfReturn(flows, steps(flows.length, 0), guessAt(row))
    })
  },
  examples: [['SELECT round(financialInternalRateOfReturn([-100, 39, 59, 55, 20]), 6)', '0.280948']],
})

function datedFlows(cashflow: NumberList, dates: NumberList, dayCount: string) {
  if (cashflow.length !== dates.length)
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'Cashflow and date arrays must have the same size for each row')
  return { flows: cashflow.map(Number), years: yearsOf(dates.map(Number), dayCount) }
}

const xnpv = defineFunction({
  name: 'financialNetPresentValueExtended',
  about: 'What payments at given dates are worth at the first of them, at a rate.',
  category,
  arguments: [
    { name: 'rate', accepts: isFloat },
    { name: 'cashflow', accepts: isCashflow },
    { name: 'dates', accepts: isDates },
    { name: 'daycount', optional: true, constant: true },
  ],
  constants: 'keep',
  returns: () => float64,
  run: ([rate, cashflow, dates], { rows, arena, arguments: args }) => {
    const dayCount = String(args[3]?.constant ?? 'ACT_365F')
    const [rateAt, flowsAt, datesAt] = [reader<number>(rate), reader<NumberList>(cashflow), reader<NumberList>(dates)]
    return mapNumbers(float64, arena, rows, row => {
      const { flows, years } = datedFlows(flowsAt(row), datesAt(row), dayCount)
      return presentValue(rateAt(row), flows, years)
    })
  },
})

const xirr = defineFunction({
  name: 'financialInternalRateOfReturnExtended',
  about: 'The rate at which payments at given dates are worth nothing at the first of them.',
  category,
  arguments: [
    { name: 'cashflow', accepts: isCashflow },
    { name: 'dates', accepts: isDates },
    { name: 'guess', optional: true, accepts: isFloat },
    { name: 'daycount', optional: true, constant: true },
  ],
  constants: 'keep',
  returns: () => float64,
  run: ([cashflow, dates, guess], { rows, arena, arguments: args }) => {
    const dayCount = String(args[3]?.constant ?? 'ACT_365F')
    const [flowsAt, datesAt] = [reader<NumberList>(cashflow), reader<NumberList>(dates)]
    const guessAt = guess ? reader<number>(guess) : () => 0.1
    return mapNumbers(float64, arena, rows, row => {
      const { flows, years } = datedFlows(flowsAt(row), datesAt(row), dayCount)
      return rateOfReturn(flows, years, guessAt(row))
    })
  },
})

export const financial: readonly FunctionDefinition[] = [npv, irr, xnpv, xirr]
