// ClickHouse's strings are bytes. In TypeScript they are strings in which a byte that is not part of valid UTF-8 stands as the
// lone surrogate U+DC00 + byte, so that decode and encode are each other's inverse for every sequence of bytes.

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Bytes to text; never fails. Views on shared memory are copied first, as decoders refuse them. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return decodeBroken(bytes)
  }
}

/** Text to bytes; the inverse of decodeText. */
export function encodeText(text: string): Uint8Array {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdfff) continue
    if (unit < 0xdc00)
      i++ // a pair, valid
    else return encodeBroken(text)
  }
  return encoder.encode(text)
}

function decodeBroken(bytes: Uint8Array): string {
  const all = new Uint16Array(bytes.length)
  let count = 0
  let at = 0
  while (at < bytes.length) {
    const first = bytes[at]
    const length = first < 0x80 ? 1 : sequenceLength(bytes, at)
    if (length < 2) {
      all[count++] = length === 1 ? first : 0xdc00 + first
      at++
      continue
    }
    let point = first & (0x7f >> length)
    for (let i = 1; i < length; i++) point = (point << 6) | (bytes[at + i] & 0x3f)
    at += length
    if (point < 0x10000) all[count++] = point
    else {
      all[count++] = 0xd7c0 + (point >> 10)
      all[count++] = 0xdc00 + (point & 0x3ff)
    }
  }
  const units = all.subarray(0, count)
  let text = ''
  // apply takes a typed array as it is; a spread would go through its iterator.
  for (let start = 0; start < count; start += unitsAtOnce)
    text += String.fromCharCode.apply(null, units.subarray(start, start + unitsAtOnce) as unknown as number[])
  return text
}

/** Arguments of one call: engines allow some ten thousands. */
const unitsAtOnce = 8192

/** Length of the valid UTF-8 sequence of two bytes or more at `at`, or 0. Overlong forms, surrogates and what is above U+10FFFF are none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (at + length > bytes.length) return 0
  const second = bytes[at + 1]
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = 2; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0
  return length
}

function encodeBroken(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let size = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes[size++] = unit
    else if (unit < 0x800) {
      bytes[size++] = 0xc0 | (unit >> 6)
      bytes[size++] = 0x80 | (unit & 0x3f)
    } else if (unit >= 0xdc00 && unit <= 0xdfff) bytes[size++] = unit & 0xff
    else if (unit >= 0xd800 && unit < 0xdc00) {
      const point = text.codePointAt(i++)!
      bytes[size++] = 0xf0 | (point >> 18)
      bytes[size++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[size++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[size++] = 0x80 | (point & 0x3f)
    } else {
      bytes[size++] = 0xe0 | (unit >> 12)
      bytes[size++] = 0x80 | ((unit >> 6) & 0x3f)
      bytes[size++] = 0x80 | (unit & 0x3f)
    }
  }
  return bytes.slice(0, size)
}
