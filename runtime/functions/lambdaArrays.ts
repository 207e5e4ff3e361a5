// The frame of functions over arrays that take a lambda: it is evaluated once over the elements of all rows.
import type { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { arrayOf, isArray } from './arrayColumns.ts'
import { plainType } from './bind.ts'
import { newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { conditionMask } from './logical.ts'
import { isNumber } from './numericTypes.ts'

const category = 'Arrays'

/** The arrays of a call taken apart, and the lambda's result for each element (the elements themselves without a lambda). */
export interface Elements {
  /** u32[rows + 1] from 0 on, for all arrays. */
  readonly offsets: number
  readonly starts: Uint32Array
  /** Elements of the first array. */
  readonly elements: Column
  readonly results: Column
  readonly count: number
}

const elementTypes = (args: readonly ArgumentInfo[]): DataType[] =>
  args.filter(argument => !argument.lambda).map(argument => (argument.type as ArrayType).element)

/** The type of the lambda's result, or of the first array's elements. */
function resultType(args: readonly ArgumentInfo[]): DataType {
  const types = elementTypes(args)
  const [first] = args
  return first.lambda ? first.lambda.bind(types) : types[0]
}

export function takeApart(args: readonly Column[], { arguments: infos, rows, arena }: Call, name: string): Elements {
  const { lambda } = infos[0]
  const arrays = (lambda ? args.slice(1) : args).map(column => (column as ArrayColumn).compact(arena))
  const [first] = arrays
  const { u32 } = arena.memory
  for (const { offsets } of arrays)
    for (let row = 0; row <= rows; row++)
      if (u32[offsets / 4 + row] !== u32[first.offsets / 4 + row])
        throw new DBError('SIZES_OF_ARRAYS_DOESNT_MATCH', `Arrays passed to ${name} must have equal size`)
  const count = first.elements.rows
  let results = first.elements
  if (lambda) {
    const rowOf = arena.allocate(count * 4)
    arena.memory.kernels.replicateIndices(first.offsets, rowOf, rows)
    results = lambda
      .evaluate(
        arrays.map(array => array.elements),
        rowOf,
        count,
        arena,
      )
      .full(arena)
  }
  const starts = arena.memory.u32.slice(first.offsets / 4, first.offsets / 4 + rows + 1)
  return { offsets: first.offsets, starts, elements: first.elements, results, count }
}

interface Shape {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly about: string
  /** Whether there must be a lambda, may be one, and how it is checked. */
  readonly lambda: 'required' | 'optional'
  readonly isCondition?: boolean
  type(result: DataType, elements: readonly DataType[]): DataType
  run(parts: Elements, call: Call): Column
  readonly example: [string, string]
}

export function higher({ name, aliases, about, lambda, isCondition, type, run, example }: Shape): FunctionDefinition {
  const isRequired = lambda === 'required'
  return defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: [
      { name: 'lambda', lambda: true, accepts: isRequired ? undefined : isArray },
      { name: 'array', accepts: isArray, optional: !isRequired },
      { name: 'more', accepts: isArray, repeated: true },
    ],
    nulls: 'literal',
    lowCardinality: 'own',
    // A lambda may use columns of the chunk, so constant arrays do not make the result constant.
    foldable: false,
    returns: args => {
      if (!args[0].lambda && isRequired)
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `First argument for function ${name} must be a function. Actual ${args[0].type.name}`,
        )
      if (args[0].lambda && args.length < 2)
        throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Function ${name} needs at least one array argument`)
      const elements = elementTypes(args)
      const result = resultType(args)
      const plain = plainType(result)
      if (isCondition && !isNumber(plain) && plain.kind !== 'Nothing')
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Unexpected type of filter column for ${name}: ${result.name}, expected UInt8`,
        )
      return type(result, elements)
    },
    run: (args, call) => run(takeApart(args, call, name), call),
    examples: [example],
  })
}

export const maskOf = ({ results, count }: Elements, arena: Arena): number => conditionMask(results, count, arena)

/** Elements that a function picks by their condition, row by row. */
export function picked(
  parts: Elements,
  type: DataType,
  arena: Arena,
  pick: (mask: Uint8Array, start: number, end: number, push: (at: number) => void) => void,
): ArrayColumn {
  const pointer = maskOf(parts, arena)
  const mask = arena.memory.u8.slice(pointer, pointer + parts.count)
  const picks: number[] = []
  const offsets = [0]
  for (let row = 0; row + 1 < parts.starts.length; row++) {
    pick(mask, parts.starts[row], parts.starts[row + 1], at => picks.push(at))
    offsets.push(picks.length)
  }
  return arrayOf(parts.elements, picks, offsets, type, arena)
}

/** One number for each row from the mask of its elements. */
export function perRow(
  parts: Elements,
  type: DataType,
  { rows, arena }: Call,
  of: (mask: Uint8Array, start: number, end: number) => number,
): FixedColumn {
  const pointer = maskOf(parts, arena)
  const { u8, u32 } = arena.memory
  const out = newFixed(type, rows, arena)
  for (let row = 0; row < rows; row++) {
    const value = of(u8.subarray(pointer, pointer + parts.count), parts.starts[row], parts.starts[row + 1])
    if (type.width === 1) u8[out.pointer + row] = value
    else u32[out.pointer / 4 + row] = value
  }
  return out
}
