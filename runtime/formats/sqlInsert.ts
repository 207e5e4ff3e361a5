import type { Chunk } from '../columns/chunk.ts'
import type { Arena } from '../core/memory.ts'
import { type BlockWriter, defineFormat, type Output, type Schema } from './format.ts'
import { joinedPieces, printAll, pushText, RowsWriter } from './rows.ts'
import type { FormatOptions } from './settings.ts'
import { printOptions } from './textOptions.ts'

/** INSERT statements of at most output_format_sql_insert_max_batch_size rows each. */
class SqlInsertWriter implements BlockWriter {
  readonly #start: string
  #rows: RowsWriter | null = null
  #inBatch = 0

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
  ) {
    const { settings } = options
    const quoted = settings.output_format_sql_insert_quote_names
    const names = schema.map(({ name }) => (quoted ? `\`${name.replace(/\\/g, '\\\\').replace(/`/g, '\\`')}\`` : name))
    const columns = settings.output_format_sql_insert_include_column_names ? ` (${names.join(', ')})` : ''
    const verb = settings.output_format_sql_insert_use_replace ? 'REPLACE' : 'INSERT'
    this.#start = `${verb} INTO ${settings.output_format_sql_insert_table_name}${columns} VALUES `
  }

  begin(): void {}

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    const batch = Math.max(1, this.options.settings.output_format_sql_insert_max_batch_size)
    for (let start = 0; start < chunk.rows; ) {
      if (this.#rows === null || this.#inBatch === batch) {
        pushText(out, (this.#rows ? ';\n' : '') + this.#start)
        const print = printAll('quoted', printOptions(this.options, 'NULL'))
        this.#rows = new RowsWriter(print, joinedPieces(this.schema.length, '(', ', ', ')'), ', ')
        this.#inBatch = 0
      }
      const rows = Math.min(chunk.rows - start, batch - this.#inBatch)
      this.#rows.write(chunk.cut(start, rows), arena, out)
      this.#inBatch += rows
      start += rows
    }
  }

  end(out: Output): void {
    pushText(out, ';\n')
  }
}

export const sqlInsertFormat = defineFormat({
  name: 'SQLInsert',
  contentType: () => 'text/plain; charset=UTF-8',
  writer: (schema, options) => new SqlInsertWriter(schema, options),
})
