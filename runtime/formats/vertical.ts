import type { Chunk } from '../columns/chunk.ts'
import type { Arena } from '../core/memory.ts'
import { type BlockWriter, defineFormat, type Output, type Schema } from './format.ts'
import { cellsOf, rowTitle, verticalRow } from './prettyText.ts'
import { forSlices, pushText } from './rows.ts'
import type { FormatOptions } from './settings.ts'

class VerticalWriter implements BlockWriter {
  readonly #names: readonly string[]
  readonly #rowsMax: number
  #count = 0

  constructor(
    schema: Schema,
    readonly options: FormatOptions,
  ) {
    this.#names = schema.map(({ name }) => name)
    this.#rowsMax = options.settings.output_format_pretty_max_rows
  }

  begin(): void {}

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    const left = Math.max(this.#rowsMax - this.#count, 0)
    const before = this.#count
    this.#count += chunk.rows
    if (left === 0) return
    forSlices(chunk.cut(0, Math.min(left, chunk.rows)), arena, (slice, scratch, start) => {
      const cells = cellsOf(slice, scratch, this.options, false)
      const rows = Array.from({ length: slice.rows }, (_, row) => {
        const number = before + start + row + 1
        const gap = number === 1 ? '' : '\n'
        const { title, line } = rowTitle(number)
        return (
          gap +
          verticalRow(
            title,
            line,
            this.#names,
            cells.map(column => column[row]),
          )
        )
      })
      pushText(out, rows.join(''))
    })
  }

  #special(title: string, chunk: Chunk, arena: Arena, out: Output): void {
    const cells = cellsOf(chunk, arena, this.options, false)
    pushText(
      out,
      `\n${verticalRow(
        title,
        title.length,
        this.#names,
        cells.map(column => column[0]),
      )}`,
    )
  }

  totals(chunk: Chunk, arena: Arena, out: Output): void {
    pushText(out, '\n')
    this.#special('Totals:', chunk, arena, out)
  }

  extremes(chunk: Chunk, arena: Arena, out: Output): void {
    this.#special('Min:', chunk.cut(0, 1), arena, out)
    this.#special('Max:', chunk.cut(1, 1), arena, out)
  }

  end(out: Output): void {
    if (this.#count > this.#rowsMax) pushText(out, `\nShowed first ${this.#rowsMax}.\n`)
  }
}

export const verticalFormat = defineFormat({
  name: 'Vertical',
  contentType: () => 'text/plain; charset=UTF-8',
  writer: (schema, options) => new VerticalWriter(schema, options),
})
