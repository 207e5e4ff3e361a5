import { DBError } from '../../runtime/core/errors.ts'
import type { StreamCodec } from '../../runtime/platform.ts'
import { brotli } from '../shared/codecs.ts'

/** node:zlib of Deno takes a brotli stream that is cut off for one that has ended, its DecompressionStream does not. */
export const denoBrotli: StreamCodec = {
  compress: brotli.compress,
  decompress() {
    const { readable, writable } = new DecompressionStream('brotli' as CompressionFormat)
    const reader = (readable as ReadableStream<Uint8Array>).getReader()
    const told = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await reader.read().catch((error: Error) => {
            const text = `Cannot convert compressed data: ${error.message}`
            throw new DBError('CANNOT_DECOMPRESS', text, { cause: error })
          })
          if (done) controller.close()
          else controller.enqueue(value)
        },
        cancel: reason => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    )
    return { readable: told, writable: writable as WritableStream<Uint8Array> }
  },
}
