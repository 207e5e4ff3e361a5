import { CsvReader } from './csvReader.ts'
import { csvWriter, customWriter, type Header } from './delimited.ts'
import { defineFormat, type FormatDefinition } from './format.ts'
import { inferCsv } from './infer.ts'

const csv = (name: string, header: Header): FormatDefinition =>
  defineFormat({
    name,
    contentType: () => `text/csv; charset=UTF-8; header=${header === 'none' ? 'absent' : 'present'}`,
    reader: (schema, options, memory) => new CsvReader(schema, options, memory, header),
    writer: csvWriter(header),
    inferSchema: (bytes, isWhole, options) => inferCsv(bytes, isWhole, header, options),
  })

const custom = (name: string, header: Header): FormatDefinition =>
  defineFormat({ name, contentType: () => 'text/plain; charset=UTF-8', writer: customWriter(header) })

export const csvFormats: readonly FormatDefinition[] = [
  csv('CSV', 'none'),
  csv('CSVWithNames', 'names'),
  csv('CSVWithNamesAndTypes', 'types'),
  custom('CustomSeparated', 'none'),
  custom('CustomSeparatedWithNames', 'names'),
  custom('CustomSeparatedWithNamesAndTypes', 'types'),
]
