import { assert } from '../core/assert.ts'

/** Bytes that come in pieces of any size and are taken in pieces of another. */
export class ByteQueue {
  #pieces: Uint8Array[] = []
  size = 0

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#pieces.push(bytes)
    this.size += bytes.length
  }

  /** The first bytes, which stay. */
  peek(size: number): Uint8Array {
    assert(size <= this.size, 'a queue is asked for bytes that it has')
    if (size === 0) return new Uint8Array(0)
    if (this.#pieces[0].length < size) this.#join(size)
    return this.#pieces[0].subarray(0, size)
  }

  take(size: number): Uint8Array {
    const bytes = this.peek(size)
    if (size === 0) return bytes
    const [first] = this.#pieces
    if (first.length === size) this.#pieces.shift()
    else this.#pieces[0] = first.subarray(size)
    this.size -= size
    return bytes
  }

  /** Makes the first piece at least size bytes long. */
  #join(size: number): void {
    let count = 0
    let total = 0
    while (total < size) total += this.#pieces[count++].length
    const joined = new Uint8Array(total)
    let at = 0
    for (const piece of this.#pieces.splice(0, count)) {
      joined.set(piece, at)
      at += piece.length
    }
    this.#pieces.unshift(joined)
  }
}
