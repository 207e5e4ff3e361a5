// Figures of arrays of numbers: how well scores foretell labels, how arrays resemble each other or themselves.
import { DBError } from '../core/errors.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { elementOf, isArray, keyOf } from './arrayColumns.ts'
import { areComparable } from './compareColumns.ts'
import type { ArgumentInfo, Call, FunctionDefinition } from './function.ts'
import { isInteger, isNumber } from './numericTypes.ts'
import { defineRowwise } from './rowwise.ts'

const category = 'Arrays'
const Float64 = parseType('Float64')
const isNumbers = (type: DataType): boolean => isArray(type) && isNumber(elementOf(type))

/** Scores with their labels, from the highest score to the lowest. */
function byScore(name: string, scores: Value, labels: Value): { score: number; isPositive: boolean }[] {
  const [values, marks] = [scores, labels] as [number[], number[]]
  if (values.length !== marks.length)
    throw new DBError('BAD_ARGUMENTS', `Scores and labels of function ${name} must have equal sizes`)
  return values.map((score, i) => ({ score, isPositive: marks[i] > 0 })).sort((a, b) => b.score - a.score)
}

/** True and false positives where the score changes, the part of a curve that offsets tell of put before it. */
function* steps(items: { score: number; isPositive: boolean }[]): Generator<{ positives: number; negatives: number }> {
  let [positives, negatives] = [0, 0]
  for (const [i, { score, isPositive }] of items.entries()) {
    if (isPositive) positives++
    else negatives++
    if (i + 1 === items.length || items[i + 1].score !== score) yield { positives, negatives }
  }
}

/** Counts before the scores and of the whole, where they are a part of more: TP, FP, all positives, all negatives. */
function offsetsOf(name: string, value: Value | undefined, count: number): number[] {
  if (value === undefined) return []
  const offsets = value as number[]
  if (offsets.length !== count)
    throw new DBError('BAD_ARGUMENTS', `Function ${name} needs ${count} offsets, got ${offsets.length}`)
  return offsets
}

const rocArea = defineRowwise({
  name: 'arrayROCAUC',
  aliases: ['arrayAUC'],
  about: 'The area under the curve of true positives over false positives.',
  category,
  arguments: [
    { name: 'scores', accepts: isNumbers },
    { name: 'labels', accepts: type => isArray(type) },
    { name: 'scale', optional: true },
    { name: 'offsets', accepts: isNumbers, optional: true },
  ],
  floats: true,
  returns: Float64,
  row: ([scores, labels, scale, offsets]) => {
    const items = byScore('arrayROCAUC', scores, labels)
    const [tp = 0, fp = 0, allPositives, allNegatives] = offsetsOf('arrayROCAUC', offsets, 4)
    let area = 0
    let before = { positives: tp, negatives: fp }
    for (const step of steps(items)) {
      const now = { positives: step.positives + tp, negatives: step.negatives + fp }
      area += ((now.negatives - before.negatives) * (now.positives + before.positives)) / 2
      before = now
    }
    if (scale !== undefined && !scale) return area
    const [positives, negatives] = [allPositives ?? before.positives, allNegatives ?? before.negatives]
    return positives === 0 || negatives === 0 ? 0 : area / (positives * negatives)
  },
  example: ['SELECT arrayROCAUC([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])', '0.75'],
})

const precisionArea = defineRowwise({
  name: 'arrayAUCPR',
  aliases: ['arrayPRAUC'],
  about: 'The area under the curve of precision over recall.',
  category,
  arguments: [
    { name: 'scores', accepts: isNumbers },
    { name: 'labels', accepts: type => isArray(type) },
    { name: 'offsets', accepts: isNumbers, optional: true },
  ],
  floats: true,
  returns: Float64,
  row: ([scores, labels, offsets]) => {
    const items = byScore('arrayAUCPR', scores, labels)
    const [tp = 0, fp = 0, all] = offsetsOf('arrayAUCPR', offsets, 3)
    const positives = all ?? items.filter(item => item.isPositive).length
    let area = 0
    let before = tp
    for (const step of steps(items)) {
      const now = step.positives + tp
      area += (now - before) * (now / (now + step.negatives + fp))
      before = now
    }
    return positives === 0 ? 0 : area / positives
  },
  example: ['SELECT round(arrayAUCPR([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 4)', '0.8333'],
})

const arrayNormalizedGini = defineRowwise({
  name: 'arrayNormalizedGini',
  about: 'The Gini coefficients of predictions and of labels, and the one divided by the other.',
  category,
  arguments: [
    { name: 'predicted', accepts: isNumbers },
    { name: 'labels', accepts: isNumbers },
  ],
  floats: true,
  returns: parseType('Tuple(Float64, Float64, Float64)'),
  row: ([predicted, labels]) => {
    const [scores, values] = [predicted as number[], labels as number[]]
    if (scores.length !== values.length)
      throw new DBError('ILLEGAL_COLUMN', 'Arrays of function arrayNormalizedGini must have equal sizes')
    const total = values.reduce((a, b) => a + b, 0)
    const gini = (ordered: number[]): number => {
      let [sum, shares] = [0, 0]
      for (const value of ordered) {
        sum += value
        shares += sum / total
      }
      return ((ordered.length + 1) / 2 - shares) / ordered.length
    }
    const order = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b])
    const ofPredicted = gini(order.map(i => values[i]))
    const ofLabels = gini([...values].sort((a, b) => a - b))
    return [ofPredicted, ofLabels, ofPredicted / ofLabels]
  },
  example: ['SELECT arrayNormalizedGini([1., 2., 3.], [1, 2, 3]).3', '1'],
})

const arrayAutocorrelation = defineRowwise({
  name: 'arrayAutocorrelation',
  about: 'How the array resembles itself, shifted by 0, 1, 2, ... places.',
  category,
  arguments: [
    { name: 'array', accepts: isNumbers },
    { name: 'lags', accepts: isInteger, optional: true },
  ],
  floats: true,
  returns: parseType('Array(Float64)'),
  row: ([array, lags]) => {
    const values = array as number[]
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const deviations = values.map(value => value - mean)
    const variance = deviations.reduce((sum, value) => sum + value * value, 0)
    const count = Math.max(0, Math.min(values.length, lags === undefined ? values.length : (lags as number)))
    return Array.from({ length: count }, (_, lag) => {
      let sum = 0
      for (let i = 0; i + lag < values.length; i++) sum += deviations[i] * deviations[i + lag]
      return sum / variance
    })
  },
  example: ['SELECT arrayAutocorrelation([1, 2, 3, 4, 5])', '[1,0.4,-0.1,-0.4,-0.4]'],
})

/** The least weight of removals and insertions (or, if there is such a thing, replacements) that make one array the other. */
function editDistance(
  a: readonly string[],
  b: readonly string[],
  from: number[],
  to: number[],
  replacing: boolean,
): number {
  let before = [0]
  for (const [j, weight] of to.entries()) before.push(before[j] + weight)
  for (let i = 0; i < a.length; i++) {
    const now = [before[0] + from[i]]
    for (let j = 0; j < b.length; j++) {
      const exchange = a[i] === b[j] ? 0 : replacing ? 1 : from[i] + to[j]
      now.push(Math.min(before[j] + exchange, before[j + 1] + from[i], now[j] + to[j]))
    }
    before = now
  }
  return before[b.length]
}

/** Texts that are equal for equal elements of two arrays, whatever integer types they have. */
function keysOf(values: Value[], { arguments: infos }: Call): [string[], string[]] {
  const [a, b] = infos.slice(0, 2).map(({ type }) => elementOf(type))
  const isOneKind = areComparable(a, b) || a.name === b.name
  const keys = (value: Value, mark: string) =>
    (value as Value[]).map(element => mark + keyOf(element).replace(/"(-?\d+)n"/g, '$1'))
  return [keys(values[0], ''), keys(values[1], isOneKind ? '' : 'b')]
}

const weightsRule = { name: 'weights', accepts: isNumbers }
const twoArrays = [
  { name: 'from', accepts: isArray },
  { name: 'to', accepts: isArray },
]

function weighed(values: Value[], call: Call, name: string): { distance: number; total: number } {
  const [a, b] = keysOf(values, call)
  const [from, to] = [(values[2] as (number | bigint)[]).map(Number), (values[3] as (number | bigint)[]).map(Number)]
  if (a.length !== from.length || b.length !== to.length)
    throw new DBError('SIZES_OF_ARRAYS_DOESNT_MATCH', `Arrays and weights of function ${name} must have equal sizes`)
  return { distance: editDistance(a, b, from, to, false), total: [...from, ...to].reduce((x, y) => x + y, 0) }
}

/** Weights without a fraction give none. */
const checkWeights = (args: readonly ArgumentInfo[], name: string): DataType => {
  for (const { type } of args.slice(0, 2))
    if (!(type instanceof ArrayType)) throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Function ${name} needs arrays`)
  return Float64
}

export const arrayScores: readonly FunctionDefinition[] = [
  rocArea,
  precisionArea,
  arrayNormalizedGini,
  arrayAutocorrelation,
  defineRowwise({
    name: 'arrayLevenshteinDistance',
    about: 'How many insertions, removals and replacements make one array the other.',
    category,
    arguments: twoArrays,
    returns: parseType('UInt32'),
    row: (values, call) => {
      const [a, b] = keysOf(values, call)
      return editDistance(
        a,
        b,
        a.map(() => 1),
        b.map(() => 1),
        true,
      )
    },
    example: ['SELECT arrayLevenshteinDistance([1, 2, 4], [1, 2, 3])', '1'],
  }),
  defineRowwise({
    name: 'arrayLevenshteinDistanceWeighted',
    about: 'The least weight of insertions and removals that make one array the other.',
    category,
    arguments: [...twoArrays, weightsRule, weightsRule],
    returns: args => checkWeights(args, 'arrayLevenshteinDistanceWeighted'),
    row: (values, call) => weighed(values, call, 'arrayLevenshteinDistanceWeighted').distance,
    example: [
      "SELECT arrayLevenshteinDistanceWeighted(['A', 'B', 'C'], ['A', 'K', 'L'], [1.0, 2, 3], [3.0, 4, 5])",
      '14',
    ],
  }),
  defineRowwise({
    name: 'arraySimilarity',
    about: 'From 0 to 1, how much of the weight of two arrays need not be inserted or removed to make one the other.',
    category,
    arguments: [...twoArrays, weightsRule, weightsRule],
    returns: args => checkWeights(args, 'arraySimilarity'),
    row: (values, call) => {
      const { distance, total } = weighed(values, call, 'arraySimilarity')
      return total === 0 ? 1 : 1 - distance / total
    },
    example: ["SELECT arraySimilarity(['A', 'B'], ['A', 'B'], [1.0, 2], [3.0, 4])", '1'],
  }),
]
