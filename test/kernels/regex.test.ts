import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Memory } from '../../runtime/core/memory.ts'
import { type Regex, regexFor } from '../../runtime/functions/regex/regex.ts'
import { newMemory, random } from '../harness.ts'
import { layStrings, readStrings } from './stringColumn.ts'

/** Marks of a pattern over strings: 1 where it matches. */
function matches(memory: Memory, regex: Regex, strings: readonly string[]): number[] {
  const { arena, offsets, bytes, rows } = layStrings(memory, strings)
  const mask = arena.allocate(rows)
  memory.bytes(mask, rows).fill(1)
  assert.equal(memory.kernels.keepRegex(regex.machine, offsets, bytes, rows, mask), 0)
  const result = [...memory.copyOut(mask, rows)]
  arena.destroy()
  return result
}

/** All groups of the first match of each string, by group; '' where there is none. */
function groups(memory: Memory, regex: Regex, strings: readonly string[]): string[][] {
  const { arena, offsets, bytes, rows } = layStrings(memory, strings)
  const columns = Array.from({ length: regex.groups + 1 }, (_, group) => {
    const out = arena.allocate((rows + 1) * 4)
    const sink = arena.allocateZeroed(16)
    memory.u32[sink / 4] = arena.address
    assert.equal(memory.kernels.extractRegex(regex.machine, offsets, bytes, rows, 0, group, out, sink), 0)
    return readStrings(memory, out, memory.u32[sink / 4 + 1], rows)
  })
  arena.destroy()
  return strings.map((_, row) => columns.map(column => column[row]))
}

/** What JavaScript finds, in the same form. */
function twin(pattern: string, flags: string, strings: readonly string[]): { marks: number[]; groups: string[][] } {
  const regex = new RegExp(pattern, `${flags}u`)
  const found = strings.map(text => regex.exec(text))
  const count = new RegExp(`${pattern}|`, `${flags}u`).exec('')!.length
  return {
    marks: found.map(match => (match ? 1 : 0)),
    groups: found.map(match => Array.from({ length: count }, (_, i) => match?.[i] ?? '')),
  }
}

const patterns = [
  'abc',
  'a',
  '',
  '^',
  '$',
  '^$',
  'a*',
  'a+?b',
  '(a)(b)?',
  '(a|ab)(c|bcd)(d*)',
  '^https?://(?:www\\.)?([^/]+)/.*$',
  '(\\d+)-(\\d+)',
  '\\bfoo\\b',
  'x{2,3}',
  'x{2,3}?y',
  '(?:ab|cd)+',
  '[^a-c]+',
  '[а-яё]+',
  'é|ü',
  '.',
  '..',
  '(.)(.)$',
  '^(\\w+)\\s(\\w+)$',
  'a.*b',
  'a.*?b',
  '(a.*?b)(.*)',
  'foo|bar|baz',
  '(foo|foobar)(bar)?',
  '[A-Za-z_]\\w*=(\\d+)',
  '\\Bo',
  'o\\B',
  '(?:a{0,3}){2}b',
  '(x+x+)+y',
  '([ab]*)c',
  '^(a|b)*?c',
  '😀+',
  '[😀-😎]',
  '\\.html?$',
  'id=(\\d+)(?:&|$)',
  '^[^?]*\\?(.*)$',
  '(.*)/(.*)',
  'a|b|',
  '(|a)b',
  '[\\s\\S]b',
  '(a*)(b*)',
  'ab?c?d?e',
  '(?:(a)|b)c',
  'a$|b^',
  '^a|b$',
]
const alphabet = [
  'a',
  'b',
  'c',
  'd',
  'x',
  'y',
  'o',
  'f',
  'foo',
  'bar',
  ' ',
  '-',
  '1',
  '23',
  '/',
  '.',
  '=',
  'id=',
  '?',
  '&',
  'é',
  'я',
  '😀',
  '\n',
  'www.',
  'http://',
  '.html',
]

function texts(seed: number, rows: number): string[] {
  const next = random(seed)
  return Array.from({ length: rows }, () =>
    Array.from({ length: Math.floor(next() * 14) }, () => alphabet[Math.floor(next() * alphabet.length)]).join(''),
  )
}

test('matches and captures are those of a backtracker', () => {
  const memory = newMemory('core.debug')
  for (const rows of [0, 1, 15, 16, 17, 200]) {
    const strings = texts(rows, rows)
    if (rows > 1)
      strings.push('', 'a', 'foo', 'http://www.a.b/c?id=1', 'x'.repeat(18), `${'ab'.repeat(60)}c`, 'xxxxxxxxxxxxxxxxy')
    for (const pattern of patterns)
      for (const flags of ['', 's', 'm', 'i']) {
        const regex = regexFor(memory, pattern, {
          dotAll: flags === 's',
          lines: flags === 'm',
          ignoreCase: flags === 'i',
        })
        const expected = twin(pattern, flags, strings)
        assert.deepEqual(matches(memory, regex, strings), expected.marks, `match of /${pattern}/${flags}`)
        assert.deepEqual(groups(memory, regex, strings), expected.groups, `groups of /${pattern}/${flags}`)
      }
  }
})

test('long texts go through the other engine, with the same result', () => {
  const memory = newMemory()
  const long = `${'ab '.repeat(400_000)}foo=12 end`
  for (const pattern of ['(\\w+)=(\\d+)', 'a(b)? f(o+)', '(?:a|b| )+(f)', '\\b(f.*)']) {
    const regex = regexFor(memory, pattern, {})
    const expected = twin(pattern, '', [long])
    assert.deepEqual(matches(memory, regex, [long]), expected.marks)
    assert.deepEqual(groups(memory, regex, [long]), expected.groups, pattern)
  }
})

test('patterns that make backtrackers explode take time by length', () => {
  const memory = newMemory()
  const text = 'a'.repeat(5000)
  for (const pattern of ['(a*)*b', '(a|aa)+$b', '(?:a?){20}a{20}b', 'a*a*a*a*a*b', '^(a+)+$b']) {
    const regex = regexFor(memory, pattern, {})
    assert.deepEqual(matches(memory, regex, [text]), [0])
    assert.equal(groups(memory, regex, [text])[0][0], '')
  }
})

test('a cache of states that overflows begins anew', () => {
  const memory = newMemory('core.debug')
  const next = random(3)
  const strings = Array.from({ length: 20 }, () =>
    Array.from({ length: 3000 }, () => 'ab'[Math.floor(next() * 2)]).join(''),
  )
  const pattern = 'a[ab]{14}c|(?:a[ab]{12}){2}x'
  assert.deepEqual(matches(memory, regexFor(memory, pattern, {}), strings), twin(pattern, '', strings).marks)
})

test('RE2 syntax that JavaScript has not', () => {
  const memory = newMemory('core.debug')
  const cases: [pattern: string, text: string, expected: string[] | null][] = [
    ['(?i)ÀБ', 'àб', ['àб']],
    ['(?i:a)b', 'Ab', ['Ab']],
    ['(?i:a)b', 'AB', null],
    ['(?P<n>a)(?<m>b)', 'ab', ['ab', 'a', 'b']],
    ['\\x{1F600}', '😀', ['😀']],
    ['\\x41\\101', 'AA', ['AA']],
    ['[[:alpha:]]+', '1ab2', ['ab']],
    ['[[:^alpha:]]+', 'ab12', ['12']],
    ['\\pL+', '1яz', ['яz']],
    ['\\p{Lu}', 'aЯ', ['Я']],
    ['\\p{Greek}', 'aλ', ['λ']],
    ['\\PL', 'a1', ['1']],
    ['[\\pN-]+', 'a1-2', ['1-2']],
    ['\\Qa.b\\E+', 'a.bb', ['a.bb']],
    ['(?s).', '\n', ['\n']],
    ['(?m)^b$', 'a\nb\nc', ['b']],
    ['(?U)a+', 'aaa', ['a']],
    ['(?U)a+?', 'aaa', ['aaa']],
    ['\\Aa\\z', 'a', ['a']],
    ['a{,2}', 'a{,2}', ['a{,2}']],
    ['x{', 'x{', ['x{']],
    ['[]a]+', ']a', [']a']],
    ['[^]]', ']b', ['b']],
    ['[a-]+', 'a-a', ['a-a']],
    ['\\C', 'я', ['\udcd1']],
    ['(?i)k', '\u212a', ['\u212a']],
    ['(?i)[а-в]+', 'АбВ', ['АбВ']],
    ['.', '\udcff', null],
    ['\udcff.', '\udcff\udcfe', ['\udcff\udcfe']],
    ['a(?i)b|c', 'C', ['C']],
    ['(a)|b', 'b', ['b', '']],
    ['(?:(a)|b)*', 'ab', ['ab', 'a']],
    ['(a*)+', 'b', ['', '']],
  ]
  for (const [pattern, text, expected] of cases) {
    const regex = regexFor(memory, pattern, {})
    assert.deepEqual(matches(memory, regex, [text]), [expected ? 1 : 0], pattern)
    const found = groups(memory, regex, [text])[0]
    assert.deepEqual(found, expected ?? found.map(() => ''), pattern)
  }
})

/** Replaced strings, counts, lists of matches and pieces between them: all kernels that look for more than one match. */
function everything(memory: Memory, regex: Regex, strings: readonly string[], all: boolean) {
  const { arena, offsets, bytes, rows } = layStrings(memory, strings)
  const { kernels } = memory
  const newSink = () => {
    const sink = arena.allocateZeroed(16)
    memory.u32[sink / 4] = arena.address
    return sink
  }
  const lists = (run: (listOffsets: number, ends: number, target: number) => number): string[][] => {
    const listOffsets = arena.allocate((rows + 1) * 4)
    const [ends, target] = [newSink(), newSink()]
    const first = arena.allocate(64)
    memory.u32[first / 4] = 0
    memory.u32.set([first, 64, 4], ends / 4 + 1)
    assert.equal(run(listOffsets, ends, target), 0)
    const count = memory.u32[listOffsets / 4 + rows]
    const values = readStrings(memory, memory.u32[ends / 4 + 1], memory.u32[target / 4 + 1], count)
    return strings.map((_, row) =>
      values.slice(memory.u32[listOffsets / 4 + row], memory.u32[listOffsets / 4 + row + 1]),
    )
  }
  const literal = memory.writeText(arena, '<')
  const substitution = arena.allocate(64)
  memory.u32.set([0xffffffff, literal.pointer, literal.size, 0, 0, 0, regex.groups ? 1 : 0, 0, 0], substitution / 4)
  const out = arena.allocate((rows + 1) * 4)
  const sink = newSink()
  const { machine } = regex
  assert.equal(kernels.replaceRegex(machine, offsets, bytes, rows, 0, substitution, 3, Number(all), out, sink), 0)
  const numbers = arena.allocate(rows * 8)
  assert.equal(kernels.countRegex(machine, offsets, bytes, rows, 0, numbers), 0)
  const counts = [...memory.u64.slice(numbers / 8, numbers / 8 + rows)].map(Number)
  assert.equal(kernels.positionRegex(machine, offsets, bytes, rows, 0, 1, 2, 0, 1, 1, numbers), 0)
  const result = {
    replaced: readStrings(memory, out, memory.u32[sink / 4 + 1], rows),
    counts,
    seconds: [...memory.u64.slice(numbers / 8, numbers / 8 + rows)].map(Number),
    extracted: lists((...to) => kernels.extractAllRegex(machine, offsets, bytes, rows, 0, regex.groups ? 1 : 0, ...to)),
    grouped: lists((...to) =>
      kernels.extractGroupsRegex(machine, offsets, bytes, rows, 0, 0, regex.groups + 1, 0, ...to),
    ),
    pieces: lists((...to) => kernels.splitRegex(machine, offsets, bytes, rows, 0, 0, ...to)),
    twoPieces: lists((...to) => kernels.splitRegex(machine, offsets, bytes, rows, 2, 1, ...to)),
  }
  arena.destroy()
  return result
}

test('all matches: replaced, counted, listed, split at', () => {
  const memory = newMemory('core.debug')
  const ascii = (text: string) => !/[^\0-\x7f]/.test(text)
  for (const rows of [0, 1, 16, 17, 150]) {
    const strings = texts(rows + 50, rows).filter(ascii)
    for (const pattern of [
      'a',
      'o+',
      '(\\d)(\\d)?',
      '[a-c]+',
      '\\b\\w',
      '^a',
      'b$',
      '(a|ab)(c|bcd)?',
      'foo|bar',
      '/([^/]*)/',
    ]) {
      const regex = regexFor(memory, pattern, {})
      for (const all of [true, false]) {
        const got = everything(memory, regex, strings, all)
        const found = strings.map(text => [...text.matchAll(new RegExp(pattern, 'g'))])
        const group = regex.groups ? 1 : 0
        const put = (match: RegExpMatchArray | string[]) => `<${match[0]}${match[group] ?? ''}`
        const source = new RegExp(pattern, all ? 'g' : '')
        assert.deepEqual(
          got.replaced,
          strings.map(text => text.replace(source, (...match) => put(match as string[]))),
          pattern,
        )
        assert.deepEqual(
          got.counts,
          found.map(list => list.length),
          pattern,
        )
        assert.deepEqual(
          got.seconds,
          found.map(list => (list[1] ? list[1].index! + list[1][0].length + 1 : 0)),
          pattern,
        )
        assert.deepEqual(
          got.extracted,
          found.map(list => list.map(match => match[group] ?? '')),
          pattern,
        )
        assert.deepEqual(
          got.grouped,
          found.map(list => list.flatMap(match => [...match].map(text => text ?? ''))),
          pattern,
        )
        const split = (text: string, list: RegExpMatchArray[]) => {
          const pieces: string[] = []
          let at = 0
          for (const match of list) {
            pieces.push(text.slice(at, match.index))
            at = match.index! + match[0].length
          }
          return [...pieces, text.slice(at)]
        }
        assert.deepEqual(
          got.pieces,
          strings.map((text, i) => split(text, found[i])),
          pattern,
        )
        assert.deepEqual(
          got.twoPieces,
          strings.map((text, i) => split(text, found[i].slice(0, 1))),
          pattern,
        )
      }
    }
  }
})

test('what RE2 refuses is refused with its reason', () => {
  const memory = newMemory()
  const cases: [string, RegExp][] = [
    ['(?=a)', /invalid perl operator: \(\?=/],
    ['(?<=a)', /invalid perl operator: \(\?<=/],
    ['(a)\\1', /invalid escape sequence: \\1/],
    ['a{1001}', /invalid repetition size: \{1001\}/],
    ['(?:a{100}){100}', /invalid repetition size/],
    ['[', /missing \]: \[/],
    ['(a', /missing \)/],
    ['a)', /unexpected \)/],
    ['*a', /no argument for repetition operator: \*/],
    ['a**', /bad repetition operator: \*\*/],
    ['a\\', /trailing \\/],
    ['[b-a]', /invalid character class range: b-a/],
    ['\\pX', /invalid character class range: \\pX/],
    ['\\q', /invalid escape sequence: \\q/],
    ['(?P<n>a)(?P<n>b)', /duplicate capture group name/],
    ['('.repeat(2000) + ')'.repeat(2000), /nests too deeply/],
  ]
  for (const [pattern, message] of cases)
    assert.throws(() => regexFor(memory, pattern, {}), { code: 427, message }, pattern)
})
