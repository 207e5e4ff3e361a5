import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denoWire } from '../../adapters/deno/wire.ts'

/** There and back, as between two threads. */
function roundTrip(message: unknown, transfer?: ArrayBuffer[]): unknown {
  const [packed, moved] = denoWire.pack(message, transfer)
  return denoWire.unpack(structuredClone(packed, { transfer: [...(moved ?? [])] }))
}

test('views come back as they were, and buffers move', () => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
  const whole = new Float64Array([0.5, Number.NaN])
  const message = {
    kind: 'rows',
    list: [bytes.subarray(2, 5), { deep: whole }],
    map: new Map<string, unknown>([
      ['view', new Int32Array([-1])],
      ['text', 'x'],
    ]),
    nothing: null,
    buffer: bytes.buffer,
  }
  const got = roundTrip(message, [bytes.buffer]) as typeof message
  assert.deepEqual(got.list, [Uint8Array.from([3, 4, 5]), { deep: new Float64Array([0.5, Number.NaN]) }])
  assert.deepEqual(got.map.get('view'), new Int32Array([-1]))
  assert.equal(got.buffer, (got.list[0] as Uint8Array).buffer)
  assert.equal(bytes.length, 0, 'what was given away is gone')
  assert.deepEqual(whole, new Float64Array([0.5, Number.NaN]), 'what was not is as it was')
  assert.ok(ArrayBuffer.isView(message.list[0]), 'the message is as it was')
})

test('a message without views goes as it is', () => {
  const message = { kind: 'end', list: [1, 'a', null], date: new Date(0) }
  assert.equal(denoWire.pack(message, undefined)[0], message)
  assert.deepEqual(roundTrip(message), message)
})

test('shared memory stays shared', () => {
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const got = roundTrip({ flag }) as { flag: Int32Array }
  got.flag[0] = 7
  assert.equal(flag[0], 7)
})
