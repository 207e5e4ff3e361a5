// What writers of text share: chunks printed slice by slice, rows joined with the format's own pieces of text.
import type { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { escapeStrings } from '../columns/escape.ts'
import { joinRowsText } from '../columns/joinText.ts'
import { type PrintOptions, printColumn, type TextStyle } from '../columns/print.ts'
import type { StringColumn } from '../columns/string.ts'
import { Arena } from '../core/memory.ts'
import { encodeText } from '../core/text.ts'
import { TupleType } from '../types/compound.ts'
import type { Output, Schema } from './format.ts'

/** Rows that are printed at once: few enough that their text stays in the cache until it is joined. */
const sliceRows = 4096

/** Calls for slices of a chunk, each with an arena that ends with it. */
export function forSlices(chunk: Chunk, arena: Arena, use: (slice: Chunk, arena: Arena, start: number) => void): void {
  const scratch = new Arena(arena.memory, arena.budget)
  try {
    for (let start = 0; start < chunk.rows; start += sliceRows) {
      use(chunk.cut(start, Math.min(sliceRows, chunk.rows - start)), scratch, start)
      scratch.reset()
    }
  } finally {
    scratch.destroy()
  }
}

/** A row's pieces of text: one more than there are columns. */
export function joinedPieces(count: number, open: string, separator: string, close: string): string[] {
  return [...Array.from({ length: count }, (_, i) => (i === 0 ? open : separator)), close]
}

/** Prints a column for each piece between. */
export type PrintRow = (columns: readonly Column[], arena: Arena) => StringColumn[]

export const printAll =
  (style: TextStyle, options: PrintOptions): PrintRow =>
  (columns, arena) =>
    columns.map(column => printColumn(column, style, arena, options))

/** Every value as text, and that as a JSON string. */
export const printAsJsonStrings =
  (options: PrintOptions): PrintRow =>
  (columns, arena) =>
    columns.map(column =>
      escapeStrings(printColumn(column, 'raw', arena, options), options.escapeSlashes ? 'jsonSlash' : 'json', arena),
    )

/** Writes a chunk's rows. `separator` stands before each row but the first of all. */
export class RowsWriter {
  #isFirst = true
  readonly #pieces: readonly string[]
  readonly #separatorSize: number

  constructor(
    readonly print: PrintRow,
    pieces: readonly string[],
    readonly separator = '',
  ) {
    this.#pieces = [separator + pieces[0], ...pieces.slice(1)]
    this.#separatorSize = encodeText(separator).length
  }

  get isEmpty(): boolean {
    return this.#isFirst
  }

  write(chunk: Chunk, arena: Arena, out: Output): void {
    forSlices(chunk, arena, (slice, scratch) => {
      const { memory } = scratch
      const { pointer, size } = joinRowsText(this.print(slice.columns, scratch), this.#pieces, scratch)
      const skip = this.#isFirst ? this.#separatorSize : 0
      this.#isFirst = false
      out.push(memory.bytes(pointer + skip, size - skip))
    })
  }

  /** One row's text, without a separator. */
  row(chunk: Chunk, arena: Arena): string {
    const { pointer, size } = joinRowsText(this.print(chunk.columns, arena), this.#pieces, arena)
    return arena.memory.text(pointer + this.#separatorSize, size - this.#separatorSize)
  }
}

export const pushText = (out: Output, text: string): void => out.push(encodeText(text))

/** Tuples at the top level as columns of their own: `t.1`, `t.2.x`. */
export function flatColumns(schema: Schema): Schema {
  return schema.flatMap(({ name, type }) =>
    type instanceof TupleType && type.elements.length > 0
      ? flatColumns(type.elements.map((element, i) => ({ name: `${name}.${type.names?.[i] ?? i + 1}`, type: element })))
      : [{ name, type }],
  )
}
