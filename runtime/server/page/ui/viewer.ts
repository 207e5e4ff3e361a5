// The whole of one value, or of one row, beside the table.
import { jsonOf } from '../grid/exporting.ts'
import type { Grid } from '../grid/grid.ts'
import { toJson } from '../grid/literal.ts'
import { kindOf } from '../grid/types.ts'
import type { Cell, Column } from '../net/rowStore.ts'
import type { Run } from '../net/run.ts'
import { grouped, sizeText } from './amounts.ts'
import { h, iconButton, replaceChildren } from './dom.ts'
import { keep, recall } from './keep.ts'

const shownMax = 400_000

export class Viewer {
  readonly element = h('aside', { class: 'viewer', 'aria-label': 'Value', hidden: true })
  #asRow = recall('viewer.asRow', false)
  #run: Run | null = null

  constructor(
    readonly grid: Grid,
    readonly copy: (text: string, what: string) => void,
  ) {
    this.element.addEventListener('keydown', event => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      this.close()
    })
  }

  get isOpen(): boolean {
    return !this.element.hidden
  }

  open(run: Run): void {
    this.#run = run
    this.element.hidden = false
    this.draw()
    // It takes room that the cell may have been in.
    requestAnimationFrame(() => this.grid.reveal())
  }

  close(): void {
    if (!this.isOpen) return
    this.element.hidden = true
    this.grid.focus()
  }

  draw(): void {
    const cursor = this.grid.cursor
    const run = this.#run
    if (!this.isOpen || !run || !cursor) return
    const column = run.columns[cursor.column]
    const source = this.grid.sourceRow(cursor.row)
    const cell = this.grid.cell(cursor.row, cursor.column)
    const as = (asRow: boolean) => {
      this.#asRow = asRow
      keep('viewer.asRow', asRow)
      this.draw()
    }
    const tab = (label: string, asRow: boolean) =>
      h(
        'button',
        { type: 'button', role: 'tab', 'aria-selected': String(this.#asRow === asRow), on: { click: () => as(asRow) } },
        label,
      )
    const row = run.row(source)
    replaceChildren(
      this.element,
      h(
        'header',
        null,
        h(
          'div',
          { class: 'segmented', role: 'tablist', 'aria-label': 'What to show' },
          tab('Value', false),
          tab('Row', true),
        ),
        h('span', { class: 'spacer' }),
        iconButton('copy', this.#asRow ? 'Copy the row as JSON' : 'Copy the value', () =>
          this.#asRow ? this.copy(rowJson(run.columns, row), 'row') : this.copy(cell ?? '\\N', 'value'),
        ),
        iconButton('close', 'Close', () => this.close()),
      ),
      this.#asRow ? rowList(run.columns, row, source, cursor.column) : valueView(column, cell, source),
    )
  }
}

function valueView(column: Column, cell: Cell, row: number): HTMLElement {
  const text = cell === null ? 'NULL' : pretty(cell, column.type)
  const size = cell === null ? 0 : new TextEncoder().encode(cell).length
  return h(
    'div',
    { class: 'viewer-body' },
    h('div', { class: 'viewer-title' }, h('b', null, column.name), h('span', null, column.type)),
    h('pre', { class: cell === null ? 'null' : undefined, tabindex: 0 }, text.slice(0, shownMax)),
    h(
      'div',
      { class: 'viewer-facts' },
      `row ${grouped(row + 1)}`,
      cell !== null && cell.length > 40 && ` · ${grouped(cell.length)} characters, ${sizeText(size)}`,
      text.length > shownMax && ` · the first ${grouped(shownMax)} are shown`,
    ),
  )
}

function rowList(columns: readonly Column[], row: readonly Cell[], at: number, current: number): HTMLElement {
  return h(
    'div',
    { class: 'viewer-body' },
    h('div', { class: 'viewer-title' }, h('b', null, `Row ${grouped(at + 1)}`)),
    h(
      'dl',
      null,
      ...columns.flatMap(({ name, type }, column) => {
        const cell = row[column]
        return [
          h('dt', { class: column === current ? 'current' : undefined }, name, h('span', null, type)),
          h(
            'dd',
            { class: cell === null ? 'null' : `kind-${kindOf(type)}` },
            cell === null ? 'NULL' : cell.slice(0, 2000),
          ),
        ]
      }),
    ),
  )
}

/** JSON, arrays, maps and tuples with a line for each item. */
function pretty(text: string, type: string): string {
  if (text.length > shownMax) return text
  if (kindOf(type) === 'nested' && !/^JSON/.test(type)) return toJson(jsonOf(text, type), '  ')
  if (/^\s*[[{]/.test(text)) {
    try {
      const value = JSON.parse(text)
      // Numbers that a double does not hold would change.
      if (!/\d{16}/.test(text)) return JSON.stringify(value, null, 2)
    } catch {
      return text
    }
  }
  return text
}

const rowJson = (columns: readonly Column[], row: readonly Cell[]): string =>
  toJson(new Map(columns.map(({ name, type }, at) => [name, jsonOf(row[at], type)])), '  ')
