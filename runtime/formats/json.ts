import { parseType } from '../types/parseType.ts'
import type { Header } from './delimited.ts'
import { defineFormat, type FormatDefinition } from './format.ts'
import { inferJson } from './infer.ts'
import { JsonArrayReader, JsonObjectReader, JsonTextReader } from './jsonReader.ts'
import { jsonLinesWriter, jsonWriter, progressLinesWriter } from './jsonWriter.ts'
import type { FormatOptions } from './settings.ts'
import { validUtf8 } from './validUtf8.ts'

const document = () => 'application/json; charset=UTF-8'
const lines = () => 'application/x-ndjson; charset=UTF-8'
const plain = () => 'text/plain; charset=UTF-8'

const linesAreValid = ({ settings }: FormatOptions) => settings.output_format_json_validate_utf8

const arrayLines = (name: string, asStrings: boolean, header: Header): FormatDefinition =>
  defineFormat({
    name,
    contentType: plain,
    reader: (schema, options, memory) => new JsonArrayReader(schema, options, memory, asStrings, false, header),
    writer: validUtf8(jsonLinesWriter({ isCompact: true, asStrings }, header), linesAreValid),
    inferSchema: (bytes, isWhole, options) => inferJson(bytes, isWhole, options),
  })

export const jsonFormats: readonly FormatDefinition[] = [
  defineFormat({
    name: 'JSON',
    contentType: document,
    reader: (schema, options, memory) => new JsonObjectReader(schema, options, memory, false, true),
    writer: validUtf8(jsonWriter({})),
    inferSchema: (bytes, isWhole, options) => inferJson(bytes, isWhole, options),
  }),
  defineFormat({
    name: 'JSONCompact',
    contentType: document,
    reader: (schema, options, memory) => new JsonArrayReader(schema, options, memory, false, true, 'none'),
    writer: validUtf8(jsonWriter({ isCompact: true })),
    inferSchema: (bytes, isWhole, options) => inferJson(bytes, isWhole, options),
  }),
  defineFormat({ name: 'JSONStrings', contentType: document, writer: validUtf8(jsonWriter({ asStrings: true })) }),
  defineFormat({
    name: 'JSONCompactStrings',
    contentType: document,
    writer: validUtf8(jsonWriter({ isCompact: true, asStrings: true })),
  }),
  defineFormat({
    name: 'JSONEachRow',
    aliases: ['JSONLines', 'JSONL', 'NDJSON'],
    contentType: ({ settings }) => (settings.output_format_json_array_of_rows ? document() : lines()),
    reader: (schema, options, memory) => new JsonObjectReader(schema, options, memory, false, false),
    writer: validUtf8(jsonLinesWriter({}), linesAreValid),
    inferSchema: (bytes, isWhole, options) => inferJson(bytes, isWhole, options),
  }),
  defineFormat({
    name: 'JSONStringsEachRow',
    contentType: lines,
    reader: (schema, options, memory) => new JsonObjectReader(schema, options, memory, true, false),
    writer: validUtf8(jsonLinesWriter({ asStrings: true }), linesAreValid),
  }),
  arrayLines('JSONCompactEachRow', false, 'none'),
  arrayLines('JSONCompactEachRowWithNames', false, 'names'),
  arrayLines('JSONCompactEachRowWithNamesAndTypes', false, 'types'),
  arrayLines('JSONCompactStringsEachRow', true, 'none'),
  arrayLines('JSONCompactStringsEachRowWithNames', true, 'names'),
  arrayLines('JSONCompactStringsEachRowWithNamesAndTypes', true, 'types'),
  defineFormat({
    name: 'JSONEachRowWithProgress',
    contentType: document,
    writer: validUtf8(progressLinesWriter({}), linesAreValid),
  }),
  defineFormat({
    name: 'JSONStringsEachRowWithProgress',
    contentType: document,
    writer: validUtf8(progressLinesWriter({ asStrings: true }), linesAreValid),
  }),
  defineFormat({
    name: 'JSONCompactEachRowWithProgress',
    contentType: document,
    writer: validUtf8(progressLinesWriter({ isCompact: true }), linesAreValid),
  }),
  defineFormat({
    name: 'JSONAsString',
    contentType: plain,
    reader: (schema, options, memory) => new JsonTextReader(schema, options, memory),
    inferSchema: () => [{ name: 'json', type: parseType('String') }],
  }),
]
