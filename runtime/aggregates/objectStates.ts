// Functions whose states are objects, one a group: those that are not on a hot path, and those whose states are too involved for columns.
import { columnOf, place, placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { assert } from '../core/assert.ts'
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { type AggregateDefinition, type Bound, defineAggregate } from './aggregate.ts'
import { type StateForm, stateAt } from './stateForm.ts'
import { ColumnarAggregate } from './states.ts'

/** What one group has seen. */
export interface ObjectState<T = Value> {
  /** One row: the value of each argument. */
  add(...values: T[]): void
  /** Takes in another state of the same function. */
  merge(other: this): void
  /** ClickHouse's bytes. */
  write(writer: ByteWriter): void
  /** Into a new state. */
  read(reader: ByteReader): void
  result(): Value
}

export interface ObjectBound<T> {
  readonly type: DataType
  readonly create: () => ObjectState<T>
  readonly stateVersion?: number
}

interface ObjectDefinition<T> extends Omit<AggregateDefinition, 'bind'> {
  /** How many arguments there are: exactly, or at least and at most. */
  readonly takes: number | readonly [number, number]
  /** Whether all arguments have to be numbers, or numbers and times. */
  readonly numeric?: 'all' | 'times' | 'none'
  bind(types: readonly DataType[], parameters: readonly Value[]): ObjectBound<T>
}

/** Of which `add` sees values as columns hold them. */
export function defineObject(definition: ObjectDefinition<Value>): AggregateDefinition {
  return defineAny(definition, valueReader)
}

/** Of which `add` sees numbers as Float64. */
export function defineNumbers(definition: ObjectDefinition<number>): AggregateDefinition {
  return defineAny({ numeric: 'all', ...definition }, numberReader)
}

function defineAny<T extends Value>(
  definition: ObjectDefinition<T>,
  reader: (column: Column) => (row: number) => T,
): AggregateDefinition {
  const { name, takes, numeric } = definition
  return defineAggregate({
    ...definition,
    bind: (types, parameters): Bound => {
      checkCount(name, types, takes)
      if (numeric === 'all') for (const type of types) checkNumber(name, type)
      if (numeric === 'times')
        for (const type of types) if (!isNumeric(type) && !isTime(type)) throw illegalType(name, type)
      const { type, create, stateVersion } = definition.bind(types, parameters)
      return {
        type,
        stateVersion,
        form: objectForm(create),
        create: arena => new Objects(arena, type, create, column => reader(column)),
      }
    },
  })
}

function checkCount(name: string, types: readonly DataType[], takes: number | readonly [number, number]): void {
  const [low, high] = typeof takes === 'number' ? [takes, takes] : takes
  if (types.length >= low && types.length <= high) return
  throw new DBError(
    'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
    low === high
      ? `Aggregate function ${name} requires ${['no arguments', 'single argument', 'two arguments'][low] ?? `${low} arguments`}`
      : `Aggregate function ${name} requires ${low} to ${high} arguments`,
  )
}

export const isNumeric = (type: DataType): boolean => /^(U?Int\d+|Float\d+|Bool|Decimal|BFloat16)$/.test(type.kind)
export const isTime = (type: DataType): boolean => /^(Date|Date32|DateTime|DateTime64)$/.test(type.kind)
export const isInteger = (type: DataType): boolean => /^(U?Int\d+|Bool)$/.test(type.kind)
export const isUnsigned = (type: DataType): boolean => /^(UInt\d+|Bool)$/.test(type.kind)

export function illegalType(name: string, type: DataType): DBError {
  return new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of argument for aggregate function ${name}`)
}

function checkNumber(name: string, type: DataType): void {
  if (!isNumeric(type)) throw illegalType(name, type)
}

/** A parameter that is a number: absent, it is the default. */
export function numberParameter(name: string, parameters: readonly Value[], i: number, otherwise?: number): number {
  const value = parameters[i] ?? otherwise
  if (typeof value !== 'number' && typeof value !== 'bigint')
    throw new DBError('BAD_ARGUMENTS', `Parameter ${i + 1} for aggregate function ${name} must be a number`)
  return Number(value)
}

/** Values as columns hold them, without a bigint where a number will do. */
export function valueReader(column: Column): (row: number) => Value {
  if (!(column instanceof FixedColumn)) return row => column.valueAt(row)
  const { memory, pointer, type } = column
  switch (type.physical) {
    case 'U8':
      return type.kind === 'UInt8' ? row => memory.u8[pointer + row] : row => column.valueAt(row)
    case 'U32':
      return row => memory.u32[pointer / 4 + row]
    case 'F64':
      return row => memory.f64[pointer / 8 + row]
    default:
      return row => column.valueAt(row)
  }
}

/** Numbers as Float64, decimals as what they stand for (or unscaled), dates and times as they count. */
export function numberReader(column: Column, isScaled = true): (row: number) => number {
  assert(column instanceof FixedColumn, 'a number is packed')
  const { memory, pointer, type } = column
  const unit = type instanceof DecimalType && isScaled ? 10 ** type.scale : 1
  switch (type.physical) {
    case 'U8':
      return row => memory.u8[pointer + row]
    case 'U16':
      return row => memory.u16[pointer / 2 + row]
    case 'U32':
      return row => memory.u32[pointer / 4 + row]
    case 'I8':
      return row => memory.i8[pointer + row]
    case 'I32':
      return unit === 1 ? row => memory.i32[pointer / 4 + row] : row => memory.i32[pointer / 4 + row] / unit
    case 'F32':
      return row => memory.f32[pointer / 4 + row]
    case 'F64':
      return row => memory.f64[pointer / 8 + row]
    case 'U64':
      return row => Number(memory.u64[pointer / 8 + row])
    case 'I64':
      return row => Number(memory.i64[pointer / 8 + row]) / unit
    default:
      return row => Number(column.valueAt(row)) / unit
  }
}

/** The bytes that objects write. */
export function objectForm<T>(create: () => ObjectState<T>): StateForm {
  return {
    types: [parseType('String')],
    isBytes: true,
    write: ([bytes], writer) => writer.raw(encodeText(bytes as string)),
    read(reader) {
      const start = reader.position
      create().read(reader)
      return [decodeText(reader.bytes.subarray(start, reader.position))]
    },
  }
}

/** States 0..count, each as its bytes. */
export function objectStatesWritten<S extends { write(writer: ByteWriter): void }>(
  states: readonly S[],
  count: number,
  make: () => S,
  arena: Arena,
): StringColumn {
  const writer = new ByteWriter()
  const offsets = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) {
    const state = states[i] ?? make()
    state.write(writer)
    offsets[i + 1] = writer.length
  }
  return new StringColumn(arena.memory, placeU32(arena, offsets), place(arena, writer.bytes()), count)
}

/** Takes bytes of states into those of groups. */
export function objectStatesAbsorbed<S extends { read(reader: ByteReader): void; merge(other: S): void }>(
  states: readonly S[],
  given: Column,
  groups: number,
  count: number,
  make: () => S,
): void {
  assert(given instanceof StringColumn, 'states are bytes')
  for (let i = 0; i < count; i++) {
    const state = make()
    state.read(new ByteReader(stateAt(given, i)))
    states[groups === 0 ? i : given.memory.u32[groups / 4 + i]].merge(state)
  }
}

export class Objects<T extends Value> extends ColumnarAggregate {
  readonly #states: ObjectState<T>[] = []

  constructor(
    arena: Arena,
    readonly type: DataType,
    readonly make: () => ObjectState<T>,
    readonly reader: (column: Column) => (row: number) => T,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    while (this.#states.length < groups) this.#states.push(this.make())
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    const { memory } = this
    const states = this.#states
    const readers = args.map(this.reader)
    const { u32 } = memory
    const at = groups / 4
    const stateOf = (row: number): ObjectState<T> => states[groups === 0 ? 0 : u32[at + row]]
    if (readers.length === 1) {
      const [read] = readers
      for (let row = 0; row < rows; row++) stateOf(row).add(read(row))
    } else if (readers.length === 2) {
      const [first, second] = readers
      for (let row = 0; row < rows; row++) stateOf(row).add(first(row), second(row))
    } else for (let row = 0; row < rows; row++) stateOf(row).add(...readers.map(read => read(row)))
  }

  override merge(other: ColumnarAggregate, groups: number, count: number): void {
    assert(other instanceof Objects, 'states of one function are merged')
    const { u32 } = this.memory
    for (let i = 0; i < count; i++) {
      const state = other.#states[i]
      if (state) this.#states[groups === 0 ? i : u32[groups / 4 + i]].merge(state)
    }
  }

  states(count: number, arena: Arena): Column[] {
    return [objectStatesWritten(this.#states, count, this.make, arena)]
  }

  absorb([states]: readonly Column[], groups: number, count: number): void {
    objectStatesAbsorbed<ObjectState<T>>(this.#states, states, groups, count, this.make)
  }

  result(start: number, count: number, arena: Arena): Column {
    const values = Array.from({ length: count }, (_, i) => (this.#states[start + i] ?? this.make()).result())
    return columnOf(this.type, values, arena)
  }
}
