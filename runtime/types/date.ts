import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { DataType, quoteText } from './dataType.ts'
import { TimeZone } from './timeZone.ts'
import type { Value } from './value.ts'

const daySeconds = 86400
const pad = (value: number, width = 2) => String(value).padStart(width, '0')

/** Days since 1970-01-01 as YYYY-MM-DD. */
export function printDays(days: number): string {
  const date = new Date(days * 86400000)
  return `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`
}

/** YYYY-MM-DD (also with one-digit month and day) as days since 1970-01-01, or null. */
export function parseDays(text: string): number | null {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text)
  if (!match) return null
  const [year, month, day] = match.slice(1).map(Number)
  if (year === 0 && month === 0 && day === 0) return 0
  const days = Date.UTC(year, month - 1, day) / 86400000
  const date = new Date(days * 86400000)
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day ? days : null
}

/** Date: days from 1970-01-01 to 2149-06-06 in two bytes. */
export class DateType extends DataType {
  override readonly kind = 'Date'
  override readonly name = 'Date'
  override readonly width = 2
  override readonly physical = 'U16'
  override readonly default = 0

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.u16(value as number)
  }

  readBinary(reader: ByteReader): Value {
    return reader.u16()
  }

  print(value: Value): string {
    return printDays(value as number)
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const days = parseDays(text)
    if (days === null)
      throw new DBError('CANNOT_PARSE_DATE', `Cannot parse ${JSON.stringify(text)} as Date: YYYY-MM-DD is expected`)
    return Math.min(Math.max(days, 0), 65535)
  }
}

/** Date32: days from 1900-01-01 to 2299-12-31 in four bytes. */
export class Date32Type extends DataType {
  override readonly kind = 'Date32'
  override readonly name = 'Date32'
  override readonly width = 4
  override readonly physical = 'I32'
  override readonly default = -25567

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.i32(value as number)
  }

  readBinary(reader: ByteReader): Value {
    return reader.i32()
  }

  print(value: Value): string {
    return printDays(value as number)
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const days = parseDays(text)
    if (days === null)
      throw new DBError('CANNOT_PARSE_DATE', `Cannot parse ${JSON.stringify(text)} as Date32: YYYY-MM-DD is expected`)
    return Math.min(Math.max(days, -25567), 120529)
  }
}

/** Seconds since the epoch in a zone as `YYYY-MM-DD hh:mm:ss`. */
export function printSeconds(second: number, zone: TimeZone): string {
  const local = second + zone.offsetAt(second)
  const days = Math.floor(local / daySeconds)
  const rest = local - days * daySeconds
  return `${printDays(days)} ${pad(Math.floor(rest / 3600))}:${pad(Math.floor(rest / 60) % 60)}:${pad(Math.floor(rest) % 60)}`
}

/** Reads `YYYY-MM-DD hh:mm:ss[.fraction]`, `YYYY-MM-DD`, or seconds. The fraction's digits are given as they stand. */
export function parseSeconds(text: string, zone: TimeZone): { second: number; fraction: string } | null {
  const match = /^(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.(\d*))?)?(Z)?$/.exec(text)
  if (match) {
    const days = parseDays(match[1])
    const [hour, minute, second] = [match[2], match[3], match[4]].map(part => Number(part ?? 0))
    if (days === null || hour > 23 || minute > 59 || second > 59) return null
    const local = days * daySeconds + hour * 3600 + minute * 60 + second
    return { second: match[6] ? local : zone.fromLocal(local), fraction: match[5] ?? '' }
  }
  const number = /^(-?\d+)(?:\.(\d*))?$/.exec(text)
  return number ? { second: Number(number[1]), fraction: number[2] ?? '' } : null
}

/** DateTime: seconds since the epoch in four bytes. The zone is only for text; without one, the server's. */
export class DateTimeType extends DataType {
  override readonly kind = 'DateTime'
  override readonly name: string
  override readonly width = 4
  override readonly physical = 'U32'
  override readonly default = 0

  constructor(
    /** Stated in the type's name, or null. */
    readonly zoneName: string | null = null,
    readonly zone = TimeZone.get(zoneName ?? 'UTC'),
  ) {
    super()
    this.name = zoneName === null ? 'DateTime' : `DateTime(${quoteText(zoneName)})`
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.u32(value as number)
  }

  readBinary(reader: ByteReader): Value {
    return reader.u32()
  }

  print(value: Value): string {
    return printSeconds(value as number, this.zone)
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const parsed = parseSeconds(text, this.zone)
    if (parsed === null)
      throw new DBError(
        'CANNOT_PARSE_DATETIME',
        `Cannot parse ${JSON.stringify(text)} as DateTime: YYYY-MM-DD hh:mm:ss is expected`,
      )
    return Math.min(Math.max(parsed.second, 0), 4294967295)
  }
}

/** DateTime64(scale): ticks of 10^-scale seconds since the epoch in eight bytes. */
export class DateTime64Type extends DataType {
  override readonly kind = 'DateTime64'
  override readonly name: string
  override readonly width = 8
  override readonly physical = 'I64'
  override readonly default = 0n

  constructor(
    readonly scale: number,
    readonly zoneName: string | null = null,
    readonly zone = TimeZone.get(zoneName ?? 'UTC'),
  ) {
    super()
    this.name = zoneName === null ? `DateTime64(${scale})` : `DateTime64(${scale}, ${quoteText(zoneName)})`
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.integer(value as bigint, 8)
  }

  readBinary(reader: ByteReader): Value {
    return reader.i64()
  }

  print(value: Value): string {
    const unit = 10n ** BigInt(this.scale)
    const ticks = value as bigint
    const second = ticks >= 0n ? ticks / unit : -((-ticks + unit - 1n) / unit)
    const text = printSeconds(Number(second), this.zone)
    return this.scale === 0 ? text : `${text}.${String(ticks - second * unit).padStart(this.scale, '0')}`
  }

  override printQuoted(value: Value): string {
    return quoteText(this.print(value))
  }

  parse(text: string): Value {
    const parsed = parseSeconds(text, this.zone)
    if (parsed === null)
      throw new DBError(
        'CANNOT_PARSE_DATETIME',
        `Cannot parse ${JSON.stringify(text)} as ${this.name}: YYYY-MM-DD hh:mm:ss is expected`,
      )
    const fraction = BigInt(parsed.fraction.slice(0, this.scale).padEnd(this.scale, '0') || '0')
    return BigInt(parsed.second) * 10n ** BigInt(this.scale) + fraction
  }
}
