// States of aggregate functions added, and multiplied: as if the rows had been seen that often.
import { emptyState, packStates, unpackStates } from '../aggregates/stateForm.ts'
import { functionOf } from '../aggregates/stateType.ts'
import type { Column } from '../columns/column.ts'
import type { StringColumn } from '../columns/string.ts'
import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import { AggregateFunctionType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { IntegerType } from '../types/number.ts'

/** The type of a sum of states; null where these are none, or of different functions. */
export function stateSum(a: DataType, b: DataType): AggregateFunctionType | null {
  return a instanceof AggregateFunctionType && a.equals(b) ? a : null
}

/** The type of a state times an unsigned number, in either order. */
export function stateProduct(a: DataType, b: DataType): AggregateFunctionType | null {
  if (b instanceof AggregateFunctionType) return stateProduct(b, a)
  return a instanceof AggregateFunctionType && b instanceof IntegerType && !b.isSigned ? a : null
}

export function addStates(a: Column, b: Column, type: AggregateFunctionType, rows: number, arena: Arena): Column {
  const bound = functionOf(type)
  const sum = bound.create(arena)
  sum.ensure(Math.max(1, rows))
  for (const column of [a, b]) sum.absorb(columnsOf(column, type, arena), 0, rows)
  return packStates(bound.form, sum.states(rows, arena), rows, type, arena)
}

/** By doubling: a state is taken in for each bit of its factor. */
export function multiplyStates(a: Column, b: Column, type: AggregateFunctionType, rows: number, arena: Arena): Column {
  const [states, factors] = a.type instanceof AggregateFunctionType ? [a, b] : [b, a]
  const bound = functionOf(type)
  const result = bound.create(arena)
  result.ensure(Math.max(1, rows))
  const numbers = factors.full(arena)
  let power = columnsOf(states, type, arena)
  let left = Array.from({ length: rows }, (_, row) => BigInt(numbers.valueAt(row) as number))
  while (left.some(factor => factor > 0n)) {
    const odd = left.flatMap((factor, row) => (factor % 2n === 1n ? [row] : []))
    if (odd.length > 0) {
      const indices = arena.allocate(odd.length * 4)
      arena.memory.u32.set(odd, indices / 4)
      const picked = power.map(column => column.gather(indices, odd.length, arena))
      result.absorb(picked, indices, odd.length)
    }
    left = left.map(factor => factor / 2n)
    const doubled = bound.create(arena)
    doubled.ensure(Math.max(1, rows))
    for (let i = 0; i < 2; i++) doubled.absorb(power, 0, rows)
    power = doubled.states(rows, arena)
  }
  return packStates(bound.form, result.states(rows, arena), rows, type, arena)
}

function columnsOf(column: Column, type: AggregateFunctionType, arena: Arena): Column[] {
  const states = column.full(arena)
  assert(states.layout === 'string', 'states are bytes')
  const bound = functionOf(type)
  return unpackStates(bound.form, states as StringColumn, () => emptyState(bound, arena), arena)
}
