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
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) text += String.fromCharCode(0xdc00 + bytes[at++])
    else {
      text += strict.decode(bytes.slice(at, at + length))
      at += length
    }
  }
  return text
}

/** Length of the valid UTF-8 sequence at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first < 0x80) return 1
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
  if (length === 0 || at + length > bytes.length) return 0
  try {
    strict.decode(bytes.slice(at, at + length))
    return length
  } catch {
    return 0
  }
}

function encodeBroken(text: string): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xdc80 && unit <= 0xdcff) bytes.push(unit - 0xdc00)
    else {
      const point = text.codePointAt(i)!
      if (point > 0xffff) i++
      for (const byte of encoder.encode(String.fromCodePoint(point))) bytes.push(byte)
    }
  }
  return Uint8Array.from(bytes)
}
