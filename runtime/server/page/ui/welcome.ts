import type { TableInfo } from '../net/catalogue.ts'
import { ConnectionLost } from '../net/serverError.ts'
import { quoteName } from '../sql/scan.ts'
import { mod } from './dialogs.ts'
import { h, icon } from './dom.ts'

export interface WelcomeEvents {
  open(sql: string): void
  connect(): void
  logIn(): void
}

/** What stands where nothing was run: something to run, or what is wrong. */
export function welcome(tables: readonly TableInfo[], trouble: unknown, events: WelcomeEvents): HTMLElement {
  const button = (label: string, click: () => void) =>
    h('button', { type: 'button', class: 'button', on: { click } }, label)
  if (trouble)
    return h(
      'div',
      { class: 'welcome' },
      h('h2', null, trouble instanceof ConnectionLost ? 'No connection to the server' : 'Not connected'),
      h('p', null, (trouble as Error).message),
      h('p', null, button('Try again', events.connect), ' ', button('Log in', events.logIn)),
    )
  const keys = (...names: string[]) => h('span', { class: 'keys' }, ...names.map(name => h('kbd', null, name)))
  return h(
    'div',
    { class: 'welcome' },
    h('h2', null, 'Write a query, and run it'),
    h('p', null, keys(mod, 'Enter'), ' runs the statement under the cursor, ', keys('?'), ' shows all shortcuts.'),
    h(
      'div',
      { class: 'samples' },
      ...samplesOf(tables).map(sql =>
        h(
          'button',
          { type: 'button', class: 'sample', on: { click: () => events.open(sql) } },
          h('code', null, sql),
          icon('play'),
        ),
      ),
    ),
  )
}

function samplesOf(tables: readonly TableInfo[]): string[] {
  const [largest] = tables.toSorted((a, b) => (b.rows ?? 0) - (a.rows ?? 0))
  if (!largest)
    return [
      'SELECT version(), uptime()',
      "SELECT toDate('2024-01-01') + number AS day, round(100 * sin(number / 9)) AS value\nFROM numbers(366)",
      'CREATE TABLE events (time DateTime, name String, value Float64)\nENGINE = MergeTree ORDER BY (name, time)',
    ]
  const name = quoteName(largest.name)
  return [`SELECT * FROM ${name} LIMIT 100`, `SELECT count() FROM ${name}`, `DESCRIBE TABLE ${name}`]
}
