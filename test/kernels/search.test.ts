import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '../../runtime/core/text.ts'
import { newMemory, random } from '../harness.ts'
import { lay, layStrings } from './stringColumn.ts'

const rowCounts = [0, 1, 15, 16, 17, 500]
const pieces = ['a', 'b', 'ab', 'A', 'aB', 'я', 'ю', 'google', 'Google', '/', '.', '%', '😀', 'x'.repeat(20)]

function texts(seed: number, rows: number): string[] {
  const next = random(seed)
  return Array.from({ length: rows }, () =>
    Array.from({ length: Math.floor(next() * 9) }, () => pieces[Math.floor(next() * pieces.length)]).join(''),
  )
}

const fold = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase())
const needles = [
  '',
  'a',
  'ab',
  'google',
  'яa',
  'ю',
  '😀',
  'b/',
  'x'.repeat(20),
  `${'x'.repeat(40)}a`,
  'bgoogle',
  'aa',
  '.',
]

/** Byte position from 1 of the needle, 0 where it is not. */
const place = (text: string, needle: string) => {
  const at = text.indexOf(needle)
  return at < 0 ? 0 : encodeText(text.slice(0, at)).length + 1
}

test('substring search over a column', () => {
  const memory = newMemory('core.debug')
  const { kernels } = memory
  for (const rows of rowCounts) {
    const strings = texts(rows + 7, rows)
    const { arena, offsets, bytes } = layStrings(memory, strings)
    const mask = arena.allocate(rows)
    const numbers = arena.allocate(rows * 8)
    const readNumbers = () => [...memory.u64.slice(numbers / 8, numbers / 8 + rows)].map(Number)
    for (const needle of needles) {
      const { pointer, size } = lay(arena, needle)
      const lower = lay(arena, fold(needle))
      const marks = strings.map(text => (text.includes(needle) ? 1 : 0))
      const found = kernels.containsString(offsets, bytes, rows, pointer, size, mask)
      assert.deepEqual([...memory.copyOut(mask, rows)], marks, needle)
      assert.equal(found, marks.filter(mark => mark).length)
      kernels.containsStringIgnoreCase(offsets, bytes, rows, lower.pointer, size, mask)
      const folded = strings.map(fold)
      assert.deepEqual(
        [...memory.copyOut(mask, rows)],
        folded.map(text => (text.includes(fold(needle)) ? 1 : 0)),
        needle,
      )

      kernels.positionString(offsets, bytes, rows, pointer, size, numbers, 0)
      assert.deepEqual(
        readNumbers(),
        strings.map(text => place(text, needle)),
      )
      kernels.positionString(offsets, bytes, rows, lower.pointer, size, numbers, 1)
      assert.deepEqual(
        readNumbers(),
        folded.map(text => place(text, fold(needle))),
      )
      kernels.positionsToUtf8(offsets, bytes, rows, numbers)
      const points = folded.map(text => {
        const at = text.indexOf(fold(needle))
        return at < 0 ? 0 : [...text.slice(0, at)].length + 1
      })
      assert.deepEqual(readNumbers(), points)
      kernels.countString(offsets, bytes, rows, pointer, size, numbers, 0)
      assert.deepEqual(
        readNumbers(),
        strings.map(text => (needle === '' ? 0 : text.split(needle).length - 1)),
      )
    }
    arena.destroy()
  }
})

test('a needle a row', () => {
  const memory = newMemory('core.debug')
  const next = random(4)
  const strings = texts(9, 300)
  const sought = strings.map(text => {
    const points = [...text]
    const at = Math.floor(next() * points.length)
    return next() < 0.2 ? 'zz' : points.slice(at, at + Math.floor(next() * 4)).join('')
  })
  const { arena, offsets, bytes, rows } = layStrings(memory, strings)
  const other = layStrings(memory, sought)
  const out = arena.allocate(rows * 8)
  memory.kernels.positionEach(offsets, bytes, other.offsets, other.bytes, rows, 0, out, 0)
  assert.deepEqual(
    [...memory.u64.slice(out / 8, out / 8 + rows)].map(Number),
    strings.map((text, i) => place(text, sought[i])),
  )
  memory.kernels.positionEach(offsets, bytes, other.offsets, other.bytes, rows, 0, out, 1)
  assert.deepEqual(
    [...memory.u64.slice(out / 8, out / 8 + rows)].map(Number),
    strings.map((text, i) => place(fold(text), fold(sought[i]))),
  )
})

test('LIKE by its shapes', () => {
  const memory = newMemory('core.debug')
  const { kernels } = memory
  for (const rows of rowCounts) {
    const strings = texts(rows + 3, rows)
    const { arena, offsets, bytes } = layStrings(memory, strings)
    const mask = arena.allocate(rows)
    const read = () => [...memory.copyOut(mask, rows)]
    for (const [prefix, suffix] of [
      ['', ''],
      ['a', ''],
      ['', 'b'],
      ['ab', 'google'],
      ['x'.repeat(20), ''],
      ['', 'x'.repeat(20)],
      ['a', 'a'],
    ]) {
      const first = lay(arena, prefix)
      const last = lay(arena, suffix)
      for (const exact of [0, 1]) {
        kernels.matchAffixes(offsets, bytes, rows, first.pointer, first.size, last.pointer, last.size, exact, mask)
        const size = prefix.length + suffix.length
        const expected = strings.map(text =>
          text.startsWith(prefix) && text.endsWith(suffix) && text.length >= size && (!exact || text.length === size)
            ? 1
            : 0,
        )
        assert.deepEqual(read(), expected, `${prefix} ${suffix} ${exact}`)
      }
      const inner = ['a', 'я']
      const table = arena.allocate(inner.length * 8)
      inner.forEach((piece, i) => {
        const { pointer, size } = lay(arena, piece)
        memory.u32.set([pointer, size], table / 4 + i * 2)
      })
      memory.bytes(mask, rows).fill(1)
      kernels.keepSequence(
        offsets,
        bytes,
        rows,
        first.pointer,
        first.size,
        last.pointer,
        last.size,
        table,
        inner.length,
        mask,
      )
      const pattern = new RegExp(`^${prefix}.*a.*я.*${suffix}$`, 's')
      assert.deepEqual(
        read(),
        strings.map(text => (pattern.test(text) ? 1 : 0)),
      )
    }
    for (const like of ['_', '%_', 'a_%', '_%_', '%a_b%', '%google_', '_я%ю', '%', '', '____', '%a%b_%']) {
      const tokens = [...like].flatMap(c => (c === '_' ? [256] : c === '%' ? [257] : [...encodeText(c)]))
      const pointer = arena.allocate(tokens.length * 2)
      memory.u16.set(tokens, pointer / 2)
      memory.bytes(mask, rows).fill(1)
      kernels.keepLike(offsets, bytes, rows, pointer, tokens.length, mask)
      const pattern = new RegExp(`^${like.replaceAll('_', '.').replaceAll('%', '.*')}$`, 'su')
      assert.deepEqual(
        read(),
        strings.map(text => (pattern.test(text) ? 1 : 0)),
        like,
      )
    }
    arena.destroy()
  }
})
