// Bit streams, most significant bit of each byte first. A position is a bit index from the stream's first byte.

/** The bits from a position on, left-aligned; at least 57 of them are true. Reads 8 bytes. */
@inline
export function peekBits(stream: usize, position: u32): u64 {
  return bswap<u64>(load<u64>(stream + <usize>(position >> 3))) << <u64>(position & 7);
}

/** count bits (0 to 64) as a number. */
@inline
export function readBits(stream: usize, position: u32, count: u32): u64 {
  if (count == 0) return 0;
  if (count <= 57) return peekBits(stream, position) >> <u64>(64 - count);
  const high = peekBits(stream, position) >> 32;
  return (high << <u64>(count - 32)) | (peekBits(stream, position + 32) >> <u64>(96 - count));
}

/** Writes the low count bits (1 to 56) of a value, whose other bits are 0. Everything behind is overwritten, 8 bytes in all. */
@inline
export function writeBits(stream: usize, position: u32, value: u64, count: u32): void {
  const at = stream + <usize>(position >> 3);
  const used = position & 7;
  const before = used == 0 ? 0 : <u64>load<u8>(at) << 56;
  store<u64>(at, bswap<u64>(before | (value << <u64>(64 - count - used))));
}

/** The same for up to 64 bits. */
@inline
export function writeLongBits(stream: usize, position: u32, value: u64, count: u32): void {
  if (count <= 32) {
    if (count > 0) writeBits(stream, position, value, count);
    return;
  }
  writeBits(stream, position, value >> 32, count - 32);
  writeBits(stream, position + count - 32, value & 0xffffffff, 32);
}
