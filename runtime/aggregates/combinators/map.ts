import { ArrayColumn } from '../../columns/array.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { GroupTable } from '../../columns/groupTable.ts'
import { sortRows } from '../../columns/sort.ts'
import { TupleColumn } from '../../columns/tuple.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import { ArrayType, MapType, type TupleType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import type { Value } from '../../types/value.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { groupedArrays, ungroupedArrays } from '../distinctValues.ts'
import { readList, type StateForm } from '../stateForm.ts'
import { ColumnarAggregate, fullGroups, uint32 } from '../states.ts'
import { type Combinator, stateOf } from './combinator.ts'

/** -Map: the values of each key of maps; gives a map of results. */
export const map: Combinator = {
  suffix: 'Map',
  about: 'Takes maps and aggregates the values of each key; gives a map.',
  bind: combined => {
    const { name, argumentTypes, bindInner } = combined
    const [type] = argumentTypes
    if (argumentTypes.length !== 1)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Incorrect number of arguments for aggregate function with Map suffix`,
      )
    if (!(type instanceof MapType))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${type.name} of argument for aggregate function ${name}, it must be a Map`,
      )
    const inner = bindInner([type.value])
    const result = new MapType(type.key, inner.type)
    return {
      type: result,
      form: mapForm(type.key, inner.form),
      state: stateOf(inner, 'Map', combined),
      create: arena => new OfMaps(arena, inner.create(arena), type.key, result),
    }
  },
}

/** How many keys, then each key and its state. */
export function mapForm(key: DataType, inner: StateForm): StateForm {
  return {
    types: [new ArrayType(key), ...inner.types.map(type => new ArrayType(type))],
    write([keys, ...states], writer) {
      writer.varint((keys as Value[]).length)
      for (const [i, each] of (keys as Value[]).entries()) {
        key.writeBinary(writer, each)
        inner.write(
          states.map(column => (column as Value[])[i]),
          writer,
        )
      }
    },
    read(reader) {
      const pairs = readList(reader, () => [key.readBinary(reader), ...inner.read(reader)])
      return [key, ...inner.types].map((_, i) => pairs.map(pair => pair[i]))
    },
  }
}

/** A group of the inner function is a pair of a group and a key. */
class OfMaps extends ColumnarAggregate {
  readonly #table: GroupTable

  constructor(
    arena: Arena,
    readonly inner: GroupedAggregate,
    key: DataType,
    readonly type: MapType,
  ) {
    super(arena)
    this.#table = new GroupTable(arena, [uint32, key])
  }

  ensure(): void {}

  add(groups: number, [column]: readonly Column[], rows: number): void {
    assert(column instanceof ArrayColumn && column.elements instanceof TupleColumn, 'a map is an array of pairs')
    const { offsets, elements } = column
    const arrays = elements.columns.map(each => new ArrayColumn(offsets, each, rows))
    this.withScratch(scratch => {
      const flat = ungroupedArrays(arrays, fullGroups(groups, rows, scratch), rows, scratch)
      if (flat.rows === 0) return
      const [keys, values] = flat.elements
      this.inner.add(this.#pairs(flat.ids, keys, flat.rows, scratch), [values], flat.rows)
    })
  }

  #pairs(groups: number, keys: Column, rows: number, scratch: Arena): number {
    const owners = new FixedColumn(uint32, this.memory, groups, rows)
    const ids = this.#table.upsert([owners, keys], rows, scratch)
    this.inner.ensure(this.#table.size)
    return ids
  }

  /** Columns about pairs, and their keys, as an array a group in the order of keys. */
  #arrays(columns: readonly Column[], count: number, arena: Arena): ArrayColumn[] {
    const rows = this.#table.size
    const keys = this.#table.keyColumns(arena)
    const { order } = sortRows(keys, [{}, {}], rows, arena)
    const [owners, ...sorted] = [...keys, ...columns].map(column => column.full(arena).gather(order, rows, arena))
    return groupedArrays((owners as FixedColumn).pointer, sorted, rows, count, arena)
  }

  states(count: number, arena: Arena): Column[] {
    const rows = this.#table.size
    this.inner.ensure(rows)
    return this.#arrays(this.inner.states(rows, arena), count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(states, groups, count, scratch)
      if (flat.rows === 0) return
      const [keys, ...parts] = flat.elements
      this.inner.absorb(parts, this.#pairs(flat.ids, keys, flat.rows, scratch), flat.rows)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const size = this.#table.size
    this.inner.ensure(size)
    const [keys, values] = this.#arrays([this.inner.result(0, size, arena)], start + count, arena)
    const pairs = new TupleColumn(
      this.memory,
      [keys.elements, values.elements],
      keys.elements.rows,
      this.type.pairs.element as TupleType,
    )
    return new ArrayColumn(keys.offsets, pairs, start + count, this.type).slice(start, count)
  }
}
