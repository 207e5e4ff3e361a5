import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { DataType, quoteText } from './dataType.ts'
import type { Value } from './value.ts'

export class IPv4Type extends DataType {
  override readonly kind = 'IPv4'
  override readonly name = 'IPv4'
  override readonly width = 4
  override readonly physical = 'U32'
  override readonly default = 0

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.u32(value as number)
  }

  readBinary(reader: ByteReader): Value {
    return reader.u32()
  }

  print(value: Value): string {
    const address = value as number
    return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.')
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const value = parseIPv4(text)
    if (value === null) throw new DBError('CANNOT_PARSE_IPV4', `Invalid IPv4 value ${JSON.stringify(text)}`)
    return value
  }
}

export function parseIPv4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return null
  let value = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return null
    value = value * 256 + Number(part)
  }
  return value
}

/** 16 bytes in network order. */
export class IPv6Type extends DataType {
  override readonly kind = 'IPv6'
  override readonly name = 'IPv6'
  override readonly width = 16
  override readonly physical = 'Bytes'
  override readonly default = 0n

  writeBinary(writer: ByteWriter, value: Value): void {
    const bytes = new Uint8Array(16)
    let rest = value as bigint
    for (let i = 15; i >= 0; i--) {
      bytes[i] = Number(rest & 255n)
      rest >>= 8n
    }
    writer.raw(bytes)
  }

  readBinary(reader: ByteReader): Value {
    let value = 0n
    for (const byte of reader.raw(16)) value = (value << 8n) | BigInt(byte)
    return value
  }

  print(value: Value): string {
    return printIPv6(value as bigint)
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const value = parseIPv6(text)
    if (value === null) throw new DBError('CANNOT_PARSE_IPV6', `Invalid IPv6 value ${JSON.stringify(text)}`)
    return value
  }
}

/** RFC 5952; IPv4-mapped addresses end in dotted form. */
function printIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn))
  if (value >> 32n === 0xffffn) {
    const [high, low] = groups.slice(6)
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  }
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groups[i + length] === 0) length++
    if (length > bestLength) [best, bestLength] = [i, length]
    i += length
  }
  const hex = groups.map(group => group.toString(16))
  if (best < 0) return hex.join(':')
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`
}

export function parseIPv6(text: string): bigint | null {
  let source = text
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (dotted || /^\d+\.\d+\.\d+\.\d+$/.test(text)) {
    const ipv4 = parseIPv4(dotted ? dotted[2] : text)
    if (ipv4 === null) return null
    if (!dotted) return (0xffffn << 32n) | BigInt(ipv4)
    source = `${dotted[1]}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`
  }
  const halves = source.split('::')
  if (halves.length > 2) return null
  const [left, right] = halves.map(half => (half === '' ? [] : half.split(':')))
  const missing = 8 - left.length - (right?.length ?? 0)
  if (right ? missing < 0 : missing !== 0) return null
  const groups = right ? [...left, ...Array<string>(missing).fill('0'), ...right] : left
  let value = 0n
  for (const group of groups) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null
    value = (value << 16n) | BigInt(`0x${group}`)
  }
  return value
}
