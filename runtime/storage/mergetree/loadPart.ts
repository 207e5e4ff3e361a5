import { DBError, type ErrorName, toDBError } from '../../core/errors.ts'
import { parseType } from '../../types/parseType.ts'
import type { Value } from '../../types/value.ts'
import type { Disk, DiskEntry } from '../disk.ts'
import { type Checksums, readChecksums } from './checksums.ts'
import type { MergeTreeDefinition } from './definition.ts'
import { escapeFileName } from './fileName.ts'
import type { FrameCodec } from './frames.ts'
import { readMarks } from './marks.ts'
import type { MarksForm, PartBounds, PartColumn, PartInfo } from './part.ts'
import { parsePartName } from './partName.ts'
import { partitionId, readValues } from './partition.ts'
import {
  type NamedType,
  readColumns,
  readCount,
  readSerialization,
  readSubstreams,
  type SerializationInfo,
} from './smallFiles.ts'
import { hashedStreamName, pathOf, sparseStreams, streamsOf } from './streams.ts'

/** Reads a whole small file. */
export async function readFile(disk: Disk, path: string): Promise<Uint8Array> {
  const whole = await disk.readAll?.(path)
  if (whole) return whole
  const size = disk.readAll ? null : await disk.size(path)
  if (size === null) throw new DBError('FILE_DOESNT_EXIST', `File ${path} does not exist`)
  return size === 0 ? new Uint8Array(0) : disk.read(path, 0, size)
}

/**
 * What there is to know of the part in `path`, after checking that its files are all there, have their sizes, and agree with each
 * other and with the table. The error of a part that is broken names what is wrong with it; other errors come from the disk.
 */
export async function loadPart(
  disk: Disk,
  path: string,
  name: string,
  definition: MergeTreeDefinition,
  codec: FrameCodec,
): Promise<PartInfo> {
  try {
    return await new PartLoader(disk, path, name, definition, codec).load()
  } catch (error) {
    throw error instanceof DBError ? error.within(`Part ${name} in ${path}`) : error
  }
}

/** Errors of a disk, a network or a memory that may have gone by the next attempt. */
const passing: readonly ErrorName[] = [
  'LOGICAL_ERROR',
  'CANNOT_READ_FROM_FILE_DESCRIPTOR',
  'CANNOT_OPEN_FILE',
  'NETWORK_ERROR',
  'SOCKET_TIMEOUT',
  'S3_ERROR',
  'MEMORY_LIMIT_EXCEEDED',
  'CANNOT_ALLOCATE_MEMORY',
  'ABORTED',
]

/** Whether an error says that the part itself is bad, and not that the disk cannot be read just now. */
export const saysBroken = (error: unknown): boolean => !passing.includes(toDBError(error).errorName)

class PartLoader {
  #entries: DiskEntry[] = []
  readonly #sizes = new Map<string, number>()
  #checksums: Checksums | null = null

  constructor(
    readonly disk: Disk,
    readonly path: string,
    readonly name: string,
    readonly definition: MergeTreeDefinition,
    readonly codec: FrameCodec,
  ) {}

  #read(file: string): Promise<Uint8Array> {
    const size = this.#sizes.get(file)
    if (size === undefined) throw new DBError('NO_FILE_IN_DATA_PART', `No file ${file} in data part`)
    return size === 0 ? Promise.resolve(new Uint8Array(0)) : this.disk.read(`${this.path}/${file}`, 0, size)
  }

  async load(): Promise<PartInfo> {
    const partName = parsePartName(this.name)
    if (partName.partitionId.startsWith('patch-'))
      throw new DBError('NOT_IMPLEMENTED', 'Patch parts of lightweight updates are not supported')
    this.#entries = await this.disk.list(this.path)
    for (const entry of this.#entries) if (!entry.isDirectory) this.#sizes.set(entry.name, entry.size)
    await this.#checkFiles()

    const rows = readCount(await this.#read('count.txt'))
    // A wide part may have a column named data.
    const kind = this.#sizes.has('data.bin') && /mrk[34]$/.test(this.#findMarks('data') ?? '') ? 'compact' : 'wide'
    const columns = await this.#columns(kind)
    const streams: Record<string, number> = {}
    for (const [file, size] of this.#sizes) if (file.endsWith('.bin')) streams[file.slice(0, -4)] = size
    const serialization = this.#sizes.has('serialization.json')
      ? readSerialization(await this.#read('serialization.json'))
      : { stringSizes: false, sparseNullable: false, columns: [] }
    const substreams =
      kind === 'compact' && this.#sizes.has('columns_substreams.txt')
        ? readSubstreams(await this.#read('columns_substreams.txt'))
        : null
    const present = kind === 'wide' ? columns.filter(column => this.#hasData(column)) : columns
    const { marks, granules } = await this.#marks(kind, present, rows, substreams)
    const primaryIndex = this.#sizes.has('primary.cidx')
      ? 'compressed'
      : this.#sizes.has('primary.idx')
        ? 'plain'
        : null
    if (primaryIndex === null && this.definition.primaryKeyLength > 0 && rows > 0)
      throw new DBError('NO_FILE_IN_DATA_PART', 'No file primary.idx in data part')

    const bytesOnDisk = this.#checksums
      ? [...this.#checksums.values()].reduce((sum, { size }) => sum + size, 0)
      : [...this.#sizes.values()].reduce((sum, size) => sum + size, 0)
    const modifiedMs = this.#entries.reduce((latest, entry) => Math.max(latest, entry.modifiedMs), 0)
    return {
      ...partName,
      id: `${this.path}:${modifiedMs}:${bytesOnDisk}:${rows}:${serial++}`,
      name: this.name,
      path: this.path,
      rows,
      bytesOnDisk,
      modifiedMs,
      kind,
      columns: present.map(column => this.#sized(column, kind)),
      marks,
      granules,
      streams,
      stringSizes: serialization.stringSizes,
      substreams: marks.extension.endsWith('mrk4') ? substreams : null,
      sparse: marks.extension.endsWith('mrk3') ? sparseOf(columns, serialization) : [],
      primaryIndex,
      ...(await this.#partition(partName.partitionId, rows)),
    }
  }

  /** Every file that checksums.txt lists is there and has its size. */
  async #checkFiles(): Promise<void> {
    if (!this.#sizes.has('checksums.txt')) {
      // Marks tell of a stream that was there: its column would read as defaults.
      for (const file of this.#sizes.keys()) {
        const data = file.replace(/\.c?mrk[234]?$/, '.bin')
        if (!this.#sizes.has(data)) throw new DBError('NO_FILE_IN_DATA_PART', `No file ${data} in data part`)
      }
      return
    }
    this.#checksums = readChecksums(await this.#read('checksums.txt'), this.codec)
    for (const [file, { size }] of this.#checksums) {
      if (file.endsWith('.proj')) continue
      const actual = this.#sizes.get(file)
      if (actual === undefined) throw new DBError('NO_FILE_IN_DATA_PART', `No file ${file} in data part`)
      if (actual !== size)
        throw new DBError(
          'BAD_SIZE_OF_FILE_IN_DATA_PART',
          `Unexpected size of file ${file} in data part: ${actual} bytes, ${size} expected`,
        )
    }
  }

  #findMarks(stream: string): MarksForm['extension'] | null {
    for (const extension of extensions) if (this.#sizes.has(stream + extension)) return extension
    return null
  }

  /** The file name of a stream without extension, or null where it has none. */
  #streamFile(stream: string): string | null {
    if (this.#sizes.has(`${stream}.bin`)) return stream
    const hashed = hashedStreamName(stream, this.codec.memory)
    return hashed !== null && this.#sizes.has(`${hashed}.bin`) ? hashed : null
  }

  async #columns(kind: PartInfo['kind']): Promise<readonly NamedType[]> {
    if (this.#sizes.has('columns.txt')) return readColumns(await this.#read('columns.txt'))
    if (kind === 'compact') throw new DBError('NO_FILE_IN_DATA_PART', 'No columns.txt in part')
    return this.definition.columns
  }

  /** A column without streams reads as its default. */
  #hasData({ name, type }: NamedType): boolean {
    const streams = streamsOf(name, parseType(type)).filter(stream => !stream.endsWith('.size0'))
    return streams.some(stream => this.#streamFile(stream) !== null)
  }

  #sized(column: NamedType, kind: PartInfo['kind']): PartColumn {
    const sized = { name: column.name, type: column.type, compressedBytes: 0, uncompressedBytes: 0, marksBytes: 0 }
    if (kind === 'compact') return sized
    const own = new Set(streamsOf(column.name, parseType(column.type)))
    const { base } = pathOf(column.name)
    for (const stream of [`${base}.size`, `${base}.sparse.idx`]) own.add(stream)
    for (const stream of own) {
      const file = this.#streamFile(stream)
      if (file === null) continue
      sized.compressedBytes += this.#sizes.get(`${file}.bin`) ?? 0
      sized.uncompressedBytes += this.#checksums?.get(`${file}.bin`)?.uncompressed?.size ?? 0
      const extension = this.#findMarks(file)
      if (extension) sized.marksBytes += this.#sizes.get(file + extension) ?? 0
    }
    return sized
  }

  async #marks(
    kind: PartInfo['kind'],
    columns: readonly NamedType[],
    rows: number,
    substreams: string[][] | null,
  ): Promise<{ marks: MarksForm; granules: number | Float64Array }> {
    const stream = kind === 'compact' ? 'data' : this.#anyStream(columns)
    if (stream === null) {
      const granularity = this.definition.settings.indexGranularity
      const count = Math.ceil(rows / granularity)
      return { marks: { extension: '.mrk', compressed: false, count, hasFinal: false }, granules: granularity }
    }
    const extension = this.#findMarks(stream)
    if (extension === null) throw new DBError('NO_FILE_IN_DATA_PART', `No marks for ${stream}.bin in data part`)
    const compressed = extension.startsWith('.c')
    let bytes = await this.#read(stream + extension)
    if (compressed) bytes = this.codec.decodeAll(bytes)
    const fixed = extension.endsWith('mrk')
    const width = !extension.endsWith('mrk3') && kind === 'compact' ? (substreams?.flat().length ?? 0) : columns.length
    const read = readMarks(bytes, kind === 'compact' ? width : 1, !fixed)
    const count = read.marks[0]?.count ?? 0
    const marks = { extension, compressed, count, hasFinal: read.hasFinal }
    if (read.rows === null) {
      const granularity = this.definition.settings.indexGranularity
      if (count !== Math.ceil(rows / granularity))
        throw new DBError('CORRUPTED_DATA', `${count} marks are not ${rows} rows at a granularity of ${granularity}`)
      return { marks, granules: granularity }
    }
    const granules = firstRows(read.rows)
    const total = typeof granules === 'number' ? read.rows.reduce((sum, rows) => sum + rows, 0) : granules[count]
    if (total !== rows) throw new DBError('CORRUPTED_DATA', `Marks have ${total} rows, count.txt says ${rows}`)
    return { marks, granules }
  }

  /** A stream whose marks stand for all. */
  #anyStream(columns: readonly NamedType[]): string | null {
    for (const { name, type } of columns)
      for (const stream of streamsOf(name, parseType(type))) {
        const file = this.#streamFile(stream)
        if (file !== null && !stream.endsWith('.null')) return file
      }
    return null
  }

  async #partition(
    id: string,
    rows: number,
  ): Promise<{ partitionValues: readonly Value[]; bounds: readonly PartBounds[] }> {
    const { partitionTypes, minmaxColumns, columns } = this.definition
    if (partitionTypes.length === 0) {
      if (id !== 'all') throw new DBError('CORRUPTED_DATA', `Partition ${id}, but the table has no partition key`)
      return { partitionValues: [], bounds: [] }
    }
    const types = partitionTypes.map(parseType)
    const partitionValues = readValues(types, await this.#read('partition.dat'), 'partition.dat')
    const computed = partitionId(types, partitionValues, this.codec.memory)
    if (computed !== id)
      throw new DBError('CORRUPTED_DATA', `While loading part, calculated partition ID: ${computed} differs from ${id}`)
    if (rows === 0) return { partitionValues, bounds: [] }
    const bounds = await Promise.all(
      minmaxColumns.map(async column => {
        const file = `minmax_${escapeFileName(column)}.idx`
        const type = parseType(columns.find(({ name }) => name === column)?.type ?? 'UInt8')
        const [min, max] = readValues([type, type], await this.#read(file), file)
        return { column, min, max }
      }),
    )
    return { partitionValues, bounds }
  }
}

function sparseOf(columns: readonly NamedType[], serialization: SerializationInfo): string[] {
  return columns.flatMap(({ name, type }) => {
    const kind = serialization.columns.find(column => column.name === name)
    return kind ? sparseStreams(name, parseType(type), kind) : []
  })
}

let serial = 0
const extensions = ['.mrk', '.cmrk', '.mrk2', '.cmrk2', '.mrk3', '.cmrk3', '.mrk4', '.cmrk4'] as const

/** One number where all granules but the last have the same rows and the last no more. */
function firstRows(rows: Float64Array): number | Float64Array {
  const [first] = rows
  const regular = rows.every((count, i) => count === first || (i === rows.length - 1 && count < first))
  if (rows.length > 0 && regular) return first
  const starts = new Float64Array(rows.length + 1)
  for (let i = 0; i < rows.length; i++) starts[i + 1] = starts[i] + rows[i]
  return starts
}
