import { DBError } from '../core/errors.ts'
import type { Setting } from './ast.ts'

/** Names and values of SETTINGS, as text. */
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
