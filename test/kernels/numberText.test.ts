import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { printed, spansOf } from './spans.ts'

const integers = [
  ['I8', 1, 8, true, 4],
  ['I16', 2, 16, true, 6],
  ['I32', 4, 32, true, 11],
  ['I64', 8, 64, true, 20],
  ['U8', 1, 8, false, 3],
  ['U16', 2, 16, false, 5],
  ['U32', 4, 32, false, 10],
  ['U64', 8, 64, false, 20],
] as const

const wrap = (value: bigint, bits: number, signed: boolean) =>
  signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)

function readInteger(memory: Memory, pointer: number, width: number, signed: boolean): bigint {
  const bytes = memory.bytes(pointer, width)
  let value = 0n
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i])
  return wrap(value, width * 8, signed)
}

function writeInteger(memory: Memory, pointer: number, width: number, value: bigint): void {
  for (let i = 0; i < width; i++) memory.u8[pointer + i] = Number((value >> BigInt(8 * i)) & 255n)
}

/** A number as ClickHouse writes it. */
function printTwin(value: number, digits = String(Math.abs(value))): string {
  if (Number.isNaN(value)) return 'nan'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return sign + digits.replace('Infinity', 'inf').replace('e+', 'e')
}

/** The shortest digits of a float, nearest to it: JavaScript has them for 64 bits only, so each length is tried on both sides. */
function printTwin32(value: number): string {
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return printTwin(value)
  for (let precision = 1; precision <= 9; precision++) {
    const nearest = size.toPrecision(precision)
    const [, digits, exponent] = /^(.+)e(.+)$/.exec(size.toExponential(precision - 1))!
    const whole = Number(digits.replace('.', ''))
    const others = [whole - 1, whole + 1].map(w => `${w}e${Number(exponent) - precision + 1}`)
    const fitting = [nearest, ...others].filter(text => Math.fround(Number(text)) === size)
    // Of two that are equally near, the even one.
    const distance = (text: string) =>
      Math.abs(Number(text) - size) + (/[13579]($|e)/.test(text.replace(/e.*$/, '')) ? size * 1e-15 : 0)
    fitting.sort((a, b) => distance(a) - distance(b))
    if (fitting.length > 0) return printTwin(value, String(Number(fitting[0])))
  }
  throw new Error('nine digits are enough')
}

function randomBits(next: () => number): bigint {
  const bits = (BigInt(Math.floor(next() * 2 ** 32)) << 32n) | BigInt(Math.floor(next() * 2 ** 32))
  return bits >> BigInt(Math.floor(next() * 64))
}

for (const build of ['core', 'core.debug'] as const)
  describe(`numbers and text (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)

    for (const [name, width, bits, signed, bytesEach] of integers) {
      const parse = kernels[`parse${name}`]
      const print = kernels[`print${name}`]
      test(`${name}`, () => {
        const next = random(bits)
        for (const rows of [0, 1, 15, 16, 17, 1000]) {
          const limit = 1n << BigInt(bits)
          const values = Array.from({ length: rows }, (_, row) => {
            if (row < 6) return wrap([0n, 1n, -1n, limit / 2n - 1n, limit / 2n, limit - 1n][row], bits, signed)
            return wrap(next() < 0.5 ? randomBits(next) : 10n ** BigInt(row % 20) - BigInt(row & 1), bits, signed)
          })
          const data = arena.allocate(rows * width)
          for (const [row, value] of values.entries()) writeInteger(memory, data + row * width, width, value)
          const texts = values.map(String)
          assert.deepEqual(
            printed(memory, arena, rows, bytesEach, (offsets, bytes) => print(data, rows, offsets, bytes)),
            texts,
          )
          const out = arena.allocate(rows * width)
          const spans = spansOf(memory, arena, texts)
          assert.equal(parse(spans.starts, spans.ends, spans.base, rows, out), rows)
          assert.deepEqual(memory.copyOut(out, rows * width), memory.copyOut(data, rows * width))
        }
        const odd = [
          '',
          '+7',
          '007',
          '0000000000000000000000000012',
          '99999999999999999999999',
          '300',
          '123456789',
          '12345678901234567',
        ]
        if (signed) odd.push('-0', '-300', '-99999999999999999999999')
        const spans = spansOf(memory, arena, odd)
        const out = arena.allocate(odd.length * width)
        assert.equal(parse(spans.starts, spans.ends, spans.base, odd.length, out), odd.length)
        for (const [row, text] of odd.entries())
          assert.equal(
            readInteger(memory, out + row * width, width, signed),
            wrap(BigInt(text.replace('+', '').replace(/^-?$/, '0')), bits, signed),
            text,
          )
        const bad = [
          '-',
          '+',
          '1.5',
          ' 1',
          '1 ',
          '--1',
          '1e3',
          'a',
          '12345678a',
          'a1234567890',
          '1234567890123456789x',
          '\xff',
          '1/',
          ':',
        ]
        if (!signed) bad.push('-1')
        for (const text of bad) {
          const { starts, ends, base } = spansOf(memory, arena, ['1', text, '2'])
          assert.equal(parse(starts, ends, base, 3, out), -2, JSON.stringify(text))
        }
      })
    }

    test('128 and 256 bits', () => {
      const next = random(9)
      for (const words of [2, 4])
        for (const signed of [true, false]) {
          const width = words * 8
          const values = Array.from({ length: 300 }, (_, row) => {
            let value = 0n
            for (let w = 0; w < words; w++) value = (value << 64n) | (next() < 0.3 ? 0n : randomBits(next))
            if (row < 3) value = [0n, (1n << BigInt(width * 8)) - 1n, 1n << BigInt(width * 8 - 1)][row]
            return wrap(value, width * 8, signed)
          })
          const data = arena.allocate(300 * width)
          for (const [row, value] of values.entries()) writeInteger(memory, data + row * width, width, value)
          const texts = values.map(String)
          const flag = signed ? 1 : 0
          assert.deepEqual(
            printed(memory, arena, 300, words === 2 ? 40 : 78, (offsets, bytes) =>
              kernels.printWide(data, words, flag, 300, offsets, bytes),
            ),
            texts,
          )
          const { starts, ends, base } = spansOf(memory, arena, texts)
          const out = arena.allocate(300 * width)
          assert.equal(kernels.parseWide(starts, ends, base, 300, words, flag, out), 300)
          assert.deepEqual(memory.copyOut(out, 300 * width), memory.copyOut(data, 300 * width))
        }
    })

    test('Float64: prints the shortest form, reads what it printed', () => {
      const next = random(21)
      const values = [
        0,
        -0,
        1,
        -1,
        0.1,
        1.5,
        5e-324,
        2.2250738585072014e-308,
        2.225073858507201e-308,
        Number.MAX_VALUE,
        1e21,
        1e20,
      ]
      values.push(
        123456789012345680000,
        1e-6,
        1e-7,
        1.5e-7,
        9.5e-7,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      )
      values.push(
        9007199254740991,
        9007199254740994,
        9007199254740992,
        2 ** 63,
        2 ** 64,
        9.5367431640625e-7,
        1e23,
        8.41e21,
        4.5e15,
        0.3,
      )
      for (let e = -1074; e < 1024; e++) values.push(2 ** e)
      for (let e = -323; e < 309; e++) values.push(Number(`1e${e}`), Number(`9.999999999999999e${e}`))
      const scratch = new DataView(new ArrayBuffer(8))
      for (let i = 0; i < 20_000; i++) {
        scratch.setUint32(0, next() * 2 ** 32)
        scratch.setUint32(4, next() * 2 ** 32)
        values.push(
          scratch.getFloat64(0),
          (next() - 0.5) * 10 ** Math.floor(next() * 30 - 10),
          Math.round(next() * 1e6) / 1e3,
        )
      }
      const rows = values.length
      const data = arena.allocate(rows * 8)
      memory.f64.set(values, data / 8)
      const texts = printed(memory, arena, rows, 26, (offsets, bytes) => kernels.printF64(data, rows, offsets, bytes))
      for (const [row, text] of texts.entries()) assert.equal(text, printTwin(values[row]))
      const { starts, ends, base } = spansOf(memory, arena, texts)
      const out = arena.allocate(rows * 8)
      assert.equal(kernels.parseF64(starts, ends, base, rows, out), rows)
      for (let row = 0; row < rows; row++) assert.ok(Object.is(memory.f64[out / 8 + row], values[row]), texts[row])
    })

    test('Float32: prints the shortest form, reads what it printed', () => {
      const next = random(22)
      const values = [
        0, -0, 1, 16777216, 16777217, 1e10, 123456789, 3.4028234663852886e38, 1e-45, 1.1754943508222875e-38,
        9.9999998e20, 1e21,
      ]
      values.push(0.1, 1e-7, 1e-6, Number.NaN, Number.POSITIVE_INFINITY, 8388608.5, 33554430, 0.3, 9.5e-7)
      for (let e = -149; e < 128; e++) values.push(2 ** e)
      for (let e = -45; e < 39; e++) values.push(Number(`1e${e}`))
      const scratch = new DataView(new ArrayBuffer(4))
      for (let i = 0; i < 20_000; i++) {
        scratch.setUint32(0, next() * 2 ** 32)
        values.push(scratch.getFloat32(0))
      }
      const rows = values.length
      const data = arena.allocate(rows * 4)
      memory.f32.set(values, data / 4)
      const floats = [...memory.f32.subarray(data / 4, data / 4 + rows)]
      const texts = printed(memory, arena, rows, 24, (offsets, bytes) => kernels.printF32(data, rows, offsets, bytes))
      for (const [row, text] of texts.entries()) assert.equal(text, printTwin32(floats[row]))
      const { starts, ends, base } = spansOf(memory, arena, texts)
      const out = arena.allocate(rows * 4)
      assert.equal(kernels.parseF32(starts, ends, base, rows, out), rows)
      for (let row = 0; row < rows; row++) assert.ok(Object.is(memory.f32[out / 4 + row], floats[row]), texts[row])
    })

    test('Float64 and Float32 from any text: as JavaScript reads it', () => {
      const next = random(23)
      const texts = [
        '1.',
        '.5',
        '+1.5',
        '1e5',
        '1E+5',
        '1e-5',
        '00012',
        '-0',
        '1e400',
        '-1e400',
        '1e-400',
        '1e99999999999',
        '0e99999999999',
      ]
      texts.push(
        '9007199254740993',
        '9007199254740993.0000000000000000000000001',
        '9007199254740992.99999999999999999999',
        '0.000000000000000000000000000000000000000000001',
      )
      texts.push(
        '2.4703282292062327208e-324',
        '2.4703282292062328e-324',
        '1.7976931348623158079e308',
        '1.7976931348623159e308',
      )
      // Exactly halfway, and a little beside it, with hundreds of digits.
      for (const n of [1n, 3n, 12345n, (1n << 53n) - 1n])
        for (const e of [60, 100, 600, 1074]) {
          const digits = (2n * n + 1n) * 5n ** BigInt(e)
          texts.push(
            `${digits}e-${e}`,
            `${digits}1e-${e + 1}`,
            `${digits - 1n}e-${e}`,
            `${digits}${'0'.repeat(900)}1e-${e + 901}`,
          )
        }
      for (let i = 0; i < 10_000; i++) {
        let text = next() < 0.3 ? '-' : ''
        for (let k = 1 + Math.floor(next() * 25); k > 0; k--) text += Math.floor(next() * 10)
        if (next() < 0.6) {
          text += '.'
          for (let k = Math.floor(next() * 25); k > 0; k--) text += Math.floor(next() * 10)
        }
        if (next() < 0.6) text += `e${Math.floor(next() * 640 - 320)}`
        texts.push(text)
      }
      // Halfway between two neighbours, exactly and almost.
      for (let i = 0; i < 3000; i++) {
        const e = Math.floor(next() * 60)
        const odd = (BigInt(Math.floor(2 ** 52 * (1 + next()))) << 1n) + 1n
        const float = (BigInt(Math.floor(2 ** 23 * (1 + next()))) << 1n) + 1n
        for (const halfway of [odd << BigInt(e), float << BigInt(e)])
          texts.push(`${halfway}`, `${halfway}.00000000001`, `${halfway - 1n}.99999999`, `${halfway}0e-1`)
      }
      const rows = texts.length
      const { starts, ends, base } = spansOf(memory, arena, texts)
      const out = arena.allocate(rows * 8)
      assert.equal(kernels.parseF64(starts, ends, base, rows, out), rows)
      for (const [row, text] of texts.entries()) assert.ok(Object.is(memory.f64[out / 8 + row], Number(text)), text)
      assert.equal(kernels.parseF32(starts, ends, base, rows, out), rows)
      for (const [row, text] of texts.entries()) {
        const expected = roundToFloat(text)
        if (expected !== null) assert.ok(Object.is(memory.f32[out / 4 + row], expected), text)
      }
      for (const text of [
        '.',
        '-',
        '1e',
        '1e+',
        'x',
        '1.5.5',
        '0x10',
        '1,5',
        'infin',
        'nanx',
        ' 1',
        '1 ',
        'infinityx',
        '--1',
        '+',
        'e5',
      ]) {
        const bad = spansOf(memory, arena, ['1', text])
        assert.equal(kernels.parseF64(bad.starts, bad.ends, bad.base, 2, out), -2, text)
        assert.equal(kernels.parseF32(bad.starts, bad.ends, bad.base, 2, out), -2, text)
      }
      const special = spansOf(memory, arena, ['inf', '-inf', 'Infinity', '-INFINITY', 'nan', 'NaN', '-nan', '+inf', ''])
      assert.equal(kernels.parseF64(special.starts, special.ends, special.base, 9, out), 9)
      const infinity = Number.POSITIVE_INFINITY
      assert.deepEqual(
        [...memory.f64.subarray(out / 8, out / 8 + 9)],
        [infinity, -infinity, infinity, -infinity, Number.NaN, Number.NaN, Number.NaN, infinity, 0],
      )
    })

    test('Bool', () => {
      const yes = ['true', '1', 't', 'T', 'TRUE', 'tRue', 'yes', 'Y', 'on', 'enable', 'Enabled']
      const no = ['false', '0', 'f', 'FALSE', 'no', 'n', 'off', 'disable', 'DISABLED', '']
      const { starts, ends, base } = spansOf(memory, arena, [...yes, ...no])
      const rows = yes.length + no.length
      const out = arena.allocate(rows)
      assert.equal(kernels.parseBool(starts, ends, base, rows, out), rows)
      assert.deepEqual([...memory.bytes(out, rows)], [...yes.map(() => 1), ...no.map(() => 0)])
      for (const text of ['2', 'tru', 'truex', 'falsehood', '\x14', 'disabledd']) {
        const bad = spansOf(memory, arena, [text])
        assert.equal(kernels.parseBool(bad.starts, bad.ends, bad.base, 1, out), -1, text)
      }
      memory.u8.set([1, 0, 1], out)
      assert.deepEqual(
        printed(memory, arena, 3, 5, (o, b) => kernels.printBool(out, 3, o, b)),
        ['true', 'false', 'true'],
      )
    })
  })

/** Decimal text rounded once to 32 bits; null where rounding twice (through 64 bits) might differ. */
function roundToFloat(text: string): number | null {
  const wide = Number(text)
  const narrow = Math.fround(wide)
  if (!Number.isFinite(wide) || !Number.isFinite(narrow) || Math.abs(wide) < 1e-37)
    return Number.isFinite(wide) && Number.isFinite(narrow) ? null : narrow
  const bits = new BigUint64Array(new Float64Array([wide]).buffer)[0]
  return (bits & 0x1fffffffn) === 0x10000000n ? null : narrow
}
