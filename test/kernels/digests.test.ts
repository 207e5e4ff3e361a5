import { createHash } from 'node:crypto'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'

// Texts of each length to 259, which is past two blocks of every digest.
const rows = 260
const text = Uint8Array.from({ length: rows }, (_, i) => (i * 37 + 11) & 255)

describe('digests', () => {
  const memory = newMemory()
  const arena = new Arena(memory)
  const { kernels } = memory
  const bytes = arena.allocate(rows * rows)
  const offsets = arena.allocate((rows + 1) * 4)
  for (let row = 0, at = 0; row < rows; row++) {
    memory.copyIn(bytes + at, text.subarray(0, row))
    memory.u32[offsets / 4 + row] = at
    at += row
    memory.u32[offsets / 4 + row + 1] = at
  }
  const scratch = arena.allocate(1024)
  const out = arena.allocate(rows * 64)

  const check = (name: string, size: number, run: () => void) =>
    test(name, () => {
      run()
      for (let row = 0; row < rows; row++) {
        const wanted = createHash(name).update(text.subarray(0, row)).digest('hex')
        assert.equal(Buffer.from(memory.copyOut(out + row * size, size)).toString('hex'), wanted, String(row))
      }
    })
  check('md5', 16, () => kernels.md5Strings(offsets, bytes, rows, out, scratch))
  check('rmd160', 20, () => kernels.ripemd160Strings(offsets, bytes, rows, out, scratch))
  check('sha1', 20, () => kernels.sha1Strings(offsets, bytes, rows, out, scratch))
  check('sha256', 32, () => kernels.sha256Strings(offsets, bytes, rows, 0, 32, out, scratch))
  check('sha224', 28, () => kernels.sha256Strings(offsets, bytes, rows, 1, 28, out, scratch))
  check('sha512', 64, () => kernels.sha512Strings(offsets, bytes, rows, 0, 64, out, scratch))
  check('sha384', 48, () => kernels.sha512Strings(offsets, bytes, rows, 1, 48, out, scratch))
  check('sha512-256', 32, () => kernels.sha512Strings(offsets, bytes, rows, 2, 32, out, scratch))
})

describe('hashes of texts of 0 to 70 bytes, one xor the other, as ClickHouse has them', () => {
  const memory = newMemory()
  const arena = new Arena(memory)
  const { kernels } = memory
  const letters = new TextEncoder().encode('abcdefghijk'.repeat(10))
  const bytes = arena.allocate(71 * 71)
  const offsets = arena.allocate(72 * 4)
  for (let row = 0, at = 0; row < 71; row++) {
    memory.copyIn(bytes + at, letters.subarray(0, row))
    memory.u32[offsets / 4 + row] = at
    at += row
    memory.u32[offsets / 4 + row + 1] = at
  }
  const out = arena.allocate(71 * 8)
  const xor32 = () => memory.u32.subarray(out / 4, out / 4 + 71).reduce((a, b) => (a ^ b) >>> 0, 0)
  const xor64 = () => memory.u64.subarray(out / 8, out / 8 + 71).reduce((a, b) => a ^ b, 0n)

  test('murmurHash2U32Strings', () => {
    kernels.murmurHash2U32Strings(offsets, bytes, 71, 0, out)
    assert.equal(xor32(), 3185774661)
  })
  test('murmurHash2U64Strings 0', () => {
    kernels.murmurHash2U64Strings(offsets, bytes, 71, 0, out)
    assert.equal(xor64(), 2147369632475484465n)
  })
  test('murmurHash2U64Strings 0xc70f6907', () => {
    kernels.murmurHash2U64Strings(offsets, bytes, 71, 0xc70f6907, out)
    assert.equal(xor64(), 2875297977330004853n)
  })
  test('murmurHash3U32Strings', () => {
    kernels.murmurHash3U32Strings(offsets, bytes, 71, out)
    assert.equal(xor32(), 3917928270)
  })
  test('xxHash32Strings', () => {
    kernels.xxHash32Strings(offsets, bytes, 71, out)
    assert.equal(xor32(), 925759646)
  })
  test('xxHash64Strings', () => {
    kernels.xxHash64Strings(offsets, bytes, 71, 0, out)
    assert.equal(xor64(), 5290360893337636761n)
  })
})
