import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { printed, spanTexts } from './spans.ts'

for (const build of ['core', 'core.debug'] as const)
  describe(`splitCsv (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory

    function split(text: string, last: boolean, columns: number, { delimiter = ',', quotes = 3, maxRows = 100 } = {}) {
      const arena = new Arena(memory)
      const { pointer, size } = memory.writeText(arena, text)
      memory.u8.set(new TextEncoder().encode('",\n"\r'), pointer + size) // bytes behind the end must not matter
      const stride = maxRows + 1
      const starts = arena.allocate(columns * stride * 4)
      const ends = arena.allocate(columns * stride * 4)
      const flags = arena.allocateZeroed(columns)
      const state = arena.allocate(20)
      const code = delimiter.charCodeAt(0)
      const rows = kernels.splitCsv(
        pointer,
        size,
        last ? 1 : 0,
        code,
        quotes,
        columns,
        starts,
        ends,
        stride,
        maxRows,
        flags,
        state,
      )
      const [, consumed, error, fields] = memory.u32.slice(state / 4, state / 4 + 5)
      const raw: string[][] = []
      const plain: string[][] = []
      for (let c = 0; c < columns; c++) {
        const column = { starts: starts + c * stride * 4, ends: ends + c * stride * 4, base: pointer, rows }
        raw.push(spanTexts(memory, column))
        plain.push(
          printed(memory, arena, rows, size + 1, (o, b) =>
            kernels.unescapeCsv(column.starts, column.ends, pointer, rows, o, b),
          ),
        )
      }
      const table = (columnsOf: string[][]) =>
        Array.from({ length: rows }, (_, r) => columnsOf.map(column => column[r]))
      const result = {
        rows: table(plain),
        raw: table(raw),
        consumed,
        error,
        fields,
        flags: [...memory.copyOut(flags, columns)],
      }
      arena.destroy()
      return result
    }

    test('fields, quotes, blanks, line ends', () => {
      assert.deepEqual(split('x , y \n"q" , "z" \n', true, 2).rows, [
        ['x', 'y'],
        ['q', 'z'],
      ])
      assert.deepEqual(split('x,y,\n1,2\n', true, 2).rows, [
        ['x', 'y'],
        ['1', '2'],
      ])
      assert.deepEqual(split('\'s\',"a""b"\r\n1,2', true, 2).rows, [
        ['s', 'a"b'],
        ['1', '2'],
      ])
      assert.deepEqual(split("'s','a''b'\n", true, 2, { quotes: 1 }).rows, [["'s'", "'a''b'"]])
      assert.deepEqual(split('"a\nb",c\n', true, 2).rows, [['a\nb', 'c']])
      assert.deepEqual(split('a"b",c\n', true, 2).rows, [['a"b"', 'c']])
      assert.deepEqual(split('a\tb \n', true, 2, { delimiter: '\t' }).rows, [['a', 'b']])
      assert.deepEqual(split(',\n', true, 2).rows, [['', '']])
      assert.deepEqual(split('1,', true, 2).rows, [['1', '']])
      assert.deepEqual(split('"a","b""c"\n1,2\n', true, 2).flags, [1, 3])
      assert.deepEqual(split('', true, 2).rows, [])
      assert.deepEqual(split('a\n\nb', true, 1).rows, [['a'], [''], ['b']])
    })

    test('what is wrong is said, and rows before it are kept', () => {
      for (const [text, error, fields] of [
        ['a,b\nc\n', 1, 1],
        ['a,b\nc,d,e\n', 2, 2],
        ['a,b\n"c"x,d\n', 3, 1],
        ['a,b\nc,"d', 3, 2],
        ['a,b\nc,d\rx\n', 3, 2],
        ['a,b\nc', 1, 1],
      ] as const) {
        const got = split(text, true, 2)
        assert.deepEqual([got.rows, got.error, got.fields, got.consumed], [[['a', 'b']], error, fields, 4], text)
      }
    })

    test('cut anywhere, the pieces give the same rows', () => {
      const next = random(8)
      const pieces = ['a', 'bc', ' ', '"', "'", '""', 'x,y', '\n', 'long text that goes over sixteen bytes']
      for (let round = 0; round < 1500; round++) {
        const expected: string[][] = []
        let text = ''
        for (let row = 1 + Math.floor(next() * 6); row > 0; row--) {
          const fields = Array.from({ length: 3 }, () => {
            let field = ''
            for (let k = Math.floor(next() * 4); k > 0; k--) field += pieces[Math.floor(next() * pieces.length)]
            return field
          })
          expected.push(fields)
          text += fields.map(field => {
            const quote = next() < 0.5 ? '"' : "'"
            return /["'\n,]|^ | $/.test(field) || next() < 0.3
              ? ` ${quote}${field.replaceAll(quote, quote + quote)}${quote}\t`
              : field
          })
          text += next() < 0.5 ? '\n' : '\r\n'
        }
        assert.deepEqual(split(text, true, 3).rows, expected, JSON.stringify(text))
        const cut = Math.floor(next() * text.length)
        const first = split(text.slice(0, cut), false, 3)
        assert.equal(first.error, 0)
        const second = split(text.slice(first.consumed), true, 3)
        assert.deepEqual([...first.rows, ...second.rows], expected)
      }
    })

    test('any bytes: no row goes beyond the input', () => {
      const next = random(9)
      for (let round = 0; round < 3000; round++) {
        let text = ''
        for (let k = Math.floor(next() * 60); k > 0; k--) text += '",\'\r\n ax'[Math.floor(next() * 8)]
        const got = split(text, next() < 0.5, 2)
        assert.ok(got.consumed <= text.length)
        assert.ok(got.raw.flat().every(field => text.includes(field)))
      }
    })
  })
