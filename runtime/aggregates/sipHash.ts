// SipHash-2-4 without a key, over words of two halves: for keys of states, where there is no kernel memory at hand.

/** 64 bits as two numbers of 32. */
class Word {
  constructor(
    public high: number,
    public low: number,
  ) {}

  add(other: Word): void {
    const low = (this.low >>> 0) + (other.low >>> 0)
    this.high = (this.high + other.high + (low > 0xffffffff ? 1 : 0)) | 0
    this.low = low | 0
  }

  xor(other: Word): void {
    this.high ^= other.high
    this.low ^= other.low
  }

  rotate(by: number): void {
    const { high, low } = this
    if (by === 32) {
      this.high = low
      this.low = high
    } else {
      this.high = (high << by) | (low >>> (32 - by))
      this.low = (low << by) | (high >>> (32 - by))
    }
  }
}

/** The 16 bytes of the hash of 128 bits. */
export function sipHash128(bytes: Uint8Array): Uint8Array {
  const [v0, v1, v2, v3] = stateOf(bytes)
  const out = new DataView(new ArrayBuffer(16))
  out.setInt32(0, v0.low ^ v1.low, true)
  out.setInt32(4, v0.high ^ v1.high, true)
  out.setInt32(8, v2.low ^ v3.low, true)
  out.setInt32(12, v2.high ^ v3.high, true)
  return new Uint8Array(out.buffer)
}

/** The hash of 64 bits. */
export function sipHash64(bytes: Uint8Array): bigint {
  const words = stateOf(bytes)
  const high = words.reduce((all, word) => all ^ word.high, 0)
  const low = words.reduce((all, word) => all ^ word.low, 0)
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

function stateOf(bytes: Uint8Array): [Word, Word, Word, Word] {
  const v0 = new Word(0x736f6d65, 0x70736575)
  const v1 = new Word(0x646f7261, 0x6e646f6d)
  const v2 = new Word(0x6c796765, 0x6e657261)
  const v3 = new Word(0x74656462, 0x79746573)
  const round = (): void => {
    v0.add(v1)
    v1.rotate(13)
    v1.xor(v0)
    v0.rotate(32)
    v2.add(v3)
    v3.rotate(16)
    v3.xor(v2)
    v0.add(v3)
    v3.rotate(21)
    v3.xor(v0)
    v2.add(v1)
    v1.rotate(17)
    v1.xor(v2)
    v2.rotate(32)
  }
  const take = (word: Word): void => {
    v3.xor(word)
    round()
    round()
    v0.xor(word)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length & ~7
  for (let at = 0; at < whole; at += 8) take(new Word(view.getInt32(at + 4, true), view.getInt32(at, true)))
  const last = new DataView(new ArrayBuffer(8))
  for (let at = whole; at < bytes.length; at++) last.setUint8(at - whole, bytes[at])
  last.setUint8(7, bytes.length & 255)
  take(new Word(last.getInt32(4, true), last.getInt32(0, true)))
  v2.xor(new Word(0, 0xff))
  for (let i = 0; i < 4; i++) round()
  return [v0, v1, v2, v3]
}
