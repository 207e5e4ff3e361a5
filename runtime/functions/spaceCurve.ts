// Whole numbers as points on a space-filling curve: Morton's interleaves their bits, Hilbert's keeps neighbours near.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { isUnsigned, mapNumbers, uint64 } from './stringRows.ts'

const category = 'Encoding'
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)

const dimensionsMax = { morton: 8, hilbert: 2 }
type Curve = keyof typeof dimensionsMax

/** Bit i of number d lies at i * count + d. Numbers that are too wide lose their high bits. */
function mortonEncode(numbers: readonly bigint[]): bigint {
  const count = numbers.length
  const bits = Math.floor(64 / count)
  let code = 0n
  for (let bit = 0; bit < bits; bit++)
    for (const [d, number] of numbers.entries()) code |= ((number >> BigInt(bit)) & 1n) << BigInt(bit * count + d)
  return wrap(code)
}

function mortonDecode(code: bigint, count: number): bigint[] {
  const numbers = new Array<bigint>(count).fill(0n)
  for (let bit = 0; bit * count < 64; bit++)
    for (let d = 0; d < count && bit * count + d < 64; d++)
      numbers[d] |= ((code >> BigInt(bit * count + d)) & 1n) << BigInt(bit)
  return numbers
}

/** The curve in a square of 2^bits: turned so that a smaller square's curve lies in a larger one's. */
function hilbertEncode([y, x]: readonly bigint[]): bigint {
  const size = Math.max(x.toString(2).length, y.toString(2).length, 1)
  const bits = size + (size % 2)
  let [a, b] = [x, y]
  let code = 0n
  for (let bit = BigInt(bits - 1); bit >= 0n; bit--) {
    const [p, q] = [(a >> bit) & 1n, (b >> bit) & 1n]
    code = (code << 2n) | ((3n * p) ^ q)
    if (q === 0n) {
      const mask = (1n << bit) - 1n
      ;[a, b] = p === 1n ? [mask - (b & mask), mask - (a & mask)] : [b & mask, a & mask]
    }
  }
  return wrap(code)
}

function hilbertDecode(code: bigint): bigint[] {
  let [x, y] = [0n, 0n]
  let left = code
  for (let bit = 0n; bit < 32n; bit++) {
    const pair = left & 3n
    left >>= 2n
    const p = (pair >> 1n) & 1n
    const q = (pair ^ p) & 1n
    if (q === 0n) {
      const mask = (1n << bit) - 1n
      ;[x, y] = p === 1n ? [mask - y, mask - x] : [y, x]
    }
    x |= p << bit
    y |= q << bit
  }
  return [y, x]
}

const encode = (curve: Curve, numbers: readonly bigint[]): bigint =>
  numbers.length === 1 ? numbers[0] : curve === 'morton' ? mortonEncode(numbers) : hilbertEncode(numbers)

const isMask = (type: DataType): boolean => type instanceof TupleType

/** What a mask (1 to 8, or shifts for Hilbert's) says of each number. */
function maskOf(name: string, curve: Curve, { type, constant }: ArgumentInfo, count: number | null): number[] {
  const values = (constant as readonly (number | bigint)[] | undefined)?.map(Number)
  if (!values) throw new DBError('ILLEGAL_COLUMN', `The mask of function ${name} must be constant`)
  if (!(type as TupleType).elements.every(isUnsigned))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `The mask of function ${name} must be of unsigned integers`)
  const [low, high] = curve === 'morton' ? [1, 8] : [0, 32]
  const fits = values.every(value => value >= low && value <= high) && values.length <= dimensionsMax[curve]
  if (!fits || (count !== null && values.length !== count))
    throw new DBError('ARGUMENT_OUT_OF_BOUND', `Wrong mask of function ${name}`)
  return values
}

/** Morton's masks spread the bits of a number that many places apart, each at the last of its places; Hilbert's shift it. */
function widened(curve: Curve, number: bigint, mask: number): bigint {
  if (curve === 'hilbert') return wrap(number << BigInt(mask))
  let spread = 0n
  for (let bit = 0; bit * mask < 64; bit++) spread |= ((number >> BigInt(bit)) & 1n) << BigInt(bit * mask + mask - 1)
  return wrap(spread)
}

function narrowed(curve: Curve, number: bigint, mask: number): bigint {
  if (curve === 'hilbert') return number >> BigInt(mask)
  let packed = 0n
  for (let bit = 0; bit * mask < 64; bit++) packed |= ((number >> BigInt(bit * mask + mask - 1)) & 1n) << BigInt(bit)
  return packed
}

const encoding = (curve: Curve, example: readonly [string, string]) => {
  const name = `${curve}Encode`
  return defineFunction({
    name,
    about: 'The place of a point on the curve; with a tuple in front, of numbers that are widened by it.',
    category,
    arguments: [{ name: 'argument', repeated: true }],
    constants: 'keep',
    returns: args => {
      const hasMask = args.length > 0 && isMask(args[0].type)
      const numbers = hasMask ? args.slice(1) : args
      if (numbers.length === 0) throw new DBError('TOO_FEW_ARGUMENTS_FOR_FUNCTION', `Function ${name} expects a number`)
      if (numbers.length > dimensionsMax[curve])
        throw new DBError('ARGUMENT_OUT_OF_BOUND', `Function ${name} takes up to ${dimensionsMax[curve]} numbers`)
      if (hasMask && args[0].constant !== undefined) maskOf(name, curve, args[0], numbers.length)
      for (const { type } of numbers)
        if (!isUnsigned(type))
          throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of argument of function ${name}`)
      return uint64
    },
    run: (args, { rows, arena, arguments: infos }) => {
      const hasMask = isMask(infos[0].type)
      const columns = (hasMask ? args.slice(1) : args).map(column => column.full(arena))
      const masks = hasMask ? maskOf(name, curve, infos[0], columns.length) : null
      const codes = Array.from({ length: rows }, (_, row) => {
        const numbers = columns.map((column, i) => {
          const number = BigInt(column.valueAt(row) as number | bigint)
          return masks ? widened(curve, number, masks[i]) : number
        })
        return encode(curve, numbers)
      })
      return mapNumbers(uint64, arena, rows, row => codes[row])
    },
    examples: [example],
  })
}

const decoding = (curve: Curve, example: readonly [string, string]) => {
  const name = `${curve}Decode`
  const masksOf = (argument: ArgumentInfo): { count: number; masks: number[] | null } => {
    if (isMask(argument.type)) {
      const masks = maskOf(name, curve, argument, null)
      return { count: masks.length, masks }
    }
    if (argument.constant === undefined) throw new DBError('ILLEGAL_COLUMN', `Function ${name} expects a constant`)
    const count = Number(argument.constant)
    if (!(count >= 1 && count <= dimensionsMax[curve]))
      throw new DBError('ARGUMENT_OUT_OF_BOUND', `Function ${name} gives 1 to ${dimensionsMax[curve]} numbers`)
    return { count, masks: null }
  }
  return defineFunction({
    name,
    about: 'The point at a place on the curve, of so many numbers.',
    category,
    arguments: [{ name: 'dimensions' }, { name: 'code', accepts: isUnsigned }],
    constants: 'keep',
    returns: ([dimensions]) => new TupleType(new Array<DataType>(masksOf(dimensions).count).fill(uint64)),
    run: ([, code], { rows, arena, arguments: infos, type }) => {
      const { count, masks } = masksOf(infos[0])
      const full = code.full(arena)
      const points = Array.from({ length: rows }, (_, row) => {
        const place = BigInt(full.valueAt(row) as number | bigint)
        const numbers = count === 1 ? [place] : curve === 'morton' ? mortonDecode(place, count) : hilbertDecode(place)
        return numbers.map((number, i) => (masks ? narrowed(curve, number, masks[i]) : number))
      })
      const columns: Column[] = Array.from({ length: count }, (_, i) =>
        columnOf(
          uint64,
          points.map((point): Value => point[i]),
          arena,
        ),
      )
      return new TupleColumn(arena.memory, columns, rows, type as TupleType)
    },
    examples: [example],
  })
}

export const spaceCurves: readonly FunctionDefinition[] = [
  encoding('morton', ['SELECT mortonEncode(1, 2, 3)', '53']),
  decoding('morton', ['SELECT mortonDecode(3, 53)', '(1,2,3)']),
  encoding('hilbert', ['SELECT hilbertEncode(3, 4)', '31']),
  decoding('hilbert', ['SELECT hilbertDecode(2, 31)', '(3,4)']),
]
