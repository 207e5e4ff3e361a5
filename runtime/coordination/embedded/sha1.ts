/** SHA-1 (FIPS 180-4), of passwords: short, and wanted at once. */
export function sha1(bytes: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  blocks.set(bytes)
  blocks[bytes.length] = 0x80
  const data = new DataView(blocks.buffer)
  data.setUint32(blocks.length - 8, Math.floor(bytes.length / 0x20000000))
  data.setUint32(blocks.length - 4, bytes.length << 3)
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  const words = new Int32Array(80)
  for (let block = 0; block < blocks.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = data.getInt32(block + i * 4)
    for (let i = 16; i < 80; i++) words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1)
    let [a, b, c, d, e] = hash
    for (let i = 0; i < 80; i++) {
      const next = (rotate(a, 5) + mixed(i, b, c, d) + e + constants[Math.floor(i / 20)] + words[i]) | 0
      e = d
      d = c
      c = rotate(b, 30)
      b = a
      a = next
    }
    for (const [i, value] of [a, b, c, d, e].entries()) hash[i] = (hash[i] + value) | 0
  }
  const digest = new DataView(new ArrayBuffer(20))
  for (const [i, value] of hash.entries()) digest.setInt32(i * 4, value)
  return new Uint8Array(digest.buffer)
}

const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]

function mixed(round: number, b: number, c: number, d: number): number {
  if (round < 20) return (b & c) | (~b & d)
  if (round < 40 || round >= 60) return b ^ c ^ d
  return (b & c) | (b & d) | (c & d)
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))
