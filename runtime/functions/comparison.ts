import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { EnumType } from '../types/enum.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { areComparable, type Comparison, compareColumns } from './compareColumns.ts'
import { maskColumn } from './fixedColumns.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'

const UInt8 = parseType('UInt8')
const isText = (type: DataType): boolean => type.kind === 'String' || type.kind === 'FixedString'

const compare = (
  name: string,
  comparison: Comparison,
  sign: string,
  examples: [string, string][],
): FunctionDefinition =>
  defineFunction({
    name,
    about: `Whether a ${sign} b.`,
    category: 'Comparison',
    arguments: [{ name: 'a' }, { name: 'b' }],
    constants: 'keep',
    returns: ([a, b]) => {
      check(name, a, b)
      return UInt8
    },
    run: ([a, b], call) => {
      const { rows, arena } = call
      const [left, right] = [asOther(a, 0, call), asOther(b, 1, call)]
      if (left === null || right === null) {
        // A name that the Enum does not have: equal to none of its values.
        const value = comparison === 'notEqual' ? 1 : 0
        return new ConstColumn(columnOf(UInt8, [value], arena), rows)
      }
      return maskColumn(compareColumns(comparison, left, right, rows, arena), rows, arena)
    },
    examples,
  })

function check(name: string, a: ArgumentInfo, b: ArgumentInfo): void {
  for (const [text, other] of [
    [a, b],
    [b, a],
  ])
    if (typeof text.constant === 'string' && isText(text.type) && !isText(other.type)) {
      if (['Array', 'Tuple', 'Map'].includes(other.type.kind)) continue
      parseConstant(text.constant, other.type)
      return
    }
  if (!areComparable(a.type, b.type))
    throw new DBError(
      isText(a.type) === isText(b.type) ? 'ILLEGAL_TYPE_OF_ARGUMENT' : 'NO_COMMON_TYPE',
      `Illegal types of arguments (${a.type.name}, ${b.type.name}) of function ${name}`,
    )
}

/** null: an Enum without that name. */
function parseConstant(text: string, type: DataType): Value {
  if (type instanceof EnumType) return type.numberOf.get(text) ?? null
  try {
    return type.parse(text)
  } catch (cause) {
    throw new DBError('TYPE_MISMATCH', `Cannot convert string '${text}' to type ${type.name}`, { cause })
  }
}

/** A constant text beside another type is read as a value of that type: `date = '2020-01-01'`. */
function asOther(column: Column, at: 0 | 1, { arguments: args, rows, arena }: Call): Column | null {
  const [own, other] = [args[at], args[1 - at]]
  if (typeof own.constant !== 'string' || !isText(own.type) || isText(other.type)) return column
  if (['Array', 'Tuple', 'Map'].includes(other.type.kind)) return column
  const value = parseConstant(own.constant, other.type)
  return value === null ? null : new ConstColumn(columnOf(other.type, [value], arena), rows)
}

export const comparison: readonly FunctionDefinition[] = [
  compare('equals', 'equal', '=', [
    ['SELECT 1 = 1, 1 = 2', '1\t0'],
    ["SELECT toDate('2020-01-01') = '2020-01-01'", '1'],
  ]),
  compare('notEquals', 'notEqual', '!=', [['SELECT 1 != 2', '1']]),
  compare('less', 'less', '<', [["SELECT 'a' < 'b', -1 < toUInt64(1)", '1\t1']]),
  compare('lessOrEquals', 'lessOrEqual', '<=', [['SELECT 1 <= 1', '1']]),
  compare('greater', 'greater', '>', [['SELECT 2 > 1.5', '1']]),
  compare('greaterOrEquals', 'greaterOrEqual', '>=', [['SELECT NULL >= 1', '\\N']]),
]
