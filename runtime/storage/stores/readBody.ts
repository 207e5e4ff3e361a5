// The body of an answer over HTTP, as one array of bytes. Where its length is known its bytes go where they are to lie: pieces that are
// joined at the end take twice the memory, and runtimes that give a few KiB at a time are quicker when they fill a buffer.
import { ownBytes } from '../../core/buffers.ts'
import { concatenate } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import type { HttpAnswer } from '../../platform.ts'

/** A length is believed up to here before so many bytes have come. */
const trustedBytesMax = 16 << 20

export interface BodyOptions {
  /** More bytes than that are refused without reading them. */
  readonly bytesMax: number
  /** Called at every piece that comes. */
  alive(): void
  /** Gives up the request. */
  abort(): void
}

export async function readBody(answer: HttpAnswer, { bytesMax, alive, abort }: BodyOptions): Promise<Uint8Array> {
  const encoding = answer.headers.get('content-encoding')
  const isPlain = !encoding || encoding === 'identity' || encoding === 'aws-chunked'
  // Of an error's page the beginning is enough.
  const isError = answer.status >= 300
  const length = answer.headers.get('content-length')
  const stated = length !== null && isPlain && !isError ? Number(length) : null
  let size = 0
  const came = (bytes: number) => {
    alive()
    size += bytes
    if (size > bytesMax && !isError) throw tooLong()
  }
  const tooLong = () => {
    abort()
    return new DBError('CANNOT_READ_ALL_DATA', `the answer is longer than the ${bytesMax} bytes that were asked for`)
  }
  if (stated !== null && stated > bytesMax) throw tooLong()
  if (!answer.body) return new Uint8Array(0)
  let bytes: Uint8Array
  try {
    if (stated !== null && stated <= trustedBytesMax) bytes = await readInto(answer.body, stated, came)
    else bytes = await readPieces(answer.body, () => size > bytesMax, came)
  } catch (error) {
    throw error instanceof DBError
      ? error
      : new DBError('NETWORK_ERROR', `the answer broke off after ${size} bytes: ${reasonOf(error)}`)
  }
  if (stated !== null && stated !== size)
    throw new DBError('CANNOT_READ_ALL_DATA', `the answer has ${size} bytes, its head says ${stated}`)
  return bytes
}

/** Bytes into a buffer of that size; what is behind it is told of, but not kept. */
async function readInto(
  body: ReadableStream<Uint8Array>,
  size: number,
  came: (bytes: number) => void,
): Promise<Uint8Array> {
  const reader = fillingReader(body)
  if (!reader) {
    const target = ownBytes(new Uint8Array(size))
    let at = 0
    const plain = body.getReader()
    for (;;) {
      const { done, value } = await plain.read()
      if (done) return target
      came(value.length)
      if (at + value.length <= size) target.set(value, at)
      at += value.length
    }
  }
  // A read takes the buffer away and gives it back under another name.
  let { buffer } = new Uint8Array(size)
  for (let at = 0; at < size; ) {
    const { done, value } = await reader.read(new Uint8Array(buffer, at))
    if (!value) return new Uint8Array(0)
    buffer = value.buffer
    if (done) break
    came(value.length)
    at += value.length
  }
  const { done, value } = await reader.read(new Uint8Array(1))
  if (!done) came(value.length)
  return ownBytes(new Uint8Array(buffer))
}

/** Not all runtimes, and not all bodies, can fill a buffer that they are given. */
function fillingReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: 'byob' })
  } catch {
    return null
  }
}

async function readPieces(
  body: ReadableStream<Uint8Array>,
  isEnough: () => boolean,
  came: (bytes: number) => void,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const reader = body.getReader()
  while (!isEnough()) {
    const { done, value } = await reader.read()
    if (done) return concatenate(pieces)
    pieces.push(value)
    came(value.length)
  }
  reader.cancel().catch(() => {}) // nothing of it is wanted
  return concatenate(pieces)
}

/** fetch() says what happened in its error's cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const inner = cause instanceof Error ? cause.message || (cause as { code?: string }).code : ''
  return inner || error.message || error.name
}
