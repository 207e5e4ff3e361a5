import type { AnalyzedTable, Cte, CteScope } from '../analyzer/context.ts'
import { DBError } from '../core/errors.ts'
import type { Query } from '../sql/ast.ts'
import { commonType } from '../types/commonType.ts'
import type { Plan, PlanColumn } from './plan.ts'
import type { SelectPlanner } from './select.ts'
import { castTo } from './setOperation.ts'

/** A wider type may make the step's own type wider again; it ends with the widest. */
const typeRoundsMax = 8

/** A common table expression that names itself. null: it does not. */
export async function planRecursive(planner: SelectPlanner, name: string, cte: Cte): Promise<Plan | null> {
  const { query } = cte
  if (query.kind !== 'setOperation' || !refersTo(query.inputs.slice(1), name)) return null
  if (!query.operator.startsWith('UNION') || query.operator === 'UNION DISTINCT')
    throw new DBError(
      'UNSUPPORTED_METHOD',
      `Recursive CTE subquery ${name} with ${query.operator} is unsupported, only UNION ALL is supported`,
    )
  const { context } = planner
  const [first, ...others] = query.inputs
  const base = await planner.nested(first, cte.scope, null)
  let types = base.columns.map(column => column.type)
  for (let round = 0; round < typeRoundsMax; round++) {
    const working: ArrayBuffer[] = []
    const table: AnalyzedTable = {
      database: '',
      name,
      columns: base.columns.map((column, i) => ({ name: cte.columnAliases?.[i] ?? column.name, type: types[i] })),
      source: { kind: 'packed', chunks: working },
    }
    const scope: CteScope = {
      queries: cte.scope.queries,
      working: new Map([...(cte.scope.working ?? []), [name, table]]),
    }
    const steps: Plan[] = []
    for (const input of others) steps.push(await planner.nested(input, scope, null))
    for (const step of steps)
      if (step.columns.length !== base.columns.length)
        throw new DBError(
          'UNION_ALL_RESULT_STRUCTURES_MISMATCH',
          `Different number of columns in UNION elements: ${base.columns.length} and ${step.columns.length}`,
        )
    const common = types.map((type, i) => commonType([type, ...steps.map(step => step.columns[i].type)]))
    if (common.some((type, i) => !type.equals(types[i]))) {
      types = common
      continue
    }
    const columns = table.columns.map((column): PlanColumn => ({ ...column, id: context.nextColumnId() }))
    const cast = steps.map(step => castTo(planner, step, types, columns))
    const right: Plan = cast.length === 1 ? cast[0] : { kind: 'union', inputs: cast, columns }
    return { kind: 'recursive', name, left: castTo(planner, base, types, columns), right, working, columns }
  }
  throw new DBError('TYPE_MISMATCH', `The types of recursive CTE ${name} do not settle`)
}

/** Whether the queries name the table anywhere. */
function refersTo(queries: readonly Query[], name: string): boolean {
  const visit = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(visit)
    if (value === null || typeof value !== 'object') return false
    const node = value as { kind?: string; name?: { database?: string; table?: string } }
    if (node.kind === 'table' && node.name?.table === name && node.name.database === undefined) return true
    return Object.values(value).some(visit)
  }
  return visit(queries)
}
