// Quantiles whose states are objects.
import type { Column } from '../columns/column.ts'
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import { DecimalType } from '../types/decimal.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { numberReader, objectForm, Objects } from './objectStates.ts'
import { asValue, defineQuantiles, type Levels, type QuantileFamily } from './quantile.ts'

/** A state that gives the values of some levels. */
export interface LevelState {
  add(value: number, more: number): void
  merge(other: this): void
  write(writer: ByteWriter): void
  read(reader: ByteReader): void
  values(levels: readonly number[]): number[]
}

interface StateFamily extends Omit<QuantileFamily, 'form' | 'create'> {
  readonly create: (types: readonly DataType[], parameters: readonly Value[]) => LevelState
}

export function defineStateQuantiles(family: StateFamily): AggregateDefinition[] {
  const none: Levels = { levels: [], several: true }
  return defineQuantiles({
    ...family,
    form: (types, parameters) => objectForm(() => withLevels(family.create(types, parameters), none, types[0])),
    create: (arena: Arena, types, levels, type, parameters) =>
      new Objects<number>(
        arena,
        levels.several ? new ArrayType(type) : type,
        () => withLevels(family.create(types, parameters), levels, type),
        (column: Column) => numberReader(column, false),
      ),
  })
}

function withLevels(state: LevelState, { levels, several }: Levels, type: DataType) {
  return Object.assign(state, {
    result(): Value {
      const values = state.values(levels).map(value => toValue(value, type))
      return several ? values : values[0]
    },
  })
}

/** What is NaN is the default of types that have none. */
function toValue(value: number, type: DataType): Value {
  if (Number.isNaN(value) && !type.physical?.startsWith('F')) return type.default
  return type instanceof DecimalType ? BigInt(Math.trunc(value)) : asValue(value, type)
}
