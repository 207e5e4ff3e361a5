import type { Column } from '../../columns/column.ts'
import { columnOf } from '../../columns/build.ts'
import { compareKeys } from '../compareKeys.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { DataType } from '../../types/dataType.ts'
import type { Value } from '../../types/value.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { valueReader } from '../objectStates.ts'
import { optionalForm, type StateForm } from '../stateForm.ts'
import { ColumnarAggregate, pickRows, uint8 } from '../states.ts'
import { type Combinator, stateOf } from './combinator.ts'

const define = (suffix: string, direction: 1 | -1, about: string): Combinator => ({
  suffix,
  about,
  bind: combined => {
    const { name, argumentTypes, bindInner } = combined
    const key = argumentTypes[argumentTypes.length - 1]
    if (key === undefined)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Incorrect number of arguments for aggregate function ${name}: -${suffix} needs a key`,
      )
    const inner = bindInner(argumentTypes.slice(0, -1))
    return {
      type: inner.type,
      form: keyedForm(inner.form, key),
      state: stateOf(inner, suffix, combined),
      create: arena => new AtExtreme(arena, inner.create(arena), key, direction),
    }
  },
})

/** -ArgMin: only the rows where the last argument is least. */
export const argMin = define('ArgMin', 1, 'Takes a key as last argument and sees only the rows where it is least.')
/** -ArgMax: only the rows where the last argument is greatest. */
export const argMax = define('ArgMax', -1, 'Takes a key as last argument and sees only the rows where it is greatest.')

function keyedForm(inner: StateForm, key: DataType): StateForm {
  const last = optionalForm(key)
  return {
    types: [...inner.types, ...last.types],
    write(values, writer) {
      inner.write(values.slice(0, -2), writer)
      last.write(values.slice(-2), writer)
    },
    read: reader => [...inner.read(reader), ...last.read(reader)],
  }
}

/** A group's rows go to a group of the inner function, and to a new one when there is a better key. */
class AtExtreme extends ColumnarAggregate {
  /** Each group's best key, and its group in the inner function. */
  readonly #keys: (Value | undefined)[] = []
  readonly #places: number[] = []
  #used = 0

  constructor(
    arena: Arena,
    readonly inner: GroupedAggregate,
    readonly key: DataType,
    readonly direction: 1 | -1,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    while (this.#places.length < groups) {
      this.#keys.push(undefined)
      this.#places.push(this.#used++)
    }
    this.inner.ensure(this.#used)
  }

  /** Rows that have their group's best key, and where they belong in the inner function. */
  #leaders(groups: number, keys: (row: number) => Value, has: (row: number) => boolean, rows: number, scratch: Arena) {
    const { u32 } = this.memory
    const groupOf = (row: number): number => (groups === 0 ? 0 : u32[groups / 4 + row])
    const better = new Set<number>()
    for (let row = 0; row < rows; row++) {
      if (!has(row)) continue
      const group = groupOf(row)
      const best = this.#keys[group]
      const key = keys(row)
      if (best !== undefined && compareKeys(key, best, this.direction < 0) * this.direction >= 0) continue
      if (best !== undefined) better.add(group)
      this.#keys[group] = key
    }
    for (const group of better) this.#places[group] = this.#used++
    this.inner.ensure(this.#used)
    const indices = scratch.allocate(rows * 4)
    const places = scratch.allocate(rows * 4)
    const words = this.memory.u32
    let count = 0
    for (let row = 0; row < rows; row++) {
      if (!has(row)) continue
      const group = groupOf(row)
      if (compareKeys(keys(row), this.#keys[group] as Value) !== 0) continue
      words[indices / 4 + count] = row
      words[places / 4 + count++] = this.#places[group]
    }
    return { indices, places, count }
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const read = valueReader(args[args.length - 1])
      const { indices, places, count } = this.#leaders(groups, read, () => true, rows, scratch)
      if (count === 0) return
      const { columns } = pickRows(args.slice(0, -1), 0, indices, count, scratch)
      this.inner.add(places, columns, count)
    })
  }

  #rows(start: number, count: number, arena: Arena): number {
    const rows = arena.allocate(count * 4)
    this.memory.u32.set(this.#places.slice(start, start + count), rows / 4)
    return rows
  }

  states(count: number, arena: Arena): Column[] {
    this.ensure(count)
    const rows = this.#rows(0, count, arena)
    const states = this.inner.states(this.#used, arena).map(column => column.gather(rows, count, arena))
    const keys = this.#keys.slice(0, count)
    return [
      ...states,
      columnOf(
        this.key,
        keys.map(key => (key === undefined ? this.key.default : key)),
        arena,
      ),
      columnOf(
        uint8,
        keys.map(key => (key === undefined ? 0 : 1)),
        arena,
      ),
    ]
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const [keys, flags] = states.slice(-2).map(valueReader)
      const { u32 } = this.memory
      let ids = groups
      if (groups === 0) {
        ids = scratch.allocate(count * 4)
        for (let i = 0; i < count; i++) u32[ids / 4 + i] = i
      }
      const leaders = this.#leaders(ids, keys, row => flags(row) === 1, count, scratch)
      if (leaders.count === 0) return
      const { columns } = pickRows(states.slice(0, -2), 0, leaders.indices, leaders.count, scratch)
      this.inner.absorb(columns, leaders.places, leaders.count)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    this.ensure(start + count)
    const rows = this.#rows(start, count, arena)
    return this.inner.result(0, this.#used, arena).full(arena).gather(rows, count, arena)
  }
}
