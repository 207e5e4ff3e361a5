// What could be meant by the letters before the cursor, judged from the words around them.
import { type Completion, type CompletionContext, type CompletionResult, snippet } from '@codemirror/autocomplete'
import type { EditorView } from '@codemirror/view'
import { countText } from '../ui/amounts.ts'
import { h } from '../ui/dom.ts'
import type { Catalogue, Named } from '../net/catalogue.ts'
import { commonTypes, phrases } from './keywords.ts'
import { quoteName, scan, statementAt, unquoteName } from './scan.ts'
import { tablesIn } from './tablesIn.ts'

type Want = 'table' | 'format' | 'setting' | 'engine' | 'type' | 'expression' | 'database'

export function completionSource(catalogue: Catalogue, database: () => string) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const text = context.state.doc.toString()
    const path = context.matchBefore(/(?:(?:[\w\u0080-\uffff]+|`[^`\n]*`)\.)*`?[\w\u0080-\uffff]*$/)
    if (!path) return null
    if (!context.explicit && !/[\w.`\u0080-\uffff]$/.test(path.text)) return null
    if (/^\d/.test(path.text) || isInText(text, path.from)) return null
    const statement = statementAt(text, path.from)
    const sql = statement ? text.slice(statement.start, Math.max(statement.end, context.pos)) : ''
    const head = text.slice(statement && statement.start <= path.from ? statement.start : path.from, path.from)
    await catalogue.loadWords()

    const parts = path.text.split('.')
    const typed = parts.pop()!
    const from = context.pos - typed.length
    const validFor = /^`?[\w\u0080-\uffff]*$/
    if (parts.length > 0) {
      const options = await membersOf(parts.map(unquoteName), sql)
      return options.length > 0 ? { from, options, validFor } : null
    }
    return { from, options: await optionsFor(wantOf(head), sql), validFor }
  }

  /** Behind a dot: tables of a database, columns of a table or an alias. */
  async function membersOf(parts: string[], sql: string): Promise<Completion[]> {
    const last = parts[parts.length - 1]
    if (parts.length === 1 && catalogue.databases.includes(last))
      return catalogue.tablesOf(last).map(table => tableOption(table.name, table.engine, table.rows))
    const reference = tablesIn(sql).find(({ alias, table }) => alias === last || table === last)
    const owner = parts.length > 1 ? parts[parts.length - 2] : (reference?.database ?? '')
    return columnOptions(owner || database(), reference?.table ?? last)
  }

  async function optionsFor(want: Want, sql: string): Promise<Completion[]> {
    if (want === 'format') return catalogue.formats.map(name => ({ label: name, type: 'constant' }))
    if (want === 'setting') return catalogue.settings.map(settingOption)
    if (want === 'database') return catalogue.databases.map(databaseOption)
    if (want === 'engine') return catalogue.functions.filter(({ kind }) => kind === 'engine').map(functionOption)
    if (want === 'type') return typeOptions()
    if (want === 'table')
      return [
        ...catalogue
          .tablesOf(database())
          .map(table => ({ ...tableOption(table.name, table.engine, table.rows), boost: 40 })),
        ...catalogue.databases.map(databaseOption),
        ...catalogue.functions.filter(({ kind }) => kind === 'table function').map(functionOption),
        ...keywordOptions(-20),
      ]
    const references = tablesIn(sql)
    const columns = await Promise.all(
      references.map(reference => columnOptions(reference.database || database(), reference.table).catch(() => [])),
    )
    const seen = new Set<string>()
    return [
      ...columns.flat().filter(({ label }) => !seen.has(label) && seen.add(label)),
      ...references
        .filter(({ alias }) => alias !== '')
        .map(({ alias, table }) => ({ label: alias, type: 'namespace', detail: table, boost: 20 })),
      ...catalogue.functions.filter(({ kind }) => kind === 'function' || kind === 'aggregate').map(functionOption),
      ...keywordOptions(0),
      ...catalogue.tablesOf(database()).map(table => tableOption(table.name, table.engine, table.rows)),
      ...catalogue.databases.map(databaseOption),
    ]
  }

  async function columnOptions(owner: string, table: string): Promise<Completion[]> {
    const columns = await catalogue.columnsOf(owner, table)
    return columns.map(({ name, type, comment }) => ({
      label: name,
      apply: quoteName(name),
      type: 'property',
      detail: type,
      boost: 50,
      info: comment || undefined,
    }))
  }

  function typeOptions(): Completion[] {
    const names = new Set([...commonTypes, ...catalogue.types])
    return Array.from(names, name => ({ label: name, type: 'type' }))
  }
}

const keywordOptions = (boost: number): Completion[] =>
  phrases.map(label => ({ label, type: 'keyword', boost: boost + (label.includes(' ') ? -1 : 0) }))

const databaseOption = (name: string): Completion => ({
  label: name,
  apply: quoteName(name),
  type: 'namespace',
  detail: 'database',
})

const tableOption = (name: string, engine: string, rows: number | null): Completion => ({
  label: name,
  apply: quoteName(name),
  type: 'class',
  detail: rows === null ? engine : `${engine}, ${countText(rows)} rows`,
})

const settingOption = ({ name, detail, about }: Named): Completion => ({
  label: name,
  apply: `${name} = `,
  type: 'variable',
  detail: detail.length > 24 ? `${detail.slice(0, 24)}…` : detail,
  info: about || undefined,
})

function functionOption({ name, kind, detail, about }: Named): Completion {
  const call = snippet(`${name}(\${})`)
  return {
    label: name,
    type:
      kind === 'engine' ? 'class' : kind === 'function' ? 'function' : kind === 'aggregate' ? 'method' : 'interface',
    detail: kind === 'function' ? '' : kind,
    info: detail || about ? () => functionInfo(detail, about) : undefined,
    apply: (view: EditorView, completion, from, to) => {
      const next = view.state.sliceDoc(to, to + 1)
      if (next === '(' || kind === 'engine')
        view.dispatch({ changes: { from, to, insert: name }, selection: { anchor: from + name.length } })
      else call(view, completion, from, to)
    },
  }
}

function functionInfo(syntax: string, about: string): HTMLElement {
  return h('div', null, syntax && h('code', null, syntax), about && h('p', null, about.replace(/\s+/g, ' ')))
}

function isInText(text: string, position: number): boolean {
  return scan(text).some(
    ({ kind, start, end }) => (kind === 'string' || kind === 'comment') && position > start && position < end,
  )
}

/** What the words before the cursor ask for. */
function wantOf(head: string): Want {
  const tokens = scan(head).filter(({ kind }) => kind !== 'comment')
  const words = tokens.map(({ start, end }) => head.slice(start, end).toUpperCase())
  const last = words[words.length - 1] ?? ''
  const previous = words[words.length - 2] ?? ''
  if (last === 'FORMAT') return 'format'
  if (last === 'USE' || last === 'DATABASE') return 'database'
  if (last === '::' || (last === 'AS' && /\bCAST\s*\([^)]*$/i.test(head))) return 'type'
  if (last === 'ENGINE' || (last === '=' && previous === 'ENGINE')) return 'engine'
  if (['FROM', 'JOIN', 'INTO', 'TABLE', 'DESCRIBE'].includes(last) || (last === 'DESC' && words.length === 1))
    return 'table'
  const clause = words.findLastIndex(word => clauses.has(word))
  if (words[0] === 'SET' || words[clause] === 'SETTINGS') return last === '=' ? 'expression' : 'setting'
  if (words[clause] === 'FROM' && last === ',') return 'table'
  if (
    words[0] === 'CREATE' &&
    words[clause] === 'CREATE' &&
    words.includes('(') &&
    tokens[tokens.length - 1]?.kind !== 'symbol'
  )
    return 'type'
  return 'expression'
}

const clauses = new Set([
  'CREATE',
  'SELECT',
  'FROM',
  'WHERE',
  'PREWHERE',
  'GROUP',
  'ORDER',
  'HAVING',
  'LIMIT',
  'SETTINGS',
  'FORMAT',
  'ON',
  'USING',
  'WITH',
  'ENGINE',
])
