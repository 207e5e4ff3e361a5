import type { Column } from '../columns/column.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition, BoundAggregate, GroupedAggregate } from './aggregate.ts'
import { combinators } from './combinators/combinator.ts'
import { skipNulls } from './combinators/skipNulls.ts'
import { aggregates } from './registry.ts'

const byName = new Map<string, AggregateDefinition>()
const byLowerName = new Map<string, AggregateDefinition>()
for (const definition of aggregates)
  for (const name of [definition.name, ...(definition.aliases ?? [])]) {
    byName.set(name, definition)
    // Names in capitals are SQL's and may be written in any case.
    if (definition.caseInsensitive || name === name.toUpperCase()) byLowerName.set(name.toLowerCase(), definition)
  }

function find(name: string): AggregateDefinition | undefined {
  return byName.get(name) ?? byLowerName.get(name.toLowerCase())
}

/** Whether a name is an aggregate function's, with whatever combinators. */
export function isAggregateName(name: string): boolean {
  if (find(name)) return true
  const combinator = combinatorOf(name)
  return combinator !== undefined && isAggregateName(name.slice(0, -combinator.suffix.length))
}

function combinatorOf(name: string) {
  return combinators.find(({ suffix }) => name.endsWith(suffix) && name.length > suffix.length)
}

/**
 * Finds an aggregate function and fixes its arguments' types: combinators (-If, -Array, ...) are taken off its name from the right, rows with a
 * NULL argument are skipped, and LowCardinality arguments are unpacked.
 */
export function bindAggregate(
  name: string,
  argumentTypes: readonly DataType[],
  parameters: readonly Value[] = [],
): BoundAggregate {
  const definition = find(name)
  if (definition) return bindDefinition(definition, argumentTypes, parameters)
  const combinator = combinatorOf(name)
  if (!combinator) throw new DBError('UNKNOWN_AGGREGATE_FUNCTION', `Unknown aggregate function ${name}`)
  const inner = name.slice(0, -combinator.suffix.length)
  // A row that the condition leaves out is no row for -OrNull and -OrDefault, in whichever order they are written.
  if (combinator.suffix.startsWith('Or') && inner.endsWith('If') && !find(inner))
    return { ...bindAggregate(`${inner.slice(0, -2)}${combinator.suffix}If`, argumentTypes, parameters), name }
  const bound = combinator.bind({
    name,
    inner,
    argumentTypes,
    parameters,
    bindInner: types => bindAggregate(inner, types, parameters),
  })
  return { ...bound, name, argumentTypes }
}

function bindDefinition(
  definition: AggregateDefinition,
  argumentTypes: readonly DataType[],
  parameters: readonly Value[],
): BoundAggregate {
  const plain = argumentTypes.map(type => (type instanceof LowCardinalityType ? type.inner : type))
  let bound: Pick<BoundAggregate, 'type' | 'create'>
  if (definition.nulls !== 'own' && plain.some(type => type instanceof NullableType)) {
    const inner = plain.map(type => (type instanceof NullableType ? type.inner : type))
    bound = skipNulls(definition, plain, inner, parameters)
  } else bound = definition.bind(plain, parameters)
  if (argumentTypes.every((type, i) => type === plain[i])) return { ...bound, name: definition.name, argumentTypes }
  return {
    type: bound.type,
    create: arena => new Unpacked(bound.create(arena), arena),
    name: definition.name,
    argumentTypes,
  }
}

/** Gives its function LowCardinality arguments unpacked. */
class Unpacked implements GroupedAggregate {
  readonly #scratch: Arena

  constructor(
    readonly inner: GroupedAggregate,
    arena: Arena,
  ) {
    this.#scratch = arena.child()
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    const plain = args.map(column => (column instanceof LowCardinalityColumn ? column.plain(this.#scratch) : column))
    this.inner.add(groups, plain, rows)
    this.#scratch.reset()
  }

  ensure(groups: number): void {
    this.inner.ensure(groups)
  }

  merge(other: GroupedAggregate, groups: number, count: number): void {
    this.inner.merge(other, groups, count)
  }

  result(start: number, count: number, arena: Arena): Column {
    return this.inner.result(start, count, arena)
  }

  states(count: number, arena: Arena): Column[] {
    return this.inner.states(count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.inner.absorb(states, groups, count)
  }

  write(count: number): Uint8Array {
    return this.inner.write(count)
  }

  read(bytes: Uint8Array, groups: number, count: number): void {
    this.inner.read(bytes, groups, count)
  }
}
