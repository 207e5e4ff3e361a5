// ENGINE = Log, TinyLog, StripeLog: rows in the order they came, one file an INSERT, written whole and never changed.
//
//   insert_<n>.bin: per chunk u64 bytes of its frames, then frames (mergetree/frames.ts) of the packed chunk (columns/transfer.ts)
import type { Chunk } from '../../columns/chunk.ts'
import { packChunk, packedRows, unpackChunk } from '../../columns/transfer.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { Arena } from '../../core/memory.ts'
import type { Disk } from '../disk.ts'
import type { FrameCodec } from '../mergetree/frames.ts'

const pattern = /^insert_(\d+)\.bin$/

/** The file of one INSERT, where its rows are. */
export function encodeLogBlock(chunks: readonly Chunk[], codec: FrameCodec, compression = 'LZ4'): Uint8Array {
  const writer = new ByteWriter(65536)
  for (const chunk of chunks) {
    if (chunk.rows === 0) continue
    const frames = codec.encodeAll(new Uint8Array(packChunk(chunk)), compression)
    writer.u64(BigInt(frames.length))
    writer.raw(frames)
  }
  return writer.bytes()
}

/** Where each chunk's frames lie in a file. */
function* framesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const reader = new ByteReader(bytes)
  while (reader.left > 0) yield reader.raw(Number(reader.u64()))
}

/** The chunks of a file, one after the other; a chunk is valid as long as what the arena has. */
export function* decodeLogBlock(bytes: Uint8Array, codec: FrameCodec, arena: Arena): Generator<Chunk> {
  for (const frames of framesOf(bytes)) yield unpackChunk(codec.decodeAll(frames), arena)
}

export interface LogFile {
  readonly path: string
  readonly bytes: number
}

export class LogTable {
  #files: readonly LogFile[] = []
  #rows = 0
  #next = 1
  #last: Promise<unknown> = Promise.resolve()

  private constructor(
    readonly disk: Disk,
    readonly path: string,
  ) {}

  static async open(disk: Disk, path: string, codec: FrameCodec): Promise<LogTable> {
    const table = new LogTable(disk, path)
    const files = (await disk.list(path)).flatMap(({ name, size }) => {
      const match = pattern.exec(name)
      return match ? [{ path: `${path}/${name}`, bytes: size, number: Number(match[1]) }] : []
    })
    files.sort((a, b) => a.number - b.number)
    table.#files = files
    table.#next = (files.at(-1)?.number ?? 0) + 1
    for (const file of files)
      for (const frames of framesOf(await disk.read(file.path, 0, file.bytes)))
        table.#rows += packedRows(codec.decodeAll(frames))
    return table
  }

  /** Files in the order of their rows; what a reader holds stays as it is until truncate. */
  files(): readonly LogFile[] {
    return this.#files
  }

  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work)
    this.#last = result.catch(() => {})
    return result
  }

  /** What encodeLogBlock gave, and its rows; durable and seen when this returns. */
  append(bytes: Uint8Array, rows: number): Promise<void> {
    return this.#change(async () => {
      if (rows === 0) return
      const path = `${this.path}/insert_${this.#next}.bin`
      await this.disk.put(path, bytes, { ifAbsent: true })
      this.#next++
      this.#files = [...this.#files, { path, bytes: bytes.length }]
      this.#rows += rows
    })
  }

  truncate(): Promise<void> {
    return this.#change(async () => {
      // The newest first: a crash in between leaves a table that ends earlier, and no gap.
      for (const { path } of [...this.#files].reverse()) {
        await this.disk.remove(path)
        this.#files = this.#files.filter(file => file.path !== path)
      }
      this.#rows = 0
    })
  }
}
