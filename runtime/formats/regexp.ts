// Regexp: each line's groups are its fields.
import type { ParseStyle } from '../columns/parse.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { defineFormat, type ReadResult, type Schema } from './format.ts'
import { inferRegexp } from './infer.ts'
import { nothingRead } from './mapping.ts'
import type { FormatOptions } from './settings.ts'
import { type Cut, newCut, RowError, TextReader } from './textReader.ts'

const styles: Record<string, ParseStyle> = {
  Raw: 'raw',
  Escaped: 'escaped',
  CSV: 'csv',
  Quoted: 'quoted',
  JSON: 'json',
}

/** The pattern of format_regexp, over whole lines. */
export function linePattern({ settings }: FormatOptions): RegExp {
  if (settings.format_regexp === '')
    throw new DBError(
      'BAD_ARGUMENTS',
      'The regular expression is not set for the `Regexp` format. It requires setting the value of the `format_regexp` setting.',
    )
  try {
    return new RegExp(`^(?:${settings.format_regexp})$`, 'dsu')
  } catch (error) {
    throw new DBError('CANNOT_COMPILE_REGEXP', `Cannot compile ${settings.format_regexp}`, { cause: error })
  }
}

class RegexpReader extends TextReader {
  readonly #pattern: RegExp
  readonly #style: ParseStyle

  constructor(schema: Schema, options: FormatOptions, memory: Memory) {
    super(schema, options, memory)
    this.#pattern = linePattern(options)
    const rule = options.settings.format_regexp_escaping_rule
    this.#style = styles[rule]
    if (!this.#style) throw new DBError('BAD_ARGUMENTS', `Unknown escaping rule ${rule} of format Regexp`)
  }

  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    const { memory, schema } = this
    const bound = Math.min(rowsMax, memory.kernels.countLineFeeds(pointer, size) + 1)
    const { fields, stride, flags } = newCut(schema.length, bound, pointer, arena)
    const bytes = memory.bytes(pointer, size)
    const { u32 } = memory
    let at = 0
    let rows = 0
    while (rows < bound && at < size) {
      const feed = bytes.indexOf(10, at)
      if (feed < 0 && !isLast) break
      const stop = feed < 0 ? size : feed
      const line = decodeText(bytes.slice(at, stop > at && bytes[stop - 1] === 13 ? stop - 1 : stop))
      const found = this.#pattern.exec(line)
      if (found) {
        if (found.length - 1 !== schema.length)
          throw new DBError(
            'INCORRECT_DATA',
            `The number of groups in regexp (${found.length - 1}) is not equal to the number of columns (${schema.length})`,
          )
        for (const [i, span] of found.indices!.slice(1).entries()) {
          const [start, end] = span ?? [0, 0]
          const first = at + encodeText(line.slice(0, start)).length
          u32[fields.starts / 4 + i * stride + rows] = first
          u32[fields.ends / 4 + i * stride + rows] = first + encodeText(line.slice(start, end)).length
        }
        rows++
      } else if (!this.options.settings.format_regexp_skip_unmatched)
        throw new RowError(
          rows,
          new DBError(
            'INCORRECT_DATA',
            `Line "${line}" doesn't match the regexp: \`${this.options.settings.format_regexp}\`: (at row ?)\n`,
          ),
        )
      at = stop + 1
    }
    const consumed = Math.min(at, size)
    if (rows === 0) return nothingRead(consumed)
    const cut: Cut = { fields, stride, flags, rows, consumed }
    return this.assembleFields(cut, arena, (_field, place, spans) => ({
      column: this.parseColumn(schema[place].type, spans, this.#style, {}, 0, arena),
      omitted: null,
    }))
  }
}

export const regexpFormat = defineFormat({
  name: 'Regexp',
  contentType: () => 'text/plain; charset=UTF-8',
  reader: (schema, options, memory) => new RegexpReader(schema, options, memory),
  inferSchema: (bytes, isWhole, options) => inferRegexp(bytes, isWhole, linePattern(options), options),
})
