import { defineFormat, type FormatDefinition } from './format.ts'
import { type Header, tskvWriter, tsvWriter } from './delimited.ts'
import { inferTsv } from './infer.ts'
import { TskvReader } from './lineReaders.ts'
import { TsvReader } from './tsvReader.ts'

const contentType = () => 'text/tab-separated-values; charset=UTF-8'

const tsv = (names: readonly string[], style: 'escaped' | 'raw', header: Header): FormatDefinition =>
  defineFormat({
    name: names[0],
    aliases: names.slice(1),
    contentType,
    reader: (schema, options, memory) => new TsvReader(schema, options, memory, style, header),
    writer: tsvWriter(style, header),
    inferSchema: (bytes, isWhole, options) => inferTsv(bytes, isWhole, header, style, options),
  })

export const tsvFormats: readonly FormatDefinition[] = [
  tsv(['TabSeparated', 'TSV'], 'escaped', 'none'),
  tsv(['TabSeparatedWithNames', 'TSVWithNames'], 'escaped', 'names'),
  tsv(['TabSeparatedWithNamesAndTypes', 'TSVWithNamesAndTypes'], 'escaped', 'types'),
  tsv(['TabSeparatedRaw', 'TSVRaw', 'Raw'], 'raw', 'none'),
  tsv(['TabSeparatedRawWithNames', 'TSVRawWithNames', 'RawWithNames'], 'raw', 'names'),
  tsv(['TabSeparatedRawWithNamesAndTypes', 'TSVRawWithNamesAndTypes', 'RawWithNamesAndTypes'], 'raw', 'types'),
  defineFormat({
    name: 'TSKV',
    contentType,
    reader: (schema, options, memory) => new TskvReader(schema, options, memory),
    writer: tskvWriter,
  }),
]
