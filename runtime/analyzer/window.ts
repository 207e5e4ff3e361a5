import { bindAggregate, isAggregateName } from '../aggregates/bind.ts'
import { DBError } from '../core/errors.ts'
import type { Expr, FunctionCall, OrderByElement, WindowDefinition, WindowFrameBound } from '../sql/ast.ts'
import { commonType } from '../types/commonType.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { Resolver } from './resolve.ts'
import type { FrameBound, SortKey, Typed, WindowNode, WindowSpec } from './typed.ts'

/** Functions that exist only over a window: their types, and how many arguments (and parameters) they take. */
interface WindowFunction {
  readonly type: (args: readonly Typed[]) => DataType
  readonly takes: readonly [number, number]
  readonly parameters?: number
}

const isTime = ({ type }: Typed): boolean => /^(Nullable\()?(U?Int\d|Float|Date|Decimal)/.test(type.name)

/** Of a value and a time, or of the time only. */
const decayed = (count: number): WindowFunction => ({
  type: args => {
    for (const arg of args)
      if (!isTime(arg))
        throw new DBError(
          'BAD_ARGUMENTS',
          `Arguments of a decayed window function must be numbers and times, got ${arg.type.name}`,
        )
    return parseType('Float64')
  },
  takes: [count, count],
  parameters: 1,
})

const windowFunctions: Record<string, WindowFunction> = {
  row_number: { type: () => parseType('UInt64'), takes: [0, 99] },
  rank: { type: () => parseType('UInt64'), takes: [0, 0] },
  dense_rank: { type: () => parseType('UInt64'), takes: [0, 0] },
  percent_rank: { type: () => parseType('Float64'), takes: [0, 99] },
  cume_dist: { type: () => parseType('Float64'), takes: [0, 99] },
  ntile: { type: () => parseType('UInt64'), takes: [1, 1] },
  lead: { type: neighbourType, takes: [1, 3] },
  lag: { type: neighbourType, takes: [1, 3] },
  leadInFrame: { type: neighbourType, takes: [1, 3] },
  lagInFrame: { type: neighbourType, takes: [1, 3] },
  nth_value: { type: args => args[0].type, takes: [2, 2] },
  exponentialTimeDecayedSum: decayed(2),
  exponentialTimeDecayedMax: decayed(2),
  exponentialTimeDecayedAvg: decayed(2),
  exponentialTimeDecayedCount: decayed(1),
  nonNegativeDerivative: { type: () => parseType('Float64'), takes: [2, 3] },
}
/** The default, where it is given, has its say. */
function neighbourType(args: readonly Typed[]): DataType {
  return args.length > 2 ? commonType([args[0].type, args[2].type]) : args[0].type
}

const aliases: Record<string, string> = { denserank: 'dense_rank', percentrank: 'percent_rank' }

/** `f(x) OVER (...)`. */
export async function resolveWindow(resolver: Resolver, expr: FunctionCall): Promise<Typed> {
  const { over } = expr
  if (!over) throw new DBError('LOGICAL_ERROR', 'A window function has a window')
  const lower = expr.name.toLowerCase()
  const special = Object.keys(windowFunctions).find(
    name => name.toLowerCase() === (Object.hasOwn(aliases, lower) ? aliases[lower] : lower),
  )
  const window = await resolveSpec(resolver, definitionOf(resolver, over))
  if (special) {
    const args = await resolver.resolveAll(expr.args)
    const { type, takes, parameters: wanted = 0 } = windowFunctions[special]
    const parameters: Value[] = []
    for (const parameter of expr.parameters ?? [])
      parameters.push((await resolver.resolveConstant(parameter, 'A parameter of a window function')).value)
    const key = `${special}(${parameters.join(',')})(${args.map(arg => arg.key).join(',')})over${window.key}`
    if (args.length < takes[0] || args.length > takes[1] || (wanted > 0 && parameters.length !== wanted))
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Window function ${special} takes ${takes[0]} to ${takes[1]} arguments and ${wanted} parameters`,
      )
    return resolver.intern<WindowNode>({
      kind: 'window',
      type: type(args),
      name: special,
      args,
      parameters,
      aggregate: null,
      window,
      key,
    })
  }
  if (!isAggregateName(expr.name)) throw new DBError('UNKNOWN_FUNCTION', `Window function ${expr.name} does not exist`)
  const { name, args, parameters } = await resolver.aggregateParts(expr, true)
  const aggregate = bindAggregate(
    name,
    args.map(arg => arg.type),
    parameters,
  )
  const key = `${name}(${parameters.join(',')})(${args.map(arg => arg.key).join(',')})over${window.key}`
  return resolver.intern<WindowNode>({ kind: 'window', type: aggregate.type, name, args, aggregate, window, key })
}

function definitionOf(resolver: Resolver, over: NonNullable<FunctionCall['over']>): WindowDefinition {
  const named = (name: string): WindowDefinition => {
    const found = resolver.scope.windows.get(name)
    if (!found) throw new DBError('BAD_ARGUMENTS', `Window '${name}' does not exist`)
    return found
  }
  if (over.kind === 'windowReference') return definitionOf(resolver, named(over.name))
  if (over.parent === undefined) return over
  const parent = definitionOf(resolver, named(over.parent))
  return {
    ...over,
    parent: undefined,
    partitionBy: over.partitionBy ?? parent.partitionBy,
    orderBy: over.orderBy ?? parent.orderBy,
    frame: over.frame ?? parent.frame,
  }
}

async function resolveSpec(resolver: Resolver, definition: WindowDefinition): Promise<WindowSpec> {
  const partitionBy = await resolver.resolveAll(definition.partitionBy ?? [])
  const orderBy: SortKey[] = []
  for (const element of definition.orderBy ?? []) {
    orderBy.push(await resolveSortKey(resolver, element))
  }
  const bound = async (frameBound: WindowFrameBound): Promise<FrameBound> => {
    if (!('offset' in frameBound)) return { kind: frameBound.kind, offset: 0 }
    const offset = Number((await resolver.resolveConstant(frameBound.offset, "A window frame's offset")).value)
    if (!(offset >= 0))
      throw new DBError('BAD_ARGUMENTS', `A window frame's offset must not be negative, got ${offset}`)
    return { kind: frameBound.kind, offset }
  }
  const frame = definition.frame
    ? {
        unit: definition.frame.unit,
        begin: await bound(definition.frame.begin),
        end: await bound(definition.frame.end),
      }
    : {
        unit: 'RANGE' as const,
        begin: { kind: 'unboundedPreceding' as const, offset: 0 },
        end: { kind: orderBy.length ? ('currentRow' as const) : ('unboundedFollowing' as const), offset: 0 },
      }
  const sortText = orderBy.map(sortKeyText).join(',')
  const frameText = `${frame.unit} ${frame.begin.kind}${frame.begin.offset} ${frame.end.kind}${frame.end.offset}`
  return {
    partitionBy,
    orderBy,
    frame,
    key: `(${partitionBy.map(node => node.key).join(',')};${sortText};${frameText})`,
  }
}

export const sortKeyText = (key: SortKey): string =>
  `${key.expr.key} ${key.descending ? 'd' : 'a'}${key.nullsFirst ? 'f' : 'l'}${key.locale ?? ''}`

/** NULLS LAST is the default in both directions. */
export async function resolveSortKey(resolver: Resolver, element: OrderByElement): Promise<SortKey> {
  const expr = await resolver.resolve(element.expr)
  return {
    expr,
    descending: element.direction === 'desc',
    nullsFirst: element.nulls === 'first',
    locale: element.collation && localeOf(element.collation),
  }
}

function localeOf(collation: Expr): string {
  const name = collation.kind === 'literal' ? String(collation.value) : ''
  const locale = name.replaceAll('_', '-')
  try {
    if (Intl.Collator.supportedLocalesOf(locale).length > 0) return locale
  } catch (error) {
    throw new DBError('UNSUPPORTED_COLLATION_LOCALE', `Unsupported collation locale: ${name}`, { cause: error })
  }
  throw new DBError('UNSUPPORTED_COLLATION_LOCALE', `Unsupported collation locale: ${name}`)
}
