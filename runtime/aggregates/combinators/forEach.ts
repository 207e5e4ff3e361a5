import { ArrayColumn } from '../../columns/array.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { GroupTable } from '../../columns/groupTable.ts'
import { sortRows } from '../../columns/sort.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import { ArrayType } from '../../types/compound.ts'
import type { Value } from '../../types/value.ts'
import type { StateForm } from '../stateForm.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { groupedArrays, ungroupedArrays } from '../distinctValues.ts'
import { ColumnarAggregate, fullGroups, uint32 } from '../states.ts'
import { type Combinator, stateOf } from './combinator.ts'

/** -ForEach: arrays element by element, giving an array of results. */
export const forEach: Combinator = {
  suffix: 'ForEach',
  about: 'Takes arrays and aggregates elements of the same position; gives an array.',
  bind: combined => {
    const { name, argumentTypes, bindInner } = combined
    const elements = argumentTypes.map(type => {
      if (type instanceof ArrayType) return type.element
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${type.name} of argument for aggregate function ${name}. Must be array.`,
      )
    })
    const inner = bindInner(elements)
    return {
      type: new ArrayType(inner.type),
      form: positionsForm(inner.form),
      state: stateOf(inner, 'ForEach', combined),
      create: arena => new Positions(arena, inner.create(arena)),
    }
  },
}

/** How many positions, then the state of each. */
function positionsForm(inner: StateForm): StateForm {
  return {
    types: inner.types.map(type => new ArrayType(type)),
    write(columns, writer) {
      const count = (columns[0] as Value[]).length
      writer.u64(BigInt(count))
      for (let i = 0; i < count; i++)
        inner.write(
          columns.map(column => (column as Value[])[i]),
          writer,
        )
    },
    read(reader) {
      const count = Number(reader.u64())
      if (count > reader.left * 8) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a state is cut off')
      const states = Array.from({ length: count }, () => inner.read(reader))
      return inner.types.map((_, column) => states.map(state => state[column]))
    },
  }
}

/** A group of the inner function is a position in a group's arrays. */
class Positions extends ColumnarAggregate {
  readonly #table: GroupTable

  constructor(
    arena: Arena,
    readonly inner: GroupedAggregate,
  ) {
    super(arena)
    this.#table = new GroupTable(arena, [uint32, uint32])
  }

  ensure(): void {}

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const ids = fullGroups(groups, rows, scratch)
      const flat = ungroupedArrays(args, ids, rows, scratch)
      if (flat.rows === 0) return
      this.inner.ensure(this.#table.size)
      const places = this.#places(flat.ids, args[0], flat.rows, scratch)
      this.inner.add(places, flat.elements, flat.rows)
    })
  }

  #places(ids: number, array: Column, rows: number, scratch: Arena): number {
    const { memory } = this.arena
    assert(array instanceof ArrayColumn, 'an argument of -ForEach is an array')
    const { offsets } = array.compact(scratch)
    const positions = scratch.allocate(rows * 4)
    memory.kernels.positionsInRows(offsets, array.rows, positions)
    const keys = [ids, positions].map(pointer => new FixedColumn(uint32, memory, pointer, rows))
    const places = this.#table.upsert(keys, rows, scratch)
    this.inner.ensure(this.#table.size)
    return places
  }

  /** Of each position (in the order of groups and positions): its place, and the groups' numbers. */
  #ordered(arena: Arena): { order: number; owners: number; rows: number } {
    const rows = this.#table.size
    const keys = this.#table.keyColumns(arena)
    const { order } = sortRows(keys, [{}, {}], rows, arena)
    const owners = (keys[0].gather(order, rows, arena) as FixedColumn).pointer
    return { order, owners, rows }
  }

  states(count: number, arena: Arena): Column[] {
    const { order, owners, rows } = this.#ordered(arena)
    this.inner.ensure(rows)
    const states = this.inner.states(rows, arena).map(column => column.gather(order, rows, arena))
    return groupedArrays(owners, states, rows, count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(states, groups, count, scratch)
      if (flat.rows === 0) return
      const places = this.#places(flat.ids, states[0], flat.rows, scratch)
      this.inner.absorb(flat.elements, places, flat.rows)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const { order, owners, rows } = this.#ordered(arena)
    this.inner.ensure(rows)
    const results = this.inner.result(0, rows, arena).gather(order, rows, arena)
    const [arrays] = groupedArrays(owners, [results], rows, start + count, arena)
    return arrays.slice(start, count)
  }
}
