// Which ranges of keys a filter can be true for. A condition is a tree of AND, OR and atoms over expressions, each named by its
// node's key; what is not understood may always be true.
import type { InNode, Typed } from '../analyzer/typed.ts'
import { encodeText } from '../core/text.ts'
import { plainType } from '../functions/bind.ts'
import { columnsOf } from '../analyzer/typed.ts'
import type { Value } from '../types/value.ts'
import { convertValue } from '../types/convertValue.ts'
import { FloatType } from '../types/number.ts'

/** Values an expression may have: an interval; undefined ends are without bound. */
export interface Range {
  readonly low: Value | undefined
  readonly high: Value | undefined
  readonly lowOpen: boolean
  readonly highOpen: boolean
}

export const everything: Range = { low: undefined, high: undefined, lowOpen: false, highOpen: false }
export const exactly = (value: Value): Range => ({ low: value, high: value, lowOpen: false, highOpen: false })

export type KeyCondition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly KeyCondition[] }
  | { readonly kind: 'range'; readonly key: string; readonly range: Range }
  | { readonly kind: 'notEqual'; readonly key: string; readonly value: Value }
  | {
      readonly kind: 'points'
      readonly key: string
      /** In order; null: too many to say anything. */
      readonly points: () => readonly Value[] | null
      readonly negated: boolean
    }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'never' }

const unknown: KeyCondition = { kind: 'unknown' }

/** Order of two values of one type: numbers by value, strings by bytes. NULL and NaN come last. */
export function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  if (typeof a === 'string' && typeof b === 'string') {
    if (isAscii(a) && isAscii(b)) return a < b ? -1 : a > b ? 1 : 0
    return compareBytes(encodeText(a), encodeText(b))
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compareValues(a[i], b[i])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return a < b ? -1 : a > b ? 1 : 0
}

const isAscii = (text: string) => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

const mirrored: Record<string, string> = {
  less: 'greater',
  lessOrEquals: 'greaterOrEquals',
  greater: 'less',
  greaterOrEquals: 'lessOrEquals',
  equals: 'equals',
  notEquals: 'notEquals',
}

/** What the conjunction of these filters says of key expressions. */
export function keyCondition(filters: readonly Typed[]): KeyCondition {
  return combine('and', filters.map(conditionOf))
}

function combine(kind: 'and' | 'or', parts: readonly KeyCondition[]): KeyCondition {
  if (kind === 'and') {
    if (parts.some(part => part.kind === 'never')) return { kind: 'never' }
    const known = parts.filter(part => part.kind !== 'unknown')
    return known.length === 0 ? unknown : known.length === 1 ? known[0] : { kind, parts: known }
  }
  if (parts.some(part => part.kind === 'unknown')) return unknown
  return { kind, parts }
}

function conditionOf(node: Typed): KeyCondition {
  if (node.kind === 'in') return setCondition(node)
  if (node.kind === 'constant') return node.value !== null && Number(node.value) === 0 ? { kind: 'never' } : unknown
  if (node.kind !== 'call') return unknown
  if (node.name === 'and' || node.name === 'or') return combine(node.name, node.args.map(conditionOf))
  const [a, b] = node.args
  if (node.name === 'not') return negate(conditionOf(a))
  if (node.args.length !== 2) return unknown
  if (node.name === 'like' && b.kind === 'constant' && typeof b.value === 'string') return prefixOf(a, b.value)
  if (node.name === 'startsWith' && b.kind === 'constant' && typeof b.value === 'string')
    return prefixRange(a.key, b.value)
  if (b.kind === 'constant') return comparison(node.name, a, b.value, b)
  if (a.kind === 'constant' && Object.hasOwn(mirrored, node.name)) return comparison(mirrored[node.name], b, a.value, a)
  return unknown
}

function setCondition({ operand, negated, set }: InNode): KeyCondition {
  const rows = () => set.values ?? set.list?.() ?? null
  if (set.matchesNull && (rows() ?? []).some(row => row.includes(null))) return unknown
  const points = (key: string, element: number): KeyCondition => {
    // Listed once, when a key asks for them.
    let listed: readonly Value[] | null | undefined
    const list = () => {
      const known = rows()
      return known && distinctSorted(known.map(row => row[element]))
    }
    return { kind: 'points', key, points: () => (listed === undefined ? (listed = list()) : listed), negated }
  }
  if (set.types.length === 1) return points(operand.key, 0)
  // A tuple is in the set only if each element is among the set's elements of its place.
  if (negated || operand.kind !== 'call' || operand.name !== 'tuple') return unknown
  return combine(
    'and',
    operand.args.map((arg, i) => points(arg.key, i)),
  )
}

function comparison(name: string, operand: Typed, given: Value, constant: Typed): KeyCondition {
  if (!Object.hasOwn(mirrored, name) || columnsOf(operand).size === 0) return unknown
  if (given === null) return { kind: 'never' }
  let value: Value = given
  const target = plainType(operand.type)
  if (!target.equals(plainType(constant.type))) {
    if (target instanceof FloatType) return unknown
    if (typeof given === 'string' && !(/^-?\d{1,18}$/.test(given) && /^U?Int\d+$/.test(target.kind))) return unknown
    const converted = convertValue(given, constant.type, target)
    // Out of the type's range, or between two values: the bound still orders numbers of both types.
    if (converted === undefined) {
      if (
        (typeof given !== 'number' && typeof given !== 'bigint') ||
        !target.physical ||
        /Bytes|128|256/.test(target.physical) ||
        target.kind === 'Decimal' ||
        target.kind.startsWith('Date')
      )
        return unknown
      if (name === 'equals') return { kind: 'never' }
    } else value = converted
  }
  const key = operand.key
  if (Number.isNaN(value)) return unknown
  switch (name) {
    case 'equals':
      return { kind: 'range', key, range: exactly(value) }
    case 'notEquals':
      return { kind: 'notEqual', key, value }
    case 'less':
      return { kind: 'range', key, range: { low: undefined, high: value, lowOpen: false, highOpen: true } }
    case 'lessOrEquals':
      return { kind: 'range', key, range: { low: undefined, high: value, lowOpen: false, highOpen: false } }
    case 'greater':
      return { kind: 'range', key, range: { low: value, high: undefined, lowOpen: true, highOpen: false } }
    default:
      return { kind: 'range', key, range: { low: value, high: undefined, lowOpen: false, highOpen: false } }
  }
}

function negate(condition: KeyCondition): KeyCondition {
  switch (condition.kind) {
    case 'points':
      return { ...condition, negated: !condition.negated }
    case 'notEqual':
      return { kind: 'range', key: condition.key, range: exactly(condition.value) }
    case 'range': {
      const { low, high, lowOpen, highOpen } = condition.range
      if (low !== undefined && high !== undefined)
        return compareValues(low, high) === 0 ? { kind: 'notEqual', key: condition.key, value: low } : unknown
      const range =
        low !== undefined
          ? { low: undefined, high: low, lowOpen: false, highOpen: !lowOpen }
          : { low: high, high: undefined, lowOpen: !highOpen, highOpen: false }
      return { kind: 'range', key: condition.key, range }
    }
    default:
      return unknown
  }
}

function prefixOf(operand: Typed, pattern: string): KeyCondition {
  let prefix = ''
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '%' || pattern[i] === '_') return prefix === '' ? unknown : prefixRange(operand.key, prefix)
    if (pattern[i] === '\\' && i + 1 < pattern.length) i++
    prefix += pattern[i]
  }
  return { kind: 'range', key: operand.key, range: exactly(prefix) }
}

/** [prefix, prefix with its last byte one more): what the pattern begins with is only necessary, so this has no negation. */
function prefixRange(key: string, prefix: string): KeyCondition {
  if (prefix === '') return unknown
  const last = prefix.charCodeAt(prefix.length - 1)
  const next = last >= 127 ? undefined : prefix.slice(0, -1) + String.fromCharCode(last + 1)
  const range = { low: prefix, high: next, lowOpen: false, highOpen: true }
  return { kind: 'and', parts: [{ kind: 'range', key, range }] }
}

function distinctSorted(values: readonly Value[]): Value[] {
  const sorted = [...values].sort(compareValues)
  return sorted.filter((value, i) => i === 0 || compareValues(value, sorted[i - 1]) !== 0)
}

/** The expressions that the condition says something of. */
export function keysOf(condition: KeyCondition, into = new Set<string>()): Set<string> {
  if ('parts' in condition) for (const part of condition.parts) keysOf(part, into)
  else if ('key' in condition) into.add(condition.key)
  return into
}

/** false when no row can be in it: each expression's values lie in the range that is given for it. */
export function mayBeTrue(condition: KeyCondition, rangeOf: (key: string) => Range | undefined): boolean {
  switch (condition.kind) {
    case 'unknown':
      return true
    case 'never':
      return false
    case 'and':
      return condition.parts.every(part => mayBeTrue(part, rangeOf))
    case 'or':
      return condition.parts.some(part => mayBeTrue(part, rangeOf))
    default: {
      const range = rangeOf(condition.key)
      if (!range) return true
      if (condition.kind === 'range') return intersects(condition.range, range)
      const { low, high } = range
      const isPoint = low !== undefined && high !== undefined && compareValues(low, high) === 0
      if (condition.kind === 'notEqual') return !(isPoint && compareValues(low, condition.value) === 0)
      if (condition.negated && !isPoint) return true
      const points = condition.points()
      if (!points) return true
      return condition.negated ? !anyInside(points, range) : anyInside(points, range)
    }
  }
}

function intersects(a: Range, b: Range): boolean {
  return !isBefore(a, b) && !isBefore(b, a)
}

/** Everything in a is less than everything in b. */
function isBefore(a: Range, b: Range): boolean {
  if (a.high === undefined || b.low === undefined) return false
  const order = compareValues(a.high, b.low)
  return order < 0 || (order === 0 && (a.highOpen || b.lowOpen))
}

function anyInside(points: readonly Value[], range: Range): boolean {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    const before =
      range.low !== undefined &&
      (compareValues(points[middle], range.low) < 0 ||
        (range.lowOpen && compareValues(points[middle], range.low) === 0))
    if (before) low = middle + 1
    else high = middle
  }
  return low < points.length && intersects(exactly(points[low]), range)
}
