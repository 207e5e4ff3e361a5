import { constColumn } from '../columns/build.ts'
import { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { Arena } from '../core/memory.ts'
import type { JoinPlan, Plan, PlanColumn } from '../planner/plan.ts'
import { NullableType } from '../types/compound.ts'
import type { QueryContext } from './context.ts'
import { Evaluator } from './evaluate.ts'

/** The row that WITH TOTALS adds to a plan's result, once it has run: made by an aggregation, changed by the steps above it. */
export function totalsOf(context: QueryContext, plan: Plan): Chunk | null {
  switch (plan.kind) {
    case 'aggregate':
      return context.totals.get(plan) ?? null
    case 'project': {
      const below = totalsOf(context, plan.input)
      if (!below) return null
      const nodes = plan.columns.map(column => column.node)
      return new Chunk(new Evaluator(context, plan.input.columns).run(nodes, below, context.arena), 1)
    }
    case 'fill':
    case 'scoped':
    case 'filter':
    case 'sort':
    case 'limit':
    case 'limitBy':
    case 'distinct':
      return totalsOf(context, plan.input)
    case 'join':
      return joinTotals(context, plan)
    case 'union':
      for (const input of plan.inputs) {
        const totals = totalsOf(context, input)
        if (totals) return totals
      }
      return null
    default:
      return null
  }
}

/** A side without totals has its defaults there. */
function joinTotals(context: QueryContext, plan: JoinPlan): Chunk | null {
  const left = totalsOf(context, plan.left)
  const right = totalsOf(context, plan.right)
  if (!left && !right) return null
  const { arena } = context
  const width = plan.left.columns.length
  const columns = plan.columns.map((output, i): Column => {
    const [side, at] = i < width ? [left, i] : [right, i - width]
    return side ? nullable(side.columns[at], output, arena) : constColumn(output.type, output.type.default, 1, arena)
  })
  return new Chunk(columns, 1)
}

function nullable(column: Column, output: PlanColumn, arena: Arena): Column {
  if (column.type.equals(output.type) || !(output.type instanceof NullableType)) return column
  const full = column.full(arena)
  return full instanceof NullableColumn ? full : new NullableColumn(arena.allocateZeroed(1), full, output.type)
}
