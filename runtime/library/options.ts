import type { Progress } from '../engine/contract.ts'

/** What a setting may be given as: true is 1. */
export type SettingValue = string | number | bigint | boolean

/** How values of a result look. Each has a default that loses nothing. */
export interface ValueOptions {
  /** Of 64 bits and more. `number`: one that a number cannot hold is an error. Default: bigint. */
  readonly integers?: 'bigint' | 'number' | 'string'
  /** Date, DateTime and the like: `date` is a Date (to the millisecond), `string` as ClickHouse prints it. Default: date. */
  readonly dates?: 'date' | 'string'
  /**
   * `text`: bytes that are not UTF-8 become U+FFFD. `bytes`: a Uint8Array. `lossless`: text in which such a byte is the lone surrogate
   * U+DC00 + byte, which parameters and inserts turn into that byte again. Default: text.
   */
  readonly strings?: 'text' | 'bytes' | 'lossless'
  /** `object`: keys become text. Default: map. */
  readonly maps?: 'map' | 'object'
}

export interface QueryOptions extends ValueOptions {
  /** Aborting stops the query; what waits for it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Of this query only, by ClickHouse's names. */
  readonly settings?: Readonly<Record<string, SettingValue>>
  readonly queryId?: string
  /** What an unqualified table is looked up in. */
  readonly database?: string
  /** Called while the query runs, with numbers that only grow. */
  onProgress?(progress: Progress): void
}

export function settingTexts(settings: Readonly<Record<string, SettingValue>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? (value ? '1' : '0') : String(value),
    ]),
  )
}
