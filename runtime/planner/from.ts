import type { AnalyzedTable, AnalyzerContext, CteScope, TableColumn } from '../analyzer/context.ts'
import { functionDatabase, functionKey } from '../analyzer/functionTable.ts'
import { Resolver } from '../analyzer/resolve.ts'
import { Scope, type ScopeColumn } from '../analyzer/scope.ts'
import { standsForMany } from '../analyzer/expand.ts'
import type { Typed } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import { plainType } from '../functions/bind.ts'
import type { FunctionCall, Query, Select, TableExpr } from '../sql/ast.ts'
import { columnName } from '../sql/format.ts'
import { parseExpression } from '../sql/parser.ts'
import type { MapType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { planRecursive } from './recursive.ts'
import { planJoin } from './join.ts'
import type { Computed, Plan, PlanColumn, ScanPlan } from './plan.ts'
import type { SelectPlanner } from './select.ts'
import { inSample, sampleOf } from './sample.ts'
import { planView, type TableModifiers } from './view.ts'

/** What FROM gives: rows and the names for their columns. */
export interface Source {
  readonly plan: Plan
  readonly columns: ScopeColumn[]
  readonly tables: number
}

/** The rows of a SELECT without FROM. */
export function oneRow(context: AnalyzerContext): Source {
  const column = { id: context.nextColumnId(), name: 'dummy', type: parseType('UInt8') }
  const node: Typed = { kind: 'column', ...column, key: `#${column.id}` }
  const visible: ScopeColumn = { name: 'dummy', qualifiers: [['one'], ['system', 'one']], node, table: 0 }
  return { plan: { kind: 'values', columns: [column], rows: [[0]] }, columns: [visible], tables: 1 }
}

/** The rows and names of a table expression. */
export async function planFrom(
  planner: SelectPlanner,
  table: TableExpr,
  ctes: CteScope,
  outer: Scope | null,
): Promise<Source> {
  switch (table.kind) {
    case 'join':
      return planJoin(planner, table, ctes, outer)
    case 'arrayJoin':
      return planArrayJoin(planner, table, ctes, outer)
    case 'tableSubquery': {
      refuseModifiers(table, 'a subquery')
      const plan = await planner.nested(table.query, ctes, outer)
      return named(plan, table.alias ? [[table.alias]] : [], table.columnAliases)
    }
    case 'tableFunction': {
      const { call } = table
      const names = [[table.alias ?? call.name]]
      const known = planner.context.findTable(functionDatabase, functionKey(call))
      if (known) return planTable(planner, known, names, table)
      if (call.args[0]?.kind === 'subquery' && (call.bareQuery || call.name === 'view'))
        return named(await planner.nested(call.args[0].query, ctes, outer), names, table.columnAliases)
      if (call.name === 'SQLStandardValues')
        return named(await planner.nested(valuesQuery(call), ctes, outer), names, table.columnAliases)
      const resolver = new Resolver(planner.context, new Scope([], ctes, outer))
      for (const [name, expr] of planner.aliases) resolver.scope.aliases.set(name, expr)
      const values = []
      for (const arg of call.args) {
        // Names of databases and tables may stand bare.
        const isAlias = arg.kind === 'identifier' && resolver.scope.aliases.has(arg.parts[0])
        if (arg.kind === 'identifier' && !isAlias) values.push(arg.parts.join('.'))
        else if (standsForMany(arg))
          for (const node of await resolver.resolveAll([arg])) values.push(node.kind === 'constant' ? node.value : null)
        else values.push((await resolver.resolveConstant(arg, `An argument of table function ${call.name}`)).value)
      }
      return stored(planner.context, await planner.context.tableFunction(call.name, values), names, table)
    }
    case 'table': {
      const { database, table: name } = table.name
      const cte = database === undefined ? ctes.queries.get(name) : undefined
      const around = database === undefined ? (ctes.plans?.get(name) as Plan | undefined) : undefined
      if (around) return named(around, [[name]])
      const working = database === undefined ? ctes.working?.get(name) : undefined
      if (working) return stored(planner.context, working, [[table.alias ?? name]], table)
      if (cte?.recursive) {
        const plan = await planRecursive(planner, name, cte)
        if (plan) return named(plan, [[table.alias ?? name]], table.columnAliases)
      }
      if (cte) {
        refuseModifiers(table, `CTE ${name}`)
        const plan = await planner.nested(cte.query, cte.scope, null)
        return named(plan, [[table.alias ?? name]], table.columnAliases ?? cte.columnAliases)
      }
      const found = planner.context.findTable(database, name)
      if (!found) {
        const shown = database === undefined ? name : `${database}.${name}`
        throw new DBError('UNKNOWN_TABLE', `Unknown table expression identifier '${shown}'`)
      }
      const realNames = [[found.name], [found.database, found.name]]
      const names = table.alias ? [[table.alias]] : realNames
      return planTable(planner, found, names, table, table.alias ? realNames : undefined)
    }
  }
}

/** `(VALUES (1, 'a'), (2, 'b'))` as the SELECTs that it stands for. */
function valuesQuery({ args, start, end }: FunctionCall): Query {
  const inputs = args.map((row): Select => {
    const values = row.kind === 'function' && row.name === 'tuple' ? row.args : [row]
    return { kind: 'select', columns: values.map((value, i) => ({ ...value, alias: `c${i + 1}` })), start, end }
  })
  return inputs.length === 1 ? inputs[0] : { kind: 'setOperation', operator: 'UNION ALL', inputs, start, end }
}

function refuseModifiers({ final, sample }: { final?: true; sample?: unknown }, what: string): void {
  if (final || sample)
    throw new DBError(
      'UNSUPPORTED_METHOD',
      `Table expression modifiers ${final ? 'FINAL' : 'SAMPLE'} are not supported for ${what}`,
    )
}

const planTable = (
  planner: SelectPlanner,
  table: AnalyzedTable,
  qualifiers: readonly (readonly string[])[],
  modifiers: TableModifiers,
  realNames?: readonly (readonly string[])[],
): Promise<Source> =>
  table.view
    ? planView(planner, { ...table, view: table.view }, qualifiers, modifiers)
    : stored(planner.context, table, qualifiers, modifiers, realNames)

/** A query's or table's columns under the names of FROM. */
export function named(plan: Plan, qualifiers: readonly (readonly string[])[], renamed?: readonly string[]): Source {
  if (renamed && renamed.length !== plan.columns.length)
    throw new DBError(
      'BAD_ARGUMENTS',
      `The number of column aliases (${renamed.length}) does not match the number of columns (${plan.columns.length})`,
    )
  const columns = plan.columns.map(
    ({ id, name, type }, i): ScopeColumn => ({
      name: renamed?.[i] ?? name,
      qualifiers,
      node: { kind: 'column', id, name: renamed?.[i] ?? name, type, key: `#${id}` },
      table: 0,
    }),
  )
  return { plan, columns, tables: 1 }
}

async function stored(
  context: AnalyzerContext,
  table: AnalyzedTable,
  qualifiers: readonly (readonly string[])[],
  { final, sample, columnAliases }: TableModifiers,
  realNames?: readonly (readonly string[])[],
): Promise<Source> {
  const kept = table.columns.filter(column => column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL')
  const columns: PlanColumn[] = kept.map(({ name, type }) => ({ id: context.nextColumnId(), name, type }))
  const part = sample ? await sampleOf(context, table, sample) : null
  const plan: ScanPlan = {
    kind: 'scan',
    table,
    columns,
    filterColumns: [],
    filters: [],
    rowsWanted: 0,
    final: final ?? false,
    sample: part && { factor: part.factor },
    isShared: false,
  }
  const visible = new Map<TableColumn, ScopeColumn>()
  kept.forEach((column, i) => {
    const { id, name, type } = columns[i]
    visible.set(column, {
      name: columnAliases?.[i] ?? name,
      qualifiers,
      realNames,
      node: { kind: 'column', id, name, type, key: `#${id}` },
      hidden: column.virtual || column.kind === 'MATERIALIZED',
      table: 0,
    })
  })
  const scopeColumns = [...visible.values()]
  for (const column of table.columns) {
    if (column.kind !== 'ALIAS' || column.expression === undefined) continue
    const resolver = new Resolver(context, new Scope(scopeColumns, { queries: new Map() }))
    const node = resolver.call('CAST', [
      await resolver.resolve(parseExpression(column.expression)),
      resolver.constant(column.type.name, parseType('String')),
    ])
    scopeColumns.push({ name: column.name, qualifiers, realNames, node, hidden: true, table: 0 })
  }
  const condition =
    part && (await inSample(new Resolver(context, new Scope(scopeColumns, { queries: new Map() })), part))
  return {
    plan: condition ? { kind: 'filter', input: plan, condition, columns } : plan,
    columns: scopeColumns,
    tables: 1,
  }
}

async function planArrayJoin(
  planner: SelectPlanner,
  table: Extract<TableExpr, { kind: 'arrayJoin' }>,
  ctes: CteScope,
  outer: Scope | null,
): Promise<Source> {
  const source = table.input ? await planFrom(planner, table.input, ctes, outer) : oneRow(planner.context)
  const scope = new Scope(source.columns, ctes, outer)
  const resolver = new Resolver(planner.context, scope)
  resolver.allowAggregates = false
  const arrays: Computed[] = []
  const columns = [...source.columns]
  const add = (name: string, array: Typed, hasAlias: boolean) => {
    const node =
      array.type.kind === 'Map'
        ? resolver.call('CAST', [array, resolver.constant((array.type as MapType).pairs.name, parseType('String'))])
        : array
    const element = (plainType(node.type) as { element?: DataType }).element
    if (!element)
      throw new DBError('TYPE_MISMATCH', `ARRAY JOIN requires an array argument, ${name} is ${array.type.name}`)
    const computed: Computed = { id: planner.context.nextColumnId(), name, type: element, node }
    arrays.push(computed)
    const replaced: ScopeColumn = {
      name,
      qualifiers: [],
      node: { kind: 'column', id: computed.id, name, type: element, key: `#${computed.id}` },
      // A name of its own is no part of `*`; alone, it means the elements.
      hidden: true,
      table: -1,
    }
    const at = hasAlias ? -1 : columns.findIndex(column => column.name === name)
    if (at >= 0) columns[at] = { ...columns[at], node: replaced.node }
    else columns.push(replaced)
  }
  for (const expr of table.arrays) {
    const name = expr.alias ?? (expr.kind === 'identifier' ? expr.parts.join('.') : columnName(expr))
    const nested = source.columns.filter(
      column => expr.kind === 'identifier' && column.name.startsWith(`${expr.parts[expr.parts.length - 1]}.`),
    )
    if (expr.kind === 'identifier' && nested.length > 0 && scope.find(expr.parts).length === 0) {
      for (const column of nested) {
        const rest = column.name.slice(expr.parts[expr.parts.length - 1].length)
        add((expr.alias ?? expr.parts.join('.')) + rest, column.node, expr.alias !== undefined)
      }
    } else add(name, await resolver.resolve({ ...expr, alias: undefined }), expr.alias !== undefined)
  }
  const plan: Plan = {
    kind: 'arrayJoin',
    input: source.plan,
    isLeft: table.left ?? false,
    arrays,
    columns: [...source.plan.columns, ...arrays],
  }
  return { plan, columns, tables: source.tables }
}
