// Random numbers, texts and bytes, by the Platform's randomness.
import { constColumn } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import {
  bytesReader,
  float64,
  isNativeInteger,
  isString,
  mapNumbers,
  numberReader,
  StringsBuilder,
  stringType,
  uint64,
  uint8,
} from './stringRows.ts'

const category = 'Random Number'
const own = { nulls: 'own', lowCardinality: 'own', constants: 'keep', deterministic: false } as const

/** Random numbers; an argument only keeps two calls apart. */
const random = (
  name: string,
  type: DataType,
  fill: (call: Call, out: FixedColumn) => void,
  aliases: readonly string[] = [],
) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about: `Random values of type ${type.name}.`,
    category,
    arguments: [{ name: 'x', optional: true }],
    ...own,
    returns: () => type,
    run: (_, call) => {
      const out = newFixed(type, call.rows, call.arena)
      fill(call, out)
      return out
    },
  })

const fillRandom = ({ arena, environment }: Call, { pointer, rows, type }: FixedColumn): void => {
  const seed = arena.allocate(8)
  const { u32, kernels } = arena.memory
  for (const half of [0, 1]) u32[seed / 4 + half] = Math.floor(environment.random() * 4294967296)
  kernels.fillRandom(seed, pointer, rows * type.width)
}

const randConstant = defineFunction({
  name: 'randConstant',
  about: 'One random UInt32 for all rows.',
  category,
  arguments: [{ name: 'x', optional: true }],
  ...own,
  returns: () => parseType('UInt32'),
  run: (_, { type, rows, arena, environment }) =>
    constColumn(type, Math.floor(environment.random() * 4294967296), rows, arena),
})

const generateUUIDv4 = random('generateUUIDv4', parseType('UUID'), (call, out) => {
  fillRandom(call, out)
  const { u8 } = call.arena.memory
  // High half first, each half little-endian: version in byte 7's counterpart of the high half, variant in the low half's.
  for (let at = out.pointer; at < out.pointer + out.rows * 16; at += 16) {
    u8[at + 1] = (u8[at + 1] & 0x0f) | 0x40
    u8[at + 15] = (u8[at + 15] & 0x3f) | 0x80
  }
})

type Source = () => number

/** A normal number by Box and Muller. */
const normal = (next: Source): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
const exponential = (next: Source, rate: number): number => -Math.log(1 - next()) / rate

/** A gamma number of scale 1 by Marsaglia and Tsang. */
function gamma(next: Source, shape: number): number {
  if (shape < 1) return gamma(next, shape + 1) * (1 - next()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(next)
    const v = (1 + c * x) ** 3
    if (v <= 0) continue
    if (Math.log(1 - next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** The number of events: by their distances for few, by halving the time for many. */
function poisson(next: Source, mean: number): number {
  let left = mean
  let count = 0
  while (left > 30) {
    const half = Math.floor(left * 0.875)
    const time = gamma(next, half)
    if (time > left) return count + binomial(next, half - 1, left / time)
    count += half
    left -= time
  }
  const limit = Math.exp(-left)
  for (let product = 1 - next(); product > limit; product *= 1 - next()) count++
  return count
}

function binomial(next: Source, trials: number, chance: number): number {
  // Many trials are cut by the place of the middle one of as many uniform numbers.
  if (trials > 64 && chance > 0 && chance < 1) {
    const middle = Math.floor(trials / 2) + 1
    const x = gamma(next, middle)
    const place = x / (x + gamma(next, trials + 1 - middle))
    if (place > chance) return binomial(next, middle - 1, chance / place)
    return middle + binomial(next, trials - middle, (chance - place) / (1 - place))
  }
  let count = 0
  for (let i = 0; i < trials; i++) count += Number(next() < chance)
  return count
}

interface Distribution {
  readonly name: string
  readonly parameters: readonly string[]
  readonly type: DataType
  readonly about: string
  /** What is wrong with the parameters, or null. */
  check(parameters: readonly number[]): string | null
  draw(next: Source, parameters: readonly number[]): number
}

const isChance = (chance: number): string | null =>
  chance >= 0 && chance <= 1 ? null : 'should be inside [0, 1] because it is a probability'
const isPositive = (...values: readonly number[]): string | null =>
  values.every(value => value > 0) ? null : 'should be greater than zero'

const distributions: readonly Distribution[] = [
  {
    name: 'randUniform',
    parameters: ['min', 'max'],
    type: float64,
    about: 'Numbers spread evenly from min to max.',
    check: ([min, max]) => (min <= max ? null : 'min should not be greater than max'),
    draw: (next, [min, max]) => min + (max - min) * next(),
  },
  {
    name: 'randNormal',
    parameters: ['mean', 'stddev'],
    type: float64,
    about: 'Numbers of the normal distribution.',
    check: () => null,
    draw: (next, [mean, deviation]) => mean + deviation * normal(next),
  },
  {
    name: 'randLogNormal',
    parameters: ['mean', 'stddev'],
    type: float64,
    about: 'Numbers of the log-normal distribution.',
    check: () => null,
    draw: (next, [mean, deviation]) => Math.exp(mean + deviation * normal(next)),
  },
  {
    name: 'randExponential',
    parameters: ['lambda'],
    type: float64,
    about: 'Numbers of the exponential distribution.',
    check: ([rate]) => isPositive(rate),
    draw: (next, [rate]) => exponential(next, rate),
  },
  {
    name: 'randChiSquared',
    parameters: ['degrees of freedom'],
    type: float64,
    about: 'Numbers of the chi-squared distribution.',
    check: ([degrees]) => isPositive(degrees),
    draw: (next, [degrees]) => 2 * gamma(next, degrees / 2),
  },
  {
    name: 'randStudentT',
    parameters: ['degrees of freedom'],
    type: float64,
    about: "Numbers of Student's distribution.",
    check: ([degrees]) => isPositive(degrees),
    draw: (next, [degrees]) => normal(next) / Math.sqrt((2 * gamma(next, degrees / 2)) / degrees),
  },
  {
    name: 'randFisherF',
    parameters: ['d1', 'd2'],
    type: float64,
    about: "Numbers of Fisher's distribution.",
    check: ([first, second]) => isPositive(first, second),
    draw: (next, [first, second]) => gamma(next, first / 2) / first / (gamma(next, second / 2) / second),
  },
  {
    name: 'randBernoulli',
    parameters: ['probability'],
    type: uint8,
    about: '1 by this chance, else 0.',
    check: ([chance]) => isChance(chance),
    draw: (next, [chance]) => Number(next() < chance),
  },
  {
    name: 'randBinomial',
    parameters: ['experiments', 'probability'],
    type: uint64,
    about: 'How many of so many trials succeed.',
    check: ([, chance]) => isChance(chance),
    draw: (next, [trials, chance]) => binomial(next, Math.trunc(trials), chance),
  },
  {
    name: 'randNegativeBinomial',
    parameters: ['experiments', 'probability'],
    type: uint64,
    about: 'How many trials fail before so many succeed.',
    check: ([, chance]) => isChance(chance) ?? isPositive(chance),
    draw: (next, [successes, chance]) =>
      chance === 1 ? 0 : poisson(next, (gamma(next, Math.max(successes, 1e-9)) * (1 - chance)) / chance),
  },
  {
    name: 'randPoisson',
    parameters: ['n'],
    type: uint64,
    about: 'How many events come, when n are expected.',
    check: ([mean]) => (mean >= 0 ? null : 'should not be negative'),
    draw: (next, [mean]) => poisson(next, mean),
  },
]

function parameterOf(name: string, { type, constant }: ArgumentInfo): number {
  if (!/^(U?Int(8|16|32|64)|Float(32|64))$/.test(type.name))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of argument of function ${name}`)
  if (constant === undefined || constant === null)
    throw new DBError('ILLEGAL_COLUMN', `Parameters of function ${name} must be constant`)
  return Number(constant)
}

const drawing = ({ name, parameters, type, about, check, draw }: Distribution): FunctionDefinition => {
  const given = (args: readonly ArgumentInfo[]): number[] => {
    const values = parameters.map((_, i) => parameterOf(name, args[i]))
    const wrong = check(values)
    if (wrong !== null) throw new DBError('BAD_ARGUMENTS', `Argument of function ${name} ${wrong}`)
    return values
  }
  return defineFunction({
    name,
    about,
    category,
    arguments: [...parameters.map(parameter => ({ name: parameter })), { name: 'x', optional: true }],
    ...own,
    returns: args => {
      for (const argument of args.slice(0, parameters.length))
        if (argument.constant !== undefined) parameterOf(name, argument)
      return type
    },
    run: (_, { rows, arena, environment, arguments: args }) => {
      const values = given(args)
      const next = () => environment.random()
      return mapNumbers(type, arena, rows, () => draw(next, values))
    },
  })
}

const sizeMax = 2 ** 24

/** Texts of a length, each of them by `write`. */
const randomText = (
  name: string,
  about: string,
  write: (length: number, out: StringsBuilder, next: Source) => void,
): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'length', accepts: type => isNativeInteger(type) },
      { name: 'x', optional: true },
    ],
    nulls: 'own',
    lowCardinality: 'plain',
    constants: 'keep',
    deterministic: false,
    returns: () => stringType,
    run: ([length], { rows, arena, environment }) => {
      const lengthAt = numberReader(length)
      const out = new StringsBuilder()
      for (let row = 0; row < rows; row++) {
        const size = lengthAt(row)
        if (size < 0 || size > sizeMax)
          throw new DBError('TOO_LARGE_STRING_SIZE', `Too large string size in function ${name}`)
        write(size, out, () => environment.random())
        out.end()
      }
      return out.finish(arena)
    },
  })

/** A code point that has a character, or may have one: no surrogate, no control character of UTF-16's making. */
function randomPoint(next: Source): number {
  for (;;) {
    const point = Math.floor(next() * 0x110000)
    if (point < 0xd800 || point > 0xdfff) return point
  }
}

const randomString = defineFunction({
  name: 'randomString',
  about: 'Random bytes.',
  category,
  arguments: [
    { name: 'length', accepts: type => isNativeInteger(type) },
    { name: 'x', optional: true },
  ],
  nulls: 'own',
  lowCardinality: 'plain',
  constants: 'keep',
  deterministic: false,
  returns: () => stringType,
  run: ([length], call) => {
    const { rows, arena } = call
    const lengthAt = numberReader(length)
    const offsets = arena.allocate((rows + 1) * 4)
    let size = 0
    for (let row = 0; row < rows; row++) {
      const more = lengthAt(row)
      if (more < 0 || more > sizeMax || size + more > bytesMax)
        throw new DBError('TOO_LARGE_STRING_SIZE', 'Too large string size in function randomString')
      arena.memory.u32[offsets / 4 + row] = size
      size += more
    }
    arena.memory.u32[offsets / 4 + rows] = size
    const bytes = newFixed(uint8, size, arena)
    fillRandom(call, bytes)
    return new StringColumn(arena.memory, offsets, bytes.pointer, rows)
  },
})

/** Of one chunk. */
const bytesMax = 2 ** 30

const randomFixedString = defineFunction({
  name: 'randomFixedString',
  about: 'Random bytes as FixedString of that length.',
  category,
  arguments: [{ name: 'length', accepts: isNativeInteger, constant: true }],
  ...own,
  returns: ([length]) => {
    const size = Number(length.constant)
    if (size <= 0) throw new DBError('ARGUMENT_OUT_OF_BOUND', 'FixedString size must be positive')
    return parseType(`FixedString(${size})`)
  },
  run: (_, call) => {
    const { type, rows, arena } = call
    const out = newFixed(type, rows, arena)
    fillRandom(call, out)
    return out
  },
})

const fuzzBits = defineFunction({
  name: 'fuzzBits',
  about: 'The string with each of its bits inverted by a chance.',
  category,
  arguments: [
    { name: 's', accepts: isString },
    { name: 'prob', accepts: type => /^Float/.test(type.name), constant: true },
  ],
  constants: 'keep',
  lowCardinality: 'plain',
  deterministic: false,
  returns: ([s]) => (s.type.kind === 'FixedString' ? s.type : stringType),
  run: ([s], { type, rows, arena, environment, arguments: args }): Column => {
    const chance = Number(args[1].constant)
    if (!(chance >= 0 && chance <= 1))
      throw new DBError('ARGUMENT_OUT_OF_BOUND', 'The second argument of function fuzzBits must be from 0.0 to 1.0')
    const fuzz = (byte: number): number => {
      let flips = 0
      for (let bit = 0; bit < 8; bit++) flips |= Number(environment.random() < chance) << bit
      return byte ^ flips
    }
    const read = bytesReader(s, arena)
    const out = new StringsBuilder()
    for (let row = 0; row < rows; row++) {
      for (const byte of read(row)) out.byte(fuzz(byte))
      out.end()
    }
    const strings = out.finish(arena)
    return type.kind === 'FixedString' ? new FixedColumn(type, arena.memory, strings.bytes, rows) : strings
  },
})

export const randoms: readonly FunctionDefinition[] = [
  random('rand', parseType('UInt32'), fillRandom, ['rand32']),
  random('rand64', uint64, fillRandom),
  random('randCanonical', float64, ({ arena, environment }, { pointer, rows }) => {
    for (let row = 0; row < rows; row++) arena.memory.f64[pointer / 8 + row] = environment.random()
  }),
  randConstant,
  generateUUIDv4,
  ...distributions.map(drawing),
  randomString,
  randomText('randomPrintableASCII', 'Random characters that ASCII prints.', (length, out, next) => {
    for (let i = 0; i < length; i++) out.byte(32 + Math.floor(next() * 95))
  }),
  randomText('randomStringUTF8', 'Random code points in UTF-8.', (length, out, next) => {
    for (let i = 0; i < length; i++) out.text(String.fromCodePoint(randomPoint(next)))
  }),
  randomFixedString,
  fuzzBits,
]
