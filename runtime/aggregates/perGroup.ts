// Functions that look at all values of a group one after another. None is on a hot path: they read values one by one.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { type AggregateDefinition, defineAggregate } from './aggregate.ts'
import { Collected } from './collected.ts'

/** A group's rows: the value of argument i in row r of the group. */
type At = (argument: number, row: number) => Value

interface PerGroup {
  readonly name: string
  readonly about: string
  readonly aliases?: readonly string[]
  readonly type: (types: readonly DataType[], parameters: readonly Value[]) => DataType
  readonly result: (at: At, rows: number, parameters: readonly Value[], types: readonly DataType[]) => Value
  readonly examples?: AggregateDefinition['examples']
}

const uint8 = parseType('UInt8')
const float64 = parseType('Float64')
const string = parseType('String')

const functions: readonly PerGroup[] = [
  {
    name: 'groupConcat',
    aliases: ['group_concat'],
    about: 'All values as text, one behind another, the first parameter between them.',
    type: types => expect('groupConcat', types, 1, string),
    result: (at, rows, [separator = ''], [type]) =>
      Array.from({ length: rows }, (_, row) => type.print(at(0, row))).join(String(separator)),
    examples: [["SELECT groupConcat(',')(number) FROM numbers(3)", '0,1,2']],
  },
  {
    name: 'entropy',
    about: "Shannon's entropy of the values, in bits.",
    type: () => float64,
    result: (at, rows) => {
      const counts = new Map<string, number>()
      for (let row = 0; row < rows; row++) {
        const key = String(at(0, row))
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      let sum = 0
      for (const count of counts.values()) sum -= (count / rows) * Math.log2(count / rows)
      return sum
    },
  },
  {
    name: 'retention',
    about: 'For each condition 1 where both the first one and it were ever true.',
    type: () => new ArrayType(uint8),
    result: (at, rows, _parameters, types) => {
      const met = types.map((_, i) => {
        for (let row = 0; row < rows; row++) if (at(i, row)) return true
        return false
      })
      return met.map(each => (met[0] && each ? 1 : 0))
    },
  },
  {
    name: 'windowFunnel',
    about: 'How many of the conditions were met in order, within a window of time behind the first one.',
    type: types => expect('windowFunnel', types, 2, uint8, true),
    result: (at, rows, [window], types) => funnel(at, rows, Number(window), types.length - 1),
  },
  {
    name: 'groupArrayInsertAt',
    about: 'Values at the positions that the second argument gives; gaps have the default.',
    type: types => new ArrayType(expect('groupArrayInsertAt', types, 2, types[0])),
    result: (at, rows, [fill, size], [type]) => {
      const target: Value[] = []
      const length = size === undefined ? Infinity : Number(size)
      for (let row = 0; row < rows; row++) {
        const position = Number(at(1, row))
        if (position >= length || target[position] !== undefined) continue
        target[position] = at(0, row)
      }
      const total = size === undefined ? target.length : length
      return Array.from({ length: total }, (_, i) => target[i] ?? fill ?? type.default)
    },
  },
  {
    name: 'simpleLinearRegression',
    about: 'Slope and intercept of the line that fits best, as a tuple.',
    type: () => parseType('Tuple(k Float64, b Float64)'),
    result: (at, rows) => {
      let [n, x, y, xx, xy] = [0, 0, 0, 0, 0]
      for (let row = 0; row < rows; row++) {
        const [a, b] = [Number(at(0, row)), Number(at(1, row))]
        n++
        x += a
        y += b
        xx += a * a
        xy += a * b
      }
      const divisor = n * xx - x * x
      const slope = n === 0 || divisor === 0 ? Number.NaN : (n * xy - x * y) / divisor
      return [slope, n === 0 ? Number.NaN : (y - slope * x) / n]
    },
  },
]

/** The longest chain of conditions met one after another (or at once) inside a window that starts at the first. */
function funnel(at: At, rows: number, window: number, conditions: number): number {
  const events: { time: number; condition: number }[] = []
  for (let row = 0; row < rows; row++)
    for (let condition = 0; condition < conditions; condition++)
      if (at(condition + 1, row)) events.push({ time: Number(at(0, row)), condition })
  events.sort((a, b) => a.time - b.time || a.condition - b.condition)
  /** When the chain that has reached each condition began. */
  const began: (number | undefined)[] = Array(conditions).fill(undefined)
  let best = 0
  for (const { time, condition } of events) {
    const start = condition === 0 ? time : began[condition - 1]
    if (start === undefined || time > start + window) continue
    began[condition] = start
    best = Math.max(best, condition + 1)
  }
  return best
}

function expect(name: string, types: readonly DataType[], count: number, type: DataType, orMore = false): DataType {
  if (types.length === count || (orMore && types.length > count)) return type
  throw new DBError(
    'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
    `Aggregate function ${name} takes ${count} arguments, ${types.length} given`,
  )
}

export const perGroupAggregates: readonly AggregateDefinition[] = functions.map(each =>
  defineAggregate({
    name: each.name,
    aliases: each.aliases,
    about: each.about,
    examples: each.examples,
    bind: (types, parameters) => {
      const type = each.type(types, parameters)
      return { type, create: arena => new OneByOne(arena, types, type, each, parameters) }
    },
  }),
)

class OneByOne extends Collected {
  constructor(
    arena: Arena,
    types: readonly DataType[],
    readonly type: DataType,
    readonly definition: PerGroup,
    readonly parameters: readonly Value[],
  ) {
    super(arena, types)
  }

  result(start: number, count: number, arena: Arena): Column {
    const { offsets, columns } = this.grouped(start + count, arena)
    const { u32 } = this.memory
    const results = Array.from({ length: count }, (_, i) => {
      const [from, to] = [u32[offsets / 4 + start + i], u32[offsets / 4 + start + i + 1]]
      const at: At = (argument, row) => columns[argument].valueAt(from + row)
      return this.definition.result(at, to - from, this.parameters, this.types)
    })
    return columnOf(this.type, results, arena)
  }
}
