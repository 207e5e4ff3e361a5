// Rows that are here, written in other formats.
import type { Cell, Column } from '../net/rowStore.ts'
import { Digits, isNumber, readLiteral, toJson, type Value } from './literal.ts'
import { bareType, kindOf } from './types.ts'

export interface Table {
  readonly columns: readonly Column[]
  readonly rows: number
  row(index: number): readonly Cell[]
}

export type ExportFormat = 'CSV' | 'TSV' | 'JSON' | 'JSONL' | 'Markdown'

export const exportFormats: Readonly<Record<ExportFormat, { extension: string; type: string }>> = {
  CSV: { extension: 'csv', type: 'text/csv' },
  TSV: { extension: 'tsv', type: 'text/tab-separated-values' },
  JSON: { extension: 'json', type: 'application/json' },
  JSONL: { extension: 'jsonl', type: 'application/x-ndjson' },
  Markdown: { extension: 'md', type: 'text/markdown' },
}

/** In pieces, so that a large result is never one string. */
export function* written(table: Table, format: ExportFormat): Generator<string> {
  const names = table.columns.map(({ name }) => name)
  if (format === 'CSV') {
    yield `${names.map(csv).join(',')}\n`
    yield* lines(table, row => row.map(cell => (cell === null ? '\\N' : csv(cell))).join(','))
  } else if (format === 'TSV') {
    yield `${names.map(tsv).join('\t')}\n`
    yield* lines(table, row => row.map(cell => (cell === null ? '\\N' : tsv(cell))).join('\t'))
  } else if (format === 'Markdown') yield* markdown(table, names)
  else {
    const keys = names.map(name => JSON.stringify(name))
    const object = (row: readonly Cell[]) =>
      `{${row.map((cell, at) => `${keys[at]}: ${toJson(jsonOf(cell, table.columns[at].type))}`).join(', ')}}`
    if (format === 'JSONL') yield* lines(table, object)
    else {
      yield '[\n'
      for (let at = 0; at < table.rows; at++) yield `${object(table.row(at))}${at + 1 < table.rows ? ',' : ''}\n`
      yield ']\n'
    }
  }
}

export function download(name: string, type: string, pieces: Iterable<string> | Blob): void {
  const url = URL.createObjectURL(pieces instanceof Blob ? pieces : new Blob(joinedPieces(pieces), { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** A cell as JSON has it; digits of any number are kept, what JSON has no number for is null. */
export function jsonOf(cell: Cell, type: string): Value {
  if (cell === null) return null
  const kind = kindOf(type)
  if (kind === 'bool') return cell === 'true'
  if (kind === 'number') return isNumber(cell) ? new Digits(cell) : null
  if (kind === 'nested') {
    if (/^(JSON|Object)/.test(bareType(type))) {
      // Its text is JSON already.
      return new Digits(cell)
    }
    return readLiteral(cell) ?? cell
  }
  return cell
}

function* lines(table: Table, write: (row: readonly Cell[]) => string): Generator<string> {
  for (let at = 0; at < table.rows; at++) yield `${write(table.row(at))}\n`
}

function* markdown(table: Table, names: string[]): Generator<string> {
  const cellText = (cell: Cell) => (cell ?? 'NULL').replace(/\|/g, '\\|').replace(/\r?\n/g, '<br>')
  yield `| ${names.map(cellText).join(' | ')} |\n`
  yield `|${table.columns.map(({ type }) => (kindOf(type) === 'number' ? ' ---: ' : ' --- ')).join('|')}|\n`
  yield* lines(table, row => `| ${row.map(cellText).join(' | ')} |`)
}

function* chunksOf(pieces: Iterable<string>): Generator<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length > 1 << 20) {
      yield text
      text = ''
    }
  }
  yield text
}

const joinedPieces = (pieces: Iterable<string>): Blob[] => Array.from(chunksOf(pieces), piece => new Blob([piece]))

const csv = (text: string): string =>
  /^[\w.:+ -]+$/.test(text) && text.trim() === text ? text : `"${text.replace(/"/g, '""')}"`

const tsv = (text: string): string =>
  text.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n').replace(/\r/g, '\\r')
