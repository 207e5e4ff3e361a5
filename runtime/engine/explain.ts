import type { Typed } from '../analyzer/typed.ts'
import type { QueryContext } from '../exec/context.ts'
import { estimateScan, explainIndexes } from '../exec/mergeTreeScan.ts'
import type { Source } from '../exec/source.ts'
import { inputsOf, type Plan } from '../planner/plan.ts'
import type { Value } from '../types/value.ts'
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

/** EXPLAIN PIPELINE: each step in brackets, below it what runs it, and in how many threads. shared: the step that threads divide. */
export function explainPipeline(plan: Plan, shared: Plan | null, threads: number): string[] {
  const lines: string[] = []
  const visit = (step: Plan, depth: number, isShared: boolean) => {
    const divided = isShared || step === shared
    const times = divided && threads > 1 ? ` × ${threads}` : ''
    const indent = '  '.repeat(depth)
    lines.push(`${indent}(${title(step).replace(/ .*/, '')})`)
    for (const [i, name] of processors(step, divided && !isShared ? threads : 1).entries())
      lines.push(`${indent}${'  '.repeat(i)}${name}${name.includes('→') ? '' : times}`)
    for (const input of inputsOf(step)) visit(input, depth + 1, divided)
  }
  visit(plan, 0, false)
  return lines
}

/** threads: how many give their part to this step, which puts it together. */
function processors(step: Plan, threads: number): string[] {
  const joined = threads > 1 ? [`Resize ${threads} → 1`] : []
  switch (step.kind) {
    case 'scan':
      return [...joined, (step.table.source as Source).kind === 'mergeTree' ? 'MergeTreeSelect 0 → 1' : 'Source 0 → 1']
    case 'values':
      return ['SourceFromChunks 0 → 1']
    case 'filter':
      return [...joined, 'FilterTransform']
    case 'project':
      return [...joined, 'ExpressionTransform']
    case 'aggregate':
      return [...joined, 'AggregatingTransform']
    case 'sort':
      return [
        ...(threads > 1 ? [`MergingSortedTransform ${threads} → 1`] : []),
        'MergeSortingTransform',
        'PartialSortingTransform',
      ]
    case 'limit':
      return ['Limit']
    case 'limitBy':
      return ['LimitByTransform']
    case 'distinct':
      return ['DistinctTransform']
    case 'union':
      return [`Concat ${step.inputs.length} → 1`]
    case 'setOperation':
      return ['IntersectOrExceptTransform 2 → 1']
    case 'join':
      return [...joined, 'JoiningTransform 2 → 1', 'FillingRightJoinSide']
    default:
      return [`${title(step).replace(/ .*/, '')}Transform`]
  }
}

/** EXPLAIN ESTIMATE: database, table, parts, rows, marks of each MergeTree table that is read. */
export async function explainEstimate(plan: Plan, context: QueryContext): Promise<Value[][]> {
  const rows: Value[][] = []
  const visit = async (step: Plan): Promise<void> => {
    if (step.kind === 'scan' && (step.table.source as Source).kind === 'mergeTree') {
      const { parts, rows: count, marks } = await estimateScan(step, context)
      rows.push([step.table.database, step.table.name, BigInt(parts), BigInt(count), BigInt(marks)])
    }
    for (const input of inputsOf(step)) await visit(input)
  }
  await visit(plan)
  return rows
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
