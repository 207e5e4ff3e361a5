import { DBError } from '../core/errors.ts'
import type { Session } from '../engine/session.ts'

/** Settings that the server itself obeys: those of the request, else those that the session has SET, else ClickHouse's defaults. */
export class RequestSettings {
  constructor(
    readonly given: Readonly<Record<string, string>>,
    readonly session?: Session,
  ) {}

  text(name: string, otherwise: string): string {
    return this.given[name] ?? this.session?.settings.get(name) ?? otherwise
  }

  flag(name: string, otherwise = false): boolean {
    const text = this.text(name, otherwise ? '1' : '0').toLowerCase()
    if (text === '1' || text === 'true') return true
    if (text === '0' || text === 'false' || text === '') return false
    throw new DBError('CANNOT_PARSE_BOOL', `Cannot parse boolean value ${text} of setting ${name}: write 0 or 1`)
  }

  number(name: string, otherwise: number): number {
    const text = this.text(name, String(otherwise))
    if (!/^\d{1,15}$/.test(text))
      throw new DBError('CANNOT_PARSE_NUMBER', `Cannot parse value ${text} of setting ${name}: write a whole number`)
    return Number(text)
  }
}

/** A reserved parameter that is on or off. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value.toLowerCase() !== 'false'
}
