import { type CipherGCM, createCipheriv } from 'node:crypto'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'

const bytes = (size: number, step: number) => Uint8Array.from({ length: size }, (_, i) => (i * step + 11) & 255)
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

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
      for (const size of [0, 16, 32, 160]) {
        const text = bytes(size, 7)
        for (const mode of ['ecb', 'cbc'] as const) {
          const cipher = createCipheriv(`aes-${bits}-${mode}`, key, mode === 'ecb' ? null : start).setAutoPadding(false)
          const wanted = hex(Buffer.concat([cipher.update(text), cipher.final()]))
          const run = (way: number) => {
            put(iv, start)
            if (mode === 'ecb') kernels.aesEcb(schedule, input, size, way, out)
            else kernels.aesCbc(schedule, iv, input, size, way, out)
          }
          put(input, text)
          run(0)
          assert.equal(hex(memory.copyOut(out, size)), wanted)
          put(input, memory.copyOut(out, size))
          run(1)
          assert.equal(hex(memory.copyOut(out, size)), hex(text))
        }
      }
    })

    test(`aes-${bits}-ctr, with a counter that runs over`, () => {
      expand()
      const counter = new Uint8Array(16).fill(255)
      for (const size of [0, 1, 15, 16, 17, 200]) {
        const text = bytes(size, 7)
        const cipher = createCipheriv(`aes-${bits}-ctr`, key, counter)
        put(iv, counter)
        put(input, text)
        kernels.aesCtr(schedule, iv, input, size, out)
        assert.equal(hex(memory.copyOut(out, size)), cipher.update(text, undefined, 'hex'))
      }
    })

    test(`aes-${bits}-gcm, both ways`, () => {
      expand()
      for (const size of [0, 1, 15, 16, 17, 200]) {
        for (const ivSize of [1, 12, 16, 40]) {
          const text = bytes(size, 7)
          const extra = bytes(size % 23, 3)
          const nonce = bytes(ivSize, 5)
          const cipher = createCipheriv(`aes-${bits}-gcm`, key, nonce) as CipherGCM
          cipher.setAAD(extra)
          const wanted = cipher.update(text, undefined, 'hex') + cipher.final('hex')
          put(iv, nonce)
          put(aad, extra)
          put(input, text)
          kernels.aesGcm(schedule, iv, ivSize, aad, extra.length, input, size, 0, out, tag, scratch)
          assert.equal(hex(memory.copyOut(out, size)), wanted)
          assert.equal(hex(memory.copyOut(tag, 16)), cipher.getAuthTag().toString('hex'))
          put(input, memory.copyOut(out, size))
          kernels.aesGcm(schedule, iv, ivSize, aad, extra.length, input, size, 1, out, tag, scratch)
          assert.equal(hex(memory.copyOut(out, size)), hex(text))
          assert.equal(hex(memory.copyOut(tag, 16)), cipher.getAuthTag().toString('hex'))
        }
      }
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
