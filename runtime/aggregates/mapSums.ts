import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { sortRows } from '../columns/sort.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { type AggregateDefinition, type BoundAggregate, defineAggregate, type GroupedAggregate } from './aggregate.ts'
import { groupedArrays, ungroupedArrays } from './distinctValues.ts'
import { max, min } from './minMax.ts'
import { mapForm } from './combinators/map.ts'
import { joinForms, type StateForm } from './stateForm.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { Wrapped } from './combinators/wrapped.ts'
import { ColumnarAggregate, fullGroups, maskRows, pickRows, uint32 } from './states.ts'
import { sum, sumWithOverflow } from './sum.ts'

/** sumMap and its kin: arrays of keys and of values (or a Map), values of the same key taken together. */
export const mapAggregates: readonly AggregateDefinition[] = [
  define('sumMap', sum, true, 'Adds the values of each key; keys whose sums are all zero are left out.', [
    'sumMappedArrays',
  ]),
  define('sumMapWithOverflow', sumWithOverflow, true, 'As sumMap, in the type of the values.'),
  define('minMap', min, false, 'The least value of each key.', ['minMappedArrays']),
  define('maxMap', max, false, 'The greatest value of each key.', ['maxMappedArrays']),
]

function define(
  name: string,
  inner: AggregateDefinition,
  dropZeros: boolean,
  about: string,
  aliases?: readonly string[],
): AggregateDefinition {
  return defineAggregate({
    name,
    aliases,
    about,
    bind: types => {
      const [only] = types
      if (types.length === 1 && only instanceof MapType) {
        const bound = bindValue(inner, only.value)
        const type = new MapType(only.key, bound.type)
        return {
          type,
          form: mapForm(only.key, bound.form),
          stateName: name.replace('MappedArrays', 'Map'),
          create: arena => new MapStates(arena, only.key, [bound], false, type),
        }
      }
      const parts = types.length === 1 && only instanceof TupleType ? only.elements : types
      const [keys, ...values] = parts.map(part => {
        if (part instanceof ArrayType) return part.element
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Argument of type ${part.name} for aggregate function ${name} must be an array, a tuple of arrays or a map`,
        )
      })
      if (keys === undefined || values.length === 0)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          `Aggregate function ${name} requires at least two arguments of Array type`,
        )
      const bounds = values.map(value => bindValue(inner, value))
      const type = new TupleType([new ArrayType(keys), ...bounds.map(bound => new ArrayType(bound.type))])
      return {
        type,
        form: mapForm(keys, joinForms(...bounds.map(bound => valueForm(bound.form)))),
        stateName: name.replace('MappedArrays', 'Map'),
        stateVersion: 1,
        create: arena => new MapStates(arena, keys, bounds, dropZeros, type),
      }
    },
  })
}

type Bound = Pick<BoundAggregate, 'type' | 'form' | 'create'>

/** Of min and max the value without whether it is there, as a key is there by its value only. */
function valueForm(form: StateForm): StateForm {
  if (form.types.length === 1) return form
  const [type] = form.types
  return {
    types: form.types,
    write: ([value], writer) => type.writeBinary(writer, value),
    read: reader => [type.readBinary(reader), 1],
  }
}

function bindValue(inner: AggregateDefinition, type: DataType): Bound {
  if (!(type instanceof NullableType)) return inner.bind([type], [])
  // NULL counts as nothing, and the sums are no Nullable.
  const bound = inner.bind([type.inner], [])
  return { ...bound, create: arena => new WithoutNulls(arena, bound.create(arena)) }
}

class WithoutNulls extends Wrapped {
  add(groups: number, [column]: readonly Column[], rows: number): void {
    if (!(column instanceof NullableColumn)) {
      this.inner.add(groups, [column], rows)
      return
    }
    this.withScratch(scratch => {
      const mask = scratch.allocate(rows)
      this.memory.kernels.maskNot(column.nulls, mask, rows)
      const some = maskRows(mask, rows, scratch)
      if (!some) {
        this.inner.add(groups, [column.values], rows)
        return
      }
      const picked = pickRows([column.values], groups, some.indices, some.count, scratch)
      if (some.count > 0) this.inner.add(picked.groups, picked.columns, some.count)
    })
  }
}

/** A group of the inner functions is a pair of a group and a key. */
class MapStates extends ColumnarAggregate {
  readonly #table: GroupTable
  readonly #values: readonly GroupedAggregate[]

  constructor(
    arena: Arena,
    readonly keyType: DataType,
    bounds: readonly Bound[],
    readonly dropZeros: boolean,
    readonly type: DataType,
  ) {
    super(arena)
    this.#table = new GroupTable(arena, [uint32, keyType])
    this.#values = bounds.map(bound => bound.create(arena))
  }

  ensure(): void {}

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(arraysOf(args), fullGroups(groups, rows, scratch), rows, scratch)
      const sizes = flat.elements.map(column => column.rows)
      if (sizes.some(size => size !== flat.rows))
        throw new DBError('BAD_ARGUMENTS', 'Sizes of keys and values arrays do not match')
      if (flat.rows === 0) return
      const [keys, ...values] = flat.elements
      const ids = this.#pairs(flat.ids, keys, flat.rows, scratch)
      for (const [i, state] of this.#values.entries()) state.add(ids, [values[i]], flat.rows)
    })
  }

  #pairs(groups: number, keys: Column, rows: number, scratch: Arena): number {
    const owners = new FixedColumn(uint32, this.memory, groups, rows)
    const ids = this.#table.upsert([owners, keys], rows, scratch)
    for (const state of this.#values) state.ensure(this.#table.size)
    return ids
  }

  /** The pairs by group and key, with what `of` gives for them. */
  #ordered(
    arena: Arena,
    of: (state: GroupedAggregate, rows: number) => Column[],
  ): { groups: number; columns: Column[]; rows: number } {
    const rows = this.#table.size
    const keys = this.#table.keyColumns(arena)
    const { order } = sortRows(keys, [{}, {}], rows, arena)
    const values = this.#values.flatMap(state => {
      state.ensure(rows)
      return of(state, rows)
    })
    const [owners, ...columns] = [...keys, ...values].map(column => column.gather(order, rows, arena))
    return { groups: (owners as FixedColumn).pointer, columns, rows }
  }

  states(count: number, arena: Arena): Column[] {
    const { groups, columns, rows } = this.#ordered(arena, (state, size) => state.states(size, arena))
    return groupedArrays(groups, columns, rows, count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(states, groups, count, scratch)
      if (flat.rows === 0) return
      const [keys, ...parts] = flat.elements
      const ids = this.#pairs(flat.ids, keys, flat.rows, scratch)
      const each = parts.length / this.#values.length
      for (const [i, state] of this.#values.entries())
        state.absorb(parts.slice(i * each, (i + 1) * each), ids, flat.rows)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const all = this.#ordered(arena, (state, size) => [state.result(0, size, arena)])
    const { groups, columns, rows } = this.dropZeros ? withoutZeros(all, arena) : all
    const arrays = groupedArrays(groups, columns, rows, start + count, arena).map(array => array.slice(start, count))
    if (!(this.type instanceof MapType)) return new TupleColumn(this.memory, arrays, count, this.type as TupleType)
    const [keys, values] = arrays
    const pairs = new TupleColumn(
      this.memory,
      [keys.elements, values.elements],
      rows,
      this.type.pairs.element as TupleType,
    )
    return new ArrayColumn(keys.offsets, pairs, count, this.type)
  }
}

/** The arrays of keys and values: of arguments, of one tuple, or of a map. */
function arraysOf(args: readonly Column[]): readonly Column[] {
  const [only] = args
  if (args.length > 1) return args
  if (only instanceof TupleColumn) return only.columns
  assert(only instanceof ArrayColumn && only.elements instanceof TupleColumn, 'a map is an array of pairs')
  return only.elements.columns.map(column => new ArrayColumn(only.offsets, column, only.rows))
}

function withoutZeros(
  { groups, columns, rows }: { groups: number; columns: Column[]; rows: number },
  arena: Arena,
): { groups: number; columns: Column[]; rows: number } {
  const { memory } = arena
  const values = columns.slice(1) as FixedColumn[]
  const kept: number[] = []
  const { u8 } = memory
  for (let row = 0; row < rows; row++) {
    const some = values.some(({ pointer, type: { width } }) => {
      for (let i = 0; i < width; i++) if (u8[pointer + row * width + i] !== 0) return true
      return false
    })
    if (some) kept.push(row)
  }
  if (kept.length === rows) return { groups, columns, rows }
  const indices = arena.allocate(kept.length * 4)
  memory.u32.set(kept, indices / 4)
  const owners = arena.allocate(kept.length * 4)
  memory.kernels.gather4(groups, indices, kept.length, owners)
  return {
    groups: owners,
    columns: columns.map(column => column.gather(indices, kept.length, arena)),
    rows: kept.length,
  }
}
