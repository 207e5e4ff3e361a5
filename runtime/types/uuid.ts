import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { DataType, quoteText } from './dataType.ts'
import type { Value } from './value.ts'

/** 128 bits; in memory and on disk the high half first, each half little-endian. */
export class UuidType extends DataType {
  override readonly kind = 'UUID'
  override readonly name = 'UUID'
  override readonly width = 16
  override readonly physical = 'U128'
  override readonly default = 0n

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.u64((value as bigint) >> 64n)
    writer.u64((value as bigint) & 0xffffffffffffffffn)
  }

  readBinary(reader: ByteReader): Value {
    const high = reader.u64()
    return (high << 64n) | reader.u64()
  }

  print(value: Value): string {
    const hex = (value as bigint).toString(16).padStart(32, '0')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const hex = text.replace(/-/g, '')
    if (!/^[0-9a-fA-F]{32}$/.test(hex))
      throw new DBError('CANNOT_PARSE_UUID', `Cannot parse UUID ${JSON.stringify(text)}`)
    return BigInt('0x' + hex)
  }
}
