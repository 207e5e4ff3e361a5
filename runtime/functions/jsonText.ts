// JSON in strings: read into values, and written again without spaces.
import { parseType } from '../types/parseType.ts'

export type Json = null | boolean | bigint | number | string | readonly Json[] | JsonObject

/** Members in the text's order; keys may repeat. */
export class JsonObject {
  constructor(readonly members: readonly (readonly [key: string, value: Json])[]) {}
}

const float64 = parseType('Float64')
const depthMax = 1024
const int64Min = -(2n ** 63n)
const uint64Max = 2n ** 64n - 1n

class Malformed extends Error {}

/** undefined where the text is no JSON, or has a number that neither 64 bits nor Float64 hold. */
export function parseJson(text: string): Json | undefined {
  try {
    const reader = new Reader(text)
    const value = reader.value(0)
    return reader.isAtEnd() ? value : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

class Reader {
  #at = 0
  readonly #number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
  readonly #plain = /[^"\\\x00-\x1f]*/y

  constructor(readonly text: string) {}

  isAtEnd(): boolean {
    this.#space()
    return this.#at === this.text.length
  }

  value(depth: number): Json {
    if (depth > depthMax) throw new Malformed()
    this.#space()
    switch (this.text[this.#at]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#readNumber()
    }
  }

  #space(): void {
    while (' \t\n\r'.includes(this.text[this.#at] ?? '-')) this.#at++
  }

  #take(character: string): boolean {
    this.#space()
    if (this.text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new Malformed()
  }

  #word(word: string, value: Json): Json {
    if (!this.text.startsWith(word, this.#at)) throw new Malformed()
    this.#at += word.length
    return value
  }

  #object(depth: number): JsonObject {
    this.#at++
    const members: [string, Json][] = []
    if (this.#take('}')) return new JsonObject(members)
    do {
      this.#space()
      if (this.text[this.#at] !== '"') throw new Malformed()
      const key = this.#string()
      this.#expect(':')
      members.push([key, this.value(depth + 1)])
    } while (this.#take(','))
    this.#expect('}')
    return new JsonObject(members)
  }

  #array(depth: number): Json[] {
    this.#at++
    const items: Json[] = []
    if (this.#take(']')) return items
    do items.push(this.value(depth + 1))
    while (this.#take(','))
    this.#expect(']')
    return items
  }

  #string(): string {
    this.#at++
    let out = ''
    for (;;) {
      this.#plain.lastIndex = this.#at
      const plain = this.#plain.exec(this.text)![0]
      out += plain
      this.#at += plain.length
      const next = this.text[this.#at++]
      if (next === '"') return out
      if (next !== '\\') throw new Malformed()
      out += this.#escaped()
    }
  }

  #escaped(): string {
    const character = this.text[this.#at++]
    if (character !== 'u') {
      const plain = escapes.get(character)
      if (plain === undefined) throw new Malformed()
      return plain
    }
    const unit = this.#unit()
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
    if (unit > 0xdbff || !this.text.startsWith('\\u', this.#at)) throw new Malformed()
    this.#at += 2
    const low = this.#unit()
    if (low < 0xdc00 || low > 0xdfff) throw new Malformed()
    return String.fromCharCode(unit, low)
  }

  #unit(): number {
    const digits = this.text.slice(this.#at, this.#at + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new Malformed()
    this.#at += 4
    return Number.parseInt(digits, 16)
  }

  #readNumber(): bigint | number {
    this.#number.lastIndex = this.#at
    const found = this.#number.exec(this.text)
    if (!found) throw new Malformed()
    this.#at += found[0].length
    if (found[1] === undefined && found[2] === undefined) {
      const integer = BigInt(found[0])
      if (integer < int64Min || integer > uint64Max) throw new Malformed()
      return integer
    }
    const number = Number(found[0])
    if (!Number.isFinite(number)) throw new Malformed()
    return number
  }
}

const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** Without spaces; numbers as SQL prints them. */
export function printJson(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return float64.print(value)
  if (typeof value === 'string') return quoteJson(value)
  if (value instanceof JsonObject)
    return `{${value.members.map(([key, inner]) => `${quoteJson(key)}:${printJson(inner)}`).join(',')}}`
  return `[${value.map(printJson).join(',')}]`
}

/** JSON.stringify would escape lone surrogates, which stand for bytes that are no UTF-8. */
export function quoteJson(text: string): string {
  const shown = text.replace(/["\\\x00-\x1f]/g, character => JSON.stringify(character).slice(1, -1))
  return `"${shown}"`
}

/** The member of that key, or the one of that place: from 1, or from the end where negative. */
export function childOf(value: Json, step: string | bigint, ignoreCase: boolean): Json | undefined {
  if (typeof step === 'bigint') return memberAt(value, step)?.[1]
  if (!(value instanceof JsonObject)) return undefined
  const wanted = ignoreCase ? lowerAscii(step) : step
  return value.members.find(([key]) => (ignoreCase ? lowerAscii(key) : key) === wanted)?.[1]
}

/** The key is '' in an array. */
export function memberAt(value: Json, step: bigint): readonly [key: string, value: Json] | undefined {
  const members = value instanceof JsonObject ? value.members : Array.isArray(value) ? value : undefined
  if (!members) return undefined
  // Places are taken as 32-bit integers.
  const place = Number(BigInt.asIntN(32, step))
  const at = place > 0 ? place - 1 : members.length + place
  if (place === 0 || at < 0 || at >= members.length) return undefined
  return value instanceof JsonObject ? value.members[at] : ['', (members as readonly Json[])[at]]
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
