import type { Typed } from '../analyzer/typed.ts'
import type { QueryContext } from '../exec/context.ts'
import { explainIndexes } from '../exec/mergeTreeScan.ts'
import type { Source } from '../exec/source.ts'
import { inputsOf, type Plan } from '../planner/plan.ts'
import type { SelectTask } from './messages.ts'

/** The plan as EXPLAIN shows it, a line a step, inner steps indented. */
export async function explainPlan(
  plan: Plan,
  options: NonNullable<SelectTask['explain']>,
  context: QueryContext,
): Promise<string[]> {
  const lines: string[] = []
  const visit = async (step: Plan, depth: number) => {
    const indent = '  '.repeat(depth)
    lines.push(indent + title(step))
    if (options.header)
      lines.push(
        `${indent}Header: ${step.columns.map(column => `${column.name || '?'} ${column.type.name}`).join(', ')}`,
      )
    if (options.actions || options.kind === 'QUERY TREE')
      for (const line of details(step)) lines.push(`${indent}${line}`)
    if (options.indexes && step.kind === 'scan' && (step.table.source as Source).kind === 'mergeTree')
      for (const line of await explainIndexes(step, context)) lines.push(`${indent}${line}`)
    for (const input of inputsOf(step)) await visit(input, depth + 1)
  }
  await visit(plan, 0)
  return lines
}

function title(step: Plan): string {
  switch (step.kind) {
    case 'scan':
      return (step.table.source as Source).kind === 'mergeTree'
        ? `ReadFromMergeTree (${step.table.database}.${step.table.name})`
        : `ReadFromStorage (${step.table.name})`
    case 'values':
      return 'ReadFromPreparedSource'
    case 'filter':
      return 'Filter'
    case 'project':
      return 'Expression'
    case 'aggregate':
      return 'Aggregating'
    case 'sort':
      return step.limit > 0 ? `Sorting (limit ${step.limit})` : 'Sorting'
    case 'limit':
      return step.offset > 0 ? 'Limit (with offset)' : 'Limit'
    case 'limitBy':
      return 'LimitBy'
    case 'distinct':
      return 'Distinct'
    case 'union':
      return 'Union'
    case 'setOperation':
      return 'IntersectOrExcept'
    case 'join':
      return `Join (${step.type} ${step.strictness})`
    case 'arrayJoin':
      return 'ArrayJoin'
    case 'window':
      return 'Window'
    case 'recursive':
      return `RecursiveCTE (${step.name})`
    case 'fill':
      return 'Filling'
    case 'scoped':
      return 'Settings'
    case 'fetch':
      return 'LazilyReadFromMergeTree'
  }
}

const show = (node: Typed): string => node.key

function details(step: Plan): string[] {
  switch (step.kind) {
    case 'scan':
      return step.filters.length ? [`Prewhere filter: ${step.filters.map(show).join(' and ')}`] : []
    case 'filter':
      return [`Filter column: ${show(step.condition)}`]
    case 'project':
      return [`Actions: ${step.columns.map(column => show(column.node)).join(', ')}`]
    case 'aggregate':
      return [
        `Keys: ${step.keys.map(key => show(key.node)).join(', ')}`,
        `Aggregates: ${step.aggregates.map(({ node }) => show(node)).join(', ')}`,
      ]
    case 'sort':
      return [
        `Sort description: ${step.keys.map(key => `${show(key.expr)} ${key.descending ? 'DESC' : 'ASC'}`).join(', ')}`,
      ]
    default:
      return []
  }
}
