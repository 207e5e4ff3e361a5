// SummingMergeTree and AggregatingMergeTree: what becomes of the columns of rows with one sorting key. Numbers are summed, states and values of
// aggregate functions are merged, maps in Nested columns are summed by key; any other column keeps its first value.
import type { BoundAggregate } from '../../aggregates/aggregate.ts'
import { bindAggregate } from '../../aggregates/bind.ts'
import { groupedArrays, ungroupedArrays } from '../../aggregates/distinctValues.ts'
import { emptyState, packStates, unpackStates } from '../../aggregates/stateForm.ts'
import { functionOf } from '../../aggregates/stateType.ts'
import type { ArrayColumn } from '../../columns/array.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { GroupTable } from '../../columns/groupTable.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { packColumn } from '../../columns/pack.ts'
import { sortRows } from '../../columns/sort.ts'
import { StringColumn } from '../../columns/string.ts'
import { assert } from '../../core/assert.ts'
import type { Arena } from '../../core/memory.ts'
import {
  AggregateFunctionType,
  ArrayType,
  LowCardinalityType,
  NullableType,
  simpleFunctionOf,
} from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import { parseType } from '../../types/parseType.ts'
import { castColumn } from '../../functions/castColumn.ts'
import type { MergeTreeDefinition } from './definition.ts'
import { sumGroups } from './sumGroups.ts'

/** How a column's values of one group become one. */
export interface Combined {
  /** Columns that it is made of, in the order that `run` takes them. */
  readonly columns: readonly string[]
  /** Whether a group of which this is zero (and every other one too) goes. */
  readonly canBeZero: boolean
  /** values: full columns. groups: u32[rows], from 0. Gives one row a group. */
  run(values: readonly Column[], groups: number, groupCount: number, arena: Arena): Column
}

const numbers = /^(U?Int(8|16|32|64|128|256)|Float(32|64)|Decimal)$/
const uint32 = parseType('UInt32')

const canSum = (type: DataType): boolean => numbers.test((type instanceof NullableType ? type.inner : type).kind)

/** Columns that are combined, by name; of other engines none. */
export function combinedColumns(definition: MergeTreeDefinition): ReadonlyMap<string, Combined> {
  const { columns, mode, sortingColumns, minmaxColumns } = definition
  const combined = new Map<string, Combined>()
  if (mode.kind !== 'summing' && mode.kind !== 'aggregating') return combined
  const inKey = new Set([...sortingColumns, ...minmaxColumns])
  for (const { name, type: typeName } of columns) {
    if (inKey.has(name)) continue
    const type = parseType(typeName)
    const simple = simpleFunctionOf(type)
    if (type instanceof AggregateFunctionType) combined.set(name, ofStates(name, type))
    else if (simple !== undefined && type.plain) combined.set(name, ofValues(name, simple, type))
    else if (mode.kind === 'summing' && canSum(type) && (mode.columns === null || mode.columns.includes(name)))
      combined.set(name, ofNumbers(name))
  }
  if (mode.kind === 'summing') for (const [name, map] of ofMaps(definition)) combined.set(name, map)
  return combined
}

const ofNumbers = (name: string): Combined => ({
  columns: [name],
  canBeZero: true,
  run: ([values], groups, groupCount, arena) => sumGroups(values, groups, groupCount, arena),
})

function ofStates(name: string, type: AggregateFunctionType): Combined {
  return {
    columns: [name],
    canBeZero: false,
    run([values], groups, groupCount, arena) {
      assert(values instanceof StringColumn, 'states are bytes')
      const bound = functionOf(type)
      const aggregate = bound.create(arena)
      aggregate.ensure(groupCount)
      const states = unpackStates(bound.form, values, () => emptyState(bound, arena), arena)
      aggregate.absorb(states, groups, values.rows)
      return packStates(bound.form, aggregate.states(groupCount, arena), groupCount, type, arena)
    },
  }
}

function ofValues(name: string, called: string, type: DataType): Combined {
  const plain = type.plain ?? type
  let bound: BoundAggregate | null = null
  return {
    columns: [name],
    canBeZero: true,
    run([values], groups, groupCount, arena) {
      bound ??= bindAggregate(called, [plain])
      const aggregate = bound.create(arena)
      aggregate.ensure(groupCount)
      aggregate.add(groups, [values], values.rows)
      const result = aggregate.result(0, groupCount, arena).full(arena)
      if (plain instanceof LowCardinalityType && !(result instanceof LowCardinalityColumn))
        return packColumn(result, arena, plain)
      return castColumn(result, plain, arena).full(arena)
    },
  }
}

/** Nested columns whose name ends in Map: arrays of keys (the first, and those named so), the others are summed by them. */
function ofMaps({ columns, mode, sortingColumns }: MergeTreeDefinition): Map<string, Combined> {
  const nested = new Map<string, string[]>()
  for (const { name, type } of columns) {
    const [table, rest] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)]
    if (!name.includes('.') || !table.endsWith('Map') || !(parseType(type) instanceof ArrayType)) continue
    if (sortingColumns.includes(name) || rest === '') continue
    if (mode.kind === 'summing' && mode.columns !== null && !mode.columns.includes(table)) continue
    nested.set(table, [...(nested.get(table) ?? []), name])
  }
  const combined = new Map<string, Combined>()
  for (const names of nested.values()) {
    const typeOf = (name: string): DataType => {
      const type = parseType(columns.find(column => column.name === name)?.type ?? '')
      assert(type instanceof ArrayType, 'columns of a map are arrays')
      return type.element
    }
    const isKey = (name: string, i: number): boolean => i === 0 || /(ID|Key|Type)$/.test(name)
    const keys = names.filter(isKey)
    const values = names.filter((name, i) => !isKey(name, i))
    if (values.length === 0 || !values.every(name => canSum(typeOf(name)))) continue
    const types = keys.map(typeOf)
    for (const name of names) {
      const at = [...keys, ...values].indexOf(name)
      combined.set(name, {
        columns: [...keys, ...values],
        canBeZero: true,
        run: (arrays, groups, groupCount, arena) => sumMaps(arrays, types, groups, groupCount, arena)[at],
      })
    }
  }
  return combined
}

function sumMaps(
  arrays: readonly Column[],
  keyTypes: readonly DataType[],
  groups: number,
  groupCount: number,
  arena: Arena,
): ArrayColumn[] {
  const { memory } = arena
  const flat = ungroupedArrays(arrays, groups, arrays[0].rows, arena)
  const table = new GroupTable(arena, [uint32, ...keyTypes])
  const owners = new FixedColumn(uint32, memory, flat.ids, flat.rows)
  const keys = flat.elements.slice(0, keyTypes.length)
  const ids = flat.rows > 0 ? table.upsert([owners, ...keys], flat.rows, arena) : 0
  const sums = flat.elements.slice(keyTypes.length).map(values => sumGroups(values, ids, table.size, arena))
  const nonZero = new Uint8Array(table.size)
  for (const column of sums) markNonZero(column, nonZero)
  const found = table.keyColumns(arena)
  const { order } = sortRows(
    found,
    found.map(() => ({})),
    table.size,
    arena,
  )
  const kept = [...memory.u32.slice(order / 4, order / 4 + table.size)].filter(row => nonZero[row])
  const indices = arena.allocate(kept.length * 4)
  memory.u32.set(kept, indices / 4)
  const [owner, ...columns] = [...found, ...sums].map(column => column.gather(indices, kept.length, arena))
  return groupedArrays((owner as FixedColumn).pointer, columns, kept.length, groupCount, arena)
}

/** Sets marks[i] where row i is not the default of its type: zero, empty, or NULL where there can be one. */
export function markNonZero(column: Column, marks: Uint8Array): void {
  const { type } = column
  if (column instanceof FixedColumn) {
    const { width } = type
    const bytes = column.memory.bytes(column.pointer, column.rows * width)
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) marks[Math.floor(i / width)] = 1
    return
  }
  for (let row = 0; row < column.rows; row++) {
    const value = column.valueAt(row)
    const isDefault = Array.isArray(value) ? value.length === 0 : value === type.default
    if (!isDefault) marks[row] = 1
  }
}
