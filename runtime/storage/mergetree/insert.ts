import { ArrayColumn } from '../../columns/array.ts'
import { concatColumns } from '../../columns/build.ts'
import { type Chunk, chunkRowsMax } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { keepColumn } from '../../columns/keep.ts'
import { rankRows, sortRows } from '../../columns/sort.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { Arena, type Budget } from '../../core/memory.ts'
import { parseType } from '../../types/parseType.ts'
import type { Value } from '../../types/value.ts'
import type { Disk } from '../disk.ts'
import { boundsOf } from './bounds.ts'
import type { KeyExpressions, MergeTreeDefinition, StoredColumn } from './definition.ts'
import type { FrameCodec } from './frames.ts'
import type { PartInfo } from './part.ts'
import { PartWriter } from './partWriter.ts'
import { ruleOf } from './rowRules.ts'
import { pathOf, sharedSizesOf } from './streams.ts'
import { combinedColumns, markNonZero } from './combining.ts'
import { dropsZeros } from './summing.ts'

/** Rows of one block, at most: what becomes one part in each partition. */
export const insertRowsMax = 1_048_545
/** Bytes of columns in one block, about. */
export const insertBytesMax = 64 << 20
export const insertPartitionsMax = 100

export interface InsertTarget {
  readonly disk: Disk
  readonly codec: FrameCodec
  /** The table's directory. */
  readonly path: string
  readonly definition: MergeTreeDefinition
  readonly keys: KeyExpressions
  /** Rows of equal keys within one block are merged before they are written, as the table's engine would. Default: true. */
  readonly optimize?: boolean
  /** A part of a directory name that nobody else uses. */
  uniqueName(): string
  now(): number
  /** Waited for between columns: throws when the INSERT is to stop, and lets others of this thread through. */
  breathe?(): Promise<void>
}

/**
 * Rows of one INSERT on their way into parts: gathered to blocks, split by partition, sorted, written aside. The parts are nobody's
 * until MergeTreeTable.commit takes them, all or none.
 */
export class InsertWriter {
  readonly #parts: PartInfo[] = []
  #arena: Arena
  #chunks: Column[][] = []
  #rows = 0
  #bytes = 0

  constructor(
    readonly target: InsertTarget,
    readonly budget: Budget | null = null,
    readonly limits = { rows: insertRowsMax, bytes: insertBytesMax, partitions: insertPartitionsMax },
  ) {
    this.#arena = new Arena(target.codec.memory, budget)
  }

  /** Takes rows of definition.columns, in their order. They are copied. */
  async add(chunk: Chunk): Promise<void> {
    const { columns } = this.target.definition
    assert(chunk.columns.length === columns.length, 'a chunk has the columns of its table')
    checkNested(columns, chunk, this.#arena)
    for (let at = 0; at < chunk.rows; ) {
      const take = Math.min(chunk.rows - at, this.limits.rows - this.#rows)
      const piece = chunk.cut(at, take)
      this.#chunks.push(piece.columns.map(column => keepColumn(column, this.#arena)))
      this.#rows += take
      this.#bytes += piece.byteSize()
      at += take
      if (this.#rows >= this.limits.rows || this.#bytes >= this.limits.bytes) await this.#flush()
    }
  }

  /** The parts of all rows; what they are made of is durable. */
  async finish(): Promise<PartInfo[]> {
    try {
      if (this.#rows > 0) await this.#flush()
      return this.#parts
    } finally {
      this.#arena.destroy()
    }
  }

  /** Nothing is left of the INSERT. */
  async abort(): Promise<void> {
    this.#arena.destroy()
    for (const part of this.#parts.splice(0)) await this.target.disk.remove(part.path)
  }

  async #flush(): Promise<void> {
    const scratch = new Arena(this.target.codec.memory, this.budget)
    try {
      this.#parts.push(
        ...(await new BlockWriter(this.target, this.#chunks, this.#rows, scratch, this.limits.partitions).write()),
      )
    } finally {
      scratch.destroy()
    }
    this.#arena.reset()
    this.#chunks = []
    this.#rows = 0
    this.#bytes = 0
  }
}

/** Columns of one Nested share their sizes on disk, so they must have the same. */
function checkNested(columns: readonly StoredColumn[], chunk: Chunk, arena: Arena): void {
  const first = new Map<string, { name: string; column: ArrayColumn }>()
  for (const [i, { name }] of columns.entries()) {
    const shared = sharedSizesOf(pathOf(name))
    if (shared === null) continue
    const column = chunk.columns[i].full(arena)
    if (!(column instanceof ArrayColumn)) continue
    const other = first.get(shared)
    if (!other) {
      first.set(shared, { name, column })
      continue
    }
    const { u32 } = arena.memory
    const [a, b] = [column.offsets / 4, other.column.offsets / 4]
    for (let row = 0; row < chunk.rows; row++)
      if (u32[a + row + 1] - u32[a + row] !== u32[b + row + 1] - u32[b + row])
        throw new DBError(
          'SIZES_OF_ARRAYS_DONT_MATCH',
          `Elements '${other.name}' and '${name}' of Nested data structure have different array sizes`,
        )
  }
}

interface PartitionRows {
  readonly values: Value[]
  /** In the order: rows [start, end). */
  readonly start: number
  readonly end: number
}

/** Rows in the order in which they are written. */
interface BlockOrder {
  /** u32[rows]: row numbers. */
  readonly order: number
  /** u8[rows]: 1 where, in the order, the sorting key (or the partition) is another than before. */
  readonly runs: number
  readonly partitions: readonly PartitionRows[]
  /** Sums of groups by column, and the group of each row of the order: u32[rows]. */
  readonly sums: ReadonlyMap<string, Column>
  readonly groups: number
}

/** Writes one block as parts. */
class BlockWriter {
  readonly #whole = new Map<string, Column>()

  constructor(
    readonly target: InsertTarget,
    readonly chunks: readonly Column[][],
    readonly rows: number,
    readonly arena: Arena,
    readonly partitionsMax: number,
  ) {}

  /** A column of all rows; those that keys read are kept. */
  #column = (name: string, arena = this.arena): Column => {
    const kept = this.#whole.get(name)
    if (kept) return kept
    const at = this.target.definition.columns.findIndex(column => column.name === name)
    if (at < 0) throw new DBError('NO_SUCH_COLUMN_IN_TABLE', `There is no column ${name} in table`)
    const whole = concatColumns(
      this.chunks.map(columns => columns[at]),
      arena,
    )
    if (arena === this.arena) this.#whole.set(name, whole)
    return whole
  }

  async write(): Promise<PartInfo[]> {
    const { target, rows, arena } = this
    const { definition, keys, optimize = true } = target
    const { indexGranularity } = definition.settings
    const sorting = keys.sorting(name => this.#column(name), rows, arena).map(column => column.full(arena))
    const split = this.#split(sorting)
    const merges = optimize && definition.mode.kind !== 'ordinary'
    const { order, partitions, sums, groups } = merges ? this.#merge(split) : split
    const { memory } = arena
    const left = partitions.reduce((sum, { start, end }) => sum + end - start, 0)
    const inOrder =
      partitions.length === 1 && left === rows && isIdentity(memory.u32.subarray(order / 4, order / 4 + rows))
    const writers = partitions.map(
      () => new PartWriter(target.disk, target.codec, `${target.path}/tmp_insert_${target.uniqueName()}`, definition),
    )
    try {
      for (const { name, type } of definition.columns) {
        await target.breathe?.()
        const scratch = new Arena(memory, arena.budget)
        try {
          const sum = sums.get(name)
          const whole = sum ?? this.#column(name, scratch)
          assert(whole.type.equals(parseType(type)), 'inserted columns have the types of the table')
          for (const [i, partition] of partitions.entries()) {
            const pieces =
              inOrder && !sum ? [whole] : piecesOf(whole, sum ? groups : order, partition, indexGranularity)
            await writers[i].column(name, pieces)
          }
        } finally {
          scratch.destroy()
        }
      }
      const parts: PartInfo[] = []
      for (const [i, partition] of partitions.entries()) {
        this.#index(partition, writers[i], sorting, order)
        const bounds = definition.minmaxColumns.map(column => {
          const rows = this.#column(column).gather(order + partition.start * 4, partition.end - partition.start, arena)
          return { column, ...boundsOf(rows) }
        })
        const facts = { partitionValues: partition.values, bounds, nowMs: target.now() }
        parts.push({ ...(await writers[i].finish(facts)), level: merges ? 1 : 0 })
      }
      return parts
    } catch (error) {
      for (const writer of writers) await writer.abort().catch(() => {})
      throw error
    }
  }

  /** The rows' order: by partition, then by the sorting key. */
  #split(sorting: readonly Column[]): BlockOrder {
    const { target, rows, arena } = this
    const { definition, keys } = target
    const directions = definition.sortingKey.map(({ descending }) => ({ descending }))
    const none = { sums: new Map<string, Column>(), groups: 0 }
    const partition = keys.partition(name => this.#column(name), rows, arena).map(column => column.full(arena))
    if (partition.length === 0) {
      const { order, runs } = sortRows(sorting, directions, rows, arena)
      return { order, runs, partitions: [{ values: [], start: 0, end: rows }], ...none }
    }
    const ranks = rankRows(partition, [], rows, arena)
    const rank = new FixedColumn(parseType('UInt32'), arena.memory, ranks, rows)
    const { order, runs } = sortRows([rank, ...sorting], [{}, ...directions], rows, arena)
    const starts = [0]
    const { u32 } = arena.memory
    for (let row = 1; row < rows; row++)
      if (u32[ranks / 4 + u32[order / 4 + row]] !== u32[ranks / 4 + u32[order / 4 + row - 1]]) starts.push(row)
    if (starts.length > this.partitionsMax)
      throw new DBError(
        'TOO_MANY_PARTS',
        `Too many partitions for single INSERT block (more than ${this.partitionsMax}). The limit is controlled by ` +
          "'max_partitions_per_insert_block' setting. Large number of partitions is a common misconception",
      )
    const first = starts.map(start => u32[order / 4 + start])
    const partitions = starts.map((start, i) => ({
      values: partition.map(column => column.valueAt(first[i])),
      start,
      end: starts[i + 1] ?? rows,
    }))
    return { order, runs, partitions, ...none }
  }

  /** The order without the rows that the table's engine leaves out, and without the partitions that nothing is left of. */
  #merge({ order, runs, partitions }: BlockOrder): BlockOrder {
    const { rows, arena } = this
    const { definition } = this.target
    const { memory } = arena
    const rule = ruleOf(definition.mode)
    assert(rule !== null, 'an engine that merges rows has a rule')
    rule.rows(
      rule.columns.map(name => this.#column(name)),
      arena,
    )
    const kept = new Uint8Array(rows)
    const keep = (position: number): void => {
      kept[position] = 1
    }
    const groupOf = arena.allocate(rows * 4)
    let group = -1
    for (let at = 0; at < rows; at++) {
      if (memory.u8[runs + at]) {
        if (at > 0) rule.end(keep)
        group++
      }
      memory.u32[groupOf / 4 + at] = group
      rule.add(memory.u32[order / 4 + at], at)
    }
    if (rows > 0) rule.end(keep)

    const sums = new Map<string, Column>()
    const combined = combinedColumns(definition)
    if (combined.size > 0) {
      const nonZero = new Uint8Array(group + 1)
      for (const [name, { columns, run }] of combined) {
        const values = columns.map(column => this.#column(column).full(arena).gather(order, rows, arena))
        const sum = run(values, groupOf, group + 1, arena)
        markNonZero(sum, nonZero)
        sums.set(name, sum)
      }
      if (dropsZeros(definition, combined))
        for (let at = 0; at < rows; at++) if (!nonZero[memory.u32[groupOf / 4 + at]]) kept[at] = 0
    }

    const left = arena.allocate(rows * 4)
    const groups = arena.allocate(rows * 4)
    const { u32 } = memory
    let count = 0
    const remaining = partitions.map(({ values, start, end }) => {
      const first = count
      for (let at = start; at < end; at++) {
        if (!kept[at]) continue
        u32[left / 4 + count] = u32[order / 4 + at]
        u32[groups / 4 + count++] = u32[groupOf / 4 + at]
      }
      return { values, start: first, end: count }
    })
    return { order: left, runs, partitions: remaining.filter(({ start, end }) => end > start), sums, groups }
  }

  /** The primary key at the first row of each granule. */
  #index({ start, end }: PartitionRows, writer: PartWriter, sorting: readonly Column[], order: number): void {
    const { primaryKeyLength, settings } = this.target.definition
    const { memory } = this.arena
    const count = Math.ceil((end - start) / settings.indexGranularity)
    const firsts = this.arena.allocate(count * 4)
    const { u32 } = memory
    for (let i = 0; i < count; i++) u32[firsts / 4 + i] = u32[order / 4 + start + i * settings.indexGranularity]
    const key = sorting.slice(0, primaryKeyLength).map(column => column.gather(firsts, count, this.arena))
    writer.primaryKeyAtMarks(key, count)
  }
}

function isIdentity(order: Uint32Array): boolean {
  for (let row = 0; row < order.length; row++) if (order[row] !== row) return false
  return true
}

/** A partition's rows of a column in their order, some granules at a time. */
function* piecesOf(
  whole: Column,
  order: number,
  { start, end }: PartitionRows,
  granularity: number,
): Generator<Column> {
  const arena = new Arena(whole.memory)
  const rows = Math.max(1, Math.floor(chunkRowsMax / granularity)) * granularity
  try {
    for (let row = start; row < end; row += rows) {
      yield whole.gather(order + row * 4, Math.min(rows, end - row), arena)
      arena.reset()
    }
  } finally {
    arena.destroy()
  }
}
