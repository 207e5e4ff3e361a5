// The kernels that formats have of their own, against the plain way to do the same.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { place, placeU32 } from '../../runtime/columns/build.ts'
import { textColumn } from '../../runtime/columns/print.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const counts = [0, 1, 15, 16, 17, 100]
const memory = newMemory('core.debug')
const arena = new Arena(memory)
const { kernels } = memory
const encode = (text: string) => new TextEncoder().encode(text)
const u32 = (at: number, count: number) => [...memory.u32.subarray(at / 4, at / 4 + count)]
const u8 = (at: number, count: number) => [...memory.u8.subarray(at, at + count)]

function numbers(count: number, below: number, seed: number): number[] {
  const next = random(seed)
  return Array.from({ length: count }, () => Math.floor(next() * below))
}

const words = (count: number, seed: number) =>
  numbers(count, 40, seed).map((length, i) => String(i).repeat(length).slice(0, length))

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]

describe('bulk', () => {
  test('strings with varint lengths are found, copied, and refused when broken', () => {
    for (const rows of counts) {
      const texts = [...words(rows, rows + 1), 'y'.repeat(300)]
      const source = texts.flatMap(text => [...varint(text.length), ...encode(text)])
      const at = place(arena, Uint8Array.from(source))
      const offsets = arena.allocate((texts.length + 1) * 4)
      assert.equal(kernels.findVarStrings(at, source.length, texts.length, offsets), source.length)
      const ends = u32(offsets, texts.length + 1)
      const bytes = arena.allocate(ends[texts.length])
      kernels.copyVarStrings(at, texts.length, offsets, bytes)
      assert.deepEqual(
        texts.map((_, i) => memory.text(bytes + ends[i], ends[i + 1] - ends[i])),
        texts,
      )
      assert.equal(kernels.findVarStrings(at, source.length - 1, texts.length, offsets), -1)
    }
    const huge = place(arena, Uint8Array.of(255, 255, 255, 255, 255, 1))
    assert.equal(kernels.findVarStrings(huge, 6, 1, arena.allocate(8)), -2)
  })

  test('offsets and indices change their widths', () => {
    for (const rows of counts) {
      const sizes = numbers(rows, 9, rows)
      const cumulative = [0]
      for (const size of sizes) cumulative.push(cumulative[cumulative.length - 1] + size)
      const wide = arena.allocate(rows * 8)
      kernels.widenOffsets(
        placeU32(
          arena,
          cumulative.map(offset => offset + 7),
        ),
        rows,
        wide,
      )
      assert.deepEqual([...memory.u64.subarray(wide / 8, wide / 8 + rows)], cumulative.slice(1).map(BigInt))
      const narrow = arena.allocate((rows + 1) * 4)
      assert.equal(kernels.narrowOffsets(wide, rows, narrow), cumulative[rows])
      assert.deepEqual(u32(narrow, rows + 1), cumulative)
      const indices = numbers(rows, 200, rows + 9)
      for (const width of [1, 2, 4]) {
        const packed = arena.allocate(rows * width)
        kernels.narrowIndices(placeU32(arena, indices), width, rows, packed)
        const back = arena.allocate(rows * 4)
        assert.equal(kernels.widenIndices(packed, width, rows, 200, back), rows)
        assert.deepEqual(u32(back, rows), indices)
        const bad = indices.findIndex(index => index >= 100)
        assert.equal(kernels.widenIndices(packed, width, rows, 100, back), bad < 0 ? rows : -(bad + 1))
      }
    }
    const falling = place(arena, new Uint8Array(new BigUint64Array([5n, 4n]).buffer))
    assert.equal(kernels.narrowOffsets(falling, 2, arena.allocate(12)), -1)
    const past = place(arena, new Uint8Array(new BigUint64Array([1n << 40n]).buffer))
    assert.equal(kernels.narrowOffsets(past, 1, arena.allocate(8)), -1)
  })

  test('masks and row numbers', () => {
    for (const rows of counts) {
      const values = numbers(rows, 3, rows)
      const mask = arena.allocate(rows)
      kernels.toMask(place(arena, Uint8Array.from(values)), rows, mask)
      const is = values.map(value => (value ? 1 : 0))
      assert.deepEqual(u8(mask, rows), is)
      const out = arena.allocate(rows * 4)
      kernels.rowsUnless(mask, rows, out)
      assert.deepEqual(
        u32(out, rows),
        is.map((bad, i) => (bad ? 0 : i + 1)),
      )
      const entries = numbers(rows, 50, rows + 3)
      kernels.nullsToFirst(placeU32(arena, entries), rows, mask, out)
      assert.deepEqual(
        u32(out, rows),
        entries.map((entry, i) => (is[i] ? 0 : entry + 1)),
      )
      const nulls = Uint8Array.from({ length: 50 }, (_, i) => (i % 7 === 0 ? 1 : 0))
      kernels.indicesBehindNull(placeU32(arena, entries), rows, place(arena, nulls), out)
      assert.deepEqual(
        u32(out, rows),
        entries.map(entry => (nulls[entry] ? 0 : entry + 1)),
      )
      const kinds = place(arena, Uint8Array.from(values))
      assert.equal(kernels.markKind(kinds, rows, 2, mask), values.filter(value => value === 2).length)
      assert.deepEqual(
        u8(mask, rows),
        values.map(value => (value === 2 ? 1 : 0)),
      )
    }
  })
})

test('distinct values are numbered as they come', () => {
  for (const rows of counts) {
    const texts = numbers(rows, 12, rows + 5).map(value => 'v'.repeat(value) + value)
    const column = textColumn(texts, arena)
    const capacity = 256
    const first = arena.allocate((rows + 1) * 4)
    const out = arena.allocate(rows * 4)
    const seen = [...new Set(texts)]
    const count = kernels.distinctValues(
      column.offsets,
      column.bytes,
      0,
      rows,
      arena.allocateZeroed(capacity * 4),
      capacity,
      first,
      out,
    )
    assert.equal(count, seen.length)
    assert.deepEqual(
      u32(out, rows),
      texts.map(text => seen.indexOf(text)),
    )
    assert.deepEqual(
      u32(first, count),
      seen.map(text => texts.indexOf(text)),
    )
    for (const width of [1, 2, 3, 8, 16]) {
      const values = numbers(rows, 5, rows + width)
      const bytes = Uint8Array.from(values.flatMap(value => Array<number>(width).fill(value)))
      const distinct = [...new Set(values)]
      const table = arena.allocateZeroed(capacity * 4)
      assert.equal(
        kernels.distinctValues(0, place(arena, bytes), width, rows, table, capacity, first, out),
        distinct.length,
      )
      assert.deepEqual(
        u32(out, rows),
        values.map(value => distinct.indexOf(value)),
      )
    }
  }
})

/** The fields of what a split left. */
function fieldsOf(
  base: number,
  starts: number,
  ends: number,
  stride: number,
  rows: number,
  columns: number,
): string[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const at = (column * stride + row) * 4
      const start = memory.u32[(starts + at) / 4]
      return memory.text(base + start, memory.u32[(ends + at) / 4] - start)
    }),
  )
}

describe('split', () => {
  const split = (text: string, delimiter: number, columns: number, last: number, rowsMax = 200) => {
    const bytes = encode(text)
    const base = place(arena, bytes)
    const [starts, ends, state] = [arena.allocate(columns * 800), arena.allocate(columns * 800), arena.allocate(20)]
    const rows = kernels.splitRaw(base, bytes.length, last, delimiter, columns, starts, ends, 200, rowsMax, state)
    return { fields: fieldsOf(base, starts, ends, 200, rows, columns), state: u32(state, 5) }
  }

  test('lines of fields without escapes', () => {
    for (const rows of counts) {
      const lines = words(rows, rows).map((word, i) => [word, `\\t${i}`])
      const text = lines.map(line => `${line.join('\t')}\n`).join('')
      const { fields, state } = split(text, 9, 2, 1)
      assert.deepEqual(fields, lines)
      assert.deepEqual(state, [rows, text.length, 0, 0, 0])
    }
    assert.deepEqual(split('a\tb\nc', -1, 1, 1).fields, [['a\tb'], ['c']])
    assert.deepEqual(split('a\nbc', -1, 1, 0).state.slice(0, 3), [1, 2, 0])
    assert.deepEqual(split('a\tb\nc\n', 9, 2, 1).state.slice(0, 4), [1, 4, 1, 1])
    assert.deepEqual(split('a\tb\tc\n', 9, 2, 1).state.slice(0, 4), [0, 0, 2, 2])
    assert.deepEqual(split('a\nb\nc\n', 9, 1, 1, 2).state.slice(0, 2), [2, 4])
  })

  test('rows in brackets', () => {
    const bracketed = (text: string, open: string, quote: string, last = 1) => {
      const bytes = encode(text)
      const base = place(arena, bytes)
      const [starts, ends, state] = [arena.allocate(800), arena.allocate(800), arena.allocate(16)]
      const rows = kernels.splitBracketed(
        base,
        bytes.length,
        last,
        open.charCodeAt(0),
        quote.charCodeAt(0),
        starts,
        ends,
        200,
        state,
      )
      return { rows: fieldsOf(base, starts, ends, 200, rows, 1).flat(), error: memory.u32[state / 4 + 2] }
    }
    for (const count of counts) {
      const rows = words(count, count).map((word, i) => `(${i},'${word})\\'',[1,(2)])`)
      assert.deepEqual(bracketed(rows.join(' ,\n'), '(', "'"), { rows, error: 0 })
    }
    assert.deepEqual(bracketed('{"a":"}"} {}', '{', '"'), { rows: ['{"a":"}"}', '{}'], error: 0 })
    assert.deepEqual(bracketed('(1),(2', '(', "'"), { rows: ['(1)'], error: 2 })
    assert.deepEqual(bracketed('(1),(2', '(', "'", 0), { rows: ['(1)'], error: 0 })
    assert.deepEqual(bracketed('(1),x', '(', "'"), { rows: ['(1)'], error: 1 })
  })

  test('literals and expressions', () => {
    const literals = [
      '1',
      '-1.5',
      '1e-3',
      '+.5',
      "'a'",
      "'it''s'",
      "'a\\'b'",
      '[1,f]',
      '(1)',
      '{}',
      'NULL',
      'null',
      'true',
      'FALSE',
      'nan',
      'inf',
      '-inf',
      '',
    ]
    const expressions = [
      '1+1',
      '1 - 1',
      '-x',
      "'a' || 'b'",
      "'a'::String",
      'f(1)',
      '[1]+1',
      '(1)+(2)',
      'x',
      'nulls',
      "'a",
      '1-1',
    ]
    const all = [...literals, ...expressions]
    const column = textColumn(all, arena)
    const mask = arena.allocate(all.length)
    assert.equal(
      kernels.markExpressions(column.offsets, column.offsets + 4, column.bytes, all.length, mask),
      expressions.length,
    )
    assert.deepEqual(
      u8(mask, all.length),
      all.map(text => (expressions.includes(text) ? 1 : 0)),
    )
  })
})

describe('spans', () => {
  test('JSON strings, CSV nulls, replaced spans', () => {
    const texts = ['"a\\n\\u00e9"', '12', '""', '{"x": "\\n"}', '"\\\\"', 'true']
    const column = textColumn(texts, arena)
    const offsets = arena.allocate(28)
    const bytes = arena.allocate(column.textSize)
    assert.ok(kernels.readJsonStrings(column.offsets, column.offsets + 4, column.bytes, 6, offsets, bytes) > 0)
    const ends = u32(offsets, 7)
    assert.deepEqual(
      texts.map((_, i) => memory.text(bytes + ends[i], ends[i + 1] - ends[i])),
      ['a\né', '12', '', '{"x": "\\n"}', '\\', 'true'],
    )
    const broken = textColumn(['"a'], arena)
    assert.equal(kernels.readJsonStrings(broken.offsets, broken.offsets + 4, broken.bytes, 1, offsets, bytes), -1)

    const line = encode('\\N,"\\N",,""')
    const base = place(arena, line)
    const starts = placeU32(arena, [0, 4, 8, 10])
    const stops = placeU32(arena, [2, 6, 8, 10])
    const mask = arena.allocate(4)
    const nullText = place(arena, encode('\\N'))
    assert.equal(kernels.takeCsvNulls(starts, stops, base, 4, nullText, 2, 1, mask), 2)
    assert.deepEqual(u8(mask, 4), [1, 0, 1, 0])
    assert.deepEqual(u32(stops, 4), [0, 6, 8, 10])
    kernels.fillEmptySpans(starts, stops, 4, nullText - base, nullText - base + 2)
    const start = memory.u32[starts / 4 + 3]
    assert.equal(memory.text((base + start) >>> 0, memory.u32[stops / 4 + 3] - start), '\\N')
    kernels.fillSpansWhere(mask, starts, stops, 4, 1, 3)
    assert.deepEqual([u32(starts, 3)[2], u32(stops, 3)[2]], [1, 3])
  })

  test('elements joined, entries looked up, infinities marked, XML escaped', () => {
    const elements = textColumn(['a', 'bb', '', 'c'], arena)
    const pieces = textColumn(['<', '--', '>', 'none'], arena)
    const out = arena.allocate(16)
    const bytes = arena.allocate(200)
    const size = kernels.joinElements(
      elements.offsets,
      elements.bytes,
      placeU32(arena, [0, 2, 2, 4]),
      3,
      pieces.offsets,
      pieces.bytes,
      out,
      bytes,
    )
    assert.equal(memory.text(bytes, size), '<a--bb>none<--c>')
    assert.deepEqual(u32(out, 4), [0, 7, 11, 16])

    const table = placeU32(
      arena,
      Array.from({ length: 256 }, (_, i) => (i < 3 ? 10 + i : 0xffffffff)),
    )
    const found = arena.allocate(16)
    assert.equal(kernels.lookUpEntries(place(arena, Uint8Array.of(2, 0, 9, 1)), 1, 4, table, found), 1)
    assert.deepEqual(u32(found, 4), [12, 10, 0xffffffff, 11])

    const floats = [1, Number.NaN, Number.POSITIVE_INFINITY, -0, Number.NEGATIVE_INFINITY, 5e-324]
    const mask = arena.allocate(8)
    assert.equal(kernels.notFinite(place(arena, new Uint8Array(new Float64Array(floats).buffer)), 8, 6, mask), 3)
    assert.deepEqual(u8(mask, 6), [0, 1, 1, 0, 1, 0])
    assert.equal(kernels.notFinite(place(arena, new Uint8Array(new Float32Array(floats).buffer)), 4, 6, mask), 3)

    for (const rows of counts) {
      const texts = words(rows, rows).map(word => `<&${word}>`)
      const column = textColumn(texts, arena)
      const extra = kernels.escapeXmlExtra(column.bytes, column.textSize)
      const [offsets, escaped] = [arena.allocate((rows + 1) * 4), arena.allocate(column.textSize + extra)]
      const written = kernels.escapeXml(column.offsets, column.bytes, rows, offsets, escaped)
      assert.equal(written, column.textSize + extra)
      assert.equal(
        memory.text(escaped, written),
        texts.map(text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')).join(''),
      )
    }
  })

  test('pairs picked by name', () => {
    const text = 'a:1,b:2,b:3,cc:4'
    const base = place(arena, encode(text))
    const keys = [placeU32(arena, [0, 4, 8, 12]), placeU32(arena, [1, 5, 9, 14])]
    const values = [placeU32(arena, [2, 6, 10, 15]), placeU32(arena, [3, 7, 11, 16])]
    const [starts, ends, missing] = [arena.allocate(12), arena.allocate(12), arena.allocate(3)]
    const name = place(arena, encode('b'))
    kernels.pickPairs(
      placeU32(arena, [0, 2, 2, 4]),
      keys[0],
      keys[1],
      values[0],
      values[1],
      base,
      3,
      name,
      1,
      starts,
      ends,
      missing,
    )
    assert.deepEqual(
      [u32(starts, 3), u32(ends, 3), u8(missing, 3)],
      [
        [6, 0, 10],
        [7, 0, 11],
        [0, 1, 0],
      ],
    )
    const kinds = place(arena, Uint8Array.of(1, 3, 2))
    kernels.requoteSpans(starts, ends, kinds, 3)
    assert.deepEqual(
      [u32(starts, 3), u32(ends, 3)],
      [
        [5, 0, 9],
        [8, 0, 12],
      ],
    )
  })
})
