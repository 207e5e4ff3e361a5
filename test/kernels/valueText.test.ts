import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { printed, spansOf, spanTexts } from './spans.ts'

for (const build of ['core', 'core.debug'] as const)
  describe(`decimals, identifiers, nested values (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)

    function decimal(text: string, width: number, precision: number, scale: number, zeros = 0): string | null {
      const { starts, ends, base } = spansOf(memory, arena, [text])
      const out = arena.allocate(width)
      const got = kernels.parseDecimal(starts, ends, base, 1, width, precision, scale, out)
      if (got !== 1) return null
      return printed(memory, arena, 1, 80, (o, b) => kernels.printDecimal(out, width, scale, zeros, 1, o, b))[0]
    }

    test('decimals as ClickHouse reads them', () => {
      const cases: [string, string | null][] = [
        ['1.5', '1.5'],
        ['1.555', '1.55'],
        ['1e2', '100'],
        ['-.5', '-0.5'],
        ['12345678.99', null],
        ['1.', '1'],
        ['+1', '1'],
        ['1e-1', '0.1'],
        ['1.559', '1.55'],
        ['', '0'],
        ['.', '0'],
        ['0000000000000001.10', '1.1'],
        ['1e9', null],
        ['1.5e', '1.5'],
        ['12345e-3', '12.34'],
        ['-0.001', '0'],
        ['9999999.99', '9999999.99'],
        ['-9999999.99', '-9999999.99'],
        ['0.00000000000000000000000000000001', '0'],
        ['x', null],
        ['1x', null],
        ['1.2.3', null],
        ['-', null],
        ['e5', null],
      ]
      for (const width of [4, 8, 16, 32])
        for (const [text, expected] of cases)
          assert.equal(decimal(text, width, 9, 2), expected, `${text} in ${width} bytes`)
      assert.equal(decimal('1.5', 8, 18, 4, 1), '1.5000')
      assert.equal(decimal('-7', 8, 18, 0, 1), '-7')
      assert.equal(
        decimal('99999999999999999999.123456789012345678', 16, 38, 18),
        '99999999999999999999.123456789012345678',
      )
      assert.equal(decimal('-0.000000000000000001', 16, 38, 18), '-0.000000000000000001')
      assert.equal(decimal('1e57', 32, 76, 18), `1${'0'.repeat(57)}`)
      assert.equal(decimal('1e58', 32, 76, 18), null)
    })

    test('decimals there and back', () => {
      const next = random(1)
      for (const [width, precision] of [
        [4, 9],
        [8, 18],
        [16, 38],
        [32, 76],
      ])
        for (const scale of [0, 1, Math.floor(precision / 2), precision]) {
          const texts = Array.from({ length: 200 }, () => {
            let digits = ''
            for (let k = Math.floor(next() * (precision + 1)); k > 0; k--) digits += Math.floor(next() * 10)
            digits = (digits.replace(/^0+/, '') || '0').padStart(scale + 1, '0')
            const sign = next() < 0.5 && /[1-9]/.test(digits) ? '-' : ''
            return sign + digits.slice(0, digits.length - scale) + (scale > 0 ? '.' + digits.slice(-scale) : '')
          })
          const { starts, ends, base } = spansOf(memory, arena, texts)
          const out = arena.allocate(200 * width)
          assert.equal(kernels.parseDecimal(starts, ends, base, 200, width, precision, scale, out), 200)
          assert.deepEqual(
            printed(memory, arena, 200, 80, (o, b) => kernels.printDecimal(out, width, scale, 1, 200, o, b)),
            texts,
          )
        }
    })

    test('UUID', () => {
      const texts = [
        '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
        '00000000-0000-0000-0000-000000000000',
        'ffffffff-ffff-ffff-ffff-ffffffffffff',
        '01234567-89ab-cdef-0123-456789abcdef',
      ]
      const { starts, ends, base } = spansOf(memory, arena, [
        ...texts,
        texts[0].toUpperCase(),
        texts[3].replaceAll('-', ''),
        '',
      ])
      const out = arena.allocate(7 * 16)
      assert.equal(kernels.parseUuid(starts, ends, base, 7, out), 7)
      assert.equal(memory.u64[out / 8], 0x61f0c4045cb311e7n)
      assert.equal(memory.u64[out / 8 + 1], 0x907ba6006ad3dba0n)
      assert.deepEqual(
        printed(memory, arena, 7, 36, (o, b) => kernels.printUuid(out, 7, o, b)),
        [...texts, texts[0], texts[3], texts[1]],
      )
      for (const text of [
        '61f0c404-5cb3-11e7-907b-a6006ad3dbax',
        '{61f0c404-5cb3-11e7-907b-a6006ad3dba0}',
        'x',
        '61f0c404x5cb3-11e7-907b-a6006ad3dba0',
        '61f0c4045cb311e7907ba6006ad3dba',
      ]) {
        const bad = spansOf(memory, arena, [texts[0], text])
        assert.equal(kernels.parseUuid(bad.starts, bad.ends, bad.base, 2, out), -2, text)
      }
    })

    test('IPv4', () => {
      const texts = ['1.2.3.4', '0.0.0.0', '255.255.255.255', '10.100.0.9']
      const { starts, ends, base } = spansOf(memory, arena, [...texts, '01.2.3.4', '0001.2.3.4', ''])
      const out = arena.allocate(7 * 4)
      assert.equal(kernels.parseIpv4(starts, ends, base, 7, out), 7)
      assert.equal(memory.u32[out / 4], 0x01020304)
      assert.deepEqual(
        printed(memory, arena, 7, 15, (o, b) => kernels.printIpv4(out, 7, o, b)),
        [...texts, '1.2.3.4', '1.2.3.4', '0.0.0.0'],
      )
      for (const text of [
        '1.2.3.256',
        '1.2.3',
        '1.2.3.4 ',
        '1.2.3.4.5',
        'a.b.c.d',
        '1..2.3',
        '.1.2.3',
        '1.2.3.',
        '99999999999.1.1.1',
      ]) {
        const bad = spansOf(memory, arena, [text])
        assert.equal(kernels.parseIpv4(bad.starts, bad.ends, bad.base, 1, out), -1, text)
      }
    })

    test('IPv6', () => {
      const cases: [string, string][] = [
        ['::1', '::1'],
        ['::', '::'],
        ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
        ['1.2.3.4', '::ffff:1.2.3.4'],
        ['::1.2.3.4', '::1.2.3.4'],
        ['2001:DB8::1', '2001:db8::1'],
        ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
        ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
        ['::1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
        ['1:0:0:2::3', '1:0:0:2::3'],
        ['1:0:2::3:0', '1:0:2::3:0'],
        ['::5:1.2.3.4', '::5:102:304'],
        ['::1:0', '::0.1.0.0'],
        ['1::', '1::'],
        ['0:1:2:3:4:5:6:7', '0:1:2:3:4:5:6:7'],
        ['::ffff:0:0', '::ffff:0.0.0.0'],
        ['fe80::abcd:0:12', 'fe80::abcd:0:12'],
        ['', '::'],
      ]
      const rows = cases.length
      const { starts, ends, base } = spansOf(
        memory,
        arena,
        cases.map(([text]) => text),
      )
      const out = arena.allocate(rows * 16)
      assert.equal(kernels.parseIpv6(starts, ends, base, rows, out), rows)
      assert.deepEqual(
        printed(memory, arena, rows, 39, (o, b) => kernels.printIpv6(out, rows, o, b)),
        cases.map(([, text]) => text),
      )
      const bad = [
        '00001::',
        '1::2::3',
        ':',
        ':1',
        '1:',
        '1:2:3',
        '1:2:3:4:5:6:7:8:9',
        'g::',
        ':::',
        '1.2.3.4::',
        '::1.2.3',
        '1:2:3:4:5:6:7:1.2.3.4',
        '1:2:3:4:5:6:7:',
      ]
      for (const text of bad) {
        const field = spansOf(memory, arena, [text])
        assert.equal(kernels.parseIpv6(field.starts, field.ends, field.base, 1, out), -1, text)
      }
    })

    test('Enum', () => {
      const names = ['', 'a', 'bb', 'hello world, a name over sixteen bytes']
      const values = [-7, 1, 2, 100]
      const spans = spansOf(memory, arena, names)
      const offsets = arena.allocate(5 * 4)
      const bytes = arena.allocate(100)
      kernels.copySpans(spans.starts, spans.ends, spans.base, 4, offsets, bytes)
      const enumValues = arena.allocate(8)
      memory.i16.set(values, enumValues / 2)
      const texts = ['a', 'bb', 'a', '', names[3], '2', '-7']
      const fields = spansOf(memory, arena, texts)
      const out = arena.allocate(texts.length * 2)
      assert.equal(
        kernels.parseEnum8(fields.starts, fields.ends, fields.base, 7, offsets, bytes, enumValues, 4, out),
        7,
      )
      assert.deepEqual([...memory.i8.subarray(out, out + 7)], [1, 2, 1, -7, 100, 2, -7])
      const expected = ['a', 'bb', 'a', '', names[3], 'bb', '']
      assert.deepEqual(
        printed(memory, arena, 7, 40, (o, b) => kernels.printEnum8(out, 7, offsets, bytes, enumValues, 4, o, b)),
        expected,
      )
      assert.equal(
        kernels.parseEnum16(fields.starts, fields.ends, fields.base, 7, offsets, bytes, enumValues, 4, out),
        7,
      )
      assert.deepEqual(
        printed(memory, arena, 7, 40, (o, b) => kernels.printEnum16(out, 7, offsets, bytes, enumValues, 4, o, b)),
        expected,
      )
      const bad = spansOf(memory, arena, ['a', 'c'])
      assert.equal(kernels.parseEnum8(bad.starts, bad.ends, bad.base, 2, offsets, bytes, enumValues, 4, out), -2)
      memory.i8.set([1, 3], out)
      assert.equal(kernels.printEnum8(out, 2, offsets, bytes, enumValues, 4, fields.starts, arena.allocate(100)), -2)
    })

    function arrays(texts: string[], open = '[', close = ']'): string[][] | number {
      const spans = spansOf(memory, arena, texts)
      const capacity = Math.floor(kernels.spansSize(spans.starts, spans.ends, texts.length) / 2)
      const offsets = arena.allocate((texts.length + 1) * 4)
      const starts = arena.allocate(capacity * 4)
      const ends = arena.allocate(capacity * 4)
      const [o, c] = [open.charCodeAt(0), close.charCodeAt(0)]
      const got = kernels.splitArray(
        spans.starts,
        spans.ends,
        spans.base,
        texts.length,
        o,
        c,
        offsets,
        starts,
        ends,
        capacity,
      )
      if (got < 0) return got
      const elements = spanTexts(memory, { starts, ends, base: spans.base, rows: got })
      const at = memory.u32.slice(offsets / 4, offsets / 4 + texts.length + 1)
      return texts.map((_, row) => elements.slice(at[row], at[row + 1]))
    }

    test('arrays', () => {
      assert.deepEqual(
        arrays(['[1,2, 3]', '[]', "['a,]','b\\'c']", '[[1],[2,3]]', '', "[ ('x',1) , NULL ]", '[1,]', '["a\\"]",2]']),
        [['1', '2', '3'], [], ["'a,]'", "'b\\'c'"], ['[1]', '[2,3]'], [], ["('x',1)", 'NULL'], ['1'], ['"a\\"]"', '2']],
      )
      for (const text of [
        '[',
        '1',
        '[1',
        '[1,',
        "['a]",
        '[,]',
        '[1,,2]',
        '[1]x',
        ' [1]',
        '[1)',
        '[[1]',
        '[1]]',
        "['a\\",
        '[(]',
      ])
        assert.equal(arrays(['[7]', text]), -2, text)
    })

    test('tuples and maps', () => {
      const texts = ["(1,'a,b')", "( 2 , 'c' )", '', "(3,'d',)"]
      const spans = spansOf(memory, arena, texts)
      const starts = arena.allocate(2 * 5 * 4)
      const ends = arena.allocate(2 * 5 * 4)
      assert.equal(kernels.splitTuple(spans.starts, spans.ends, spans.base, 4, 40, 41, 2, starts, ends, 5), 4)
      assert.deepEqual(spanTexts(memory, { starts, ends, base: spans.base, rows: 4 }), ['1', '2', '', '3'])
      assert.deepEqual(spanTexts(memory, { starts: starts + 20, ends: ends + 20, base: spans.base, rows: 4 }), [
        "'a,b'",
        "'c'",
        '',
        "'d'",
      ])
      for (const text of ['(1)', '(1,2,3)', '(1,2', '1,2', '(1,2]', '(,)', '(1,2)x']) {
        const bad = spansOf(memory, arena, [text])
        assert.equal(kernels.splitTuple(bad.starts, bad.ends, bad.base, 1, 40, 41, 2, starts, ends, 5), -1, text)
      }
      const maps = spansOf(memory, arena, ["{'a':1,'b:,}':[2]}", '{}', '', "{ 'c' : {'d':1} }"])
      const offsets = arena.allocate(20)
      const room = Array.from({ length: 4 }, () => arena.allocate(64))
      const [keyStarts, keyEnds, valueStarts, valueEnds] = room
      assert.equal(
        kernels.splitMap(maps.starts, maps.ends, maps.base, 4, offsets, keyStarts, keyEnds, valueStarts, valueEnds, 16),
        3,
      )
      assert.deepEqual([...memory.u32.subarray(offsets / 4, offsets / 4 + 5)], [0, 2, 2, 2, 3])
      assert.deepEqual(spanTexts(memory, { starts: keyStarts, ends: keyEnds, base: maps.base, rows: 3 }), [
        "'a'",
        "'b:,}'",
        "'c'",
      ])
      assert.deepEqual(spanTexts(memory, { starts: valueStarts, ends: valueEnds, base: maps.base, rows: 3 }), [
        '1',
        '[2]',
        "{'d':1}",
      ])
      for (const text of ['{', '{1}', '{1:}', '{:1}', '{1:2', '{1:2]', '[1:2]', '{1:2}x', '{1:2 3:4']) {
        const bad = spansOf(memory, arena, [text])
        assert.equal(
          kernels.splitMap(bad.starts, bad.ends, bad.base, 1, offsets, keyStarts, keyEnds, valueStarts, valueEnds, 16),
          -1,
          text,
        )
      }
      const quoted = spansOf(memory, arena, ["'a'", '', "''"])
      assert.equal(kernels.trimQuotes(quoted.starts, quoted.ends, quoted.base, 3, 39, 0), 3)
      assert.deepEqual(spanTexts(memory, quoted), ['a', '', ''])
      const mixed = spansOf(memory, arena, ['"1"', '2', '"'])
      assert.equal(kernels.trimQuotes(mixed.starts, mixed.ends, mixed.base, 3, 34, 1), 3)
      assert.deepEqual(spanTexts(memory, mixed), ['1', '2', '"'])
      assert.equal(kernels.trimQuotes(mixed.starts, mixed.ends, mixed.base, 3, 34, 0), -1)
    })
  })
