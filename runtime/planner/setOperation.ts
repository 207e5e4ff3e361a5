import type { CteScope } from '../analyzer/context.ts'
import type { Scope } from '../analyzer/scope.ts'
import { Resolver } from '../analyzer/resolve.ts'
import { Scope as EmptyScope } from '../analyzer/scope.ts'
import type { Typed } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import type { Query, Select, SetOperation } from '../sql/ast.ts'
import { commonType } from '../types/commonType.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Computed, Plan, PlanColumn } from './plan.ts'
import { type SelectPlanner, withQueries } from './select.ts'

/** UNION, EXCEPT and INTERSECT: inputs brought to common types, then put together. */
export async function planSetOperation(
  planner: SelectPlanner,
  query: SetOperation,
  ctes: CteScope,
  outer: Scope | null,
): Promise<Plan> {
  const inputs: Plan[] = []
  // WITH before the first SELECT is in force for all.
  const first = leftmost(query)
  const shared = first ? withQueries(first, ctes) : ctes
  for (const input of query.inputs) inputs.push(await planner.nested(input, shared, outer))
  const { settings } = planner.context
  const [operator, stated] = query.operator.split(' ') as [
    'UNION' | 'EXCEPT' | 'INTERSECT',
    'ALL' | 'DISTINCT' | undefined,
  ]
  const mode = (stated ?? settings.text(`${operator.toLowerCase()}_default_mode`)).toUpperCase()
  if (mode === '')
    throw new DBError(
      'EXPECTED_ALL_OR_DISTINCT',
      "Expected ALL or DISTINCT in SelectWithUnion query; because setting 'union_default_mode' is empty",
    )
  const [one] = inputs
  for (const input of inputs)
    if (input.columns.length !== one.columns.length)
      throw new DBError(
        'UNION_ALL_RESULT_STRUCTURES_MISMATCH',
        `Different number of columns in ${operator} elements: ${one.columns.length} and ${input.columns.length}`,
      )
  const types = one.columns.map((_, i) => commonType(inputs.map(input => input.columns[i].type)))
  const columns = one.columns.map(
    ({ name }, i): PlanColumn => ({ id: planner.context.nextColumnId(), name, type: types[i] }),
  )
  const cast = inputs.map(input => castTo(planner, input, types, columns))
  let plan: Plan
  if (operator === 'UNION') plan = { kind: 'union', inputs: cast, columns }
  else {
    plan = cast[0]
    for (const right of cast.slice(1))
      plan = {
        kind: 'setOperation',
        operator: operator === 'EXCEPT' ? 'except' : 'intersect',
        distinct: mode === 'DISTINCT',
        left: plan,
        right,
        columns,
      }
  }
  if (operator === 'UNION' && mode === 'DISTINCT') plan = { kind: 'distinct', input: plan, on: null, limit: 0, columns }
  return plan
}

function leftmost(query: Query): Select | null {
  if (query.kind === 'select') return query
  return query.inputs.length > 0 ? leftmost(query.inputs[0]) : null
}

/** The plan's columns as these types, under these numbers. */
export function castTo(
  planner: SelectPlanner,
  input: Plan,
  types: readonly DataType[],
  columns: readonly PlanColumn[],
): Plan {
  const resolver = new Resolver(planner.context, new EmptyScope([], { queries: new Map() }))
  const computed = input.columns.map(({ id, name, type }, i): Computed => {
    const column: Typed = { kind: 'column', id, name, type, key: `#${id}` }
    const node = type.equals(types[i])
      ? column
      : resolver.call('CAST', [column, resolver.constant(types[i].name, parseType('String'))])
    return { ...columns[i], type: types[i], node }
  })
  return { kind: 'project', input, columns: computed }
}
