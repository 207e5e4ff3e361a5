import { scan, type Token } from '../sql/scan.ts'

/** What a server said was wrong, taken apart. */
export class ServerError extends Error {
  override readonly name = 'ServerError'

  constructor(
    /** ClickHouse's number; 0 where there is none. */
    readonly code: number,
    /** Such as UNKNOWN_TABLE; '' where there is none. */
    readonly title: string,
    message: string,
    readonly status = 0,
  ) {
    super(message)
  }

  static read(text: string, status: number): ServerError {
    const trimmed = text.trim()
    const match = /Code:\s*(\d+)\.\s*(?:DB::Exception:\s*)?([\s\S]*)$/.exec(trimmed)
    if (!match)
      return new ServerError(0, '', trimmed || `The server answered with status ${status} and no text`, status)
    let message = match[2].replace(/\s*\(version [^)]*(?:\([^)]*\))?\)\s*$/, '').replace(/^(DB::Exception:\s*)+/, '')
    const title = /\s*\(([A-Z][A-Z0-9_]+)\)\.?$/.exec(message)
    if (title) message = message.slice(0, title.index)
    return new ServerError(
      Number(match[1]),
      title?.[1] ?? '',
      message.replace(/,?\s*Stack trace[\s\S]*$/, '').trim(),
      status,
    )
  }

  get asksForPassword(): boolean {
    return [192, 193, 194, 516].includes(this.code) || (this.code === 0 && this.status === 401)
  }
}

/** The server could not be reached, or went away. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

export interface Place {
  readonly from: number
  readonly to: number
}

/** Where in the statement an error is: by the position it tells, else by the name it speaks of. */
export function placeOf(message: string, sql: string): Place | null {
  const tokens = scan(sql).filter(({ kind }) => kind !== 'comment')
  const position = /failed at position (\d+)/.exec(message)
  if (position) return placeAt(sql, tokens, indexOfByte(sql, Number(position[1]) - 1))
  for (const name of namesIn(message)) {
    const found = tokens.find(({ kind, start, end }) => {
      if (kind !== 'word' && kind !== 'quoted') return false
      const text = sql.slice(start, end)
      return text === name || text.replace(/^[`"]|[`"]$/g, '') === name
    })
    if (found) return { from: found.start, to: found.end }
  }
  return null
}

function placeAt(sql: string, tokens: readonly Token[], index: number): Place | null {
  const token = tokens.find(({ start, end }) => index >= start && index < end)
  if (token) return { from: token.start, to: token.end }
  const last = tokens[tokens.length - 1]
  return last ? { from: last.start, to: Math.max(last.end, Math.min(sql.length, index)) } : null
}

/** Names in quotes of an error's text, and the last part of each: `db.table` is written as two words. */
function namesIn(message: string): string[] {
  const names: string[] = []
  const add = (text: string) => {
    names.push(text)
    const parts = text.split('.')
    if (parts.length > 1) names.push(parts[parts.length - 1])
  }
  for (const [, a, b, c] of message.matchAll(/[`]([^`]+)`|'([^']+)'|"([^"]+)"/g)) add(a ?? b ?? c)
  for (const [, name] of message.matchAll(
    /(?:Table|Database|Function|function|column|identifier|format|setting) ([\w.]+)/g,
  ))
    add(name)
  return names
}

/** Servers count bytes, an editor UTF-16. */
function indexOfByte(sql: string, byte: number): number {
  let index = 0
  for (const character of sql) {
    if (byte <= 0) break
    const code = character.codePointAt(0)!
    byte -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    index += character.length
  }
  return index
}
