// The XML that object stores answer with: elements and text, nothing else. Whatever is not that is refused.
import { DBError } from '../../core/errors.ts'
import { decodeText } from '../../core/text.ts'

export interface XmlElement {
  readonly name: string
  /** Of an element without children; '' where there are some. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

const depthMax = 16
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

export function parseXml(bytes: Uint8Array): XmlElement {
  return new XmlReader(decodeText(bytes)).document()
}

/** Text of the only child of a name; null where there is none. */
export function childText(element: XmlElement, name: string): string | null {
  const found = element.children.filter(child => child.name === name)
  if (found.length > 1) throw bad(`${element.name} has ${found.length} elements ${name}`)
  return found[0]?.text ?? null
}

const bad = (what: string) =>
  new DBError('CANNOT_READ_ALL_DATA', `The answer is not the XML of an object store: ${what}`)

class XmlReader {
  #at = 0

  constructor(readonly text: string) {}

  document(): XmlElement {
    if (this.text.charCodeAt(0) === 0xfeff) this.#at = 1
    this.#spaces()
    if (this.text.startsWith('<?xml', this.#at)) {
      const end = this.text.indexOf('?>', this.#at)
      if (end < 0) throw bad('its declaration does not end')
      this.#at = end + 2
    }
    this.#spaces()
    const element = this.#element(0)
    this.#spaces()
    if (this.#at !== this.text.length) throw bad('there is more behind its end')
    return element
  }

  #spaces(): void {
    while (/\s/.test(this.text.charAt(this.#at))) this.#at++
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.text)
    if (match) this.#at = pattern.lastIndex
    return match
  }

  #element(depth: number): XmlElement {
    if (depth > depthMax) throw bad('it is nested too deep')
    const open = this.#match(/<([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y)
    if (!open) throw bad(`${JSON.stringify(this.text.slice(this.#at, this.#at + 40))} where an element should be`)
    const name = open[1]
    if (open[3]) return { name, text: '', children: [] }
    const children: XmlElement[] = []
    let text = ''
    for (;;) {
      text += this.#match(/[^<]*/y)![0]
      if (this.#at >= this.text.length) throw bad(`${name} does not end`)
      if (this.text.startsWith('</', this.#at)) {
        if (this.#match(/<\/([A-Za-z_][\w.-]*)\s*>/y)?.[1] !== name) throw bad(`${name} does not end where it should`)
        if (children.length > 0 && text.trim() !== '') throw bad(`${name} has text between its elements`)
        return { name, text: children.length > 0 ? '' : withoutEntities(text), children }
      }
      children.push(this.#element(depth + 1))
    }
  }
}

function withoutEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));|&/g, (_, decimal, hex, name) => {
    if (name !== undefined && Object.hasOwn(entities, name)) return entities[name]
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : Number.NaN
    if (!(code <= 0x10ffff)) throw bad('it has an unknown entity')
    return String.fromCodePoint(code)
  })
}

export const escapeXml = (text: string): string => text.replace(/[<>&"'\r\n\t]/g, char => `&#${char.charCodeAt(0)};`)
