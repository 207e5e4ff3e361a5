import type { Column } from '../../columns/column.ts'
import { assert } from '../../core/assert.ts'
import { ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { Arena } from '../../core/memory.ts'
import { encodeText } from '../../core/text.ts'
import { parseType } from '../../types/parseType.ts'
import type { Value } from '../../types/value.ts'
import type { Disk } from '../disk.ts'
import { type FileChecksum, writeChecksums } from './checksums.ts'
import { ColumnWriter } from './columnWriter.ts'
import { columnOfTable, type MergeTreeDefinition } from './definition.ts'
import { escapeFileName } from './fileName.ts'
import { type FrameCodec, parseCodec } from './frames.ts'
import type { PartBounds, PartColumn, PartInfo } from './part.ts'
import { partitionId, writeValues } from './partition.ts'
import { writeColumns } from './smallFiles.ts'
import { pathOf, sharedSizesOf, streamsOf } from './streams.ts'
import { ChainedHash, StreamWriter, writeMarks } from './streamWriter.ts'

/** What a part is besides its columns. */
export interface PartFacts {
  readonly partitionValues: readonly Value[]
  readonly bounds: readonly PartBounds[]
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/**
 * Writes one part into a directory of its own, column after column: wide, 16-byte marks, plain primary.idx. What it gives is a
 * part without a name: the table names it when it is committed.
 */
export class PartWriter {
  readonly #arena: Arena
  readonly #checksums = new Map<string, FileChecksum>()
  readonly #columns: PartColumn[] = []
  readonly #streams: Record<string, number> = {}
  readonly #index = new ByteWriter(1024)
  #indexMarks = 0
  #rows: number | null = null

  constructor(
    readonly disk: Disk,
    readonly codec: FrameCodec,
    /** A directory that does not exist yet. */
    readonly path: string,
    readonly definition: MergeTreeDefinition,
  ) {
    this.#arena = new Arena(codec.memory)
  }

  /** All rows of a column, in pieces that are used before the next is asked for. Pieces of whole granules are best. */
  async column(name: string, pieces: Iterable<Column> | AsyncIterable<Column>): Promise<void> {
    const { settings } = this.definition
    const stored = columnOfTable(this.definition, name)
    const type = parseType(stored.type)
    const codec = parseCodec(stored.codec ?? settings.defaultCodec)
    const streams = new Map<string, StreamWriter | null>()
    const arena = new Arena(this.codec.memory)
    try {
      for (const stream of streamsOf(name, type)) {
        if (this.#streams[stream] !== undefined) {
          assert(stream === sharedSizesOf(pathOf(name)), 'only sizes of a Nested are in two columns')
          streams.set(stream, null)
          continue
        }
        const file = await this.disk.create(`${this.path}/${stream}.bin`)
        streams.set(stream, new StreamWriter(file, this.codec, codec, settings, arena))
      }
      const writer = new ColumnWriter(
        name,
        type,
        settings.indexGranularity,
        settings.lowCardinalityMaxDictionarySize,
        streams,
        this.codec.memory,
      )
      for await (const piece of pieces) {
        writer.write(piece)
        for (const stream of streams.values()) await stream?.settle()
      }
      writer.finish()
      this.#rows ??= writer.rows
      if (writer.rows !== this.#rows)
        throw new DBError(
          'SIZES_OF_COLUMNS_DOESNT_MATCH',
          `Column ${name} has ${writer.rows} rows, others ${this.#rows}`,
        )

      const column = { name, type: stored.type, compressedBytes: 0, uncompressedBytes: 0, marksBytes: 0 }
      for (const [stream, one] of streams) {
        if (one === null) continue
        const checksum = await one.close()
        const marks = writeMarks(one.marks)
        this.#checksums.set(`${stream}.bin`, checksum)
        await this.#file(`${stream}.mrk`, marks)
        this.#streams[stream] = checksum.size
        column.compressedBytes += checksum.size
        column.uncompressedBytes += checksum.uncompressed?.size ?? 0
        column.marksBytes += marks.length
      }
      this.#columns.push(column)
    } catch (error) {
      // The directory is removed as a whole by who gives up on the part; here only files are let go of.
      for (const one of streams.values()) await one?.file.abort().catch(() => {})
      throw error
    } finally {
      arena.destroy()
    }
  }

  /** A column as it is in another part, there perhaps under another name: its files get a second name. */
  async adopt(
    part: PartInfo,
    name: string,
    files: ReadonlyMap<string, FileChecksum>,
    stored: string = name,
  ): Promise<void> {
    const column = part.columns.find(column => column.name === stored)
    assert(column !== undefined, 'an adopted column is one of its part')
    const type = parseType(column.type)
    const streams = streamsOf(name, type)
    for (const [i, stream] of streamsOf(stored, type).entries())
      for (const extension of ['.bin', '.mrk']) {
        const file = streams[i] + extension
        const checksum = files.get(stream + extension)
        if (!checksum || this.#checksums.has(file)) continue // sizes of a Nested
        await this.disk.link(`${part.path}/${stream}${extension}`, `${this.path}/${file}`)
        this.#checksums.set(file, checksum)
        if (extension === '.bin') this.#streams[streams[i]] = checksum.size
      }
    this.#columns.push({ ...column, name })
    this.#rows ??= part.rows
    assert(this.#rows === part.rows, 'an adopted column has the rows of the others')
  }

  /** The primary key's columns at the first rows of the next granules. */
  primaryKeyAtMarks(columns: readonly Column[], marks: number): void {
    for (let mark = 0; mark < marks; mark++)
      for (const column of columns) column.type.writeBinary(this.#index, column.valueAt(mark))
    this.#indexMarks += marks
  }

  /** Ends the part and makes it durable where it lies. */
  async finish(facts: PartFacts): Promise<PartInfo> {
    const { definition } = this
    const rows = this.#rows ?? 0
    const marks = Math.ceil(rows / definition.settings.indexGranularity)
    await this.#file('count.txt', encodeText(String(rows)))
    if (definition.primaryKeyLength > 0) {
      assert(this.#indexMarks === marks, 'the index has a row for each granule')
      await this.#file('primary.idx', this.#index.bytes())
    }
    const partitionTypes = definition.partitionTypes.map(parseType)
    if (partitionTypes.length > 0) {
      await this.#file('partition.dat', writeValues(partitionTypes, facts.partitionValues))
      for (const { column, min, max } of facts.bounds) {
        const type = parseType(columnOfTable(definition, column).type)
        await this.#file(`minmax_${escapeFileName(column)}.idx`, writeValues([type, type], [min, max]))
      }
    }
    await this.#file('columns.txt', writeColumns(this.#columns), false)
    const listed = [...this.#checksums.values()].reduce((sum, { size }) => sum + size, 0)
    await this.#file('checksums.txt', writeChecksums(this.#checksums, this.codec), false)
    if (this.disk.can.sync) await this.disk.sync(this.path)
    this.#arena.destroy()
    return {
      id: '',
      name: '',
      partitionId: partitionId(partitionTypes, facts.partitionValues, this.codec.memory),
      minBlock: 0,
      maxBlock: 0,
      level: 0,
      mutation: 0,
      path: this.path,
      rows,
      bytesOnDisk: listed,
      modifiedMs: facts.nowMs,
      kind: 'wide',
      columns: this.#columns,
      marks: { extension: '.mrk', compressed: false, count: marks, hasFinal: false },
      granules: definition.settings.indexGranularity,
      streams: this.#streams,
      stringSizes: false,
      substreams: null,
      sparse: [],
      primaryIndex: definition.primaryKeyLength > 0 ? 'plain' : null,
      partitionValues: facts.partitionValues,
      bounds: facts.bounds,
    }
  }

  /** Nothing more is written. */
  release(): void {
    this.#arena.destroy()
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    this.release()
    await this.disk.remove(this.path)
  }

  async #file(name: string, bytes: Uint8Array, listed = true): Promise<void> {
    const writer = await this.disk.create(`${this.path}/${name}`)
    if (bytes.length > 0) await writer.write(bytes)
    await writer.close()
    if (!listed) return
    const { memory } = this.codec
    const arena = new Arena(memory)
    try {
      const hash = new ChainedHash(memory, arena)
      const pointer = arena.allocate(bytes.length)
      memory.copyIn(pointer, bytes)
      hash.add(pointer, bytes.length)
      this.#checksums.set(name, { size: bytes.length, hash: hash.finish(), uncompressed: null })
    } finally {
      arena.destroy()
    }
  }
}
