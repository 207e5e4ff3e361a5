import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { printed, spansOf } from './spans.ts'

const letters: Record<string, string> = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r' }

const tsvTwin = (text: string) => text.replace(/[\b\t\n\f\r\0'\\]/g, c => `\\${letters[c] ?? (c === '\0' ? '0' : c)}`)
const jsonTwin = (text: string, slash: boolean) =>
  `"${text.replace(/[\0-\x1f"\\/\u2028\u2029]/g, c => {
    if (letters[c]) return `\\${letters[c]}`
    if (c === '/') return slash ? '\\/' : c
    if (c === '"' || c === '\\') return `\\${c}`
    return `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  })}"`
const csvTwin = (text: string) => `"${text.replaceAll('"', '""')}"`

function randomTexts(rows: number, seed: number): string[] {
  const next = random(seed)
  const alphabet = [
    '\0',
    '\b',
    '\t',
    '\n',
    '\f',
    '\r',
    "'",
    '"',
    '\\',
    '/',
    '\x01',
    '\x1f',
    'é',
    '\u2028',
    '\u2029',
    '\u2027',
    '😀',
    '\x7f',
  ]
  return Array.from({ length: rows }, () => {
    const odd = next() < 0.4 ? 0 : next()
    let text = ''
    for (let k = Math.floor(next() * (next() < 0.7 ? 20 : 100)); k > 0; k--)
      text +=
        next() < odd * 0.5
          ? alphabet[Math.floor(next() * alphabet.length)]
          : String.fromCharCode(32 + Math.floor(next() * 94))
    return text
  })
}

for (const build of ['core', 'core.debug'] as const)
  describe(`escapes (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)

    test('what is escaped is as ClickHouse writes it, takes the bytes foretold, and reads back', () => {
      for (const rows of [0, 1, 15, 16, 17, 2000]) {
        const texts = randomTexts(rows, rows + 1)
        const spans = spansOf(memory, arena, texts)
        const size = kernels.spansSize(spans.starts, spans.ends, rows)
        const offsets = arena.allocate((rows + 1) * 4)
        const bytes = arena.allocate(size)
        kernels.copySpans(spans.starts, spans.ends, spans.base, rows, offsets, bytes)
        const forms = [
          [kernels.escapeTsv, kernels.escapeTsvExtra(bytes, size), 0, tsvTwin],
          [kernels.escapeQuoted, kernels.escapeQuotedExtra(bytes, size), 2, (text: string) => `'${tsvTwin(text)}'`],
          [kernels.escapeCsvQuoted, kernels.escapeCsvExtra(bytes, size), 2, csvTwin],
        ] as const
        for (const [write, extra, quotes, twin] of forms) {
          const total = size + extra + quotes * rows
          const outOffsets = arena.allocate((rows + 1) * 4)
          const outBytes = arena.allocate(total)
          assert.equal(write(offsets, bytes, rows, outOffsets, outBytes), total)
          assert.equal(memory.text(outBytes, total), texts.map(twin).join(''))
          const againOffsets = arena.allocate((rows + 1) * 4)
          const againBytes = arena.allocate(total)
          if (write === kernels.escapeCsvQuoted) {
            for (let row = 0; row < rows; row++) {
              memory.u32[spans.starts / 4 + row] = memory.u32[outOffsets / 4 + row] + 1
              memory.u32[spans.ends / 4 + row] = memory.u32[outOffsets / 4 + row + 1] - 1
            }
            assert.equal(kernels.unescapeCsv(spans.starts, spans.ends, outBytes, rows, againOffsets, againBytes), size)
          } else {
            const read = write === kernels.escapeTsv ? kernels.unescapeTsv : kernels.unescapeQuoted
            assert.equal(read(outOffsets, outOffsets + 4, outBytes, rows, againOffsets, againBytes), size)
          }
          assert.equal(memory.text(againBytes, size), texts.join(''))
        }
        for (const slash of [0, 1]) {
          const total = size + kernels.escapeJsonExtra(bytes, size, slash) + 2 * rows
          const got = printed(memory, arena, rows, 500, (o, b) => kernels.escapeJson(offsets, bytes, rows, slash, o, b))
          assert.deepEqual(
            got,
            texts.map(text => jsonTwin(text, slash === 1)),
          )
          assert.equal(
            got.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0),
            total,
          )
          const inside = spansOf(
            memory,
            arena,
            got.map(text => text.slice(1, -1)),
          )
          const back = printed(memory, arena, rows, 500, (o, b) =>
            kernels.unescapeJson(inside.starts, inside.ends, inside.base, rows, o, b),
          )
          assert.deepEqual(back, texts)
        }
      }
    })

    test('odd escapes', () => {
      const tsv: [string, string][] = [
        ['a\\tb', 'a\tb'],
        ['\\x41\\x4', 'A\\x4'],
        ['a\\N', 'a'],
        ['\\0\\b\\a\\e\\f\\v\\r', '\0\b\x07\x1b\f\v\r'],
        ['\\"\\q\\`\\/\\\'\\\\', '"\\q`/\'\\'],
        ['tail\\', 'tail\\'],
        ['\\\t\\\n', '\t\n'],
        ['', ''],
      ]
      const spans = spansOf(
        memory,
        arena,
        tsv.map(([text]) => text),
      )
      assert.deepEqual(
        printed(memory, arena, tsv.length, 30, (o, b) =>
          kernels.unescapeTsv(spans.starts, spans.ends, spans.base, tsv.length, o, b),
        ),
        tsv.map(([, text]) => text),
      )
      const json: [string, string][] = [
        ['\\u0041\\u00e9\\u20AC', 'Aé€'],
        ['\\ud83d\\ude00', '😀'],
        ['\\ud83d', '\ufffd'],
        ['\\ud83dx\\ude00', '\ufffdx\ufffd'],
        ['\\n\\t\\r\\b\\f\\/\\"\\\\', '\n\t\r\b\f/"\\'],
      ]
      const strings = spansOf(
        memory,
        arena,
        json.map(([text]) => text),
      )
      assert.deepEqual(
        printed(memory, arena, json.length, 40, (o, b) =>
          kernels.unescapeJson(strings.starts, strings.ends, strings.base, json.length, o, b),
        ),
        json.map(([, text]) => text),
      )
      const out = arena.allocate(100)
      for (const text of ['\\u12', '\\u12g4', 'tail\\', '\\u']) {
        const { starts, ends, base } = spansOf(memory, arena, [text])
        assert.equal(kernels.unescapeJson(starts, ends, base, 1, out, out + 16), -1, text)
      }
      const quoted: [string, string][] = [
        ["'a''b'", "a'b"],
        ["'a\\'b'", "a'b"],
        ["''", ''],
        ["''''", "'"],
        ["'\\\\'", '\\'],
      ]
      const fields = spansOf(
        memory,
        arena,
        quoted.map(([text]) => text),
      )
      assert.deepEqual(
        printed(memory, arena, quoted.length, 10, (o, b) =>
          kernels.unescapeQuoted(fields.starts, fields.ends, fields.base, quoted.length, o, b),
        ),
        quoted.map(([, text]) => text),
      )
      for (const text of ["'", 'a', "'a", "a'", "'a'b'", "'a\\'", "'''", '']) {
        const { starts, ends, base } = spansOf(memory, arena, [text])
        assert.equal(kernels.unescapeQuoted(starts, ends, base, 1, out, out + 16), -1, text)
      }
    })

    test('joinRows, joinArrays, replaceNulls', () => {
      for (const rows of [0, 1, 15, 16, 17, 300]) {
        const columns = [randomTexts(rows, 1), randomTexts(rows, 2), randomTexts(rows, 3)]
        const sources = arena.allocate(24)
        const pieces = ['{"a":', ',"bcdefghijklmnopqrstuvwxyz":', ',', '}\n']
        const pieceOffsets = arena.allocate(20)
        let at = 0
        for (const [i, piece] of pieces.entries()) {
          memory.u32[pieceOffsets / 4 + i] = at
          at += piece.length
        }
        memory.u32[pieceOffsets / 4 + 4] = at
        const pieceBytes = memory.writeText(arena, pieces.join('')).pointer
        const written = columns.map(texts => {
          const spans = spansOf(memory, arena, texts)
          const offsets = arena.allocate((rows + 1) * 4)
          const bytes = arena.allocate(kernels.spansSize(spans.starts, spans.ends, rows))
          kernels.copySpans(spans.starts, spans.ends, spans.base, rows, offsets, bytes)
          return { offsets, bytes }
        })
        memory.u32.set(
          written.flatMap(({ offsets, bytes }) => [offsets, bytes]),
          sources / 4,
        )
        const expected = Array.from(
          { length: rows },
          (_, r) => columns.map((texts, c) => pieces[c] + texts[r]).join('') + pieces[3],
        )
        const size = kernels.joinRowsSize(sources, 3, rows, pieceOffsets)
        const out = arena.allocate(size)
        assert.equal(kernels.joinRows(sources, 3, rows, pieceOffsets, pieceBytes, 0, out), size)
        assert.equal(memory.text(out, size), expected.join(''))
        assert.deepEqual(
          printed(memory, arena, rows, 1200, (o, b) =>
            kernels.joinRows(sources, 3, rows, pieceOffsets, pieceBytes, o, b),
          ),
          expected,
        )

        const arrays = arena.allocate((rows + 1) * 4)
        const next = random(rows)
        const lists: string[][] = []
        let element = 0
        memory.u32[arrays / 4] = 0
        for (let row = 0; row < rows; row++) {
          const take = row === rows - 1 ? rows - element : Math.min(rows - element, Math.floor(next() * 4))
          lists.push(columns[0].slice(element, element + take))
          element += take
          memory.u32[arrays / 4 + row + 1] = element
        }
        const { offsets, bytes } = written[0]
        assert.deepEqual(
          printed(memory, arena, rows, 5000, (o, b) =>
            kernels.joinArrays(offsets, bytes, arrays, rows, 91, 44, 93, o, b),
          ),
          lists.map(list => `[${list.join(',')}]`),
        )
        const mask = arena.allocate(rows)
        for (let row = 0; row < rows; row++) memory.u8[mask + row] = next() < 0.3 ? 1 : 0
        const nulls = memory.writeText(arena, '\\N')
        const flags = memory.copyOut(mask, rows)
        assert.deepEqual(
          printed(memory, arena, rows, 400, (o, b) =>
            kernels.replaceNulls(offsets, bytes, rows, mask, nulls.pointer, 2, o, b),
          ),
          columns[0].map((text, row) => (flags[row] ? '\\N' : text)),
        )
      }
    })
  })
