import { DBError } from '../core/errors.ts'
import type { ArrayType, MapType, TupleType } from './compound.ts'
import type { DataType } from './dataType.ts'
import type { Value } from './value.ts'

const unescaped: Record<string, string> = { b: '\b', f: '\f', r: '\r', n: '\n', t: '\t', '0': '\0', a: '\x07', v: '\v' }

/** Reads the text of an array, tuple or map: `['a',NULL]`, `(1,'x')`, `{'k':1}`. */
export function parseNested(type: DataType, text: string): Value {
  let at = 0
  const fail = (what: string): never => {
    throw new DBError(
      'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
      `Cannot parse ${type.name} from ${JSON.stringify(text)}: ${what} at ${at}`,
    )
  }
  const space = () => {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n') at++
  }
  const eat = (token: string) => {
    space()
    if (!text.startsWith(token, at)) fail(`expected ${token}`)
    at += token.length
    space()
  }
  const list = (close: string, item: (i: number) => Value): Value[] => {
    const items: Value[] = []
    space()
    while (text[at] !== close) {
      if (items.length > 0) eat(',')
      if (text[at] === close) break // a trailing comma, as in (1,)
      if (at >= text.length) fail(`expected ${close}`)
      items.push(item(items.length))
      space()
    }
    eat(close)
    return items
  }
  const quoted = (): string => {
    let value = ''
    for (at++; text[at] !== "'"; at++) {
      if (at >= text.length) fail('the string has no end')
      if (text[at] !== '\\') value += text[at]
      else value += unescaped[text[++at]] ?? text[at]
    }
    at++
    return value
  }
  const read = (wanted: DataType): Value => {
    space()
    switch (wanted.kind) {
      case 'Array':
        eat('[')
        return list(']', () => read((wanted as ArrayType).element))
      case 'Tuple': {
        const { elements } = wanted as TupleType
        eat('(')
        const items = list(')', i => (i < elements.length ? read(elements[i]) : fail('too many elements')))
        if (items.length < elements.length) fail('too few elements')
        return items
      }
      case 'Map': {
        const { key, value } = wanted as MapType
        eat('{')
        return list('}', () => {
          const name = read(key)
          eat(':')
          return [name, read(value)]
        })
      }
      case 'Nullable':
        if (/^null\b/i.test(text.slice(at, at + 5))) {
          at += 4
          return null
        }
        return read((wanted as unknown as { inner: DataType }).inner)
      case 'LowCardinality':
        return read((wanted as unknown as { inner: DataType }).inner)
      default: {
        if (text[at] === "'") return wanted.parse(quoted())
        const bare = /^[^,)\]}:\s]+/.exec(text.slice(at, at + 400))?.[0] ?? fail('expected a value')
        at += bare.length
        return wanted.parse(bare)
      }
    }
  }
  const value = read(type)
  space()
  if (at < text.length) fail('expected the end')
  return value
}
