// The frame of functions that are rarely called: plain TypeScript over one row's values at a time.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { castColumn } from './castColumn.ts'
import { type ArgumentInfo, type Call, defineFunction, type Environment, type FunctionDefinition } from './function.ts'
import { isNumberOrDecimal } from './numericTypes.ts'

type Shape = Omit<FunctionDefinition, 'run' | 'returns' | 'examples'> & {
  readonly returns: DataType | ((args: readonly ArgumentInfo[], environment: Environment) => DataType)
  readonly row: (values: Value[], call: Call) => Value
  /** Numbers come as Float64, in arrays too. */
  readonly floats?: boolean
  readonly example?: readonly [string, string]
}

/** A function of one row's values. Rows that will be NULL are not asked. */
export function defineRowwise({ returns, row, floats, example, ...shape }: Shape): FunctionDefinition {
  return defineFunction({
    ...shape,
    lowCardinality: shape.lowCardinality ?? 'plain',
    returns: typeof returns === 'function' ? returns : () => returns,
    run: (args: readonly Column[], call: Call) => {
      const { type, rows, arena, nulls } = call
      const given = floats ? args.map(column => castColumn(column, floatsOf(column.type), arena).full(arena)) : args
      const values = Array.from({ length: rows }, (_, at) => {
        if (nulls !== 0 && arena.memory.u8[nulls + at]) return type.default
        return row(
          given.map(column => column.valueAt(at)),
          call,
        )
      })
      return columnOf(type, values, arena)
    },
    examples: example && [example],
  })
}

/** The type with Float64 in place of numbers. */
function floatsOf(type: DataType): DataType {
  if (type instanceof ArrayType) return new ArrayType(floatsOf(type.element))
  if (type instanceof TupleType) return new TupleType(type.elements.map(floatsOf))
  return isNumberOrDecimal(type) ? Float64 : type
}

const Float64 = parseType('Float64')

/** Numbers of a row's array. */
export const numbersIn = (value: Value): number[] => (value as readonly (number | bigint)[]).map(Number)

export function requireType(name: string, isRight: boolean, type: DataType, wanted: string): void {
  if (!isRight)
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Illegal type ${type.name} of argument of function ${name}: ${wanted} is expected`,
    )
}
