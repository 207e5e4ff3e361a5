// The page as a whole: tabs of queries, and what connects the editor, the tables, the results and the server. It is long because it
// is the one place where they meet: none of them knows another.
import { Catalogue, type TableInfo } from './net/catalogue.ts'
import { Run } from './net/run.ts'
import { newId, Server } from './net/server.ts'
import { ConnectionLost, placeOf, ServerError } from './net/serverError.ts'
import { completionSource } from './sql/completion.ts'
import { Editor } from './sql/editor.ts'
import { quoteName, shapeOf, type Statement, statementsOf, unquoteName } from './sql/scan.ts'
import { keepAccount, recallAccount } from './ui/account.ts'
import { askLogin, isMac, mod, say, showText } from './ui/dialogs.ts'
import { h, icon, iconButton, replaceChildren } from './ui/dom.ts'
import { exportAgain } from './ui/exportAgain.ts'
import { closeSide, frame, openSide } from './ui/frame.ts'
import { keep, recall } from './ui/keep.ts'
import { listenForKeys } from './ui/keys.ts'
import { linkOf, readLink } from './ui/link.ts'
import { ParameterBar } from './ui/parameterBar.ts'
import { QueryHistory } from './ui/queryHistory.ts'
import { copy, Results } from './ui/results.ts'
import { TableTree } from './ui/sidebar.ts'
import { type Tab, TabBar, titleOf } from './ui/tabBar.ts'
import { applyTheme, nextTheme, theme } from './ui/theme.ts'
import { welcome } from './ui/welcome.ts'

interface KeptTab {
  readonly text: string
  readonly parameters: Record<string, string>
}

const limits: readonly [rows: number, label: string][] = [
  [1000, '1K rows'],
  [10_000, '10K rows'],
  [100_000, '100K rows'],
  [1_000_000, '1M rows'],
  [10_000_000, '10M rows'],
  [Number.MAX_SAFE_INTEGER, 'All rows'],
]
const tabsMax = 20
/** Statements behind which the tables are read again. */
const schemaVerbs =
  'CREATE DROP ALTER RENAME EXCHANGE TRUNCATE ATTACH DETACH INSERT OPTIMIZE UNDROP SYSTEM DELETE'.split(' ')

export class App {
  readonly #server: Server
  readonly #catalogue: Catalogue
  readonly #editor: Editor
  readonly #results: Results
  readonly #tree: TableTree
  readonly #history: QueryHistory
  readonly #tabBar = new TabBar({
    select: tab => this.#selectTab(tab, false),
    close: tab => this.#closeTab(tab),
    add: () => this.#newTab(''),
    leave: () => this.#editor.focus(),
  })
  readonly #parameterBar = new ParameterBar(() => this.#keepTabs())
  readonly #runButton: HTMLButtonElement
  readonly #limit: HTMLSelectElement
  readonly #databases: HTMLSelectElement
  readonly #connection = h('button', { type: 'button', class: 'connection', on: { click: () => this.#logIn('') } })
  readonly #side = h('div', { class: 'side-body' })
  readonly #sideTabs = h('div', { class: 'side-tabs', role: 'tablist', 'aria-label': 'Side bar' })
  readonly #themeButton: HTMLButtonElement
  #database = recall('database', '')
  #tabs: Tab[] = []
  #tab!: Tab
  /** Set once a statement needs one: SET, temporary tables. */
  #sessionId: string | undefined
  #isAsking = false
  #drawAsked = false
  #keepTimer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    this.#server = new Server(
      location.protocol === 'file:'
        ? recall('server', 'http://localhost:8123/')
        : new URL('./', location.href).href.replace(/[?#].*$/, ''),
    )
    this.#server.account = recallAccount()
    this.#catalogue = new Catalogue(this.#server)
    this.#editor = new Editor(
      { changed: docChanged => this.#edited(docChanged), escape: () => this.#stop() },
      completionSource(this.#catalogue, () => this.#currentDatabase),
    )
    this.#results = new Results({
      pick: run => {
        this.#tab.shown = run
        this.#draw()
      },
      setView: view => {
        this.#tab.view = view
        this.#draw()
      },
      goToError: run => this.#goToError(run),
      tryAgain: () => this.#runChosen(),
      logIn: () => this.#logIn(''),
      exportAs: exportAgain,
      serverFormats: () => this.#catalogue.formats,
      welcome: () =>
        welcome(
          this.#catalogue.tables.filter(({ database }) => database === this.#currentDatabase),
          this.#catalogue.trouble,
          { open: sql => this.#openText(sql, true), connect: () => this.#connect(), logIn: () => this.#logIn('') },
        ),
      welcomeKey: () => `${this.#currentDatabase} ${this.#catalogue.tables.length} ${this.#catalogue.trouble}`,
    })
    this.#tree = new TableTree(this.#catalogue, {
      insert: text => this.#editor.insert(text),
      preview: table => this.#preview(table),
      showCreate: table => this.#showCreate(table),
      useDatabase: database => this.#useDatabase(database),
      currentDatabase: () => this.#currentDatabase,
    })
    this.#history = new QueryHistory(sql => this.#openText(sql))
    this.#runButton = h('button', {
      type: 'button',
      class: 'button primary run',
      on: { click: () => this.#runOrStop() },
    })
    this.#limit = h(
      'select',
      {
        'aria-label': 'Most rows to show',
        title: 'Most rows to show: a query with more is stopped there',
        on: { change: () => keep('rowsMax', Number(this.#limit.value)) },
      },
      ...limits.map(([rows, label]) =>
        h('option', { value: rows, selected: rows === recall('rowsMax', 100_000) }, label),
      ),
    )
    this.#databases = h('select', {
      'aria-label': 'Database',
      title: 'Database of names without one',
      on: { change: () => this.#useDatabase(this.#databases.value) },
    })
    this.#themeButton = iconButton('auto', 'Theme', () => nextTheme())
  }

  start(): void {
    document.body.append(this.#layout())
    this.#restoreTabs()
    this.#openLink()
    addEventListener('hashchange', () => this.#openLink())
    this.#listenForKeys()
    addEventListener('pagehide', () => this.#keepTabsNow())
    this.#catalogue.listen(() => {
      this.#drawConnection()
      this.#drawDatabases()
      this.#askDraw()
    })
    applyTheme(() => {
      const chosen = theme()
      const [symbol, label] = {
        auto: ['auto', 'Theme: as the system has it'],
        light: ['sun', 'Theme: light'],
        dark: ['moon', 'Theme: dark'],
      }[chosen] as ['auto', string]
      replaceChildren(this.#themeButton, icon(symbol))
      this.#themeButton.title = label
      this.#themeButton.setAttribute('aria-label', label)
      this.#results.redraw()
    })
    this.#editor.focus()
    this.#connect()
  }

  #listenForKeys(): void {
    const sideElement = () => this.#side.querySelector<HTMLElement>('[tabindex="0"], input')
    listenForKeys({
      run: () => this.#runChosen(),
      runAll: () => this.#runAll(),
      stop: () => this.#stop(),
      findTable: () => {
        openSide()
        this.#drawSide('tables')
        this.#tree.filter.focus()
        this.#tree.filter.select()
      },
      findQuery: () => {
        openSide()
        this.#drawSide('history')
        this.#history.search.focus()
      },
      newTab: () => this.#newTab(''),
      closeTab: () => this.#closeTab(this.#tab),
      goToTab: number => this.#tabs[number - 1] && this.#selectTab(this.#tabs[number - 1]),
      switchView: () => {
        this.#tab.view = this.#tab.view === 'table' ? 'chart' : 'table'
        this.#draw()
      },
      parts: [{ element: this.#side, focus: () => sideElement()?.focus() }, this.#editor, this.#results],
    })
  }

  // Layout

  #layout(): HTMLElement {
    const toolbar = h(
      'div',
      { class: 'toolbar' },
      this.#runButton,
      h(
        'button',
        {
          type: 'button',
          class: 'button quiet run-all',
          title: `Run all statements (${mod}+Shift+Enter)`,
          on: { click: () => this.#runAll() },
        },
        'Run all',
      ),
      h('span', { class: 'toolbar-gap' }),
      h('label', { class: 'picker' }, icon('database'), this.#databases),
      h('label', { class: 'picker' }, h('span', null, 'Limit'), this.#limit),
      iconButton('link', 'Copy a link to this query', () => this.#copyLink()),
    )
    return frame({
      tabs: this.#tabBar.element,
      connection: this.#connection,
      theme: this.#themeButton,
      side: [this.#sideTabs, this.#side],
      query: [this.#editor.element, this.#parameterBar.element, toolbar],
      results: this.#results.element,
    })
  }

  #drawSide(which: 'tables' | 'history' = 'tables'): void {
    const tab = (name: 'tables' | 'history', label: string, symbol: 'table' | 'history') =>
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          'aria-selected': String(which === name),
          on: { click: () => this.#drawSide(name) },
        },
        icon(symbol),
        label,
      )
    replaceChildren(this.#sideTabs, tab('tables', 'Tables', 'table'), tab('history', 'History', 'history'))
    replaceChildren(this.#side, which === 'tables' ? this.#tree.element : this.#history.element)
    if (which === 'history') this.#history.draw()
  }

  #drawConnection(): void {
    const { trouble, serverVersion, serverName } = this.#catalogue
    const isLost = trouble instanceof ConnectionLost
    const { user } = this.#server.account
    this.#connection.className = `connection ${trouble ? 'bad' : serverVersion ? 'good' : ''}`
    this.#connection.title = `${this.#server.url}\n${serverName} ${serverVersion}\nUser ${user}. Click to change`
    replaceChildren(
      this.#connection,
      h('span', { class: 'dot' }),
      h(
        'span',
        { class: 'connection-text' },
        isLost
          ? 'No connection'
          : trouble
            ? 'Not connected'
            : serverVersion
              ? `${user}@${new URL(this.#server.url).host || serverName}`
              : 'Connecting',
      ),
    )
  }

  #drawDatabases(): void {
    const { databases } = this.#catalogue
    const current = this.#currentDatabase
    const names = databases.includes(current) || current === '' ? databases : [current, ...databases]
    replaceChildren(
      this.#databases,
      ...names.map(name => h('option', { value: name, selected: name === current }, name)),
    )
  }

  #drawTabs(): void {
    this.#tabBar.draw(this.#tabs, this.#tab)
  }

  #drawRunButton(): void {
    const isRunning = this.#isRunning
    if (this.#runButton.dataset['running'] === String(isRunning)) return
    this.#runButton.dataset['running'] = String(isRunning)
    this.#runButton.classList.toggle('stop', isRunning)
    this.#runButton.title = isRunning
      ? 'Stop the query (Esc)'
      : `Run the statement under the cursor, or the selection (${mod}+Enter)`
    replaceChildren(
      this.#runButton,
      icon(isRunning ? 'stop' : 'play'),
      h('span', null, isRunning ? 'Stop' : 'Run'),
      h('kbd', null, isRunning ? 'Esc' : isMac ? '⌘⏎' : 'Ctrl ⏎'),
    )
  }

  #drawParameters(): void {
    this.#parameterBar.draw(this.#editor.text, this.#tab.parameters)
  }

  /** At most once a frame, however often it is asked for. */
  #askDraw(): void {
    if (this.#drawAsked) return
    this.#drawAsked = true
    requestAnimationFrame(() => {
      this.#drawAsked = false
      this.#draw()
    })
  }

  #draw(): void {
    document.title = `${this.#isRunning ? '● ' : ''}${titleOf(this.#tab)} · Granary`
    const { runs, shown, view } = this.#tab
    this.#drawRunButton()
    this.#results.draw(runs, shown, view)
  }

  // Tabs

  #restoreTabs(): void {
    this.#drawSide()
    const kept = recall<KeptTab[]>('tabs', [])
    for (const { text, parameters } of kept.slice(0, tabsMax)) this.#addTab(String(text), parameters ?? {})
    if (this.#tabs.length === 0) this.#addTab('', {})
    this.#selectTab(this.#tabs[Math.min(recall('tab', 0), this.#tabs.length - 1)] ?? this.#tabs[0])
  }

  #addTab(text: string, parameters: Record<string, string>): Tab {
    const tab: Tab = {
      state: this.#editor.newState(text),
      runs: [],
      shown: null,
      view: 'table',
      parameters,
    }
    this.#tabs.push(tab)
    return tab
  }

  #newTab(text: string, parameters: Record<string, string> = {}): void {
    if (this.#tabs.length >= tabsMax) {
      say(`No more than ${tabsMax} tabs`)
      return
    }
    this.#selectTab(this.#addTab(text, parameters))
    this.#keepTabs()
  }

  #selectTab(tab: Tab, focus = true): void {
    if (this.#tab) this.#tab.state = this.#editor.state
    this.#tab = tab
    this.#editor.state = tab.state
    this.#drawTabs()
    this.#drawParameters()
    this.#draw()
    keep('tab', this.#tabs.indexOf(tab))
    if (focus) this.#editor.focus()
  }

  #closeTab(tab: Tab): void {
    if (this.#tabs.length === 1) return
    for (const run of tab.runs) run.cancel()
    const at = this.#tabs.indexOf(tab)
    this.#tabs.splice(at, 1)
    if (tab === this.#tab) this.#selectTab(this.#tabs[Math.min(at, this.#tabs.length - 1)])
    else this.#drawTabs()
    this.#keepTabs()
  }

  /** Where text from elsewhere goes: over an empty tab or one that was only opened, else into a new one. */
  #openText(text: string, thenRun = false): void {
    const here = this.#editor.text
    const isUsed = here.trim() !== '' && here !== text
    if (isUsed) this.#newTab(text)
    else if (here !== text) this.#editor.text = text
    closeSide()
    this.#editor.focus()
    if (thenRun) this.#runAll()
  }

  /** Soon: not at every key. */
  #keepTabs(): void {
    clearTimeout(this.#keepTimer)
    this.#keepTimer = setTimeout(() => this.#keepTabsNow(), 250)
  }

  #keepTabsNow(): void {
    clearTimeout(this.#keepTimer)
    keep(
      'tabs',
      this.#tabs.map(
        (tab): KeptTab => ({
          text: (tab === this.#tab ? this.#editor.state : tab.state).doc.toString(),
          parameters: tab.parameters,
        }),
      ),
    )
  }

  #edited(docChanged: boolean): void {
    if (!docChanged) return
    this.#drawParameters()
    this.#tab.state = this.#editor.state
    this.#drawTabs()
    this.#keepTabs()
  }

  #openLink(): void {
    const linked = readLink()
    if (!linked) return
    const known = this.#tabs.find(
      tab => (tab === this.#tab ? this.#editor.text : tab.state.doc.toString()) === linked.sql,
    )
    if (known) {
      known.parameters = { ...known.parameters, ...linked.parameters }
      this.#selectTab(known)
      return
    }
    if (this.#editor.text.trim() === '') {
      this.#tab.parameters = linked.parameters
      this.#editor.text = linked.sql
    } else this.#newTab(linked.sql, linked.parameters)
    this.#drawParameters()
    say(`A query from a link: read it, then run it with ${mod}+Enter`)
  }

  #copyLink(): void {
    const url = linkOf({ sql: this.#editor.text, parameters: this.#parameterBar.valuesFor(this.#editor.text) })
    if (!url) {
      say('The query is too long for a link')
      return
    }
    history.replaceState(null, '', url)
    copy(url, 'The link is copied')
  }

  // Running

  get #isRunning(): boolean {
    return this.#tab.runs.some(run => !run.isOver)
  }

  get #currentDatabase(): string {
    return this.#database || this.#catalogue.currentDatabase || 'default'
  }

  #runOrStop(): void {
    if (!this.#stop()) this.#runChosen()
  }

  #runChosen(): void {
    this.#run(this.#editor.chosen())
  }

  #runAll(): void {
    this.#run(statementsOf(this.#editor.text))
  }

  #stop(): boolean {
    if (!this.#isRunning) return false
    for (const run of this.#tab.runs.toReversed()) run.cancel()
    return true
  }

  async #run(statements: readonly Statement[]): Promise<void> {
    if (this.#isRunning) {
      say('A query of this tab is running: stop it first')
      return
    }
    if (statements.length === 0) {
      say('There is no statement here')
      return
    }
    if (!this.#parameterBar.isComplete(statements)) return
    const tab = this.#tab
    this.#editor.mark(null)
    tab.runs = statements.map(({ text, start }) => {
      const { verb } = shapeOf(text)
      if (verb === 'SET' || /^CREATE\s+(OR\s+REPLACE\s+)?TEMPORARY\b/i.test(text)) this.#sessionId ??= newId()
      return new Run(this.#server, text, start, {
        database: this.#database || undefined,
        sessionId: this.#sessionId,
        parameters: this.#parameterBar.valuesFor(text),
        rowsMax: Number(this.#limit.value),
      })
    })
    if (tab.view === 'chart' && tab.runs.length > 1) tab.view = 'table'
    for (const run of tab.runs) run.listen(() => tab === this.#tab && this.#askDraw())
    tab.shown = tab.runs[0]
    let changedSchema = false
    this.#drawTabs()
    for (const run of tab.runs) {
      if (run.isOver) break
      tab.shown = run
      await run.start()
      this.#remember(run)
      const { verb } = shapeOf(run.sql)
      changedSchema ||= schemaVerbs.includes(verb)
      if (run.state !== 'done') {
        for (const rest of tab.runs) rest.cancel()
        break
      }
      if (verb === 'USE') this.#useDatabase(unquoteName(run.sql.replace(/^USE\s+/i, '').trim()))
    }
    if (tab === this.#tab) {
      this.#draw()
      this.#afterRun(tab.shown!)
    }
    this.#drawTabs()
    if (changedSchema) this.#catalogue.load()
  }

  #afterRun(run: Run): void {
    const { error } = run
    if (error instanceof ServerError && error.asksForPassword) this.#logIn(error.message)
    else if (error) this.#markError(run)
    const isOnly = statementsOf(this.#editor.text).length === 1
    const url = linkOf({ sql: isOnly ? this.#editor.text : run.sql, parameters: run.options.parameters })
    if (url && url.length < 8000) history.replaceState(null, '', url)
    this.#catalogue.loadWords()
  }

  #markError(run: Run): void {
    const place = this.#errorPlace(run)
    if (place) this.#editor.mark({ ...place, message: run.error!.message })
  }

  #errorPlace(run: Run): { from: number; to: number } | null {
    if (!(run.error instanceof ServerError)) return null
    // The text may have been edited while it ran.
    if (this.#editor.text.slice(run.offset, run.offset + run.sql.length) !== run.sql) return null
    const place = placeOf(run.error.message, run.sql)
    return place && { from: place.from + run.offset, to: place.to + run.offset }
  }

  #goToError(run: Run): void {
    const place = this.#errorPlace(run)
    this.#markError(run)
    this.#editor.reveal(place?.from ?? run.offset)
  }

  #remember(run: Run): void {
    const { sql, elapsedMs, error, state } = run
    if (this.#isPasswordIn(sql)) return
    const title =
      error instanceof ServerError
        ? error.title || `Code ${error.code}`
        : error
          ? 'no connection'
          : state === 'cancelled'
            ? 'stopped'
            : ''
    this.#history.add({ sql, at: Date.now(), ms: elapsedMs, rows: run.rows ? run.rowCount : null, error: title })
  }

  /** Passwords are not kept. */
  #isPasswordIn(sql: string): boolean {
    return /\bIDENTIFIED\b/i.test(sql)
  }

  #preview({ database, name }: TableInfo): void {
    const table = database === this.#currentDatabase ? quoteName(name) : `${quoteName(database)}.${quoteName(name)}`
    this.#openText(`SELECT * FROM ${table} LIMIT 100`, true)
  }

  async #showCreate(table: TableInfo): Promise<void> {
    try {
      const text = (await this.#catalogue.createOf(table.database, table.name)).trim()
      showText(`${table.database}.${table.name}`, text, [
        ['Copy', () => copy(text, 'The statement is copied')],
        ['Open in a tab', () => this.#openText(text)],
      ])
    } catch (error) {
      say((error as Error).message)
    }
  }

  #useDatabase(database: string): void {
    this.#database = database
    keep('database', database)
    this.#drawDatabases()
    this.#tree.draw()
    this.#askDraw()
  }

  // Connection

  async #connect(): Promise<void> {
    this.#drawConnection()
    await this.#catalogue.load()
    const { trouble } = this.#catalogue
    if (trouble instanceof ServerError && trouble.asksForPassword) {
      this.#logIn(trouble.message)
      return
    }
    // A database that was dropped since.
    if (trouble === null && this.#database && !this.#catalogue.databases.includes(this.#database)) this.#useDatabase('')
    if (trouble === null) this.#catalogue.loadWords()
  }

  async #logIn(complaint: string): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    const login = await askLogin(
      { url: this.#server.url, account: this.#server.account },
      complaint,
      location.protocol === 'file:',
    )
    this.#isAsking = false
    if (!login) return
    this.#server.account = login.account
    if (login.url !== this.#server.url) keep('server', login.url)
    this.#server.url = login.url
    keepAccount(login.account)
    this.#catalogue.forgetWords()
    await this.#connect()
    this.#askDraw()
    this.#editor.focus()
  }
}
