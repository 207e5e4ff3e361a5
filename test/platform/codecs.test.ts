import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { DBError } from '../../runtime/core/errors.ts'
import type { StreamCodec } from '../../runtime/platform.ts'
import { random } from '../harness.ts'
import { platformHere } from './here.ts'

const platform = platformHere()
const next = random(1)
const inputs: Uint8Array[] = [
  new Uint8Array(0),
  new Uint8Array([7]),
  new Uint8Array(3_000_000),
  Uint8Array.from({ length: 1_000_000 }, () => Math.floor(next() * 256)),
  new TextEncoder().encode('what was written is read, '.repeat(50_000)),
]

/** Through a stream in pieces of odd sizes. */
async function run(bytes: Uint8Array, stream: TransformStream<Uint8Array, Uint8Array>): Promise<Uint8Array> {
  let at = 0
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + 77_777))
      at += 77_777
    },
  })
  return new Uint8Array(await new Response(source.pipeThrough(stream)).arrayBuffer())
}

const codecs: [name: string, codec: StreamCodec | undefined][] = [
  ['gzip', platform.gzip],
  ['deflate', platform.deflate],
  ['brotli', platform.brotli],
  ['zstd', platform.zstdStream],
]

for (const [name, codec] of codecs) {
  test(`${name}: what is compressed comes back`, async () => {
    if (!codec) return assert.equal(name, 'zstd') // Node 20 has none
    for (const input of inputs) {
      const packed = await run(input, codec.compress())
      assert.ok(input.length < 1000 || packed.length < input.length * 1.01)
      assert.deepEqual(await run(packed, codec.decompress()), input)
    }
  })

  test(`${name}: what is broken or cut is an error`, async () => {
    if (!codec) return
    const packed = await run(inputs[4], codec.compress())
    const fails = (bytes: Uint8Array) => assert.rejects(run(bytes, codec.decompress()), DBError)
    await fails(new TextEncoder().encode('this is none'.repeat(100)))
    for (const size of [0, 3, packed.length >> 1, packed.length - 1]) await fails(packed.slice(0, size))
  })
}

test('levels', async () => {
  const low = await run(inputs[4], platform.gzip!.compress(1))
  const high = await run(inputs[4], platform.gzip!.compress(9))
  assert.ok(high.length <= low.length)
  assert.deepEqual(new Uint8Array(zlib.gunzipSync(high)), inputs[4])
})

test('a stream that is given up', async () => {
  for (const [, codec] of codecs) {
    if (!codec) continue
    const { readable, writable } = codec.compress()
    const writer = writable.getWriter()
    await writer.write(new Uint8Array(1000))
    await readable.cancel()
    await writer.abort().catch(() => {})
  }
})

test('zstd: frames behind one another, and ones to be skipped', async () => {
  const { zstdStream, zstd } = platform
  if (!zstdStream || !zstd) return
  const skipped = [0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]
  const packed = Uint8Array.from([
    ...zstd.compress(inputs[4]),
    ...skipped,
    ...zstd.compress(inputs[0]),
    ...zstd.compress(inputs[3]),
  ])
  const expected = Uint8Array.from([...inputs[4], ...inputs[3]])
  assert.deepEqual(await run(packed, zstdStream.decompress()), expected)
  await assert.rejects(run(packed.slice(0, -1), zstdStream.decompress()), DBError)
  assert.deepEqual(new Uint8Array(zstd.decompress(packed)), expected)
  assert.throws(() => zstd.decompress(packed.slice(0, -1)), DBError)
  // However the input is cut.
  const small = Uint8Array.from([
    ...skipped,
    ...zstd.compress(new Uint8Array(0)),
    ...zstd.compress(new Uint8Array(100)),
    ...skipped,
  ])
  const bytewise = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of small) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  const unpacked = await new Response(bytewise.pipeThrough(zstdStream.decompress())).arrayBuffer()
  assert.equal(unpacked.byteLength, 100)
})

test('zstd at once', () => {
  const { zstd } = platform
  if (!zstd) return
  for (const input of inputs) {
    const packed = zstd.compress(input, 3)
    assert.deepEqual(new Uint8Array(zstd.decompress(packed, input.length)), input)
    assert.deepEqual(new Uint8Array(zstd.decompress(packed)), input)
  }
  assert.throws(() => zstd.decompress(new Uint8Array(100).fill(1), 10), { errorName: 'ZSTD_DECODER_FAILED' })
})
