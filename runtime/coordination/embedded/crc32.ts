const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** CRC-32 as of zlib, of bytes [start, end). seed: of what came before them, or a salt. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  let value = ~seed
  for (let i = start; i < end; i++) value = table[(value ^ bytes[i]) & 255] ^ (value >>> 8)
  return ~value >>> 0
}
