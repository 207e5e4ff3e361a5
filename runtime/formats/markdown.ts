import { alignsRight } from './alignment.ts'
import { escapeTsvText, PiecesWriter } from './delimited.ts'
import { defineFormat } from './format.ts'
import { joinedPieces, printAll, RowsWriter } from './rows.ts'
import { printOptions } from './textOptions.ts'

export const markdownFormat = defineFormat({
  name: 'Markdown',
  aliases: ['MD'],
  contentType: () => 'text/plain; charset=UTF-8',
  writer: (schema, options) => {
    const rows = new RowsWriter(
      printAll('escaped', printOptions(options, options.settings.format_tsv_null_representation)),
      joinedPieces(schema.length, '| ', ' | ', ' |\n'),
    )
    const names = `| ${schema.map(({ name }) => escapeTsvText(name)).join(' | ')} |\n`
    const alignment = `|${schema.map(({ type }) => (alignsRight(type) ? '-:' : ':-')).join('|')}|\n`
    return new PiecesWriter(rows, names + alignment)
  },
})
