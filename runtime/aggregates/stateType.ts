// AggregateFunction(f, T...): what its values are, and how a column of them is one behind another in Native and in parts.
import { columnOf, placeU32 } from '../columns/build.ts'
import { StringColumn } from '../columns/string.ts'
import { ByteReader } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { decodeText } from '../core/text.ts'
import type { AggregateFunctionType } from '../types/compound.ts'
import type { BoundAggregate } from './aggregate.ts'
import { bindAggregate } from './bind.ts'
import { emptyState, stateAt } from './stateForm.ts'

const bounds = new WeakMap<AggregateFunctionType, BoundAggregate>()

/** The function whose states are a type's values. */
export function functionOf(type: AggregateFunctionType): BoundAggregate {
  let bound = bounds.get(type)
  if (!bound) {
    bound = bindAggregate(type.functionName, type.argumentTypes, type.parameters)
    bounds.set(type, bound)
  }
  return bound
}

/** States with bytes for every one, also those of no rows. */
export function wholeStates(states: StringColumn, arena: Arena): StringColumn {
  const { rows, memory } = states
  const { u32 } = memory
  const at = states.offsets / 4
  let isWhole = true
  for (let row = 0; row < rows && isWhole; row++) isWhole = u32[at + row] !== u32[at + row + 1]
  if (isWhole) return states
  const empty = emptyState(functionOf(states.type as AggregateFunctionType), arena)
  const texts = Array.from({ length: rows }, (_, row) => {
    const bytes = stateAt(states, row)
    return decodeText(bytes.length === 0 ? empty : bytes)
  })
  return columnOf(states.type, texts, arena) as StringColumn
}

/** Where the bytes of states lie that follow each other, and how many there are. */
export function stateBytes(states: StringColumn, arena: Arena): { pointer: number; size: number } {
  const whole = wholeStates(states, arena)
  return { pointer: whole.bytes + whole.memory.u32[whole.offsets / 4], size: whole.textSize }
}

/** So many states of those that follow each other at a pointer, sharing their bytes. */
export function splitStates(
  type: AggregateFunctionType,
  pointer: number,
  size: number,
  rows: number,
  arena: Arena,
): { column: StringColumn; used: number } {
  const { form } = functionOf(type)
  const reader = new ByteReader(arena.memory.copyOut(pointer, size))
  const offsets = new Uint32Array(rows + 1)
  for (let row = 0; row < rows; row++) {
    form.read(reader)
    offsets[row + 1] = reader.position
  }
  return {
    column: new StringColumn(arena.memory, placeU32(arena, offsets), pointer, rows, type),
    used: reader.position,
  }
}

/** Strings as states, if each is one. */
export function asStates(strings: StringColumn, type: AggregateFunctionType): StringColumn {
  const { form } = functionOf(type)
  for (let row = 0; row < strings.rows; row++) {
    const bytes = stateAt(strings, row)
    if (bytes.length === 0) continue
    const reader = new ByteReader(bytes)
    form.read(reader)
    if (reader.left > 0)
      throw new DBError('INCORRECT_DATA', `Cannot parse ${type.name} from String: ${reader.left} bytes are left over`)
  }
  return new StringColumn(strings.memory, strings.offsets, strings.bytes, strings.rows, type)
}
