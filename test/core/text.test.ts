import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText, encodeText } from '../../runtime/core/text.ts'
import { random } from '../harness.ts'

test('every sequence of bytes survives as text', () => {
  const next = random(7)
  for (let round = 0; round < 300; round++) {
    const size = Math.floor(next() * 100)
    // Mostly bytes that begin or continue sequences, so that whole and broken ones meet.
    const bytes = Uint8Array.from({ length: size }, () =>
      Math.floor(next() < 0.7 ? 0x80 + next() * 0x80 : next() * 0x80),
    )
    assert.deepEqual(encodeText(decodeText(bytes)), bytes)
  }
  const long = Uint8Array.from({ length: 100_000 }, () => Math.floor(next() * 256))
  assert.deepEqual(encodeText(decodeText(long)), long)
})

test('valid sequences beside broken bytes are what they say', () => {
  const valid = ['é', '€', '😀', '\u{10ffff}', '\ud7ff', '\ue000', 'x', '\0']
  for (const text of valid) {
    const bytes = new TextEncoder().encode(text)
    assert.equal(decodeText(Uint8Array.of(0xff, ...bytes, 0x80)), `\udcff${text}\udc80`)
    assert.deepEqual(encodeText(`\udcff${text}\udc80`), Uint8Array.of(0xff, ...bytes, 0x80))
  }
  // Overlong forms, surrogates, too large, cut off.
  for (const bytes of [
    [0xc0, 0x80],
    [0xe0, 0x9f, 0xbf],
    [0xf0, 0x8f, 0xbf, 0xbf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe2, 0x82],
  ])
    assert.equal(decodeText(Uint8Array.from(bytes)), String.fromCharCode(...bytes.map(byte => 0xdc00 + byte)))
})
