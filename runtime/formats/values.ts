import { PiecesWriter } from './delimited.ts'
import { defineFormat } from './format.ts'
import { inferValues } from './infer.ts'
import { joinedPieces, printAll, RowsWriter } from './rows.ts'
import { printOptions } from './textOptions.ts'
import { ValuesReader } from './valuesReader.ts'

export const valuesFormat = defineFormat({
  name: 'Values',
  contentType: () => 'text/plain; charset=UTF-8',
  reader: (schema, options, memory) => new ValuesReader(schema, options, memory),
  inferSchema: inferValues,
  writer: (schema, options) =>
    new PiecesWriter(
      new RowsWriter(
        printAll('quoted', printOptions(options, 'NULL')),
        joinedPieces(schema.length, '(', ',', ')'),
        ',',
      ),
    ),
})
