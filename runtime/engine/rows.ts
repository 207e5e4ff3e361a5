// Statements that are queries over system tables or over rows made up here.
import type { TableSnapshot } from '../exec/source.ts'
import type { Query } from '../sql/ast.ts'
import { parseStatement } from '../sql/parser.ts'
import type { SelectTask } from './messages.ts'

/** A statement that gives rows: a query to run, in which database, with which extra tables. */
export interface Rows {
  readonly query: Query
  readonly database?: string
  readonly tables?: readonly TableSnapshot[]
  readonly explain?: SelectTask['explain']
}

export const quoteSql = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`

export const backquote = (name: string) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replace(/[`\\]/g, '\\$&')}\``

export function rowsQuery(sql: string): Rows {
  const { statement } = parseStatement(sql)
  return { query: statement as Query }
}

export function lines(name: string, texts: readonly string[]): Rows {
  return rowsQuery(`SELECT * FROM values('${name} String', ${texts.map(quoteSql).join(', ')})`)
}
