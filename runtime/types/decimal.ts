import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { DataType, type Physical } from './dataType.ts'
import type { Value } from './value.ts'

/** Decimal(P, S): an integer of value * 10^S in 4, 8, 16 or 32 bytes by its precision. */
export class DecimalType extends DataType {
  override readonly kind = 'Decimal'
  override readonly name: string
  override readonly width: number
  override readonly physical: Physical
  override readonly default: Value

  constructor(
    readonly precision: number,
    readonly scale: number,
  ) {
    super()
    if (!(precision >= 1 && precision <= 76))
      throw new DBError('ARGUMENT_OUT_OF_BOUND', `Wrong precision: it must be between 1 and 76, got ${precision}`)
    if (!(scale >= 0 && scale <= precision))
      throw new DBError('ARGUMENT_OUT_OF_BOUND', `Wrong scale: it must be between 0 and the precision, got ${scale}`)
    this.name = `Decimal(${precision}, ${scale})`
    this.width = precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32
    this.physical = `I${(this.width * 8) as 32 | 64 | 128 | 256}`
    this.default = 0n
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.integer(BigInt(value as bigint), this.width)
  }

  readBinary(reader: ByteReader): Value {
    return reader.signed(this.width)
  }

  /** Without trailing zeros of the fraction, as modern ClickHouse prints. */
  print(value: Value): string {
    const unscaled = BigInt(value as bigint)
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(this.scale + 1, '0')
    const whole = digits.slice(0, digits.length - this.scale)
    const fraction = digits.slice(digits.length - this.scale).replace(/0+$/, '')
    return `${unscaled < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
  }

  parse(text: string): Value {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
    if (!match || (match[2] === '' && (match[3] ?? '') === ''))
      throw new DBError('CANNOT_PARSE_TEXT', `Cannot parse ${JSON.stringify(text)} as ${this.name}`)
    const [, sign, whole, fraction = '', exponent = '0'] = match
    const shift = Number(exponent) + this.scale - fraction.length
    const digits = BigInt(whole + fraction)
    if (shift > 200) throw this.#overflow(text)
    const unscaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(Math.min(-shift, 400))
    if (unscaled >= 10n ** BigInt(this.precision)) throw this.#overflow(text)
    return sign === '-' ? -unscaled : unscaled
  }

  #overflow(text: string): DBError {
    return new DBError('ARGUMENT_OUT_OF_BOUND', `Too many digits (${text}) to convert to ${this.name}`)
  }
}
