// Rows that are found by key: dictionaries, and Join tables for joinGet(). Each thread builds its own from packed chunks.
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
import { type Column, noRow } from '../columns/column.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { keepColumn, keepRows } from '../columns/keep.ts'
import { unpackChunk } from '../columns/transfer.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import { Arena, type Memory } from '../core/memory.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { IpPrefixes } from './ipPrefixes.ts'
import { Polygons } from './polygons.ts'

export interface KeyedColumn {
  readonly name: string
  readonly type: string
  /** Where no row is found. Absent: the type's default. */
  readonly default?: Value
  /** Holds the key of the row above. */
  readonly isHierarchical?: boolean
}

/** What is known of the rows without having them. */
export interface KeyedSpec {
  /** For messages. */
  readonly name: string
  readonly kind: 'dictionary' | 'join'
  /** A dictionary's, in upper case: FLAT, COMPLEX_KEY_HASHED. */
  readonly layout: string
  /** In the chunks' order. */
  readonly columns: readonly KeyedColumn[]
  readonly keys: readonly string[]
  /** Which of several rows with one key stays. null: all, told apart by the range. */
  readonly keeps: 'first' | 'last' | null
  readonly range?: { readonly min: string; readonly max: string; readonly strategy: 'min' | 'max' }
  /** joinGet() gives NULL where there is no row. */
  readonly useNulls?: boolean
}

/** By name, as functions ask for it. */
export interface Keyed {
  readonly spec: KeyedSpec
  /** The rows, built when first asked for. */
  table(): KeyedTable
}

/** A hierarchy deeper than this goes in a circle. */
const depthMax = 1000

export class KeyedTable {
  readonly rows: number
  readonly #arena: Arena
  readonly #columns = new Map<string, Column>()
  /** The same with the default as one row more. */
  readonly #withDefaults = new Map<string, Column>()
  readonly #table: GroupTable | null
  readonly #prefixes: IpPrefixes | null
  readonly #polygons: Polygons | null
  #ranges: Ranges | null = null
  #parents: Map<Value, Value> | null = null
  #children: Map<Value, Value[]> | null = null

  constructor(
    readonly memory: Memory,
    readonly spec: KeyedSpec,
    chunks: readonly ArrayBuffer[],
  ) {
    this.#arena = new Arena(memory)
    const scratch = new Arena(memory)
    try {
      const pieces = chunks.map(chunk => unpackChunk(chunk, scratch))
      const whole = spec.columns.map(({ type }, i): Column => {
        const columns = pieces.map(piece => piece.columns[i].full(scratch))
        if (columns.length === 0) return columnOf(parseType(type), [], scratch)
        return columns.length === 1 ? columns[0] : concatColumns(columns, scratch)
      })
      const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0)
      // These are not found by equal keys.
      const isTrie = spec.layout === 'IP_TRIE'
      const isAreas = spec.layout.startsWith('POLYGON')
      const kept = spec.keeps === null || isTrie || isAreas ? null : this.#keptRows(whole, rows, scratch)
      this.rows = kept ? kept.count : rows
      spec.columns.forEach(({ name }, i) => {
        const own = kept ? keepRows(whole[i], kept.rows, kept.count, this.#arena) : keepColumn(whole[i], this.#arena)
        this.#columns.set(name, own)
      })
      if (isTrie) {
        const [key] = spec.keys
        this.#columns.set(key, columnOf(parseType('String'), IpPrefixes.shown(this.column(key)), this.#arena))
      }
      this.#prefixes = isTrie ? new IpPrefixes(this.column(spec.keys[0])) : null
      this.#polygons = isAreas ? new Polygons(this.column(spec.keys[0])) : null
      this.#table = isTrie || isAreas ? null : new GroupTable(this.#arena, this.#keyTypes())
      if (this.#table && this.rows > 0) {
        const ids = this.#table.upsert(this.#keyColumns(), this.rows, scratch)
        if (spec.range) this.#ranges = new Ranges(this, spec.range, ids, this.#table.size)
      }
    } catch (error) {
      this.#arena.destroy()
      throw error
    } finally {
      scratch.destroy()
    }
  }

  #keyTypes() {
    return this.spec.keys.map(name => this.column(name).type)
  }

  #keyColumns(): Column[] {
    return this.spec.keys.map(name => this.column(name))
  }

  /** One row of each key. */
  #keptRows(whole: readonly Column[], rows: number, scratch: Arena): { rows: number; count: number } {
    const { spec, memory } = this
    if (rows === 0) return { rows: 0, count: 0 }
    const keys = spec.keys.map(name => whole[spec.columns.findIndex(column => column.name === name)])
    const table = new GroupTable(
      scratch,
      keys.map(key => key.type),
    )
    const ids = table.upsert(keys, rows, scratch)
    const kept = scratch.allocate(table.size * 4)
    const { u32 } = memory
    u32.fill(noRow, kept / 4, kept / 4 + table.size)
    for (let row = 0; row < rows; row++) {
      const at = kept / 4 + u32[ids / 4 + row]
      if (spec.keeps === 'last' || u32[at] === noRow) u32[at] = row
    }
    return { rows: kept, count: table.size }
  }

  column(name: string): Column {
    const column = this.#columns.get(name)
    assert(column !== undefined, 'a column of the table')
    return column
  }

  /** u32[rows]: each key's row, noRow where there is none. keys: of the key columns' types. */
  find(keys: readonly Column[], range: Column | null, rows: number, arena: Arena): number {
    if (this.#prefixes) return placeU32(arena, this.#prefixes.find(keys[0].full(arena)))
    if (this.#polygons) return placeU32(arena, this.#polygons.find(keys[0].full(arena), keys[1].full(arena)))
    const none = () => {
      const found = arena.allocate(rows * 4)
      this.memory.u32.fill(noRow, found / 4, found / 4 + rows)
      return found
    }
    if (!this.#table || this.rows === 0) return none()
    const found = this.#table.find(
      keys.map(key => key.full(arena)),
      rows,
      arena,
    )
    if (!range || !this.#ranges) return found
    const values = range.full(arena)
    const { u32 } = this.memory
    for (let row = 0; row < rows; row++) {
      const id = u32[found / 4 + row]
      if (id !== noRow) u32[found / 4 + row] = this.#ranges.find(id, values.valueAt(row))
    }
    return found
  }

  /** The column's values in these rows, its default for noRow. */
  values(name: string, found: number, count: number, arena: Arena): Column {
    const { u32 } = this.memory
    const numbers = arena.allocate(count * 4)
    for (let i = 0; i < count; i++) {
      const row = u32[found / 4 + i]
      this.memory.u32[numbers / 4 + i] = row === noRow ? this.rows : row
    }
    return this.#defaulted(name).gather(numbers, count, arena)
  }

  #defaulted(name: string): Column {
    let column = this.#withDefaults.get(name)
    if (!column) {
      const stated = this.spec.columns.find(other => other.name === name)
      const own = this.column(name)
      const value = stated?.default ?? (own.type.isNullable ? null : own.type.default)
      column = concatColumns([own, columnOf(own.type, [value], this.#arena)], this.#arena)
      this.#withDefaults.set(name, column)
    }
    return column
  }

  /** u8[rows]: 1 where there is a row. */
  isFound(found: number, rows: number, arena: Arena): number {
    const mask = arena.allocate(rows)
    this.memory.kernels.isFound(found, rows, mask)
    return mask
  }

  // -------------------------------------------------------------------------------------------------- hierarchies

  /** Of each key that has a row, the key above; NULL at the top. */
  get parents(): ReadonlyMap<Value, Value> {
    if (!this.#parents) {
      const above = this.spec.columns.find(({ isHierarchical }) => isHierarchical)
      if (!above) throw new DBError('UNSUPPORTED_METHOD', `Dictionary ${this.spec.name} does not support hierarchy`)
      const [keys, parents] = [this.column(this.spec.keys[0]), this.column(above.name)]
      this.#parents = new Map()
      for (let row = 0; row < this.rows; row++) this.#parents.set(keys.valueAt(row), parents.valueAt(row))
    }
    return this.#parents
  }

  get #below(): ReadonlyMap<Value, Value[]> {
    if (!this.#children) {
      this.#children = new Map()
      for (const [key, parent] of this.parents) {
        if (parent === null) continue
        const siblings = this.#children.get(parent)
        if (siblings) siblings.push(key)
        else this.#children.set(parent, [key])
      }
    }
    return this.#children
  }

  /** The key, what is above it, and so on, as far as there are rows. */
  hierarchy(key: Value): Value[] {
    const found: Value[] = []
    let at: Value | undefined = key
    while (at !== undefined && at !== null && this.parents.has(at) && found.length < depthMax) {
      found.push(at)
      const parent = this.parents.get(at)
      if (parent === at) break
      at = parent
    }
    return found
  }

  /** What is below a key: so many levels of it together, or, for `only`, the last of them. 0: all levels. */
  descendants(key: Value, levels: number): Value[] {
    const all: Value[] = []
    const seen = new Set<Value>([key])
    let level: Value[] = [key]
    for (let depth = 1; level.length > 0 && depth <= depthMax; depth++) {
      level = level.flatMap(parent => this.#below.get(parent) ?? []).filter(child => !seen.has(child))
      for (const child of level) seen.add(child)
      if (levels > 0 && depth === levels) return level
      all.push(...level)
    }
    return levels > 0 ? [] : all
  }

  get byteSize(): number {
    let size = 0
    for (const column of this.#columns.values()) size += column.byteSize()
    return size
  }

  destroy(): void {
    this.#arena.destroy()
  }
}

/** The rows of each key by their ranges. A bound that is NULL is open. */
class Ranges {
  readonly #rows: number[][]
  readonly #min: (Value | undefined)[] = []
  readonly #max: (Value | undefined)[] = []

  constructor(table: KeyedTable, range: NonNullable<KeyedSpec['range']>, ids: number, keys: number) {
    const [min, max] = [table.column(range.min), table.column(range.max)]
    this.#rows = Array.from({ length: keys }, () => [])
    for (let row = 0; row < table.rows; row++) {
      this.#min.push(min.valueAt(row))
      this.#max.push(max.valueAt(row))
      this.#rows[table.memory.u32[ids / 4 + row]].push(row)
    }
    const order = (a: Value | undefined, b: Value | undefined) => (a! < b! ? -1 : a! > b! ? 1 : 0)
    const sign = range.strategy === 'min' ? 1 : -1
    for (const rows of this.#rows)
      rows.sort((a, b) => sign * (order(this.#min[a], this.#min[b]) || order(this.#max[a], this.#max[b])))
  }

  /** The first row, in the order of the strategy, whose range has the value. */
  find(key: number, value: Value): number {
    if (value === null) return noRow
    for (const row of this.#rows[key]) {
      const [min, max] = [this.#min[row], this.#max[row]]
      if ((min === null || min! <= value) && (max === null || value <= max!)) return row
    }
    return noRow
  }
}
