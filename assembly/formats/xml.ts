// Text inside XML elements: & and < are escaped, nothing else.

/** Bytes that escaping adds to size bytes. */
export function escapeXmlExtra(bytes: usize, size: usize): f64 {
  let extra: u64 = 0;
  for (let p = bytes; p < bytes + size; p++) {
    const c = load<u8>(p);
    extra += c == 38 ? 4 : c == 60 ? 3 : 0;
  }
  return <f64>extra;
}

/** A column of strings escaped. outOffsets: u32[rows + 1]; outBytes: its size and the extra bytes. Returns the bytes written. */
export function escapeXml(offsets: usize, bytes: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  let p = bytes + <usize>load<u32>(offsets);
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    outOffsets += 4;
    const end = bytes + <usize>load<u32>(offsets);
    for (; p < end; p++) {
      const c = load<u8>(p);
      if (c == 38) {
        store<u32>(out, 0x706d6126); // &amp
        store<u8>(out, 59, 4);
        out += 5;
      } else if (c == 60) {
        store<u32>(out, 0x3b746c26); // &lt;
        out += 4;
      } else store<u8>(out++, c);
    }
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}
