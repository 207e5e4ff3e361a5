import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { spanTexts } from './spans.ts'

interface Split {
  rows: string[][]
  consumed: number
  error: number
  fields: number
  escapes: number[]
}

/** The same by hand, one byte at a time. */
function twin(text: string, last: boolean, columns: number, maxRows: number): Split {
  const rows: string[][] = []
  let row: string[] = []
  let field = ''
  let consumed = 0
  const escapes: number[] = Array(columns).fill(0)
  const result = (error = 0) => ({ rows, consumed, error, fields: error ? row.length + 1 : 0, escapes })
  for (let i = 0; i < text.length && rows.length < maxRows; i++) {
    const c = text[i]
    if (c === '\\') {
      field += c + (text[++i] ?? '')
      escapes[row.length] = 1
    } else if (c === '\t') {
      if (row.length === columns - 1) return result(2)
      row.push(field)
      field = ''
    } else if (c === '\n') {
      if (row.length !== columns - 1) return result(1)
      rows.push([...row, field])
      row = []
      field = ''
      consumed = i + 1
    } else field += c
  }
  if (last && rows.length < maxRows && consumed < text.length) {
    if (row.length !== columns - 1) return result(1)
    rows.push([...row, field])
    consumed = text.length
  }
  return result()
}

for (const build of ['core', 'core.debug'] as const)
  describe(`splitTsv (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory

    function split(text: string, last: boolean, columns: number, maxRows: number): Split & { returns: number } {
      const arena = new Arena(memory)
      const { pointer, size } = memory.writeText(arena, text)
      memory.u8.set(new TextEncoder().encode('\n\t\\\n\t'), pointer + size) // bytes behind the end must not matter
      const stride = maxRows + 3
      const starts = arena.allocate(columns * stride * 4)
      const ends = arena.allocate(columns * stride * 4)
      const escapes = arena.allocateZeroed(columns)
      const state = arena.allocate(20)
      const rows = kernels.splitTsv(pointer, size, last ? 1 : 0, columns, starts, ends, stride, maxRows, escapes, state)
      const [rowsAgain, consumed, error, fields, returns] = memory.u32.slice(state / 4, state / 4 + 5)
      assert.equal(rows, rowsAgain)
      const texts = Array.from({ length: columns }, (_, c) =>
        spanTexts(memory, { starts: starts + c * stride * 4, ends: ends + c * stride * 4, base: pointer, rows }),
      )
      const table = Array.from({ length: rows }, (_, r) => texts.map(column => column[r]))
      const flags = [...memory.copyOut(escapes, columns)]
      arena.destroy()
      return { rows: table, consumed, error, fields, escapes: flags, returns }
    }

    test('rows, columns, the end', () => {
      assert.deepEqual(split('a\tb\nc\td\n', false, 2, 10).rows, [
        ['a', 'b'],
        ['c', 'd'],
      ])
      assert.deepEqual(split('a\tb\nc\td', false, 2, 10), { ...twin('a\tb\nc\td', false, 2, 10), returns: 0 })
      assert.equal(split('a\tb\nc\td', true, 2, 10).rows.length, 2)
      assert.equal(split('a\tb\nc', true, 2, 10).error, 1)
      assert.equal(split('a\tb\nc\td\te\n', true, 2, 10).error, 2)
      assert.equal(split('a\tb\nc\n', true, 2, 10).consumed, 4)
      assert.deepEqual(split('\n\n', true, 1, 10).rows, [[''], ['']])
      assert.equal(split('', true, 1, 10).rows.length, 0)
      assert.equal(split('a\r\nb\r\n', true, 1, 10).returns, 1)
      assert.equal(split('a\nb\r\n', true, 1, 10).returns, 0)
      assert.equal(split('a\nb\nc\n', true, 1, 2).consumed, 4)
      assert.deepEqual(split('a\\\tb\\\nc\td\n', true, 2, 10).rows, [['a\\\tb\\\nc', 'd']])
    })

    test('against its twin, on lengths that cross the 64-byte blocks', () => {
      const next = random(11)
      for (let round = 0; round < 3000; round++) {
        const columns = 1 + Math.floor(next() * 5)
        const escapes = next() < 0.5 ? 0 : next() * 0.4
        const width = next() < 0.5 ? 4 : 60
        let text = ''
        for (let row = Math.floor(next() * 20); row > 0; row--) {
          const fields = next() < 0.005 ? columns + (next() < 0.5 ? 1 : -1) : columns
          for (let c = 0; c < fields; c++) {
            for (let k = Math.floor(next() * width); k > 0; k--)
              text += next() < escapes ? '\\' : next() < 0.1 ? '\\t'[1] : 'x'
            if (c < fields - 1) text += '\t'
          }
          text += '\n'
        }
        if (next() < 0.3) text = text.slice(0, Math.floor(next() * text.length))
        const last = next() < 0.5
        const maxRows = next() < 0.2 ? 1 + Math.floor(next() * 10) : 100
        const { returns, escapes: flags, ...got } = split(text, last, columns, maxRows)
        const { escapes: expectedFlags, ...expected } = twin(text, last, columns, maxRows)
        assert.deepEqual(got, expected)
        // Flags may also speak of rows that were not taken.
        for (const [c, flag] of expectedFlags.entries())
          if (flag && expected.rows.some(row => row[c].includes('\\'))) assert.equal(flags[c], 1)
        assert.equal(returns, 0)
      }
    })
  })

test('countLineFeeds, spansSize, copySpans, takeNulls, trimReturns', async () => {
  const { spansOf } = await import('./spans.ts')
  const memory = newMemory('core.debug')
  const { kernels } = memory
  const arena = new Arena(memory)
  const next = random(2)
  for (const rows of [0, 1, 15, 16, 17, 200]) {
    const texts = Array.from({ length: rows }, () =>
      next() < 0.2 ? '\\N' : 'y'.repeat(Math.floor(next() * 40)) + (next() < 0.3 ? '\r' : ''),
    )
    const spans = spansOf(memory, arena, texts)
    const { starts, ends, base } = spans
    const size = kernels.spansSize(starts, ends, rows)
    assert.equal(size, texts.join('').length)
    const offsets = arena.allocate((rows + 1) * 4)
    const bytes = arena.allocate(size)
    assert.equal(kernels.copySpans(starts, ends, base, rows, offsets, bytes), size)
    assert.equal(memory.text(bytes, size), texts.join(''))
    assert.deepEqual(spanTexts(memory, { starts: offsets, ends: offsets + 4, base: bytes, rows }), texts)
    const empty = texts.indexOf('')
    assert.equal(kernels.firstEmptySpan(starts, ends, 0, rows), empty < 0 ? rows : empty)
    kernels.trimReturns(starts, ends, base, rows)
    assert.deepEqual(
      spanTexts(memory, spans),
      texts.map(text => text.replace(/\r$/, '')),
    )
    const mask = arena.allocate(rows)
    const nulls = memory.writeText(arena, '\\N')
    assert.equal(
      kernels.takeNulls(starts, ends, base, rows, nulls.pointer, nulls.size, mask),
      texts.filter(t => t === '\\N').length,
    )
    assert.deepEqual(
      [...memory.bytes(mask, rows)],
      texts.map(text => (text === '\\N' ? 1 : 0)),
    )
    assert.deepEqual(
      spanTexts(memory, spans),
      texts.map(text => text.replace(/\r$|\\N/, '')),
    )
    const wide = arena.allocate(rows * 50)
    assert.equal(kernels.copySpansFixed(starts, ends, base, rows, 50, wide), rows)
    if (rows > 0)
      assert.equal(memory.text(wide + 50 * (rows - 1), 50), texts[rows - 1].replace(/\r$|\\N/, '').padEnd(50, '\0'))
  }
  for (const count of [0, 1, 63, 64, 65, 1000]) {
    const text = memory.writeText(arena, 'a\n'.repeat(count))
    assert.equal(kernels.countLineFeeds(text.pointer, text.size), count)
  }
})
