import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { DataType, type Kind, type Physical, quoteText } from './dataType.ts'
import type { Value } from './value.ts'

/** Enum8, Enum16: a signed number with a name for each value. */
export class EnumType extends DataType {
  override readonly kind: Kind
  override readonly name: string
  override readonly width: number
  override readonly physical: Physical
  override readonly default: Value
  /** Sorted by number. */
  readonly elements: readonly (readonly [name: string, number: number])[]
  readonly numberOf: ReadonlyMap<string, number>
  readonly nameOf: ReadonlyMap<number, string>

  constructor(
    readonly bits: 8 | 16,
    elements: readonly (readonly [string, number])[],
  ) {
    super()
    this.kind = `Enum${bits}`
    this.width = bits / 8
    this.physical = `I${bits}`
    this.elements = [...elements].sort((a, b) => a[1] - b[1])
    this.numberOf = new Map(this.elements)
    this.nameOf = new Map(this.elements.map(([name, number]) => [number, name]))
    const limit = 2 ** (bits - 1)
    if (elements.length === 0) throw new DBError('BAD_ARGUMENTS', `${this.kind} needs at least one element`)
    if (this.numberOf.size < elements.length || this.nameOf.size < elements.length)
      throw new DBError('BAD_ARGUMENTS', `Duplicate names or values in ${this.kind}`)
    for (const [name, number] of elements)
      if (number < -limit || number >= limit)
        throw new DBError(
          'ARGUMENT_OUT_OF_BOUND',
          `Value ${number} of ${quoteText(name)} exceeds range of ${this.kind}`,
        )
    this.name = `${this.kind}(${this.elements.map(([name, number]) => `${quoteText(name)} = ${number}`).join(', ')})`
    this.default = this.elements[0][1]
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.integer(BigInt(value as number), this.width)
  }

  readBinary(reader: ByteReader): Value {
    return this.width === 1 ? reader.i8() : reader.i16()
  }

  print(value: Value): string {
    const name = this.nameOf.get(value as number)
    if (name === undefined) throw new DBError('BAD_ARGUMENTS', `Unexpected value ${value} in enum ${this.name}`)
    return name
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const number =
      this.numberOf.get(text) ?? (/^-?\d+$/.test(text) && this.nameOf.has(Number(text)) ? Number(text) : undefined)
    if (number === undefined)
      throw new DBError('UNKNOWN_ELEMENT_OF_ENUM', `Unknown element ${quoteText(text)} for enum ${this.name}`)
    return number
  }
}
