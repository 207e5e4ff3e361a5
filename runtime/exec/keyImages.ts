// What a range of one expression's values says of a function over it: `toDate(t)` lies between toDate(low) and toDate(high) when t
// lies between low and high. So a condition on a function of a key column prunes by that column, and a condition on a column prunes
// by a key that is a function of it.
import { type CallNode, columnsOf, type Typed, walk } from '../analyzer/typed.ts'
import { constColumn } from '../columns/build.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { bindFunction, plainType } from '../functions/bind.ts'
import { findFunction } from '../functions/registry.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { QueryContext } from './context.ts'
import { compareValues, everything, exactly, type KeyCondition, type Range } from './keyCondition.ts'

/** A function of an expression that is known by its key. */
export interface Image {
  readonly inner: string
  /** Where the function's values lie over a range of the inner expression's; everything, if that cannot be said. */
  of(range: Range): Range
}

/** By the keys of the expressions that they are the values of. */
export type Images = ReadonlyMap<string, Image>

export const noImages: Images = new Map()

/** Of a set, whose function values are looked up one by one. */
const pointsMax = 1000

/** Each function of a single expression that the filters name. */
export function imagesOf(filters: readonly Typed[], evaluator: ImageEvaluator): Images {
  const images = new Map<string, Image>()
  for (const filter of filters)
    walk(filter, node => {
      const image = node.kind === 'call' && !images.has(node.key) ? evaluator.image(node) : null
      if (image) images.set(node.key, image)
      return true
    })
  return images
}

/** The range of a key: as given, or that of the function that it is. */
export function rangeThrough(
  rangeOf: (key: string) => Range | undefined,
  images: Images,
): (key: string) => Range | undefined {
  const find = (key: string): Range | undefined => {
    const known = rangeOf(key)
    if (known) return known
    const image = images.get(key)
    const inner = image && find(image.inner)
    return inner && image.of(inner)
  }
  return find
}

/** The keys of a condition, and those that they are functions of. */
export function withInnerKeys(keys: ReadonlySet<string>, images: Images): Set<string> {
  const all = new Set(keys)
  for (const key of keys) for (let image = images.get(key); image; image = images.get(image.inner)) all.add(image.inner)
  return all
}

/** The condition, with what it says of key expressions over the expressions that it names. */
export function withKeyImages(
  condition: KeyCondition,
  keys: readonly Typed[],
  evaluator: ImageEvaluator,
): KeyCondition {
  const chains = new Map<string, { readonly key: string; of(range: Range): Range }[]>()
  for (const key of keys) {
    let chain = (range: Range): Range => range
    let node = key
    while (node.kind === 'call') {
      const image = evaluator.image(node)
      if (!image) break
      const outer = chain
      chain = range => outer(image.of(range))
      const chained = chain
      const list = chains.get(image.inner) ?? []
      list.push({ key: key.key, of: chained })
      chains.set(image.inner, list)
      node = variableOf(node) as Typed
    }
  }
  if (chains.size === 0) return condition
  const extend = (part: KeyCondition): KeyCondition => {
    if ('parts' in part) return { ...part, parts: part.parts.map(extend) }
    if (part.kind !== 'range' && part.kind !== 'points') return part
    const derived = (chains.get(part.key) ?? []).flatMap(({ key, of }): KeyCondition[] => {
      if (part.kind === 'range') {
        const range = of(part.range)
        return range === everything ? [] : [{ kind: 'range', key, range }]
      }
      if (part.negated) return []
      let mapped: readonly Value[] | null | undefined
      const points = () => (mapped === undefined ? (mapped = mapPoints(part.points(), of)) : mapped)
      return [{ kind: 'points', key, points, negated: false }]
    })
    return derived.length === 0 ? part : { kind: 'and', parts: [part, ...derived] }
  }
  return extend(condition)
}

function mapPoints(points: readonly Value[] | null, of: (range: Range) => Range): readonly Value[] | null {
  if (!points || points.length > pointsMax) return null
  const mapped: Value[] = []
  for (const point of points) {
    const { low, high } = of(exactly(point))
    if (low === undefined || high === undefined || compareValues(low, high) !== 0) return null
    mapped.push(low)
  }
  return mapped.sort(compareValues)
}

/** The only argument that is no constant; null when there are several. */
function variableOf(node: CallNode): Typed | null {
  const variables = node.args.filter(arg => arg.kind !== 'constant')
  return variables.length === 1 && variables[0].kind !== 'lambda' ? variables[0] : null
}

const evaluationsMax = 20_000

/** Values of functions at single points, each computed once. */
export class ImageEvaluator {
  readonly #arena: Arena
  readonly #images = new Map<string, Image | null>()
  #evaluations = 0

  constructor(readonly context: QueryContext) {
    this.#arena = context.newArena()
  }

  release(): void {
    this.context.release(this.#arena)
  }

  /** The function that a node is of its only variable argument; null when nothing is known of its course. */
  image(node: CallNode): Image | null {
    const known = this.#images.get(node.key)
    if (known !== undefined) return known
    const made = this.#image(node)
    this.#images.set(node.key, made)
    return made
  }

  #image(node: CallNode): Image | null {
    const variable = variableOf(node)
    if (!variable || !node.bound.deterministic || columnsOf(variable).size === 0) return null
    const course = courseOf(node, variable)
    const values = new Map<Value, Value | undefined>()
    const at = (value: Value): Value | undefined => {
      if (!values.has(value)) values.set(value, this.#run(node.bound, node, variable, value))
      return values.get(value)
    }
    const factor = course?.sameOf ? this.#factor(course.sameOf, node, variable) : null
    const of = ({ low, high }: Range): Range => {
      if (low === null || high === null) return everything
      if (low !== undefined && high !== undefined && compareValues(low, high) === 0) {
        const value = at(low)
        return value === undefined || value === null || Number.isNaN(value) ? everything : exactly(value)
      }
      if (!course) return everything
      const [from, to] = [low === undefined ? undefined : at(low), high === undefined ? undefined : at(high)]
      if ((low !== undefined && from === undefined) || (high !== undefined && to === undefined)) return everything
      if (from === null || to === null || Number.isNaN(from) || Number.isNaN(to)) return everything
      const isOpen = from === undefined || to === undefined
      if (isOpen && (!course.always || (from === undefined && to === undefined))) return everything
      if (factor && (isOpen || !sameFactor(factor, low, high))) return everything
      if (!isOpen && course.holds && !course.holds(low as Value, from)) return everything
      if (!isOpen && course.holds && !course.holds(high as Value, to)) return everything
      if (!isOpen && course.between && !course.between(low as Value, high as Value)) return everything
      const [least, most] = course.falls ? [to, from] : [from, to]
      if (least !== undefined && most !== undefined && compareValues(least, most) > 0) return everything
      return { low: least, high: most, lowOpen: false, highOpen: false }
    }
    return { inner: variable.key, of }
  }

  /** A coarser function over the same variable, such as the day of an hour. */
  #factor(name: string, node: CallNode, variable: Typed): ((value: Value) => Value | undefined) | null {
    const definition = findFunction(name)
    if (!definition) return null
    const rest = node.args.filter(arg => arg !== variable)
    const infos = [variable, ...rest].map(arg => ({
      type: arg.type,
      constant: arg.kind === 'constant' ? arg.value : undefined,
    }))
    const bound = bindFunction(definition, infos, this.context.environment)
    return value => this.#run(bound, node, variable, value)
  }

  #run(bound: CallNode['bound'], node: CallNode, variable: Typed, value: Value): Value | undefined {
    if (this.#evaluations++ > evaluationsMax) return undefined
    this.#arena.reset()
    const column = (type: DataType, of: Value) => constColumn(type, of, 1, this.#arena)
    try {
      const args = node.args.map(arg =>
        arg.kind === 'constant' ? column(arg.type, arg.value) : column(variable.type, value),
      )
      return bound.run(args, 1, this.#arena).valueAt(0)
    } catch (error) {
      // What cannot be computed at an end of the range (a division by zero, a text that is no date) says nothing of the rest.
      if (error instanceof DBError) return undefined
      throw error
    }
  }
}

const sameFactor = (factor: (value: Value) => Value | undefined, low: Value | undefined, high: Value | undefined) => {
  if (low === undefined || high === undefined) return false
  const [a, b] = [factor(low), factor(high)]
  return a !== undefined && b !== undefined && a !== null && b !== null && compareValues(a, b) === 0
}

/** How a function's values go as its variable grows. */
interface Course {
  readonly falls?: boolean
  /** Also over ranges without an end. */
  readonly always?: boolean
  /** Whether the value at an end is the exact one: a sum that has wrapped around is not. */
  holds?(argument: Value, value: Value | undefined): boolean
  /** Whether nothing lies between the ends at which the course breaks. */
  between?(low: Value, high: Value): boolean
  /** It grows as long as this function of the same variable stays the same. */
  readonly sameOf?: string
}

const grows: Course = { always: true }

/** Functions of a time that are coarser times, or numbers that count them. */
const timeSteps = new Set([
  ...['toStartOfSecond', 'toStartOfMinute', 'toStartOfFiveMinutes', 'toStartOfTenMinutes', 'toStartOfFifteenMinutes'],
  ...['toStartOfHour', 'toStartOfDay', 'toStartOfWeek', 'toMonday', 'toStartOfMonth', 'toStartOfQuarter'],
  ...['toStartOfYear', 'toStartOfISOYear', 'toStartOfInterval', 'toLastDayOfMonth', 'dateTrunc', 'toYear', 'toISOYear'],
  ...['toYYYYMM', 'toYYYYMMDD', 'toUnixTimestamp', 'toDate', 'toDate32', 'toDateTime', 'toTimeZone'],
  ...['toRelativeYearNum', 'toRelativeQuarterNum', 'toRelativeMonthNum', 'toRelativeWeekNum', 'toRelativeDayNum'],
  ...['toRelativeHourNum', 'toRelativeMinuteNum', 'toRelativeSecondNum'],
])

/** Parts of a time, which grow until the next larger part steps on. */
const timeParts: Readonly<Record<string, string>> = {
  toSecond: 'toStartOfMinute',
  toMinute: 'toStartOfHour',
  toHour: 'toStartOfDay',
  toDayOfMonth: 'toStartOfMonth',
  toDayOfYear: 'toStartOfYear',
  toMonth: 'toStartOfYear',
  toQuarter: 'toStartOfYear',
}

/** Functions of a number that never fall. */
const rising = new Set([
  'floor',
  'ceil',
  'round',
  'trunc',
  'roundBankers',
  'exp',
  'exp2',
  'exp10',
  'cbrt',
  'atan',
  'tanh',
  'erf',
  'sign',
])
const same = new Set(['identity', 'materialize', 'assumeNotNull', 'toNullable'])

const isInteger = (type: DataType): boolean => /^U?Int\d+$/.test(type.kind)
const isFloat = (type: DataType): boolean => /^Float\d+$/.test(type.kind)
const isTime = (type: DataType): boolean => /^Date/.test(type.kind)

/** null: nothing is known but its values at single points. */
function courseOf(node: CallNode, variable: Typed): Course | null {
  const from = plainType(variable.type)
  const to = plainType(node.type)
  const { name, args } = node
  if (same.has(name)) return grows
  if (isTime(from)) {
    if (timeSteps.has(name)) return grows
    const sameOf = Object.hasOwn(timeParts, name) ? timeParts[name] : undefined
    if (sameOf !== undefined) return { sameOf }
    if (name === 'CAST' && isTime(to)) return grows
    return null
  }
  if (!isInteger(from) && !isFloat(from)) return null
  if (rising.has(name)) return grows
  if (name === 'negate')
    return isFloat(to) ? { always: true, falls: true } : { falls: true, holds: (a, v) => Number(v) === -Number(a) }
  if (args.length === 2 && args.some(arg => arg.kind === 'constant') && name !== 'CAST')
    return arithmetic(node, from, to)
  // Small numbers are days, others are seconds.
  if (name === 'toDate') return { between: low => Number(low) >= 65536 }
  if (name === 'CAST' || /^(to(U?Int|Float)\d+|toDateTime)$/.test(name)) {
    if (isFloat(to)) return grows
    if (isInteger(to) || to.kind === 'DateTime')
      return { holds: (argument, value) => Math.abs(Number(value) - Number(argument)) < 1 }
  }
  return null
}

/** One side of it is a constant. */
function arithmetic({ name, args }: CallNode, from: DataType, to: DataType): Course | null {
  const [left, right] = args
  const isLeft = left.kind === 'constant'
  const given = isLeft ? left.value : right.kind === 'constant' ? right.value : null
  if ((typeof given !== 'number' && typeof given !== 'bigint') || !(isInteger(to) || isFloat(to))) return null
  const constant = Number(given)
  /** Sums and products of integers wrap around. */
  const exact = (compute: (argument: bigint) => bigint): Course['holds'] =>
    isFloat(to) || isFloat(from) || (typeof given === 'number' && !Number.isInteger(given))
      ? undefined
      : (argument, value) => value !== undefined && BigInt(value as bigint) === compute(BigInt(argument as bigint))
  switch (name) {
    case 'plus':
      return { holds: exact(argument => argument + BigInt(given)) }
    case 'minus':
      return isLeft
        ? { falls: true, holds: exact(argument => BigInt(given) - argument) }
        : { holds: exact(argument => argument - BigInt(given)) }
    case 'multiply':
      return constant === 0 ? null : { falls: constant < 0, holds: exact(argument => argument * BigInt(given)) }
    case 'divide': {
      if (!isLeft) return constant === 0 ? null : { always: true, falls: constant < 0 }
      // A hyperbola: each of its two branches by itself.
      const between = (low: Value, high: Value) => Number(low) > 0 || Number(high) < 0
      return constant === 0 ? null : { falls: constant > 0, between }
    }
    case 'intDiv':
      return isLeft || constant <= 0 ? null : grows
    default:
      return null
  }
}
