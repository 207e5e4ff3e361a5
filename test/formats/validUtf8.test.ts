import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validUtf8 } from '../../runtime/formats/validUtf8.ts'
import { formatOptions } from '../../runtime/formats/settings.ts'
import { newMemory } from '../harness.ts'

test('what is no UTF-8 is replaced, run by run, in kernel memory and outside', () => {
  const memory = newMemory()
  const given = Uint8Array.of(0x61, 0xed, 0x20, 0xa8, 0xff, 0xd1, 0x84)
  const expected = 'a\ufffd \ufffdф'
  const pointer = memory.scratch() + 64
  memory.u8.set(given, pointer)
  for (const bytes of [given, memory.bytes(pointer, given.length)]) {
    const written: number[] = []
    const out = { push: (piece: Uint8Array) => void written.push(...piece) }
    const writer = validUtf8(() => ({ begin: o => o.push(bytes), chunk: () => {}, end: () => {} }))
    writer([], formatOptions(), memory).begin(out)
    assert.equal(new TextDecoder().decode(Uint8Array.from(written)), expected)
  }
})
