import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { asInt64, castColumn } from './castColumn.ts'
import { castNumbers, fixedOf, newFixed, numberPhysical } from './fixedColumns.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { binaryNumericResult, isInteger, isNumber, storedInteger } from './numericTypes.ts'
import { isText, rotateWide, shiftTexts, shiftWide, turnTexts } from './wideBits.ts'

const category = 'Bit'
const UInt8 = parseType('UInt8')
const pair = [
  { name: 'a', accepts: isInteger },
  { name: 'b', accepts: isInteger },
]

/** The type that holds both sides' bits. */
const commonBits = ([a, b]: readonly ArgumentInfo[]): DataType => binaryNumericResult('bit', a.type, b.type)!

const logic = (name: 'bitAnd' | 'bitOr' | 'bitXor', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: pair,
    returns: commonBits,
    run: ([a, b], { type, rows, arena }) => {
      const [x, y] = [a, b].map(column => fixedOf(castColumn(column, type, arena)).pointer)
      const out = newFixed(type, rows, arena)
      arena.memory.kernels[name](x, y, out.pointer, rows * type.width)
      return out
    },
    examples: [example],
  })

const bitNot = defineFunction({
  name: 'bitNot',
  about: 'All bits turned.',
  category,
  arguments: [{ name: 'x', accepts: type => isNumber(type) || isText(type) }],
  // Of floats, the whole number.
  returns: ([{ type }]) => (isText(type) ? type : (storedInteger(type) ?? parseType(`Int${type.width * 8}`))),
  run: (args, call) => {
    const { type, rows, arena } = call
    if (isText(type)) return turnTexts(args, call)
    const x = castColumn(args[0], type, arena)
    const out = newFixed(type, rows, arena)
    arena.memory.kernels.bitNot(fixedOf(x).pointer, out.pointer, rows * type.width)
    return out
  },
  examples: [['SELECT bitNot(toUInt8(1))', '254']],
})

const shift = (name: string, kernel: 'shiftLeft' | 'shiftRight', about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'a', accepts: type => isInteger(type) || isText(type) }, pair[1]],
    returns: ([{ type }]) => (isText(type) ? type : storedInteger(type)!),
    run: (args, call) => {
      const { type, rows, arena } = call
      const [a, b] = args
      if (isText(type)) return shiftTexts(args, call, kernel === 'shiftLeft')
      if (type.width > 8) return shiftWide(args, call, kernel === 'shiftLeft')
      const out = newFixed(type, rows, arena)
      const run = kernelNamed(arena.memory.kernels, kernel + numberPhysical(type))
      if (run(fixedOf(a).pointer, asInt64(b, arena), out.pointer, rows) !== 0)
        throw new DBError(
          'ARGUMENT_OUT_OF_BOUND',
          'The number of shift positions needs to be a non-negative value and less or equal to the bit width of the value to shift',
        )
      return out
    },
    examples: [example],
  })

const rotate = (name: string, kernel: 'rotateLeft' | 'rotateRight', about: string) =>
  defineFunction({
    name,
    about,
    category,
    arguments: pair,
    returns: ([a]) => storedInteger(a.type)!,
    run: (args, call) => {
      const { type, rows, arena } = call
      const [a, b] = args
      if (type.width > 8) return rotateWide(args, call, kernel === 'rotateLeft')
      const out = newFixed(type, rows, arena)
      const unsigned = numberPhysical(type).replace('I', 'U')
      kernelNamed(arena.memory.kernels, kernel + unsigned)(fixedOf(a).pointer, asInt64(b, arena), out.pointer, rows)
      return out
    },
  })

const bitCount = defineFunction({
  name: 'bitCount',
  about: 'Counts the bits that are set in the value as it lies in memory.',
  category,
  arguments: [{ name: 'x', accepts: type => type.width > 0 }],
  returns: ([x]) => (x.type.width > 31 ? parseType('UInt16') : UInt8),
  run: ([x], { type, rows, arena }) => {
    const { pointer, type: given } = fixedOf(x)
    const counts = arena.allocate(rows * 2)
    arena.memory.kernels.bitCounts(pointer, given.width, counts, rows)
    return new FixedColumn(type, arena.memory, castNumbers(counts, 'U16', numberPhysical(type), rows, arena), rows)
  },
  examples: [['SELECT bitCount(333)', '5']],
})

const bitHammingDistance = defineFunction({
  name: 'bitHammingDistance',
  aliases: ['mismatches'],
  about: 'How many bits differ.',
  category,
  arguments: pair,
  returns: () => UInt8,
  run: ([a, b], { type, rows, arena }) => {
    const { kernels } = arena.memory
    const [differing, counts] = [arena.allocate(rows * 8), arena.allocate(rows * 2)]
    kernels.bitXor(asInt64(a, arena), asInt64(b, arena), differing, rows * 8)
    kernels.bitCounts(differing, 8, counts, rows)
    return new FixedColumn(type, arena.memory, castNumbers(counts, 'U16', 'U8', rows, arena), rows)
  },
  examples: [['SELECT bitHammingDistance(111, 121)', '3']],
})

const bitTest = defineFunction({
  name: 'bitTest',
  about: 'One bit of a number; bit 0 is the lowest.',
  category,
  arguments: pair,
  returns: () => UInt8,
  run: ([x, index], { type, rows, arena }) => {
    const integer = storedInteger(x.type)!
    const values = asInt64(castColumn(x, integer, arena), arena)
    const positions = asInt64(index, arena)
    const out = newFixed(type, rows, arena)
    const { i64, u8 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const position = i64[positions / 8 + row]
      checkBit(position, integer.bits)
      u8[out.pointer + row] = Number((i64[values / 8 + row] >> position) & 1n)
    }
    return out
  },
  examples: [['SELECT bitTest(43, 1)', '1']],
})

function checkBit(position: bigint, bits: number): void {
  if (position < 0n || position >= BigInt(bits))
    throw new DBError(
      'PARAMETER_OUT_OF_BOUND',
      'The bit position argument needs to be non-negative and less than the width of the value',
    )
}

const bitTests = (name: 'bitTestAll' | 'bitTestAny', about: string, example: [string, string]) =>
  defineFunction({
    name,
    tooFew: 'TOO_FEW_ARGUMENTS_FOR_FUNCTION',
    about,
    category,
    arguments: [...pair, { name: 'more', accepts: isInteger, repeated: true }],
    returns: () => UInt8,
    run: ([x, ...indexes], { type, rows, arena }) => {
      const { bits } = storedInteger(x.type)!
      const values = asInt64(x, arena)
      const positions = indexes.map(index => asInt64(index, arena))
      const out = newFixed(type, rows, arena)
      const { i64, u8 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const test = (pointer: number): boolean => {
          const position = i64[pointer / 8 + row]
          checkBit(position, bits)
          return ((i64[values / 8 + row] >> position) & 1n) === 1n
        }
        u8[out.pointer + row] = Number(name === 'bitTestAll' ? positions.every(test) : positions.some(test))
      }
      return out
    },
    examples: [example],
  })

const divisor = (name: 'gcd' | 'lcm', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category: 'Arithmetic',
    arguments: pair,
    returns: ([a, b]) => binaryNumericResult('gcd', a.type, b.type)!,
    run: ([a, b], { type, rows, arena }) => {
      const { kernels } = arena.memory
      if (type.width > 8)
        throw new DBError('NOT_IMPLEMENTED', `${name} of integers of more than 64 bits is not supported`)
      const [x, y] = [a, b].map(column => {
        const values = asInt64(column, arena)
        if (!storedInteger(type)!.isSigned) return values
        const out = arena.allocate(rows * 8)
        kernels.absI64(values, out, rows)
        return out
      })
      const out = arena.allocate(rows * 8)
      const { u64, i32 } = arena.memory
      const isSigned = storedInteger(type)!.isSigned && type.width === 8
      const overflow = () => new DBError('DECIMAL_OVERFLOW', `Intermediate result overflow in function ${name}`)
      if (isSigned)
        for (const pointer of [x, y])
          for (let row = 0; row < rows; row++) if (i32[pointer / 4 + row * 2 + 1] < 0) throw overflow()
      if (kernels.gcdU64(x, y, out, rows) !== 0) throw new DBError('ILLEGAL_DIVISION', 'Division by zero')
      if (name === 'lcm')
        for (let row = 0; row < rows; row++) {
          const multiple = (u64[x / 8 + row] / u64[out / 8 + row]) * u64[y / 8 + row]
          if (isSigned && multiple > 0x7fffffffffffffffn) throw overflow()
          u64[out / 8 + row] = multiple
        }
      return new FixedColumn(type, arena.memory, castNumbers(out, 'U64', numberPhysical(type), rows, arena), rows)
    },
    examples: [example],
  })

export const bits: readonly FunctionDefinition[] = [
  logic('bitAnd', 'The bits that both have.', ['SELECT bitAnd(6, 3)', '2']),
  logic('bitOr', 'The bits that either has.', ['SELECT bitOr(6, 3)', '7']),
  logic('bitXor', 'The bits that one of both has.', ['SELECT bitXor(6, 3)', '5']),
  bitNot,
  shift('bitShiftLeft', 'shiftLeft', 'The bits moved up; those beyond the width are lost.', [
    'SELECT bitShiftLeft(1, 3)',
    '8',
  ]),
  shift('bitShiftRight', 'shiftRight', 'The bits moved down; signed numbers keep their sign.', [
    'SELECT bitShiftRight(8, 3)',
    '1',
  ]),
  rotate('bitRotateLeft', 'rotateLeft', 'The bits moved up, those beyond the width come in below.'),
  rotate('bitRotateRight', 'rotateRight', 'The bits moved down, the lowest come in above.'),
  bitCount,
  bitHammingDistance,
  bitTest,
  bitTests('bitTestAll', 'Whether all these bits are set.', ['SELECT bitTestAll(43, 0, 1)', '1']),
  bitTests('bitTestAny', 'Whether any of these bits is set.', ['SELECT bitTestAny(43, 2, 1)', '1']),
  divisor('gcd', 'The greatest common divisor.', ['SELECT gcd(12, 18)', '6']),
  divisor('lcm', 'The least common multiple.', ['SELECT lcm(4, 6)', '12']),
]
