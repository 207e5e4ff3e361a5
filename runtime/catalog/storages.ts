// Storages that keep whole chunks: Memory, Log and their kin; Null and views, which keep nothing.
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { LogChunk, Source } from '../exec/source.ts'
import type { Disk } from '../storage/disk.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { TableStorage } from './table.ts'
import { WriteGate } from './writeGate.ts'

/** A chunk as packChunk makes it. */
export interface PackedRows {
  readonly buffer: ArrayBuffer
  readonly rows: number
}

/** What an INSERT's task gave. */
export type Written =
  | { readonly kind: 'none' }
  | { readonly kind: 'parts'; readonly parts: readonly PartInfo[] }
  | { readonly kind: 'chunks'; readonly chunks: readonly PackedRows[] }

/** How much a Memory table keeps: the oldest chunks go when there is more than the most, as long as the least is left. 0: no limit. */
export interface KeptRows {
  readonly rowsMin: number
  readonly rowsMax: number
  readonly bytesMin: number
  readonly bytesMax: number
}

export class MemoryStorage implements TableStorage {
  readonly gate = new WriteGate()
  #chunks: readonly PackedRows[] = []

  constructor(readonly kept: KeptRows | null = null) {}

  snapshot() {
    const chunks = this.#chunks
    const exactRows = chunks.reduce((sum, { rows }) => sum + rows, 0)
    return {
      source: { kind: 'packed', chunks: chunks.map(({ buffer }) => buffer) } as const,
      exactRows,
      release: () => {},
    }
  }

  admit(): Promise<() => void> {
    return this.gate.enter()
  }

  /** The table's rows are these from now on. */
  replace(chunks: readonly PackedRows[]): void {
    this.#chunks = chunks
  }

  async commit(result: Written): Promise<void> {
    if (result.kind !== 'chunks') return
    this.#chunks = [...this.#chunks, ...result.chunks]
    if (this.kept) this.#dropOldest(this.kept)
  }

  #dropOldest({ rowsMin, rowsMax, bytesMin, bytesMax }: KeptRows): void {
    let { rows, bytes } = this.size()
    let dropped = 0
    for (const chunk of this.#chunks) {
      const isTooMuch = (rowsMax > 0 && rows > rowsMax) || (bytesMax > 0 && bytes > bytesMax)
      rows -= chunk.rows
      bytes -= chunk.buffer.byteLength
      if (!isTooMuch || rows < rowsMin || bytes < bytesMin) break
      dropped++
    }
    if (dropped > 0) this.#chunks = this.#chunks.slice(dropped)
  }

  /** All chunks, which the table has no more. */
  take(): readonly PackedRows[] {
    const chunks = this.#chunks
    this.#chunks = []
    return chunks
  }

  /** What take gave, before all others. */
  putBack(chunks: readonly PackedRows[]): void {
    this.#chunks = [...chunks, ...this.#chunks]
  }

  async truncate(): Promise<void> {
    this.#chunks = []
  }

  async drop(): Promise<void> {
    this.#chunks = []
  }

  async close(): Promise<void> {}

  size() {
    return {
      rows: this.#chunks.reduce((sum, { rows }) => sum + rows, 0),
      bytes: this.#chunks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
    }
  }
}

/** Log, TinyLog, StripeLog: each INSERT adds one file of chunks, so that it is there as a whole or not at all. */
export class LogStorage implements TableStorage {
  #files: { path: string; chunks: LogChunk[] }[] = []
  #next = 1

  private constructor(
    readonly disk: Disk,
    readonly location: string,
    readonly path: string,
  ) {}

  static async open(disk: Disk, location: string, path: string): Promise<LogStorage> {
    const log = new LogStorage(disk, location, path)
    const names = (await disk.list(path)).filter(({ name }) => /^\d+\.chunks$/.test(name))
    names.sort((a, b) => Number.parseInt(a.name, 10) - Number.parseInt(b.name, 10))
    for (const { name, size } of names) {
      const file = `${path}/${name}`
      log.#files.push({ path: file, chunks: readDirectory(await disk.read(file, 0, size), file) })
      log.#next = Number.parseInt(name, 10) + 1
    }
    return log
  }

  snapshot() {
    const files = this.#files
    const exactRows = files.reduce((sum, { chunks }) => sum + chunks.reduce((rows, chunk) => rows + chunk.rows, 0), 0)
    const sources = files.map(({ path, chunks }) => ({ path, chunks }))
    return { source: { kind: 'log', location: this.location, files: sources } as const, exactRows, release: () => {} }
  }

  async commit(result: Written): Promise<void> {
    if (result.kind !== 'chunks' || result.chunks.length === 0) return
    const writer = new ByteWriter()
    const head = new ByteWriter()
    head.varint(result.chunks.length)
    for (const { buffer, rows } of result.chunks) {
      head.varint(buffer.byteLength)
      head.varint(rows)
    }
    writer.u32(head.length)
    writer.raw(head.bytes())
    for (const { buffer } of result.chunks) writer.raw(new Uint8Array(buffer))
    const path = `${this.path}/${this.#next++}.chunks`
    const bytes = writer.bytes().slice()
    await this.disk.put(path, bytes)
    this.#files = [...this.#files, { path, chunks: readDirectory(bytes, path) }]
  }

  async readAll(): Promise<PackedRows[]> {
    const all: PackedRows[] = []
    for (const { path, chunks } of this.#files)
      for (const { offset, size, rows } of chunks) {
        const bytes = await this.disk.read(path, offset, offset + size)
        all.push({ buffer: bytes.slice().buffer as ArrayBuffer, rows })
      }
    return all
  }

  async truncate(): Promise<void> {
    const files = this.#files
    this.#files = []
    for (const { path } of files) await this.disk.remove(path, { durable: true })
  }

  async drop(): Promise<void> {
    await this.disk.remove(this.path)
  }

  async close(): Promise<void> {}

  size() {
    const chunks = this.#files.flatMap(file => file.chunks)
    return {
      rows: chunks.reduce((sum, { rows }) => sum + rows, 0),
      bytes: chunks.reduce((sum, { size }) => sum + size, 0),
    }
  }
}

/** The sizes of a file's chunks stand before them. */
function readDirectory(bytes: Uint8Array, path: string): LogChunk[] {
  const reader = new ByteReader(bytes)
  const size = reader.u32()
  const head = new ByteReader(bytes, reader.position, reader.position + size)
  const count = head.varint()
  const chunks: LogChunk[] = []
  let offset = 4 + size
  for (let i = 0; i < count; i++) {
    const length = head.varint()
    const rows = head.varint()
    chunks.push({ offset, size: length, rows })
    offset += length
  }
  if (offset !== bytes.length)
    throw new DBError('CORRUPTED_DATA', `File ${path} has ${bytes.length} bytes, ${offset} are expected`)
  return chunks
}

export class NullStorage implements TableStorage {
  snapshot(): { source: Source; release(): void } {
    return { source: { kind: 'null' }, release: () => {} }
  }
  async commit(_result: Written): Promise<void> {}
  async truncate(): Promise<void> {}
  async drop(): Promise<void> {}
  async close(): Promise<void> {}
  size() {
    return { rows: null, bytes: null }
  }
}
