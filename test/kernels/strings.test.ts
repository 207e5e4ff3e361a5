import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Memory } from '../../runtime/core/memory.ts'
import { decodeText, encodeText } from '../../runtime/core/text.ts'
import { byteSet } from '../../runtime/functions/regex/prefilter.ts'
import { newMemory, random } from '../harness.ts'
import { lay, layStrings, type LaidStrings, readStrings } from './stringColumn.ts'

const rowCounts = [0, 1, 15, 16, 17, 300]
const pieces = [
  'a',
  'B',
  'zZ',
  ' ',
  '  ',
  'я',
  'Ю',
  'é',
  '€',
  '😀',
  '/',
  ',',
  ', ',
  '.',
  'x'.repeat(19),
  '@[`{',
  '\udcff',
  '',
]

function texts(seed: number, rows: number): string[] {
  const next = random(seed)
  return Array.from({ length: rows }, () =>
    Array.from({ length: Math.floor(next() * 8) }, () => pieces[Math.floor(next() * pieces.length)]).join(''),
  )
}

const bytesOf = (text: string) => Array.from(encodeText(text))
const fromBytes = (bytes: number[]) => decodeText(Uint8Array.from(bytes))
const lower = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase())
const upper = (text: string) => text.replace(/[a-z]/g, letter => letter.toUpperCase())

/** Every row count, with columns in a memory of the debug build. */
function forColumns(seed: number, run: (memory: Memory, laid: LaidStrings, strings: string[]) => void): void {
  const memory = newMemory('core.debug')
  for (const rows of rowCounts) {
    const strings = texts(seed + rows, rows)
    const laid = layStrings(memory, strings)
    run(memory, laid, strings)
    laid.arena.destroy()
  }
}

/** A kernel that fills offsets and a target with room for `size` bytes. */
function fill(
  memory: Memory,
  laid: LaidStrings,
  size: number,
  run: (offsets: number, target: number) => void,
): string[] {
  const offsets = laid.arena.allocate((laid.rows + 1) * 4)
  const target = laid.arena.allocate(size)
  run(offsets, target)
  return readStrings(memory, offsets, target, laid.rows)
}

function newSink({ arena }: LaidStrings): number {
  const sink = arena.allocateZeroed(16)
  arena.memory.u32[sink / 4] = arena.address
  return sink
}

function sinkStrings(memory: Memory, laid: LaidStrings, run: (offsets: number, sink: number) => number): string[] {
  const offsets = laid.arena.allocate((laid.rows + 1) * 4)
  const sink = newSink(laid)
  assert.equal(run(offsets, sink), 0)
  return readStrings(memory, offsets, memory.u32[sink / 4 + 1], laid.rows)
}

function sinkLists(
  memory: Memory,
  laid: LaidStrings,
  run: (lists: number, ends: number, sink: number) => number,
): string[][] {
  const lists = laid.arena.allocate((laid.rows + 1) * 4)
  const [ends, sink] = [newSink(laid), newSink(laid)]
  const first = laid.arena.allocate(64)
  memory.u32[first / 4] = 0
  memory.u32.set([first, 64, 4], ends / 4 + 1)
  assert.equal(run(lists, ends, sink), 0)
  const count = memory.u32[lists / 4 + laid.rows]
  const all = readStrings(memory, memory.u32[ends / 4 + 1], memory.u32[sink / 4 + 1], count)
  return Array.from({ length: laid.rows }, (_, row) =>
    all.slice(memory.u32[lists / 4 + row], memory.u32[lists / 4 + row + 1]),
  )
}

const textSize = (strings: string[]) => strings.reduce((sum, text) => sum + encodeText(text).length, 0)

test('ASCII case', () =>
  forColumns(1, (memory, { arena, offsets, bytes, rows }, strings) => {
    const start = memory.u32[offsets / 4]
    const size = textSize(strings)
    const out = arena.allocate(size)
    memory.kernels.lowerAscii(bytes + start, size, out)
    assert.deepEqual(readStrings(memory, offsets, out - start, rows), strings.map(lower))
    memory.kernels.upperAscii(bytes + start, size, out)
    assert.deepEqual(readStrings(memory, offsets, out - start, rows), strings.map(upper))
  }))

test('case by a table, and what it leaves to others', () =>
  forColumns(2, (memory, laid, strings) => {
    const { arena, offsets, bytes, rows } = laid
    const table = arena.allocate(65536 * 2)
    memory.u16.set(
      Uint16Array.from({ length: 65536 }, (_, point) => {
        const other = String.fromCharCode(point).toUpperCase()
        return other.length === 1 ? other.charCodeAt(0) : 0xffff
      }),
      table / 2,
    )
    const out = fill(memory, laid, textSize(strings) * 2 + 16, (to, target) => {
      assert.ok(memory.kernels.changeCaseUtf8(offsets, bytes, rows, table, to, target) >= 0)
    })
    assert.deepEqual(
      out,
      strings.map(text => text.toUpperCase()),
    )
    const special = layStrings(memory, ['straße'])
    const [to, target] = [arena.allocate(8), arena.allocate(64)]
    assert.equal(memory.kernels.changeCaseUtf8(special.offsets, special.bytes, 1, table, to, target), -1)
  }))

test('reversing', () =>
  forColumns(3, (memory, { arena, offsets, bytes, rows }, strings) => {
    const start = memory.u32[offsets / 4]
    const out = arena.allocate(textSize(strings))
    memory.kernels.reverseBytes(offsets, bytes, rows, out)
    assert.deepEqual(
      readStrings(memory, offsets, out - start, rows),
      strings.map(text => fromBytes(bytesOf(text).reverse())),
    )
    memory.kernels.reverseUtf8(offsets, bytes, rows, out)
    const valid = strings.map((text, i) => (/[\udc80-\udcff](?<![\ud800-\udbff].)/.test(text) ? i : -1))
    const got = readStrings(memory, offsets, out - start, rows)
    strings.forEach((text, i) => {
      if (valid[i] < 0) assert.equal(got[i], Array.from(text).reverse().join(''))
    })
  }))

test('UTF-8: lengths and checks', () =>
  forColumns(4, (memory, { arena, offsets, bytes, rows }, strings) => {
    const numbers = arena.allocate(rows * 8)
    memory.kernels.lengthUtf8(offsets, bytes, rows, numbers)
    assert.deepEqual(
      [...memory.u64.slice(numbers / 8, numbers / 8 + rows)].map(Number),
      strings.map(text => bytesOf(text).filter(byte => (byte & 0xc0) !== 0x80).length),
    )
    const mask = arena.allocate(rows)
    memory.kernels.isAsciiEach(offsets, bytes, rows, mask)
    assert.deepEqual(
      [...memory.copyOut(mask, rows)],
      strings.map(text => (bytesOf(text).every(byte => byte < 128) ? 1 : 0)),
    )
    memory.kernels.isValidUtf8(offsets, bytes, rows, mask)
    assert.deepEqual(
      [...memory.copyOut(mask, rows)],
      strings.map(text => (text === decodeText(encodeText(text)) && !hasBroken(text) ? 1 : 0)),
    )
  }))

/** A surrogate that stands for a byte. */
const hasBroken = (text: string) => Array.from(text).some(point => point.length === 1 && /[\udc80-\udcff]/.test(point))

test('broken UTF-8 is found out', () => {
  const memory = newMemory('core.debug')
  const cases: [number[], number][] = [
    [[0xc0, 0x80], 0],
    [[0xc1, 0xbf], 0],
    [[0xe0, 0x80, 0x80], 0],
    [[0xe0, 0xa0, 0x80], 1],
    [[0xed, 0xa0, 0x80], 0],
    [[0xed, 0x9f, 0xbf], 1],
    [[0xf0, 0x80, 0x80, 0x80], 0],
    [[0xf0, 0x90, 0x80, 0x80], 1],
    [[0xf4, 0x8f, 0xbf, 0xbf], 1],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0xf5, 0x80, 0x80, 0x80], 0],
    [[0x80], 0],
    [[0xd0], 0],
    [[0xe2, 0x82], 0],
    [[0xe2, 0x28, 0xa1], 0],
  ]
  const { arena, offsets, bytes, rows } = layStrings(
    memory,
    cases.map(([list]) => fromBytes(list)),
  )
  const mask = arena.allocate(rows)
  memory.kernels.isValidUtf8(offsets, bytes, rows, mask)
  assert.deepEqual(
    [...memory.copyOut(mask, rows)],
    cases.map(([, valid]) => valid),
  )
})

/** substring over units, as ClickHouse counts. */
function cut<T>(units: T[], start: number, length: number | null): T[] {
  if (start === 0) return []
  const from = start > 0 ? start - 1 : units.length + start
  const begin = Math.min(Math.max(from, 0), units.length)
  if (length === null) return units.slice(begin)
  const end = length >= 0 ? Math.min(from + length, units.length) : units.length + length
  return units.slice(begin, Math.max(end, begin))
}

test('substring', () =>
  forColumns(5, (memory, laid, strings) => {
    const { arena, offsets, bytes, rows } = laid
    const next = random(rows)
    const starts = strings.map(() => Math.floor(next() * 24) - 12)
    const lengths = strings.map(() => Math.floor(next() * 20) - 6)
    const place = (values: number[]) => {
      const pointer = arena.allocate(Math.max(values.length, 1) * 8)
      memory.i64.set(values.map(BigInt), pointer / 8)
      return pointer
    }
    const [startsAt, lengthsAt] = [place(starts), place(lengths)]
    const run = (lengthPointer: number, utf8: number) =>
      fill(memory, laid, textSize(strings), (to, target) =>
        memory.kernels.substringEach(offsets, bytes, rows, startsAt, 8, lengthPointer, 8, utf8, to, target),
      )
    assert.deepEqual(
      run(0, 0),
      strings.map((text, i) => fromBytes(cut(bytesOf(text), starts[i], null))),
    )
    assert.deepEqual(
      run(lengthsAt, 0),
      strings.map((text, i) => fromBytes(cut(bytesOf(text), starts[i], lengths[i]))),
    )
    const [plain, cutPlain] = [run(0, 1), run(lengthsAt, 1)]
    strings.forEach((text, i) => {
      if (hasBroken(text)) return
      assert.equal(plain[i], cut(Array.from(text), starts[i], null).join(''))
      assert.equal(
        cutPlain[i],
        cut(Array.from(text), starts[i], lengths[i]).join(''),
        `${text} ${starts[i]} ${lengths[i]}`,
      )
    })
    for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) {
      memory.i64[startsAt / 8] = value
      memory.i64[lengthsAt / 8] = value
      memory.kernels.substringEach(
        offsets,
        bytes,
        Math.min(rows, 1),
        startsAt,
        8,
        lengthsAt,
        8,
        1,
        arena.allocate(16),
        arena.allocate(400),
      )
    }
  }))

test('trimming', () =>
  forColumns(6, (memory, laid, strings) => {
    const { arena, offsets, bytes, rows } = laid
    const place = (set: Uint8Array) => {
      const pointer = arena.allocate(32)
      memory.copyIn(pointer, set)
      return pointer
    }
    const characters = encodeText(' a\udcff')
    const set = place(byteSet(byte => characters.includes(byte)))
    const outside = place(byteSet(byte => !characters.includes(byte)))
    const expected = (text: string, sides: number) => {
      const list = bytesOf(text)
      if (sides & 1) while (list.length && characters.includes(list[0])) list.shift()
      if (sides & 2) while (list.length && characters.includes(list[list.length - 1])) list.pop()
      return fromBytes(list)
    }
    for (const sides of [1, 2, 3])
      assert.deepEqual(
        fill(memory, laid, textSize(strings), (to, target) =>
          memory.kernels.trimSet(offsets, bytes, rows, set, outside, sides, to, target),
        ),
        strings.map(text => expected(text, sides)),
      )
  }))

test('putting strings together, repeating, replacing', () =>
  forColumns(7, (memory, laid, strings) => {
    const { arena, offsets, bytes, rows } = laid
    const other = layStrings(
      memory,
      strings.map((_, i) => `<${i}>`),
    )
    const constant = layStrings(memory, ['-яx-'])
    const table = arena.allocate(64)
    memory.u32.set([offsets, bytes, 4, constant.offsets, constant.bytes, 0, other.offsets, other.bytes, 4], table / 4)
    assert.deepEqual(
      fill(memory, laid, textSize(strings) + rows * 20, (to, target) =>
        memory.kernels.concatStrings(table, 3, rows, to, target),
      ),
      strings.map((text, i) => `${text}-яx-<${i}>`),
    )
    const counts = arena.allocate(Math.max(rows, 1) * 8)
    strings.forEach((_, i) => {
      memory.i64[counts / 8 + i] = BigInt((i % 5) - 1)
    })
    assert.deepEqual(
      sinkStrings(memory, laid, (to, sink) => memory.kernels.repeatStrings(offsets, bytes, rows, counts, 8, to, sink)),
      strings.map((text, i) => text.repeat(Math.max((i % 5) - 1, 0))),
    )
    for (const [from, to] of [
      ['a', 'bbb'],
      [', ', ''],
      ['я', 'z'],
      ['x'.repeat(19), 'y'],
    ]) {
      const [needle, put] = [lay(arena, from), lay(arena, to)]
      for (const all of [0, 1])
        assert.deepEqual(
          sinkStrings(memory, laid, (out, sink) =>
            memory.kernels.replaceString(
              offsets,
              bytes,
              rows,
              needle.pointer,
              needle.size,
              put.pointer,
              put.size,
              all,
              out,
              sink,
            ),
          ),
          strings.map(text => (all ? text.replaceAll(from, to) : text.replace(from, to))),
        )
    }
    const mask = arena.allocate(rows)
    const ends = strings.map((text, i) => fromBytes(bytesOf(text).slice(i % 2 ? -3 : 0)) + (i % 7 === 0 ? '!' : ''))
    const tails = layStrings(memory, ends)
    memory.kernels.affixEach(offsets, bytes, tails.offsets, tails.bytes, rows, 1, mask)
    const endsWith = (text: string, tail: string) =>
      tail === '' || fromBytes(bytesOf(text).slice(-encodeText(tail).length)) === tail
    assert.deepEqual(
      [...memory.copyOut(mask, rows)],
      strings.map((text, i) => (endsWith(text, ends[i]) ? 1 : 0)),
    )
  }))

test('splitting and joining', () =>
  forColumns(8, (memory, laid, strings) => {
    const { arena, offsets, bytes, rows } = laid
    for (const separator of [',', ', ', 'я', 'x'.repeat(19)]) {
      const { pointer, size } = lay(arena, separator)
      for (const most of [0, 1, 3])
        for (const rest of [0, 1]) {
          const got = sinkLists(memory, laid, (lists, ends, sink) =>
            memory.kernels.splitString(offsets, bytes, rows, pointer, size, most, rest, 1, lists, ends, sink),
          )
          const expected = strings.map(text => {
            const all = text.split(separator)
            if (most === 0 || all.length <= most) return all
            return rest ? [...all.slice(0, most - 1), all.slice(most - 1).join(separator)] : all.slice(0, most)
          })
          assert.deepEqual(got, expected, `${separator} ${most} ${rest}`)
        }
    }
    // Rows in lists of three.
    const lists = Math.ceil(rows / 3)
    const listOffsets = arena.allocate((lists + 1) * 4)
    for (let i = 0; i <= lists; i++) memory.u32[listOffsets / 4 + i] = Math.min(i * 3, rows)
    const { pointer, size } = lay(arena, '; ')
    const out = arena.allocate((lists + 1) * 4)
    const sink = newSink(laid)
    assert.equal(memory.kernels.joinLists(listOffsets, lists, offsets, bytes, pointer, size, out, sink), 0)
    assert.deepEqual(
      readStrings(memory, out, memory.u32[sink / 4 + 1], lists),
      Array.from({ length: lists }, (_, i) => strings.slice(i * 3, i * 3 + 3).join('; ')),
    )
  }))

test('parts of URLs', () => {
  const memory = newMemory('core.debug')
  const urls = [
    'http://www.a.b:80/c/d?x=1#f',
    'http://a.b',
    '//x.y.z/',
    'http://localhost/',
    'http://a.b.',
    'user@a.b',
    'http://u:p@www.a.b/',
    'http://1.2.3.4/',
    'a.b/c?d',
    'http://a/?',
    'http://a/#x?y',
    'ftp://[::1]:21/p',
    '',
    'a',
  ]
  const expected: Record<number, string[]> = {
    0: ['www.a.b', 'a.b', 'x.y.z', '', '', 'a.b', '', '1.2.3.4', 'a.b', '', '', '', '', ''],
    1: ['www.a.b', 'a.b', 'x.y.z', '', '', 'a.b', 'www.a.b', '1.2.3.4', 'a.b', '', '', '::1', '', ''],
    2: ['a.b', 'a.b', 'x.y.z', '', '', 'a.b', '', '1.2.3.4', 'a.b', '', '', '', '', ''],
    4: ['b', 'b', 'z', '', '', 'b', '', '', 'b', '', '', '', '', ''],
    6: ['http', 'http', '', 'http', 'http', '', 'http', 'http', '', 'http', 'http', 'ftp', '', ''],
    7: ['/c/d', '', '/', '/', '', '', '/', '/', '/c', '/', '/', '/p', '', ''],
    9: ['x=1', '', '', '', '', '', '', '', 'd', '', 'y', '', '', ''],
    11: ['f', '', '', '', '', '', '', '', '', '', 'x?y', '', '', ''],
  }
  const laid = layStrings(memory, urls)
  const { offsets, bytes, rows } = laid
  for (const [part, answers] of Object.entries(expected))
    assert.deepEqual(
      fill(memory, laid, textSize(urls), (to, target) =>
        memory.kernels.pickUrl(offsets, bytes, rows, Number(part), to, target),
      ),
      answers,
      `part ${part}`,
    )
  assert.deepEqual(
    fill(memory, laid, textSize(urls), (to, target) =>
      memory.kernels.cutUrl(offsets, bytes, rows, 1, to, target),
    ).slice(0, 2),
    ['http://www.a.b:80/c/d#f', 'http://a.b'],
  )
})
