import type { Arena, Memory } from '../core/memory.ts'
import type { BlockReader, ReadResult } from './format.ts'

/** Bytes that are handed to a reader at once, unless one row needs more. */
const windowBytes = 2 << 20

/**
 * Feeds a reader from pieces of bytes of any size. Gives chunks, each valid until the next is asked for: `arena` is reset between
 * them. `buffer` is the arena that the input's window lies in.
 */
export async function* readInput(
  reader: BlockReader,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  memory: Memory,
  arena: Arena,
  buffer: Arena,
): AsyncGenerator<ReadResult> {
  let capacity = windowBytes
  let window = buffer.allocate(capacity)
  let start = 0
  let end = 0
  /** Bytes that there must be before the reader is asked again: it wanted more, and shall not look at the same ones often. */
  let wanted = windowBytes
  /** Room for `size` more bytes at the window's end. */
  const makeRoom = (size: number) => {
    if (end + size <= capacity) return
    const used = end - start
    if (used + size > capacity) {
      capacity = Math.max(capacity * 2, used + size)
      const larger = buffer.allocate(capacity)
      memory.u8.copyWithin(larger, window + start, window + end)
      buffer.free(window)
      window = larger
    } else memory.u8.copyWithin(window, window + start, window + end)
    start = 0
    end = used
  }
  /** Reads what is there; stops when the reader wants more. */
  function* drain(isLast: boolean): Generator<ReadResult> {
    while (end > start || isLast) {
      const result = reader.read(window + start, end - start, isLast, arena)
      start += result.consumed
      wanted = Math.max(windowBytes, result.consumed === 0 && result.chunk === null ? (end - start) * 2 : 0)
      if (result.chunk && result.chunk.rows > 0) {
        yield result
        arena.reset()
      } else if (result.consumed === 0) return
      if (start === end) return
    }
  }
  for await (const piece of pieces) {
    let taken = 0
    while (taken < piece.length) {
      const size = Math.min(piece.length - taken, windowBytes)
      makeRoom(size)
      memory.copyIn(window + end, piece.subarray(taken, taken + size))
      end += size
      taken += size
      if (end - start >= wanted) yield* drain(false)
    }
  }
  yield* drain(true)
  buffer.free(window)
}
