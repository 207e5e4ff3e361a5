import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

const kinds = [
  ['I8', 1, Int8Array],
  ['I16', 2, Int16Array],
  ['I32', 4, Int32Array],
  ['I64', 8, BigInt64Array],
  ['U8', 1, Uint8Array],
  ['U16', 2, Uint16Array],
  ['U32', 4, Uint32Array],
  ['U64', 8, BigUint64Array],
  ['F32', 4, Float32Array],
  ['F64', 8, Float64Array],
] as const

const less = (a: string | number | bigint, b: string | number | bigint) => a < b

for (const build of ['core', 'core.debug'] as const)
  describe(`mark search (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)
    const next = random(6)

    for (const [name, width, View] of kinds)
      test(name, () => {
        for (const rows of [0, 1, 2, 15, 16, 17, 300]) {
          const keys = arena.allocate(rows * width)
          const key = arena.allocate(8)
          for (let i = 0; i < rows * width; i++) memory.u8[keys + i] = next() < 0.5 ? 0 : Math.floor(next() * 120)
          const view = () => new View(memory.u8.buffer as ArrayBuffer, keys, rows)
          view().sort()
          for (let round = 0; round < 60; round++) {
            for (let i = 0; i < width; i++) memory.u8[key + i] = Math.floor(next() * 120)
            if (rows > 0 && next() < 0.6)
              memory.u8.copyWithin(key, keys + Math.floor(next() * rows) * width, keys + rows * width)
            const value = new View(memory.u8.buffer as ArrayBuffer, key, 1)[0]
            const all = [...view()]
            const start = Math.floor(next() * (rows + 1))
            const end = start + Math.floor(next() * (rows - start + 1))
            const lower = all.findIndex((x, i) => i >= start && i < end && !less(x, value))
            const upper = all.findIndex((x, i) => i >= start && i < end && less(value, x))
            assert.equal(kernels[`lowerBound${name}`](keys, start, end, key), lower < 0 ? end : lower)
            assert.equal(kernels[`upperBound${name}`](keys, start, end, key), upper < 0 ? end : upper)
          }
        }
      })

    test('strings and fixed strings', () => {
      const word = () => Array.from({ length: Math.floor(next() * 12) }, () => 'abc'[Math.floor(next() * 3)]).join('')
      for (const rows of [0, 1, 2, 15, 16, 17, 300]) {
        const texts = Array.from({ length: rows }, word).sort()
        const offsets = arena.allocate((rows + 1) * 4)
        const { pointer: bytes } = memory.writeText(arena, texts.join(''))
        const fixed = arena.allocateZeroed(rows * 12)
        let at = 0
        for (const [row, text] of texts.entries()) {
          memory.u32[offsets / 4 + row] = at
          memory.copyIn(fixed + row * 12, new TextEncoder().encode(text))
          at += text.length
        }
        memory.u32[offsets / 4 + rows] = at
        for (let round = 0; round < 60; round++) {
          const value = rows > 0 && next() < 0.5 ? texts[Math.floor(next() * rows)] : word()
          const key = arena.allocateZeroed(12)
          memory.copyIn(key, new TextEncoder().encode(value))
          const lower = texts.findIndex(text => text >= value)
          const upper = texts.findIndex(text => text > value)
          assert.equal(kernels.lowerBoundStrings(offsets, bytes, 0, rows, key, value.length), lower < 0 ? rows : lower)
          assert.equal(kernels.upperBoundStrings(offsets, bytes, 0, rows, key, value.length), upper < 0 ? rows : upper)
          assert.equal(kernels.lowerBoundFixed(fixed, 12, 0, rows, key), lower < 0 ? rows : lower)
          assert.equal(kernels.upperBoundFixed(fixed, 12, 0, rows, key), upper < 0 ? rows : upper)
        }
      }
    })
  })
