import type { Column } from '../columns/column.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition, BoundAggregate } from './aggregate.ts'
import { type Combinator, combinators } from './combinators/combinator.ts'
import { skipNulls } from './combinators/skipNulls.ts'
import { Wrapped } from './combinators/wrapped.ts'
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
  return definitionOf(name) !== undefined
}

/** The function that a name's combinators are applied to. */
function definitionOf(name: string): AggregateDefinition | undefined {
  const definition = find(name)
  if (definition) return definition
  const combinator = combinatorOf(name)
  return combinator && definitionOf(name.slice(0, -combinator.suffix.length))
}

function combinatorOf(name: string): Combinator | undefined {
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
  const plain = argumentTypes.map(type => (type instanceof LowCardinalityType ? type.inner : type))
  const bound = bindNullable(name, plain, parameters)
  if (argumentTypes.every((type, i) => type === plain[i])) return bound
  return { ...bound, argumentTypes, create: arena => new Unpacked(arena, bound.create(arena)) }
}

function bindNullable(name: string, types: readonly DataType[], parameters: readonly Value[]): BoundAggregate {
  const definition = definitionOf(name)
  if (!definition) throw new DBError('UNKNOWN_AGGREGATE_FUNCTION', `Unknown aggregate function ${name}`)
  const combinator = find(name) ? undefined : combinatorOf(name)
  const skips = definition.nulls !== 'own' && !combinator?.passesNulls
  if (!skips || !types.some(type => type instanceof NullableType)) return bindPlain(name, types, parameters)
  const inner = types.map(type => (type instanceof NullableType ? type.inner : type))
  const bound = skipNulls(definition, types, inner, types => bindPlain(name, types, parameters))
  return { name, parameters, argumentTypes: types, ...bound, state: { ...bound.state, argumentTypes: types } }
}

function bindPlain(name: string, types: readonly DataType[], parameters: readonly Value[]): BoundAggregate {
  const definition = find(name)
  if (definition) {
    const refuse = (): void => {
      if (parameters.length === 0 || definition.parametric) return
      throw new DBError(
        'AGGREGATE_FUNCTION_DOESNT_ALLOW_PARAMETERS',
        `Aggregate function ${name} cannot have parameters`,
      )
    }
    if (!definition.typesFirst) refuse()
    const { stateName, stateVersion, stateArguments, ...bound } = definition.bind(types, parameters)
    refuse()
    const state = { name: stateName ?? definition.name, version: stateVersion, argumentTypes: stateArguments ?? types }
    return { ...bound, name: definition.name, argumentTypes: types, parameters, state }
  }
  const combinator = combinatorOf(name)
  if (!combinator) throw new DBError('UNKNOWN_AGGREGATE_FUNCTION', `Unknown aggregate function ${name}`)
  const { suffix } = combinator
  const inner = name.slice(0, -suffix.length)
  // A row that the condition leaves out is no row for -OrNull and -OrDefault, in whichever order they are written.
  if (suffix.startsWith('Or') && inner.endsWith('If') && !find(inner)) {
    const bound = bindPlain(`${inner.slice(0, -2)}${suffix}If`, types, parameters)
    return { ...bound, name }
  }
  const bound = combinator.bind({
    name,
    inner,
    argumentTypes: types,
    parameters,
    bindInner: (types, own = parameters) => bindAggregate(inner, types, own),
    bindOther: bindAggregate,
  })
  return { name, argumentTypes: types, parameters, ...bound }
}

/** Gives its function LowCardinality arguments unpacked. */
class Unpacked extends Wrapped {
  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch((scratch: Arena) => {
      const plain = args.map(column => (column instanceof LowCardinalityColumn ? column.plain(scratch) : column))
      this.inner.add(groups, plain, rows)
    })
  }
}
