/** Code points as pairs of first and last, ascending, with gaps between. */
export type Ranges = readonly number[]

export const anyPoint: Ranges = [0, 0x10ffff]

/** Pairs in any order, overlapping or not, as Ranges. */
export function mergeRanges(pairs: readonly number[]): Ranges {
  const sorted: [number, number][] = []
  for (let i = 0; i < pairs.length; i += 2) sorted.push([pairs[i], pairs[i + 1]])
  sorted.sort((a, b) => a[0] - b[0])
  const merged: number[] = []
  for (const [first, last] of sorted) {
    const end = merged.length - 1
    if (end > 0 && first <= merged[end] + 1) merged[end] = Math.max(merged[end], last)
    else merged.push(first, last)
  }
  return merged
}

export function invertRanges(ranges: Ranges): Ranges {
  const inverted: number[] = []
  let next = 0
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i] > next) inverted.push(next, ranges[i] - 1)
    next = ranges[i + 1] + 1
  }
  if (next <= 0x10ffff) inverted.push(next, 0x10ffff)
  return inverted
}

const digits: Ranges = [48, 57]
const words: Ranges = [48, 57, 65, 90, 95, 95, 97, 122]
const spaces: Ranges = [9, 10, 12, 13, 32, 32]

/** \d \w \s and their opposites; ASCII only, as in RE2. */
export function perlClass(letter: string): Ranges | undefined {
  switch (letter) {
    case 'd':
      return digits
    case 'D':
      return invertRanges(digits)
    case 'w':
      return words
    case 'W':
      return invertRanges(words)
    case 's':
      return spaces
    case 'S':
      return invertRanges(spaces)
  }
}

const posix = new Map<string, Ranges>([
  ['alnum', [48, 57, 65, 90, 97, 122]],
  ['alpha', [65, 90, 97, 122]],
  ['ascii', [0, 127]],
  ['blank', [9, 9, 32, 32]],
  ['cntrl', [0, 31, 127, 127]],
  ['digit', digits],
  ['graph', [33, 126]],
  ['lower', [97, 122]],
  ['print', [32, 126]],
  ['punct', [33, 47, 58, 64, 91, 96, 123, 126]],
  ['space', [9, 13, 32, 32]],
  ['upper', [65, 90]],
  ['word', words],
  ['xdigit', [48, 57, 65, 70, 97, 102]],
])

export const posixClass = (name: string): Ranges | undefined => posix.get(name)

const unicode = new Map<string, Ranges | undefined>()

/** A general category (L, Lu, N, ...), a script (Greek, ...) or Any; undefined if there is none of the name. */
export function unicodeClass(name: string): Ranges | undefined {
  if (name === 'Any') return anyPoint
  if (!unicode.has(name)) unicode.set(name, findUnicode(name))
  return unicode.get(name)
}

function findUnicode(name: string): Ranges | undefined {
  if (!/^[A-Za-z_]+$/.test(name)) return undefined
  for (const property of [`gc=${name}`, `Script=${name}`]) {
    let pattern: RegExp
    try {
      pattern = new RegExp(`\\p{${property}}+`, 'gu')
    } catch {
      continue // not of this kind: the other is tried
    }
    // Long names of categories are the host's, not RE2's.
    if (property.startsWith('gc') && name.length > 2) continue
    return scanUnicode(pattern)
  }
}

/** The ranges in which a pattern of one class matches. */
function scanUnicode(pattern: RegExp): Ranges {
  const pairs: number[] = []
  const block = 4096
  for (let start = 0; start <= 0x10ffff; start += block) scanBlock(pattern, start, start + block, pairs)
  return mergeRanges(pairs)
}

function scanBlock(pattern: RegExp, start: number, end: number, pairs: number[]): void {
  let text = ''
  // Surrogates, U+D800 to U+DFFF, fill the last half of their block and are no characters.
  for (let point = start; point < end; point++)
    if (point < 0xd800 || point > 0xdfff) text += String.fromCodePoint(point)
  for (const match of text.matchAll(pattern)) {
    const units = start < 0x10000 ? 1 : 2
    const first = start + match.index / units
    pairs.push(first, first + match[0].length / units - 1)
  }
}

/** Where letters have cases, roughly; outside of these nothing folds. */
const cased = [
  0x41, 0x5a, 0x61, 0x7a, 0xb5, 0x587, 0x10a0, 0x10ff, 0x13a0, 0x13fd, 0x1c80, 0x1cbf, 0x1d79, 0x1d8e, 0x1e00, 0x1fff,
  0x2126, 0x2188, 0x24b6, 0x24e9, 0x2c00, 0x2d2d, 0xa640, 0xa7f6, 0xab53, 0xabbf, 0xff21, 0xff5a, 0x10400, 0x104fb,
  0x10570, 0x105bc, 0x10c80, 0x10cf2, 0x118a0, 0x118df, 0x16e40, 0x16e7f, 0x1e900, 0x1e943,
]

let orbits: Map<number, number[]> | undefined

/** Letters that are the same but for case, by code point; a letter alone is not in it. */
function foldOrbits(): Map<number, number[]> {
  if (orbits) return orbits
  const groups = new Map<number, number[]>()
  for (let i = 0; i < cased.length; i += 2)
    for (let point = cased[i]; point <= cased[i + 1]; point++) {
      const lower = oneLower(oneUpper(point))
      const group = groups.get(lower)
      if (group) group.push(point)
      else groups.set(lower, [point])
    }
  orbits = new Map()
  for (const group of groups.values()) if (group.length > 1) for (const point of group) orbits.set(point, group)
  return orbits
}

/** The small letter of a letter, where it is one code point; else itself. */
export function oneLower(point: number): number {
  const text = String.fromCodePoint(point).toLowerCase()
  const lower = text.codePointAt(0)!
  return text.length === (lower > 0xffff ? 2 : 1) ? lower : point
}

/** The capital of a letter, where it is one code point; else itself. */
export function oneUpper(point: number): number {
  const text = String.fromCodePoint(point).toUpperCase()
  const upper = text.codePointAt(0)!
  return text.length === (upper > 0xffff ? 2 : 1) ? upper : point
}

/** With every letter in all its cases. */
export function foldRanges(ranges: Ranges): Ranges {
  if (ranges.length === 2 && ranges[0] === 0 && ranges[1] === 0x10ffff) return ranges
  const all = foldOrbits()
  const pairs = [...ranges]
  for (let i = 0; i < ranges.length; i += 2)
    for (let c = 0; c < cased.length; c += 2) {
      const last = Math.min(ranges[i + 1], cased[c + 1])
      for (let point = Math.max(ranges[i], cased[c]); point <= last; point++) {
        const orbit = all.get(point)
        if (orbit) for (const other of orbit) pairs.push(other, other)
      }
    }
  return mergeRanges(pairs)
}
