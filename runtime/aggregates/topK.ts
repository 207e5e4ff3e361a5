import type { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { sortRows } from '../columns/sort.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { defineAggregate } from './aggregate.ts'
import { groupedArrays, ungroupedArrays } from './distinctValues.ts'
import { limitArrays } from './groupArray.ts'
import { ColumnarAggregate, fullGroups, pointerOf, StateArray, uint32, uint64 } from './states.ts'

export const topK = defineAggregate({
  name: 'topK',
  about: 'The most frequent values (10, or as many as the parameter says), the most frequent first.',
  bind: (types, parameters) => bind('topK', types, parameters, 1),
  examples: [['SELECT topK(1)(number % 3) FROM numbers(10)', '[0]']],
})

export const topKWeighted = defineAggregate({
  name: 'topKWeighted',
  about: 'As topK, each value counted as often as the second argument says.',
  bind: (types, parameters) => bind('topKWeighted', types, parameters, 2),
})

function bind(name: string, types: readonly DataType[], parameters: readonly Value[], wanted: number) {
  if (types.length !== wanted)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} takes ${wanted} arguments`)
  if (wanted === 2 && !/^U/.test(types[1].physical ?? ''))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `The second argument for aggregate function ${name} must have an unsigned integer type`,
    )
  const size = parameters.length === 0 ? 10 : Number(parameters[0])
  if (!Number.isInteger(size) || size <= 0 || size > 0xffffff)
    throw new DBError('ARGUMENT_OUT_OF_BOUND', `The parameter of aggregate function ${name} is out of range`)
  const type = new ArrayType(types[0])
  return { type, create: (arena: Arena) => new TopValues(arena, types[0], size) }
}

/** Counts every value, where ClickHouse keeps a fixed number of counters: the most frequent ones are the same, and exact. */
class TopValues extends ColumnarAggregate {
  readonly #table: GroupTable
  readonly #counts: StateArray

  constructor(
    arena: Arena,
    type: DataType,
    readonly limit: number,
  ) {
    super(arena)
    this.#table = new GroupTable(arena, [uint32, type])
    this.#counts = new StateArray(arena, 8)
  }

  ensure(): void {}

  add(groups: number, [values, weights]: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const ids = this.#pairs(fullGroups(groups, rows, scratch), values, rows, scratch)
      const { kernels } = this.memory
      if (!weights) kernels.countGrouped(this.#counts.pointer, ids, rows)
      else this.#addCounts(ids, weights, rows)
    })
  }

  #addCounts(ids: number, counts: Column, rows: number): void {
    const { kernels } = this.memory
    const [states, pointer] = [this.#counts.pointer, pointerOf(counts)]
    if (counts.type.width === 8) kernels.sumI64Grouped(states, ids, pointer, rows)
    else if (counts.type.width === 4) kernels.sumU32Grouped(states, ids, pointer, rows)
    else if (counts.type.width === 2) kernels.sumU16Grouped(states, ids, pointer, rows)
    else kernels.sumU8Grouped(states, ids, pointer, rows)
  }

  #pairs(groups: number, values: Column, rows: number, scratch: Arena): number {
    const ids = this.#table.upsert([new FixedColumn(uint32, this.memory, groups, rows), values], rows, scratch)
    this.#counts.ensure(this.#table.size)
    return ids
  }

  #arrays(groups: number, sorted: boolean, arena: Arena): ArrayColumn[] {
    const rows = this.#table.size
    this.#counts.ensure(1)
    const [owners, values] = this.#table.keyColumns(arena)
    const columns: Column[] = [values, this.#counts.column(uint64, 0, rows)]
    if (!sorted) return groupedArrays(pointerOf(owners), columns, rows, groups, arena)
    const { order } = sortRows([owners, columns[1]], [{}, { descending: true }], rows, arena)
    const [own, ...rest] = [owners, ...columns].map(column => column.gather(order, rows, arena))
    return groupedArrays(pointerOf(own), rest, rows, groups, arena)
  }

  states(count: number, arena: Arena): Column[] {
    return this.#arrays(count, false, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(states, groups, count, scratch)
      if (flat.rows === 0) return
      this.#addCounts(this.#pairs(flat.ids, flat.elements[0], flat.rows, scratch), flat.elements[1], flat.rows)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const [values] = this.#arrays(start + count, true, arena)
    return limitArrays(values.slice(start, count), this.limit, false, arena)
  }
}
