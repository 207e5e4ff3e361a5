import { encodeText } from '../core/text.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { float64, mapNumbers, mapTexts, plainText, stringType, text, textReader, uint64 } from './stringRows.ts'

const category = 'String'
const float32 = parseType('Float32')

/** What distances are counted in: bytes or code points, as numbers. */
type Units = ArrayLike<number>

const bytesOf = (value: string): Units => encodeText(value)
const pointsOf = (value: string): Units => Array.from(value, point => point.codePointAt(0)!)

function definePair(
  name: string,
  aliases: string[],
  about: string,
  type: DataType,
  units: (value: string) => Units,
  measure: (a: Units, b: Units) => number,
  example: readonly [string, string],
  takesFixed = false,
): FunctionDefinition {
  const argument = takesFixed ? text : plainText
  return defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: [argument('s1'), argument('s2')],
    constants: 'keep',
    returns: () => type,
    run: ([a, b], { arena, rows }) => {
      const [readA, readB] = [textReader(a, arena), textReader(b, arena)]
      return mapNumbers(type, arena, rows, row => measure(units(readA(row)), units(readB(row))))
    },
    examples: [example],
  })
}

/** With an empty string, it is the other's bytes that ClickHouse counts. */
function levenshteinPoints(a: Units, b: Units): number {
  if (a.length > 0 && b.length > 0) return levenshtein(a, b)
  return encodeText(String.fromCodePoint(...Array.from(a), ...Array.from(b))).length
}

/** Bounds the work of distances, which grows with the product of the sizes. */
const cellsMax = 64 * 1024 * 1024

function checkSizes(a: Units, b: Units): void {
  if (a.length * b.length > cellsMax)
    throw new DBError('TOO_LARGE_STRING_SIZE', `The strings are too long for a distance: ${a.length} and ${b.length}`)
}

/** Insertions, deletions and substitutions that make b of a. */
function levenshtein(a: Units, b: Units): number {
  checkSizes(a, b)
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  let current = new Array<number>(b.length + 1)
  for (let i = 1; i <= a.length; i++) {
    current[0] = i
    for (let j = 1; j <= b.length; j++) {
      const changed = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      current[j] = Math.min(changed, previous[j] + 1, current[j - 1] + 1)
    }
    ;[previous, current] = [current, previous]
  }
  return previous[b.length]
}

/** As levenshtein, where two neighbours may change places, and are not changed again after that. */
function damerauLevenshtein(a: Units, b: Units): number {
  checkSizes(a, b)
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(changed, previous[j] + 1, current[j - 1] + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2] + 1)
      current.push(least)
    }
    ;[before, previous] = [previous, current]
  }
  return previous[b.length]
}

function jaro(a: Units, b: Units): number {
  // ClickHouse's answer where one is empty is the other's length.
  if (a.length === 0 || b.length === 0) return a.length + b.length
  const reach = Math.max(Math.floor(Math.max(a.length, b.length) / 2) - 1, 0)
  const [usedA, usedB] = [new Uint8Array(a.length), new Uint8Array(b.length)]
  let matches = 0
  for (let i = 0; i < a.length; i++)
    for (let j = Math.max(i - reach, 0); j < Math.min(i + reach + 1, b.length); j++)
      if (!usedB[j] && a[i] === b[j]) {
        usedA[i] = 1
        usedB[j] = 1
        matches++
        break
      }
  if (matches === 0) return 0
  let swapped = 0
  for (let i = 0, j = 0; i < a.length; i++) {
    if (!usedA[i]) continue
    while (!usedB[j]) j++
    if (a[i] !== b[j++]) swapped++
  }
  return (matches / a.length + matches / b.length + (matches - Math.floor(swapped / 2)) / matches) * (1 / 3)
}

function jaroWinkler(a: Units, b: Units): number {
  const similarity = jaro(a, b)
  if (similarity <= 0.7 || a.length === 0 || b.length === 0) return similarity
  let prefix = 0
  while (prefix < Math.min(4, a.length, b.length) && a[prefix] === b[prefix]) prefix++
  return similarity + 0.1 * prefix * (1 - similarity)
}

function hamming(a: Units, b: Units): number {
  let different = Math.abs(a.length - b.length)
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) different++
  return different
}

function jaccard(a: Units, b: Units): number {
  const [setA, setB] = [new Set(Array.from(a)), new Set(Array.from(b))]
  const common = [...setA].filter(unit => setB.has(unit)).length
  const all = setA.size + setB.size - common
  return all === 0 ? 0 : common / all
}

const ngramModes = [
  {
    suffix: '',
    size: 4,
    split: (value: string) => Array.from(encodeText(value), byte => String.fromCharCode(byte)),
    ignoreCase: false,
  },
  {
    suffix: 'CaseInsensitive',
    size: 4,
    split: (value: string) => Array.from(encodeText(value), byte => String.fromCharCode(byte)),
    ignoreCase: true,
  },
  { suffix: 'UTF8', size: 3, split: (value: string) => Array.from(value), ignoreCase: false },
  { suffix: 'CaseInsensitiveUTF8', size: 3, split: (value: string) => Array.from(value), ignoreCase: true },
]
type NgramMode = (typeof ngramModes)[number]

/** Longer strings are compared as having nothing in common. */
const ngramTextMax = 32768

function ngramsOf(value: string, { split, size, ignoreCase, suffix }: NgramMode): string[] {
  let units = split(value)
  if (ignoreCase)
    units = units.map(unit => (suffix.endsWith('UTF8') || (unit >= 'A' && unit <= 'Z') ? unit.toLowerCase() : unit))
  return Array.from({ length: Math.max(units.length - size + 1, 0) }, (_, i) => units.slice(i, i + size).join(''))
}

function ngramMeasure(haystack: string, needle: string, mode: NgramMode, symmetric: boolean): number {
  if (haystack.length > ngramTextMax || needle.length > ngramTextMax) return symmetric ? 1 : 0
  const [of, wanted] = [ngramsOf(haystack, mode), ngramsOf(needle, mode)]
  const left = new Map<string, number>()
  for (const ngram of wanted) left.set(ngram, (left.get(ngram) ?? 0) + 1)
  let distance = wanted.length
  for (const ngram of of) {
    const count = left.get(ngram) ?? 0
    if (count > 0) {
      distance--
      left.set(ngram, count - 1)
    } else if (symmetric) distance++
  }
  if (symmetric) return distance / Math.max(of.length + wanted.length, 1)
  // In 32 bits all the way, as ClickHouse counts it.
  return Math.fround(1 - Math.fround(distance / Math.max(wanted.length, 1)))
}

function defineNgram(name: string, mode: NgramMode, symmetric: boolean): FunctionDefinition {
  return defineFunction({
    name: `${name}${mode.suffix}`,
    about: symmetric
      ? 'How far two strings are apart, by parts of them that differ: 0 to 1.'
      : 'How much of a needle is in a string, by parts of it: 0 to 1.',
    category: 'String Search',
    arguments: [plainText('haystack'), plainText('needle')],
    constants: 'keep',
    returns: () => float32,
    run: ([haystack, needle], { arena, rows }) => {
      const [read, readNeedle] = [textReader(haystack, arena), textReader(needle, arena)]
      return mapNumbers(float32, arena, rows, row => ngramMeasure(read(row), readNeedle(row), mode, symmetric))
    },
    examples: [[`SELECT ${name}${mode.suffix}('ClickHouse', 'ClickHouse')`, symmetric ? '0' : '1']],
  })
}

/** Codes of a to z. */
const soundexCodes = '01230120022455012623010202'

function soundexOf(value: string): string {
  let code = ''
  let last = ''
  for (const character of value.replace(/[^A-Za-z]/g, '').toUpperCase()) {
    const digit = soundexCodes[character.charCodeAt(0) - 65]
    if (code === '') code = character
    else if (digit !== '0' && digit !== last) code += digit
    if (code.length === 4) break
    last = digit
  }
  return code.padEnd(4, '0')
}

const soundex = defineFunction({
  name: 'soundex',
  caseInsensitive: true,
  about: 'The Soundex code of a word: the same for words that sound alike in English.',
  category,
  arguments: [text('s')],
  returns: () => stringType,
  run: ([s], { arena, rows }) => {
    const read = textReader(s, arena)
    return mapTexts(arena, rows, row => soundexOf(read(row)))
  },
  examples: [["SELECT soundex('aksel')", 'A240']],
})

function entropy(bytes: Units): number {
  const counts = new Map<number, number>()
  for (const byte of Array.from(bytes)) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  let sum = 0
  for (const count of counts.values()) sum -= (count / bytes.length) * Math.log2(count / bytes.length)
  return sum
}

function defineMeasure(
  name: string,
  about: string,
  type: DataType,
  measure: (bytes: Units) => number,
): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category,
    arguments: [text('s')],
    returns: () => type,
    run: ([s], { arena, rows }) => {
      const read = textReader(s, arena)
      return mapNumbers(type, arena, rows, row => measure(bytesOf(read(row))))
    },
  })
}

export const similarity = [
  definePair(
    'editDistance',
    ['levenshteinDistance'],
    'How many bytes must be inserted, left out or replaced to make one string of another.',
    uint64,
    bytesOf,
    levenshtein,
    ["SELECT editDistance('clickhouse', 'mouse')", '6'],
  ),
  definePair(
    'editDistanceUTF8',
    ['levenshteinDistanceUTF8'],
    'As editDistance, in code points.',
    uint64,
    pointsOf,
    levenshteinPoints,
    ["SELECT editDistanceUTF8('我是谁', '我是我')", '1'],
  ),
  definePair(
    'damerauLevenshteinDistance',
    [],
    'As editDistance, where neighbours may change places.',
    uint64,
    bytesOf,
    damerauLevenshtein,
    ["SELECT damerauLevenshteinDistance('clickhouse', 'mouse')", '6'],
  ),
  definePair('jaroSimilarity', [], 'The Jaro similarity of two strings.', float64, bytesOf, jaro, [
    "SELECT jaroSimilarity('abc', 'abc')",
    '1',
  ]),
  definePair(
    'jaroWinklerSimilarity',
    [],
    'The Jaro-Winkler similarity of two strings.',
    float64,
    bytesOf,
    jaroWinkler,
    ["SELECT jaroWinklerSimilarity('abc', 'abc')", '1'],
  ),
  definePair(
    'byteHammingDistance',
    ['mismatches'],
    'How many bytes differ, place by place.',
    uint64,
    bytesOf,
    hamming,
    ["SELECT byteHammingDistance('karolin', 'kathrin')", '3'],
    true,
  ),
  definePair(
    'stringJaccardIndex',
    [],
    'Bytes that both strings have, among those that one has.',
    float64,
    bytesOf,
    jaccard,
    ["SELECT stringJaccardIndex('clickhouse', 'mouse')", '0.4'],
  ),
  definePair('stringJaccardIndexUTF8', [], 'As stringJaccardIndex, in code points.', float64, pointsOf, jaccard, [
    "SELECT stringJaccardIndexUTF8('abc', 'abc')",
    '1',
  ]),
  ...ngramModes.flatMap(mode => [defineNgram('ngramDistance', mode, true), defineNgram('ngramSearch', mode, false)]),
  soundex,
  defineMeasure(
    'stringBytesUniq',
    'How many different bytes a string has.',
    parseType('UInt16'),
    bytes => new Set(Array.from(bytes)).size,
  ),
  defineMeasure('stringBytesEntropy', "The entropy of a string's bytes in bits.", float64, entropy),
]
