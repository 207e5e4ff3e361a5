/** Eight tables of 256: the k-th is for a byte that k others follow, so that eight bytes are taken at once. */
const tables = new Int32Array(8 * 256)
for (let byte = 0; byte < 256; byte++) {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  tables[byte] = value
}
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256]
  tables[at] = tables[before & 255] ^ (before >>> 8)
}

/** CRC-32 as of zlib, of bytes [start, end). seed: of what came before them, or a salt. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  let value = ~seed
  let at = start
  for (; at + 8 <= end; at += 8) {
    value ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    value =
      tables[1792 + (value & 255)] ^
      tables[1536 + ((value >>> 8) & 255)] ^
      tables[1280 + ((value >>> 16) & 255)] ^
      tables[1024 + (value >>> 24)] ^
      tables[768 + bytes[at + 4]] ^
      tables[512 + bytes[at + 5]] ^
      tables[256 + bytes[at + 6]] ^
      tables[bytes[at + 7]]
  }
  for (; at < end; at++) value = tables[(value ^ bytes[at]) & 255] ^ (value >>> 8)
  return ~value >>> 0
}
