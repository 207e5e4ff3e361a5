// Template: a row, and the result around its rows, as the settings spell them.
import type { Chunk } from '../columns/chunk.ts'
import { printColumn } from '../columns/print.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { escapingStyles } from './delimited.ts'
import { type BlockWriter, defineFormat, type Output, type Schema, type Statistics } from './format.ts'
import { type PrintRow, pushText, RowsWriter } from './rows.ts'
import type { FormatOptions } from './settings.ts'
import { printOptions } from './textOptions.ts'

interface Field {
  /** A column's name or number, or a part of the result. */
  readonly name: string
  readonly rule: string
}

/** `a ${x:CSV} b`: fields, and one more piece of text around them. `$$` is a dollar. */
function parseTemplate(text: string): { pieces: string[]; fields: Field[] } {
  const pieces = ['']
  const fields: Field[] = []
  for (const [part, name, rule] of text.matchAll(/\$\$|\$\{([^:}]*)(?::([^}]*))?\}|\$|[^$]+/g)) {
    if (name !== undefined) {
      fields.push({ name: name.trim(), rule: rule?.trim() ?? '' })
      pieces.push('')
    } else if (part === '$') throw invalid(`a lone $ in ${JSON.stringify(text)}`)
    else pieces[pieces.length - 1] += part === '$$' ? '$' : part
  }
  return { pieces, fields }
}

const invalid = (what: string) =>
  new DBError('INVALID_TEMPLATE_FORMAT', `Invalid format string of format Template: ${what}`)

function styleOf({ name, rule }: Field) {
  if (rule === 'None' || rule === '') throw invalid(`no escaping rule of ${name}`)
  const found = escapingStyles[rule]
  if (!found) throw invalid(`unknown escaping rule ${rule}`)
  return found.style
}

class TemplateWriter implements BlockWriter {
  readonly #rows: RowsWriter
  readonly #result: ReturnType<typeof parseTemplate>
  readonly #dataAt: number
  #count = 0

  constructor(schema: Schema, options: FormatOptions) {
    const { settings } = options
    if (settings.format_template_row !== '' || settings.format_template_resultset !== '')
      throw new DBError(
        'NOT_IMPLEMENTED',
        'Format Template takes its templates from format_template_row_format and format_template_resultset_format, not from files',
      )
    const row = parseTemplate(settings.format_template_row_format)
    const columns = row.fields.map(field => ({ at: placeOf(schema, field.name), style: styleOf(field) }))
    const told = printOptions(options, settings.format_tsv_null_representation)
    const print: PrintRow = (all, arena) =>
      columns.map(({ at, style }) =>
        printColumn(all[at], style, arena, style === 'quoted' ? { ...told, nullText: 'NULL' } : told),
      )
    this.#rows = new RowsWriter(print, row.pieces, settings.format_template_rows_between_delimiter)
    this.#result = parseTemplate(settings.format_template_resultset_format || '$\u007bdata}')
    this.#dataAt = this.#result.fields.findIndex(({ name }) => name === 'data')
    if (this.#dataAt < 0) throw invalid('the result has no place for the data')
  }

  begin(out: Output): void {
    if (this.#dataAt > 0) throw invalid('only text may stand before the data')
    if (this.#result.pieces[0] !== '') pushText(out, this.#result.pieces[0])
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    this.#count += chunk.rows
    this.#rows.write(chunk, arena, out)
  }

  end(out: Output, statistics: Statistics): void {
    const known: Record<string, number> = {
      rows: this.#count,
      rows_before_limit: statistics.rowsBeforeLimit ?? this.#count,
      time: statistics.elapsedSeconds,
      rows_read: statistics.rowsRead,
      bytes_read: statistics.bytesRead,
    }
    const { pieces, fields } = this.#result
    let text = pieces[1]
    for (const [i, { name }] of fields.entries()) {
      if (i === 0) continue
      if (known[name] === undefined) throw invalid(`the result has no ${name}`)
      text += known[name] + pieces[i + 1]
    }
    if (text !== '') pushText(out, text)
  }
}

function placeOf(schema: Schema, name: string): number {
  const at = /^\d+$/.test(name) ? Number(name) : schema.findIndex(column => column.name === name)
  if (at < 0 || at >= schema.length) throw invalid(`no column ${name}`)
  return at
}

export const templateFormat = defineFormat({
  name: 'Template',
  contentType: () => 'text/plain; charset=UTF-8',
  writer: (schema, options) => new TemplateWriter(schema, options),
})
