// What tables for people share: cells as text, display widths, and how large numbers are spelled.
import { type PrintOptions, printColumn } from '../columns/print.ts'
import type { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { plainType } from './alignment.ts'
import { nullSign } from './jsonWriter.ts'
import type { FormatOptions } from './settings.ts'
import { printOptions } from './textOptions.ts'

export interface Cell {
  readonly text: string
  /** " -- 12.35 million", or nothing. */
  readonly tip: string
}

/** Every value of a chunk as text, by column. */
export function cellsOf(chunk: Chunk, arena: Arena, options: FormatOptions, namedTuplesAsJson: boolean): Cell[][] {
  const isAscii = options.settings.output_format_pretty_grid_charset === 'ASCII'
  const told = printOptions(options, isAscii ? 'NULL' : nullSign)
  const threshold = options.settings.output_format_pretty_single_large_number_tip_threshold
  return chunk.columns.map(column => {
    const asJson = namedTuplesAsJson && hasNames(column.type)
    const texts = asJson ? jsonCells(column) : textCells(column, arena, told)
    const hasTips = threshold > 0 && /^(U?Int|Float|Decimal)/.test(plainType(column.type).kind)
    return texts.map(text => ({ text, tip: hasTips ? tipOf(text, threshold) : '' }))
  })
}

function textCells(column: Column, arena: Arena, options: PrintOptions): string[] {
  const text = printColumn(column, 'raw', arena, options)
  return Array.from({ length: text.rows }, (_, row) => text.valueAt(row) as string)
}

function hasNames(type: DataType): boolean {
  if (type instanceof TupleType) return type.names !== null || type.elements.some(hasNames)
  if (type instanceof ArrayType) return hasNames(type.element)
  return type instanceof MapType && hasNames(type.value)
}

const jsonCells = (column: Column): string[] =>
  Array.from({ length: column.rows }, (_, row) => prettyJson(column.valueAt(row), column.type, 0))

/** Named tuples over several lines, everything else on one. */
function prettyJson(value: Value, type: DataType, depth: number): string {
  if (type instanceof NullableType || type instanceof LowCardinalityType)
    return value === null ? 'null' : prettyJson(value, type.inner, depth)
  const inside = '  '.repeat(depth + 1)
  const outside = '  '.repeat(depth)
  if (type instanceof TupleType) {
    const items = type.elements.map((element, i) => prettyJson((value as Value[])[i], element, depth + 1))
    if (type.names === null) return `[${items.join(',')}]`
    const lines = items.map((item, i) => `${inside}${JSON.stringify(type.names![i])}: ${item}`)
    return `{\n${lines.join(',\n')}\n${outside}}`
  }
  if (type instanceof ArrayType)
    return `[${(value as Value[]).map(item => prettyJson(item, type.element, depth)).join(',')}]`
  if (type instanceof MapType) {
    const pairs = (value as [Value, Value][]).map(
      ([key, item]) => `${inside}${JSON.stringify(type.key.print(key))}: ${prettyJson(item, type.value, depth + 1)}`,
    )
    return pairs.length === 0 ? '{}' : `{\n${pairs.join(',\n')}\n${outside}}`
  }
  const text = type.print(value)
  return /^(U?Int|Float|Decimal|Bool)/.test(type.kind) ? text : JSON.stringify(text)
}

const quantities = [
  ...['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion', 'quintillion', 'sextillion', 'septillion'],
  ...['octillion', 'nonillion', 'decillion', 'undecillion', 'duodecillion', 'tredecillion', 'quattuordecillion'],
  ...['quindecillion', 'sexdecillion', 'septendecillion', 'octodecillion', 'novemdecillion', 'vigintillion'],
]

function tipOf(text: string, threshold: number): string {
  const value = Number(text)
  const size = Math.abs(value)
  // Of numbers between 10^18 and 10^21, mostly hashes, nobody wants to read a tip.
  if (!(size > threshold) || !Number.isFinite(size) || (size >= 1e18 && size < 1e21)) return ''
  let shown = value
  let power = 0
  for (; power + 1 < quantities.length && Math.abs(shown) >= 1000; power++) shown /= 1000
  return ` -- ${shown.toFixed(2).replace('e+', 'e')} ${quantities[power]}`
}

/** Columns that a terminal gives to text; tabs count from `start`. */
export function displayWidth(text: string, start = 0): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const char of text) {
    const point = char.codePointAt(0)!
    if (point === 9) width += 8 - ((start + width) % 8)
    else if (point >= 32 && !(point >= 0xd800 && point <= 0xdfff) && point !== 127 && !/\p{M}/u.test(char))
      width += isWide(point) ? 2 : 1
  }
  return width
}

function isWide(point: number): boolean {
  return (
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd)
  )
}

export const padText = (text: string, width: number, right: boolean, start = 0): string => {
  const padding = ' '.repeat(Math.max(width - displayWidth(text, start), 0))
  return right ? padding + text : text + padding
}

/** `Row 1:`, and the length of its line: as ClickHouse draws it, one longer than it must be for 9, 99, ... */
export const rowTitle = (number: number): { title: string; line: number } => ({
  title: `Row ${number}:`,
  line: 5 + String(number + 1).length,
})

/** One row as lines of `name: value` under a title. */
export function verticalRow(title: string, line: number, names: readonly string[], cells: readonly Cell[]): string {
  const width = Math.max(...names.map(name => displayWidth(name)))
  const lines = names.map((name, i) => `${padText(`${name}:`, width + 2, false)}${cells[i].text}${cells[i].tip}\n`)
  return `${title}\n${'─'.repeat(line)}\n${lines.join('')}`
}
