import type { Lambda } from '../functions/function.ts'
import type { LambdaNode } from './typed.ts'
import type { Column } from '../columns/column.ts'
import type { Arena } from '../core/memory.ts'
import { DBError } from '../core/errors.ts'

/** A lambda that the executor fills with what runs it, once for each query. */
export interface RunnableLambda extends Lambda {
  readonly node: LambdaNode
  /** Set by the evaluator of the expression that the lambda stands in, for the chunk at hand. */
  run: ((parameters: readonly Column[], rowOf: number, rows: number, arena: Arena) => Column) | null
}

const evaluators = new WeakMap<LambdaNode, RunnableLambda>()

export function lambdaEvaluator(node: LambdaNode): RunnableLambda {
  let lambda = evaluators.get(node)
  if (!lambda) {
    const made: RunnableLambda = {
      node,
      parameters: node.parameters.length,
      bind: () => node.body.type,
      run: null,
      evaluate: (parameters, rowOf, rows, arena) => {
        if (!made.run) throw new DBError('LOGICAL_ERROR', 'A lambda runs outside of its expression')
        return made.run(parameters, rowOf, rows, arena)
      },
    }
    lambda = made
    evaluators.set(node, lambda)
  }
  return lambda
}
