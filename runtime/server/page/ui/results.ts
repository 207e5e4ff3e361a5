// The lower half: how far the query is, what came of it, and the table, chart or text that it answered.
import { Chart } from '../chart/chart.ts'
import { suggest } from '../chart/shape.ts'
import { download, type ExportFormat, exportFormats, type Table, written } from '../grid/exporting.ts'
import { Grid, type Range } from '../grid/grid.ts'
import { ConnectionLost, ServerError } from '../net/serverError.ts'
import type { Run } from '../net/run.ts'
import { shapeOf } from '../sql/scan.ts'
import { countText, durationText, grouped, plural, sizeText } from './amounts.ts'
import { menu, say } from './dialogs.ts'
import { h, icon, replaceChildren } from './dom.ts'
import { Viewer } from './viewer.ts'

export type View = 'table' | 'chart'

export interface ResultEvents {
  pick(run: Run): void
  setView(view: View): void
  goToError(run: Run): void
  tryAgain(): void
  logIn(): void
  /** Runs again, as a file. */
  exportAs(run: Run, format: string): void
  serverFormats(): readonly string[]
  /** What to show where nothing was run. */
  welcome(): HTMLElement
  /** Changes when the welcome does. */
  welcomeKey(): string
}

const copyRowsMax = 200_000
const fileFormats = ['CSVWithNames', 'JSON', 'JSONEachRow', 'Parquet', 'Arrow', 'Native', 'SQLInsert', 'XML']

export class Results {
  readonly element: HTMLElement
  readonly grid: Grid
  readonly #viewer: Viewer
  readonly #chart = new Chart()
  readonly #bar = h('div', { class: 'progress', role: 'progressbar', 'aria-label': 'Progress' }, h('div'))
  readonly #status = h('div', { class: 'status' })
  readonly #tools = h('div', { class: 'result-tools' })
  readonly #chips = h('div', { class: 'chips', role: 'tablist', 'aria-label': 'Statements' })
  readonly #notice = h('div', { class: 'notice', role: 'status' })
  readonly #body = h('div', { class: 'result-body' })
  readonly #message = h('div', { class: 'message' })
  readonly #running = h('div', { class: 'running', 'aria-hidden': 'true' })
  #runs: readonly Run[] = []
  #run: Run | null = null
  #view: View = 'table'
  #drawnTools = ''
  #drawnMessage = ''

  constructor(readonly events: ResultEvents) {
    this.grid = new Grid({
      moved: () => this.#viewer.draw(),
      opened: () => this.#run && this.#viewer.open(this.#run),
      copied: range => this.#copyRange(range),
    })
    this.#viewer = new Viewer(this.grid, (text, what) => copy(text, `The ${what} is copied`))
    this.element = h(
      'section',
      { class: 'results', 'aria-label': 'Result', tabindex: -1 },
      this.#bar,
      h('div', { class: 'result-bar' }, this.#status, this.#tools),
      this.#chips,
      this.#notice,
      this.#body,
    )
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.#viewer.isOpen && !(this.#run && !this.#run.isOver)) {
        this.#viewer.close()
        event.stopPropagation()
      }
    })
  }

  focus(): void {
    if (this.grid.element.isConnected) this.grid.focus()
    else this.element.focus()
  }

  redraw(): void {
    this.#drawnMessage = this.#drawnTools = ''
    if (this.#run && this.#view === 'chart' && this.#run.isOver) this.#drawBody(true)
    this.draw(this.#runs, this.#run, this.#view)
  }

  draw(runs: readonly Run[], run: Run | null, view: View): void {
    const changed = run !== this.#run || view !== this.#view
    if (run !== this.#run) this.#viewer.element.hidden = true
    this.#runs = runs
    this.#run = run
    this.#view = view
    this.element.classList.toggle('is-empty', run === null)
    this.#drawProgress()
    this.#drawStatus()
    if (run?.state === 'running') this.#drawRunning(run)
    this.#drawTools()
    this.#drawChips()
    this.#drawNotice()
    this.#drawBody(changed)
  }

  #drawProgress(): void {
    const run = this.#run
    const isRunning = run?.state === 'running'
    const { readRows = 0, totalRows = 0 } = run?.progress ?? {}
    const part = totalRows > 0 && readRows < totalRows ? readRows / totalRows : 0
    this.#bar.className = isRunning ? (part > 0 ? 'progress on' : 'progress on unknown') : 'progress'
    const fill = this.#bar.firstElementChild as HTMLElement
    fill.style.width = isRunning && part > 0 ? `${(part * 100).toFixed(1)}%` : ''
    if (part > 0) this.#bar.setAttribute('aria-valuenow', String(Math.round(part * 100)))
    else this.#bar.removeAttribute('aria-valuenow')
  }

  #drawStatus(): void {
    const run = this.#run
    if (!run) {
      replaceChildren(this.#status)
      return
    }
    const { state, elapsedMs, progress } = run
    const time = durationText(elapsedMs)
    const seconds = elapsedMs / 1000
    const facts: (Node | string)[] = []
    if (run.rows && run.columns.length > 0) facts.push(h('b', null, plural(run.rowCount, 'row')))
    if (run.raw) facts.push(h('b', null, `${run.raw.format}, ${sizeText(run.raw.size)}`))
    if (progress.writtenRows > 0) facts.push(h('b', null, `${plural(progress.writtenRows, 'row')} written`))
    facts.push(h('span', { class: 'time' }, time))
    if (progress.readRows > 1 || progress.readBytes > 1) {
      const of =
        state === 'running' && progress.totalRows > progress.readRows ? ` of ${countText(progress.totalRows)}` : ''
      const share = of ? ` (${Math.floor((100 * progress.readRows) / progress.totalRows)}%)` : ''
      facts.push(`read ${countText(progress.readRows)}${of} rows${share}, ${sizeText(progress.readBytes)}`)
      if (seconds > 0.05 && progress.readRows > 100_000)
        facts.push(
          h(
            'span',
            { class: 'rate' },
            `${countText(Math.round(progress.readRows / seconds))} rows/s, ${sizeText(Math.round(progress.readBytes / seconds))}/s`,
          ),
        )
    }
    if (progress.memory > 0) facts.push(h('span', { class: 'memory' }, `${sizeText(progress.memory)} memory`))
    const [mark, label] = {
      waiting: [h('span', { class: 'dot' }), 'Waiting'],
      running: [h('span', { class: 'spinner' }), 'Running'],
      done: [icon('check'), 'Done'],
      failed: [icon('warning'), 'Failed'],
      cancelled: [icon('stop'), 'Stopped'],
    }[state] as [Node, string]
    this.#status.className = `status is-${state}`
    replaceChildren(
      this.#status,
      mark,
      h('span', { class: 'state' }, label),
      ...facts.map(fact => h('span', { class: 'fact' }, fact)),
    )
  }

  /** In the place of a table that has not begun. */
  #drawRunning({ elapsedMs, progress }: Run): void {
    const { readRows, totalRows, readBytes } = progress
    const part = totalRows > readRows && readRows > 0 ? readRows / totalRows : 0
    const track = h('div', { class: part > 0 ? 'track' : 'track unknown' }, h('div'))
    if (part > 0) (track.firstElementChild as HTMLElement).style.width = `${part * 100}%`
    replaceChildren(
      this.#running,
      h('div', { class: 'running-time' }, `${(elapsedMs / 1000).toFixed(1)} s`),
      part > 0 && track,
      h(
        'div',
        null,
        readRows > 0
          ? `${countText(readRows)}${part > 0 ? ` of ${countText(totalRows)}` : ''} rows read, ${sizeText(readBytes)}`
          : 'Waiting for the server',
      ),
    )
  }

  #drawTools(): void {
    const run = this.#run
    const hasRows = run?.isOver && run.columns.length > 0
    const key = hasRows ? `${run.queryId} ${this.#view}` : ''
    if (key === this.#drawnTools && key !== '') return
    this.#drawnTools = key
    if (!run || !hasRows) {
      if (run?.isOver && run.raw && !run.raw.isBinary) {
        replaceChildren(
          this.#tools,
          button('copy', 'Copy', () => copy(run.raw!.text, 'The answer is copied')),
        )
        return
      }
      replaceChildren(this.#tools)
      return
    }
    const canDraw = suggest(run) !== null
    const tab = (view: View, label: string, symbol: 'table' | 'chart') =>
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          'aria-selected': String(this.#view === view),
          disabled: view === 'chart' && !canDraw && this.#view !== 'chart',
          title:
            view === 'chart' && !canDraw
              ? 'A chart needs two rows and numbers beside times, names or numbers'
              : undefined,
          on: { click: () => this.events.setView(view) },
        },
        icon(symbol),
        label,
      )
    const copyButton = button('copy', 'Copy', () => this.#copyMenu(copyButton, run))
    const exportButton = button('download', 'Export', () => this.#exportMenu(exportButton, run))
    for (const each of [copyButton, exportButton]) each.setAttribute('aria-haspopup', 'menu')
    replaceChildren(
      this.#tools,
      h(
        'div',
        { class: 'segmented', role: 'tablist', 'aria-label': 'How to show the result' },
        tab('table', 'Table', 'table'),
        tab('chart', 'Chart', 'chart'),
      ),
      copyButton,
      exportButton,
    )
  }

  #drawChips(): void {
    this.#chips.hidden = this.#runs.length < 2
    if (this.#runs.length < 2) return
    replaceChildren(
      this.#chips,
      ...this.#runs.map((run, at) =>
        h(
          'button',
          {
            type: 'button',
            role: 'tab',
            class: `chip is-${run.state}`,
            'aria-selected': String(run === this.#run),
            title: run.sql.slice(0, 500),
            on: { click: () => this.events.pick(run) },
          },
          h('span', { class: 'chip-dot' }),
          `${at + 1}. ${run.sql.replace(/\s+/g, ' ').slice(0, 28)}`,
          run.state !== 'waiting' && h('span', { class: 'chip-time' }, durationText(run.elapsedMs)),
        ),
      ),
    )
  }

  #drawNotice(): void {
    const run = this.#run
    const notes: string[] = []
    if (run?.cut)
      notes.push(
        `Only the first ${grouped(run.rowCount)} rows are here: the query was stopped there. Choose a higher limit beside Run, or export all of them.`,
      )
    if (run?.state === 'cancelled' && run.rowCount > 0)
      notes.push(`Stopped: the ${grouped(run.rowCount)} rows that had come are shown.`)
    if (run?.state === 'failed' && run.rowCount > 0)
      notes.push(`The query failed after ${plural(run.rowCount, 'row')}: ${run.error?.message ?? ''}`)
    this.#notice.hidden = notes.length === 0
    if (this.#notice.textContent !== notes.join(' '))
      replaceChildren(this.#notice, icon('warning'), h('span', null, notes.join(' ')))
    if (notes.length === 0) replaceChildren(this.#notice)
  }

  #drawBody(changed: boolean): void {
    const run = this.#run
    if (changed && run) this.grid.show(run)
    if (run && run.columns.length > 0 && (run.rowCount > 0 || run.state !== 'failed')) {
      if (this.#view === 'chart' && run.isOver) {
        if (this.#body.firstElementChild !== this.#chart.element || changed) {
          replaceChildren(this.#body, this.#chart.element)
          this.#chart.show(run)
        }
        return
      }
      if (this.#body.firstElementChild !== this.grid.element) {
        this.#chart.hide()
        replaceChildren(this.#body, this.grid.element, this.#viewer.element)
      }
      this.grid.show(run)
      this.grid.element.classList.toggle('no-rows', run.isOver && run.rowCount === 0)
      return
    }
    this.#chart.hide()
    const key = run ? `${run.queryId} ${run.state} ${run.raw?.size}` : this.events.welcomeKey()
    if (this.#body.firstElementChild !== this.#message) replaceChildren(this.#body, this.#message)
    else if (key === this.#drawnMessage) return
    this.#drawnMessage = key
    replaceChildren(this.#message, run ? this.#messageOf(run) : this.events.welcome())
  }

  #messageOf(run: Run): HTMLElement {
    const { state, error, raw } = run
    if (error instanceof ConnectionLost)
      return card(
        'bad',
        'Connection lost',
        error.message,
        h('button', { type: 'button', class: 'button', on: { click: () => this.events.tryAgain() } }, 'Try again'),
      )
    if (error instanceof ServerError) {
      const title = error.code ? `${error.title || 'Error'}` : 'The server refused'
      return card(
        'bad',
        title,
        error.message,
        error.asksForPassword
          ? h('button', { type: 'button', class: 'button primary', on: { click: () => this.events.logIn() } }, 'Log in')
          : h(
              'button',
              { type: 'button', class: 'button', on: { click: () => this.events.goToError(run) } },
              'Go to the error',
            ),
        error.code ? `Code ${error.code}` : '',
      )
    }
    if (raw?.isBinary)
      return card('', 'A binary answer', `${raw.format}, ${sizeText(raw.size)}. Use Export to get it as a file.`)
    if (raw) return h('pre', { class: 'raw', tabindex: 0 }, raw.text)
    if (state === 'done')
      return card(
        'good',
        'Done',
        run.progress.writtenRows > 0
          ? `${plural(run.progress.writtenRows, 'row')} written.`
          : 'The statement has no result to show.',
      )
    if (state === 'cancelled') return card('', 'Stopped', 'The query was ended, here and on the server.')
    return state === 'waiting' ? h('p', { class: 'waiting-note' }, 'Waits for the statements before it') : this.#running
  }

  #tableOf(run: Run, range?: Range): Table {
    if (!range) return { columns: run.columns, rows: run.rowCount, row: at => run.row(this.grid.sourceRow(at)) }
    return {
      columns: run.columns.slice(range.left, range.right + 1),
      rows: range.bottom - range.top + 1,
      row: at => run.row(this.grid.sourceRow(range.top + at)).slice(range.left, range.right + 1),
    }
  }

  #copyRange(range: Range): void {
    const run = this.#run!
    if (range.top === range.bottom && range.left === range.right) {
      copy(this.grid.cell(range.top, range.left) ?? '\\N', 'The value is copied')
      return
    }
    const table = this.#tableOf(run, range)
    const [, ...lines] = written(limited(table), 'TSV')
    copy(lines.join(''), `${plural(Math.min(table.rows, copyRowsMax), 'row')} copied`)
  }

  #copyMenu(anchor: HTMLElement, run: Run): void {
    const range = this.grid.range
    const isPart = range !== null && (range.top !== range.bottom || range.left !== range.right)
    const table = limited(isPart ? this.#tableOf(run, range) : this.#tableOf(run))
    const as = (format: ExportFormat): [string, () => void] => [
      format,
      () => copy(Array.from(written(table, format)).join(''), `${plural(table.rows, 'row')} copied as ${format}`),
    ]
    menu(anchor, [
      isPart
        ? `The selected ${plural(table.rows, 'row')}`
        : `${table.rows < run.rowCount ? 'The first ' : ''}${plural(table.rows, 'row')}`,
      as('Markdown'),
      as('TSV'),
      as('CSV'),
      as('JSON'),
    ])
  }

  #exportMenu(anchor: HTMLElement, run: Run): void {
    const name = `granary-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}`
    const local = (['CSV', 'TSV', 'JSON', 'JSONL', 'Markdown'] as const).map((format): [string, () => void, string] => {
      const { extension, type } = exportFormats[format]
      return [
        format,
        () => download(`${name}.${extension}`, type, written(this.#tableOf(run), format)),
        `.${extension}`,
      ]
    })
    const formats = fileFormats.filter(format => this.events.serverFormats().includes(format))
    const again = shapeOf(run.sql).reads
      ? formats.map((format): [string, () => void] => [format, () => this.events.exportAs(run, format)])
      : []
    menu(anchor, [
      `The ${plural(run.rowCount, 'row')} here`,
      ...local,
      ...(again.length > 0 ? ['All rows, by running again', ...again] : []),
    ])
  }
}

const limited = (table: Table): Table =>
  table.rows <= copyRowsMax ? table : { ...table, rows: copyRowsMax, row: table.row }

export async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Pages of plain http have no clipboard; the old way works there.
    const area = h('textarea', { class: 'offscreen' })
    area.value = text
    const focused = document.activeElement as HTMLElement | null
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
    focused?.focus()
  }
  say(done)
}

function button(symbol: 'copy' | 'download', label: string, click: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'button quiet', on: { click } }, icon(symbol), h('span', null, label))
}

function card(
  kind: '' | 'good' | 'bad',
  title: string,
  text: string,
  action: Node | null = null,
  tag = '',
): HTMLElement {
  return h(
    'div',
    { class: `card ${kind}`, role: kind === 'bad' ? 'alert' : undefined },
    h(
      'div',
      { class: 'card-title' },
      icon(kind === 'bad' ? 'warning' : kind === 'good' ? 'check' : 'stop'),
      h('b', null, title),
      tag && h('span', { class: 'tag' }, tag),
    ),
    h('pre', null, text),
    action,
  )
}
