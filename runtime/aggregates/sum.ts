import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import type { Arena } from '../core/memory.ts'
import { DBError } from '../core/errors.ts'
import type { DataType, Physical } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { defineAggregate } from './aggregate.ts'
import { plainForm, type StateForm } from './stateForm.ts'
import { ColumnarAggregate, float64, identity, int64, pick, pointerOf, StateArray, uint64 } from './states.ts'

export const sum = defineAggregate({
  name: 'sum',
  caseInsensitive: true,
  about: 'Adds numbers. Integers add up in 64 bits and wrap around; decimals in their widest precision.',
  bind: argumentTypes => {
    const type = sumType('sum', argumentTypes)
    return { type, form: plainForm(type), create: arena => new Sum(arena, type, argumentTypes[0]) }
  },
  examples: [
    ['SELECT sum(number) FROM numbers(5)', '10'],
    ['SELECT sum(x) FROM (SELECT arrayJoin([1.5, 2.5]) AS x)', '4'],
  ],
})

export const sumWithOverflow = defineAggregate({
  name: 'sumWithOverflow',
  about: "Adds numbers in the argument's own type, wrapping around.",
  bind: argumentTypes => {
    const wide = sumType('sumWithOverflow', argumentTypes)
    const [type] = argumentTypes
    return { type, form: narrowForm(wide, type), create: arena => new NarrowSum(arena, wide, type) }
  },
  examples: [['SELECT sumWithOverflow(toUInt8(200)) FROM numbers(2)', '144']],
})

/** Sums in a wide type that are written in a narrow one. */
const narrowForm = (wide: DataType, type: DataType): StateForm => ({
  types: [wide],
  write([sum], writer) {
    if (typeof sum === 'number') type.writeBinary(writer, sum)
    else writer.integer(sum as bigint, type.width)
  },
  read(reader) {
    const value = type.readBinary(reader)
    return [wide.physical === 'F64' ? value : BigInt(value as number | bigint)]
  },
})

/** The type that values of one type add up in. */
export function sumType(name: string, argumentTypes: readonly DataType[]): DataType {
  if (argumentTypes.length !== 1)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires single argument`)
  const [type] = argumentTypes
  if (type instanceof DecimalType) return new DecimalType(type.width === 32 ? 76 : 38, type.scale)
  switch (type.physical) {
    case 'F32':
    case 'F64':
      return float64
    case 'U8':
    case 'U16':
    case 'U32':
    case 'U64':
      if (isSummable(type)) return uint64
      break
    case 'I8':
    case 'I16':
    case 'I32':
    case 'I64':
      if (type.kind === 'Interval') return type
      if (isSummable(type)) return int64
      break
    case 'U128':
    case 'U256':
    case 'I128':
    case 'I256':
      if (isSummable(type)) return type
  }
  throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of argument for aggregate function ${name}`)
}

const isSummable = (type: DataType): boolean => /^(U?Int\d+|Bool|Decimal|Nothing|Enum8|Enum16)$/.test(type.kind)

/** Adds a column to sums of the type that sumType gives. groups: 0 for all in the first. */
export function addToSums(sums: number, groups: number, column: Column, rows: number): void {
  const { memory, type } = column
  const pointer = pointerOf(column)
  const physical = type.physical as Physical
  if (type instanceof DecimalType && type.width === 4) memory.kernels.sumI32Into128(sums, groups, pointer, rows)
  else if (type instanceof DecimalType && type.width === 8) memory.kernels.sumI64Into128(sums, groups, pointer, rows)
  else if (type.width > 8) memory.kernels.sumWordsGrouped(sums, groups, pointer, rows, type.width / 8)
  else {
    const name = physical === 'U64' ? 'I64' : physical
    if (groups === 0) pick(memory, 'sum', name)(sums, pointer, rows)
    else pick(memory, 'sum', name, 'Grouped')(sums, groups, pointer, rows)
  }
}

class Sum extends ColumnarAggregate {
  protected readonly sums: StateArray

  constructor(
    arena: Arena,
    readonly type: DataType,
    readonly argument: DataType,
  ) {
    super(arena)
    this.sums = new StateArray(arena, type.width)
  }

  ensure(groups: number): void {
    this.sums.ensure(groups)
  }

  add(groups: number, [column]: readonly Column[], rows: number): void {
    addToSums(this.sums.pointer, groups, column, rows)
  }

  states(count: number): Column[] {
    return [this.sums.column(this.type, 0, count)]
  }

  absorb([sums]: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      addToSums(this.sums.pointer, groups === 0 ? identity(count, scratch) : groups, sums, count)
    })
  }

  result(start: number, count: number, _arena: Arena): Column {
    return this.sums.column(this.type, start, count)
  }
}

/** Adds wide and cuts off at the end, which is the same as wrapping all the way. */
class NarrowSum extends Sum {
  override result(start: number, count: number, arena: Arena): Column {
    const wide = super.result(start, count, arena)
    return narrow(wide, this.argument, arena)
  }
}

function narrow(column: Column, type: DataType, arena: Arena): Column {
  const { memory, rows } = column
  if (type.width === column.type.width) return asType(column, type)
  const out = arena.allocate(rows * type.width)
  const source = pointerOf(column)
  if (type.physical === 'F32') for (let i = 0; i < rows; i++) memory.f32[out / 4 + i] = memory.f64[source / 8 + i]
  else memory.kernels.unpackKeysBytes(source, column.type.width, rows, out, type.width)
  return new FixedColumn(type, memory, out, rows)
}

const asType = (column: Column, type: DataType): Column =>
  new FixedColumn(type, column.memory, pointerOf(column), column.rows)
