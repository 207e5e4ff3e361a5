import assert from 'node:assert/strict'
import { test } from 'node:test'
// @ts-expect-error: lz4js has no types
import lz4 from 'lz4js'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const oracle = lz4 as {
  compressBlock(source: Uint8Array, target: Uint8Array, start: number, size: number, table: Uint32Array): number
  decompressBlock(source: Uint8Array, target: Uint8Array, start: number, size: number, targetStart: number): number
  compressBound(size: number): number
}

/** Bytes between all alike and all random, with repeats at every distance. */
function sample(size: number, seed: number): Uint8Array {
  const next = random(seed)
  const bytes = new Uint8Array(size)
  const alphabet = 1 + Math.floor(next() * 256)
  for (let i = 0; i < size; ) {
    if (i > 0 && next() < 0.4) {
      const distance = 1 + Math.floor(next() * Math.min(i, next() < 0.5 ? 20 : 70_000))
      const length = 1 + Math.floor(next() * (next() < 0.9 ? 40 : 2000))
      for (let k = 0; k < length && i < size; k++, i++) bytes[i] = bytes[i - distance]
    } else {
      const length = 1 + Math.floor(next() * (next() < 0.9 ? 20 : 600))
      for (let k = 0; k < length && i < size; k++, i++) bytes[i] = Math.floor(next() * alphabet)
    }
  }
  return bytes
}

const sizes = [0, 1, 4, 5, 11, 12, 13, 14, 15, 16, 17, 31, 64, 100, 255, 270, 271, 1000, 4096, 65_536, 70_000, 300_000]

for (const build of ['core', 'core.debug'] as const) {
  test(`lz4: what we compress, both decompress; what lz4js compresses, we decompress (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)
    const table = arena.allocate(65_536)
    for (const [at, size] of [...sizes, ...sizes, ...sizes].entries()) {
      const bytes = sample(size, at + 1)
      const bound = kernels.lz4CompressBound(size)
      const source = arena.allocate(size)
      const packed = arena.allocate(bound)
      const target = arena.allocate(size + 32)
      memory.copyIn(source, bytes)
      const packedSize = kernels.lz4Compress(source, size, packed, bound, table)
      assert.ok(packedSize > 0 && packedSize <= bound)
      memory.u8.fill(0xee, target, target + size + 64)
      assert.equal(kernels.lz4Decompress(packed, packedSize, target, size), size)
      assert.deepEqual(memory.copyOut(target, size), bytes)
      assert.ok(memory.bytes(target + size + 32, 32).every(byte => byte === 0xee))

      const theirs = new Uint8Array(size)
      const packedBytes = memory.copyOut(packed, packedSize)
      if (size > 0) {
        oracle.decompressBlock(packedBytes, theirs, 0, packedSize, 0)
        assert.deepEqual(theirs, bytes)
      }
      const room = new Uint8Array(oracle.compressBound(size))
      const theirSize = oracle.compressBlock(bytes, room, 0, size, new Uint32Array(65_536))
      if (theirSize > 0) {
        memory.copyIn(packed, room.subarray(0, theirSize))
        memory.u8.fill(0, target, target + size)
        assert.equal(kernels.lz4Decompress(packed, theirSize, target, size), size)
        assert.deepEqual(memory.copyOut(target, size), bytes)
      }
      // Too little room is refused and nothing is written far behind it.
      for (const capacity of [0, packedSize - 1, packedSize >> 1]) {
        memory.u8.fill(0xee, packed, packed + bound + 64)
        assert.equal(kernels.lz4Compress(source, size, packed, capacity, table), -1)
        assert.ok(memory.bytes(packed + capacity + 32, bound + 32 - capacity).every(byte => byte === 0xee))
      }
      memory.u8.fill(0xee, packed, packed + bound + 64)
      const again = kernels.lz4Compress(source, size, packed, packedSize + 16, table)
      assert.equal(again, packedSize)
    }
  })
}

test('lz4: corrupt blocks give -1 or wrong bytes, and never touch memory outside the target', () => {
  const memory = newMemory()
  const { kernels } = memory
  const arena = new Arena(memory)
  const size = 3000
  const table = arena.allocate(65_536)
  const source = arena.allocate(size)
  const packed = arena.allocate(2 * size)
  const guard = 4096
  const target = arena.allocate(size + 2 * guard) + guard
  const next = random(7)
  let refused = 0
  for (let round = 0; round < 6000; round++) {
    const bytes = sample(size, round + 100)
    memory.copyIn(source, bytes)
    let packedSize = kernels.lz4Compress(source, size, packed, kernels.lz4CompressBound(size), table)
    const { u8 } = memory
    for (let k = 1 + Math.floor(next() * 4); k > 0; k--) {
      const what = next()
      const where = packed + Math.floor(next() * packedSize)
      if (what < 0.4) u8[where] = Math.floor(next() * 256)
      else if (what < 0.6) u8[where] = 255
      else if (what < 0.8) u8[where] = 0
      else packedSize = Math.max(1, packedSize - Math.floor(next() * 20))
    }
    const claimed = next() < 0.5 ? size : Math.floor(next() * size)
    u8.fill(0xee, target - guard, target)
    u8.fill(0xee, target + claimed, target + size + guard)
    const got = kernels.lz4Decompress(packed, packedSize, target, claimed)
    assert.ok(got === claimed || got === -1)
    if (got < 0) refused++
    assert.ok(u8.subarray(target - guard, target).every(byte => byte === 0xee))
    assert.ok(u8.subarray(target + claimed + 32, target + size + guard).every(byte => byte === 0xee))
  }
  assert.ok(refused > 3000)
  assert.equal(kernels.lz4Decompress(packed, 0, target, 0), -1)
})
