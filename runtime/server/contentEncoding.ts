import { Decompress as ZstdDecompress } from 'fzstd'
import { DBError } from '../core/errors.ts'
import type { Memory } from '../core/memory.ts'
import { ZstdStream, zstdChunkSize } from '../core/zstd.ts'
import type { Platform } from '../platform.ts'
import { ByteQueue } from './byteQueue.ts'
import { lz4FrameReader, lz4FrameWriter } from './lz4Frame.ts'

type ByteTransform = TransformStream<Uint8Array, Uint8Array>

/** The server's order of liking, whatever the client's is. */
const preferred = ['br', 'lz4', 'zstd', 'gzip', 'deflate'] as const
type Encoding = (typeof preferred)[number]

/** The encoding that an answer gets, or null for none. */
export function chooseEncoding(acceptEncoding: string, platform: Platform): Encoding | null {
  const accepted = new Set<string>()
  for (const item of acceptEncoding.split(',')) {
    const [name, ...parameters] = item.split(';').map(part => part.trim().toLowerCase())
    if (!parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name)
  }
  return preferred.find(name => accepted.has(name) && canEncode(name, platform)) ?? null
}

function canEncode(encoding: Encoding, platform: Platform): boolean {
  if (encoding === 'lz4' || encoding === 'zstd') return true
  return codecOf(encoding, platform) !== undefined
}

function codecOf(encoding: string, platform: Platform) {
  if (encoding === 'br') return platform.brotli
  if (encoding === 'zstd') return platform.zstdStream
  if (encoding === 'gzip' || encoding === 'x-gzip') return platform.gzip
  if (encoding === 'deflate') return platform.deflate
  return undefined
}

export function encoder(encoding: Encoding, platform: Platform, memory: () => Memory, level: number): ByteTransform {
  if (encoding === 'lz4') return lz4FrameWriter(memory())
  const codec = codecOf(encoding, platform)
  return codec ? codec.compress(level) : zstdWriter(memory())
}

/** What undoes a request's Content-Encoding, outermost first; none for a plain body. */
export function decoders(contentEncoding: string | null, platform: Platform): ByteTransform[] {
  const names = (contentEncoding ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name !== '' && name !== 'identity')
  return names.reverse().map(name => decoder(name, platform))
}

function decoder(encoding: string, platform: Platform): ByteTransform {
  if (encoding === 'lz4') return lz4FrameReader()
  const codec = codecOf(encoding, platform)
  if (codec) return codec.decompress()
  if (encoding === 'zstd') return zstdReader()
  throw new DBError(
    'NOT_IMPLEMENTED',
    `Unknown or unsupported content encoding: ${encoding}. Use gzip, deflate, br, zstd or lz4`,
  )
}

function zstdWriter(memory: Memory): ByteTransform {
  const queue = new ByteQueue()
  const stream = new ZstdStream(memory)
  return new TransformStream({
    start(controller) {
      controller.enqueue(stream.start())
    },
    transform(bytes, controller) {
      queue.push(bytes)
      while (queue.size > zstdChunkSize) controller.enqueue(stream.next(queue.take(zstdChunkSize), false))
    },
    flush(controller) {
      controller.enqueue(stream.next(queue.take(queue.size), true))
    },
  })
}

function zstdReader(): ByteTransform {
  let reader: ZstdDecompress
  return new TransformStream({
    start(controller) {
      reader = new ZstdDecompress(bytes => {
        if (bytes.length > 0) controller.enqueue(bytes.slice())
      })
    },
    transform(bytes) {
      guard(() => reader.push(bytes))
    },
    flush() {
      guard(() => reader.push(new Uint8Array(0), true))
    },
  })
}

function guard(call: () => void): void {
  try {
    call()
  } catch (error) {
    throw new DBError('ZSTD_DECODER_FAILED', `Cannot decompress the request's ZSTD data: ${String(error)}`, {
      cause: error,
    })
  }
}
