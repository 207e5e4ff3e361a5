// Lines, pairs and whole bodies.
import { sliceSpans } from '../columns/spans.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { decodeText } from '../core/text.ts'
import type { Omitted, ReadResult, Schema } from './format.ts'
import { nothingRead } from './mapping.ts'
import type { FormatOptions } from './settings.ts'
import { type Cut, newCut, readSplitState, RowError, TextReader } from './textReader.ts'
import { unescapeTsvText } from './tsvReader.ts'

/** Each line is a value of the only column. */
export class LineReader extends TextReader {
  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    const { kernels } = this.memory
    const bound = Math.min(rowsMax, kernels.countLineFeeds(pointer, size) + 1)
    const { fields, stride, flags } = newCut(1, bound, pointer, arena)
    const state = this.memory.scratch()
    kernels.splitRaw(pointer, size, isLast ? 1 : 0, -1, 1, fields.starts, fields.ends, stride, bound, state)
    const { rows, consumed } = readSplitState(this.memory, state)
    if (rows === 0) return nothingRead(consumed)
    const cut: Cut = { fields, stride, flags, rows, consumed }
    return this.assembleFields(cut, arena, (_field, place, spans) => ({
      column: this.parseColumn(this.schema[place].type, spans, 'raw', { nullText: null }, 0, arena),
      omitted: null,
    }))
  }
}

/** The whole input is one value. */
export class BlobReader extends TextReader {
  protected readRows(pointer: number, size: number, isLast: boolean, _rowsMax: number, arena: Arena): ReadResult {
    if (!isLast) return nothingRead()
    const { fields, stride, flags } = newCut(1, 1, pointer, arena)
    this.memory.u32[fields.starts / 4] = 0
    this.memory.u32[fields.ends / 4] = size
    const cut: Cut = { fields: sliceSpans(fields, 0, 1), stride, flags, rows: 1, consumed: size }
    if (size === 0) return nothingRead()
    return this.assembleFields(cut, arena, (_field, place, spans) => ({
      column: this.parseColumn(this.schema[place].type, spans, 'raw', { nullText: null }, 0, arena),
      omitted: null,
    }))
  }
}

/** Lines of name=value, in any order. */
export class TskvReader extends TextReader {
  readonly #places: ReadonlyMap<string, number>

  constructor(schema: Schema, options: FormatOptions, memory: Memory) {
    super(schema, options, memory)
    this.#places = new Map(schema.map(({ name }, i) => [name, i]))
  }

  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    const { memory, schema } = this
    const bound = Math.min(rowsMax, memory.kernels.countLineFeeds(pointer, size) + 1)
    const { fields, stride, flags } = newCut(schema.length, bound, pointer, arena)
    const missing = schema.map(() => arena.allocate(bound))
    const bytes = memory.bytes(pointer, size)
    const { u32, u8 } = memory
    let at = 0
    let rows = 0
    while (rows < bound && at < size) {
      const feed = bytes.indexOf(10, at)
      if (feed < 0 && !isLast) break
      const end = feed < 0 ? size : feed
      for (const mask of missing) u8[mask + rows] = 1
      for (let field = at; field < end; ) {
        const stop = fieldEnd(bytes, field, end)
        const equals = pairEquals(bytes, field, stop)
        const text = decodeText(bytes.slice(field, equals < 0 ? stop : equals))
        const place = this.#places.get(unescapeTsvText(text))
        if (equals < 0 && text !== 'tskv')
          throw new RowError(
            rows,
            new DBError('INCORRECT_DATA', `Found field without value while parsing TSKV format: ${text}: (at row ?)\n`),
          )
        if (place === undefined) {
          if (equals >= 0 && !this.options.settings.input_format_skip_unknown_fields)
            throw new DBError('INCORRECT_DATA', `Unknown field found while parsing TSKV format: ${text}`)
        } else if (equals >= 0) {
          u32[fields.starts / 4 + place * stride + rows] = equals + 1
          u32[fields.ends / 4 + place * stride + rows] = stop
          u8[missing[place] + rows] = 0
        }
        field = stop + 1
      }
      for (const [place, mask] of missing.entries())
        if (u8[mask + rows]) {
          u32[fields.starts / 4 + place * stride + rows] = 0
          u32[fields.ends / 4 + place * stride + rows] = 0
        }
      rows++
      at = end + 1
    }
    if (rows === 0) return nothingRead(0)
    const cut: Cut = { fields, stride, flags, rows, consumed: Math.min(at, size) }
    return this.assembleFields(cut, arena, (field, place, spans) => {
      const { type } = schema[place]
      const mask = missing[field]
      const isOmitted = memory.u8.subarray(mask, mask + rows).includes(1)
      if (isOmitted && type.isNullable) {
        const text = memory.writeText(arena, '\\N').pointer
        memory.kernels.fillSpansWhere(mask, spans.starts, spans.ends, rows, text - spans.base, text - spans.base + 2)
      }
      const omitted: Omitted = isOmitted ? mask : null
      return { column: this.parseColumn(type, spans, 'escaped', {}, isOmitted ? mask : 0, arena), omitted }
    })
  }
}

/** The tab or the end; a backslash takes the next byte along. */
function fieldEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] === 0x5c) at++
    else if (bytes[at] === 9) return at
  }
  return end
}

function pairEquals(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] === 0x5c) at++
    else if (bytes[at] === 0x3d) return at
  }
  return -1
}
