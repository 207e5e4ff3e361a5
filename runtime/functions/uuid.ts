// UUIDs as bytes, version 7 among them, and snowflake ids: both carry a time in their first bits.
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, type DateTimeType } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import { dateTime64In, dateTimeIn } from './conversion.ts'
import { fixedOf, newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type ArgumentRule, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { isUnsigned, mapNumbers, stringsOf } from './stringRows.ts'
import { parseColumn, printColumn } from './textColumns.ts'

const category = 'UUID'
const String_ = parseType('String')
const UInt64 = parseType('UInt64')
const UUID = parseType('UUID')
const FixedString16 = parseType('FixedString(16)')

/** 1: the text's order. 2: as Microsoft has it, the first three groups from their last byte. */
const variantRule: ArgumentRule = {
  name: 'variant',
  optional: true,
  constant: true,
  accepts: ({ kind }) => kind === 'UInt8' || kind === 'Int8',
}

function variantOf(argument: ArgumentInfo | undefined): 1 | 2 {
  const variant = argument === undefined ? 1 : Number(argument.constant)
  if (variant !== 1 && variant !== 2)
    throw new DBError('ARGUMENT_OUT_OF_BOUND', `Expected UUID variant, got ${variant}`)
  return variant
}

/** Where byte i of the text's order lies in a UUID's memory: two u64, little-endian. */
const inMemory = Array.from({ length: 16 }, (_, i) => (i & 8) + 7 - (i & 7))
/** Where it lies in the bytes of a variant. */
const inBytes = {
  1: Array.from({ length: 16 }, (_, i) => i),
  2: [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15],
}

function shuffle(source: number, rows: number, from: number[], to: number[], target: number, arena: Arena): void {
  const { u8 } = arena.memory
  for (let row = 0; row < rows * 16; row += 16)
    for (let i = 0; i < 16; i++) u8[target + row + to[i]] = u8[source + row + from[i]]
}

function toBytes(column: FixedColumn, variant: 1 | 2, arena: Arena): FixedColumn {
  const out = newFixed(FixedString16, column.rows, arena)
  shuffle(column.pointer, column.rows, inMemory, inBytes[variant], out.pointer, arena)
  return out
}

const uuidToNum = defineFunction({
  name: 'UUIDToNum',
  about: 'The sixteen bytes of a UUID.',
  category,
  arguments: [{ name: 'uuid', accepts: type => type.kind === 'UUID' }, variantRule],
  returns: () => FixedString16,
  run: ([uuid], { arena, arguments: args }) => toBytes(fixedOf(uuid), variantOf(args[1]), arena),
  examples: [["SELECT UUIDToNum(toUUID('612f3c40-5d3b-217e-707b-6a546a3d7b29'))", 'a/<@];!~p{jTj={)']],
})

const uuidStringToNum = defineFunction({
  name: 'UUIDStringToNum',
  about: 'The sixteen bytes of a UUID given as text; zeros for what is none.',
  category,
  arguments: [
    { name: 'text', accepts: type => type.kind === 'String' || type.name === 'FixedString(36)' },
    variantRule,
  ],
  returns: () => FixedString16,
  run: ([text], { arena, rows, nulls, arguments: args }) => {
    const variant = variantOf(args[1])
    const strings = stringsOf(text, arena)
    const { u32 } = arena.memory
    const failures = arena.allocateZeroed(rows)
    const parsed = fixedOf(parseColumn(strings, UUID, { arena, nulls, failures, isAccurate: false }))
    const result = toBytes(parsed, variant, arena)
    // Only the form with hyphens counts.
    for (let row = 0; row < rows; row++)
      if (u32[strings.offsets / 4 + row + 1] - u32[strings.offsets / 4 + row] !== 36)
        arena.memory.u8.fill(0, result.pointer + row * 16, result.pointer + row * 16 + 16)
    return result
  },
  examples: [["SELECT UUIDStringToNum('612f3c40-5d3b-217e-707b-6a546a3d7b29')", 'a/<@];!~p{jTj={)']],
})

const uuidNumToString = defineFunction({
  name: 'UUIDNumToString',
  about: 'Sixteen bytes as the text of a UUID.',
  category,
  arguments: [{ name: 'bytes', accepts: type => type.name === 'FixedString(16)' }, variantRule],
  returns: () => String_,
  run: ([bytes], { arena, rows, arguments: args }) => {
    const variant = variantOf(args[1])
    const uuids = newFixed(UUID, rows, arena)
    shuffle(fixedOf(bytes).pointer, rows, inBytes[variant], inMemory, uuids.pointer, arena)
    return printColumn(uuids, arena)
  },
  examples: [["SELECT UUIDNumToString(toFixedString('a/<@];!~p{jTj={)', 16))", '612f3c40-5d3b-217e-707b-6a546a3d7b29']],
})

/** A zone given as an argument; none is the session's. */
function zoneOf(argument: ArgumentInfo | undefined): unknown {
  if (argument === undefined || typeof argument.constant === 'string') return argument?.constant
  throw new DBError('ILLEGAL_COLUMN', 'The time zone argument must be a constant string')
}

const uuidV7ToDateTime = defineFunction({
  name: 'UUIDv7ToDateTime',
  about: 'The time in a UUID of version 7; 1970 for other versions.',
  category,
  arguments: [
    { name: 'uuid', accepts: type => type.kind === 'UUID' },
    { name: 'timezone', optional: true },
  ],
  returns: ([, zone], environment) => dateTime64In(3, zoneOf(zone), environment),
  run: ([uuid], { type, arena, rows }) => {
    const out = newFixed(type, rows, arena)
    const { pointer } = fixedOf(uuid)
    const { u64 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const high = u64[pointer / 8 + row * 2]
      u64[out.pointer / 8 + row] = (high & 0xf000n) === 0x7000n ? high >> 16n : 0n
    }
    return out
  },
  examples: [["SELECT UUIDv7ToDateTime(toUUID('018f05c9-4ab8-7b86-b64e-c9f03fbd45d1'))", '2024-04-22 12:30:29.048']],
})

/** Milliseconds and a counter that goes up where they do not: ids come in order. */
class Sequence {
  #last = -1
  #counter = 0

  /** start: the counter's first value in a new millisecond; max: its last. */
  next(now: number, start: () => number, max: number): { ms: number; counter: number } {
    if (now > this.#last) {
      this.#last = now
      this.#counter = start()
    } else if (++this.#counter > max) {
      this.#last++
      this.#counter = start()
    }
    return { ms: this.#last, counter: this.#counter }
  }
}

const uuidSequence = new Sequence()
const snowflakeSequence = new Sequence()

const counterMax = 2 ** 42 - 1

/** 48 bits of milliseconds, version 7, 42 bits of a counter, 32 random ones. */
function writeUuidV7(target: number, ms: number, counter: number, { arena, environment }: Call): void {
  const { u64 } = arena.memory
  const wide = BigInt(counter)
  const random = BigInt(Math.floor(environment.random() * 2 ** 32))
  u64[target / 8] = (BigInt(ms) << 16n) | 0x7000n | (wide >> 30n)
  u64[target / 8 + 1] = (2n << 62n) | ((wide & 0x3fffffffn) << 32n) | random
}

const generateUUIDv7 = defineFunction({
  name: 'generateUUIDv7',
  about: 'A UUID of version 7: the time, a counter and chance.',
  category,
  arguments: [{ name: 'expr', optional: true }],
  nulls: 'own',
  lowCardinality: 'own',
  constants: 'keep',
  deterministic: false,
  returns: () => UUID,
  run: (_, call) => {
    const { rows, arena, environment } = call
    const out = newFixed(UUID, rows, arena)
    const start = () => Math.floor(environment.random() * 2 ** 41)
    for (let row = 0; row < rows; row++) {
      const { ms, counter } = uuidSequence.next(environment.now, start, counterMax)
      writeUuidV7(out.pointer + row * 16, ms, counter, call)
    }
    return out
  },
})

const dateTimeToUUIDv7 = defineFunction({
  name: 'dateTimeToUUIDv7',
  about: 'A UUID of version 7 with a given time.',
  category,
  arguments: [{ name: 'value', accepts: type => type.kind === 'DateTime' }],
  deterministic: false,
  returns: () => UUID,
  run: ([value], call) => {
    const { rows, arena, environment } = call
    const out = newFixed(UUID, rows, arena)
    const full = fixedOf(value.full(arena))
    const start = Math.floor(environment.random() * 2 ** 41)
    for (let row = 0; row < rows; row++)
      writeUuidV7(out.pointer + row * 16, arena.memory.u32[full.pointer / 4 + row] * 1000, start + row, call)
    return out
  },
})

const generateSnowflakeID = defineFunction({
  name: 'generateSnowflakeID',
  about: 'An id of 64 bits: milliseconds, a machine and a counter.',
  category,
  arguments: [
    { name: 'expr', optional: true },
    { name: 'machine_id', optional: true },
  ],
  nulls: 'own',
  lowCardinality: 'own',
  constants: 'keep',
  deterministic: false,
  returns: () => UInt64,
  run: (_, { rows, arena, environment, arguments: args }) => {
    const machine = BigInt(Math.trunc(Number(args[1]?.constant ?? 0))) & 1023n
    return mapNumbers(UInt64, arena, rows, () => {
      const { ms, counter } = snowflakeSequence.next(environment.now, () => 0, 4095)
      return (BigInt(ms) << 22n) | (machine << 12n) | BigInt(counter)
    })
  },
})

const epochRule: ArgumentRule = { name: 'epoch', optional: true, accepts: isUnsigned }
const epochOf = (argument: Column | undefined): bigint => {
  if (argument === undefined) return 0n
  return BigInt((argument instanceof ConstColumn ? argument.value : argument).valueAt(0) as number | bigint)
}

/** Times to the first id of their millisecond. */
const toSnowflake = (kind: 'DateTime' | 'DateTime64', example: [string, string]) =>
  defineFunction({
    name: `${kind === 'DateTime' ? 'dateTime' : 'dateTime64'}ToSnowflakeID`,
    about: `The first snowflake id of a ${kind}, counted from an epoch in milliseconds.`,
    category,
    arguments: [{ name: 'value', accepts: type => type.kind === kind }, epochRule],
    constants: 'keep',
    returns: () => UInt64,
    run: ([value, epoch], { arena, rows }) => {
      const full = fixedOf(value.full(arena))
      const from = epochOf(epoch)
      const { u32, i64 } = arena.memory
      const scale = full.type instanceof DateTime64Type ? full.type.scale : 0
      const [up, down] = [10n ** BigInt(Math.max(3 - scale, 0)), 10n ** BigInt(Math.max(scale - 3, 0))]
      return mapNumbers(UInt64, arena, rows, row => {
        const ticks = kind === 'DateTime' ? BigInt(u32[full.pointer / 4 + row]) : i64[full.pointer / 8 + row]
        return BigInt.asUintN(64, ((ticks * up) / down - from) << 22n)
      })
    },
    examples: [example],
  })

const fromSnowflake = (
  kind: 'DateTime' | 'DateTime64',
  returns: (zone: unknown, environment: Call['environment']) => DateTimeType | DateTime64Type,
  example: [string, string],
) =>
  defineFunction({
    name: `snowflakeIDTo${kind}`,
    about: `The time in a snowflake id as ${kind}.`,
    category,
    arguments: [
      { name: 'value', accepts: type => type.kind === 'UInt64' },
      epochRule,
      { name: 'timezone', optional: true },
    ],
    constants: 'keep',
    returns: ([, , zone], environment): DataType => returns(zoneOf(zone), environment),
    run: ([value, epoch], { type, arena, rows }) => {
      const full = fixedOf(value.full(arena))
      const from = epochOf(epoch)
      const out = newFixed(type, rows, arena)
      const { u64, i64, u32 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const ms = (u64[full.pointer / 8 + row] >> 22n) + from
        if (kind === 'DateTime') u32[out.pointer / 4 + row] = Number(BigInt.asUintN(32, ms / 1000n))
        else i64[out.pointer / 8 + row] = ms
      }
      return out
    },
    examples: [example],
  })

export const uuid: readonly FunctionDefinition[] = [
  uuidToNum,
  uuidStringToNum,
  uuidNumToString,
  uuidV7ToDateTime,
  generateUUIDv7,
  dateTimeToUUIDv7,
  generateSnowflakeID,
  toSnowflake('DateTime', [
    "SELECT dateTimeToSnowflakeID(toDateTime('2021-08-15 10:57:56', 'UTC'))",
    '6832626392367104000',
  ]),
  toSnowflake('DateTime64', [
    "SELECT dateTime64ToSnowflakeID(toDateTime64('2021-08-15 10:57:56', 3, 'UTC'))",
    '6832626392367104000',
  ]),
  fromSnowflake('DateTime', dateTimeIn, ['SELECT snowflakeIDToDateTime(7204436857747984384)', '2024-06-06 10:59:58']),
  fromSnowflake('DateTime64', (zone, environment) => dateTime64In(3, zone, environment), [
    'SELECT snowflakeIDToDateTime64(7204436857747984384)',
    '2024-06-06 10:59:58.851',
  ]),
]
