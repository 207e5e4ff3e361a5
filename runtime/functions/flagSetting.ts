import type { Environment } from './function.ts'

/** A setting that is on or off; `otherwise` where it was not set. */
export function flagSetting(environment: Environment, name: string, otherwise = false): boolean {
  const value = String(environment.setting(name) ?? '').toLowerCase()
  return value === '' ? otherwise : value === '1' || value === 'true'
}
