// Databases, tables and columns, as a tree that is walked by arrows; and beside it what was asked before.
import type { Catalogue, ColumnInfo, TableInfo } from '../net/catalogue.ts'
import { quoteName } from '../sql/scan.ts'
import { countText, shortCount, sizeText } from './amounts.ts'
import { type Child, h, icon, iconButton, type IconName, replaceChildren } from './dom.ts'

export interface SidebarEvents {
  insert(text: string): void
  preview(table: TableInfo): void
  showCreate(table: TableInfo): void
  useDatabase(database: string): void
  currentDatabase(): string
}

const hidden = ['information_schema', 'INFORMATION_SCHEMA']
const shownMax = 400

export class TableTree {
  readonly element: HTMLElement
  readonly filter: HTMLInputElement
  readonly #tree = h('div', { class: 'tree', role: 'tree', 'aria-label': 'Databases and tables' })
  readonly #open = new Set<string>()
  readonly #columns = new Map<string, ColumnInfo[] | Error>()
  #focusKey = ''

  constructor(
    readonly catalogue: Catalogue,
    readonly events: SidebarEvents,
  ) {
    this.filter = h('input', {
      type: 'search',
      placeholder: 'Filter tables',
      'aria-label': 'Filter tables',
      spellcheck: 'false',
      on: {
        input: () => this.draw(),
        keydown: event => {
          if (event.key === 'ArrowDown') this.#focusItem(0)
          if (event.key === 'Escape' && this.filter.value !== '') {
            this.filter.value = ''
            this.draw()
            event.stopPropagation()
          }
        },
      },
    })
    this.element = h(
      'div',
      { class: 'side-panel' },
      h(
        'div',
        { class: 'side-search' },
        icon('search'),
        this.filter,
        iconButton('refresh', 'Read the tables again', () => this.reload()),
      ),
      this.#tree,
    )
    this.#tree.addEventListener('keydown', event => this.#key(event))
    catalogue.listen(() => {
      this.#columns.clear()
      for (const key of this.#open) this.#loadColumns(key)
      if (this.#open.size === 0) {
        const current = events.currentDatabase() || catalogue.currentDatabase
        if (current) this.#open.add(current)
      }
      this.draw()
    })
    this.draw()
  }

  async reload(): Promise<void> {
    await this.catalogue.load()
  }

  draw(): void {
    const { catalogue } = this
    const words = this.filter.value.trim().toLowerCase()
    if (catalogue.loading && catalogue.databases.length === 0) {
      replaceChildren(this.#tree, ...[70, 52, 84, 60, 44].map(width => skeleton(width)))
      return
    }
    if (catalogue.trouble && catalogue.databases.length === 0) {
      replaceChildren(this.#tree, h('p', { class: 'side-note' }, 'The tables could not be read.'))
      return
    }
    const items: HTMLElement[] = []
    let shown = 0
    for (const database of catalogue.databases) {
      if (hidden.includes(database) && words === '') continue
      const tables = catalogue
        .tablesOf(database)
        .filter(table => words === '' || `${database}.${table.name}`.toLowerCase().includes(words))
      if (words !== '' && tables.length === 0) continue
      const isOpen =
        words !== '' ? shown < shownMax && (database !== 'system' || words.length > 1) : this.#open.has(database)
      items.push(this.#databaseItem(database, tables.length, isOpen))
      if (!isOpen) continue
      for (const table of tables) {
        if (++shown > shownMax) break
        items.push(...this.#tableItems(table))
      }
      if (tables.length === 0) items.push(h('p', { class: 'side-note inset' }, 'No tables yet'))
    }
    if (shown > shownMax) items.push(h('p', { class: 'side-note' }, `The first ${shownMax}: filter for more`))
    if (items.length === 0) items.push(h('p', { class: 'side-note' }, 'No table of that name'))
    const hadFocus = this.#tree.contains(document.activeElement)
    replaceChildren(this.#tree, ...items)
    const all = this.#items
    const current = all.find(({ dataset }) => dataset['key'] === this.#focusKey) ?? all[0]
    if (current) current.tabIndex = 0
    if (hadFocus) current?.focus()
  }

  #databaseItem(database: string, count: number, isOpen: boolean): HTMLElement {
    const isCurrent = database === this.events.currentDatabase()
    return this.#item(
      database,
      1,
      'database',
      isOpen,
      [
        h('span', { class: isCurrent ? 'tree-name current' : 'tree-name' }, database),
        isCurrent && h('span', { class: 'tag' }, 'current'),
        h('span', { class: 'tree-facts' }, count),
      ],
      isCurrent ? [] : [['check', `USE ${database}`, () => this.events.useDatabase(database)]],
      { toggle: () => this.#toggle(database), insert: () => this.events.insert(quoteName(database)) },
    )
  }

  *#tableItems(table: TableInfo): Generator<HTMLElement> {
    const key = keyOf(table)
    const isOpen = this.#open.has(key)
    const facts = [
      table.rows !== null && shortCount(table.rows),
      table.size !== null && table.size > 0 && sizeText(table.size),
    ].filter(Boolean)
    const name = this.#nameOf(table)
    yield this.#item(
      key,
      2,
      /View/.test(table.engine) ? 'view' : 'table',
      isOpen,
      [h('span', { class: 'tree-name' }, table.name), h('span', { class: 'tree-facts' }, facts.join(' · '))],
      [
        ['play', `Preview ${table.name}`, () => this.events.preview(table)],
        ['plus', 'Insert the name', () => this.events.insert(name)],
        ['code', 'SHOW CREATE TABLE', () => this.events.showCreate(table)],
      ],
      {
        toggle: () => this.#toggle(key),
        insert: () => this.events.insert(name),
        preview: () => this.events.preview(table),
        title: `${table.database}.${table.name}\n${table.engine}${table.rows === null ? '' : `\n${countText(table.rows)} rows`}${table.size ? `\n${sizeText(table.size)} compressed` : ''}`,
      },
    )
    if (!isOpen) return
    const columns = this.#columns.get(key)
    yield h('div', { class: 'tree-engine' }, table.engine, table.rows !== null && `, ${countText(table.rows)} rows`)
    if (columns === undefined) yield skeleton(60)
    else if (columns instanceof Error) yield h('p', { class: 'side-note inset' }, columns.message)
    else
      for (const column of columns)
        yield this.#item(
          `${key}.${column.name}`,
          3,
          null,
          null,
          [
            h('span', { class: column.isKey ? 'tree-name key' : 'tree-name' }, column.name),
            h('span', { class: 'tree-type' }, column.type),
            column.size > 0 && h('span', { class: 'tree-facts' }, sizeText(column.size)),
          ],
          [],
          {
            toggle: () => this.events.insert(quoteName(column.name)),
            insert: () => this.events.insert(quoteName(column.name)),
            title: `${column.name} ${column.type}${column.isKey ? '\nin the sorting key' : ''}${column.size > 0 ? `\n${sizeText(column.size)} compressed` : ''}${column.comment ? `\n${column.comment}` : ''}\nClick to insert the name`,
          },
        )
  }

  #item(
    key: string,
    level: number,
    symbol: IconName | null,
    isOpen: boolean | null,
    content: Child[],
    actions: [IconName, string, () => void][],
    does: { toggle: () => void; insert: () => void; preview?: () => void; title?: string },
  ): HTMLElement {
    const item = h(
      'div',
      {
        class: `tree-item level-${level}`,
        role: 'treeitem',
        'aria-level': level,
        'aria-expanded': isOpen === null ? undefined : String(isOpen),
        tabindex: -1,
        title: does.title,
        'data-key': key,
        on: {
          click: does.toggle,
          dblclick: does.insert,
          focus: () => {
            this.#focusKey = key
          },
        },
      },
      isOpen !== null && h('span', { class: isOpen ? 'chevron open' : 'chevron' }, icon('chevron')),
      symbol && icon(symbol),
      ...content,
      actions.length > 0 &&
        h(
          'span',
          { class: 'tree-actions' },
          ...actions.map(([name, label, run]) => {
            const button = iconButton(name, label, event => {
              event.stopPropagation()
              run()
            })
            button.tabIndex = -1
            return button
          }),
        ),
    )
    item.addEventListener('keydown', event => {
      if (event.target !== item) return
      if (event.key === 'Enter') does.insert()
      else if (event.key === ' ' && does.preview) does.preview()
      else return
      event.preventDefault()
    })
    return item
  }

  get #items(): HTMLElement[] {
    return Array.from(this.#tree.querySelectorAll<HTMLElement>('.tree-item'))
  }

  #key(event: KeyboardEvent): void {
    const items = this.#items
    const at = items.indexOf(document.activeElement as HTMLElement)
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return
    const item = items[at]
    const isOpen = item.getAttribute('aria-expanded')
    const level = Number(item.getAttribute('aria-level'))
    if (event.key === 'ArrowDown') this.#focusItem(at + 1)
    else if (event.key === 'ArrowUp') this.#focusItem(at - 1)
    else if (event.key === 'Home') this.#focusItem(0)
    else if (event.key === 'End') this.#focusItem(items.length - 1)
    else if (event.key === 'ArrowRight') {
      if (isOpen === 'false') item.click()
      else if (isOpen === 'true') this.#focusItem(at + 1)
    } else if (event.key === 'ArrowLeft') {
      if (isOpen === 'true') item.click()
      else
        this.#focusItem(items.findLastIndex((other, i) => i < at && Number(other.getAttribute('aria-level')) < level))
    } else return
    event.preventDefault()
  }

  #focusItem(at: number): void {
    const items = this.#items
    const item = items[Math.max(0, Math.min(items.length - 1, at))]
    if (!item) return
    for (const other of items) other.tabIndex = -1
    item.tabIndex = 0
    item.focus()
  }

  #toggle(key: string): void {
    this.#focusKey = key
    if (this.#open.has(key)) this.#open.delete(key)
    else {
      this.#open.add(key)
      this.#loadColumns(key)
    }
    this.draw()
  }

  #loadColumns(key: string): void {
    const table = this.catalogue.tables.find(each => keyOf(each) === key)
    if (!table || this.#columns.has(key)) return
    this.catalogue
      .columnsOf(table.database, table.name)
      .then(columns => this.#columns.set(key, columns))
      .catch(error => this.#columns.set(key, error as Error))
      .finally(() => this.draw())
  }

  #nameOf({ database, name }: TableInfo): string {
    return database === this.events.currentDatabase() ? quoteName(name) : `${quoteName(database)}.${quoteName(name)}`
  }
}

const keyOf = ({ database, name }: TableInfo): string => `${database}\u0000${name}`

function skeleton(width: number): HTMLElement {
  const bar = h('div', { class: 'skeleton', 'aria-hidden': 'true' })
  bar.style.width = `${width}%`
  return bar
}
