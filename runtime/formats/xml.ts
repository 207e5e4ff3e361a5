import type { Chunk } from '../columns/chunk.ts'
import type { Arena } from '../core/memory.ts'
import { type BlockWriter, defineFormat, type Output, type Schema, type Statistics } from './format.ts'
import { printAll, pushText, RowsWriter } from './rows.ts'
import type { FormatOptions } from './settings.ts'
import { validUtf8 } from './validUtf8.ts'
import { printOptions } from './textOptions.ts'

const escapeText = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
/** A column's element; a name that XML does not allow becomes `field`. */
const tagOf = (name: string): string => (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? name : 'field')

class XmlWriter implements BlockWriter {
  readonly #rows: RowsWriter
  #count = 0
  #closed = false

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
  ) {
    this.#rows = this.#rowsIn('row', 2)
  }

  #rowsIn(tag: string, tabs: number): RowsWriter {
    const indent = '\t'.repeat(tabs)
    const tags = this.schema.map(({ name }) => tagOf(name))
    const pieces = tags.map((name, i) => {
      const before = i === 0 ? `${indent}<${tag}>\n` : `</${tags[i - 1]}>\n`
      return `${before}${indent}\t<${name}>`
    })
    const print = printAll('xml', printOptions(this.options, '\\N'))
    return new RowsWriter(print, [...pieces, `</${tags[tags.length - 1]}>\n${indent}</${tag}>\n`])
  }

  begin(out: Output): void {
    const columns = this.schema.map(
      ({ name, type }) =>
        `\t\t\t<column>\n\t\t\t\t<name>${escapeText(name)}</name>\n\t\t\t\t<type>${escapeText(type.name)}</type>\n\t\t\t</column>\n`,
    )
    pushText(
      out,
      `<?xml version='1.0' encoding='UTF-8' ?>\n<result>\n\t<meta>\n\t\t<columns>\n${columns.join('')}\t\t</columns>\n\t</meta>\n\t<data>\n`,
    )
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    this.#count += chunk.rows
    this.#rows.write(chunk, arena, out)
  }

  #closeData(out: Output): void {
    if (!this.#closed) pushText(out, '\t</data>\n')
    this.#closed = true
  }

  totals(chunk: Chunk, arena: Arena, out: Output): void {
    this.#closeData(out)
    this.#rowsIn('totals', 1).write(chunk, arena, out)
  }

  extremes(chunk: Chunk, arena: Arena, out: Output): void {
    this.#closeData(out)
    pushText(out, '\t<extremes>\n')
    this.#rowsIn('min', 2).write(chunk.cut(0, 1), arena, out)
    this.#rowsIn('max', 2).write(chunk.cut(1, 1), arena, out)
    pushText(out, '\t</extremes>\n')
  }

  end(out: Output, { elapsedSeconds, rowsRead, bytesRead, rowsBeforeLimit }: Statistics): void {
    this.#closeData(out)
    let text = `\t<rows>${this.#count}</rows>\n`
    if (rowsBeforeLimit !== null)
      text += `\t<rows_before_limit_at_least>${rowsBeforeLimit}</rows_before_limit_at_least>\n`
    if (this.options.settings.output_format_write_statistics)
      text += `\t<statistics>\n\t\t<elapsed>${elapsedSeconds}</elapsed>\n\t\t<rows_read>${rowsRead}</rows_read>\n\t\t<bytes_read>${bytesRead}</bytes_read>\n\t</statistics>\n`
    pushText(out, `${text}</result>\n`)
  }

  exception(message: string, out: Output): void {
    this.#closeData(out)
    pushText(out, `\t<rows>${this.#count}</rows>\n\t<exception>${escapeText(message)}</exception>\n</result>\n`)
  }
}

export const xmlFormat = defineFormat({
  name: 'XML',
  contentType: () => 'application/xml; charset=UTF-8',
  writer: validUtf8((schema, options) => new XmlWriter(schema, options)),
})
