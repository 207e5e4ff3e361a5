import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { defineObject, type ObjectState } from './objectStates.ts'

const string = parseType('String')

export const groupConcat: AggregateDefinition = defineObject({
  name: 'groupConcat',
  aliases: ['group_concat', 'string_agg'],
  about:
    'All values as text, one behind another, the first parameter between them; with a second one, at most so many.',
  takes: [1, 2],
  parametric: true,
  caseInsensitive: true,
  bind: (types, parameters) => {
    const [separator, limit] = concatParameters(types, parameters)
    return { type: string, create: () => new Joined(types[0], separator, limit) }
  },
  examples: [["SELECT groupConcat(',')(number) FROM numbers(3)", '0,1,2']],
})

function concatParameters(types: readonly DataType[], parameters: readonly Value[]): [string, number] {
  if (parameters.length > 2)
    throw new DBError(
      'TOO_MANY_ARGUMENTS_FOR_FUNCTION',
      'Incorrect number of parameters for aggregate function groupConcat',
    )
  if (types.length === 2)
    throw new DBError('BAD_ARGUMENTS', 'Second argument of aggregate function groupConcat must be a constant string')
  const [separator = '', limit = Infinity] = parameters
  if (typeof separator !== 'string')
    throw new DBError('BAD_ARGUMENTS', 'First parameter for aggregate function groupConcat should be a string')
  const isWhole = typeof limit === 'bigint' || typeof limit === 'number'
  if (!isWhole || Number(limit) <= 0)
    throw new DBError(
      'BAD_ARGUMENTS',
      'Second parameter for aggregate function groupConcat should be a positive number',
    )
  return [separator, Number(limit)]
}

class Joined implements ObjectState {
  #rows: string[] = []

  constructor(
    readonly type: DataType,
    readonly separator: string,
    readonly limit: number,
  ) {}

  add(value: Value): void {
    if (this.#rows.length < this.limit) this.#rows.push(this.type.print(value))
  }

  merge(other: this): void {
    for (const row of other.#rows) if (this.#rows.length < this.limit) this.#rows.push(row)
  }

  /** Without a limit the text; with one also where each row starts and ends, of which the last number says how many rows there are. */
  write(writer: ByteWriter): void {
    const rows = this.#rows
    writer.text(rows.join(this.separator))
    if (this.limit === Infinity) return
    writer.varint(rows.length)
    let at = 0
    for (const row of rows) {
      writer.varint(at)
      at += row.length
      writer.varint(at)
      at += this.separator.length
    }
  }

  read(reader: ByteReader): void {
    const text = reader.text()
    if (this.limit === Infinity) {
      this.#rows = text === '' ? [] : [text]
      return
    }
    this.#rows = Array.from({ length: reader.varint() }, () => text.slice(reader.varint(), reader.varint()))
  }

  result(): Value {
    return this.#rows.join(this.separator)
  }
}
