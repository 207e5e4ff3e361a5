// The rows of several parts in the order of their sorting key, as the table's engine wants them: first the key columns are merged, which
// gives a list of the source of each row and of the rows that are left out; then columns are gathered by that list, a few granules of
// the sources at a time.
import { concatColumns, constColumn } from '../../columns/build.ts'
import { chunkRowsMax } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { RunMerger } from '../../columns/merge.ts'
import { sortKeys } from '../../columns/sort.ts'
import { assert } from '../../core/assert.ts'
import { ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { Arena, type Budget, type Memory } from '../../core/memory.ts'
import { parseType } from '../../types/parseType.ts'
import { columnOfTable, type KeyExpressions, type MergeTreeDefinition, type StoredColumn } from './definition.ts'
import { type MarkRange, type PartInfo, rowsOfMarks } from './part.ts'
import { type PartAdapter, PartCursor, plainAdapter } from './partCursor.ts'
import type { PartReader } from './partReader.ts'
import { ruleOf } from './rowRules.ts'
import { leftOut, SourceList } from './sourceList.ts'

/** A list has fifteen bits for a row's source. */
export const mergeSourcesMax = 32767
/** Rows of all sources that are in memory at a time, about. */
const rowsInMemory = 1 << 20

export interface MergeEnvironment {
  readonly reader: PartReader
  readonly definition: MergeTreeDefinition
  readonly keys: KeyExpressions
  readonly adapter?: PartAdapter
  /** Of what is read; the merge's own lists are not counted. */
  readonly budget?: Budget | null
  /** Granules to read of a part, by its id; absent: all. */
  readonly ranges?: ReadonlyMap<string, MarkRange>
  /** For a query with FINAL: rows that an engine only hides are left out too. */
  readonly isFinal?: boolean
  /** Asked between blocks; true ends the merge with ABORTED. */
  cancelled?(): boolean
  /** Waited for between blocks, so that a thread that does everything answers meanwhile. */
  breathe?(): Promise<void>
  progress?(rowsMerged: number): void
}

/** Rows of columns over whole groups, with the group of each row and which groups stay. */
export interface GroupedPiece {
  readonly values: readonly Column[]
  readonly rows: number
  /** The group of each row, from 0: u32[rows]. */
  readonly groups: number
  readonly groupCount: number
  /** Groups that stay, ascending, and the first row of each. */
  readonly kept: readonly number[]
  readonly keptRows: readonly number[]
  /** Number of the first group among all. */
  readonly firstGroup: number
  readonly arena: Arena
}

/** Which rows are there: 0 for those that a lightweight DELETE took. */
export const rowExists: StoredColumn = { name: '_row_exists', type: 'UInt8' }

export class MergedRows {
  readonly #memory: Memory
  readonly #adapter: PartAdapter

  constructor(
    readonly sources: readonly PartInfo[],
    readonly environment: MergeEnvironment,
  ) {
    assert(sources.length > 0 && sources.length <= mergeSourcesMax, 'a merge has some sources, and not too many')
    this.#memory = environment.reader.memory
    const given = environment.adapter ?? plainAdapter
    // A part without deleted rows does not say which are there: all.
    this.#adapter = {
      ...given,
      missing: (part, column, rows, arena) =>
        column === rowExists
          ? constColumn(parseType('UInt8'), 1, rows, arena)
          : given.missing(part, column, rows, arena),
    }
  }

  async #check(): Promise<void> {
    await this.environment.breathe?.()
    if (this.environment.cancelled?.()) throw new DBError('ABORTED', 'Cancelled merging parts')
  }

  #cursor(part: PartInfo, columns: readonly StoredColumn[]): PartCursor {
    const granule = typeof part.granules === 'number' ? part.granules : part.rows / Math.max(1, part.marks.count)
    const rows = Math.min(chunkRowsMax, rowsInMemory / this.sources.length)
    const marks = Math.max(1, Math.floor(rows / Math.max(granule, 1)))
    const { reader, ranges, budget } = this.environment
    return new PartCursor(reader, part, columns, marks, this.#adapter, ranges?.get(part.id), budget)
  }

  /** The sources of merged rows and which stay. */
  async mergeKeys(): Promise<SourceList> {
    const { definition, keys } = this.environment
    const rule = ruleOf(definition.mode, this.environment.isFinal)
    const hasDeleted = this.sources.some(part => part.columns.some(({ name }) => name === rowExists.name))
    const names = [...new Set([...definition.sortingColumns, ...(rule?.columns ?? [])])]
    const columns = names.map(name => columnOfTable(definition, name))
    if (hasDeleted) columns.push(rowExists)
    const list = new SourceList(definition.mode.kind === 'summing' || definition.mode.kind === 'aggregating')
    const arena = new Arena(this.#memory)
    const cursors = this.sources.map(part => this.#cursor(part, columns))
    try {
      const types = definition.sortingKey.map(({ type }) => parseType(type))
      const directions = definition.sortingKey.map(({ descending }) => ({ descending }))
      const merger = new RunMerger(arena, cursors.length, types, directions, chunkRowsMax)
      /** What was last given for each source: key columns, then all columns. */
      const given: { key: readonly Column[]; columns: readonly Column[]; used: number }[] = []
      const feed = async (run: number): Promise<void> => {
        const read = await cursors[run].next()
        if (read === null) return
        const find = (name: string): Column => read.columns[names.indexOf(name)]
        const key = keys.sorting(find, read.rows, read.arena).map(column => column.full(read.arena))
        merger.feed(run, key, read.rows, read.arena)
        given[run] = { key, columns: read.columns, used: 0 }
      }
      for (const run of cursors.keys()) await feed(run)
      const groups = new GroupFinder()
      let position = 0
      for (;;) {
        await this.#check()
        const merged = merger.next()
        if (merged.count === 0) break
        const scratch = new Arena(this.#memory)
        try {
          const { kernels, u8 } = this.#memory
          const kept = scratch.allocate(merged.count)
          u8.fill(rule ? 0 : 1, kept, kept + merged.count)
          const packed = scratch.allocate(merged.count * 2)
          kernels.packSources(merged.sources, kept, merged.count, packed)
          list.add(this.#memory.u16.slice(packed / 2, packed / 2 + merged.count))
          if (rule || hasDeleted) {
            const takes = cursors.map((_, run) => {
              const one = given[run]
              const start = one?.used ?? 0
              const count = one ? merger.position(run) - start : 0
              return { run, start, count }
            })
            const gather = (of: (run: number) => readonly Column[]): Column[] =>
              gatherRuns(
                takes.filter(({ count }) => count > 0).map(take => ({ ...take, columns: of(take.run) })),
                merged,
                scratch,
              )
            const rows = gather(run => given[run].columns)
            const exists = rows[columns.length - 1]
            const alive = hasDeleted && exists instanceof FixedColumn ? exists.pointer : 0
            if (rule) {
              const starts = groups.starts(
                gather(run => given[run].key),
                directions,
                merged.count,
                scratch,
              )
              rule.rows(
                rule.columns.map(name => rows[names.indexOf(name)]),
                scratch,
              )
              const keep = (at: number): void => list.keep(at)
              for (let row = 0; row < merged.count; row++) {
                if (this.#memory.u8[starts + row]) {
                  if (position + row > 0) rule.end(keep)
                  list.startGroup(position + row)
                }
                if (alive === 0 || this.#memory.u8[alive + row]) rule.add(row, position + row)
              }
            } else
              for (let row = 0; row < merged.count; row++)
                if (!this.#memory.u8[alive + row]) list.leaveOut(position + row)
          }
          position += merged.count
        } finally {
          scratch.destroy()
        }
        for (const run of cursors.keys()) if (given[run]) given[run].used = merger.position(run)
        if (merged.exhausted >= 0) await feed(merged.exhausted)
        this.environment.progress?.(position)
      }
      rule?.end(at => list.keep(at))
      const total = this.sources.reduce((sum, part) => {
        const { from, to } = this.environment.ranges?.get(part.id) ?? { from: 0, to: part.marks.count }
        return sum + rowsOfMarks(part, from, to)
      }, 0)
      assert(position === total, 'a merge sees every row of its sources')
      return list
    } finally {
      for (const cursor of cursors) cursor.close()
      arena.destroy()
    }
  }

  /** Rows of the pieces that are written: whole granules. */
  get rowsOfPieces(): number {
    const { indexGranularity } = this.environment.definition.settings
    return Math.max(1, Math.floor(chunkRowsMax / indexGranularity)) * indexGranularity
  }

  /** A column's rows that stay, in pieces of whole granules. */
  async *pieces(column: StoredColumn, list: SourceList): AsyncGenerator<Column> {
    for await (const [piece] of this.gathered([column], list.pieces(this.rowsOfPieces))) yield piece
  }

  /** Rows of columns, also those that are left out, cut between groups. Valid until the next piece. */
  async *wholeGroups(columns: readonly StoredColumn[], list: SourceList): AsyncGenerator<GroupedPiece> {
    let firstGroup = 0
    const cuts = list.groupPieces(chunkRowsMax)
    const all = cuts.map(({ list }) => list.map(source => source & ~leftOut))
    let at = 0
    for await (const values of this.gathered(columns, all)) {
      const { list, starts } = cuts[at++]
      const rows = list.length
      const arena = new Arena(this.#memory, this.environment.budget)
      try {
        const groups = arena.allocate(rows * 4)
        const kept: number[] = []
        const keptRows: number[] = []
        let group = -1
        const { u32 } = this.#memory
        for (let row = 0; row < rows; row++) {
          if (starts[row]) group++
          u32[groups / 4 + row] = group
          if (list[row] < leftOut) {
            kept.push(group)
            keptRows.push(row)
          }
        }
        const groupCount = group + 1
        yield { values, rows, groups, groupCount, kept, keptRows, firstGroup, arena }
        firstGroup += groupCount
      } finally {
        arena.destroy()
      }
    }
  }

  /** Columns by lists of sources, one piece for each list. Valid until the next. */
  async *gathered(columns: readonly StoredColumn[], lists: Iterable<Uint16Array>): AsyncGenerator<Column[]> {
    const cursors = this.sources.map(part => this.#cursor(part, columns))
    const arena = new Arena(this.#memory)
    try {
      for (const sources of lists) {
        await this.#check()
        arena.reset()
        const { kernels } = this.#memory
        const list = arena.allocate(sources.length * 2)
        this.#memory.u16.set(sources, list / 2)
        const counts = arena.allocate(cursors.length * 4)
        kernels.countSources(list, sources.length, cursors.length, counts)
        const takes = [...this.#memory.u32.slice(counts / 4, counts / 4 + cursors.length)]
        const starts = new Uint32Array(cursors.length)
        const slices: (readonly Column[])[] = []
        let base = 0
        for (const [source, count] of takes.entries()) {
          starts[source] = base
          base += count
          if (count > 0) slices.push(...(await cursors[source].take(count)))
        }
        this.#memory.u32.set(starts, counts / 4)
        const indices = arena.allocate(sources.length * 4)
        const rows = kernels.sourceIndices(list, sources.length, counts, indices)
        // Rows of one source that all stay are in their order already.
        const plain = rows === sources.length && takes.filter(count => count > 0).length === 1
        yield columns.map((_, i) => {
          const joined = concatColumns(
            slices.map(slice => slice[i]),
            arena,
          )
          return plain ? joined : joined.gather(indices, rows, arena)
        })
      }
    } finally {
      for (const cursor of cursors) cursor.close()
      arena.destroy()
    }
  }
}

/** Where merged rows start that differ from those before, also from the last ones of what was merged before. */
class GroupFinder {
  #last: Uint8Array | null = null

  /** u8[rows]: 1 where a group starts. */
  starts(key: readonly Column[], directions: readonly { descending: boolean }[], rows: number, arena: Arena): number {
    const { memory } = arena
    const { kernels } = memory
    const starts = arena.allocateZeroed(rows)
    const order = arena.allocate(rows * 4)
    kernels.fillRange(0, 1, rows, order)
    for (const part of sortKeys(key, directions, arena)) {
      if (part.kind === 'numbers') kernels.markRuns(part.pointer, order, starts, rows)
      else kernels.markStringRuns(part.column.offsets, part.column.bytes, order, starts, rows)
    }
    const first = bytesOfRow(key, 0)
    memory.u8[starts] = this.#last === null || !sameBytes(first, this.#last) ? 1 : 0
    this.#last = bytesOfRow(key, rows - 1).slice()
    return starts
  }
}

function bytesOfRow(columns: readonly Column[], row: number): Uint8Array {
  const writer = new ByteWriter(64)
  for (const column of columns) column.type.writeBinary(writer, column.valueAt(row))
  return writer.bytes()
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

/** Merged rows of columns from the pieces that they were merged from. */
function gatherRuns(
  takes: readonly { run: number; start: number; count: number; columns: readonly Column[] }[],
  merged: { readonly count: number; readonly sources: number; readonly rows: number },
  arena: Arena,
): Column[] {
  const { memory } = arena
  const shift = new Int32Array(Math.max(...takes.map(({ run }) => run)) + 1)
  let base = 0
  for (const { run, start, count } of takes) {
    shift[run] = base - start
    base += count
  }
  const indices = arena.allocate(merged.count * 4)
  const { u32 } = memory
  for (let i = 0; i < merged.count; i++)
    u32[indices / 4 + i] = u32[merged.rows / 4 + i] + shift[u32[merged.sources / 4 + i]]
  return takes[0].columns.map((_, i) =>
    concatColumns(
      takes.map(({ columns, start, count }) => columns[i].slice(start, count)),
      arena,
    ).gather(indices, merged.count, arena),
  )
}
