import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { spansOf, spanTexts } from './spans.ts'

const kindNames = ['missing', 'string', 'escaped', 'number', 'true', 'false', 'null', 'array', 'object']

for (const build of ['core', 'core.debug'] as const)
  describe(`jsonRows (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory

    function rowsOf(text: string, names: string[], { last = true, maxRows = 50 } = {}) {
      const arena = new Arena(memory)
      const columns = names.length
      const spans = spansOf(memory, arena, names)
      const nameOffsets = arena.allocate((columns + 1) * 4)
      const nameBytes = arena.allocate(1000)
      kernels.copySpans(spans.starts, spans.ends, spans.base, columns, nameOffsets, nameBytes)
      const slots = 64
      const table = arena.allocate(slots * 4)
      kernels.jsonNames(nameOffsets, nameBytes, columns, table, slots)
      const { pointer, size } = memory.writeText(arena, text)
      memory.u8.set(new TextEncoder().encode('"}],:{'), pointer + size)
      const stride = maxRows + 2
      const starts = arena.allocate(columns * stride * 4)
      const ends = arena.allocate(columns * stride * 4)
      const kinds = arena.allocate(columns * stride)
      const seen = arena.allocate(columns * 4)
      const state = arena.allocate(28)
      const rows = kernels.jsonRows(
        pointer,
        size,
        last ? 1 : 0,
        columns,
        nameOffsets,
        nameBytes,
        table,
        slots,
        starts,
        ends,
        kinds,
        stride,
        maxRows,
        seen,
        state,
      )
      const [, consumed, error, errorAt, unknown, unknownStart, unknownEnd] = memory.u32.slice(state / 4, state / 4 + 7)
      const texts = names.map((_, c) =>
        spanTexts(memory, { starts: starts + c * stride * 4, ends: ends + c * stride * 4, base: pointer, rows }),
      )
      const flags = names.map((_, c) => [...memory.bytes(kinds + c * stride, rows)])
      for (const [c, column] of flags.entries())
        assert.equal(
          memory.u32[seen / 4 + c] & column.reduce((bits, kind) => bits | (1 << kind), 0),
          column.reduce((bits, kind) => bits | (1 << kind), 0),
        )
      const table2 = Array.from({ length: rows }, (_, r) => names.map((_, c) => [kindNames[flags[c][r]], texts[c][r]]))
      const unknownKey = unknown ? memory.text(pointer + unknownStart, unknownEnd - unknownStart) : ''
      arena.destroy()
      return { rows: table2, consumed, error, errorAt, unknown, unknownKey }
    }

    test('every kind of value, keys in any order', () => {
      const { rows } = rowsOf(
        '{"a":1,"b":"x"}\n{"b":null, "a": true}\n{}{"a" : [1,{"x":"]"}] , "b":{"y":"}\\""}},{"b":"q\\n","a":-1.5e3}',
        ['a', 'b'],
      )
      assert.deepEqual(rows, [
        [
          ['number', '1'],
          ['string', 'x'],
        ],
        [
          ['true', 'true'],
          ['null', 'null'],
        ],
        [
          ['missing', ''],
          ['missing', ''],
        ],
        [
          ['array', '[1,{"x":"]"}]'],
          ['object', '{"y":"}\\""}'],
        ],
        [
          ['number', '-1.5e3'],
          ['escaped', 'q\\n'],
        ],
      ])
      assert.deepEqual(rowsOf('[{"a":false},\n{"a":nan}]\n', ['a']).rows, [[['false', 'false']], [['number', 'nan']]])
      assert.deepEqual(rowsOf('{"\\u0061":1}', ['a']).rows, [[['number', '1']]])
    })

    test('unknown keys are counted and the first is named', () => {
      const got = rowsOf('{"x":1,"a":2}\n{"yy":[],"a":3}', ['a'])
      assert.deepEqual([got.unknown, got.unknownKey, got.rows.length, got.error], [2, 'x', 2, 0])
    })

    test('what is wrong is said, and rows before it are kept', () => {
      const bad = [
        '{"a":1,"a":2}',
        '{"a":}',
        '{"a"}',
        '{a:1}',
        '{"a":1',
        '{"a":"x',
        '{"a":[1}',
        'x',
        '{"a":1 2}',
        '{"a":1,}',
        '{"a":t"x"}',
        '{"\\u00x1":1}',
      ]
      for (const text of bad) {
        const got = rowsOf(`{"a":7}\n${text}`, ['a'])
        assert.deepEqual([got.rows, got.consumed], [[[['number', '7']]], 8], text)
        assert.equal(got.error, text === bad[0] ? 2 : 1, text)
      }
      assert.equal(rowsOf(`{"a":${'['.repeat(2000)}`, ['a']).error, 1)
    })

    test('cut anywhere, the pieces give the same rows', () => {
      const next = random(12)
      const values = [
        '1',
        '"text"',
        '"esc\\"aped\\\\"',
        'null',
        'true',
        '[1,"],"]',
        '{"k":{"}":[]}}',
        '"a string of more than sixteen bytes"',
        '-0.5',
      ]
      for (let round = 0; round < 800; round++) {
        const names = ['a', 'bb', 'a longer name than sixteen', 'd']
        const lines = Array.from({ length: 1 + Math.floor(next() * 5) }, () => {
          const keys = names.filter(() => next() < 0.8)
          if (next() < 0.3) keys.reverse()
          return `{${keys.map(key => `"${key}"${next() < 0.2 ? ' : ' : ':'}${values[Math.floor(next() * values.length)]}`).join(next() < 0.5 ? ',' : ' ,\t')}}`
        })
        const text = lines.join('\n')
        const all = rowsOf(text, names)
        assert.equal(all.error, 0, text)
        for (const [r, line] of lines.entries()) {
          const object = JSON.parse(line) as Record<string, unknown>
          for (const [c, name] of names.entries()) {
            const [kind, span] = all.rows[r][c]
            if (!(name in object)) assert.equal(kind, 'missing')
            else
              assert.deepEqual(JSON.parse(kind === 'string' || kind === 'escaped' ? `"${span}"` : span), object[name])
          }
        }
        const cut = Math.floor(next() * text.length)
        const first = rowsOf(text.slice(0, cut), names, { last: false })
        assert.equal(first.error, 0)
        const second = rowsOf(text.slice(first.consumed), names)
        assert.deepEqual([...first.rows, ...second.rows], all.rows)
      }
    })

    test('nulls', () => {
      const arena = new Arena(memory)
      const spans = spansOf(memory, arena, ['x', 'null', '', 'y'])
      const kinds = arena.allocate(4)
      memory.u8.set([1, 6, 0, 1], kinds)
      const mask = arena.allocate(4)
      assert.equal(kernels.takeJsonNulls(spans.starts, spans.ends, kinds, 4, mask), 2)
      assert.deepEqual([...memory.bytes(mask, 4)], [0, 1, 1, 0])
      assert.deepEqual(spanTexts(memory, spans), ['x', '', '', 'y'])
    })
  })
