// Keys and values in loose text, `name:neymar, age:31`, as a map.
import { DBError } from '../core/errors.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { FunctionDefinition } from './function.ts'
import { defineRowwise } from './rowwise.ts'

interface Rules {
  readonly delimiter: string
  readonly pairDelimiters: string
  readonly quote: string
  readonly strategy: string
  readonly escapes: boolean
}

const escapes: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '0': '\0',
}

/** One run over a text: reads a key up to its delimiter, then a value, and goes on behind the next delimiter of pairs. */
class PairReader {
  #at = 0

  constructor(
    private readonly text: string,
    private readonly rules: Rules,
  ) {}

  pairs(): [string, string][] {
    const pairs: [string, string][] = []
    while (this.#at < this.text.length) {
      const key = this.#key()
      if (key === null || key === '') {
        this.#skipPair()
        continue
      }
      const value = this.#value()
      if (value !== null) pairs.push([key, value])
    }
    return pairs
  }

  #skipPair(): void {
    const { pairDelimiters } = this.rules
    while (this.#at < this.text.length && !pairDelimiters.includes(this.text[this.#at])) this.#at++
    while (this.#at < this.text.length && pairDelimiters.includes(this.text[this.#at])) this.#at++
  }

  /** null where there is no key before the next delimiter of pairs. The text goes on behind the key's delimiter. */
  #key(): string | null {
    const { text } = this
    const { delimiter, pairDelimiters, quote, strategy } = this.rules
    while (this.#at < text.length && pairDelimiters.includes(text[this.#at])) this.#at++
    let key = ''
    while (this.#at < text.length) {
      const char = text[this.#at]
      if (char === delimiter) {
        this.#at++
        return key
      }
      if (pairDelimiters.includes(char)) return null
      if (char === quote && (key === '' || strategy !== 'accept')) {
        if (key !== '' && strategy === 'invalid') return null
        const quoted = this.#quoted()
        if (quoted === null || text[this.#at] !== delimiter) return null
        this.#at++
        return quoted
      }
      key += this.#character()
    }
    return null
  }

  #value(): string | null {
    const { text } = this
    const { pairDelimiters, quote, strategy } = this.rules
    let value = ''
    while (this.#at < text.length) {
      const char = text[this.#at]
      if (pairDelimiters.includes(char)) break
      if (char === quote && (value === '' || strategy !== 'accept')) {
        if (value !== '' && strategy === 'invalid') {
          this.#skipPair()
          return null
        }
        const quoted = this.#quoted()
        this.#skipPair()
        return quoted
      }
      value += this.#character()
    }
    return value
  }

  /** What is inside quotes; null where they are not closed. */
  #quoted(): string | null {
    let inside = ''
    this.#at++
    while (this.#at < this.text.length) {
      if (this.text[this.#at] === this.rules.quote) {
        this.#at++
        return inside
      }
      inside += this.#character()
    }
    return null
  }

  /** One character, which an escape sequence may stand for. */
  #character(): string {
    const char = this.text[this.#at++]
    if (!this.rules.escapes || char !== '\\') return char
    const next = this.text[this.#at++]
    if (next === undefined) return ''
    if (next === 'x' && /^[0-9a-fA-F]{2}/.test(this.text.slice(this.#at))) {
      this.#at += 2
      return String.fromCharCode(Number.parseInt(this.text.slice(this.#at - 2, this.#at), 16))
    }
    if (next in escapes) return escapes[next]
    return next === '\\' || next === this.rules.quote ? next : `\\${next}`
  }
}

function rulesOf(name: string, given: readonly Value[], withEscapes: boolean): Rules {
  const [delimiter = ':', pairDelimiters = ' ,;', quote = '"', strategy = 'promote'] = given as string[]
  for (const character of [delimiter, quote])
    if (character.length > 1)
      throw new DBError(
        'BAD_ARGUMENTS',
        'Control character argument must either be empty or contain exactly 1 character',
      )
  if (!['invalid', 'accept', 'promote'].includes(strategy.toLowerCase()))
    throw new DBError('BAD_ARGUMENTS', `Function ${name} knows no strategy ${strategy} for unexpected quotes`)
  return {
    delimiter: delimiter || ':',
    pairDelimiters: pairDelimiters || ' ,;',
    quote: quote || '"',
    strategy: strategy.toLowerCase(),
    escapes: withEscapes,
  }
}

const isText = (type: { kind: string }): boolean => type.kind === 'String' || type.kind === 'FixedString'

const extracting = (name: string, aliases: readonly string[], withEscapes: boolean): FunctionDefinition =>
  defineRowwise({
    name,
    aliases,
    about: `Keys and values in loose text as a map${withEscapes ? '; escape sequences are resolved' : ''}.`,
    category: 'Maps',
    arguments: [
      { name: 'text', accepts: isText },
      ...['keyDelimiter', 'pairDelimiters', 'quote', 'strategy'].map(rule => ({
        name: rule,
        accepts: isText,
        optional: true,
      })),
    ],
    returns: parseType('Map(String, String)'),
    row: ([text, ...given]) => new PairReader(text as string, rulesOf(name, given, withEscapes)).pairs(),
    example: withEscapes
      ? ["SELECT extractKeyValuePairsWithEscaping('age:a\\\\x41')", "{'age':'aA'}"]
      : ["SELECT extractKeyValuePairs('name:neymar, age:31')", "{'name':'neymar','age':'31'}"],
  })

export const keyValuePairs: readonly FunctionDefinition[] = [
  extracting('extractKeyValuePairs', ['str_to_map', 'mapFromString'], false),
  extracting('extractKeyValuePairsWithEscaping', [], true),
]
