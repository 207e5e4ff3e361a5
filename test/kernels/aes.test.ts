import { createHash } from 'node:crypto'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'

const bytes = (size: number, step: number) => Uint8Array.from({ length: size }, (_, i) => (i * step + 11) & 255)
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

/** SHA-256 over all outputs of a test, in hex, as OpenSSL's ciphers give them for the same inputs. */
const digests: Record<string, string> = {
  '128-ecb': 'cb22e837a10d5d205af1991afb3b70f7c165c21a7def79e22b58ca7637f5c012',
  '128-cbc': '9ce94f752528e31d6c614d538b0c351ffd8117b0db152384619362fb755caea3',
  '128-ctr': 'd66dfd2959c4bdf7a77131dba01991851af5e9a3e4df3de8203954024d0936e3',
  '128-gcm': '682fa9b2c43efb7b6a585dc4ab0df7449a8dd2d3b86cf7c45a24c2d7cc48a993',
  '192-ecb': 'f1e893e28fbf43de2efcf6dd29d5aa6359743c2cf8a74d17199073ea21ccd807',
  '192-cbc': 'd3efe1c9a688541704334821b2f82e325706052891fb81211318cb6ce3712b91',
  '192-ctr': 'aa8c2bb934eec0399dff7d975bcfadcf3f8b1e76024f1c6071499cc982dbc9f6',
  '192-gcm': '53cfd7f90a1b2cb66bb390620652f0a559ad95c0644238f32119d5c2d3704f21',
  '256-ecb': '5da527f13b7951435f3f412252f5b4252754fb0d183baff2b81f3e0ebce83885',
  '256-cbc': '4012cd6b2500027a8a598f46efbc137850843a388557285ad280f15808a9cbd2',
  '256-ctr': 'b0c7276558d63d21277034e6c6de73175b6c97bea5adf4f45e63da80271e8265',
  '256-gcm': 'b5593b046bb103c060e45e0127021ed8c1833da424e49a8df6be9fe648cef32f',
}
const digestOf = (outputs: readonly string[]) => createHash('sha256').update(outputs.join(' ')).digest('hex')

describe('AES', () => {
  const memory = newMemory()
  const arena = new Arena(memory)
  const { kernels } = memory
  const schedule = arena.allocate(kernels.aesScheduleBytes())
  const [input, out, iv, aad, tag, scratch] = Array.from({ length: 6 }, () => arena.allocate(256))

  const put = (pointer: number, data: Uint8Array) => memory.copyIn(pointer, data)

  for (const keySize of [16, 24, 32]) {
    const key = bytes(keySize, 29)
    const expand = () => {
      put(scratch, key)
      kernels.aesExpandKey(scratch, keySize, schedule)
    }
    const start = bytes(16, 91)
    const bits = keySize * 8

    test(`aes-${bits}-ecb and -cbc, both ways`, () => {
      expand()
      for (const mode of ['ecb', 'cbc'] as const) {
        const outputs: string[] = []
        for (const size of [0, 16, 32, 160]) {
          const text = bytes(size, 7)
          const run = (way: number) => {
            put(iv, start)
            if (mode === 'ecb') kernels.aesEcb(schedule, input, size, way, out)
            else kernels.aesCbc(schedule, iv, input, size, way, out)
          }
          put(input, text)
          run(0)
          outputs.push(hex(memory.copyOut(out, size)))
          put(input, memory.copyOut(out, size))
          run(1)
          assert.equal(hex(memory.copyOut(out, size)), hex(text))
        }
        assert.equal(digestOf(outputs), digests[`${bits}-${mode}`])
      }
    })

    test(`aes-${bits}-ctr, with a counter that runs over`, () => {
      expand()
      const counter = new Uint8Array(16).fill(255)
      const outputs: string[] = []
      for (const size of [0, 1, 15, 16, 17, 200]) {
        const text = bytes(size, 7)
        put(iv, counter)
        put(input, text)
        kernels.aesCtr(schedule, iv, input, size, out)
        outputs.push(hex(memory.copyOut(out, size)))
      }
      assert.equal(digestOf(outputs), digests[`${bits}-ctr`])
    })

    test(`aes-${bits}-gcm, both ways`, () => {
      expand()
      const outputs: string[] = []
      for (const size of [0, 1, 15, 16, 17, 200]) {
        for (const ivSize of [1, 12, 16, 40]) {
          const text = bytes(size, 7)
          const extra = bytes(size % 23, 3)
          const nonce = bytes(ivSize, 5)
          put(iv, nonce)
          put(aad, extra)
          put(input, text)
          kernels.aesGcm(schedule, iv, ivSize, aad, extra.length, input, size, 0, out, tag, scratch)
          const sealed = hex(memory.copyOut(tag, 16))
          outputs.push(hex(memory.copyOut(out, size)), sealed)
          put(input, memory.copyOut(out, size))
          kernels.aesGcm(schedule, iv, ivSize, aad, extra.length, input, size, 1, out, tag, scratch)
          assert.equal(hex(memory.copyOut(out, size)), hex(text))
          assert.equal(hex(memory.copyOut(tag, 16)), sealed)
        }
      }
      assert.equal(digestOf(outputs), digests[`${bits}-gcm`])
    })
  }

  // ClickHouse's answers for what other libraries have not.
  test('ofb and cfb8', () => {
    put(scratch, new TextEncoder().encode('1234567890123456'))
    kernels.aesExpandKey(scratch, 16, schedule)
    memory.u8.fill(0, iv, iv + 32)
    put(input, new TextEncoder().encode('abc'))
    kernels.aesCfb8(schedule, iv, input, 3, 0, out)
    assert.equal(hex(memory.copyOut(out, 3)), 'b9b88d')
    put(scratch, new TextEncoder().encode('12345678910121314151617181920212'))
    kernels.aesExpandKey(scratch, 32, schedule)
    put(iv, new TextEncoder().encode('iviviviviviviviv'))
    put(input, new TextEncoder().encode('Hello, World'))
    kernels.aesOfb(schedule, iv, input, 12, out)
    assert.equal(hex(memory.copyOut(out, 12)), '456cbc86fc0bde682c25351f')
  })
})
