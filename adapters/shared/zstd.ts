// ZSTD by node:zlib, a frame at a time (zstdFrames.ts says why).
import type { Duplex } from 'node:stream'
import zlib from 'node:zlib'
import { concatenate } from '../../runtime/core/bytes.ts'
import { DBError } from '../../runtime/core/errors.ts'
import type { Codec, StreamCodec } from '../../runtime/platform.ts'
import { through } from './codecs.ts'
import { type FramePiece, ZstdFrames } from './zstdFrames.ts'

/** What node:zlib has from Node 22.15 on, and what the types of the floor do not know. */
interface ZlibWithZstd {
  zstdCompressSync?(bytes: Uint8Array, options?: { params?: Record<number, number> }): Uint8Array
  zstdDecompressSync?(bytes: Uint8Array, options?: { maxOutputLength?: number }): Uint8Array
  createZstdCompress?(options?: { params?: Record<number, number> }): Duplex
  createZstdDecompress?(): Duplex
  constants: { ZSTD_c_compressionLevel?: number }
}

const native = zlib as unknown as ZlibWithZstd

const level = (value: number | undefined) => ({
  params: { [native.constants.ZSTD_c_compressionLevel ?? 100]: value ?? 1 },
})

const failed = (error: Error): DBError =>
  error instanceof DBError
    ? error
    : new DBError('ZSTD_DECODER_FAILED', `Cannot decompress ZSTD data: ${error.message}`, { cause: error })
const cutOff = (): DBError => failed(new Error('unexpected end of file'))

export const zstd: Codec | undefined =
  native.zstdCompressSync && native.zstdDecompressSync
    ? {
        compress: (bytes, value) => native.zstdCompressSync!(bytes, level(value)),
        decompress(bytes, size) {
          const frames = new ZstdFrames()
          const pieces = frames.split(bytes)
          if (!frames.isWhole) throw cutOff()
          try {
            const options = size === undefined ? {} : { maxOutputLength: Math.max(size, 1) }
            // Its magic number, and all the rest.
            const isOne = pieces.length === 2 && pieces[1].bytes.length === bytes.length - 4
            const whole = isOne ? [bytes] : wholeFrames(pieces)
            const results = whole.map(frame => native.zstdDecompressSync!(frame, options))
            return results.length === 1 ? results[0] : concatenate(results)
          } catch (error) {
            throw failed(error as Error)
          }
        },
      }
    : undefined

function wholeFrames(all: readonly FramePiece[]): Uint8Array[] {
  const whole: Uint8Array[] = []
  let pieces: Uint8Array[] = []
  for (const piece of all) {
    pieces.push(piece.bytes)
    if (!piece.isEnd) continue
    whole.push(concatenate(pieces))
    pieces = []
  }
  return whole
}

export const zstdStream: StreamCodec | undefined =
  native.createZstdCompress && native.createZstdDecompress
    ? {
        compress: value => through(native.createZstdCompress!(level(value)), 'ZSTD_ENCODER_FAILED'),
        decompress: () => decompressFrames(native.createZstdDecompress!),
      }
    : undefined

/** Each frame through a decoder of its own, which are read one after another. */
function decompressFrames(create: () => Duplex): TransformStream<Uint8Array, Uint8Array> {
  const frames = new ZstdFrames()
  const decoders: Duplex[] = []
  let reading: AsyncIterator<Uint8Array> | null = null
  let writing: Duplex | null = null
  let hasEnded = false
  let failure: DBError | null = null
  let wake = () => {}
  const fail = (error: Error) => {
    failure ??= failed(error)
    wake()
  }
  const start = (): Duplex => {
    const decoder = create()
    decoder.on('error', fail)
    decoders.push(decoder)
    wake()
    return decoder
  }
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          if (failure) throw failure
          if (!reading && decoders.length > 0)
            reading = decoders[0][Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
          if (reading) {
            const { done, value } = await reading.next().catch(error => {
              throw failed(error as Error)
            })
            // A copy: zlib writes into its buffer again, and who reads may give the memory away to another thread.
            if (!done) return controller.enqueue(new Uint8Array(value))
            reading = null
            decoders.shift()
          } else if (hasEnded) return controller.close()
          else await new Promise<void>(resolve => (wake = resolve))
        }
      },
      cancel() {
        failure ??= cutOff()
        for (const decoder of decoders) decoder.destroy()
      },
    },
    { highWaterMark: 0 },
  )
  const writable = new WritableStream<Uint8Array>({
    async write(bytes) {
      for (const piece of frames.split(bytes)) {
        if (failure) throw failure
        const decoder = (writing ??= start())
        if (piece.bytes.length > 0)
          await new Promise<void>((resolve, reject) => {
            decoder.once('close', resolve)
            decoder.write(piece.bytes, error => {
              decoder.off('close', resolve)
              if (error) reject(failed(error))
              else resolve()
            })
          })
        if (!piece.isEnd) continue
        decoder.end()
        writing = null
      }
    },
    close() {
      hasEnded = true
      if (frames.isWhole) wake()
      else {
        fail(cutOff())
        writing?.destroy(cutOff())
      }
    },
    abort() {
      fail(cutOff())
      for (const decoder of decoders) decoder.destroy()
    },
  })
  return { readable, writable }
}
