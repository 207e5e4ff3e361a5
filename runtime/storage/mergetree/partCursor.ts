import { ArrayColumn } from '../../columns/array.ts'
import { defaultColumn } from '../../columns/build.ts'
import type { Column } from '../../columns/column.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { Arena, type Budget } from '../../core/memory.ts'
import { ArrayType } from '../../types/compound.ts'
import { parseType } from '../../types/parseType.ts'
import type { StoredColumn } from './definition.ts'
import type { Lease } from './fetcher.ts'
import { type MarkRange, type PartInfo, rowsOfMarks } from './part.ts'
import type { PartReader } from './partReader.ts'

/** How columns of parts become those of the table; by default they must be the same. */
export interface PartAdapter {
  /** So many rows of a column that the part does not have. */
  missing(part: PartInfo, column: StoredColumn, rows: number, arena: Arena): Column
  /** A column of the part's type as the table's. */
  convert(values: Column, column: StoredColumn, arena: Arena): Column
  /** How those of the columns are made that the part does not have and that have an expression; null: none is such. */
  defaults?(part: PartInfo, columns: readonly { readonly name: string }[]): Promise<DefaultColumns | null>
}

/** Columns that a part does not have, from those that it has. */
export interface DefaultColumns {
  readonly names: ReadonlySet<string>
  /** What has to be read for them. */
  readonly reads: readonly StoredColumn[]
  evaluate(column: (name: string) => Column, rows: number, arena: Arena): ReadonlyMap<string, Column>
}

export const plainAdapter: PartAdapter = {
  missing: (_part, column, rows, arena) => defaultColumn(parseType(column.type), rows, arena),
  convert: (values, column) => {
    throw new DBError('NOT_IMPLEMENTED', `A part has ${values.type.name} where its table has ${column.type}`)
  },
}

const none: DefaultColumns = { names: new Set(), reads: [], evaluate: () => new Map() }

/** Goes through columns of a part from its start to its end, a few granules at a time. */
export class PartCursor {
  #mark: number
  readonly #end: number
  #columns: readonly Column[] = []
  #row = 0
  #rows = 0
  #arena: Arena | null = null
  #defaults: DefaultColumns | null = null
  /** Where reads are waited for: the next granules are asked for while these are used. */
  #lease: Lease | null = null
  /** Of columns whose rows were given out since the last take. */
  #old: Arena[] = []

  constructor(
    readonly reader: PartReader,
    readonly part: PartInfo,
    readonly columns: readonly StoredColumn[],
    readonly marksPerRead: number,
    readonly adapter: PartAdapter,
    range: MarkRange = { from: 0, to: part.marks.count },
    readonly budget: Budget | null = null,
  ) {
    this.#mark = range.from
    this.#end = range.to
  }

  /** The next granules, all of them; null at the end. Valid until the next call. */
  async next(): Promise<{ columns: readonly Column[]; rows: number; arena: Arena } | null> {
    assert(this.#row === this.#rows, 'granules are used up before the next')
    if (!(await this.#load())) return null
    assert(this.#arena !== null, 'loaded granules have an arena')
    this.#row = this.#rows
    for (const arena of this.#old.splice(0)) arena.destroy()
    return { columns: this.#columns, rows: this.#rows, arena: this.#arena }
  }

  /** The next `rows` rows, in one or more pieces. Valid until the next call. */
  async take(rows: number): Promise<(readonly Column[])[]> {
    for (const arena of this.#old.splice(0)) arena.destroy()
    const pieces: (readonly Column[])[] = []
    for (let left = rows; left > 0; ) {
      if (this.#row === this.#rows && !(await this.#load()))
        throw new DBError('CANNOT_READ_ALL_DATA', `Part ${this.part.path} ended too early`)
      const count = Math.min(left, this.#rows - this.#row)
      const start = this.#row
      pieces.push(this.#columns.map(column => column.slice(start, count)))
      this.#row += count
      left -= count
    }
    return pieces
  }

  async #load(): Promise<boolean> {
    const { part, columns, reader } = this
    if (this.#mark >= this.#end) return false
    if (this.#arena) this.#old.push(this.#arena)
    const arena = new Arena(reader.memory, this.budget)
    this.#arena = arena
    const end = Math.min(this.#mark + this.marksPerRead, this.#end)
    const rows = rowsOfMarks(part, this.#mark, end)
    this.#defaults ??= (await this.adapter.defaults?.(part, columns)) ?? none
    const { names: made, reads, evaluate } = this.#defaults
    const stored = columns.filter(({ name }) => !made.has(name))
    for (const column of reads) if (!stored.some(({ name }) => name === column.name)) stored.push(column)
    const names = stored.map(column => column.name)
    const siblings = stored.map(column => siblingOf(part, column))
    const wanted = [...names, ...siblings.flatMap(sibling => sibling ?? [])]
    if (reader.isWaitedFor) {
      this.#lease ??= reader.newLease()
      this.#lease.passed(this.#mark)
      const next = Math.min(end + this.marksPerRead, this.#end)
      const reads = [{ part, columns: wanted, from: this.#mark, to: end }]
      if (end < next) reads.push({ part, columns: wanted, from: end, to: next })
      // Many parts are read side by side.
      if (this.#lease.bytes <= reader.fetchAheadBytes / 8) await reader.fetchAhead(reads, this.#lease, next)
    }
    const read = await reader.readColumns(part, wanted, this.#mark, end, arena, this.#lease ?? undefined)
    let sibling = names.length
    const values = new Map(
      stored.map((column, i): [string, Column] => {
        const found = read[i]
        const sizes = siblings[i] === null ? null : read[sibling++]
        if (sizes instanceof ArrayColumn) return [column.name, emptyBeside(sizes, column, arena)]
        if (found === null) return [column.name, this.adapter.missing(part, column, rows, arena).full(arena)]
        const conforms = found.type.equals(parseType(column.type))
        return [column.name, conforms ? found : this.adapter.convert(found, column, arena)]
      }),
    )
    for (const [name, column] of evaluate(name => values.get(name) as Column, rows, arena))
      values.set(name, column.full(arena))
    this.#columns = columns.map(({ name }) => values.get(name) as Column)
    this.#mark = end
    this.#rows = rows
    this.#row = 0
    return true
  }

  close(): void {
    this.#lease?.end()
    this.#arena?.destroy()
    this.#arena = null
    for (const arena of this.#old.splice(0)) arena.destroy()
  }
}

/** A column of the same Nested that the part has, for one that it does not have: their arrays are of equal sizes. */
export function siblingOf(part: PartInfo, { name, type }: StoredColumn): string | null {
  const dot = name.indexOf('.')
  if (dot < 0 || !type.startsWith('Array(') || part.columns.some(column => column.name === name)) return null
  const prefix = name.slice(0, dot + 1)
  const found = part.columns.find(column => column.name.startsWith(prefix) && column.type.startsWith('Array('))
  return found?.name ?? null
}

/** Arrays of defaults, as long as those beside them. */
export function emptyBeside(sizes: ArrayColumn, { type }: StoredColumn, arena: Arena): Column {
  const wanted = parseType(type)
  assert(wanted instanceof ArrayType, 'columns of a Nested are arrays')
  const { offsets, elements } = sizes.compact(arena)
  return new ArrayColumn(offsets, defaultColumn(wanted.element, elements.rows, arena), sizes.rows, wanted)
}
