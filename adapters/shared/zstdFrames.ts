// Where ZSTD frames begin and end (RFC 8878), without unpacking them. zlib of Node and Deno unpacks the first of several frames and says
// nothing of the others; that of Deno and Bun takes a frame that is cut off for one that has ended.
//
//   frame:      magic FD2FB528, header (descriptor, window, dictionary, content size), blocks, checksum if the descriptor says so
//   block:      3 bytes: is it the last, its type (1: one byte repeated), its size; then its bytes
//   skippable:  magic 184D2A50 to 184D2A5F, size as u32, as many bytes

const skippableMagic = 0x184d2a50

/** Bytes of one frame, and whether it ends with them. */
export interface FramePiece {
  readonly bytes: Uint8Array
  readonly isEnd: boolean
}

export class ZstdFrames {
  /** Bytes to pass over before the next field. */
  #skip = 0
  /** The field that comes, and how many of its bytes are here. */
  #field: 'magic' | 'descriptor' | 'block' | 'size' = 'magic'
  #have = 0
  #value = 0
  #hasChecksum = false
  #frames = 0
  /** The frame's last bytes are being passed over. */
  #isEnding = false
  #isSkipped = false

  /** All that came is whole frames, one at least. */
  get isWhole(): boolean {
    return this.#frames > 0 && this.#field === 'magic' && this.#have === 0 && !this.#isEnding
  }

  /** What comes next, cut where frames end; frames to be skipped are left out. Magic numbers are whole in one piece. */
  split(bytes: Uint8Array): FramePiece[] {
    const pieces: FramePiece[] = []
    let start = 0
    let at = 0
    const cut = (isEnd: boolean) => {
      if (!this.#isSkipped && at > start) pieces.push({ bytes: bytes.subarray(start, at), isEnd })
      else if (!this.#isSkipped && isEnd) pieces.push({ bytes: new Uint8Array(0), isEnd })
      start = at
    }
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.length - at)
        this.#skip -= passed
        at += passed
      } else {
        const field = this.#field
        this.#value += bytes[at++] * 2 ** (8 * this.#have++)
        const size = field === 'descriptor' ? 1 : field === 'block' ? 3 : 4
        if (this.#have < size) continue
        const value = this.#value
        this.#have = 0
        this.#value = 0
        if (field === 'magic') {
          this.#isSkipped = value - (value % 16) === skippableMagic
          pieces.push({ bytes: littleEndian(this.#isSkipped ? [] : [value]), isEnd: false })
          start = at
        }
        this.#take(value)
      }
      if (this.#skip === 0 && this.#isEnding) {
        this.#isEnding = false
        this.#frames++
        cut(true)
      }
    }
    if (this.#field !== 'magic' || this.#isEnding) cut(false)
    return pieces.filter(piece => piece.bytes.length > 0 || piece.isEnd)
  }

  #take(value: number): void {
    switch (this.#field) {
      case 'magic':
        // Anything else is for the decoder to complain about.
        this.#field = this.#isSkipped ? 'size' : 'descriptor'
        return
      case 'size':
        this.#skip = value
        this.#end()
        return
      case 'descriptor': {
        const isSingle = (value & 32) !== 0
        const contentSize = [isSingle ? 1 : 0, 2, 4, 8][value >> 6]
        this.#skip = (isSingle ? 0 : 1) + [0, 1, 2, 4][value & 3] + contentSize
        this.#hasChecksum = (value & 4) !== 0
        this.#field = 'block'
        return
      }
      case 'block': {
        const isLast = (value & 1) !== 0
        this.#skip = ((value >> 1) & 3) === 1 ? 1 : value >> 3
        if (!isLast) return
        if (this.#hasChecksum) this.#skip += 4
        this.#end()
      }
    }
  }

  #end(): void {
    this.#field = 'magic'
    this.#isEnding = true
  }
}

const littleEndian = (values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(values.length * 4)
  values.forEach((value, at) => new DataView(bytes.buffer).setUint32(at * 4, value, true))
  return bytes
}
