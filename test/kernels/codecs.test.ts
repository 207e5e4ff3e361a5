import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const hex = (text: string) =>
  Uint8Array.from(text.replaceAll(/[ |]/g, '').match(/../g)!, byte => Number.parseInt(byte, 16))
const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)

/** Payloads that ClickHouse wrote, and what they hold. */
const examples: [codec: string, payload: Uint8Array, plain: Uint8Array][] = [
  ['delta', hex('04 00 64000000 03000000 03000000 03000000 03000000 03000000'), u32(100, 103, 106, 109, 112, 115)],
  ['doubleDelta', hex('04 00 06000000 e8030000 01000000 | 40 60 15 60'), u32(1000, 1001, 1002, 1005, 1009, 990)],
  [
    'gorilla',
    hex('04 00 06000000 0000c03f | 69 0b c0 5f ff b0 16 17 e8 0a 81 7c 80'),
    new Uint8Array(Float32Array.of(1.5, 1.5, 1.25, -3, 0, 1e10).buffer),
  ],
  ['gcd', hex('04 00 06000000 | 02000000 03000000 05000000 00000000 01000000 64000000'), u32(12, 18, 30, 0, 6, 600)],
  [
    't64',
    hex('03 6400000000000000 6b00000000000000 | 1600000000000000 1400000000000000 2f00000000000000 1000000000000000'),
    u32(100, 101, 103, 100, 107, 100),
  ],
  [
    'fpc',
    hex('08 0c | 0f 000000000000f83f | 00 000000000000f43f 00000000000008c0 | 70 00000020 5fa00242'),
    new Uint8Array(Float64Array.of(1.5, 1.5, 1.25, -3, 0, 1e10).buffer),
  ],
]

/** FPC's encoder, by the format's description. */
function fpcEncode(values: bigint[], width: number, level: number): Uint8Array {
  const bits = BigInt(width * 8)
  const wrap = (x: bigint) => BigInt.asUintN(Number(bits), x)
  const mask = (1n << BigInt(level)) - 1n
  const [f, d] = [new Map<bigint, bigint>(), new Map<bigint, bigint>()]
  let [hf, hd, before] = [0n, 0n, 0n]
  const out = [width, level]
  const padded = values.length % 2 ? [...values, 0n] : values
  const zeroBytes = (x: bigint) => {
    let zeros = 0
    while (zeros < width && x >> (bits - 8n * BigInt(zeros + 1)) === 0n) zeros++
    return width === 8 && zeros === 4 ? 3 : zeros
  }
  for (let i = 0; i < padded.length; i += 2) {
    const at = out.push(0) - 1
    for (const half of [0, 1]) {
      const value = padded[i + half]
      const first = value ^ (f.get(hf) ?? 0n)
      const second = value ^ wrap((d.get(hd) ?? 0n) + before)
      const residue = zeroBytes(second) > zeroBytes(first) ? second : first
      const zeros = zeroBytes(residue)
      const code = width === 8 && zeros > 4 ? zeros - 1 : zeros
      out[at] |= ((residue === first ? 0 : 8) | code) << (half ? 0 : 4)
      for (let b = 0; b < width - zeros; b++) out.push(Number((residue >> BigInt(8 * b)) & 255n))
      const difference = wrap(value - before)
      f.set(hf, value)
      d.set(hd, difference)
      hf = (width === 8 ? (hf << 6n) ^ (value >> 48n) : (hf << 1n) ^ (value >> 22n)) & mask
      hd = (width === 8 ? (hd << 2n) ^ (difference >> 40n) : (hd << 4n) ^ (difference >> 23n)) & mask
      before = value
    }
  }
  return Uint8Array.from(out)
}

/** Values of some kind that codecs are made for. */
function series(rows: number, width: number, seed: number): bigint[] {
  const next = random(seed)
  const kind = Math.floor(next() * 7)
  const big = () => (BigInt(Math.floor(next() * 2 ** 32)) << 32n) | BigInt(Math.floor(next() * 2 ** 32))
  let value = big()
  let step = BigInt(Math.floor(next() * 100))
  return Array.from({ length: rows }, () => {
    if (kind === 0) value = big()
    else if (kind === 1) value += step
    else if (kind === 2) value += step += BigInt(Math.floor(next() * 5 - 2))
    else if (kind === 3) value = BigInt(Math.floor(next() * 1000 - 500))
    else if (kind === 4) value = BigInt(Math.floor(next() * 2 ** Math.floor(next() * 33)))
    else if (kind === 5) value = next() < 0.5 ? value : big() >> BigInt(Math.floor(next() * 64))
    else value = new BigUint64Array(new Float64Array([Math.round(next() * 100) / 4]).buffer)[0]
    return BigInt.asUintN(width * 8, value)
  })
}

function pack(values: bigint[], width: number): Uint8Array {
  const bytes = new Uint8Array(values.length * width)
  for (const [row, value] of values.entries())
    for (let b = 0; b < width; b++) bytes[row * width + b] = Number((value >> BigInt(8 * b)) & 255n)
  return bytes
}

for (const build of ['core', 'core.debug'] as const)
  describe(`codecs (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)
    const source = arena.allocate(400_000)
    const target = arena.allocate(400_000)
    const encoded = arena.allocate(400_000)
    const scratch = arena.allocate(1 << 21)

    function decode(codec: string, payload: Uint8Array, size: number): Uint8Array | null {
      memory.copyIn(source, payload)
      memory.u8.fill(0xee, source + payload.length, source + payload.length + 64)
      memory.u8.fill(0xee, target - 16, target + size + 64)
      const got =
        codec === 'fpc'
          ? kernels.fpcScratch(source, payload.length) < 0
            ? -1
            : kernels.fpcDecode(source, payload.length, target, size, scratch)
          : kernels[`${codec}Decode` as 'deltaDecode'](source, payload.length, target, size)
      assert.ok(got === size || got === -1)
      assert.ok(
        memory.bytes(target + size, 64).every(byte => byte === 0xee),
        `${codec} wrote behind its target`,
      )
      return got < 0 ? null : memory.copyOut(target, size)
    }

    function encode(codec: string, plain: Uint8Array, width: number, type = 0, bitVariant = 0): Uint8Array {
      memory.copyIn(source, plain)
      const size =
        codec === 't64'
          ? kernels.t64Encode(source, plain.length, type, bitVariant, encoded)
          : kernels[`${codec}Encode` as 'deltaEncode'](source, plain.length, width, encoded)
      return memory.copyOut(encoded, size)
    }

    test('what ClickHouse wrote', () => {
      for (const [codec, payload, plain] of examples)
        assert.deepEqual(decode(codec, payload, plain.length), plain, codec)
      for (const [codec, payload, plain] of examples)
        if (['delta', 'doubleDelta', 'gorilla'].includes(codec))
          assert.deepEqual(encode(codec, plain, 4), payload, codec)
      assert.deepEqual(encode('t64', examples[4][2], 4, 3), examples[4][1])
    })

    test('there and back', () => {
      let seed = 1
      for (const rows of [0, 1, 2, 15, 16, 17, 63, 64, 65, 1000])
        for (const width of [1, 2, 4, 8])
          for (let round = 0; round < 8; round++) {
            const values = series(rows, width, seed++)
            const plain = pack(values, width)
            for (const codec of ['delta', 'doubleDelta', 'gorilla']) {
              const odd = new Uint8Array(plain.length + (width - 1))
              odd.set(plain, width - 1)
              odd.fill(7, 0, width - 1)
              for (const bytes of [plain, odd])
                assert.deepEqual(decode(codec, encode(codec, bytes, width), bytes.length), bytes, codec)
            }
            const types = { 1: [1, 6, 17], 2: [2, 7, 13, 18], 4: [3, 8, 14, 19, 22], 8: [4, 9, 15, 20] }[width]!
            for (const type of types)
              for (const bitVariant of [0, 1])
                assert.deepEqual(
                  decode('t64', encode('t64', plain, width, type, bitVariant), plain.length),
                  plain,
                  `t64 ${type}`,
                )
            if (width >= 4) {
              const level = 1 + Math.floor(round * 2)
              assert.deepEqual(decode('fpc', fpcEncode(values, width, level), plain.length), plain, 'fpc')
            }
          }
    })

    test('GCD of every width', () => {
      const next = random(3)
      for (const width of [1, 2, 4, 8, 16, 32]) {
        const wrap = (x: bigint) => BigInt.asUintN(width * 8, x)
        const wide = () => wrap(series(4, 8, Math.floor(next() * 1e9)).reduce((all, x) => (all << 64n) | x, 0n))
        const divisor = wide()
        const values = Array.from({ length: 50 }, wide)
        const payload = Uint8Array.from([width, 0, ...pack([divisor], width), ...pack(values, width)])
        assert.deepEqual(
          decode('gcd', payload, 50 * width),
          pack(
            values.map(x => wrap(x * divisor)),
            width,
          ),
        )
      }
    })

    test('corrupt payloads: -1 or wrong values, never a byte outside the target', () => {
      const next = random(4)
      for (let round = 0; round < 6000; round++) {
        const width = [1, 2, 4, 8][round & 3]
        const codec = ['delta', 'doubleDelta', 'gorilla', 't64', 'fpc', 'gcd'][Math.floor(next() * 6)]
        const values = series(1 + Math.floor(next() * 100), width, round)
        const plain = pack(values, width)
        let payload: Uint8Array
        if (codec === 'gcd') payload = Uint8Array.from([width, 0, ...pack([3n], width), ...plain])
        else if (codec === 'fpc') payload = fpcEncode(values, Math.max(width, 4), 10)
        else payload = encode(codec, plain, width, { 1: 6, 2: 7, 4: 8, 8: 9 }[width])
        payload = payload.slice()
        for (let k = Math.floor(next() * 4); k > 0; k--)
          payload[Math.floor(next() * payload.length)] = Math.floor(next() * 256)
        if (next() < 0.4) payload = payload.slice(0, Math.floor(next() * payload.length))
        const size = next() < 0.5 ? plain.length : Math.floor(next() * plain.length * 2)
        decode(codec, payload, size)
      }
    })
  })
