import { columnOf, place, placeU32 } from '../../columns/build.ts'
import { ArrayColumn } from '../../columns/array.ts'
import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { StringColumn } from '../../columns/string.ts'
import { TupleColumn } from '../../columns/tuple.ts'
import type { Arena } from '../../core/memory.ts'
import type { ScanPlan } from '../../planner/plan.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import { EnumType } from '../../types/enum.ts'
import type { QueryContext } from '../context.ts'
import type { Source } from '../source.ts'
import { TableFilter } from './packed.ts'

type RandomSource = Extract<Source, { kind: 'random' }>

/** Rows without end: every chunk is as random as the seed and its columns say. */
export async function* randomRows(context: QueryContext, plan: ScanPlan, source: RandomSource): Chunks {
  const all = [...plan.columns, ...plan.filterColumns]
  // Each column has numbers of its own, so that its values do not depend on which others are read.
  const makers = all.map(({ name }) => {
    const position = plan.table.columns.findIndex(column => column.name === name)
    return new RandomColumns(source, position)
  })
  const size = Math.min(chunkRowsMax, Math.max(1, context.settings.number('max_block_size')))
  const filtering = new TableFilter(context, plan)
  const arena = context.newArena()
  let left = plan.rowsWanted > 0 ? plan.rowsWanted : Number.POSITIVE_INFINITY
  try {
    while (left > 0 && !context.isBroken) {
      await context.breathe()
      arena.reset()
      const rows = Math.min(size, left)
      left -= rows
      const whole = new Chunk(
        all.map(({ type }, i) => makers[i].column(type, rows, arena)),
        rows,
      )
      context.read(rows, whole.byteSize())
      const chunk = filtering.apply(whole, arena)
      if (chunk) yield chunk
    }
  } finally {
    context.release(arena)
  }
}

/** Printable ASCII. */
const [firstChar, chars] = [0x20, 95]

class RandomColumns {
  #state: number

  constructor(
    readonly source: RandomSource,
    column: number,
  ) {
    this.#state = (Math.imul(source.seed + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b)) | 1
  }

  /** u32, by xorshift. */
  #next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x >>> 0
  }

  #bytes(size: number): Uint8Array {
    const words = new Uint32Array((size + 3) >> 2)
    for (let i = 0; i < words.length; i++) words[i] = this.#next()
    return new Uint8Array(words.buffer, 0, size)
  }

  /** rows + 1 offsets with at most `most` between two of them. */
  #offsets(rows: number, most: number): Uint32Array {
    const offsets = new Uint32Array(rows + 1)
    for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + (this.#next() % (most + 1))
    return offsets
  }

  column(type: DataType, rows: number, arena: Arena): Column {
    if (type instanceof NullableType) {
      const nulls = Uint8Array.from({ length: rows }, () => (this.#next() % 16 === 0 ? 1 : 0))
      return new NullableColumn(place(arena, nulls), this.column(type.inner, rows, arena), type)
    }
    if (type instanceof ArrayType || type instanceof MapType) {
      const offsets = this.#offsets(rows, this.source.arrayLengthMax)
      const element = type instanceof MapType ? type.pairs.element : type.element
      return new ArrayColumn(placeU32(arena, offsets), this.column(element, offsets[rows], arena), rows, type)
    }
    if (type instanceof TupleType) {
      const columns = type.elements.map(element => this.column(element, rows, arena))
      return new TupleColumn(arena.memory, columns, rows, type)
    }
    if (type instanceof LowCardinalityType) {
      const plain = this.column(type.inner, rows, arena)
      const values = Array.from({ length: rows }, (_, row) => plain.valueAt(row))
      return columnOf(type, values, arena)
    }
    if (type instanceof EnumType) {
      return columnOf(
        type,
        Array.from({ length: rows }, () => type.elements[this.#next() % type.elements.length][1]),
        arena,
      )
    }
    if (type.kind === 'String') {
      const offsets = this.#offsets(rows, this.source.stringLengthMax)
      const text = this.#bytes(offsets[rows]).map(byte => firstChar + (byte % chars))
      return new StringColumn(arena.memory, placeU32(arena, offsets), place(arena, text), rows)
    }
    if (type.kind === 'Bool') {
      const values = Uint8Array.from({ length: rows }, () => this.#next() & 1)
      return new FixedColumn(type, arena.memory, place(arena, values), rows)
    }
    return new FixedColumn(type, arena.memory, place(arena, this.#bytes(rows * type.width)), rows)
  }
}
