// ORDER BY ... WITH FILL: rows for the values between those that there are.
import type { Resolver } from '../analyzer/resolve.ts'
import { Resolver as ColumnsResolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import type { ConstantNode, SortKey, Typed } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import { plainType } from '../functions/bind.ts'
import type { Expr, OrderBy, OrderByElement } from '../sql/ast.ts'
import { formatAst } from '../sql/format.ts'
import { convertValue } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { FillKey, FillPlan, Plan, PlanColumn } from './plan.ts'

const invalid = (text: string): DBError => new DBError('INVALID_WITH_FILL_EXPRESSION', text)

/** The step behind the sort, if a key is to be filled. names: of the columns that the SELECT gives, for INTERPOLATE. */
export async function planFill(
  resolver: Resolver,
  input: Plan,
  orderBy: OrderBy | undefined,
  keys: readonly SortKey[],
  names: readonly { readonly name: string; readonly column: PlanColumn }[],
): Promise<Plan> {
  const elements = orderBy?.elements ?? []
  if (!orderBy || !elements.some(element => element.fill)) return input
  const fills: FillKey[] = []
  const prefix: number[] = []
  for (const [i, element] of elements.entries()) {
    const key = keys[i]
    if (!element.fill && key?.expr.kind === 'constant') continue
    if (key?.expr.kind !== 'column') throw invalid('WITH FILL needs an expression that depends on the rows')
    const { id } = key.expr
    if (element.fill) {
      if (fills.some(fill => fill.column === id))
        throw invalid('Multiple WITH FILL for identical expressions is not supported in ORDER BY')
      fills.push(await fillKey(resolver, element, key, id))
    } else if (fills.length === 0) prefix.push(id)
  }
  const usesPrefix = resolver.context.settings.bool('use_with_fill_by_sorting_prefix')
  const ordered = new Set(keys.map(key => (key.expr as { id?: number }).id))
  const interpolate: { column: number; node: Typed }[] = []
  if (orderBy.interpolate) {
    const scope = new Scope(
      names.map(({ name, column }) => ({
        name,
        qualifiers: [],
        node: { kind: 'column', id: column.id, name, type: column.type, key: `#${column.id}` },
        table: 0,
      })),
      resolver.scope.ctes,
    )
    const own = new ColumnsResolver(resolver.context, scope)
    own.allowAggregates = false
    const all = orderBy.interpolate.length === 0
    const wanted: readonly { column: string; expr: Expr }[] = all
      ? names
          .filter(({ column }) => !ordered.has(column.id))
          .map(({ name }) => ({ column: name, expr: { kind: 'identifier', parts: [name], start: 0, end: 0 } }))
      : orderBy.interpolate
    for (const { column, expr } of wanted) {
      const target = names.find(({ name }) => name === column)
      if (!target)
        throw new DBError('UNKNOWN_IDENTIFIER', `Missing column '${column}' as an INTERPOLATE expression target`)
      if (ordered.has(target.column.id))
        throw invalid(
          `Column '${column}' is participating in ORDER BY ... WITH FILL expression and can't be INTERPOLATE output`,
        )
      const node = await own.resolve(expr)
      const { type } = target.column
      const fitted = node.type.equals(type)
        ? node
        : own.call('CAST', [node, own.constant(type.name, parseType('String'))])
      interpolate.push({ column: target.column.id, node: fitted })
    }
  }
  return {
    kind: 'fill',
    input,
    keys: fills,
    prefix: usesPrefix ? prefix : [],
    interpolate,
    columns: input.columns,
  } satisfies FillPlan
}

async function fillKey(
  resolver: Resolver,
  { fill, direction }: OrderByElement,
  key: SortKey,
  column: number,
): Promise<FillKey> {
  const type = plainType(key.expr.type)
  const isDate = type.kind.startsWith('Date')
  if (!(type instanceof IntegerType || type instanceof FloatType || type instanceof DecimalType || isDate))
    throw invalid(`WITH FILL is not supported for type ${type.name}`)
  const descending = direction === 'desc'
  const constant = async (expr: Expr | undefined, what: string): Promise<ConstantNode | null> => {
    if (!expr) return null
    const node = await resolver.resolve(expr)
    if (node.kind !== 'constant') throw invalid(`${what} must be a constant, not ${formatAst(expr)}`)
    if (node.value === null) throw invalid(`${what} must not be NULL`)
    return node
  }
  const bound = async (expr: Expr | undefined, what: string): Promise<Value | null> => {
    const node = await constant(expr, what)
    if (!node) return null
    const value = convertValue(node.value, node.type, type) ?? (isDate ? rawNumber(node, type) : undefined)
    if (value === undefined) throw invalid(`${what} of type ${node.type.name} does not fit ${type.name}`)
    return value
  }
  const from = await bound(fill?.from, 'FILL FROM')
  const to = await bound(fill?.to, 'FILL TO')
  const stepNode = await constant(fill?.step, 'FILL STEP')
  const stalenessNode = await constant(fill?.staleness, 'FILL STALENESS')
  if (stalenessNode && from !== null) throw invalid('WITH FILL STALENESS cannot be used together with WITH FILL FROM')
  const amount = (node: ConstantNode): Pick<FillKey, 'step' | 'stepNode'> => {
    const source: Typed = { kind: 'column', id: column, name: '', type, key: `#${column}` }
    if (node.type.kind.startsWith('Interval')) {
      if (!isDate) throw invalid(`An INTERVAL step needs a date or a time, not ${type.name}`)
      const added = resolver.call('plus', [source, node])
      if (!added.type.equals(type)) throw invalid(`An INTERVAL step makes ${added.type.name} of ${type.name}`)
      return { step: null, stepNode: added }
    }
    const step = isDate ? rawNumber(node, type) : (convertValue(node.value, node.type, type) ?? node.value)
    return { step: step as Value, stepNode: null }
  }
  const signOf = (node: ConstantNode): number => Math.sign(Number(node.value))
  if (stepNode) {
    if (signOf(stepNode) === 0) throw invalid('STEP value cannot be zero')
    if (signOf(stepNode) < 0 !== descending)
      throw invalid(
        `STEP value should be ${descending ? 'negative for descending' : 'positive for ascending'} direction`,
      )
  }
  if (stalenessNode && signOf(stalenessNode) < 0 !== descending)
    throw invalid(
      `STALENESS value should be ${descending ? 'negative for descending' : 'positive for ascending'} direction`,
    )
  if (from !== null && to !== null && (descending ? from < to : from > to))
    throw invalid(`TO value cannot be ${descending ? 'greater' : 'less'} than FROM value for sorting in this direction`)
  const unit = resolver.integer(descending ? -1n : 1n)
  return {
    column,
    descending,
    from,
    to,
    ...amount(stepNode ?? unit),
    staleness: stalenessNode ? amount(stalenessNode) : null,
  }
}

/** A number beside dates: days of a Date, seconds of a time. */
function rawNumber(node: ConstantNode, type: DataType): Value | undefined {
  if (typeof node.value !== 'number' && typeof node.value !== 'bigint') return undefined
  const scale = /^DateTime64\((\d+)/.exec(type.name)
  return scale ? BigInt(node.value) * 10n ** BigInt(scale[1]) : Number(node.value)
}
