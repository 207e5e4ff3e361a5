import type { Column } from '../../columns/column.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import { LowCardinalityType, NullableType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import { maskRows, pickRows, pointerOf } from '../states.ts'
import { type Combinator, stateOf } from './combinator.ts'
import { Wrapped } from './wrapped.ts'

/** -If: only the rows where the last argument, a condition, is true. */
export const ifCombinator: Combinator = {
  suffix: 'If',
  about: 'Takes a condition as last argument and sees only the rows where it is true.',
  passesNulls: true,
  bind: combined => {
    const { name, argumentTypes, bindInner } = combined
    const condition = argumentTypes[argumentTypes.length - 1]
    if (condition === undefined)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Incorrect number of arguments for aggregate function ${name}: -If needs a condition`,
      )
    if (plain(condition).physical !== 'U8')
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${condition.name} of last argument for aggregate function ${name}, must be UInt8`,
      )
    const inner = bindInner(argumentTypes.slice(0, -1))
    return {
      type: inner.type,
      form: inner.form,
      state: stateOf(inner, 'If', combined),
      create: arena => new If(arena, inner.create(arena)),
    }
  },
}

function plain(type: DataType): DataType {
  if (type instanceof LowCardinalityType) return plain(type.inner)
  return type instanceof NullableType ? type.inner : type
}

class If extends Wrapped {
  add(groups: number, args: readonly Column[], rows: number): void {
    const scratch = this.arena.child()
    const some = maskRows(truth(args[args.length - 1], rows, scratch), rows, scratch)
    const own = args.slice(0, -1)
    if (!some) this.inner.add(groups, own, rows)
    else if (some.count > 0) {
      const picked = pickRows(own, groups, some.indices, some.count, scratch)
      this.inner.add(picked.groups, picked.columns, some.count)
    }
    scratch.destroy()
  }
}

/** u8[rows], 1 where a condition is neither 0 nor NULL. */
function truth(column: Column, rows: number, arena: Arena): number {
  const full = column instanceof LowCardinalityColumn ? column.plain(arena) : column
  const { kernels } = arena.memory
  const mask = arena.allocate(rows)
  if (!(full instanceof NullableColumn)) {
    kernels.truthMask(pointerOf(full), 0, rows, mask)
    return mask
  }
  kernels.truthMask(pointerOf(full.values), full.nulls, rows, mask)
  return mask
}
