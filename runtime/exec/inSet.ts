import type { InNode } from '../analyzer/typed.ts'
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { setTypes } from './setRows.ts'

const uint8 = parseType('UInt8')

/** Up to so many values of a fixed width are compared one after another: vector kernels beat a hash table there. */
const comparedMax = 6

/** The right side of IN, ready to be asked for whole columns. */
export class InSet {
  readonly #types: readonly DataType[]
  readonly #table: GroupTable | null
  readonly #constants: readonly number[]
  readonly #isEmpty: boolean

  constructor(
    readonly node: InNode,
    arena: Arena,
  ) {
    const { values: given, table } = node.set
    if (!given && !table) throw new DBError('LOGICAL_ERROR', 'The set of IN is not filled')
    this.#types = setTypes(node.set)
    this.#constants = []
    if (table) {
      this.#table = table
      this.#isEmpty = table.size === 0
      return
    }
    // A column that has no NULLs is in no set by them.
    const values = given!.filter(row => row.every((value, i) => value !== null || this.#types[i].isNullable))
    this.#isEmpty = values.length === 0
    const [type] = this.#types
    if (
      this.#types.length === 1 &&
      values.length <= comparedMax &&
      !type.isNullable &&
      type.width > 0 &&
      type.width <= 8 &&
      type.physical !== 'Bytes'
    ) {
      this.#constants = values.map(([value]) => (columnOf(type, [value], arena) as FixedColumn).pointer)
      this.#table = null
      return
    }
    this.#table = new GroupTable(arena, this.#types)
    const step = 65536
    for (let start = 0; start < values.length; start += step) {
      const slice = values.slice(start, start + step)
      const columns = this.#types.map((t, i) =>
        columnOf(
          t,
          slice.map(row => row[i]),
          arena,
        ),
      )
      this.#table.upsert(columns, slice.length, arena)
    }
  }

  /** For each row, whether it is in the set; NULL gives NULL, or is looked for where the set may have it. */
  test(operand: Column, arena: Arena): Column {
    const { rows, memory } = operand
    if (operand instanceof ConstColumn) return new ConstColumn(this.test(operand.value, arena), rows)
    if (operand instanceof LowCardinalityColumn) {
      const answers = this.test(operand.dictionary, arena)
      return answers.gather(operand.indices, rows, arena)
    }
    if (operand instanceof NullableColumn && !this.node.set.matchesNull) {
      const answers = this.test(operand.values, arena)
      return new NullableColumn(operand.nulls, answers.full(arena), new NullableType(uint8))
    }
    const mask = arena.allocate(rows)
    if (this.#isEmpty) memory.u8.fill(0, mask, mask + rows)
    else if (this.#table) this.#find(operand, mask, arena)
    else this.#compare(operand as FixedColumn, mask, arena)
    if (this.node.negated) memory.kernels.maskNot(mask, mask, rows)
    return new FixedColumn(uint8, memory, mask, rows)
  }

  #find(operand: Column, mask: number, arena: Arena): void {
    const { rows, memory } = operand
    const columns = this.#types.length > 1 && operand instanceof TupleColumn ? operand.columns : [operand]
    const nulls: number[] = []
    const plain = columns.map((column, i) => {
      const full = column instanceof LowCardinalityColumn ? column.plain(arena) : column.full(arena)
      const type = this.#types[i]
      if (type instanceof NullableType)
        return full instanceof NullableColumn ? full : new NullableColumn(arena.allocateZeroed(rows), full, type)
      if (!(full instanceof NullableColumn)) return full
      nulls.push(full.nulls)
      return full.values
    })
    const ids = this.#table!.find(plain, rows, arena)
    memory.kernels.isFound(ids, rows, mask)
    for (const map of nulls) memory.kernels.andNotMasks(mask, map, rows, mask)
  }

  #compare(operand: FixedColumn, mask: number, arena: Arena): void {
    const { rows, memory, pointer } = operand
    const [type] = this.#types
    const other = this.#constants.length > 1 ? arena.allocate(rows) : 0
    const equal = memory.kernels[`equalConst${type.physical}` as 'equalConstI32']
    this.#constants.forEach((constant, i) => {
      equal(pointer, constant, i === 0 ? mask : other, rows)
      if (i > 0) memory.kernels.orMasks(mask, other, rows, mask)
    })
  }
}
