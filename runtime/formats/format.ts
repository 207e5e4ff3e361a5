import type { Chunk } from '../columns/chunk.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { FormatOptions } from './settings.ts'

/** A column as a format sees it. */
export interface FormatColumn {
  readonly name: string
  readonly type: DataType
}

export type Schema = readonly FormatColumn[]

/** A format is data: its name, and what reads and writes it. Absent reader or writer: not suitable for input or output. */
export interface FormatDefinition {
  readonly name: string
  readonly aliases?: readonly string[]
  contentType(options: FormatOptions): string
  /** Bytes, not text: a terminal should not show it. */
  readonly isBinary?: boolean
  readonly reader?: (schema: Schema, options: FormatOptions, memory: Memory) => BlockReader
  /** For formats that need the whole input at hand (Parquet). Such a format has no `reader`. */
  readonly randomAccess?: RandomAccessReader
  readonly writer?: (schema: Schema, options: FormatOptions, memory: Memory) => BlockWriter
  /** Names and types from the input's beginning (bytes holds all of it where isWhole). CANNOT_EXTRACT_TABLE_STRUCTURE. */
  readonly inferSchema?: (bytes: Uint8Array, isWhole: boolean, options: FormatOptions, memory: Memory) => Schema
}

/** Where a column was not given by the input: nowhere, in all rows, or in the rows whose byte of u8[rows] at this address is 1. */
export type Omitted = null | 'all' | number

export interface ReadResult {
  /** Bytes of the input that are done with; the next call starts behind them. */
  readonly consumed: number
  /** Columns in the schema's order, or null when no row was complete. */
  readonly chunk: Chunk | null
  /**
   * For each column of the schema, the rows in which the input left it out and the chunk holds its type's default instead: the
   * table's DEFAULT expressions belong there.
   */
  readonly omitted: readonly Omitted[]
}

/** Reads one input from its beginning to its end. */
export interface BlockReader {
  /**
   * Rows from bytes [pointer, pointer + size) of kernel memory, 64 bytes of slack behind them. Takes whole rows only, at most
   * options.rowsMax of them (Native: one whole block). Where nothing follows (isLast), an incomplete row is an error; else
   * `consumed: 0` asks for more bytes. After the last call with isLast that consumed everything, the input is done.
   */
  read(pointer: number, size: number, isLast: boolean, arena: Arena): ReadResult
}

/** Where a writer's bytes go. */
export interface Output {
  /** The bytes may lie in kernel memory: they are copied or sent before this returns. */
  push(bytes: Uint8Array): void
}

export interface Statistics {
  readonly elapsedSeconds: number
  readonly rowsRead: number
  readonly bytesRead: number
  /** Rows that there would have been without LIMIT (at least); null when the query has none. */
  readonly rowsBeforeLimit: number | null
}

/** As the formats with progress print it. */
export interface Progress {
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsToRead: number
  readonly elapsedNs: number
}

/** Writes one result: begin, chunk..., totals, extremes, then end or exception. */
export interface BlockWriter {
  begin(out: Output): void
  /** The chunk's columns have the schema's types; constants and LowCardinality may stand in it. */
  chunk(chunk: Chunk, arena: Arena, out: Output): void
  /** One row: WITH TOTALS. */
  totals?(chunk: Chunk, arena: Arena, out: Output): void
  /** Two rows: the smallest and the largest of each column. */
  extremes?(chunk: Chunk, arena: Arena, out: Output): void
  progress?(progress: Progress, out: Output): void
  end(out: Output, statistics: Statistics): void
  /** Ends a result that broke off inside, where the format has a place for the message (JSON, XML, JSONEachRow). */
  exception?(message: string, out: Output): void
}

/** Bytes by position: a whole file in memory, or one that is read in ranges. */
export interface RandomAccessSource {
  readonly size: number
  read(start: number, end: number): Promise<Uint8Array>
}

export interface RandomAccessReader {
  inferSchema(source: RandomAccessSource, options: FormatOptions): Promise<Schema>
  /** Chunks in the schema's order, each valid until the next is asked for; arena is reset between them. */
  read(source: RandomAccessSource, schema: Schema, options: FormatOptions, arena: Arena): AsyncIterable<ReadResult>
}

export const defineFormat = (definition: FormatDefinition): FormatDefinition => definition
