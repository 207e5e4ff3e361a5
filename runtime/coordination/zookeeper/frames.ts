import { JuteReader, malformed } from './jute.ts'

/**
 * Cuts what comes over a connection into packets. Holds no more than one packet that is not whole yet, and of it no more than twice what
 * came.
 */
export class Frames {
  /** A packet, its length in front, as far as it came. */
  #part = new Uint8Array(0)
  #size = 0

  constructor(readonly bytesMax: number) {}

  /** Of a packet that is not whole yet. */
  get size(): number {
    return this.#size
  }

  /**
   * Calls for every packet that these bytes complete; the reader is for that call only. Throws where a length is beyond the limit, and
   * what the call throws.
   */
  push(bytes: Uint8Array, onPacket: (packet: JuteReader) => void): void {
    let at = 0
    while (this.#size > 0 && at < bytes.length) {
      at += this.#fill(bytes, at)
      const end = this.#end()
      if (end === null || this.#size < end) continue
      const packet = new JuteReader(this.#part).within(4, end)
      this.#part = new Uint8Array(0)
      this.#size = 0
      onPacket(packet)
    }
    const reader = new JuteReader(bytes)
    while (bytes.length - at >= 4) {
      const end = at + 4 + this.#checked(reader.within(at, at + 4).int())
      if (end > bytes.length) break
      onPacket(reader.within(at + 4, end))
      at = end
    }
    if (at < bytes.length) this.#fill(bytes, at)
  }

  /** Where the packet that is not whole yet ends; null: its length is not there yet. */
  #end(): number | null {
    if (this.#size < 4) return null
    return 4 + this.#checked(new JuteReader(this.#part).within(0, 4).int())
  }

  /** Adds what belongs to the packet; gives how many bytes that were. */
  #fill(bytes: Uint8Array, at: number): number {
    const end = this.#end() ?? 4
    // All that is there when a packet begins is less than it: its length was looked at.
    const size = this.#size === 0 ? bytes.length - at : Math.min(bytes.length - at, end - this.#size)
    if (this.#part.length < this.#size + size) {
      const grown = new Uint8Array(Math.max(this.#size + size, Math.min(2 * this.#size, end)))
      grown.set(this.#part.subarray(0, this.#size))
      this.#part = grown
    }
    this.#part.set(bytes.subarray(at, at + size), this.#size)
    this.#size += size
    return size
  }

  #checked(length: number): number {
    if (length < 0 || length > this.bytesMax)
      throw malformed(`a length of ${length}, where at most ${this.bytesMax} is taken`)
    return length
  }
}
