import { encodeText } from '../core/text.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { mapTexts, plainText, stringType, textReader } from './stringRows.ts'

function defineText(
  name: string,
  about: string,
  change: (value: string) => string,
  example: readonly [string, string],
): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category: 'String',
    arguments: [plainText('s')],
    returns: () => stringType,
    run: ([s], { arena, rows }) => {
      const read = textReader(s, arena)
      return mapTexts(arena, rows, row => change(read(row)))
    },
    examples: [example],
  })
}

const xmlEntities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
const xmlNames = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** The five names of XML, and numbers; what is neither stays. */
const decodeXml = (value: string): string =>
  value.replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|([a-z]+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return xmlNames.get(name) ?? whole
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal, 10)
    return point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? whole : String.fromCodePoint(point)
  })

/** Behind the last slash, or backslash where there is no slash. */
function lastName(path: string): string {
  const slash = path.lastIndexOf('/')
  return path.slice((slash >= 0 ? slash : path.lastIndexOf('\\')) + 1)
}

/** A digit that says how long a number is before each, so that 9 sorts before 10. */
const naturalKey = (value: string): string =>
  value.replace(/\d+/g, digits => {
    const figures = digits.replace(/^0+(?=\d)/, '')
    return `${String.fromCharCode(47 + encodeText(figures).length)}${figures}`
  })

export const markup = [
  defineText(
    'encodeXMLComponent',
    'Text with the characters that mean something in XML as entities.',
    value => value.replace(/[&<>"']/g, character => xmlEntities[character]),
    ["SELECT encodeXMLComponent('<a>')", '&lt;a&gt;'],
  ),
  defineText('decodeXMLComponent', "Text with XML's entities decoded.", decodeXml, [
    "SELECT decodeXMLComponent('&lt;a&gt;')",
    '<a>',
  ]),
  defineText('basename', 'What is behind the last slash or backslash of a path.', lastName, [
    "SELECT basename('some/long/path/to/file')",
    'file',
  ]),
  defineText('naturalSortKey', 'A text by which names with numbers sort by the numbers.', naturalKey, [
    "SELECT naturalSortKey('a10') > naturalSortKey('a9')",
    '1',
  ]),
]
