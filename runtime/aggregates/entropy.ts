import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { ByteWriter as Writer } from '../core/bytes.ts'
import { decodeText } from '../core/text.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { defineObject, type ObjectState } from './objectStates.ts'
import { sipHash128 } from './sipHash.ts'
import { readList } from './stateForm.ts'
import { float64 } from './states.ts'

export const entropy: AggregateDefinition = defineObject({
  name: 'entropy',
  about: "Shannon's entropy of the values (or of the combinations of several), in bits.",
  takes: [1, Infinity],
  bind: types => ({ type: float64, create: () => new Frequencies(types) }),
})

/** How often each value was seen: numbers by their bits, anything else by a hash of 16 bytes. */
class Frequencies implements ObjectState {
  readonly #counts = new Map<string, number>()
  readonly #width: number

  constructor(readonly types: readonly DataType[]) {
    const [{ width, physical }] = types
    this.#width = types.length === 1 && width > 0 && width <= 8 && physical !== 'Bytes' ? width : 16
  }

  add(...values: Value[]): void {
    const writer = new Writer(16)
    for (const [i, type] of this.types.entries()) type.writeBinary(writer, values[i])
    const bytes = writer.bytes()
    const isPlain = this.#width < 16
    const isText = this.types.length === 1 && this.types[0].kind === 'String'
    const start = isText ? bytes.length - textSize(bytes) : 0
    const key = decodeText(isPlain ? bytes : sipHash128(bytes.subarray(start)))
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  merge(other: this): void {
    for (const [key, count] of other.#counts) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#counts.size)
    for (const [key, count] of this.#counts) {
      const bytes = new Writer(16)
      bytes.text(key)
      writer.raw(bytes.bytes().subarray(bytes.length - this.#width))
      writer.u64(BigInt(count))
    }
  }

  read(reader: ByteReader): void {
    readList(reader, () => {
      const key = decodeText(reader.raw(this.#width))
      this.#counts.set(key, Number(reader.u64()))
    })
  }

  result(): Value {
    let total = 0
    for (const count of this.#counts.values()) total += count
    let sum = 0
    for (const count of this.#counts.values()) sum -= (count / total) * Math.log2(count / total)
    return sum
  }
}

/** Bytes of text behind its length. */
function textSize(bytes: Uint8Array): number {
  let head = 1
  while (bytes[head - 1] >= 128) head++
  return bytes.length - head
}
