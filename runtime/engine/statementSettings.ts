import { DBError } from '../core/errors.ts'
import type { Setting, Statement } from '../sql/ast.ts'

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

export function settingValues(settings: readonly Setting[]): [string, string][] {
  return settings.flatMap(({ name, value }): [string, string][] => {
    if (value === undefined) return []
    if (value.kind === 'literal')
      return [[name, typeof value.value === 'boolean' ? (value.value ? '1' : '0') : String(value.value)]]
    if (value.kind === 'identifier') return [[name, value.parts.join('.')]]
    if (value.kind === 'function' && value.name === 'negate' && value.args[0].kind === 'literal')
      return [[name, `-${String(value.args[0].value)}`]]
    throw new DBError('BAD_ARGUMENTS', `The value of setting ${name} must be a literal`)
  })
}
