import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import { DBError } from '../core/errors.ts'
import type { QueryContext } from '../exec/context.ts'
import type { Expr } from '../sql/ast.ts'
import { parseExpression } from '../sql/parser.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { analyzerContext } from './analysis.ts'
import type { TaskBase } from './messages.ts'

/** The value of an expression over literals, at once: VALUES with expressions in them. */
export function evaluateConstant(
  context: QueryContext,
  task: TaskBase,
  text: string,
): { value: Value; type: DataType } {
  const resolver = new Resolver(analyzerContext(context, task), new Scope([], { queries: new Map() }))
  const resolve = (expr: Expr): import('../analyzer/typed.ts').Typed => {
    if (expr.kind === 'literal') {
      const { value } = expr
      if (value === null) return resolver.constant(null, parseType('Nullable(Nothing)'))
      if (typeof value === 'bigint') return resolver.integer(value)
      if (typeof value === 'number') return resolver.constant(value, parseType('Float64'))
      if (typeof value === 'boolean') return resolver.constant(value ? 1 : 0, parseType('Bool'))
      return resolver.constant(value, parseType('String'))
    }
    if (expr.kind === 'function') return resolver.call(expr.name, expr.args.map(resolve))
    throw new DBError('BAD_ARGUMENTS', `${text} is not a constant expression`)
  }
  const node = resolve(parseExpression(text))
  if (node.kind !== 'constant') {
    // now(), rand() and the like are constants of the query that is an INSERT's row.
    if (node.kind !== 'call') throw new DBError('BAD_ARGUMENTS', `${text} is not a constant expression`)
    const column = node.bound.run([], 1, context.arena)
    return { value: column.valueAt(0), type: node.type }
  }
  return { value: node.value, type: node.type }
}
