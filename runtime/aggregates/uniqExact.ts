import { crcOfWord } from './hashing.ts'
import { joinForms, listForm, setForm, type StateForm } from './stateForm.ts'
import { columnOf, concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { DistinctKeys } from '../columns/distinctKeys.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { defineAggregate } from './aggregate.ts'
import { groupedArrays, ungroupedArrays } from './distinctValues.ts'
import { ColumnarAggregate, fullGroups, StateArray, uint32, uint64 } from './states.ts'

export const uniqExact = defineAggregate({
  name: 'uniqExact',
  about: 'The number of distinct values, or of distinct combinations of several.',
  countLike: true,
  bind: types => {
    if (types.length === 0)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Incorrect number of arguments for aggregate function uniqExact, should be at least 1',
      )
    return { type: uint64, form: exactForm(types), create: arena => new UniqExact(arena, types) }
  },
  examples: [['SELECT uniqExact(number % 3) FROM numbers(10)', '3']],
})

/** Numbers as a set of them. Of anything else ClickHouse keeps hashes only, from which values cannot be had: there the values are written. */
const exactForm = (types: readonly DataType[]): StateForm =>
  types.length === 1 ? setForm(types[0], crcOfWord) : joinForms(...types.map(type => listForm(type)))

/**
 * Distinct values as long as there is one group (argument groups = 0), else distinct pairs of a group and a value, of which each group's are
 * counted at the end. In pairs, strings stand as numbers of a table that all groups share.
 */
class UniqExact extends ColumnarAggregate {
  #single: DistinctKeys | null
  #pairs: Pairs | null = null
  readonly #counts: StateArray
  #groups = 0

  constructor(
    arena: Arena,
    readonly types: readonly DataType[],
  ) {
    super(arena)
    this.#single = new DistinctKeys(arena, types)
    this.#counts = new StateArray(arena, 8)
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
    this.#counts.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    if (rows === 0) return
    this.withScratch(scratch => {
      if (groups === 0 && this.#single) this.#single.add(args, rows, scratch)
      else this.#grouped(scratch).add(fullGroups(groups, rows, scratch), args, rows, scratch)
    })
  }

  #grouped(scratch: Arena): Pairs {
    if (this.#pairs) return this.#pairs
    this.#pairs = new Pairs(this.arena, this.types)
    for (const { columns, rows } of this.#single?.pieces(scratch) ?? [])
      this.#pairs.add(scratch.allocateZeroed(rows * 4), columns, rows, scratch)
    this.#single = null
    return this.#pairs
  }

  states(count: number, arena: Arena): Column[] {
    const { groups, columns, rows } = this.#single
      ? { ...joinPieces(this.#single, this.types, arena), groups: 0 }
      : this.#grouped(arena).all(arena)
    const ids = groups === 0 ? arena.allocateZeroed(rows * 4) : groups
    const all = groupedArrays(ids, columns, rows, Math.max(count, this.#groups), arena)
    return all.map(array => array.slice(0, count))
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(states, groups, count, scratch)
      const alone = this.#single !== null && this.#groups === 1
      this.add(alone ? 0 : flat.ids, flat.elements, flat.rows)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const { pointer } = this.#counts
    if (count === 0) return this.#counts.column(uint64, start, 0)
    if (this.#single) this.memory.u64[pointer / 8] = BigInt(this.#single.size(arena))
    else this.#pairs?.count(pointer, this.#groups, arena)
    return this.#counts.column(uint64, start, count)
  }
}

/** Distinct pairs of a group and a value. */
class Pairs {
  readonly #keys: DistinctKeys
  readonly #strings: readonly (GroupTable | null)[]

  constructor(
    readonly arena: Arena,
    readonly types: readonly DataType[],
  ) {
    this.#strings = types.map(type => (type.kind === 'String' ? new GroupTable(arena, [type]) : null))
    this.#keys = new DistinctKeys(arena, [uint32, ...types.map((type, i) => (this.#strings[i] ? uint32 : type))])
  }

  add(groups: number, columns: readonly Column[], rows: number, scratch: Arena): void {
    const { memory } = this.arena
    const keys = columns.map((column, i) => {
      const strings = this.#strings[i]
      return strings ? new FixedColumn(uint32, memory, strings.upsert([column], rows, scratch), rows) : column
    })
    this.#keys.add([new FixedColumn(uint32, memory, groups, rows), ...keys], rows, scratch)
  }

  /** counts: u64[groups], set to how many pairs each has. */
  count(counts: number, groups: number, scratch: Arena): void {
    const { memory } = this.arena
    memory.u8.fill(0, counts, counts + groups * 8)
    for (const { columns, rows } of this.#keys.pieces(scratch))
      memory.kernels.countGrouped(counts, (columns[0] as FixedColumn).pointer, rows)
  }

  all(arena: Arena): { groups: number; columns: Column[]; rows: number } {
    const numbered = [uint32, ...this.types.map((type, i) => (this.#strings[i] ? uint32 : type))]
    const { columns: joined, rows } = joinPieces(this.#keys, numbered, arena)
    const [owners, ...values] = joined
    const columns = values.map((column, i) => {
      const strings = this.#strings[i]
      return strings ? strings.keyColumns(arena)[0].gather((column as FixedColumn).pointer, rows, arena) : column
    })
    return { groups: (owners as FixedColumn).pointer, columns, rows }
  }
}

/** All keys as whole columns. */
function joinPieces(keys: DistinctKeys, types: readonly DataType[], arena: Arena): { columns: Column[]; rows: number } {
  const pieces = keys.pieces(arena)
  const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0)
  if (rows === 0) return { columns: types.map(type => columnOf(type, [], arena)), rows }
  const columns = types.map((_, i) =>
    concatColumns(
      pieces.map(piece => piece.columns[i]),
      arena,
    ),
  )
  return { columns, rows }
}
