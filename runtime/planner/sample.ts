// SAMPLE: the rows whose sampling key lies in a part of all values that its type has.
import type { AnalyzedTable, AnalyzerContext } from '../analyzer/context.ts'
import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import type { Typed } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import type { Expr } from '../sql/ast.ts'
import { parseExpression } from '../sql/parser.ts'
import { parseType } from '../types/parseType.ts'

/** Which part of the key's values, as fractions of them all, and for how many rows one of it stands. */
export interface Sample {
  readonly key: string
  readonly from: number
  readonly to: number
  readonly factor: number
}

/** What `SAMPLE ratio OFFSET offset` asks for; more than 1 is a number of rows. */
export async function sampleOf(
  context: AnalyzerContext,
  table: AnalyzedTable,
  { ratio, offset }: { readonly ratio: Expr; readonly offset?: Expr },
): Promise<Sample> {
  if (table.samplingKey === undefined)
    throw new DBError('SAMPLING_NOT_SUPPORTED', `Storage ${table.database}.${table.name} doesn't support sampling`)
  const fraction = async (expr: Expr, what: string) => {
    const resolver = new Resolver(context, new Scope([], { queries: new Map() }))
    const value = Number((await resolver.resolveConstant(expr, what)).value)
    if (!(value >= 0)) throw new DBError('ARGUMENT_OUT_OF_BOUND', `Negative ${what}`)
    return value > 1 ? Math.min(1, value / Math.max(1, rowsOf(table))) : value
  }
  const size = await fraction(ratio, 'sample size')
  const from = offset ? await fraction(offset, 'sample offset') : 0
  return { key: table.samplingKey, from, to: size === 0 ? 1 : from + size, factor: size === 0 ? 1 : 1 / size }
}

/** Rows of a table that keeps parts, with those that are deleted but not yet gone. */
function rowsOf({ exactRows, source }: AnalyzedTable): number {
  const { parts = [] } = source as { readonly parts?: readonly { readonly rows: number }[] }
  return exactRows ?? parts.reduce((sum, { rows }) => sum + rows, 0)
}

/** The condition on a table's rows; null where all are in the sample. */
export async function inSample(resolver: Resolver, { key, from, to }: Sample): Promise<Typed | null> {
  const node = await resolver.resolve(parseExpression(key))
  const bits = Number(/^UInt(8|16|32|64)$/.exec(node.type.name)?.[1])
  if (!bits)
    throw new DBError(
      'ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER',
      `Invalid sampling column type in storage parameters: ${node.type.name}. Must be one unsigned integer type.`,
    )
  const bound = (name: string, fraction: number) => {
    const value = BigInt(Math.floor(fraction * 2 ** bits))
    return resolver.call(name, [
      node,
      resolver.constant(bits === 64 ? value : Number(value), parseType(node.type.name)),
    ])
  }
  const conditions: Typed[] = []
  if (from >= 1) return resolver.constant(0, parseType('UInt8'))
  if (from > 0) conditions.push(bound('greaterOrEquals', from))
  if (to < 1) conditions.push(bound('less', to))
  if (conditions.length === 0) return null
  return conditions.length === 1 ? conditions[0] : resolver.call('and', conditions)
}
