// Hashes of values. Those of several arguments, tuples and arrays combine the hashes of their parts.
import type { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { castNumbers, fixedOf, newFixed, numberPhysical } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger } from './numericTypes.ts'
import { splitNulls } from './selectColumns.ts'

const category = 'Hash'
const UInt64 = parseType('UInt64')

interface Hash {
  /** Pointer to u64[rows]. */
  of(column: Column, rows: number, arena: Arena): number
  /** Puts the next hashes into those so far, u64[rows] both. */
  combine(sum: number, next: number, rows: number, arena: Arena): void
}

const city: Hash = {
  of(column, rows, arena) {
    const { kernels } = arena.memory
    const out = arena.allocate(rows * 8)
    if (column instanceof StringColumn) kernels.cityHash64Strings(column.offsets, column.bytes, rows, out)
    else {
      const { type, pointer } = fixedOf(column)
      if (type.kind === 'FixedString' || type.kind === 'Decimal' || type.width > 8)
        kernels.cityHash64Fixed(pointer, type.width, rows, out)
      else {
        // Numbers hash as their bits, filled up to 64.
        const unsigned = { 1: 'U8', 2: 'U16', 4: 'U32', 8: 'U64' }[type.width]!
        kernelNamed(kernels, `intHash64${unsigned}`)(pointer, rows, out)
      }
    }
    return out
  },
  combine: (sum, next, rows, { memory }) => memory.kernels.hashCombine64(sum, next, rows),
}

const sip: Hash = {
  of(column, rows, arena) {
    const { kernels } = arena.memory
    const out = arena.allocate(rows * 8)
    if (column instanceof StringColumn) kernels.sipHash64Strings(column.offsets, column.bytes, rows, out)
    else {
      const { type, pointer } = fixedOf(column)
      kernels.sipHash64Fixed(pointer, type.width, rows, out)
    }
    return out
  },
  combine: (sum, next, rows, arena) => arena.memory.kernels.sipHashCombine64(sum, next, rows, arena.allocate(16)),
}

/** Nested columns are taken apart; NULL inside them hashes as nothing. */
function hashColumn(hash: Hash, column: Column, rows: number, arena: Arena): number {
  if (column instanceof TupleColumn) return hashAll(hash, column.columns, rows, arena)
  if (column.layout === 'array') return hashArrays(hash, column as ArrayColumn, rows, arena)
  if (column instanceof FixedColumn || column instanceof StringColumn) return hash.of(column, rows, arena)
  const { values, nulls } = splitNulls(column, arena)
  if (values.layout === column.layout)
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Type ${column.type.name} cannot be hashed`)
  const out = hashColumn(hash, values, rows, arena)
  const { u8, u64 } = arena.memory
  if (nulls !== 0) for (let row = 0; row < rows; row++) if (u8[nulls + row]) u64[out / 8 + row] = 0n
  return out
}

function hashAll(hash: Hash, columns: readonly Column[], rows: number, arena: Arena): number {
  const [first, ...others] = columns
  if (!first) return arena.allocateZeroed(rows * 8)
  const sum = hashColumn(hash, first, rows, arena)
  for (const other of others) hash.combine(sum, hashColumn(hash, other, rows, arena), rows, arena)
  return sum
}

/** The number of elements, then each of them. */
function hashArrays(hash: Hash, column: ArrayColumn, rows: number, arena: Arena): number {
  const { offsets, elements } = column.compact(arena)
  const { kernels } = arena.memory
  const lengths = newFixed(UInt64, rows, arena)
  kernels.offsetsToLengthsU64(offsets, lengths.pointer, rows)
  const sum = city.of(lengths, rows, arena) // whatever the hash of the elements
  const inner = hashColumn(hash, elements, elements.rows, arena)
  const { u32 } = arena.memory
  const starts = u32.slice(offsets / 4, offsets / 4 + rows + 1)
  for (let row = 0; row < rows; row++)
    for (let at = starts[row]; at < starts[row + 1]; at++) hash.combine(sum + row * 8, inner + at * 8, 1, arena)
  return sum
}

const hashable = (type: DataType): boolean => type.kind !== 'AggregateFunction'

const manyArguments = (name: string, hash: Hash, about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'x', accepts: hashable },
      { name: 'more', accepts: hashable, repeated: true },
    ],
    returns: () => UInt64,
    run: (args, { rows, arena }) => new FixedColumn(UInt64, arena.memory, hashAll(hash, args, rows, arena), rows),
    examples: [example],
  })

const intHash = (name: 'intHash32' | 'intHash64', type: DataType, about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'x', accepts: type => isInteger(type) || ['Date', 'DateTime', 'IPv4'].includes(type.kind) }],
    returns: () => type,
    run: ([x], { rows, arena }) => {
      const column = fixedOf(x)
      const physical = numberPhysical(column.type)
      const out = newFixed(type, rows, arena)
      const wide = castNumbers(column.pointer, physical, physical[0] === 'I' ? 'I64' : 'U64', rows, arena)
      kernelNamed(arena.memory.kernels, `${name}U64`)(wide, rows, out.pointer)
      return out
    },
    examples: [example],
  })

const sipHash128 = defineFunction({
  name: 'sipHash128',
  about: '128 bits of SipHash-2-4 over the bytes of one value.',
  category,
  arguments: [{ name: 'x', accepts: type => type.width > 0 || type.kind === 'String' }],
  returns: () => parseType('FixedString(16)'),
  run: ([x], { type, rows, arena }) => {
    const { kernels } = arena.memory
    const out = newFixed(type, rows, arena)
    if (x instanceof StringColumn) kernels.sipHash128Strings(x.offsets, x.bytes, rows, out.pointer)
    else kernels.sipHash128Fixed(fixedOf(x).pointer, x.type.width, rows, out.pointer)
    return out
  },
  examples: [["SELECT hex(sipHash128('a'))", '71315E763CCB60893893CDBB5CC3A21F']],
})

export const hashes: readonly FunctionDefinition[] = [
  manyArguments('cityHash64', city, 'CityHash64 (v1.0.2), combined over the arguments.', [
    "SELECT cityHash64('a')",
    '2603192927274642682',
  ]),
  manyArguments('sipHash64', sip, 'SipHash-2-4, combined over the arguments.', [
    "SELECT sipHash64('a')",
    '10863254463029944905',
  ]),
  sipHash128,
  intHash('intHash32', parseType('UInt32'), 'A fast hash of 32 bits of a number.', [
    'SELECT intHash32(1)',
    '1343103100',
  ]),
  intHash('intHash64', UInt64, 'A fast hash of 64 bits of a number.', ['SELECT intHash64(1)', '10577349846663553072']),
]
