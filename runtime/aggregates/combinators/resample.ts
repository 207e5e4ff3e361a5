import { ArrayColumn } from '../../columns/array.ts'
import type { Column } from '../../columns/column.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import { ArrayType } from '../../types/compound.ts'
import type { Value } from '../../types/value.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { isInteger, isTime, numberReader } from '../objectStates.ts'
import type { StateForm } from '../stateForm.ts'
import { ColumnarAggregate, pickRows } from '../states.ts'
import { type Combinator, stateOf } from './combinator.ts'

const bucketsMax = 1_048_576

/** -Resample(start, end, step): a result for each step of the last argument between start and end. */
export const resample: Combinator = {
  suffix: 'Resample',
  about: 'Takes a key as last argument, divides it into steps between two bounds, and gives an array of results.',
  bind: combined => {
    const { name, argumentTypes, parameters, bindInner } = combined
    if (parameters.length < 3)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Incorrect number of parameters for aggregate function ${name}: start, end and step are wanted`,
      )
    const [start, end, step] = parameters.slice(-3).map(Number)
    if (!(step > 0))
      throw new DBError('ARGUMENT_OUT_OF_BOUND', 'The step used in function with -Resample cannot be zero')
    const buckets = Math.max(0, Math.ceil((end - start) / step))
    if (buckets > bucketsMax)
      throw new DBError(
        'ARGUMENT_OUT_OF_BOUND',
        `The range given in function with -Resample contains too many elements (limit is ${bucketsMax})`,
      )
    const key = argumentTypes[argumentTypes.length - 1]
    if (key === undefined || !(isInteger(key) || isTime(key)))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal types of argument for aggregate function ${name}, the type of key should be an integer or a date`,
      )
    const inner = bindInner(argumentTypes.slice(0, -1), parameters.slice(0, -3))
    return {
      type: new ArrayType(inner.type),
      form: repeatedForm(inner.form, buckets),
      state: stateOf(inner, 'Resample', combined),
      create: arena => new Resampled(arena, inner.create(arena), { start, end, step, buckets }),
    }
  },
}

interface Steps {
  readonly start: number
  readonly end: number
  readonly step: number
  readonly buckets: number
}

/** So many states one behind another, as arrays of what they consist of. */
function repeatedForm(inner: StateForm, count: number): StateForm {
  return {
    types: inner.types.map(type => new ArrayType(type)),
    write(arrays, writer) {
      for (let i = 0; i < count; i++)
        inner.write(
          arrays.map(array => (array as Value[])[i]),
          writer,
        )
    },
    read(reader) {
      const states = Array.from({ length: count }, () => inner.read(reader))
      return inner.types.map((_, column) => states.map(state => state[column]))
    },
  }
}

/** A group of the inner function is a bucket of a group. */
class Resampled extends ColumnarAggregate {
  constructor(
    arena: Arena,
    readonly inner: GroupedAggregate,
    readonly steps: Steps,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    this.inner.ensure(groups * this.steps.buckets)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    const { start, end, step, buckets } = this.steps
    this.withScratch(scratch => {
      const key = numberReader(args[args.length - 1])
      const ids = scratch.allocate(rows * 4)
      const indices = scratch.allocate(rows * 4)
      const { u32 } = this.memory
      let count = 0
      for (let row = 0; row < rows; row++) {
        const value = key(row)
        if (!(value >= start && value < end)) continue
        const group = groups === 0 ? 0 : u32[groups / 4 + row]
        u32[ids / 4 + count] = group * buckets + Math.floor((value - start) / step)
        u32[indices / 4 + count++] = row
      }
      if (count === 0) return
      const { columns } = pickRows(args.slice(0, -1), 0, indices, count, scratch)
      this.inner.add(ids, columns, count)
    })
  }

  #arrays(column: Column, start: number, count: number, arena: Arena): ArrayColumn {
    const { buckets } = this.steps
    const offsets = arena.allocate((count + 1) * 4)
    this.memory.kernels.fillRange(0, buckets, count + 1, offsets)
    return new ArrayColumn(offsets, column.slice(start * buckets, count * buckets), count)
  }

  states(count: number, arena: Arena): Column[] {
    const states = this.inner.states(count * this.steps.buckets, arena)
    return states.map(column => this.#arrays(column, 0, count, arena))
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    const { buckets } = this.steps
    this.withScratch(scratch => {
      const ids = scratch.allocate(count * buckets * 4)
      const { u32 } = this.memory
      for (let i = 0; i < count; i++) {
        const group = groups === 0 ? i : u32[groups / 4 + i]
        for (let bucket = 0; bucket < buckets; bucket++) u32[ids / 4 + i * buckets + bucket] = group * buckets + bucket
      }
      const elements = states.map(column => (column as ArrayColumn).compact(scratch).elements)
      this.inner.absorb(elements, ids, count * buckets)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const { buckets } = this.steps
    const results = this.inner.result(start * buckets, count * buckets, arena).full(arena)
    return this.#arrays(results, 0, count, arena)
  }
}
