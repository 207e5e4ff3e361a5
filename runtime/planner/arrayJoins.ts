import type { AnalyzerContext } from '../analyzer/context.ts'
import { type CallNode, childrenOf, some, type Typed } from '../analyzer/typed.ts'
import type { ArrayType } from '../types/compound.ts'
import type { Computed, Plan } from './plan.ts'
import { rewrite } from './rewriteAggregates.ts'

const isArrayJoin = (node: Typed): boolean => node.kind === 'call' && node.name === 'arrayJoin'
export const hasArrayJoin = (node: Typed): boolean => some(node, isArrayJoin)

/** The function arrayJoin, wherever it stands in expressions, becomes a step of the plan and a column. */
export class ArrayJoins {
  readonly #replaced: (readonly [string, Typed])[] = []

  constructor(readonly context: AnalyzerContext) {}

  /** The plan with the steps that these expressions need. */
  add(input: Plan, nodes: readonly Typed[]): Plan {
    let plan = input
    for (const node of nodes)
      for (;;) {
        const call = innermost(this.replace(node))
        if (!call) break
        const [array] = call.args
        const type = (array.type as ArrayType).element
        const column: Computed = { id: this.context.nextColumnId(), name: call.key, type, node: array }
        plan = { kind: 'arrayJoin', input: plan, isLeft: false, arrays: [column], columns: [...plan.columns, column] }
        this.#replaced.push([
          call.key,
          { kind: 'column', id: column.id, name: column.name, type, key: `#${column.id}` },
        ])
      }
    return plan
  }

  /** The expression over the steps' columns. */
  readonly replace = (node: Typed): Typed => {
    let result = node
    for (const one of this.#replaced) result = rewrite(result, new Map([one]))
    return result
  }
}

function innermost(node: Typed): CallNode | null {
  for (const child of childrenOf(node)) {
    const found = innermost(child)
    if (found) return found
  }
  return node.kind === 'call' && isArrayJoin(node) ? node : null
}
