import type { Duplex } from 'node:stream'
import zlib from 'node:zlib'
import { DBError, type ErrorName } from '../../runtime/core/errors.ts'
import type { StreamCodec } from '../../runtime/platform.ts'

export const gzip: StreamCodec = {
  compress: level => through(zlib.createGzip({ level: level ?? 3 }), 'ZLIB_DEFLATE_FAILED'),
  decompress: () => through(zlib.createGunzip(), 'ZLIB_INFLATE_FAILED'),
}

export const deflate: StreamCodec = {
  compress: level => through(zlib.createDeflate({ level: level ?? 3 }), 'ZLIB_DEFLATE_FAILED'),
  decompress: () => through(zlib.createInflate(), 'ZLIB_INFLATE_FAILED'),
}

export const brotli: StreamCodec = {
  compress: level =>
    through(
      zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: level ?? 3 } }),
      'CANNOT_COMPRESS',
    ),
  decompress: () => through(zlib.createBrotliDecompress(), 'CANNOT_DECOMPRESS'),
}

/** A Node stream as a TransformStream, with its errors as ours. */
export function through(stream: Duplex, errorName: ErrorName): TransformStream<Uint8Array, Uint8Array> {
  const reader = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const wrap = (error: unknown): DBError =>
    error instanceof DBError
      ? error
      : new DBError(errorName, `Cannot convert compressed data: ${(error as Error).message}`, { cause: error })
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.next()
          if (done) controller.close()
          // A copy: zlib writes into its buffer again, and who reads may give the memory away to another thread.
          else controller.enqueue(new Uint8Array(value))
        } catch (error) {
          throw wrap(error)
        }
      },
      cancel() {
        stream.destroy()
      },
    },
    { highWaterMark: 0 },
  )
  let failure: Error | null = null
  stream.on('error', error => {
    failure = error
  })
  const writable = new WritableStream<Uint8Array>({
    write(bytes) {
      if (failure) throw wrap(failure)
      return new Promise((resolve, reject) => {
        stream.write(bytes, error => (error ? reject(wrap(error)) : resolve()))
      })
    },
    close() {
      stream.end()
    },
    abort() {
      stream.destroy()
    },
  })
  return { readable, writable }
}
