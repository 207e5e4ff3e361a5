// Tables for people. The whole result is one table, of which at most output_format_pretty_max_rows rows are kept: the first and the
// last of them.
import type { Chunk } from '../columns/chunk.ts'
import type { Arena } from '../core/memory.ts'
import { alignsRight } from './alignment.ts'
import { type BlockWriter, defineFormat, type FormatDefinition, type Output, type Schema } from './format.ts'
import { type Cell, cellsOf, displayWidth, padText, rowTitle, verticalRow } from './prettyText.ts'
import { pushText } from './rows.ts'
import type { FormatOptions } from './settings.ts'

type Look = 'full' | 'compact' | 'space'

interface Row {
  readonly number: number
  readonly cells: readonly Cell[]
}

/** Lines of a border: left end, between columns, right end, and what it is drawn of. */
type Border = readonly [left: string, between: string, right: string, line: string]

const borders = {
  top: ['┏', '┳', '┓', '━'],
  underNames: ['┡', '╇', '┩', '━'],
  betweenRows: ['├', '┼', '┤', '─'],
  bottom: ['└', '┴', '┘', '─'],
  aboveFooter: ['┢', '╈', '┪', '━'],
  underFooter: ['┗', '┻', '┛', '━'],
} as const satisfies Record<string, Border>

class PrettyWriter implements BlockWriter {
  readonly #first: Row[] = []
  /** The last rows, as a ring. */
  readonly #last: Row[] = []
  #count = 0
  readonly #half: number
  readonly #rowsMax: number

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
    readonly look: Look,
    readonly mayColor: boolean,
  ) {
    this.#rowsMax = Math.max(options.settings.output_format_pretty_max_rows, 1)
    this.#half = Math.ceil(this.#rowsMax / 2)
  }

  begin(): void {}

  chunk(chunk: Chunk, arena: Arena): void {
    const { rows } = chunk
    // Of a chunk only what can be shown is printed.
    const head = Math.min(Math.max(this.#half - this.#count, 0), rows)
    const tail = Math.max(rows - (this.#rowsMax - this.#half), head)
    this.#add(chunk.cut(0, head), this.#count, arena)
    this.#add(chunk.cut(tail, rows - tail), this.#count + tail, arena)
    this.#count += rows
  }

  #add(chunk: Chunk, before: number, arena: Arena): void {
    if (chunk.rows === 0) return
    const cells = cellsOf(chunk, arena, this.options, true)
    const lastMax = this.#rowsMax - this.#half
    for (let row = 0; row < chunk.rows; row++) {
      const added = { number: before + row + 1, cells: cells.map(column => column[row]) }
      if (this.#first.length < this.#half) this.#first.push(added)
      else if (lastMax > 0) this.#last[(added.number - this.#half - 1) % lastMax] = added
    }
  }

  #kept(): Row[] {
    return [...this.#first, ...this.#last.sort((a, b) => a.number - b.number)]
  }

  totals(chunk: Chunk, arena: Arena, out: Output): void {
    this.#special('Totals:', chunk, arena, out)
  }

  extremes(chunk: Chunk, arena: Arena, out: Output): void {
    this.#special('Extremes:', chunk, arena, out)
  }

  #flushed = false

  #flush(out: Output): void {
    if (this.#flushed) return
    this.#flushed = true
    const rows = this.#kept()
    if (rows.length > 0) pushText(out, this.#table(rows, true))
  }

  #special(title: string, chunk: Chunk, arena: Arena, out: Output): void {
    this.#flush(out)
    const cells = cellsOf(chunk, arena, this.options, true)
    const rows = Array.from({ length: chunk.rows }, (_, row) => ({
      number: row + 1,
      cells: cells.map(column => column[row]),
    }))
    pushText(out, `\n${title}\n${this.#table(rows, false)}`)
  }

  end(out: Output): void {
    this.#flush(out)
    const gap = this.look === 'space' ? '\n' : ''
    if (this.#count > this.#rowsMax) pushText(out, `${gap}Showed ${this.#rowsMax} out of ${this.#count} rows.\n`)
  }

  #table(rows: readonly Row[], isResult: boolean): string {
    const { settings } = this.options
    const names = this.schema.map(({ name }) => name)
    const showsNumbers = settings.output_format_pretty_row_numbers
    const numberWidth = String(rows[rows.length - 1].number).length + 2
    const prefix = showsNumbers ? ' '.repeat(numberWidth) : ''
    const isSingle = rows.length === 1 && names.length === 1
    const cut = isSingle && settings.output_format_pretty_max_value_width_apply_for_single_value === 0
    const valueMax = cut ? Number.POSITIVE_INFINITY : settings.output_format_pretty_max_value_width
    const lines = rows.map(({ cells }) => cells.map(({ text }) => this.#lines(cutText(text, valueMax))))
    const padMax = settings.output_format_pretty_max_column_pad_width
    const widths: number[] = []
    let start = prefix.length + 2
    for (const [i, name] of names.entries()) {
      let widest = displayWidth(name)
      for (const row of lines)
        for (const line of row[i])
          widest = Math.max(widest, Math.min(displayWidth(line.replace(cutMark, ''), start), padMax))
      widths.push(widest)
      start += widest + 3
    }
    const total = widths.reduce((sum, width) => sum + width + 3, 1)
    if (
      settings.output_format_pretty_fallback_to_vertical &&
      isResult &&
      rows.length <= settings.output_format_pretty_fallback_to_vertical_max_rows_per_chunk &&
      names.length >= settings.output_format_pretty_fallback_to_vertical_min_columns &&
      total >= settings.output_format_pretty_fallback_to_vertical_min_table_width
    )
      return rows
        .map(({ number, cells }) => {
          const { title, line } = rowTitle(number)
          return verticalRow(title, line, names, cells)
        })
        .join('\n')
    const drawing = new Drawing(this.look, this.schema, widths, prefix, this.#colors)
    const hasFooter =
      settings.output_format_pretty_display_footer_column_names &&
      (isResult ? this.#count : rows.length) >= settings.output_format_pretty_display_footer_column_names_min_rows
    let text = drawing.header()
    for (const [i, row] of rows.entries()) {
      const gap = i > 0 && row.number > rows[i - 1].number + 1
      if (i > 0) text += drawing.betweenRows()
      if (gap) text += drawing.gap(total) + drawing.betweenRows()
      const number = showsNumbers ? padText(`${row.number}. `, numberWidth, true) : ''
      const tip = rows.length === 1 ? row.cells[names.length - 1].tip : ''
      text += drawing.row(number, lines[i], tip)
    }
    const drawn = text + (hasFooter ? drawing.footer() : drawing.bottom())
    return settings.output_format_pretty_grid_charset === 'ASCII' ? toAscii(drawn) : drawn
  }

  get #colors(): boolean {
    return this.mayColor && /^(1|true)$/.test(this.options.settings.output_format_pretty_color)
  }

  #lines(text: string): string[] {
    return this.options.settings.output_format_pretty_multiline_fields ? text.split('\n') : [text]
  }
}

/** Behind a value that is cut; drawn as ⋯ in the place of the space behind it. A private character: no text has it. */
const cutMark = '\uf8ff'

function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const chars = [...text]
  return chars.length <= max ? text : `${chars.slice(0, max).join('')}${cutMark}`
}

const toAscii = (text: string): string =>
  text
    .replace(/[┏┳┓┡╇┩├┼┤└┴┘┢╈┪┗┻┛┌┬┐]/g, '+')
    .replace(/[━─]/g, '-')
    .replace(/[┃│]/g, '|')

/** One table's lines. */
class Drawing {
  readonly #right: readonly boolean[]

  constructor(
    readonly look: Look,
    readonly schema: Schema,
    readonly widths: readonly number[],
    /** As wide as the row numbers. */
    readonly prefix: string,
    readonly hasColors: boolean,
  ) {
    this.#right = schema.map(({ type }) => alignsRight(type))
  }

  #border([left, between, right, line]: Border): string {
    return `${this.prefix}${left}${this.widths.map(width => line.repeat(width + 2)).join(between)}${right}\n`
  }

  #bold(text: string): string {
    return this.hasColors ? `\x1b[1m${text}\x1b[0m` : text
  }

  #names(): string[] {
    return this.schema.map(({ name }, i) => {
      const padding = ' '.repeat(this.widths[i] - displayWidth(name))
      return this.#right[i] ? padding + this.#bold(name) : this.#bold(name) + padding
    })
  }

  /** Names inside of a compact table's border. */
  #namesInBorder(left: string, between: string, right: string): string {
    const names = this.schema.map(({ name }, i) => {
      const line = '─'.repeat(this.widths[i] - displayWidth(name))
      return this.#right[i] ? `─${line}${this.#bold(name)}─` : `─${this.#bold(name)}${line}─`
    })
    return `${this.prefix}${left}${names.join(between)}${right}\n`
  }

  #namesInSpace(): string {
    return `${this.prefix} ${this.#names().join('   ')}\n`
  }

  header(): string {
    if (this.look === 'space') return `${this.#namesInSpace()}\n`
    if (this.look === 'compact') return this.#namesInBorder('┌', '┬', '┐')
    const names = `${this.prefix}┃ ${this.#names().join(' ┃ ')} ┃\n`
    return this.#border(borders.top) + names + this.#border(borders.underNames)
  }

  betweenRows(): string {
    return this.look === 'full' ? this.#border(borders.betweenRows) : ''
  }

  /** Where rows are left out. */
  gap(width: number): string {
    const size = this.look === 'space' ? width - 3 : width
    return `${this.prefix}${Array.from({ length: size }, (_, i) => (i % 2 ? ' ' : '─')).join('')}\n`
  }

  /** lines: of each cell. */
  row(number: string, lines: readonly (readonly string[])[], tip: string): string {
    const height = Math.max(...lines.map(({ length }) => length))
    const bar = this.look === 'space' ? ' ' : '│'
    let text = ''
    for (let line = 0; line < height; line++) {
      let start = this.prefix.length + 2
      const cells = lines.map((cell, i) => {
        const before = line > 0 && line < cell.length ? '↳' : ' '
        const given = cell[line] ?? ''
        const isCut = given.endsWith(cutMark)
        const after = isCut ? '⋯' : line + 1 < cell.length ? '↴' : ' '
        const padded = padText(isCut ? given.slice(0, -1) : given, this.widths[i], this.#right[i], start)
        start += this.widths[i] + 3
        return before + padded + after
      })
      const ends = this.look === 'space' ? cells.join(bar) : `${bar}${cells.join(bar)}${bar}`
      text += `${line === 0 ? number : this.prefix}${ends}${line === 0 ? tip : ''}\n`
    }
    return text
  }

  bottom(): string {
    return this.look === 'space' ? '' : this.#border(borders.bottom)
  }

  footer(): string {
    if (this.look === 'space') return `\n${this.#namesInSpace()}\n`
    if (this.look === 'compact') return this.#namesInBorder('└', '┴', '┘')
    const names = `${this.prefix}┃ ${this.#names().join(' ┃ ')} ┃\n`
    return this.#border(borders.aboveFooter) + names + this.#border(borders.underFooter)
  }
}

const pretty = (base: string, look: Look): FormatDefinition[] =>
  [true, false].map(mayColor => {
    const name = mayColor ? base : `${base}NoEscapes`
    return defineFormat({
      name,
      aliases: [`${name}MonoBlock`],
      contentType: () => 'text/plain; charset=UTF-8',
      writer: (schema, options) => new PrettyWriter(schema, options, look, mayColor),
    })
  })

export const prettyFormats: readonly FormatDefinition[] = [
  ...pretty('Pretty', 'full'),
  ...pretty('PrettyCompact', 'compact'),
  ...pretty('PrettySpace', 'space'),
]
