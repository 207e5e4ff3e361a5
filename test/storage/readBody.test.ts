// Bodies of answers: of a known length and not, from streams that fill a buffer and from those that give their own pieces.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBody } from '../../runtime/storage/stores/readBody.ts'

const whole = Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 2654435761) >>> 13)

/** Pieces of up to 7000 bytes, then an error if there is one. */
function streamOf(bytes: Uint8Array, isFilling: boolean, error?: Error): ReadableStream<Uint8Array> {
  let at = 0
  const pull = (controller: ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>) => {
    if (at < bytes.length) {
      controller.enqueue(bytes.slice(at, (at += Math.min(7000, bytes.length - at))))
      return
    }
    if (error) {
      controller.error(error)
      return
    }
    controller.close()
    if ('byobRequest' in controller) controller.byobRequest?.respond(0)
  }
  return isFilling
    ? (new ReadableStream({ type: 'bytes', pull }) as ReadableStream<Uint8Array>)
    : new ReadableStream({ pull })
}

async function read(
  body: ReadableStream<Uint8Array> | null,
  headers: Record<string, string>,
  { status = 200, bytesMax = 1 << 20 } = {},
) {
  let pieces = 0
  let aborted = 0
  const answer = { status, headers: new Headers(headers), body } as unknown as Parameters<typeof readBody>[0]
  const bytes = await readBody(answer, { bytesMax, alive: () => pieces++, abort: () => aborted++ })
  return { bytes, pieces, aborted }
}

test('bodies come as they are, whatever is known of them', async () => {
  for (const isFilling of [false, true])
    for (const size of [0, 1, 7000, 7001, 100_000]) {
      const bytes = whole.slice(0, size)
      for (const headers of [{}, { 'content-length': String(size) }] as Record<string, string>[]) {
        const got = await read(streamOf(bytes, isFilling), headers)
        assert.deepEqual(got.bytes, bytes, `${size} ${isFilling} ${JSON.stringify(headers)}`)
        assert.ok(got.pieces >= size / 7000)
      }
      // The length is that of other bytes than come.
      const packed = await read(streamOf(bytes, isFilling), { 'content-length': '12', 'content-encoding': 'gzip' })
      assert.deepEqual(packed.bytes, bytes)
    }
  assert.equal((await read(null, { 'content-length': '0' })).bytes.length, 0)
})

test('bodies that are not what was said, or too long, or break off', async () => {
  for (const isFilling of [false, true]) {
    const stream = (error?: Error) => streamOf(whole, isFilling, error)
    await assert.rejects(read(stream(), { 'content-length': '100001' }), /has 100000 bytes, its head says 100001/)
    await assert.rejects(read(stream(), { 'content-length': '99999' }), /its head says 99999/)
    for (const headers of [{}, { 'content-length': '100000' }] as Record<string, string>[])
      await assert.rejects(read(stream(), headers, { bytesMax: 99_999 }), /longer than the 99999 bytes/)
    for (const headers of [{}, { 'content-length': '200000' }] as Record<string, string>[])
      await assert.rejects(read(stream(new Error('reset')), headers), {
        errorName: 'NETWORK_ERROR',
        message: /broke off after 100000 bytes: reset/,
      })
    const page = await read(stream(), { 'content-length': '100000' }, { status: 500, bytesMax: 1000 })
    assert.ok(page.bytes.length >= 1000 && page.bytes.length <= 7000, 'of an error the beginning')
  }
})
