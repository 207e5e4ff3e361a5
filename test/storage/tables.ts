// MergeTree tables in tests: a definition in short, rows in and out as plain values.
import { columnOf } from '../../runtime/columns/build.ts'
import { Chunk } from '../../runtime/columns/chunk.ts'
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import type { Disk } from '../../runtime/storage/disk.ts'
import {
  type KeyExpressions,
  keysOfColumns,
  type MergeMode,
  type MergeTreeDefinition,
  mergeTreeSettings,
} from '../../runtime/storage/mergetree/definition.ts'
import { finalChunks } from '../../runtime/storage/mergetree/finalChunks.ts'
import { FrameCodec } from '../../runtime/storage/mergetree/frames.ts'
import { InsertWriter } from '../../runtime/storage/mergetree/insert.ts'
import { mergeParts } from '../../runtime/storage/mergetree/mergeParts.ts'
import { mutatePart, type PartChange } from '../../runtime/storage/mergetree/mutatePart.ts'
import { cutAtSegments, type PartInfo } from '../../runtime/storage/mergetree/part.ts'
import { PartReader } from '../../runtime/storage/mergetree/partReader.ts'
import { MergeTreeTable, type MergeTask } from '../../runtime/storage/mergetree/table.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'

export interface Shape {
  columns: readonly (readonly [name: string, type: string])[]
  partition?: readonly string[]
  sorting: readonly string[]
  mode?: MergeMode
  settings?: Partial<MergeTreeDefinition['settings']>
}

export function definitionOf({ columns, partition = [], sorting, mode, settings }: Shape): MergeTreeDefinition {
  const typeOf = (wanted: string): string => {
    const column = columns.find(([name]) => name === wanted)
    if (!column) throw new Error(`no column ${wanted}`)
    return parseType(column[1]).name
  }
  return {
    columns: columns.map(([name, type]) => ({ name, type: parseType(type).name })),
    partitionTypes: partition.map(typeOf),
    minmaxColumns: partition,
    sortingKey: sorting.map(name => ({ type: typeOf(name), descending: false })),
    sortingColumns: sorting,
    primaryKeyLength: sorting.length,
    mode: mode ?? { kind: 'ordinary' },
    settings: { ...mergeTreeSettings, indexGranularity: 4, ...settings },
  }
}

/** A table with what reads and writes it, on one thread. */
export class TestTable {
  readonly codec: FrameCodec
  readonly reader: PartReader
  readonly keys: KeyExpressions
  optimizesInserts = false

  private constructor(
    readonly table: MergeTreeTable,
    readonly disk: Disk,
    readonly memory: Memory,
    readonly definition: MergeTreeDefinition,
    shape: Shape,
    readonly now: () => number,
  ) {
    this.codec = new FrameCodec(memory)
    this.reader = new PartReader({ disk, memory })
    this.keys = keysOfColumns(shape.partition ?? [], shape.sorting)
  }

  static async open(disk: Disk, memory: Memory, shape: Shape, now = () => 0, path = 'data/t'): Promise<TestTable> {
    const definition = definitionOf(shape)
    const table = await MergeTreeTable.open({ disk, path, definition, codec: new FrameCodec(memory), now })
    return new TestTable(table, disk, memory, definition, shape, now)
  }

  /** Parts of one INSERT, not committed. */
  async write(
    rows: readonly Value[][],
    limits?: { rows: number; bytes: number; partitions: number },
    /** Another instance of the disk, as a worker thread has one. */
    disk = this.disk,
  ): Promise<PartInfo[]> {
    const writer = new InsertWriter(
      {
        disk,
        codec: this.codec,
        path: this.table.path,
        definition: this.definition,
        keys: this.keys,
        uniqueName: () => this.table.temporaryName('insert').slice('tmp_insert_'.length),
        now: this.now,
        optimize: this.optimizesInserts,
      },
      null,
      limits,
    )
    const arena = new Arena(this.memory)
    const columns = this.definition.columns.map(({ type }, i) =>
      columnOf(
        parseType(type),
        rows.map(row => row[i]),
        arena,
      ),
    )
    try {
      await writer.add(new Chunk(columns, rows.length))
      return await writer.finish()
    } finally {
      arena.destroy()
    }
  }

  async insert(rows: readonly Value[][]): Promise<PartInfo[]> {
    return this.table.commit(await this.write(rows))
  }

  async merge(task: MergeTask | null): Promise<PartInfo | null> {
    if (!task) return null
    const { disk, codec, reader, definition, keys, now } = this
    const merged = await mergeParts(task.sources, task.temporaryPath, { disk, codec, reader, definition, keys, now })
    return this.table.commitMerge(task, merged)
  }

  /** A mutation of all parts. later: the table's shape after it. */
  async mutate(given: PartChange | ((part: PartInfo) => Promise<PartChange>), later?: Shape): Promise<void> {
    const { disk, codec, reader, keys, now } = this
    const definition = later ? definitionOf(later) : this.definition
    const version = this.table.nextVersion()
    for (const part of this.table.parts()) {
      const task = this.table.rewriteTask(part, version)
      if (!task) throw new Error('the part is being merged')
      const change = typeof given === 'function' ? await given(part) : given
      const changed = await mutatePart(part, task.temporaryPath, change, {
        disk,
        codec,
        reader,
        definition,
        keys,
        now,
      })
      await this.table.commitMerge(task, changed)
    }
  }

  /** ALTER TABLE DELETE over all parts. */
  remove(test: (row: readonly Value[]) => boolean): Promise<void> {
    return this.mutate(async part => {
      const gone = Uint8Array.from(await this.rowsOf([part]), row => (test(row) ? 1 : 0))
      return { gone: gone.includes(1) ? gone : null }
    })
  }

  async optimize(): Promise<void> {
    for (;;) {
      const tasks = this.table.selectOptimize({ final: true })
      if (tasks.length === 0) return
      for (const task of tasks) await this.merge(task)
    }
  }

  /** SELECT * FINAL. */
  async final(): Promise<Value[][]> {
    const { reader, definition, keys } = this
    const rows: Value[][] = []
    const names = definition.columns.map(({ name }) => name)
    for await (const chunk of finalChunks(this.table.parts(), names, { reader, definition, keys }))
      for (let row = 0; row < chunk.rows; row++) rows.push(chunk.columns.map(column => column.valueAt(row)))
    return rows
  }

  /** All rows of all parts, in the parts' order. */
  async rows(): Promise<Value[][]> {
    const snapshot = this.table.snapshot()
    try {
      return await this.rowsOf(snapshot.parts)
    } finally {
      snapshot.release()
    }
  }

  async rowsOf(parts: readonly PartInfo[]): Promise<Value[][]> {
    const names = this.definition.columns.map(({ name }) => name)
    const rows: Value[][] = []
    for (const part of parts)
      for (const { from, to } of cutAtSegments(part, [{ from: 0, to: part.marks.count }])) {
        const arena = new Arena(this.memory)
        const chunk = await this.reader.chunk(part, names, from, to, arena)
        for (let row = 0; row < chunk.rows; row++) rows.push(chunk.columns.map(column => column?.valueAt(row) ?? null))
        chunk.release()
        arena.destroy()
      }
    return rows
  }
}
