import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import type { Typed } from '../analyzer/typed.ts'
import { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import type { PlanColumn } from '../planner/plan.ts'
import { parseExpression } from '../sql/parser.ts'
import type { KeyExpressions, MergeTreeDefinition } from '../storage/mergetree/definition.ts'
import { parseType } from '../types/parseType.ts'
import type { QueryContext } from './context.ts'
import { Evaluator } from './evaluate.ts'

/** The table's key expressions, ready to be evaluated over its columns. */
export async function tableKeys(
  context: QueryContext,
  definition: MergeTreeDefinition,
  partitionKey: readonly string[],
  sortingKey: readonly string[],
): Promise<KeyExpressions> {
  const analyzer = context.resources.analyzer(context)
  const header = definition.columns.map(
    ({ name, type }): PlanColumn => ({ id: analyzer.nextColumnId(), name, type: parseType(type) }),
  )
  const scope = new Scope(
    header.map(({ id, name, type }) => ({
      name,
      qualifiers: [],
      node: { kind: 'column', id, name, type, key: `#${id}` },
      table: 0,
    })),
    { queries: new Map() },
  )
  const resolver = new Resolver(analyzer, scope)
  const resolve = (texts: readonly string[]) => resolver.resolveAll(texts.map(text => parseExpression(text)))
  const compile = (nodes: readonly Typed[]) => {
    const wanted = new Set(nodes.flatMap(node => namesIn(node, header)))
    const used = header.filter(column => wanted.has(column.name))
    const evaluator = new Evaluator(context, used)
    return (column: (name: string) => Column, rows: number, arena: import('../core/memory.ts').Arena): Column[] => {
      const chunk = new Chunk(
        used.map(({ name }) => column(name)),
        rows,
      )
      return evaluator.run(nodes, chunk, arena)
    }
  }
  return { partition: compile(await resolve(partitionKey)), sorting: compile(await resolve(sortingKey)) }
}

function namesIn(node: Typed, header: readonly PlanColumn[]): string[] {
  const ids = new Set<number>()
  const visit = (inner: Typed) => {
    if (inner.kind === 'column') ids.add(inner.id)
    if (inner.kind === 'call') for (const arg of inner.args) visit(arg)
    if (inner.kind === 'in') visit(inner.operand)
  }
  visit(node)
  return header.filter(({ id }) => ids.has(id)).map(({ name }) => name)
}
