// Norms and distances of vectors: of tuples by a composition of arithmetic, of arrays by kernels.
import type { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { arithmetic } from './arithmetic.ts'
import { elementOf } from './arrayColumns.ts'
import { castColumn } from './castColumn.ts'
import { Composer, type Term } from './composed.ts'
import { newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { math } from './math.ts'
import { binaryNumericResult } from './numericTypes.ts'
import { differencesOf, dotOf, sumOf } from './tupleArithmetic.ts'

const category = 'Distance'
const Float32 = parseType('Float32')
const Float64 = parseType('Float64')
const Int64 = parseType('Int64')
const UInt8 = parseType('UInt8')
const isTuple = (type: DataType): boolean => type instanceof TupleType
const isVector = (type: DataType): boolean => isTuple(type) || type instanceof ArrayType
const named = (name: string): FunctionDefinition =>
  [...arithmetic, ...math].find(definition => definition.name === name) as FunctionDefinition

/** The measures by their numbers in the kernels. */
const measures = { L1: 0, L2Squared: 1, L2: 2, Linf: 3, Lp: 4, cosine: 5, dot: 6 } as const
type Measure = keyof typeof measures
type Norm = Exclude<Measure, 'cosine' | 'dot'>

/** The exponent of Lp, which is at least 1. */
function exponentOf(name: string, args: readonly ArgumentInfo[], at: number): number {
  const exponent = Number(args[at]?.constant ?? Number.NaN)
  if (exponent >= 1 && exponent !== Number.POSITIVE_INFINITY) return exponent
  throw new DBError(
    args[at]?.constant === undefined ? 'ILLEGAL_COLUMN' : 'ARGUMENT_OUT_OF_BOUND',
    `The exponent of function ${name} must be a constant not less than one, and not an infinity`,
  )
}

/** The norm of a tuple's elements. */
function normOf(norm: Norm, terms: readonly Term[], exponent: Term | undefined, composer: Composer): Term {
  const absolutes = () => terms.map(term => composer.apply(named('abs'), term))
  if (norm === 'L1') return sumOf(absolutes(), composer)
  if (norm === 'Linf') {
    const [first, ...others] = absolutes()
    // A maximum of numbers is a Float64, and so is that of one.
    if (others.length === 0) return composer.apply(named('max2'), first, first)
    return others.reduce((most, term) => composer.apply(named('max2'), most, term), first)
  }
  if (norm === 'Lp') {
    const powers = absolutes().map(term => composer.apply(named('pow'), term, exponent as Term))
    const inverse = composer.apply(named('divide'), composer.constant(UInt8, 1), exponent as Term)
    return composer.apply(named('pow'), sumOf(powers, composer), inverse)
  }
  const squares = sumOf(
    terms.map(term => composer.apply(named('multiply'), term, term)),
    composer,
  )
  return norm === 'L2' ? composer.apply(named('sqrt'), squares) : squares
}

/** Float32 where the elements are, else Float64. */
function floatOf(name: string, types: readonly DataType[]): DataType {
  const elements = types.map(elementOf)
  const common = commonType(elements)
  for (const type of elements)
    if (!(type instanceof FloatType || (type instanceof IntegerType && type.bits <= 64)))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Arguments of function array${name} have elements of type ${type.name}; numbers up to 64 bits are expected`,
      )
  return common.kind === 'Float64' || common instanceof IntegerType ? Float64 : Float32
}

interface Vectors {
  readonly a: number
  readonly b: number
  /** b is one vector for all rows. */
  readonly isFixed: number
  readonly offsets: number
}

/** The elements of one or two columns of arrays as numbers of a type. */
function vectorsOf(name: string, args: readonly Column[], element: DataType, rows: number, arena: Arena): Vectors {
  const { kernels } = arena.memory
  const [left, right] = args[0] instanceof ConstColumn && args.length > 1 ? [args[1], args[0]] : args
  const pointerOf = (column: ArrayColumn): { offsets: number; pointer: number } => {
    const { offsets, elements } = column.compact(arena)
    return { offsets, pointer: (castColumn(elements, element, arena) as FixedColumn).pointer }
  }
  const { offsets, pointer: a } = pointerOf(left.full(arena) as ArrayColumn)
  if (!right) return { a, b: 0, isFixed: 0, offsets }
  const unequal = (): never => {
    throw new DBError('SIZES_OF_ARRAYS_DOESNT_MATCH', `Array arguments for function array${name} must have equal sizes`)
  }
  const isFixed = right instanceof ConstColumn
  const { offsets: others, pointer: b } = pointerOf((isFixed ? right.value : right) as ArrayColumn)
  const { u32 } = arena.memory
  if (isFixed) {
    const size = u32[others / 4 + 1]
    for (let row = 0; row < rows; row++) if (u32[offsets / 4 + row + 1] - u32[offsets / 4 + row] !== size) unequal()
  } else {
    const equal = arena.allocate(rows + 1)
    kernels.equalU32(offsets, others, equal, rows + 1)
    if (kernels.countMask(equal, rows + 1) !== rows + 1) unequal()
  }
  return { a, b, isFixed: Number(isFixed), offsets }
}

function arrayNorm(name: string, measure: Norm, column: Column, exponent: number, { type, rows, arena }: Call): Column {
  const { a, offsets } = vectorsOf(name, [column], type, rows, arena)
  const { kernels } = arena.memory
  const out = newFixed(type, rows, arena)
  const run = type.width === 4 ? kernels.vectorNormsF32 : kernels.vectorNormsF64
  run(measures[measure], a, offsets, rows, exponent, out.pointer)
  return out
}

function arrayDistance(name: string, measure: Measure, args: readonly Column[], exponent: number, call: Call): Column {
  const { type, rows, arena } = call
  const { a, b, isFixed, offsets } = vectorsOf(name, args, type, rows, arena)
  const { kernels } = arena.memory
  const out = newFixed(type, rows, arena)
  const run = type.width === 4 ? kernels.vectorDistancesF32 : kernels.vectorDistancesF64
  run(measures[measure], a, b, isFixed, offsets, rows, exponent, out.pointer)
  return out
}

/** A function over vectors that are all tuples or all arrays. */
function overVectors(
  shape: Pick<FunctionDefinition, 'name' | 'aliases' | 'caseInsensitive' | 'about'>,
  vectors: 1 | 2,
  hasExponent: boolean,
  ofTuples: (terms: readonly Term[], composer: Composer) => Term,
  arrayType: (types: readonly DataType[]) => DataType,
  ofArrays: (columns: readonly Column[], exponent: number, call: Call) => Column,
  example: [string, string],
): FunctionDefinition {
  const { name } = shape
  const rules = ['a', 'b'].slice(0, vectors).map(argument => ({ name: argument, accepts: isVector }))
  return defineFunction({
    ...shape,
    category,
    arguments: hasExponent ? [...rules, { name: 'p' }] : rules,
    constants: 'keep',
    returns: (args, environment) => {
      if (hasExponent) exponentOf(name, args, vectors)
      const given = args.slice(0, vectors)
      if (given.some(({ type }) => isTuple(type) !== isTuple(given[0].type)))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Arguments of function ${name} must be either all tuples or all arrays`,
        )
      if (!isTuple(given[0].type)) return arrayType(given.map(({ type }) => type))
      return ofTuples(
        args.map(info => ({ info, column: null })),
        new Composer(environment, 0, null),
      ).info.type
    },
    run: (args, call) => {
      const { rows, arena, environment, arguments: infos } = call
      const exponent = hasExponent ? exponentOf(name, infos, vectors) : 0
      if (!isTuple(infos[0].type)) return ofArrays(args.slice(0, vectors), exponent, call)
      const terms = args.map((column, i) => ({ info: infos[i], column }))
      return ofTuples(terms, new Composer(environment, rows, arena)).column as Column
    },
    examples: [example],
  })
}

const norm = (measure: Norm, aliases: readonly string[], about: string, example: [string, string]) => {
  const name = `${measure}Norm`
  return overVectors(
    { name, aliases, about, caseInsensitive: true },
    1,
    measure === 'Lp',
    ([vector, exponent], composer) => normOf(measure, composer.elements(vector), exponent, composer),
    types => floatOf(name, types),
    ([column], exponent, call) => arrayNorm(name, measure, column, exponent, call),
    example,
  )
}

const distance = (measure: Norm, aliases: readonly string[], about: string, example: [string, string]) => {
  const name = `${measure}Distance`
  return overVectors(
    { name, aliases, about, caseInsensitive: true },
    2,
    measure === 'Lp',
    ([a, b, exponent], composer) => normOf(measure, differencesOf(name, a, b, composer), exponent, composer),
    types => floatOf(name, types),
    (columns, exponent, call) => arrayDistance(name, measure, columns, exponent, call),
    example,
  )
}

/** The vector divided by its norm; of tuples only. */
const normalize = (measure: Exclude<Norm, 'L2Squared'>, aliases: readonly string[], example: [string, string]) => {
  const name = `${measure}Normalize`
  return defineFunction({
    ...overVectors(
      { name, aliases, about: `The vector divided by its ${measure} norm.`, caseInsensitive: true },
      1,
      measure === 'Lp',
      ([vector, exponent], composer) => {
        const elements = composer.elements(vector)
        const size = normOf(measure, elements, exponent, composer)
        return composer.tuple(elements.map(element => composer.apply(named('divide'), element, size)))
      },
      types => floatOf(name, types),
      ([column]) => column,
      example,
    ),
    arguments: [{ name: 'vector', accepts: isTuple }, ...(measure === 'Lp' ? [{ name: 'p' }] : [])],
  })
}

const cosineDistance = overVectors(
  {
    name: 'cosineDistance',
    aliases: ['distanceCosine'],
    caseInsensitive: true,
    about: 'One minus the cosine of the angle of two vectors.',
  },
  2,
  false,
  ([a, b], composer) => {
    const [left, right] = [a, b].map(vector => normOf('L2', composer.elements(vector), undefined, composer))
    const cosine = composer.apply(
      named('divide'),
      dotOf('cosineDistance', a, b, composer),
      composer.apply(named('multiply'), left, right),
    )
    return composer.apply(named('minus'), composer.constant(UInt8, 1), cosine)
  },
  types => floatOf('cosineDistance', types),
  (columns, _, call) => arrayDistance('cosineDistance', 'cosine', columns, 0, call),
  ['SELECT round(cosineDistance((1, 2), (2, 3)), 6)', '0.007722'],
)

/** Integers give what a multiplication of two elements does; floats the wider of the two. */
function dotType(name: string, types: readonly DataType[]): DataType {
  const [a, b] = types.map(elementOf)
  if (a instanceof IntegerType && b instanceof IntegerType && Math.max(a.bits, b.bits) <= 64)
    return binaryNumericResult('multiply', a, b) as DataType
  return floatOf(name, types)
}

function arrayDot(name: string, args: readonly Column[], call: Call): Column {
  const { type, rows, arena } = call
  if (type instanceof FloatType) return arrayDistance(name, 'dot', args, 0, call)
  const { a, b, isFixed, offsets } = vectorsOf(name, args, Int64, rows, arena)
  const sums = newFixed(Int64, rows, arena)
  arena.memory.kernels.dotProductsI64(a, b, isFixed, offsets, rows, sums.pointer)
  return castColumn(sums, type, arena)
}

const dot = (name: string, aliases: readonly string[]): FunctionDefinition =>
  overVectors(
    { name, aliases, about: 'The scalar product of two vectors.' },
    2,
    false,
    ([a, b], composer) => dotOf(name, a, b, composer),
    types => dotType(name, types),
    (columns, _, call) => arrayDot(name, columns, call),
    [`SELECT ${name}([1, 2], [3, 4])`, '11'],
  )

export const vectors: readonly FunctionDefinition[] = [
  norm('L1', ['normL1'], 'The sum of the absolute values.', ['SELECT L1Norm((1, -2))', '3']),
  norm('L2', ['normL2'], 'The square root of the sum of the squares.', ['SELECT L2Norm((3, 4))', '5']),
  norm('L2Squared', ['normL2Squared'], 'The sum of the squares.', ['SELECT L2SquaredNorm((1, 2))', '5']),
  norm('Linf', ['normLinf'], 'The largest absolute value.', ['SELECT LinfNorm((1, -2))', '2']),
  norm('Lp', ['normLp'], 'The p-th root of the sum of the p-th powers of the absolute values.', [
    'SELECT LpNorm([3, 4], 2)',
    '5',
  ]),
  distance('L1', ['distanceL1'], 'The L1 norm of the difference.', ['SELECT L1Distance((1, 2), (2, 3))', '2']),
  distance('L2', ['distanceL2'], 'The L2 norm of the difference.', ['SELECT L2Distance([0, 0], [3, 4])', '5']),
  distance('L2Squared', ['distanceL2Squared'], 'The sum of the squares of the differences.', [
    'SELECT L2SquaredDistance([1, 2, 3], [0, 0, 0])',
    '14',
  ]),
  distance('Linf', ['distanceLinf'], 'The largest difference.', ['SELECT LinfDistance((1, 2), (2, 3))', '1']),
  distance('Lp', ['distanceLp'], 'The Lp norm of the difference.', ['SELECT LpDistance([0, 0], [3, 4], 2)', '5']),
  normalize('L1', ['normalizeL1'], ['SELECT L1Normalize((1, 3))', '(0.25,0.75)']),
  normalize('L2', ['normalizeL2'], ['SELECT L2Normalize((3, 4))', '(0.6,0.8)']),
  normalize('Linf', ['normalizeLinf'], ['SELECT LinfNormalize((3, 4))', '(0.75,1)']),
  normalize('Lp', ['normalizeLp'], ['SELECT LpNormalize((3, 4), 2)', '(0.6,0.8)']),
  cosineDistance,
  dot('dotProduct', ['scalarProduct']),
  dot('arrayDotProduct', []),
]
