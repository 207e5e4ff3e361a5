// Arrays, maps and tuples as ClickHouse writes them in text, read into values that JSON has. Numbers stay digits: see Digits.

/** A number of any length, to be written as it was. */
export class Digits {
  constructor(readonly text: string) {}
}

export type Value = string | null | boolean | Digits | Value[] | Map<string, Value>

/** Undefined for what is no such text. */
export function readLiteral(text: string): Value | undefined {
  const reader = new LiteralReader(text)
  try {
    const value = reader.value()
    return reader.isAtEnd ? value : undefined
  } catch {
    return undefined
  }
}

class LiteralReader {
  #at = 0

  constructor(readonly text: string) {}

  get isAtEnd(): boolean {
    return this.#at === this.text.length
  }

  value(): Value {
    const letter = this.text[this.#at]
    if (letter === '[') return this.#list(']')
    if (letter === '(') return this.#list(')')
    if (letter === '{') return this.#map()
    if (letter === "'" || letter === '"') return this.#string(letter)
    const match = /[^,\])}:]+/y
    match.lastIndex = this.#at
    const word = match.exec(this.text)?.[0]
    if (!word) throw new Error('no value')
    this.#at += word.length
    const bare = word.trim()
    if (bare === 'NULL' || bare === 'null') return null
    if (bare === 'true' || bare === 'false') return bare === 'true'
    return isNumber(bare) ? new Digits(bare) : bare
  }

  #list(close: string): Value[] {
    const values: Value[] = []
    this.#at++
    this.#blank()
    while (this.text[this.#at] !== close) {
      values.push(this.value())
      this.#separator(close)
    }
    this.#at++
    return values
  }

  #map(): Map<string, Value> {
    const map = new Map<string, Value>()
    this.#at++
    this.#blank()
    while (this.text[this.#at] !== '}') {
      const key = this.value()
      this.#blank()
      if (this.text[this.#at++] !== ':') throw new Error('no colon')
      this.#blank()
      map.set(key instanceof Digits ? key.text : String(key), this.value())
      this.#separator('}')
    }
    this.#at++
    return map
  }

  #separator(close: string): void {
    this.#blank()
    if (this.text[this.#at] === ',') this.#at++
    else if (this.text[this.#at] !== close) throw new Error('no end')
    this.#blank()
  }

  #blank(): void {
    while (/\s/.test(this.text[this.#at] ?? '')) this.#at++
  }

  #string(mark: string): string {
    let text = ''
    for (this.#at++; this.text[this.#at] !== mark; this.#at++) {
      if (this.#at >= this.text.length) throw new Error('no end')
      if (this.text[this.#at] === '\\') {
        const letter = this.text[++this.#at]
        text += { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' }[letter] ?? letter
      } else text += this.text[this.#at]
    }
    this.#at++
    return text
  }
}

export const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)

/** JSON with every digit; with an indent, one item a line. */
export function toJson(value: Value, indent = ''): string {
  if (value instanceof Digits) return value.text
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  const items =
    value instanceof Map
      ? Array.from(value, ([key, item]) => `${JSON.stringify(key)}: ${toJson(item, indent && `${indent}  `)}`)
      : value.map(item => toJson(item, indent && `${indent}  `))
  const [open, close] = value instanceof Map ? '{}' : '[]'
  const flat = `${open}${items.join(', ')}${close}`
  if (!indent || items.length === 0 || (flat.length < 60 && !flat.includes('\n'))) return flat
  return `${open}\n${items.map(item => indent + item).join(',\n')}\n${indent.slice(2)}${close}`
}
