// What was asked, newest first, kept in this browser.
import { countText, durationText } from './amounts.ts'
import { h, icon, iconButton, replaceChildren } from './dom.ts'
import { keep, recall } from './keep.ts'

export interface HistoryEntry {
  readonly sql: string
  readonly at: number
  readonly ms: number
  readonly rows: number | null
  /** '' if it went well. */
  readonly error: string
}

const entriesMax = 500
const sqlSizeMax = 20_000
const shownMax = 100

export class QueryHistory {
  readonly element: HTMLElement
  readonly search: HTMLInputElement
  readonly #list = h('ul', { class: 'history', 'aria-label': 'Queries asked before' })
  #entries: HistoryEntry[] = recall<HistoryEntry[]>('history', [])

  constructor(readonly open: (sql: string) => void) {
    this.search = h('input', {
      type: 'search',
      placeholder: 'Search queries',
      'aria-label': 'Search queries',
      spellcheck: 'false',
      on: { input: () => this.draw() },
    })
    const clear = iconButton('close', 'Forget all queries', () => {
      if (this.#entries.length === 0 || !confirm('Forget all queries asked before?')) return
      this.#entries = []
      this.#keep()
    })
    this.element = h(
      'div',
      { class: 'side-panel' },
      h('div', { class: 'side-search' }, icon('search'), this.search, clear),
      this.#list,
    )
    this.draw()
  }

  add(entry: HistoryEntry): void {
    if (entry.sql.length > sqlSizeMax) return
    // Another page may have added some.
    const known = recall<HistoryEntry[]>('history', this.#entries)
    if (known[0]?.sql === entry.sql) known.shift()
    this.#entries = [entry, ...known].slice(0, entriesMax)
    this.#keep()
  }

  #keep(): void {
    keep('history', this.#entries)
    this.draw()
  }

  draw(): void {
    const words = this.search.value.trim().toLowerCase()
    const found = this.#entries.filter(({ sql }) => sql.toLowerCase().includes(words)).slice(0, shownMax)
    if (found.length === 0) {
      replaceChildren(
        this.#list,
        h(
          'li',
          { class: 'side-note' },
          words ? 'No query with these words' : 'Queries that you run are kept here, in this browser.',
        ),
      )
      return
    }
    replaceChildren(
      this.#list,
      ...found.map(entry =>
        h(
          'li',
          null,
          h(
            'button',
            {
              type: 'button',
              class: 'history-item',
              title: entry.sql.slice(0, 2000),
              on: { click: () => this.open(entry.sql) },
            },
            h('code', null, entry.sql.replace(/\s+/g, ' ').slice(0, 160)),
            h(
              'span',
              { class: entry.error && entry.error !== 'stopped' ? 'history-facts bad' : 'history-facts' },
              h('span', null, agoText(entry.at)),
              h(
                'span',
                null,
                entry.error ||
                  [
                    durationText(entry.ms),
                    entry.rows === null ? '' : `${countText(entry.rows)} ${entry.rows === 1 ? 'row' : 'rows'}`,
                  ]
                    .filter(Boolean)
                    .join(' · '),
              ),
            ),
          ),
        ),
      ),
    )
  }
}

function agoText(at: number): string {
  const date = new Date(at)
  const minutes = (Date.now() - at) / 60_000
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${Math.floor(minutes)} min ago`
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  if (date.toDateString() === new Date().toDateString()) return time
  return `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${time}`
}
