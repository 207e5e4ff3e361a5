import { ArrayColumn } from '../../columns/array.ts'
import type { Column } from '../../columns/column.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { ArrayType } from '../../types/compound.ts'
import { type Combinator, stateOf } from './combinator.ts'
import { Wrapped } from './wrapped.ts'

/** -Array: every element of array arguments as a row of its own. */
export const array: Combinator = {
  suffix: 'Array',
  about: 'Takes arrays and sees each element as a row.',
  bind: combined => {
    const { name, argumentTypes, bindInner } = combined
    const elements = argumentTypes.map(type => {
      if (type instanceof ArrayType) return type.element
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${type.name} of argument for aggregate function ${name}. Must be array.`,
      )
    })
    if (elements.length === 0)
      throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `-Array aggregate functions require at least one argument`)
    const inner = bindInner(elements)
    return {
      type: inner.type,
      form: inner.form,
      state: stateOf(inner, 'Array', combined),
      create: arena => new OfElements(arena, inner.create(arena)),
    }
  },
}

class OfElements extends Wrapped {
  add(groups: number, args: readonly Column[], rows: number): void {
    const { kernels } = this.memory
    const scratch = this.arena.child()
    const arrays = args.map(column => {
      assert(column instanceof ArrayColumn, 'an argument of -Array is an array')
      return column.compact(scratch)
    })
    const [{ offsets, elements }] = arrays
    const total = elements.rows
    for (const other of arrays)
      if (other.elements.rows !== total || kernels.compareBytesOf(other.offsets, offsets, (rows + 1) * 4) !== 0)
        throw new DBError('SIZES_OF_ARRAYS_DOESNT_MATCH', 'All arrays must have the same size')
    let ids = 0
    if (groups !== 0) {
      ids = scratch.allocate(total * 4)
      kernels.repeatIds(groups, offsets, rows, ids)
    }
    const columns = arrays.map(each => each.elements)
    if (total > 0) this.inner.add(ids, columns, total)
    scratch.destroy()
  }
}
