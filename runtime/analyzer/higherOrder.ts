import { DBError } from '../core/errors.ts'
import { bindFunction } from '../functions/bind.ts'
import type { ArgumentInfo, Lambda as LambdaContract } from '../functions/function.ts'
import { findFunction } from '../functions/registry.ts'
import type { FunctionCall, Lambda } from '../sql/ast.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { anonymousKey } from './keys.ts'
import { lambdaEvaluator } from './lambda.ts'
import { infoOf, type Resolver, unknownFunction } from './resolve.ts'
import type { ColumnNode, Typed } from './typed.ts'

/** A call with lambdas among its arguments. */
export async function resolveHigherOrder(resolver: Resolver, expr: FunctionCall): Promise<Typed> {
  const definition = findFunction(expr.name)
  if (!definition) throw unknownFunction(expr.name)
  const args: Typed[] = []
  for (const arg of expr.args)
    args.push(
      arg.kind === 'lambda' ? resolver.constant(null, parseType('Nullable(Nothing)')) : await resolver.resolve(arg),
    )
  const bodies: { parameters: ColumnNode[]; body: Typed }[] = []
  // A lambda's type depends on what the function says of its parameters, and resolving it may wait: so the function is asked
  // first with lambdas that only note the parameters' types, then again with the resolved ones.
  const lambdaAt = expr.args.flatMap((arg, i) => (arg.kind === 'lambda' ? [i] : []))
  const wanted: (readonly DataType[])[] = []
  class Noted extends Error {}
  for (const [order, at] of lambdaAt.entries()) {
    const infos = args.map((arg, i): ArgumentInfo => {
      if (expr.args[i].kind !== 'lambda') return infoOf(arg)
      const note: LambdaContract = {
        parameters: (expr.args[i] as Lambda).params.length,
        bind: types => {
          const known = bodies[lambdaAt.indexOf(i)]
          if (known) return known.body.type
          wanted[order] = types
          throw new Noted()
        },
        evaluate: () => {
          throw new DBError('LOGICAL_ERROR', 'A lambda is evaluated before it is bound')
        },
      }
      return { type: parseType('Nothing'), constant: undefined, lambda: note }
    })
    try {
      bindFunction(definition, infos, resolver.context.environment)
    } catch (error) {
      if (!(error instanceof Noted)) throw error
    }
    const types = wanted[order]
    const lambda = expr.args[at] as Lambda
    if (!types || types.length < lambda.params.length)
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Function ${expr.name} takes no lambda with ${lambda.params.length} arguments there`,
      )
    const parameters = lambda.params.map((param, i) =>
      resolver.column(resolver.context.nextColumnId(), param, types[i]),
    )
    const names = new Map(lambda.params.map((param, i) => [param, parameters[i]]))
    bodies[order] = { parameters, body: await resolver.resolveWithin(names, lambda.body) }
  }
  const nodes = args.map((arg, i): Typed => {
    const order = lambdaAt.indexOf(i)
    if (order < 0) return arg
    const { parameters, body } = bodies[order]
    return {
      kind: 'lambda',
      type: body.type,
      parameters,
      body,
      key: `\\${parameters.map(p => p.type.name).join(',')}.${anonymousKey(body, parameters)}`,
    }
  })
  const infos = nodes.map(
    (node): ArgumentInfo =>
      node.kind === 'lambda'
        ? { type: parseType('Nothing'), constant: undefined, lambda: lambdaEvaluator(node) }
        : infoOf(node),
  )
  const bound = bindFunction(definition, infos, resolver.context.environment)
  const key = `${definition.name}(${nodes.map(node => node.key).join(',')})`
  return resolver.intern({ kind: 'call', type: bound.type, name: definition.name, args: nodes, bound, key })
}
