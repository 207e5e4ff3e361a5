// Networks by address, for dictionaries of layout IP_TRIE: the longest prefix that an address begins with.
import { type Column, noRow } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'

const mappedIPv4 = 0xffffn << 32n
const ipv4 = parseType('IPv4')
const ipv6 = parseType('IPv6')

/** All addresses as IPv6, those of IPv4 mapped. */
export class IpPrefixes {
  /** By their lengths in bits: networks and their rows. */
  readonly #byLength = new Map<number, Map<bigint, number>>()
  readonly #lengths: number[]

  constructor(prefixes: Column) {
    for (let row = 0; row < prefixes.rows; row++) {
      const { address, bits } = parsePrefix(String(prefixes.valueAt(row)))
      const networks = this.#byLength.get(bits) ?? new Map<bigint, number>()
      this.#byLength.set(bits, networks)
      networks.set(network(address, bits), row)
    }
    this.#lengths = [...this.#byLength.keys()].sort((a, b) => b - a)
  }

  /** The prefixes as they are shown: those of IPv4 as such, as long as there are no others. */
  static shown(prefixes: Column): string[] {
    const parsed = Array.from({ length: prefixes.rows }, (_, row) => parsePrefix(String(prefixes.valueAt(row))))
    const isIPv4 = (address: bigint) => address >> 32n === mappedIPv4 >> 32n
    const allIPv4 = parsed.every(({ address, bits }) => isIPv4(address) && bits >= 96)
    return parsed.map(({ address, bits }) => {
      const kept = network(address, bits) << BigInt(128 - bits)
      return allIPv4 ? `${ipv4.print(Number(kept & 0xffffffffn))}/${bits - 96}` : `${ipv6.print(kept)}/${bits}`
    })
  }

  /** The row of each address. */
  find(addresses: Column): Uint32Array {
    const found = new Uint32Array(addresses.rows)
    for (let i = 0; i < addresses.rows; i++) found[i] = this.#row(addressOf(addresses.valueAt(i), addresses.type.kind))
    return found
  }

  #row(address: bigint): number {
    for (const bits of this.#lengths) {
      const row = this.#byLength.get(bits)?.get(network(address, bits))
      if (row !== undefined) return row
    }
    return noRow
  }
}

const network = (address: bigint, bits: number): bigint => address >> BigInt(128 - bits)

/** An IPv4 as IPv4 or UInt32, an IPv6 as IPv6 or its 16 bytes. */
function addressOf(value: Value, kind: string): bigint {
  if (kind === 'IPv4' || kind === 'UInt32') return mappedIPv4 | BigInt(value as number)
  if (kind === 'IPv6') return value as bigint
  if (typeof value === 'string' && value.length === 16)
    return [...value].reduce((sum, char) => (sum << 8n) | BigInt(char.charCodeAt(0) & 0xff), 0n)
  throw new DBError('TYPE_MISMATCH', `Key does not match, expected either IPv4 or IPv6, got ${kind}`)
}

/** `10.0.0.0/8`, `2001:db8::/32`; without a length, one address. */
function parsePrefix(text: string): { address: bigint; bits: number } {
  const [address, length] = text.split('/')
  const isIPv6 = address.includes(':')
  const most = isIPv6 ? 128 : 32
  const bits = length === undefined ? most : Number(length)
  if (!Number.isInteger(bits) || bits < 0 || bits > most)
    throw new DBError('BAD_ARGUMENTS', `${text} is no network of addresses`)
  if (isIPv6) return { address: ipv6.parse(address) as bigint, bits }
  return { address: mappedIPv4 | BigInt(ipv4.parse(address) as number), bits: bits + 96 }
}
