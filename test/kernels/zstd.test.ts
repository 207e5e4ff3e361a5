import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Decompress, decompress } from 'fzstd'
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import { ZstdStream } from '../../runtime/core/zstd.ts'
import { newMemory, random } from '../harness.ts'

/** Bytes between all alike and all random, with repeats at every distance. */
function sample(size: number, seed: number): Uint8Array {
  const next = random(seed)
  const bytes = new Uint8Array(size)
  const alphabet = 1 + Math.floor(next() ** 2 * 256)
  const skew = 1 + Math.floor(next() * 4)
  const first = Math.floor(next() * (257 - alphabet))
  const repeats = next() * 0.6
  for (let i = 0; i < size; ) {
    if (i > 0 && next() < repeats) {
      const distance = 1 + Math.floor(next() * Math.min(i, next() < 0.5 ? 20 : 300_000))
      const length = 1 + Math.floor(next() * (next() < 0.9 ? 40 : 2000))
      for (let k = 0; k < length && i < size; k++, i++) bytes[i] = bytes[i - distance]
    } else {
      const length = 1 + Math.floor(next() * (next() < 0.9 ? 20 : 3000))
      for (let k = 0; k < length && i < size; k++, i++) bytes[i] = first + Math.floor(next() ** skew * alphabet)
    }
  }
  return bytes
}

const sizes = [0, 1, 2, 15, 16, 17, 31, 63, 64, 65, 100, 255, 256, 257, 1000, 1023, 1024, 4095, 4096, 16_383, 16_384]
const large = [65_536, 65_791, 65_792, 131_072, 131_073, 400_000]

function compress(memory: Memory, bytes: Uint8Array): Uint8Array {
  const arena = new Arena(memory)
  const { kernels } = memory
  const state = arena.allocate(kernels.zstdStateSize())
  const source = arena.allocate(bytes.length)
  const bound = kernels.zstdCompressBound(bytes.length)
  const target = arena.allocate(bound + 64)
  memory.copyIn(source, bytes)
  memory.u8.fill(0xee, target + bound, target + bound + 64)
  const size = kernels.zstdCompress(state, source, bytes.length, target)
  assert.ok(size > 0 && size <= bound)
  assert.ok(memory.bytes(target + bound, 64).every(byte => byte === 0xee))
  const packed = memory.copyOut(target, size)
  arena.destroy()
  return packed
}

for (const build of ['core', 'core.debug'] as const) {
  test(`zstd: a frame gives its bytes back, and says how many (${build})`, () => {
    const memory = newMemory(build)
    for (let round = 0; round < 12; round++) {
      for (const size of round < 2 ? [...sizes, ...large] : sizes) {
        const bytes = sample(size, round * 1000 + size)
        const packed = compress(memory, bytes)
        assert.ok(packed.length <= size + 13 + 3 * Math.ceil(size / 131_072))
        assert.deepEqual(decompress(packed), bytes)
        assert.deepEqual(decompress(packed, new Uint8Array(size)), bytes)
      }
    }
  })
}

test('zstd: plain cases', () => {
  const memory = newMemory()
  const same = new Uint8Array(1_000_000).fill(7)
  assert.ok(compress(memory, same).length < 200)
  assert.deepEqual(decompress(compress(memory, same)), same)
  const counting = new Uint8Array(new Uint32Array(100_000).map((_, at) => at).buffer)
  assert.deepEqual(decompress(compress(memory, counting)), counting)
  const all = new Uint8Array(65_536).map((_, at) => at & 255)
  assert.deepEqual(decompress(compress(memory, all)), all)
  const text = new TextEncoder().encode('the quick brown fox jumps over the lazy dog; '.repeat(50))
  assert.ok(compress(memory, text).length < 100)
  for (const skew of [2, 4, 8, 16, 64]) {
    const next = random(skew)
    // Few repeats: nearly all is literals, the commonest of which wants a code shorter than a bit.
    const literals = new Uint8Array(50_000).map(() => Math.floor(next() ** skew * 256))
    const packed = compress(memory, literals)
    assert.ok(packed.length < 50_000)
    assert.deepEqual(decompress(packed), literals)
  }
})

test('zstd: a stream of chunks is one frame', () => {
  const stream = new ZstdStream(newMemory())
  const chunks = [sample(100, 1), sample(1 << 20, 2), sample(300_000, 3), sample(0, 4), sample(17, 5), sample(0, 6)]
  const pieces = [stream.start(), ...chunks.map((chunk, at) => stream.next(chunk, at === chunks.length - 1))]
  const parts: Uint8Array[] = []
  const reader = new Decompress(bytes => parts.push(bytes.slice()))
  for (const [at, piece] of pieces.entries()) reader.push(piece, at === pieces.length - 1)
  assert.deepEqual(Buffer.concat(parts), Buffer.concat(chunks))
})
