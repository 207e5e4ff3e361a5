import type { Column } from '../columns/column.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { StateForm } from './stateForm.ts'

/**
 * One aggregate function's states for all groups of one GROUP BY. Groups are numbers from 0; the states lie in the arena given
 * at creation and go with it.
 */
export interface GroupedAggregate {
  /** Makes room for, and empty states of, all groups below `groups`. Called before add and merge. */
  ensure(groups: number): void
  /** groups: pointer to u32[rows], each row's group; 0: every row belongs to group 0. Arguments are full columns. */
  add(groups: number, args: readonly Column[], rows: number): void
  /** Takes in another's states 0..count. groups: pointer to u32[count], our number of each of its groups; 0: the same numbers. */
  merge(other: GroupedAggregate, groups: number, count: number): void
  /** The results of groups [start, start + count), as the bound type. */
  result(start: number, count: number, arena: Arena): Column
  /** States 0..count as columns, of which absorb makes states again. May share the states' memory: valid until they change. */
  states(count: number, arena: Arena): Column[]
  /** Takes in states that `states` gave, whole or some rows of them. groups: as for merge. */
  absorb(states: readonly Column[], groups: number, count: number): void
  /** States 0..count in a compact form of our own, for moving between workers and for spilling. */
  write(count: number): Uint8Array
  /** Takes in states that write gave, as groups `groups` (pointer to u32[count], or 0 for the same numbers). */
  read(bytes: Uint8Array, groups: number, count: number): void
}

/** An aggregate function with its arguments' types fixed. */
export interface BoundAggregate {
  readonly name: string
  readonly type: DataType
  readonly argumentTypes: readonly DataType[]
  readonly parameters: readonly Value[]
  /** What its states are called in a type: `AggregateFunction(1, sumMap, ...)` is version 1 of sumMap. */
  readonly state: { readonly name: string; readonly version?: number; readonly argumentTypes: readonly DataType[] }
  /** Its states as ClickHouse's bytes. */
  readonly form: StateForm
  create(arena: Arena): GroupedAggregate
}

/** What a definition says of a function over arguments of some types. */
export interface Bound {
  readonly type: DataType
  readonly form: StateForm
  /** Where states are called otherwise than the function: an alias, or a newer version of the bytes. */
  readonly stateName?: string
  readonly stateVersion?: number
  /** Of states that are other arguments' than the function's. */
  readonly stateArguments?: readonly DataType[]
  create(arena: Arena): GroupedAggregate
}

/** An aggregate function is data. NULL arguments are skipped and combinators applied by what binds it (bind.ts). */
export interface AggregateDefinition {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly caseInsensitive?: boolean
  readonly about: string
  /** 'skip' (default): rows with a NULL argument are not seen, and no row at all gives NULL for Nullable arguments. 'own': as they are. */
  readonly nulls?: 'skip' | 'own'
  /** The result for no rows is a value (count, sum of nothing): not NULL even for Nullable arguments (count, uniq). */
  readonly countLike?: boolean
  /** It may have parameters, which it checks itself. */
  readonly parametric?: boolean
  /** Wrong arguments are complained of before parameters that there may not be. */
  readonly typesFirst?: boolean
  bind(argumentTypes: readonly DataType[], parameters: readonly Value[]): Bound
  readonly examples?: readonly (readonly [sql: string, answer: string])[]
}

export const defineAggregate = (definition: AggregateDefinition): AggregateDefinition => definition
