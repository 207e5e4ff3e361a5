import { encodeText } from '../core/text.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { decodeText } from '../core/text.ts'
import { NullableType } from '../types/compound.ts'
import type { Header } from './delimited.ts'
import type { ReadResult, Schema } from './format.ts'
import { checkTypes, identity, mapNames, nothingRead } from './mapping.ts'
import type { FormatOptions } from './settings.ts'
import { type Cut, looksLikeHeader, newCut, readSplitState, TextReader } from './textReader.ts'
import { place } from '../columns/build.ts'

const tooFew = 1
/** A longer first line is no header. */
const headerBytesMax = 1 << 16

/** TabSeparated, with escapes or raw, with or without names and types. */
export class TsvReader extends TextReader {
  #linesToSkip: number

  constructor(
    schema: Schema,
    options: FormatOptions,
    memory: Memory,
    readonly style: 'escaped' | 'raw',
    readonly header: Header,
  ) {
    super(schema, options, memory)
    this.#linesToSkip = options.settings.input_format_tsv_skip_first_lines
  }

  protected override readHeader(pointer: number, size: number, isLast: boolean): number | null {
    const wanted = this.#linesToSkip + (this.header === 'none' ? 0 : this.header === 'names' ? 1 : 2)
    const bytes = this.memory.bytes(pointer, size)
    const lines: string[][] = []
    let at = 0
    for (let i = 0; i < wanted; i++) {
      let end = bytes.indexOf(10, at)
      if (end < 0) {
        if (!isLast) return null
        end = size
      }
      if (i >= this.#linesToSkip && (at < size || i === this.#linesToSkip)) {
        const line = decodeText(bytes.slice(at, end)).replace(/\r$/, '')
        lines.push(line.split('\t').map(this.style === 'raw' ? text => text : unescapeTsvText))
      }
      at = Math.min(end + 1, size)
    }
    if (this.header === 'none' && this.options.settings.input_format_tsv_detect_header)
      return this.#detected(bytes, at, isLast)
    const [names, types] = lines
    if (names && size > 0) {
      const { settings } = this.options
      this.mapping = settings.input_format_with_names_use_header
        ? mapNames(names, this.schema, this.options)
        : identity(this.schema)
      if (types && settings.input_format_with_types_use_header) checkTypes(types, this.mapping, this.schema)
    }
    return at
  }

  /** Where the rows start when the first line may be names. */
  #detected(bytes: Uint8Array, at: number, isLast: boolean): number | null {
    const feed = bytes.indexOf(10, at)
    if (feed < 0 && !isLast) return bytes.length - at > headerBytesMax ? at : null
    const end = feed < 0 ? bytes.length : feed
    if (end - at > headerBytesMax) return at
    const fields = decodeText(bytes.slice(at, end)).replace(/\r$/, '').split('\t')
    const names = this.style === 'raw' ? fields : fields.map(unescapeTsvText)
    if (!looksLikeHeader(names, this.schema)) return at
    this.mapping = mapNames(names, this.schema, this.options)
    return Math.min(end + 1, bytes.length)
  }

  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    const { kernels } = this.memory
    const columns = this.mapping.length
    const bound = Math.min(rowsMax, kernels.countLineFeeds(pointer, size) + 1)
    const { fields, stride, flags } = newCut(columns, bound, pointer, arena)
    const state = this.memory.scratch()
    if (this.style === 'raw')
      kernels.splitRaw(pointer, size, isLast ? 1 : 0, 9, columns, fields.starts, fields.ends, stride, bound, state)
    else
      kernels.splitTsv(pointer, size, isLast ? 1 : 0, columns, fields.starts, fields.ends, stride, bound, flags, state)
    const { rows, consumed, error, fields: found, hasReturn } = readSplitState(this.memory, state)
    if (rows === 0) {
      if (error) throw this.countError(0, error !== tooFew, found, 'Tab')
      return nothingRead(consumed)
    }
    const cut: Cut = { fields, stride, flags, rows, consumed }
    const last = columns - 1
    if (hasReturn && this.options.settings.input_format_tsv_crlf_end_of_line)
      kernels.trimReturns(fields.starts + last * stride * 4, fields.ends + last * stride * 4, pointer, rows)
    const nullText = this.options.settings.format_tsv_null_representation
    const nullBytes = encodeText(nullText)
    const nullAt = place(arena, nullBytes)
    const escapedNull = this.style === 'escaped' && nullText.startsWith('\\')
    const emptyAsDefault = this.options.settings.input_format_tsv_empty_as_default
    return this.assembleFields(cut, arena, (field, placeOf, spans) => {
      const { type } = this.schema[placeOf]
      const hasEscapes = this.style === 'raw' || this.memory.u8[flags + field] !== 0
      const mayBeNull = hasEscapes || !escapedNull
      let mask = 0
      if (!(type instanceof NullableType) && !type.isNullable) {
        if (mayBeNull && this.options.settings.input_format_null_as_default) {
          const nulls = arena.allocate(rows)
          if (kernels.takeNulls(spans.starts, spans.ends, spans.base, rows, nullAt, nullBytes.length, nulls) > 0)
            mask = nulls
        }
        if (emptyAsDefault && kernels.firstEmptySpan(spans.starts, spans.ends, 0, rows) < rows) {
          mask = arena.allocate(rows)
          kernels.takeNulls(spans.starts, spans.ends, spans.base, rows, nullAt, 0, mask)
        }
      }
      const told = { hasEscapes, nullText: mayBeNull ? nullText : null }
      return { column: this.parseColumn(type, spans, this.style, told, mask, arena), omitted: mask || null }
    })
  }

  protected override expectedAfter(field: number): string {
    return field === this.mapping.length - 1 ? "'\\n'" : "'\\t'"
  }
}

const meanings: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0', b: '\b', f: '\f', a: '\x07', v: '\v' }

export const unescapeTsvText = (text: string): string =>
  text.replace(/\\(.)/gs, (_, char: string) => meanings[char] ?? char)
