import { columnOf } from '../../columns/build.ts'
import type { Column } from '../../columns/column.ts'
import { ConstColumn } from '../../columns/const.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import type { Arena } from '../../core/memory.ts'
import { NullableType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import { parseType } from '../../types/parseType.ts'
import type { AggregateDefinition, BoundAggregate, GroupedAggregate } from '../aggregate.ts'
import type { StateForm } from '../stateForm.ts'
import { ColumnarAggregate, maskRows, pickRows, StateArray, uint8 } from '../states.ts'
import { canBeNullable } from './orNull.ts'
import { SeenFlags } from './seenFlags.ts'
import { Wrapped } from './wrapped.ts'

/** A function for Nullable arguments: rows with a NULL are not seen, and where none is left the result is NULL (but for counts and arrays). */
export function skipNulls(
  definition: AggregateDefinition,
  given: readonly DataType[],
  plain: readonly DataType[],
  bindInner: (types: readonly DataType[]) => BoundAggregate,
): Pick<BoundAggregate, 'type' | 'form' | 'state' | 'create'> {
  if (plain.some((type, i) => type.kind === 'Nothing' && given[i] !== type) && !definition.countLike) {
    const type = new NullableType(parseType('Nothing'))
    const state = { name: 'nothingNull', argumentTypes: given }
    return { type, state, form: nothingForm, create: arena => new AlwaysNull(arena, type) }
  }
  const inner = bindInner(plain)
  const nullable = !definition.countLike && canBeNullable(inner.type)
  const type = nullable ? new NullableType(inner.type) : inner.type
  const form = flaggedForm(inner.form, nullable || definition.countLike === true)
  return { type, form, state: inner.state, create: arena => new SkipNulls(arena, inner.create(arena), nullable) }
}

/** Whether a row was seen, and only then the state. Where the result says as much, there is only the state. */
function flaggedForm(inner: StateForm, isWritten: boolean): StateForm {
  return {
    types: [uint8, ...inner.types],
    write([seen, ...values], writer) {
      if (isWritten) writer.u8(seen as number)
      if (seen || !isWritten) inner.write(values, writer)
    },
    read(reader) {
      const seen = isWritten ? reader.u8() : 1
      return [seen, ...(seen ? inner.read(reader) : inner.types.map(type => type.default))]
    },
  }
}

/** One byte that says nothing. */
const nothingForm: StateForm = {
  types: [new NullableType(parseType('Nothing'))],
  write: (_values, writer) => writer.u8(0),
  read(reader) {
    reader.u8()
    return [null]
  },
}

class SkipNulls extends Wrapped {
  readonly #seen: SeenFlags

  constructor(
    arena: Arena,
    inner: GroupedAggregate,
    readonly nullable: boolean,
  ) {
    super(arena, inner)
    this.#seen = new SeenFlags(new StateArray(arena, 1))
  }

  override ensure(groups: number): void {
    this.inner.ensure(groups)
    this.#seen.flags.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    const scratch = this.arena.child()
    const { kernels } = this.memory
    let nulls = 0
    const plain = args.map(column => {
      if (!(column instanceof NullableColumn)) return column
      if (nulls === 0) nulls = column.nulls
      else {
        const both = scratch.allocate(rows)
        kernels.orMasks(nulls, column.nulls, rows, both)
        nulls = both
      }
      return column.values
    })
    const mask = scratch.allocate(rows)
    if (nulls !== 0) kernels.maskNot(nulls, mask, rows)
    const some = nulls === 0 ? null : maskRows(mask, rows, scratch)
    if (!some) {
      this.#seen.mark(groups, rows)
      this.inner.add(groups, plain, rows)
    } else if (some.count > 0) {
      const picked = pickRows(plain, groups, some.indices, some.count, scratch)
      this.#seen.mark(picked.groups, some.count)
      this.inner.add(picked.groups, picked.columns, some.count)
    }
    scratch.destroy()
  }

  override states(count: number, arena: Arena): Column[] {
    return [this.#seen.flags.column(uint8, 0, count), ...this.inner.states(count, arena)]
  }

  override absorb([flags, ...states]: readonly Column[], groups: number, count: number): void {
    this.#seen.absorb(flags, groups, count)
    this.inner.absorb(states, groups, count)
  }

  override result(start: number, count: number, arena: Arena): Column {
    const values = this.inner.result(start, count, arena)
    return this.nullable ? new NullableColumn(this.#seen.unseen(start, count, arena), values) : values
  }
}

/** Of a NULL without a type nothing can be aggregated. */
class AlwaysNull extends ColumnarAggregate {
  constructor(
    arena: Arena,
    readonly type: DataType,
  ) {
    super(arena)
  }

  ensure(): void {}

  add(): void {}

  states(count: number, arena: Arena): Column[] {
    return [this.result(0, count, arena)]
  }

  absorb(): void {}

  result(_start: number, count: number, arena: Arena): Column {
    return new ConstColumn(columnOf(this.type, [null], arena), count).full(arena)
  }
}
