import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import {
  fillStrings,
  isUnsigned,
  isString,
  mapBytes,
  mapLists,
  mapNumbers,
  mapTexts,
  numberReader,
  optional,
  plainText,
  type StringsBuilder,
  stringsOf,
  stringsType,
  stringType,
  text,
  textReader,
} from './stringRows.ts'

const category = 'URL'
const uint16 = parseType('UInt16')

function refuseFixed(name: string, type: DataType): void {
  if (type.kind === 'FixedString') throw new DBError('ILLEGAL_COLUMN', `Function ${name} does not take FixedString`)
}

/** `kernel` with the number by which it knows the part. */
function definePart(
  name: string,
  kernel: 'pickUrl' | 'cutUrl',
  part: number,
  about: string,
  example: string,
  aliases: string[] = [],
): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about,
    category,
    arguments: [text('url')],
    returns: ([url]) => {
      refuseFixed(name, url.type)
      return stringType
    },
    run: ([url], { arena, rows, memory }) => {
      const strings = stringsOf(url, arena)
      return fillStrings(arena, rows, strings.textSize, (offsets, target) =>
        memory.kernels[kernel](strings.offsets, strings.bytes, rows, part, offsets, target),
      )
    },
    examples: [[`SELECT ${name}('https://www.example.com/a/b?x=1#f')`, example]],
  })
}

/**
 * Parameters, each behind `?`, `#` or `&`. What another `?` ends is none, and neither is what the URL's end ends, unless it has a value.
 */
function parameters(url: string): string[] {
  const found: string[] = []
  let at = url.search(/[?#]/)
  while (at >= 0 && at + 1 < url.length) {
    const start = at + 1
    let end = start
    while (end < url.length && !'=&#?'.includes(url[end])) end++
    if (end === url.length) break
    if (url[end] !== '?') {
      while (end < url.length && url[end] !== '&' && url[end] !== '#') end++
      found.push(url.slice(start, end))
    }
    at = end
  }
  return found
}

function defineList(name: string, about: string, list: (url: string) => string[], answer: string): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category,
    arguments: [plainText('url')],
    returns: () => stringsType,
    run: ([url], { arena, rows }) => {
      const read = textReader(url, arena)
      return mapLists(arena, rows, row => list(read(row)))
    },
    examples: [[`SELECT ${name}('https://example.com/a?x=1&y=2')`, answer]],
  })
}

/** Where `name=` stands as a parameter, or -1. */
function findParameter(url: string, name: string): number {
  const begin = url.search(/[?#]/)
  if (begin < 0) return -1
  const wanted = `${name}=`
  for (let at = url.indexOf(wanted, begin + 1); at >= 0; at = url.indexOf(wanted, at + 1))
    if ('?#&'.includes(url[at - 1])) return at
  return -1
}

function parameterOf(url: string, name: string): string {
  const at = findParameter(url, name)
  if (at < 0) return ''
  const value = url.slice(at + name.length + 1)
  const end = value.search(/[&#]/)
  return end < 0 ? value : value.slice(0, end)
}

function cutParameter(url: string, name: string): string {
  const at = findParameter(url, name)
  if (at < 0) return url
  let end = at + name.length + 1
  while (end < url.length && url[end] !== '&' && url[end] !== '#') end++
  // With the & behind it, or, as the last of several, the one before.
  if (url[end] === '&') return url.slice(0, at) + url.slice(end + 1)
  return url.slice(0, url[at - 1] === '&' ? at - 1 : at) + url.slice(end)
}

/** As cutParameter, where the & before the last one stays. */
function cutOneOfMany(url: string, name: string): string {
  const at = findParameter(url, name)
  if (at < 0) return url
  let end = at + name.length + 1
  while (end < url.length && url[end] !== '&' && url[end] !== '#') end++
  return url.slice(0, at) + url.slice(url[end] === '&' ? end + 1 : end)
}

/** The URL up to each of its separators behind the host. */
function hierarchy(url: string, pathOnly: boolean): string[] {
  const scheme = /^[^:/?#]*:\/\//.exec(url)
  let at = scheme ? scheme[0].length : 0
  if (!scheme) return pathOnly ? [] : url === '' ? [] : [url]
  while (at < url.length && !'/?#'.includes(url[at])) at++
  const begin = at
  const levels: string[] = []
  // The first level is the host with one separator; in paths there is none, and more of them side by side begin the first.
  if (at < url.length) at++
  if (!pathOnly) levels.push(url.slice(0, at))
  while (at < url.length && '/?#'.includes(url[at])) at++
  while (at < url.length) {
    while (at < url.length && !'/?#'.includes(url[at])) at++
    // Separators side by side are one level's end.
    while (at < url.length && '/?#'.includes(url[at])) at++
    levels.push(url.slice(pathOnly ? begin : 0, at))
  }
  return levels
}

function decodePercent(bytes: Uint8Array, out: StringsBuilder, plusIsSpace: boolean): void {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x25 && i + 2 < bytes.length) {
      const [high, low] = [hexValue(bytes[i + 1]), hexValue(bytes[i + 2])]
      if (high >= 0 && low >= 0) {
        out.byte(high * 16 + low)
        i += 2
        continue
      }
    }
    out.byte(plusIsSpace && byte === 0x2b ? 0x20 : byte)
  }
}

function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

const unreserved = new Set(encodeText('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~'))
const hexDigits = encodeText('0123456789ABCDEF')

function encodePercent(bytes: Uint8Array, out: StringsBuilder, plusIsSpace: boolean): void {
  for (const byte of bytes) {
    if (unreserved.has(byte)) out.byte(byte)
    else if (plusIsSpace && byte === 0x20) out.byte(0x2b)
    else {
      out.byte(0x25)
      out.byte(hexDigits[byte >> 4])
      out.byte(hexDigits[byte & 15])
    }
  }
}

function defineCode(
  name: string,
  about: string,
  write: (bytes: Uint8Array, out: StringsBuilder) => void,
  example: readonly [string, string],
): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category,
    arguments: [text('url')],
    returns: ([url]) => {
      refuseFixed(name, url.type)
      return stringType
    },
    run: ([url], { arena, rows }) => mapBytes(url, arena, rows, write),
    examples: [example],
  })
}

const isName = (type: DataType): boolean => isString(type) || (type instanceof ArrayType && isString(type.element))

const extractURLParameter = defineFunction({
  name: 'extractURLParameter',
  about: "The value of a URL's parameter; empty where it has none of the name.",
  category,
  arguments: [text('url'), text('name')],
  constants: 'keep',
  returns: () => stringType,
  run: ([url, name], { arena, rows }) => {
    const [read, readName] = [textReader(url, arena), textReader(name, arena)]
    return mapTexts(arena, rows, row => parameterOf(read(row), readName(row)))
  },
  examples: [["SELECT extractURLParameter('http://example.com/?a=1&b=2', 'b')", '2']],
})

const cutURLParameter = defineFunction({
  name: 'cutURLParameter',
  about: 'A URL without a parameter, or without several.',
  category,
  arguments: [text('url'), { name: 'name', accepts: isName }],
  returns: () => stringType,
  run: ([url, name], { arena, rows }: Call) => {
    const read = textReader(url, arena)
    if (name.layout === 'array')
      return mapTexts(arena, rows, row => (name.valueAt(row) as string[]).reduce(cutOneOfMany, read(row)))
    const readName = textReader(name, arena)
    return mapTexts(arena, rows, row => cutParameter(read(row), readName(row)))
  },
  examples: [["SELECT cutURLParameter('http://bigmir.net/?a=b&c=d&e=f#g', 'a')", 'http://bigmir.net/?c=d&e=f#g']],
})

function definePort(name: string, rfc: boolean): FunctionDefinition {
  return defineFunction({
    name,
    about: "A URL's port; 0 or a given number where it has none.",
    category,
    arguments: [text('url'), optional({ name: 'default_port', accepts: isUnsigned })],
    constants: 'keep',
    returns: ([url]) => {
      refuseFixed(name, url.type)
      return uint16
    },
    run: ([url, otherwise], { arena, rows, memory }) => {
      const strings = stringsOf(url, arena)
      const hosts: Column = fillStrings(arena, rows, strings.textSize, (offsets, target) =>
        memory.kernels.pickUrl(strings.offsets, strings.bytes, rows, rfc ? 1 : 0, offsets, target),
      )
      const [read, readHost] = [textReader(strings, arena), textReader(hosts, arena)]
      const readOther = otherwise ? numberReader(otherwise) : () => 0
      const column = mapNumbers(
        parseType('UInt32'),
        arena,
        rows,
        row => portOf(read(row), readHost(row)) ?? readOther(row),
      )
      const out = arena.allocate(rows * 2)
      memory.kernels.castU32U16(column.pointer, out, rows)
      return new FixedColumn(uint16, memory, out, rows)
    },
  })
}

/** The number behind the host's colon. */
function portOf(url: string, host: string): number | undefined {
  if (host === '') return undefined
  const behind = url.slice(url.indexOf(host) + host.length)
  const digits = /^:(\d+)(?=[/?#]|$)/.exec(behind)
  if (!digits) return undefined
  const port = Number(digits[1])
  return port > 0 && port <= 65535 ? port : undefined
}

const netloc = defineFunction({
  name: 'netloc',
  about: 'What stands between the scheme and the path: user, password, host and port.',
  category,
  arguments: [plainText('url')],
  returns: () => stringType,
  run: ([url], { arena, rows }) => {
    const read = textReader(url, arena)
    return mapTexts(
      arena,
      rows,
      row => /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/)?([^/?#]*)/.exec(withSlashes(read(row)))![1],
    )
  },
  examples: [["SELECT netloc('http://paul@www.example.com:80/')", 'paul@www.example.com:80']],
})

/** A scheme counts only before two slashes: what else has a colon is left whole. */
const withSlashes = (url: string): string => (/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\//.test(url) ? url : `//${url}`)

export const url = [
  definePart('domain', 'pickUrl', 0, "A URL's host.", 'www.example.com'),
  netloc,
  definePart('domainRFC', 'pickUrl', 1, "A URL's host, by RFC 3986: behind user and password, too.", 'www.example.com'),
  definePart('domainWithoutWWW', 'pickUrl', 2, "A URL's host without `www.` in front.", 'example.com'),
  definePart('domainWithoutWWWRFC', 'pickUrl', 3, 'As domainWithoutWWW, by RFC 3986.', 'example.com'),
  definePart('topLevelDomain', 'pickUrl', 4, "The last part of a URL's host.", 'com'),
  definePart('topLevelDomainRFC', 'pickUrl', 5, 'As topLevelDomain, by RFC 3986.', 'com'),
  definePart('protocol', 'pickUrl', 6, "A URL's scheme.", 'https'),
  definePart('path', 'pickUrl', 7, "A URL's path, without query string and fragment.", '/a/b'),
  definePart('pathFull', 'pickUrl', 8, "A URL's path with query string and fragment.", '/a/b?x=1#f'),
  definePart('queryString', 'pickUrl', 9, "A URL's query string, without the question mark.", 'x=1'),
  definePart('queryStringAndFragment', 'pickUrl', 10, "A URL's query string and fragment.", 'x=1#f'),
  definePart('fragment', 'pickUrl', 11, "A URL's fragment, without the hash sign.", 'f'),
  definePart('cutFragment', 'pickUrl', 12, 'A URL without its fragment.', 'https://www.example.com/a/b?x=1'),
  definePart(
    'cutQueryStringAndFragment',
    'pickUrl',
    13,
    'A URL without query string and fragment.',
    'https://www.example.com/a/b',
  ),
  definePart('cutWWW', 'cutUrl', 0, 'A URL without `www.` before its host.', 'https://example.com/a/b?x=1#f'),
  definePart('cutQueryString', 'cutUrl', 1, 'A URL without its query string.', 'https://www.example.com/a/b#f'),
  definePort('port', false),
  definePort('portRFC', true),
  extractURLParameter,
  cutURLParameter,
  defineList('extractURLParameters', "A URL's parameters, with their values.", parameters, "['x=1','y=2']"),
  defineList(
    'extractURLParameterNames',
    "The names of a URL's parameters.",
    value => parameters(value).map(parameter => parameter.split('=')[0]),
    "['x','y']",
  ),
  defineList(
    'URLHierarchy',
    'A URL cut behind each separator of its path and query string.',
    value => hierarchy(value, false),
    "['https://example.com/','https://example.com/a?','https://example.com/a?x=1&y=2']",
  ),
  defineList(
    'URLPathHierarchy',
    'As URLHierarchy, without scheme and host.',
    value => hierarchy(value, true),
    "['/a?','/a?x=1&y=2']",
  ),
  defineCode(
    'decodeURLComponent',
    'Text with %41 and its like decoded.',
    (bytes, out) => decodePercent(bytes, out, false),
    ["SELECT decodeURLComponent('a%20b')", 'a b'],
  ),
  defineCode(
    'decodeURLFormComponent',
    'As decodeURLComponent, where + is a space.',
    (bytes, out) => decodePercent(bytes, out, true),
    ["SELECT decodeURLFormComponent('a+b')", 'a b'],
  ),
  defineCode(
    'encodeURLComponent',
    'Text for use in a URL: what is no ASCII letter, digit, -, _, . or ~ as %41.',
    (bytes, out) => encodePercent(bytes, out, false),
    ["SELECT encodeURLComponent('a b')", 'a%20b'],
  ),
  defineCode(
    'encodeURLFormComponent',
    'As encodeURLComponent, where a space is +.',
    (bytes, out) => encodePercent(bytes, out, true),
    ["SELECT encodeURLFormComponent('a b')", 'a+b'],
  ),
]
