import type { Column } from '../../columns/column.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import type { Arena } from '../../core/memory.ts'
import { NullableType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import type { StateForm } from '../stateForm.ts'
import { StateArray, uint8 } from '../states.ts'
import { type Combinator, stateOf } from './combinator.ts'
import { SeenFlags } from './seenFlags.ts'
import { Wrapped } from './wrapped.ts'

/** -OrNull: NULL where no row was seen. */
export const orNull: Combinator = {
  suffix: 'OrNull',
  about: 'NULL where there was nothing to aggregate.',
  bind: combined => {
    const { argumentTypes, bindInner } = combined
    const inner = bindInner(argumentTypes)
    const nested = canBeNullable(inner.type)
    const type = nested ? new NullableType(inner.type) : inner.type
    return {
      type,
      form: seenForm(inner.form),
      state: stateOf(inner, 'OrNull', combined),
      create: arena => new OrNull(arena, inner.create(arena), nested),
    }
  },
}

/** -OrDefault: the type's default where no row was seen. */
export const orDefault: Combinator = {
  suffix: 'OrDefault',
  about: "The type's default where there was nothing to aggregate.",
  bind: combined => {
    const { argumentTypes, bindInner } = combined
    const inner = bindInner(argumentTypes)
    return {
      type: inner.type,
      form: seenForm(inner.form),
      state: stateOf(inner, 'OrDefault', combined),
      create: arena => new OrDefault(arena, inner.create(arena)),
    }
  },
}

/** The state, then whether a row was seen. */
function seenForm(inner: StateForm): StateForm {
  return {
    types: [uint8, ...inner.types],
    write([seen, ...values], writer) {
      inner.write(values, writer)
      writer.u8(seen as number)
    },
    read(reader) {
      const values = inner.read(reader)
      return [reader.u8(), ...values]
    },
  }
}

export function canBeNullable(type: DataType): boolean {
  return type.kind === 'String' || type.kind === 'Tuple' || type.width > 0
}

abstract class Seeing extends Wrapped {
  readonly seen: SeenFlags

  constructor(arena: Arena, inner: GroupedAggregate) {
    super(arena, inner)
    this.seen = new SeenFlags(new StateArray(arena, 1))
  }

  override ensure(groups: number): void {
    this.inner.ensure(groups)
    this.seen.flags.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.seen.mark(groups, rows)
    this.inner.add(groups, args, rows)
  }

  override states(count: number, arena: Arena): Column[] {
    return [this.seen.flags.column(uint8, 0, count), ...this.inner.states(count, arena)]
  }

  override absorb([flags, ...states]: readonly Column[], groups: number, count: number): void {
    this.seen.absorb(flags, groups, count)
    this.inner.absorb(states, groups, count)
  }
}

class OrNull extends Seeing {
  constructor(
    arena: Arena,
    inner: GroupedAggregate,
    readonly nested: boolean,
  ) {
    super(arena, inner)
  }

  override result(start: number, count: number, arena: Arena): Column {
    const values = this.inner.result(start, count, arena)
    if (!this.nested) return values.full(arena).gather(this.seen.rowsOrNone(start, count, arena), count, arena)
    return new NullableColumn(this.seen.unseen(start, count, arena), values)
  }
}

class OrDefault extends Seeing {
  override result(start: number, count: number, arena: Arena): Column {
    const values = this.inner.result(start, count, arena)
    return values.gather(this.seen.rowsOrNone(start, count, arena), count, arena)
  }
}
