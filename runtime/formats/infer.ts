// Names and types from an input's beginning.
import { DBError } from '../core/errors.ts'
import { decodeText } from '../core/text.ts'
import { parseType } from '../types/parseType.ts'
import { parseCsvLine } from './csvReader.ts'
import type { Header } from './delimited.ts'
import type { FormatColumn, Schema } from './format.ts'
import type { FormatOptions } from './settings.ts'
import { unescapeTsvText } from './tsvReader.ts'

/** What a value looks like: 'null' fits every type; a tuple of types is an array's or object's. */
type Simple = 'null' | 'Bool' | 'Int64' | 'UInt64' | 'Float64' | 'Date' | 'DateTime' | 'DateTime64(9)' | 'String'
type Shape =
  | { kind: Simple }
  | { kind: 'array'; element: Shape }
  | { kind: 'tuple'; elements: Shape[]; names: string[] | null }
  | { kind: 'map'; value: Shape }

const unknown: Shape = { kind: 'null' }
const shape = (kind: Simple): Shape => ({ kind })

function failed(what: string): DBError {
  return new DBError(
    'CANNOT_EXTRACT_TABLE_STRUCTURE',
    `The table structure cannot be extracted from the input: ${what}. You can specify the structure manually`,
  )
}

/** The type that both fit, String where there is none. */
function merge(a: Shape, b: Shape): Shape {
  if (a.kind === 'null') return b
  if (b.kind === 'null') return a
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', element: merge(a.element, b.element) }
  if (a.kind === 'map' && b.kind === 'map') return { kind: 'map', value: merge(a.value, b.value) }
  if (a.kind === 'tuple' && b.kind === 'tuple') return mergeTuples(a, b)
  if (a.kind === b.kind) return a
  const kinds = new Set([a.kind, b.kind])
  const only = (...allowed: string[]) => [...kinds].every(kind => allowed.includes(kind))
  if (only('Int64', 'UInt64')) return shape('UInt64')
  if (only('Int64', 'UInt64', 'Float64')) return shape('Float64')
  if (only('Date', 'DateTime')) return shape('DateTime')
  if (only('Date', 'DateTime', 'DateTime64(9)')) return shape('DateTime64(9)')
  return shape('String')
}

function mergeTuples(a: Extract<Shape, { kind: 'tuple' }>, b: Extract<Shape, { kind: 'tuple' }>): Shape {
  if (a.names === null || b.names === null) {
    if (a.elements.length !== b.elements.length) return shape('String')
    return { kind: 'tuple', names: null, elements: a.elements.map((element, i) => merge(element, b.elements[i])) }
  }
  const names = [...new Set([...a.names, ...b.names])]
  const at = (tuple: typeof a, name: string) => tuple.elements[tuple.names!.indexOf(name)] ?? unknown
  return { kind: 'tuple', names, elements: names.map(name => merge(at(a, name), at(b, name))) }
}

/** ClickHouse's name of the type; nullable scalars, as inference makes them. */
function typeName(of: Shape, isNullable = true): string {
  switch (of.kind) {
    case 'array':
      return `Array(${typeName(of.element)})`
    case 'map':
      return `Map(String, ${typeName(of.value)})`
    case 'tuple': {
      const elements = of.elements.map((element, i) => {
        const name = of.names?.[i]
        const quoted = name === undefined ? '' : /^[A-Za-z_]\w*$/.test(name) ? `${name} ` : `\`${name}\` `
        return quoted + typeName(element)
      })
      return `Tuple(${elements.join(', ')})`
    }
    case 'null':
      return 'Nullable(String)'
    default:
      return isNullable ? `Nullable(${of.kind})` : of.kind
  }
}

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/** A field's shape by its text. */
function fromText(text: string, { settings }: FormatOptions): Shape {
  if (settings.input_format_try_infer_integers && /^[+-]?\d+$/.test(text)) {
    const value = BigInt(text.replace('+', ''))
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return shape('Int64')
    if (value >= 0n && value < 2n ** 64n) return shape('UInt64')
    return shape('Float64')
  }
  if (numberPattern.test(text) || /^[+-]?(inf|nan)$/i.test(text)) return shape('Float64')
  if (/^(true|false)$/i.test(text)) return shape('Bool')
  return fromQuoted(text, settings)
}

function fromQuoted(text: string, settings: FormatOptions['settings']): Shape {
  if (settings.input_format_try_infer_dates && /^\d{4}-\d\d-\d\d$/.test(text)) return shape('Date')
  if (settings.input_format_try_infer_datetimes && /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?$/.test(text))
    return shape(text.includes('.') ? 'DateTime64(9)' : 'DateTime')
  return shape('String')
}

/** Arrays and the like in TSV and CSV: by their outermost elements. */
function fromField(text: string, options: FormatOptions): Shape {
  if (!/^[[({]/.test(text)) return fromText(text, options)
  const parsed = nestedShape(text, options)
  return parsed ?? shape('String')
}

function nestedShape(text: string, options: FormatOptions): Shape | null {
  let at = 0
  const space = () => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const value = (depth: number): Shape | null => {
    space()
    const open = text[at]
    if (depth > 50) return null
    if (open === "'") {
      const start = ++at
      while (at < text.length && text[at] !== "'") at += text[at] === '\\' ? 2 : 1
      if (at >= text.length) return null
      return fromQuoted(text.slice(start, at++), options.settings)
    }
    const close = open === '[' ? ']' : open === '(' ? ')' : open === '{' ? '}' : ''
    if (close === '') {
      const bare = /^[^,\])}:\s]+/.exec(text.slice(at))?.[0]
      if (bare === undefined) return null
      at += bare.length
      return /^null$/i.test(bare) ? unknown : fromText(bare, options)
    }
    at++
    const items: Shape[] = []
    space()
    while (text[at] !== close) {
      if (at >= text.length) return null
      if (open === '{') {
        if (value(depth + 1) === null) return null
        space()
        if (text[at++] !== ':') return null
      }
      const item = value(depth + 1)
      if (item === null) return null
      items.push(item)
      space()
      if (text[at] === ',') at++
      else if (text[at] !== close) return null
      space()
    }
    at++
    if (open === '(') return { kind: 'tuple', elements: items, names: null }
    const all = items.reduce(merge, unknown)
    return open === '[' ? { kind: 'array', element: all } : { kind: 'map', value: all }
  }
  const found = value(0)
  space()
  return at === text.length ? found : null
}

/** Columns of rows of fields; the first row may be names. */
function inferRows(
  rows: readonly (readonly string[])[],
  shapes: (row: readonly string[], at: number) => Shape[],
  header: Header,
  mayDetect: boolean,
  options: FormatOptions,
): Schema {
  if (rows.length === 0) throw failed('there are no rows')
  let names: readonly string[] | null = header === 'none' ? null : rows[0]
  if (header === 'types' && rows.length > 1) return rows[1].map((type, i) => column(rows[0][i], type))
  let first = header === 'none' ? 0 : 1
  const all = rows.map(shapes)
  if (header === 'none' && mayDetect && rows.length > 1 && all[0].every(({ kind }) => kind === 'String')) {
    const rest = all.slice(1)
    const isDifferent = rest.some(row => row.some(({ kind }) => kind !== 'String' && kind !== 'null'))
    if (isDifferent) {
      names = rows[0]
      first = 1
    }
  }
  const width = Math.max(...rows.slice(first).map(row => row.length), names?.length ?? 0)
  const given = listOf(options.settings.column_names_for_schema_inference)
  const found = Array.from({ length: width }, (_, i) => {
    const merged = all.slice(first).reduce((sum, row) => merge(sum, row[i] ?? unknown), unknown)
    return { name: names?.[i] ?? given[i] ?? `c${i + 1}`, of: merged }
  })
  return columnsOf(found, options)
}

/** Columns of what was found, where schema_inference_hints does not know better. Each name once: INCORRECT_DATA. */
function columnsOf(found: readonly { readonly name: string; readonly of: Shape }[], options: FormatOptions): Schema {
  const hints = new Map(
    listOf(options.settings.schema_inference_hints).map(hint => {
      const space = hint.indexOf(' ')
      return [hint.slice(0, space).replaceAll('`', ''), hint.slice(space + 1).trim()]
    }),
  )
  const names = new Set<string>()
  return found.map(({ name, of }) => {
    if (names.has(name)) throw repeated(name)
    names.add(name)
    return column(name, hints.get(name) ?? typeName(of))
  })
}

const repeated = (name: string) =>
  new DBError('INCORRECT_DATA', `Duplicate column name found while schema inference: "${name}"`)

/** What stands between commas, those within brackets apart. */
function listOf(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map(item => item.trim())
    .filter(Boolean)
}

const column = (name: string, type: string): FormatColumn => ({ name, type: parseType(type) })

/** Whole lines of the input's beginning, as many as the settings allow. */
function sampleText(bytes: Uint8Array, isWhole: boolean): string {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const end = isWhole ? bytes.length : bytes.lastIndexOf(10) + 1
  return decodeText(bytes.slice(start, end))
}

export function inferTsv(
  bytes: Uint8Array,
  isWhole: boolean,
  header: Header,
  style: 'escaped' | 'raw',
  options: FormatOptions,
): Schema {
  const { settings } = options
  const lines = sampleText(bytes, isWhole).split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  const wanted = settings.input_format_max_rows_to_read_for_schema_inference + 2
  const unescaped = (text: string) => (style === 'raw' ? text : unescapeTsvText(text))
  const rows = lines
    .slice(settings.input_format_tsv_skip_first_lines)
    .slice(0, wanted)
    .map(line => line.split('\t'))
  const shapes = (row: readonly string[]) =>
    row.map(text => {
      if (text === settings.format_tsv_null_representation || text === '') return unknown
      if (/^0\d/.test(text)) return shape('String')
      return fromField(/^[[({]/.test(text) ? text : unescaped(text), options)
    })
  return inferRows(
    rows.map((row, i) => (i < 2 && header !== 'none' ? row.map(unescaped) : row)),
    shapes,
    header,
    settings.input_format_tsv_detect_header,
    options,
  )
}

export function inferCsv(bytes: Uint8Array, isWhole: boolean, header: Header, options: FormatOptions): Schema {
  const { settings } = options
  let text = sampleText(bytes, isWhole)
  const rows: string[][] = []
  const quotes: boolean[][] = []
  const wanted = settings.input_format_max_rows_to_read_for_schema_inference + 2
  for (let i = 0; i < settings.input_format_csv_skip_first_lines; i++) text = text.slice(text.indexOf('\n') + 1)
  while (text.length > 0 && rows.length < wanted) {
    const line = parseCsvLine(text, settings.format_csv_delimiter, isWhole)
    if (line === null) break
    rows.push(line.fields)
    quotes.push(line.quoted)
    text = text.slice(line.text.length)
  }
  const shapes = (row: readonly string[], at: number) =>
    row.map((field, i) => {
      if (quotes[at][i]) return /^[[({]/.test(field) ? fromField(field, options) : fromQuoted(field, settings)
      return field === '' || field === settings.format_csv_null_representation ? unknown : fromField(field, options)
    })
  return inferRows(rows, shapes, header, settings.input_format_csv_detect_header, options)
}

/** The groups of lines. */
export function inferRegexp(bytes: Uint8Array, isWhole: boolean, pattern: RegExp, options: FormatOptions): Schema {
  const rows = sampleText(bytes, isWhole)
    .split(/\r?\n/)
    .slice(0, options.settings.input_format_max_rows_to_read_for_schema_inference)
    .map(line => pattern.exec(line)?.slice(1))
    .filter(row => row !== undefined)
  return inferRows(rows, row => row.map(text => fromField(text, options)), 'none', false, options)
}

/** Tuples behind each other, of literals alone. */
export function inferValues(bytes: Uint8Array, isWhole: boolean, options: FormatOptions): Schema {
  const text = sampleText(bytes, isWhole)
  const rows: Shape[][] = []
  for (let at = 0; rows.length < options.settings.input_format_max_rows_to_read_for_schema_inference; ) {
    at += /^[\s,]*/.exec(text.slice(at, at + 1000))![0].length
    if (at >= text.length || text[at] === ';') break
    const end = valueEnd(text, at, "'")
    if (end === null && rows.length > 0 && !isWhole) break
    const row = end === null ? null : nestedShape(text.slice(at, end), options)
    if (row?.kind !== 'tuple') throw failed(`this is no row of values: ${text.slice(at, at + 60)}`)
    rows.push(row.elements)
    at = end!
  }
  return inferRows(
    rows.map(row => row.map(() => '')),
    (_row, at) => rows[at],
    'none',
    false,
    options,
  )
}

/** JSON objects or arrays behind each other, in an array, or as the data of a document. */
export function inferJson(bytes: Uint8Array, isWhole: boolean, options: FormatOptions): Schema {
  const text = sampleText(bytes, isWhole)
  const data = /^\s*\{\s*"meta"\s*:\s*(\[[\s\S]*?\])\s*,\s*"data"/.exec(text)
  if (data) {
    const meta = JSON.parse(data[1]) as { name: string; type: string }[]
    return meta.map(({ name, type }) => column(name, type))
  }
  const rows = topValues(text, options)
  if (rows.length === 0) throw failed('there are no rows')
  const found = new Map<string, Shape>()
  const given = listOf(options.settings.column_names_for_schema_inference)
  for (const { names, items } of rows)
    for (const [i, item] of items.entries()) {
      const name = names?.[i] ?? given[i] ?? `c${i + 1}`
      if (names && names.indexOf(name) < i) throw repeated(name)
      found.set(name, merge(found.get(name) ?? unknown, item))
    }
  return columnsOf(
    [...found].map(([name, of]) => ({ name, of })),
    options,
  )
}

/** A row: an object's names and values, or an array's values. */
interface JsonRow {
  readonly names: string[] | null
  readonly items: Shape[]
}

/** Reads JSON for its types alone: numbers keep their text, 1.0 is no integer. */
class JsonShapes {
  at = 0

  constructor(
    readonly text: string,
    readonly options: FormatOptions,
  ) {}

  skip(pattern: RegExp): void {
    pattern.lastIndex = this.at
    this.at += pattern.exec(this.text)?.[0].length ?? 0
  }

  #fail(): never {
    throw failed(`this is not JSON: ${this.text.slice(this.at, this.at + 60)}`)
  }

  #string(): string {
    const pattern = /"(?:[^"\\]|\\.)*"/sy
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0] ?? this.#fail()
    this.at += found.length
    try {
      return JSON.parse(found) as string
    } catch {
      return found.slice(1, -1)
    }
  }

  row(depth = 0): JsonRow {
    const isObject = this.text[this.at] === '{'
    const close = isObject ? '}' : ']'
    if ((!isObject && this.text[this.at] !== '[') || depth > 500) this.#fail()
    const names: string[] = []
    const items: Shape[] = []
    this.at++
    this.skip(/\s*/y)
    while (this.text[this.at] !== close) {
      if (isObject) {
        names.push(this.#string())
        this.skip(/\s*/y)
        if (this.text[this.at++] !== ':') this.#fail()
        this.skip(/\s*/y)
      }
      items.push(this.#value(depth))
      this.skip(/\s*/y)
      if (this.text[this.at] === ',') this.at++
      else if (this.text[this.at] !== close) this.#fail()
      this.skip(/\s*/y)
    }
    this.at++
    return { names: isObject ? names : null, items }
  }

  #value(depth: number): Shape {
    const first = this.text[this.at]
    if (first === '"') return fromQuoted(this.#string(), this.options.settings)
    if (first === '{' || first === '[') {
      const { names, items } = this.row(depth + 1)
      if (names) return names.length ? { kind: 'tuple', names, elements: items } : unknown
      return { kind: 'array', element: items.reduce(merge, unknown) }
    }
    const bare = /[^,\]}\s]+/y
    bare.lastIndex = this.at
    const word = bare.exec(this.text)?.[0] ?? this.#fail()
    this.at += word.length
    return word === 'null' ? unknown : fromText(word, this.options)
  }
}

/** Rows behind each other, or in one array. A row that is cut off ends them. */
function topValues(text: string, options: FormatOptions): JsonRow[] {
  const rows: JsonRow[] = []
  const shapes = new JsonShapes(text, options)
  const isOneArray = /^\s*\[\s*\{/.test(text)
  if (isOneArray) shapes.at = text.indexOf('[') + 1
  while (rows.length < options.settings.input_format_max_rows_to_read_for_schema_inference) {
    shapes.skip(/[\s,]*/y)
    if (shapes.at >= text.length || (isOneArray && text[shapes.at] === ']')) break
    const start = shapes.at
    try {
      rows.push(shapes.row())
    } catch (error) {
      if (rows.length > 0 && valueEnd(text, start) === null) break
      throw error
    }
  }
  return rows
}

/** Where the value that starts at `start` ends, or null when it is cut off. */
function valueEnd(text: string, start: number, quote = '"'): number | null {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (char === quote) {
      for (at++; at < text.length && text[at] !== quote; at++) if (text[at] === '\\') at++
    } else if (char === '{' || char === '[' || (char === '(' && quote === "'")) depth++
    else if (char === '}' || char === ']' || (char === ')' && quote === "'")) {
      if (--depth === 0) return at + 1
    } else if (depth === 0)
      throw failed(
        `${quote === '"' ? 'a JSON object or array' : 'a row in brackets'} is expected: ${text.slice(start, start + 60)}`,
      )
  }
  return null
}
