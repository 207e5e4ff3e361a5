// One value of a group, chosen in ways of their own.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { compareKeys } from './compareKeys.ts'
import { defineObject, type ObjectState } from './objectStates.ts'
import { optionalForm, type StateForm } from './stateForm.ts'

const anyHeavy = defineObject({
  name: 'anyHeavy',
  about: 'A frequent value: of one that makes up more than half of all, that.',
  takes: 1,
  bind: ([type]) => ({ type, create: () => new Heavy(type) }),
})

class Heavy implements ObjectState {
  #value: Value | undefined
  #count = 0
  readonly #form: StateForm

  constructor(readonly type: DataType) {
    this.#form = optionalForm(type)
  }

  add(value: Value): void {
    if (this.#value !== undefined && compareKeys(this.#value, value) === 0) this.#count++
    else if (this.#count === 0) {
      this.#value = value
      this.#count = 1
    } else this.#count--
  }

  merge(other: this): void {
    if (other.#value === undefined) return
    if (this.#value !== undefined && compareKeys(this.#value, other.#value) === 0) this.#count += other.#count
    else if (this.#value === undefined || this.#count < other.#count) {
      this.#value = other.#value
      this.#count = other.#count - this.#count
    } else this.#count -= other.#count
  }

  write(writer: ByteWriter): void {
    this.#form.write([this.#value ?? this.type.default, this.#value === undefined ? 0 : 1], writer)
    writer.u64(BigInt(this.#count))
  }

  read(reader: ByteReader): void {
    const [value, has] = this.#form.read(reader)
    this.#value = has ? value : undefined
    this.#count = Number(reader.u64())
  }

  result(): Value {
    return this.#value ?? this.type.default
  }
}

const respecting = (name: string, isLast: boolean, about: string, aliases: readonly string[]): AggregateDefinition =>
  defineObject({
    name,
    about,
    aliases,
    caseInsensitive: true,
    takes: 1,
    nulls: 'own',
    bind: ([type]) => ({ type, create: () => new Respecting(type, isLast) }),
  })

/** NULL is a value: a state begins with 1 for none, 2 for NULL, 3 for a value. */
class Respecting implements ObjectState {
  #value: Value | undefined

  constructor(
    readonly type: DataType,
    readonly isLast: boolean,
  ) {}

  add(value: Value): void {
    if (this.isLast || this.#value === undefined) this.#value = value
  }

  merge(other: this): void {
    if (other.#value !== undefined) this.add(other.#value)
  }

  write(writer: ByteWriter): void {
    writer.u8(this.#value === undefined ? 1 : this.#value === null ? 2 : 3)
    const plain = this.type instanceof NullableType ? this.type.inner : this.type
    if (this.#value !== undefined && this.#value !== null) plain.writeBinary(writer, this.#value)
  }

  read(reader: ByteReader): void {
    const kind = reader.u8()
    const plain = this.type instanceof NullableType ? this.type.inner : this.type
    this.#value = kind === 2 ? null : kind === 3 ? plain.readBinary(reader) : undefined
  }

  result(): Value {
    return this.#value === undefined ? this.type.default : this.#value
  }
}

const pairAt = (name: string, direction: 1 | -1, about: string): AggregateDefinition =>
  defineObject({
    name,
    about,
    takes: 2,
    parametric: true,
    bind: types => ({ type: new TupleType([...types]), create: () => new PairAt(types, direction) }),
  })

class PairAt implements ObjectState {
  #best: [Value, Value] | null = null

  constructor(
    readonly types: readonly DataType[],
    readonly direction: 1 | -1,
  ) {}

  add(argument: Value, value: Value): void {
    if (this.#best === null || compareKeys(value, this.#best[1], this.direction < 0) * this.direction < 0)
      this.#best = [argument, value]
  }

  merge(other: this): void {
    if (other.#best !== null) this.add(...other.#best)
  }

  write(writer: ByteWriter): void {
    for (const [i, type] of this.types.entries())
      optionalForm(type).write([this.#best?.[i] ?? type.default, this.#best === null ? 0 : 1], writer)
  }

  read(reader: ByteReader): void {
    const [argument, value] = this.types.map(type => optionalForm(type).read(reader))
    this.#best = value[1] ? [argument[0], value[0]] : null
  }

  result(): Value {
    return this.#best ?? this.types.map(type => type.default)
  }
}

const singleValueOrNull = defineObject({
  name: 'singleValueOrNull',
  about: 'The value, if there is one only; else NULL.',
  takes: 1,
  bind: ([type]) => {
    const isPlain = !(type.width > 0 || type.kind === 'String')
    return { type: isPlain ? type : new NullableType(type), create: () => new Single(type) }
  },
})

class Single implements ObjectState {
  #value: Value | undefined
  #isSingle = true

  constructor(readonly type: DataType) {}

  add(value: Value): void {
    if (this.#value === undefined) this.#value = value
    else if (compareKeys(this.#value, value) !== 0) this.#isSingle = false
  }

  merge(other: this): void {
    if (other.#value === undefined) return
    this.add(other.#value)
    if (!other.#isSingle) this.#isSingle = false
  }

  write(writer: ByteWriter): void {
    optionalForm(this.type).write([this.#value ?? this.type.default, this.#value === undefined ? 0 : 1], writer)
    if (!this.#isSingle) writer.u8(0)
  }

  read(reader: ByteReader): void {
    const [value, has] = optionalForm(this.type).read(reader)
    this.#value = has ? value : undefined
  }

  result(): Value {
    if (this.#value !== undefined && this.#isSingle) return this.#value
    return this.type.kind === 'Array' || this.type.kind === 'Tuple' || this.type.kind === 'Map'
      ? this.type.default
      : null
  }
}

export const oneValueAggregates: readonly AggregateDefinition[] = [
  anyHeavy,
  respecting('any_respect_nulls', false, 'The first value that was met, NULL too.', [
    'anyRespectNulls',
    'anyValueRespectNulls',
    'any_value_respect_nulls',
    'firstValueRespectNulls',
    'first_value_respect_nulls',
  ]),
  respecting('anyLast_respect_nulls', true, 'The last value that was met, NULL too.', [
    'anyLastRespectNulls',
    'lastValueRespectNulls',
    'last_value_respect_nulls',
  ]),
  pairAt('argAndMin', 1, 'The first argument where the second is least, and that.'),
  pairAt('argAndMax', -1, 'The first argument where the second is greatest, and that.'),
  singleValueOrNull,
]
