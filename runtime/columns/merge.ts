import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { LowCardinalityType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Column } from './column.ts'
import { ConstColumn } from './const.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'
import { columnKeys, type SortDirection, type SortKey } from './sort.ts'

const runBytes = 16
const wordsMax = 4

/** Merged rows: where each comes from, and which run must be given more rows before the merge can go on. */
export interface MergedRows {
  readonly count: number
  /** u32[count]: the run of each row. */
  readonly sources: number
  /** u32[count]: its row in what was last given for that run. */
  readonly rows: number
  /** A run whose last given row was merged, or -1. */
  readonly exhausted: number
}

/**
 * Merges sorted runs by their sort columns, given piece by piece. Every run starts out waiting: give each its first rows by `feed`, or
 * nothing if it has none. Equal rows come in the order of the runs.
 */
export class RunMerger {
  /** 64-bit words of a key, 0 for byte strings. */
  readonly #words: number
  readonly #runs: number
  readonly #heap: number
  readonly #widths: readonly number[]
  readonly #sources: number
  readonly #rows: number

  constructor(
    /** Of the merger: its bookkeeping lives there. */
    readonly arena: Arena,
    readonly count: number,
    readonly types: readonly DataType[],
    readonly directions: readonly SortDirection[],
    readonly rowsMax: number,
  ) {
    this.#widths = types.flatMap(keyWidths)
    this.#words = this.#widths.length <= wordsMax && this.#widths.every(width => width > 0) ? this.#widths.length : 0
    this.#runs = arena.allocateZeroed(count * runBytes)
    this.#heap = arena.allocate(count * 4)
    this.#sources = arena.allocate(rowsMax * 4)
    this.#rows = arena.allocate(rowsMax * 4)
  }

  /** The next rows of a run whose former rows were all merged. Their keys are put into `arena`, which must last until they are merged. */
  feed(run: number, columns: readonly Column[], rows: number, arena: Arena): void {
    const at = (this.#runs + run * runBytes) / 4
    assert(run < this.count && this.#position(run) === this.#size(run), 'a run is fed when it has nothing left')
    const { keys, bytes } = this.#encode(columns, rows, arena)
    arena.memory.u32.set([keys, bytes, rows, 0], at)
  }

  /** Merges until a run is exhausted or rowsMax rows are found. Valid until the next call. Zero rows: every run has ended. */
  next(): MergedRows {
    const { kernels } = this.arena.memory
    const count =
      this.#words > 0
        ? kernels.mergeRunsKeys(
            this.#runs,
            this.count,
            this.#words,
            this.#heap,
            this.rowsMax,
            this.#sources,
            this.#rows,
          )
        : kernels.mergeRunsBytes(this.#runs, this.count, this.#heap, this.rowsMax, this.#sources, this.#rows)
    let exhausted = -1
    if (count > 0) {
      const last = this.arena.memory.u32[this.#sources / 4 + count - 1]
      if (this.#position(last) === this.#size(last)) exhausted = last
    }
    return { count, sources: this.#sources, rows: this.#rows, exhausted }
  }

  /** How many of the rows last given for a run were merged. */
  position(run: number): number {
    return this.#position(run)
  }

  #position(run: number): number {
    return this.arena.memory.u32[(this.#runs + run * runBytes) / 4 + 3]
  }

  #size(run: number): number {
    return this.arena.memory.u32[(this.#runs + run * runBytes) / 4 + 2]
  }

  #encode(columns: readonly Column[], rows: number, arena: Arena): { keys: number; bytes: number } {
    const { kernels } = arena.memory
    const parts = columns.flatMap((column, i) => {
      const full = column instanceof ConstColumn ? column.full(arena) : column
      const plain = full instanceof LowCardinalityColumn ? full.plain(arena) : full
      return columnKeys(plain, this.directions[i] ?? {}, arena)
    })
    assert(parts.length === this.#widths.length, 'keys are those of the types')
    if (this.#words > 0) {
      const keys = arena.allocate(rows * 8 * this.#words)
      for (const [word, part] of parts.entries())
        if (part.kind === 'numbers') kernels.keysInterleave(part.pointer, rows, keys, this.#words, word)
      return { keys, bytes: 0 }
    }
    const offsets = arena.allocateZeroed((rows + 1) * 4)
    for (const part of parts)
      if (part.kind === 'strings') kernels.orderBytesSizes(offsets, rows, part.column.offsets, part.column.bytes)
      else kernels.rowSizesAdd(offsets, rows, bytesOf(part), 0, 0)
    const cursors = arena.allocate(rows * 4)
    const size = kernels.rowOffsets(offsets, rows, cursors)
    if (size < 0) arena.fail()
    const bytes = arena.allocate(size)
    for (const part of parts)
      if (part.kind === 'strings')
        kernels.orderBytesPutString(
          bytes,
          cursors,
          rows,
          part.column.offsets,
          part.column.bytes,
          part.descending ? 1 : 0,
        )
      else kernels.orderBytesPutKeys(bytes, cursors, rows, part.pointer, bytesOf(part))
    return { keys: offsets, bytes }
  }
}

const bytesOf = (key: SortKey & { kind: 'numbers' }): number => Math.ceil(key.bits / 8)

/** Whether rows can be merged by columns of the type. */
export function isMergeable(type: DataType): boolean {
  if (type instanceof NullableType || type instanceof LowCardinalityType) return isMergeable(type.inner)
  if (type instanceof TupleType) return type.elements.every(isMergeable)
  return type.kind === 'String' || type.width > 0
}

/** The keys that columnKeys makes of a type: 1 for a number, 0 for a string. */
function keyWidths(type: DataType): number[] {
  if (type instanceof NullableType) return [1, ...keyWidths(type.inner)]
  if (type instanceof LowCardinalityType) return keyWidths(type.inner)
  if (type instanceof TupleType) return type.elements.flatMap(keyWidths)
  if (type.kind === 'String') return [0]
  if (type.width === 0)
    throw new DBError('NOT_IMPLEMENTED', `Sorted rows cannot be merged by values of type ${type.name}`)
  return Array.from({ length: Math.ceil(type.width / 8) }, () => 1)
}
