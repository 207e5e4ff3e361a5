// A table of any number of rows in as many elements as fit the window. Rows are placed by hand in a box as tall as a browser allows;
// where the rows are taller than that, the scroll bar is a scale of them and the wheel still moves by pixels.
import { h, icon } from '../ui/dom.ts'
import type { Run } from '../net/run.ts'
import type { Cell } from '../net/rowStore.ts'
import { type Order, orderOf } from './order.ts'
import { type Kind, kindOf } from './types.ts'

export interface Range {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

export interface GridEvents {
  /** The cell that has the cursor. */
  moved(): void
  opened(): void
  copied(range: Range): void
}

export const rowHeight = 25
const headHeight = 44
/** Browsers forget pixels beyond some tens of millions. */
const heightMax = 8_000_000
const overscan = 8
const shownLength = 240
/** As much as shownLength characters can take, and some for escapes. */
const glancedBytes = 1200
const widthMin = 56
const widthMax = 380
const sampleRows = 200
/** Sorting reads a whole column into memory. */
export const sortRowsMax = 5_000_000

export class Grid {
  readonly element: HTMLElement
  readonly #scroller: HTMLElement
  readonly #head: HTMLElement
  readonly #body: HTMLElement
  readonly #events: GridEvents
  #run: Run | null = null
  #kinds: Kind[] = []
  #widths: number[] = []
  /** Left edge of each column, and the right one of the last. */
  #edges: number[] = [0]
  #gutter = 40
  #sampled = 0
  #isSizedByHand = false
  #rows = 0
  #order: Uint32Array | null = null
  #sort: Order | null = null
  #top = 0
  #ownScroll = -1
  #elements = new Map<number, HTMLElement>()
  #drawnColumns = ''
  #frame = 0
  #anchor = { row: 0, column: 0 }
  #cursor = { row: 0, column: 0 }
  #hasCursor = false
  #characterWidth = 7.5

  constructor(events: GridEvents) {
    this.#events = events
    this.#head = h('div', { class: 'grid-head', role: 'row', 'aria-rowindex': 1 })
    this.#body = h('div', { class: 'grid-body', role: 'rowgroup' })
    this.#scroller = h(
      'div',
      { class: 'grid-scroller', tabindex: 0, role: 'grid', 'aria-label': 'Result', 'aria-multiselectable': 'true' },
      this.#head,
      this.#body,
    )
    this.element = h('div', { class: 'grid' }, this.#scroller)
    this.#scroller.addEventListener('scroll', () => this.#scrolled())
    this.#scroller.addEventListener('wheel', event => this.#wheel(event), { passive: false })
    this.#scroller.addEventListener('keydown', event => this.#key(event))
    this.#body.addEventListener('pointerdown', event => this.#press(event))
    this.#body.addEventListener('dblclick', () => this.#hasCursor && this.#events.opened())
    new ResizeObserver(() => this.#draw()).observe(this.#scroller)
  }

  focus(): void {
    this.#scroller.focus()
  }

  /** The cell of the cursor comes into view. */
  reveal(): void {
    if (this.#hasCursor) this.#reveal()
  }

  get sort(): Order | null {
    return this.#sort
  }

  /** The row of the result that is shown in a place. */
  sourceRow(row: number): number {
    return this.#order ? this.#order[row] : row
  }

  cell(row: number, column: number): Cell {
    return this.#run!.rows!.cell(this.sourceRow(row), column)
  }

  get cursor(): { row: number; column: number } | null {
    return this.#hasCursor && this.#rows > 0 ? this.#cursor : null
  }

  get range(): Range | null {
    if (!this.#hasCursor) return null
    const { row, column } = this.#cursor
    return {
      top: Math.min(row, this.#anchor.row),
      bottom: Math.max(row, this.#anchor.row),
      left: Math.min(column, this.#anchor.column),
      right: Math.max(column, this.#anchor.column),
    }
  }

  show(run: Run | null): void {
    if (run === this.#run) {
      this.update()
      return
    }
    this.#run = run
    this.#kinds = []
    this.#order = null
    this.#sort = null
    this.#hasCursor = false
    this.#cursor = this.#anchor = { row: 0, column: 0 }
    this.#sampled = 0
    this.#isSizedByHand = false
    this.#rows = 0
    this.#top = 0
    this.#scroller.scrollTop = this.#scroller.scrollLeft = 0
    this.#clear()
    this.update()
  }

  /** Rows may have come. */
  update(): void {
    const run = this.#run
    if (!run || run.columns.length === 0) return
    if (this.#kinds.length === 0) {
      this.#characterWidth = this.#measureCharacter()
      this.#kinds = run.columns.map(({ type }) => kindOf(type))
      this.#measure()
    }
    if (this.#sampled < sampleRows && run.rowCount > this.#sampled && !this.#isSizedByHand) this.#measure()
    const gutter = Math.max(40, String(run.rowCount).length * this.#characterWidth + 22)
    if (gutter > this.#gutter || this.#rows === 0) {
      this.#gutter = gutter
      this.#place()
    }
    if (run.rowCount !== this.#rows) {
      this.#rows = run.rowCount
      this.#scroller.setAttribute('aria-rowcount', String(this.#rows + 1))
      this.#body.style.height = `${this.#bodyHeight}px`
    }
    this.#draw()
  }

  sortBy(sort: Order | null): void {
    const run = this.#run
    if (!run || run.rowCount > sortRowsMax) return
    this.#sort = sort
    this.#order = sort ? orderOf(run, sort) : null
    this.#clear()
    this.#drawHead()
    this.#draw()
  }

  selectAll(): void {
    this.#anchor = { row: 0, column: 0 }
    this.#cursor = { row: this.#rows - 1, column: this.#widths.length - 1 }
    this.#hasCursor = true
    this.#repaint()
    this.#events.moved()
  }

  moveTo(row: number, column: number, extends_ = false): void {
    if (this.#rows === 0) return
    this.#cursor = {
      row: Math.max(0, Math.min(this.#rows - 1, row)),
      column: Math.max(0, Math.min(this.#widths.length - 1, column)),
    }
    if (!extends_) this.#anchor = this.#cursor
    this.#hasCursor = true
    this.#reveal()
    this.#repaint()
    this.#events.moved()
  }

  // Geometry

  get #realHeight(): number {
    return this.#rows * rowHeight
  }

  get #bodyHeight(): number {
    return Math.min(this.#realHeight, heightMax)
  }

  get #viewHeight(): number {
    return Math.max(0, this.#scroller.clientHeight - headHeight)
  }

  get #topMax(): number {
    return Math.max(0, this.#realHeight - this.#viewHeight)
  }

  get #isScaled(): boolean {
    return this.#realHeight > heightMax
  }

  /** Scroll positions per pixel of rows. */
  get #scale(): number {
    return this.#isScaled ? (heightMax - this.#viewHeight) / this.#topMax : 1
  }

  #scrolled(): void {
    const { scrollTop } = this.#scroller
    if (Math.abs(scrollTop - this.#ownScroll) > 1) this.#top = Math.min(this.#topMax, scrollTop / this.#scale)
    this.#ownScroll = -1
    if (!this.#frame)
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0
        this.#draw()
      })
  }

  #wheel(event: WheelEvent): void {
    if (!this.#isScaled || event.deltaY === 0 || event.ctrlKey || event.shiftKey) return
    const step = event.deltaMode === 1 ? rowHeight : event.deltaMode === 2 ? this.#viewHeight : 1
    event.preventDefault()
    this.#scrollTo(this.#top + event.deltaY * step)
  }

  #scrollTo(top: number): void {
    this.#top = Math.max(0, Math.min(this.#topMax, top))
    this.#ownScroll = this.#top * this.#scale
    this.#scroller.scrollTop = this.#ownScroll
    this.#draw()
  }

  #reveal(): void {
    const { row, column } = this.#cursor
    const top = row * rowHeight
    if (top < this.#top) this.#scrollTo(top)
    else if (top + rowHeight > this.#top + this.#viewHeight) this.#scrollTo(top + rowHeight - this.#viewHeight)
    const { scrollLeft, clientWidth } = this.#scroller
    const left = this.#edges[column]
    const right = this.#edges[column + 1]
    if (left < scrollLeft) this.#scroller.scrollLeft = left
    else if (right - scrollLeft > clientWidth - this.#gutter)
      this.#scroller.scrollLeft = Math.min(left, right - clientWidth + this.#gutter)
  }

  #measureCharacter(): number {
    const probe = h('span', { class: 'grid-probe' }, '0'.repeat(50))
    this.#body.append(probe)
    const { width } = probe.getBoundingClientRect()
    probe.remove()
    return width > 0 ? width / 50 : 7.5
  }

  /** Widths from names, types and the first rows. */
  #measure(): void {
    const run = this.#run!
    this.#sampled = Math.min(run.rowCount, sampleRows)
    const longest = run.columns.map(({ name, type }) => Math.max(name.length + 2, Math.min(type.length * 0.86, 26)))
    for (let row = 0; row < this.#sampled; row++) {
      const cells = run.rows!.row(row, glancedBytes)
      for (let column = 0; column < cells.length; column++) {
        const length = cells[column]?.length ?? 4
        if (length > longest[column]) longest[column] = length
      }
    }
    const room = longest.length === 1 ? 900 : widthMax
    this.#widths = longest.map(length =>
      Math.round(Math.max(widthMin, Math.min(room, length * this.#characterWidth + 27))),
    )
    this.#place()
  }

  #place(): void {
    this.#edges = [0]
    for (const width of this.#widths) this.#edges.push(this.#edges[this.#edges.length - 1] + width)
    const whole = this.#gutter + this.#edges[this.#edges.length - 1]
    this.#body.style.width = this.#head.style.width = `${whole}px`
    this.#scroller.setAttribute('aria-colcount', String(this.#widths.length))
    this.#clear()
    this.#drawHead()
  }

  #clear(): void {
    for (const element of this.#elements.values()) element.remove()
    this.#elements.clear()
    if (!this.#run) this.#head.replaceChildren()
  }

  // Drawing

  get #columnWindow(): [start: number, end: number] {
    const { scrollLeft, clientWidth } = this.#scroller
    let start = 0
    while (start < this.#widths.length - 1 && this.#edges[start + 1] < scrollLeft - 200) start++
    let end = start
    while (end < this.#widths.length && this.#edges[end] < scrollLeft + clientWidth + 200) end++
    return [start, end]
  }

  #drawHead(): void {
    const run = this.#run
    if (!run) return
    const [start, end] = this.#columnWindow
    const corner = h('div', { class: 'grid-corner', role: 'columnheader', 'aria-label': 'Row number' })
    corner.style.width = `${this.#gutter}px`
    const cells = run.columns.slice(start, end).map(({ name, type }, i) => {
      const column = start + i
      const sort = this.#sort?.column === column ? (this.#sort.isDescending ? 'descending' : 'ascending') : 'none'
      const grip = h('div', {
        class: 'grid-grip',
        on: { pointerdown: event => this.#resize(event, column), dblclick: event => this.#fit(event, column) },
      })
      const cell = h(
        'div',
        {
          class: `grid-name kind-${this.#kinds[column]}`,
          role: 'columnheader',
          'aria-colindex': column + 1,
          'aria-sort': sort,
          title: `${name}\n${type}\nClick to sort the rows that are here`,
          on: { click: () => this.#cycleSort(column) },
        },
        h('span', { class: 'grid-name-text' }, h('span', null, name), sort !== 'none' && icon('down')),
        h('span', { class: 'grid-type' }, type),
        grip,
      )
      cell.style.left = `${this.#gutter + this.#edges[column]}px`
      cell.style.width = `${this.#widths[column]}px`
      return cell
    })
    this.#head.replaceChildren(corner, ...cells)
  }

  #draw(): void {
    const run = this.#run
    if (!run || this.#widths.length === 0) return
    if (this.#top > this.#topMax) this.#top = this.#topMax
    const [start, end] = this.#columnWindow
    const columns = `${start}-${end}`
    if (columns !== this.#drawnColumns) {
      this.#drawnColumns = columns
      this.#clear()
      this.#drawHead()
    }
    const first = Math.max(0, Math.floor(this.#top / rowHeight) - overscan)
    const last = Math.min(this.#rows, Math.ceil((this.#top + this.#viewHeight) / rowHeight) + overscan)
    // Rows stand relative to the scroll position as it is, which is not the same as theirs when the bar is a scale.
    const shift = this.#isScaled ? this.#scroller.scrollTop - this.#top : 0
    for (const [row, element] of this.#elements)
      if (row < first || row >= last) {
        element.remove()
        this.#elements.delete(row)
      }
    const fresh = document.createDocumentFragment()
    for (let row = first; row < last; row++) {
      let element = this.#elements.get(row)
      if (!element) {
        element = this.#newRow(row, start, end)
        this.#elements.set(row, element)
        fresh.append(element)
      }
      element.style.transform = `translateY(${row * rowHeight + shift}px)`
    }
    this.#body.append(fresh)
  }

  #newRow(row: number, start: number, end: number): HTMLElement {
    const source = this.sourceRow(row)
    const cells = this.#run!.rows!.row(source, glancedBytes)
    const element = h('div', {
      class: row % 2 ? 'grid-row odd' : 'grid-row',
      role: 'row',
      'aria-rowindex': row + 2,
      'data-row': row,
    })
    const gutter = h('div', { class: 'grid-gutter', role: 'rowheader' }, source + 1)
    gutter.style.width = `${this.#gutter}px`
    element.append(gutter)
    for (let column = start; column < end; column++) {
      const cell = document.createElement('div')
      const value = cells[column]
      cell.setAttribute('role', 'gridcell')
      cell.setAttribute('aria-colindex', String(column + 1))
      cell.dataset['column'] = String(column)
      cell.style.left = `${this.#gutter + this.#edges[column]}px`
      cell.style.width = `${this.#widths[column]}px`
      cell.className =
        value === null || value === undefined
          ? `grid-cell kind-${this.#kinds[column]} null`
          : `grid-cell kind-${this.#kinds[column]}`
      cell.textContent = value === null ? 'NULL' : shown(value ?? '')
      if (value === '') cell.classList.add('empty')
      element.append(cell)
    }
    this.#paintRow(element, row)
    return element
  }

  #repaint(): void {
    for (const [row, element] of this.#elements) this.#paintRow(element, row)
  }

  #paintRow(element: HTMLElement, row: number): void {
    const range = this.range
    const inRows = range !== null && row >= range.top && row <= range.bottom
    element.classList.toggle('marked', inRows)
    for (const cell of element.children as Iterable<Element> & HTMLCollection) {
      const column = Number((cell as HTMLElement).dataset['column'] ?? -1)
      const isMarked = inRows && column >= range.left && column <= range.right
      const hasCursor = this.#hasCursor && row === this.#cursor.row && column === this.#cursor.column
      cell.classList.toggle('selected', isMarked)
      cell.classList.toggle('cursor', hasCursor)
      if (column >= 0) {
        if (isMarked) cell.setAttribute('aria-selected', 'true')
        else cell.removeAttribute('aria-selected')
      }
      if (hasCursor) {
        cell.id = 'grid-cursor'
        this.#scroller.setAttribute('aria-activedescendant', 'grid-cursor')
      } else if (cell.id) cell.removeAttribute('id')
    }
  }

  // Hands

  #cycleSort(column: number): void {
    const sort = this.#sort
    if (sort?.column !== column) this.sortBy({ column, isDescending: false })
    else this.sortBy(sort.isDescending ? null : { column, isDescending: true })
  }

  #resize(event: PointerEvent, column: number): void {
    event.preventDefault()
    event.stopPropagation()
    const grip = event.currentTarget as HTMLElement
    const from = event.clientX
    const width = this.#widths[column]
    this.#isSizedByHand = true
    const move = ({ clientX }: PointerEvent) => {
      this.#widths[column] = Math.max(32, width + clientX - from)
      this.#place()
      this.#draw()
    }
    const swallow = (click: Event) => click.stopPropagation()
    grip.addEventListener('click', swallow)
    window.addEventListener('pointermove', move)
    window.addEventListener(
      'pointerup',
      () => {
        window.removeEventListener('pointermove', move)
        // The click that ends a drag lands on the header, and is no wish to sort.
        window.addEventListener('click', swallow, { capture: true, once: true })
        setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 0)
      },
      { once: true },
    )
  }

  #fit(event: Event, column: number): void {
    event.stopPropagation()
    const longest = Math.max(
      this.#run!.columns[column].name.length + 2,
      ...Array.from(this.#elements.keys(), row => this.cell(row, column)?.length ?? 4),
    )
    this.#isSizedByHand = true
    this.#widths[column] = Math.max(widthMin, Math.min(1600, longest * this.#characterWidth + 27))
    this.#place()
    this.#draw()
  }

  #press(event: PointerEvent): void {
    const target = event.target as HTMLElement
    const place = this.#placeOf(target)
    if (!place || event.button !== 0) return
    if (place.column < 0) {
      this.moveTo(place.row, 0, false)
      this.#anchor = { row: place.row, column: this.#widths.length - 1 }
      this.#repaint()
      return
    }
    if (event.pointerType === 'touch') {
      this.moveTo(place.row, place.column)
      return
    }
    event.preventDefault()
    this.#scroller.focus({ preventScroll: true })
    this.moveTo(place.row, place.column, event.shiftKey)
    const over = (move: PointerEvent) => {
      const next = this.#placeOf(document.elementFromPoint(move.clientX, move.clientY))
      if (next && (next.row !== this.#cursor.row || next.column !== this.#cursor.column))
        this.moveTo(next.row, Math.max(0, next.column), true)
    }
    window.addEventListener('pointermove', over)
    window.addEventListener('pointerup', () => window.removeEventListener('pointermove', over), { once: true })
  }

  #placeOf(target: Element | null): { row: number; column: number } | null {
    const row = target?.closest<HTMLElement>('.grid-row')
    if (!row || !this.#body.contains(row)) return null
    const cell = target!.closest<HTMLElement>('.grid-cell')
    return { row: Number(row.dataset['row']), column: cell ? Number(cell.dataset['column']) : -1 }
  }

  #key(event: KeyboardEvent): void {
    const { row, column } = this.#cursor
    const page = Math.max(1, Math.floor(this.#viewHeight / rowHeight) - 1)
    const far = event.ctrlKey || event.metaKey
    const lastRow = this.#rows - 1
    const lastColumn = this.#widths.length - 1
    if (far && event.key.toLowerCase() === 'a') this.selectAll()
    else if (far && event.key.toLowerCase() === 'c') {
      if (!this.range || String(getSelection() ?? '') !== '') return
      this.#events.copied(this.range)
    } else if (event.key === 'Enter' && !far) {
      if (!this.#hasCursor) this.moveTo(0, 0)
      this.#events.opened()
    } else {
      if (event.altKey) return
      const start = this.#hasCursor
      const moves: Record<string, [number, number]> = {
        ArrowDown: [far ? lastRow : row + (start ? 1 : 0), column],
        ArrowUp: [far ? 0 : row - 1, column],
        ArrowRight: [row, far ? lastColumn : column + (start ? 1 : 0)],
        ArrowLeft: [row, far ? 0 : column - 1],
        PageDown: [row + page, column],
        PageUp: [row - page, column],
        Home: [far ? 0 : row, 0],
        End: [far ? lastRow : row, lastColumn],
      }
      const move = moves[event.key]
      if (!move) return
      this.moveTo(move[0], move[1], event.shiftKey)
    }
    event.preventDefault()
  }
}

/** A cell has one line, and not more of it than can be seen. */
const shown = (text: string): string => {
  const cut = text.length > shownLength ? `${text.slice(0, shownLength)}…` : text
  return /[\n\t\r]/.test(cut) ? cut.replace(/\r?\n/g, ' ⏎ ').replace(/[\t\r]/g, ' ') : cut
}
