import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { DataType, quoteText } from './dataType.ts'
import type { Value } from './value.ts'

/** Bytes of any length. */
export class StringType extends DataType {
  override readonly kind = 'String'
  override readonly name = 'String'
  override readonly default = ''

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.text(value as string)
  }

  readBinary(reader: ByteReader): Value {
    return reader.text()
  }

  print(value: Value): string {
    return value as string
  }

  override printQuoted(value: Value): string {
    return quoteText(value as string)
  }

  parse(text: string): Value {
    return text
  }
}

/** Exactly `width` bytes; shorter values are padded with zero bytes. */
export class FixedStringType extends DataType {
  override readonly kind = 'FixedString'
  override readonly name: string
  override readonly physical = 'Bytes'
  override readonly default: Value

  constructor(override readonly width: number) {
    super()
    this.name = `FixedString(${width})`
    this.default = '\0'.repeat(width)
  }

  /** The value's bytes, padded. TOO_LARGE_STRING_SIZE when there are too many. */
  encode(value: string): Uint8Array {
    const bytes = encodeText(value)
    if (bytes.length > this.width)
      throw new DBError('TOO_LARGE_STRING_SIZE', `Too large value for ${this.name}: ${bytes.length} bytes`)
    const padded = new Uint8Array(this.width)
    padded.set(bytes)
    return padded
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.raw(this.encode(value as string))
  }

  readBinary(reader: ByteReader): Value {
    return decodeText(reader.raw(this.width))
  }

  print(value: Value): string {
    return value as string
  }

  override printQuoted(value: Value): string {
    return quoteText(value as string)
  }

  parse(text: string): Value {
    return decodeText(this.encode(text))
  }
}
