import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { kernel } from './values.ts'

// Values of ClickHouse's own functions: input, cityHash64, sipHash64, hex(sipHash128), CityHash128 low and high.
const vectors: [string, bigint, bigint, string, bigint, bigint][] = [
  [
    '',
    11160318154034397263n,
    2202906307356721367n,
    '32B5C1DB56A683E9E5B5B6A8CBED11F7',
    0x3df09dfc64c09a2bn,
    0x3cb540c392e51e29n,
  ],
  [
    'a',
    2603192927274642682n,
    10863254463029944905n,
    '71315E763CCB60893893CDBB5CC3A21F',
    0xd27139a1afe01ad0n,
    0xfd7e8ee2e4c86cf6n,
  ],
  [
    'abc',
    4220206313085259313n,
    4596069200710135518n,
    'B6B415A2DA966B6C685A65E54C12A353',
    0x900ff195577748fen,
    0x13a9176355b20d7en,
  ],
  [
    'abcd',
    17823623939509273229n,
    9849111927117796634n,
    '6BC413D2257779257191F8BA3864D6AD',
    0xd21338e7df1dac94n,
    0xccf0f3d08357ececn,
  ],
  [
    'abcdefgh',
    4864636163090995991n,
    16599038366039810451n,
    'A4EEB134554474A937CF53F827E52F4F',
    0x4ba34274d268afb4n,
    0xfb0ea90987f10634n,
  ],
  [
    'abcdefghi',
    7406163328168016081n,
    5991824118181275020n,
    '301347DB92452256BC3697C3D8790505',
    0xb5c513fb141b5687n,
    0xfa55d43dbc150893n,
  ],
  [
    '0123456789abcdef',
    692747204941329175n,
    10719539101438027700n,
    '9A9FB1D50DB506452E38AE7C09C1C5D1',
    0xc52ea1adb29e4800n,
    0x7369a2fab076de4cn,
  ],
  [
    '0123456789abcdefg',
    792568009951096890n,
    6291727573249898517n,
    '67230A80AEED6DA2721B1D134A593DF5',
    0x202565a0be8edb3en,
    0x418babcd28f764dfn,
  ],
  [
    'x'.repeat(32),
    14051161607482389375n,
    6343475596428227403n,
    '23CAB0D05DC224B06879C6CE2F4F2CE8',
    0xf5573f7d9d853620n,
    0x9e3aa87834c09280n,
  ],
  [
    'y'.repeat(33),
    17831725882939865367n,
    4255731776880397005n,
    '83976FA8A17255534EDD237C21175A68',
    0x0f22fa8079ede4e1n,
    0xbf333a8c3e676d99n,
  ],
  [
    'z'.repeat(64),
    8673600269889193925n,
    14738359524207926865n,
    'A4B8065308278D40F5266E3FEE0C048C',
    0x7ebfc921851b6c6en,
    0xb477e743eeff1ab3n,
  ],
  [
    'w'.repeat(65),
    18333752195487094705n,
    12562416349734781474n,
    'FE05B5E678759233DC47356864DEC49D',
    0x31504977ebc293f1n,
    0x28c608504ca955ebn,
  ],
  [
    'q'.repeat(128),
    399232587716079808n,
    12897052533175961175n,
    'A34FC16B3E0F77A6F40940E2CC878C14',
    0x786c1182e2d5b27bn,
    0xb8d64b8c111d7c00n,
  ],
  [
    'r'.repeat(200),
    1663845808864981798n,
    9627339412136347490n,
    '2E65F3AAB2C4530C4C2272AA82EAC889',
    0xfb42f1b5452e94cen,
    0xe4e8b6a03053d1c8n,
  ],
]

const mask64 = (1n << 64n) - 1n

function twinHash16(u: bigint, v: bigint): bigint {
  const k = 0x9ddfea08eb382d69n
  let a = ((u ^ v) * k) & mask64
  a ^= a >> 47n
  let b = ((v ^ a) * k) & mask64
  b ^= b >> 47n
  return (b * k) & mask64
}

function twinIntHash64(x: bigint): bigint {
  x ^= 0x4cf2d2baae6da887n
  x ^= x >> 33n
  x = (x * 0xff51afd7ed558ccdn) & mask64
  x ^= x >> 33n
  x = (x * 0xc4ceb9fe1a85ec53n) & mask64
  return x ^ (x >> 33n)
}

for (const build of ['core', 'core.debug'] as const)
  describe(`hashes (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)
    const write = (text: string) => memory.writeText(arena, text)

    test('known values', () => {
      const out = arena.allocate(16)
      for (const [text, city, sip, sip128, low, high] of vectors) {
        const { pointer, size } = write(text)
        kernels.cityHash64(pointer, size, out)
        assert.equal(memory.u64[out / 8], city)
        kernels.sipHash64(pointer, size, out)
        assert.equal(memory.u64[out / 8], sip)
        kernels.sipHash128(pointer, size, out)
        assert.equal(Buffer.from(memory.bytes(out, 16)).toString('hex').toUpperCase(), sip128)
        kernels.cityHash128(pointer, size, out)
        assert.deepEqual([memory.u64[out / 8], memory.u64[out / 8 + 1]], [low, high])
      }
    })

    test('columns of strings of 0 to 599 bytes: xor and sum are those of ClickHouse', () => {
      // arrayStringConcat(arrayMap(x -> char(33 + (x * x * 7 + x) % 90), range(600))), then substring(s, 1, number)
      const text = Array.from({ length: 600 }, (_, x) => String.fromCharCode(33 + ((x * x * 7 + x) % 90))).join('')
      const offsets = arena.allocate(601 * 4)
      const bytes = arena.allocate(600 * 600)
      let at = 0
      for (let row = 0; row < 600; row++) {
        memory.u32[offsets / 4 + row] = at
        for (let i = 0; i < row; i++) memory.u8[bytes + at++] = text.charCodeAt(i)
      }
      memory.u32[offsets / 4 + 600] = at
      const out = arena.allocate(600 * 16)
      const digest = () => {
        const hashes = [...memory.u64.subarray(out / 8, out / 8 + 600)]
        return [hashes.reduce((a, b) => a ^ b, 0n), hashes.reduce((a, b) => a + b, 0n) & mask64]
      }
      kernels.cityHash64Strings(offsets, bytes, 600, out)
      assert.deepEqual(digest(), [12457885277789425654n, 15105301192145844842n])
      kernels.sipHash64Strings(offsets, bytes, 600, out)
      assert.deepEqual(digest(), [1674021448049644208n, 16559400770916767058n])
      kernels.sipHash128KeyedStrings(offsets, bytes, 600, arena.allocateZeroed(16), out)
      const one = arena.allocate(16)
      for (let row = 0; row < 600; row += 37) {
        kernels.sipHash128(bytes + memory.u32[offsets / 4 + row], row, one)
        assert.deepEqual(memory.copyOut(one, 16), memory.copyOut(out + row * 16, 16))
      }
    })

    test('keyed SipHash', () => {
      const { pointer, size } = write('abc')
      const offsets = arena.allocate(8)
      memory.u32.set([0, size], offsets / 4)
      const key = arena.allocate(16)
      memory.u64.set([506097522914230528n, 1084818905618843912n], key / 8)
      const out = arena.allocate(16)
      kernels.sipHash64KeyedStrings(offsets, pointer, 1, key, out)
      assert.equal(memory.u64[out / 8], 6754548778392356773n)
      kernels.sipHash128KeyedStrings(offsets, pointer, 1, key, out)
      assert.equal(Buffer.from(memory.bytes(out, 16)).toString('hex').toUpperCase(), '857CDFC516A8F169207BFF6F45524D34')
    })

    test('columns of strings of 0 to 599 bytes under the other hashes', () => {
      const text = Array.from({ length: 600 }, (_, x) => String.fromCharCode(33 + ((x * x * 7 + x) % 90))).join('')
      const { pointer } = write(text)
      const offsets = arena.allocate(601 * 4)
      const bytes = arena.allocate(600 * 300)
      let at = 0
      for (let row = 0; row < 600; row++) {
        memory.u32[offsets / 4 + row] = at
        memory.u8.copyWithin(bytes + at, pointer, pointer + row)
        at += row
      }
      memory.u32[offsets / 4 + 600] = at
      const out = arena.allocate(600 * 32)
      kernels.murmurHash3U128Strings(offsets, bytes, 600, out)
      const words = [...memory.u64.subarray(out / 8, out / 8 + 1200)]
      const xor = (from: number) => words.reduce((sum, word, i) => (i % 2 === from ? sum ^ word : sum), 0n)
      assert.deepEqual([xor(0), xor(1)], [434467790632135647n, 7775228813481052592n])
      const scratch = arena.allocate(1024)
      const key = arena.allocateZeroed(16)
      /** xor of the first u64 of each row's hash. */
      const first = (step: number) =>
        Array.from({ length: 600 }, (_, row) => memory.u64[out / 8 + row * step]).reduce((sum, word) => sum ^ word, 0n)
      kernels.farmHash64Strings(offsets, bytes, 600, out)
      // Of 0 to 511 bytes.
      const upTo511 = memory.u64.subarray(out / 8, out / 8 + 512).reduce((sum, word) => sum ^ word, 0n)
      assert.equal(upTo511, 9282116460336577901n)
      kernels.farmFingerprint64Strings(offsets, bytes, 600, out)
      assert.equal(first(1), 7919410271816835103n)
      kernels.metroHash64Strings(offsets, bytes, 600, out)
      assert.equal(first(1), 5616397253429641109n)
      kernels.wyHash64Strings(offsets, bytes, 600, out)
      assert.equal(first(1), 1499076112027497983n)
      kernels.xxh3U64Strings(offsets, bytes, 600, out, scratch)
      assert.equal(first(1), 11479091195048325913n)
      kernels.xxh3U128Strings(offsets, bytes, 600, out, scratch)
      assert.equal(first(2), 0x529ba5aa6414038an)
      kernels.keccak256Strings(offsets, bytes, 600, out, scratch)
      assert.equal(first(4), 6895731432724735118n)
      kernels.md4Strings(offsets, bytes, 600, out, scratch)
      assert.equal(first(2), 12737766108926319909n)
      kernels.sipHash128ReferenceStrings(offsets, bytes, 600, key, out)
      assert.equal(first(2), 0x8bf919adb953f941n)
      kernels.xxHash64Strings(offsets, bytes, 600, 42, out)
      assert.equal(first(1), 3599805110251034473n)
      kernels.javaHashStrings(offsets, bytes, 600, out)
      assert.equal(
        memory.i32.subarray(out / 4, out / 4 + 600).reduce((a, b) => a ^ b, 0),
        -1704645768,
      )
    })

    test('values of one width hash as their bytes', () => {
      const one = arena.allocate(16)
      for (const width of [1, 7, 16, 17, 70]) {
        const rows = 33
        const values = arena.allocate(rows * width)
        for (let i = 0; i < rows * width; i++) memory.u8[values + i] = (i * 31) & 255
        const out = arena.allocate(rows * 16)
        kernels.cityHash64Fixed(values, width, rows, out)
        for (let row = 0; row < rows; row++) {
          kernels.cityHash64(values + row * width, width, one)
          assert.equal(memory.u64[out / 8 + row], memory.u64[one / 8])
        }
        kernels.sipHash64Fixed(values, width, rows, out)
        for (let row = 0; row < rows; row++) {
          kernels.sipHash64(values + row * width, width, one)
          assert.equal(memory.u64[out / 8 + row], memory.u64[one / 8])
        }
      }
    })

    test('hashes of integers of every type: xor is that of ClickHouse', () => {
      // groupBitXor(intHash64(toInt8(number * 37))) FROM numbers(600), and so on
      const multipliers = { 8: 37n, 16: 3737n, 32: 373737373n, 64: 373737373n }
      const of64 = { I8: 11744686002536546402n, I16: 2513806306889142363n, U16: 18011581132644438296n, U32: 8960570369596582861n } // biome-ignore format: table
      const of32 = { U8: 85926353, I8: 2455611804, U16: 663132834, I16: 3029204698, I32: 481518622, U64: 2174482068 }
      const values = arena.allocate(600 * 8)
      const out = arena.allocate(600 * 8)
      const fill = (suffix: string) => {
        const bits = Number(suffix.slice(1)) as 8 | 16 | 32 | 64
        for (let i = 0; i < 600; i++) {
          const value = BigInt.asUintN(bits, BigInt(i) * multipliers[bits])
          for (let byte = 0; byte < bits / 8; byte++)
            memory.u8[values + (i * bits) / 8 + byte] = Number((value >> BigInt(byte * 8)) & 255n)
        }
      }
      for (const [suffix, expected] of Object.entries(of64)) {
        fill(suffix)
        kernel(memory, `intHash64${suffix}`)(values, 600, out)
        assert.equal(
          memory.u64.subarray(out / 8, out / 8 + 600).reduce((a, b) => a ^ b, 0n),
          expected,
        )
      }
      for (const [suffix, expected] of Object.entries(of32)) {
        fill(suffix)
        kernel(memory, `intHash32${suffix}`)(values, 600, out)
        assert.equal(memory.u32.subarray(out / 4, out / 4 + 600).reduce((a, b) => a ^ b, 0) >>> 0, expected)
      }
    })

    test('several arguments', () => {
      const acc = arena.allocate(8)
      const next = arena.allocate(8)
      const strings = write('ab')
      kernels.cityHash64(strings.pointer, 1, acc)
      kernels.cityHash64(strings.pointer + 1, 1, next)
      kernels.hashCombine64(acc, next, 1)
      assert.equal(memory.u64[acc / 8], 7468329322676821011n)
      kernels.sipHash64(strings.pointer, 1, acc)
      kernels.sipHash64(strings.pointer + 1, 1, next)
      kernels.sipHashCombine64(acc, next, 1, arena.allocate(16))
      assert.equal(memory.u64[acc / 8], 1193743241355087095n)
      const numbers = arena.allocate(2)
      memory.u8.set([1, 2], numbers)
      kernels.sipHash64Fixed(numbers, 1, 1, acc)
      assert.equal(memory.u64[acc / 8], 7385293435322750976n)
      kernels.intHash64U8(numbers, 1, acc)
      assert.equal(memory.u64[acc / 8], 10577349846663553072n)
      kernels.intHash64U8(numbers + 1, 1, next)
      kernels.hashCombine64(acc, next, 1)
      assert.equal(memory.u64[acc / 8], 463667963421364848n)
      const big = arena.allocate(8)
      memory.u32[big / 4] = 123456789
      kernels.intHash32U32(big, 1, next)
      assert.equal(memory.u32[next / 4], 422452285)
    })

    test('intHash64 and combining against their twins', () => {
      const next = random(5)
      for (const rows of [0, 1, 15, 16, 17, 333]) {
        const values = arena.allocate(rows * 8)
        const out = arena.allocate(rows * 8)
        const data = Array.from(
          { length: rows },
          () => (BigInt(Math.floor(next() * 2 ** 32)) << 32n) | BigInt(Math.floor(next() * 2 ** 32)),
        )
        memory.u64.set(data, values / 8)
        kernels.intHash64U64(values, rows, out)
        assert.deepEqual([...memory.u64.subarray(out / 8, out / 8 + rows)], data.map(twinIntHash64))
        kernels.intHash64I32(values, rows, out)
        assert.deepEqual(
          [...memory.u64.subarray(out / 8, out / 8 + rows)],
          [...memory.i32.subarray(values / 4, values / 4 + rows)].map(x => twinIntHash64(BigInt(x) & mask64)),
        )
        memory.u64.set(data, out / 8)
        kernels.hashCombine64(out, values, rows)
        assert.deepEqual(
          [...memory.u64.subarray(out / 8, out / 8 + rows)],
          data.map(x => twinHash16(x, x)),
        )
      }
    })

    test('the chained hash does not depend on how the stream is cut', () => {
      const size = 10_000
      const next = random(3)
      const bytes = arena.allocate(size)
      for (let i = 0; i < size; i++) memory.u8[bytes + i] = Math.floor(next() * 256)
      const state = arena.allocate(kernels.chainedHashBytes())
      const out = arena.allocate(16)
      for (const total of [0, 1, 2047, 2048, 2049, 4096, 9999]) {
        const expected = arena.allocateZeroed(16)
        for (let at = 0; at < total; at += 2048)
          kernels.cityHash128WithSeed(bytes + at, Math.min(2048, total - at), expected, expected)
        for (let round = 0; round < 20; round++) {
          kernels.chainedHashStart(state)
          for (let at = 0; at < total; ) {
            const take = Math.min(total - at, Math.floor(next() * (round < 10 ? 5000 : 50)))
            kernels.chainedHash(state, bytes + at, take)
            at += take
          }
          kernels.chainedHashFinish(state, out)
          assert.deepEqual(memory.copyOut(out, 16), memory.copyOut(expected, 16))
        }
      }
    })
  })
