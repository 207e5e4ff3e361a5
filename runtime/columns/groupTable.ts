import { assert } from '../core/assert.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { LowCardinalityType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { columnOf, concatColumns } from './build.ts'
import type { Column } from './column.ts'
import { FixedColumn } from './fixed.ts'
import {
  byteRows,
  type FixedKeys,
  hashKeys,
  KeyCodec,
  keyPart,
  numberType,
  type StringKeys,
  stringType,
} from './keyCodec.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'

/**
 * Keys of one or more columns, each with a dense number from 0 in the order of first appearance. For GROUP BY, DISTINCT, IN and joins.
 * NULL is a key like any other and equal to itself. The table lives in its arena and ends with it.
 */
export class GroupTable {
  readonly #codec: KeyCodec
  readonly #address: number
  /** Per column: what numbers its values first, or null. */
  readonly #numberings: readonly (Numbering | null)[]
  readonly #memory: Memory

  constructor(
    readonly arena: Arena,
    readonly types: readonly DataType[],
    expected = 0,
  ) {
    assert(types.length > 0, 'a key has a column')
    this.#memory = arena.memory
    this.#numberings = types.map(type => {
      if (type instanceof LowCardinalityType) return new EntryNumbering(arena, type)
      return keyPart(type) ? null : new ValueNumbering(arena, type)
    })
    const number = { type: numberType, width: 4, nullable: false }
    this.#codec = new KeyCodec(types.map(type => keyPart(type) ?? number))
    this.#address = this.#create(expected)
    if (this.#address === 0) arena.fail()
  }

  #create(expected: number): number {
    const { kernels } = this.#memory
    const { address } = this.arena
    switch (this.#codec.width) {
      case 0:
        return kernels.groupTableCreateString(address, expected)
      case 1:
        return kernels.groupTableCreate1(address)
      case 2:
        return kernels.groupTableCreate2(address)
      case 4:
        return kernels.groupTableCreate4(address, expected)
      case 8:
        return kernels.groupTableCreate8(address, expected)
      default:
        return kernels.groupTableCreateWide(address, expected, this.#codec.width)
    }
  }

  /** Keys in the table. */
  get size(): number {
    return this.#memory.kernels.groupTableSize(this.#address)
  }

  /** Each row's number, new keys the next ones: u32[rows] in `arena`. columns: of the table's types, constants too. */
  upsert(columns: readonly Column[], rows: number, arena: Arena): number {
    const keys = this.#encode(columns, rows, arena, true)
    const ids = arena.allocate(rows * 4)
    const { kernels } = this.#memory
    const table = this.#address
    let size: number
    if (this.#codec.width === 0) {
      const { offsets, bytes } = keys as StringKeys
      size = kernels.groupTableUpsertString(table, offsets, bytes, rows, ids)
    } else {
      const { pointer } = keys as FixedKeys
      if (this.#codec.width === 1) size = kernels.groupTableUpsert1(table, pointer, rows, ids)
      else if (this.#codec.width === 2) size = kernels.groupTableUpsert2(table, pointer, rows, ids)
      else if (this.#codec.width === 4) size = kernels.groupTableUpsert4(table, pointer, rows, ids)
      else if (this.#codec.width === 8) size = kernels.groupTableUpsert8(table, pointer, rows, ids)
      else size = kernels.groupTableUpsertWide(table, pointer, rows, ids)
    }
    if (size < 0) this.arena.fail()
    return ids
  }

  /** As upsert, but keys that the table does not have stay out and get 0xffffffff. */
  find(columns: readonly Column[], rows: number, arena: Arena): number {
    const keys = this.#encode(columns, rows, arena, false)
    const ids = arena.allocate(rows * 4)
    const { kernels } = this.#memory
    const table = this.#address
    if (this.#codec.width === 0) {
      const { offsets, bytes } = keys as StringKeys
      kernels.groupTableFindString(table, offsets, bytes, rows, ids)
      return ids
    }
    const { pointer } = keys as FixedKeys
    if (this.#codec.width === 1) kernels.groupTableFind1(table, pointer, rows, ids)
    else if (this.#codec.width === 2) kernels.groupTableFind2(table, pointer, rows, ids)
    else if (this.#codec.width === 4) kernels.groupTableFind4(table, pointer, rows, ids)
    else if (this.#codec.width === 8) kernels.groupTableFind8(table, pointer, rows, ids)
    else kernels.groupTableFindWide(table, pointer, rows, ids)
    return ids
  }

  /**
   * u32[rows] hashes of keys, of which a partition is the first bits: equal in every table of the same types. Cheap if hashable; otherwise
   * the values behind the numbers are hashed.
   */
  hash(columns: readonly Column[], rows: number, arena: Arena): number {
    const hashes = arena.allocate(rows * 4)
    if (this.hashable) hashKeys(this.#codec, this.#encode(columns, rows, arena, false), rows, this.#memory, hashes)
    else {
      const plain = columns.map((column, i) => {
        const full = column.full(arena)
        if (this.#numberings[i] instanceof ValueNumbering) return byteRows(full, arena)
        return full instanceof LowCardinalityColumn ? full.plain(arena) : full
      })
      const codec = new KeyCodec(plain.map(({ type }) => keyPart(type) ?? keyPart(stringType)!))
      hashKeys(codec, codec.encode(plain, rows, arena), rows, this.#memory, hashes)
    }
    return hashes
  }

  /** No column is LowCardinality, an array, a tuple or a map. */
  get hashable(): boolean {
    return this.#numberings.every(numbering => numbering === null)
  }

  /** The keys numbered [start, start + count). May share the table's memory: valid until the next upsert. */
  keyColumns(arena: Arena, start = 0, count = this.size - start): Column[] {
    assert(start >= 0 && start + count <= this.size, 'keys are in the table')
    const { kernels } = this.#memory
    const list = kernels.groupTableKeys(this.#address)
    const keys =
      this.#codec.width === 0
        ? { offsets: list + start * 4, bytes: kernels.groupTableBytes(this.#address) }
        : { pointer: list + start * this.#codec.width }
    const columns = this.#codec.decode(keys, count, arena)
    return columns.map((column, i) => this.#numberings[i]?.values(column as FixedColumn, arena) ?? column)
  }

  /** Columns of the layouts that the codec takes. */
  #encode(columns: readonly Column[], rows: number, arena: Arena, insert: boolean): FixedKeys | StringKeys {
    assert(columns.length === this.types.length, 'a key has the columns of its table')
    const parts = columns.map((column, i) => {
      assert(column.rows === rows, 'key columns have the rows of their chunk')
      const numbering = this.#numberings[i]
      if (numbering) return numbering.numbers(column, arena, insert)
      const full = column.full(arena)
      return full instanceof LowCardinalityColumn ? full.plain(arena) : full
    })
    return this.#codec.encode(parts, rows, arena)
  }
}

/** Numbers a column's values, so that they are keys of 4 bytes. */
interface Numbering {
  /** A UInt32 column of the values' numbers; 0xffffffff for unknown ones without insert. */
  numbers(column: Column, arena: Arena, insert: boolean): FixedColumn
  /** The values of numbers. */
  values(numbers: FixedColumn, arena: Arena): Column
}

/** Of LowCardinality columns: looks up each dictionary entry that the rows use once. Number 0 is the default, as in every dictionary. */
class EntryNumbering implements Numbering {
  readonly #entries: GroupTable

  constructor(
    arena: Arena,
    readonly type: LowCardinalityType,
  ) {
    this.#entries = new GroupTable(arena, [type.inner])
    this.#entries.upsert([columnOf(type.inner, [type.default], arena)], 1, arena)
  }

  numbers(column: Column, arena: Arena, insert: boolean): FixedColumn {
    const { rows, memory } = column
    const { kernels } = memory
    const full = column.full(arena)
    if (!(full instanceof LowCardinalityColumn)) return this.#plain(full, arena, insert)
    const { dictionary, indices } = full
    // A dictionary much larger than the chunk is not worth a table over all its entries.
    if (dictionary.rows > 16 * rows + 1024) return this.#plain(full.plain(arena), arena, insert)
    const local = arena.allocate(rows * 4)
    const used = arena.allocate((Math.min(rows, dictionary.rows) + 1) * 4)
    const count = kernels.usedEntries(indices, rows, local, used, arena.allocateZeroed(dictionary.rows * 4), 0)
    const entries = this.#plain(dictionary.gather(used, count, arena), arena, insert)
    const numbers = arena.allocate(rows * 4)
    kernels.gather4(entries.pointer, local, rows, numbers)
    return new FixedColumn(numberType, memory, numbers, rows)
  }

  #plain(values: Column, arena: Arena, insert: boolean): FixedColumn {
    const ids = insert
      ? this.#entries.upsert([values], values.rows, arena)
      : this.#entries.find([values], values.rows, arena)
    return new FixedColumn(numberType, values.memory, ids, values.rows)
  }

  values(numbers: FixedColumn, arena: Arena): Column {
    const [dictionary] = this.#entries.keyColumns(arena)
    return new LowCardinalityColumn(dictionary, numbers.pointer, numbers.rows, this.type)
  }
}

/** Of arrays, tuples and maps: a table of their byte rows, and the values of each new one. */
class ValueNumbering implements Numbering {
  readonly #rows: GroupTable
  readonly #pieces: Column[] = []

  constructor(
    readonly arena: Arena,
    readonly type: DataType,
  ) {
    this.#rows = new GroupTable(arena, [stringType])
  }

  numbers(column: Column, arena: Arena, insert: boolean): FixedColumn {
    const { rows, memory } = column
    const full = column.full(arena)
    const bytes = byteRows(full, arena)
    if (!insert) return new FixedColumn(numberType, memory, this.#rows.find([bytes], rows, arena), rows)
    const before = this.#rows.size
    const ids = this.#rows.upsert([bytes], rows, arena)
    const added = this.#rows.size - before
    if (added > 0) {
      const firsts = arena.allocate(added * 4)
      memory.kernels.newKeyRows(ids, rows, before, firsts)
      this.#pieces.push(full.gather(firsts, added, this.arena))
    }
    return new FixedColumn(numberType, memory, ids, rows)
  }

  values(numbers: FixedColumn, arena: Arena): Column {
    if (this.#pieces.length > 1) this.#pieces.splice(0, this.#pieces.length, concatColumns(this.#pieces, this.arena))
    if (numbers.rows === 0) return columnOf(this.type, [], arena)
    return this.#pieces[0].gather(numbers.pointer, numbers.rows, arena)
  }
}
