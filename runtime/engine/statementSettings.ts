import type { Setting } from '../sql/ast.ts'
import type { Statement } from '../sql/statementAst.ts'
import { settingValues } from '../sql/settings.ts'

/** SETTINGS of the statement, wherever they stand at its top. */
export function settingsOfStatement(statement: Statement): [string, string][] {
  const found: Setting[] = []
  if (statement.output?.settings) found.push(...statement.output.settings)
  if (
    'settings' in statement &&
    statement.kind !== 'set' &&
    Array.isArray(statement.settings) &&
    statement.kind !== 'explain'
  )
    found.push(...(statement.settings as Setting[]))
  if (statement.kind === 'explain' && statement.statement) return settingsOfStatement(statement.statement)
  if (statement.kind === 'setOperation')
    for (const input of statement.inputs) found.push(...(input.kind === 'select' ? (input.settings ?? []) : []))
  if (statement.kind === 'insert' && statement.source.kind === 'query' && statement.source.query.kind === 'select')
    found.push(...(statement.source.query.settings ?? []))
  return settingValues(found)
}
