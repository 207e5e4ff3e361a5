import type { AnalyzedTable, AnalyzerContext, CteScope, TableColumn } from '../analyzer/context.ts'
import { Resolver, Scope, type ScopeColumn } from '../analyzer/resolve.ts'
import {
  type AggregateNode,
  type CallNode,
  columnsOf,
  hasAggregate,
  hasWindow,
  type SortKey,
  some,
  type Typed,
  type WindowNode,
  walk,
} from '../analyzer/typed.ts'
import { resolveSortKey } from '../analyzer/window.ts'
import { DBError } from '../core/errors.ts'
import type { Expr, Limit, Query, Select, TableExpr } from '../sql/ast.ts'
import { columnName, formatAst } from '../sql/format.ts'
import { parseExpression } from '../sql/parser.ts'
import { plainType } from '../functions/bind.ts'
import type { MapType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { ArrayJoins, hasArrayJoin } from './arrayJoins.ts'
import { aliasesOf, expandColumns } from './expand.ts'
import { planJoin } from './join.ts'
import { planSetOperation } from './setOperation.ts'
import { rewrite, simplifyAggregates } from './rewriteAggregates.ts'
import type { AggregatePlan, Computed, Plan, PlanColumn, PlannedSubquery, ScanPlan } from './plan.ts'

/** A query's plan before optimization. Column names may repeat. */
export interface Planned {
  readonly plan: Plan
  readonly subqueries: PlannedSubquery[]
}

/** What FROM gives: rows and the names for their columns. */
export interface Source {
  readonly plan: Plan
  readonly columns: ScopeColumn[]
  readonly tables: number
}

export class SelectPlanner {
  readonly subqueries: PlannedSubquery[] = []

  constructor(
    readonly context: AnalyzerContext,
    readonly depth = 0,
  ) {
    const limit = context.settings.number('max_subquery_depth')
    if (depth > limit) throw new DBError('TOO_DEEP_SUBQUERIES', `Too deep subqueries. Maximum: ${limit}`)
  }

  async query(query: Query, ctes: CteScope, outer: Scope | null = null): Promise<Plan> {
    if (query.kind === 'setOperation') return planSetOperation(this, query, ctes, outer)
    return this.select(query, ctes, outer)
  }

  /** A nested query, planned with one more level of depth. */
  async nested(query: Query, ctes: CteScope, outer: Scope | null = null): Promise<Plan> {
    const planner = new SelectPlanner(this.context, this.depth + 1)
    const plan = await planner.query(query, ctes, outer)
    this.subqueries.push(...planner.subqueries)
    return plan
  }

  async select(select: Select, outerCtes: CteScope, outer: Scope | null): Promise<Plan> {
    const ctes = withQueries(select, outerCtes)
    const source = select.from ? await this.from(select.from, ctes, outer) : this.#oneRow()
    const scope = new Scope(source.columns, ctes, outer)
    for (const element of select.with ?? [])
      if (element.kind === 'withExpr' && element.expr.alias) scope.aliases.set(element.expr.alias, element.expr)
    for (const column of select.columns) aliasesOf(column, scope.aliases)
    for (const clause of [
      select.prewhere,
      select.where,
      select.having,
      select.qualify,
      ...(select.groupBy?.keys ?? []),
      ...(select.orderBy?.elements.map(e => e.expr) ?? []),
    ])
      if (clause) aliasesOf(clause, scope.aliases)
    for (const { name, definition } of select.windows ?? []) scope.windows.set(name, definition)
    const resolver = new Resolver(this.context, scope)
    let plan = source.plan

    resolver.allowAggregates = false
    const joined = new ArrayJoins(this.context)
    for (const condition of [select.prewhere, select.where])
      if (condition) {
        const node = await resolver.resolve(condition)
        plan = joined.add(plan, [node])
        plan = this.#filter(plan, joined.replace(node), 'WHERE')
      }

    const expressions = await expandColumns(resolver, select.columns)
    const keyExprs = await this.#groupKeys(resolver, select, expressions)
    resolver.allowAggregates = true
    resolver.allowWindows = true
    const outputs: { name: string; node: Typed }[] = []
    for (const { expr, name, node } of expressions) outputs.push({ name, node: node ?? (await resolver.resolve(expr)) })
    const having = select.having ? await resolver.resolve(select.having) : null
    const qualify = select.qualify ? await resolver.resolve(select.qualify) : null
    const orderBy = await this.#orderKeys(resolver, select, expressions, outputs)
    const limitBy = select.limitBy ? await this.#positional(resolver, select.limitBy.by, expressions, outputs) : []
    resolver.allowAggregates = false
    resolver.allowWindows = false

    const all = () => [
      ...outputs.map(output => output.node),
      ...orderBy.map(key => key.expr),
      ...limitBy,
      ...(having ? [having] : []),
      ...(qualify ? [qualify] : []),
    ]
    let replace = (node: Typed): Typed => joined.replace(node)
    const autoKeys =
      select.groupBy?.mode === 'all' ? outputs.map(output => output.node).filter(node => !hasAggregate(node)) : null
    if (select.groupBy || all().some(hasAggregate)) {
      const keys = autoKeys ?? keyExprs.keys
      // Arrays inside keys and inside aggregates' arguments are joined before; around aggregates, after.
      const inside = all().flatMap(aggregatesOf)
      plan = joined.add(plan, [...keys, ...inside.flatMap(node => node.args)])
      const grouped = await this.#aggregate(
        resolver,
        plan,
        select,
        keys.map(joined.replace),
        keyExprs.sets,
        all().map(joined.replace),
        having,
      )
      plan = grouped.plan
      const early = joined.replace
      replace = node => grouped.replace(early(node))
      if (having) plan = this.#having(grouped.plan, replace(having))
    } else if (having) plan = this.#filter(plan, having, 'HAVING')

    if (all().some(hasArrayJoin)) {
      const late = new ArrayJoins(this.context)
      plan = late.add(plan, all().map(replace))
      const before = replace
      replace = node => late.replace(before(node))
    }

    if (all().some(node => hasWindow(node))) {
      const windowed = this.#windows(plan, all().map(replace))
      plan = windowed.plan
      const before = replace
      replace = node => windowed.replace(before(node))
      if (qualify) plan = this.#filter(plan, replace(qualify), 'QUALIFY')
    } else if (qualify) plan = this.#filter(plan, replace(qualify), 'QUALIFY')

    return this.#finish(
      resolver,
      plan,
      select,
      outputs.map(({ name, node }) => ({ name, node: replace(node) })),
      {
        orderBy: orderBy.map(key => ({ ...key, expr: replace(key.expr) })),
        limitBy: limitBy.map(replace),
      },
    )
  }

  #oneRow(): Source {
    const column = { id: this.context.nextColumnId(), name: 'dummy', type: parseType('UInt8') }
    const node: Typed = { kind: 'column', ...column, key: `#${column.id}` }
    const visible: ScopeColumn = { name: 'dummy', qualifiers: [['one'], ['system', 'one']], node, table: 0 }
    return { plan: { kind: 'values', columns: [column], rows: [[0]] }, columns: [visible], tables: 1 }
  }

  #filter(input: Plan, condition: Typed, clause: string): Plan {
    const type = plainType(condition.type)
    if (
      type.kind !== 'Nothing' &&
      (!type.physical || type.physical === 'Bytes' || type.kind === 'Decimal' || type.kind.startsWith('Date'))
    )
      throw new DBError(
        'ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER',
        `Invalid type for filter in ${clause}: ${condition.type.name}`,
      )
    return { kind: 'filter', input, condition, columns: input.columns }
  }

  #having(input: AggregatePlan, condition: Typed): Plan {
    const filtered = this.#filter(input, condition, 'HAVING')
    return input.totals ? { ...input, having: condition } : filtered
  }

  async from(table: TableExpr, ctes: CteScope, outer: Scope | null): Promise<Source> {
    switch (table.kind) {
      case 'join':
        return planJoin(this, table, ctes, outer)
      case 'arrayJoin':
        return this.#arrayJoin(table, ctes, outer)
      case 'tableSubquery': {
        const plan = await this.nested(table.query, ctes, outer)
        return this.#named(plan, table.alias ? [[table.alias]] : [], table.columnAliases)
      }
      case 'tableFunction': {
        const { call } = table
        const names = [[table.alias ?? call.name]]
        if (call.args[0]?.kind === 'subquery' && (call.bareQuery || call.name === 'view'))
          return this.#named(await this.nested(call.args[0].query, ctes, outer), names, table.columnAliases)
        const resolver = new Resolver(this.context, new Scope([], ctes, outer))
        const values = []
        for (const arg of call.args) {
          // Names of databases and tables may stand bare.
          if (arg.kind === 'identifier') values.push(arg.parts.join('.'))
          else values.push((await resolver.resolveConstant(arg, `An argument of table function ${call.name}`)).value)
        }
        return this.#table(await this.context.tableFunction(call.name, values), names, table)
      }
      case 'table': {
        const { database, table: name } = table.name
        const cte = database === undefined ? ctes.queries.get(name) : undefined
        if (cte) {
          const plan = await this.nested(cte.query, cte.scope, null)
          return this.#named(plan, [[table.alias ?? name]], table.columnAliases ?? cte.columnAliases)
        }
        const found = this.context.findTable(database, name)
        if (!found) {
          const shown = database === undefined ? name : `${database}.${name}`
          throw new DBError('UNKNOWN_TABLE', `Unknown table expression identifier '${shown}'`)
        }
        const names = table.alias ? [[table.alias]] : [[found.name], [found.database, found.name]]
        if (found.view)
          return this.#named(await this.nested(found.view, { queries: new Map() }), names, table.columnAliases)
        return this.#table(found, names, table)
      }
    }
  }

  /** A query's or table's columns under the names of FROM. */
  #named(plan: Plan, qualifiers: readonly (readonly string[])[], renamed?: readonly string[]): Source {
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

  async #table(
    table: AnalyzedTable,
    qualifiers: readonly (readonly string[])[],
    {
      final,
      sample,
      columnAliases,
    }: { final?: true; sample?: { ratio: Expr; offset?: Expr }; columnAliases?: readonly string[] },
  ): Promise<Source> {
    const stored = table.columns.filter(column => column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL')
    const columns: PlanColumn[] = stored.map(({ name, type }) => ({ id: this.context.nextColumnId(), name, type }))
    const ratio = async (expr: Expr | undefined) => {
      if (!expr) return 0
      return Number(
        (await new Resolver(this.context, new Scope([], { queries: new Map() })).resolveConstant(expr, 'SAMPLE')).value,
      )
    }
    const plan: ScanPlan = {
      kind: 'scan',
      table,
      columns,
      filterColumns: [],
      filters: [],
      rowsWanted: 0,
      final: final ?? false,
      sample: sample ? { ratio: await ratio(sample.ratio), offset: await ratio(sample.offset) } : null,
      isShared: false,
    }
    const visible = new Map<TableColumn, ScopeColumn>()
    stored.forEach((column, i) => {
      const { id, name, type } = columns[i]
      visible.set(column, {
        name: columnAliases?.[i] ?? name,
        qualifiers,
        node: { kind: 'column', id, name, type, key: `#${id}` },
        hidden: column.virtual || column.kind === 'MATERIALIZED',
        table: 0,
      })
    })
    const scopeColumns = [...visible.values()]
    for (const column of table.columns) {
      if (column.kind !== 'ALIAS' || column.expression === undefined) continue
      const resolver = new Resolver(this.context, new Scope(scopeColumns, { queries: new Map() }))
      const node = resolver.call('CAST', [
        await resolver.resolve(parseExpression(column.expression)),
        resolver.constant(column.type.name, parseType('String')),
      ])
      scopeColumns.push({ name: column.name, qualifiers, node, hidden: true, table: 0 })
    }
    return { plan, columns: scopeColumns, tables: 1 }
  }

  async #arrayJoin(
    table: Extract<TableExpr, { kind: 'arrayJoin' }>,
    ctes: CteScope,
    outer: Scope | null,
  ): Promise<Source> {
    const source = table.input ? await this.from(table.input, ctes, outer) : this.#oneRow()
    const scope = new Scope(source.columns, ctes, outer)
    const resolver = new Resolver(this.context, scope)
    resolver.allowAggregates = false
    const arrays: Computed[] = []
    const columns = [...source.columns]
    const add = (name: string, array: Typed) => {
      const node =
        array.type.kind === 'Map'
          ? resolver.call('CAST', [array, resolver.constant((array.type as MapType).pairs.name, parseType('String'))])
          : array
      const element = (plainType(node.type) as { element?: import('../types/dataType.ts').DataType }).element
      if (!element)
        throw new DBError('TYPE_MISMATCH', `ARRAY JOIN requires an array argument, ${name} is ${array.type.name}`)
      const computed: Computed = { id: this.context.nextColumnId(), name, type: element, node }
      arrays.push(computed)
      const replaced: ScopeColumn = {
        name,
        qualifiers: [],
        node: { kind: 'column', id: computed.id, name, type: element, key: `#${computed.id}` },
        table: 0,
      }
      const at = columns.findIndex(column => column.name === name)
      if (at >= 0) columns[at] = { ...replaced, qualifiers: columns[at].qualifiers, table: columns[at].table }
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
          add((expr.alias ?? expr.parts.join('.')) + rest, column.node)
        }
      } else add(name, await resolver.resolve({ ...expr, alias: undefined }))
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

  async #groupKeys(
    resolver: Resolver,
    select: Select,
    expressions: readonly { expr: Expr }[],
  ): Promise<{ keys: Typed[]; sets: boolean[][] | null }> {
    const { groupBy } = select
    if (!groupBy || groupBy.mode === 'all') return { keys: [], sets: null }
    const keys: Typed[] = []
    const resolveKey = async (expr: Expr) => {
      const node = await resolver.resolve(this.#position(expr, expressions, 'GROUP BY'))
      if (hasAggregate(node)) throw new DBError('ILLEGAL_AGGREGATION', 'Aggregate functions may not stand in GROUP BY')
      let at = keys.findIndex(key => key.key === node.key)
      if (at < 0) at = keys.push(node) - 1
      return at
    }
    if (groupBy.mode === 'groupingSets') {
      const members: number[][] = []
      for (const set of groupBy.sets ?? []) {
        const inside: number[] = []
        for (const expr of set) inside.push(await resolveKey(expr))
        members.push(inside)
      }
      return { keys, sets: members.map(inside => keys.map((_, i) => inside.includes(i))) }
    }
    for (const expr of groupBy.keys) await resolveKey(expr)
    if (groupBy.mode === 'rollup')
      return {
        keys,
        sets: Array.from({ length: keys.length + 1 }, (_, n) => keys.map((_key, i) => i < keys.length - n)),
      }
    if (groupBy.mode === 'cube') {
      if (keys.length > 12) throw new DBError('BAD_ARGUMENTS', 'CUBE of more than 12 keys')
      const count = 2 ** keys.length
      return {
        keys,
        sets: Array.from({ length: count }, (_, n) =>
          keys.map((_key, i) => ((count - 1 - n) >> (keys.length - 1 - i)) % 2 === 1),
        ),
      }
    }
    return { keys, sets: null }
  }

  /** `2` in GROUP BY, ORDER BY, LIMIT BY is the second expression of the SELECT list. */
  #position(expr: Expr, expressions: readonly { expr: Expr }[], clause: string): Expr {
    if (
      expr.kind !== 'literal' ||
      typeof expr.value !== 'bigint' ||
      !this.context.settings.bool('enable_positional_arguments')
    )
      return expr
    const at = Number(expr.value < 0n ? BigInt(expressions.length) + expr.value + 1n : expr.value)
    if (at < 1 || at > expressions.length)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Positional argument out of bounds: ${expr.value} (expected in range [1, ${expressions.length}]) in ${clause}`,
      )
    return expressions[at - 1].expr
  }

  async #positional(
    resolver: Resolver,
    exprs: readonly Expr[],
    expressions: readonly { expr: Expr; node?: Typed }[],
    outputs: readonly { node: Typed }[],
  ): Promise<Typed[]> {
    const nodes: Typed[] = []
    for (const expr of exprs) {
      const positioned = this.#position(expr, expressions, 'ORDER BY')
      const at = expressions.findIndex(item => item.expr === positioned)
      nodes.push(at >= 0 && outputs[at] ? outputs[at].node : await resolver.resolve(positioned))
    }
    return nodes
  }

  async #orderKeys(
    resolver: Resolver,
    select: Select,
    expressions: readonly { expr: Expr; node?: Typed }[],
    outputs: readonly { node: Typed }[],
  ): Promise<SortKey[]> {
    const { orderBy } = select
    if (!orderBy) return []
    if (orderBy.elements.some(element => element.fill))
      throw new DBError('NOT_IMPLEMENTED', 'ORDER BY ... WITH FILL is not supported')
    if (orderBy.all) {
      const [{ direction, nulls }] = orderBy.elements
      return outputs.map(({ node }) => ({
        expr: node,
        descending: direction === 'desc',
        nullsFirst: nulls === 'first',
      }))
    }
    const keys: SortKey[] = []
    for (const element of orderBy.elements) {
      const [expr] = await this.#positional(resolver, [element.expr], expressions, outputs)
      keys.push({
        ...(await resolveSortKey(resolver, { ...element, expr: { kind: 'literal', value: 0n, start: 0, end: 0 } })),
        expr,
      })
    }
    return keys
  }

  async #aggregate(
    resolver: Resolver,
    input: Plan,
    select: Select,
    keys: readonly Typed[],
    sets: boolean[][] | null,
    nodes: readonly Typed[],
    having: Typed | null,
  ) {
    const replaced = new Map<string, Typed>()
    const simplified = sets ? new Map<string, Typed>() : simplifyAggregates(resolver, nodes)
    const outputs = nodes.map(node => rewrite(node, simplified))
    // Constants and keys that follow from other keys group nothing.
    const { settings } = this.context
    const isConstantGrouping = keys.length > 0 && keys.every(key => key.kind === 'constant')
    const emptyGivesRow =
      isConstantGrouping && !settings.bool('empty_result_for_aggregation_by_constant_keys_on_empty_set')
    const kept = sets ? [...keys] : keys.filter(key => key.kind !== 'constant')
    const plain = new Set(kept.filter(key => key.kind === 'column').map(key => key.key))
    const grouping = sets ? kept : kept.filter(key => key.kind === 'column' || !follows(key, plain))
    const computed = grouping.map(
      (node): Computed => ({ id: this.context.nextColumnId(), name: node.key, type: node.type, node }),
    )
    for (const key of computed)
      replaced.set(key.node.key, { kind: 'column', id: key.id, name: key.name, type: key.type, key: `#${key.id}` })
    const setColumn: PlanColumn | null = sets
      ? { id: this.context.nextColumnId(), name: '__grouping_set', type: parseType('UInt64') }
      : null
    for (const output of outputs)
      walk(output, node => {
        if (node.kind === 'call' && node.name === 'grouping')
          replaced.set(node.key, this.#groupingBits(resolver, node, keys, sets, setColumn))
        return true
      })
    const aggregates: (PlanColumn & { node: Extract<Typed, { kind: 'aggregate' }> })[] = []
    for (const output of outputs)
      walk(output, node => {
        if (node.kind !== 'aggregate') return !replaced.has(node.key)
        if (!replaced.has(node.key)) {
          const id = this.context.nextColumnId()
          aggregates.push({ id, name: node.key, type: node.type, node })
          replaced.set(node.key, { kind: 'column', id, name: node.key, type: node.type, key: `#${id}` })
        }
        return false
      })
    const plan: AggregatePlan = {
      kind: 'aggregate',
      input,
      keys: computed,
      aggregates,
      sets,
      setColumn,
      totals: select.groupBy?.totals ?? false,
      having: null,
      groupsWanted: 0,
      hasGroupBy: !emptyGivesRow && ((select.groupBy?.keys.length ?? 0) > 0 || sets !== null || keys.length > 0),
      columns: [...computed, ...aggregates, ...(setColumn ? [setColumn] : [])],
    }
    const available = new Set(plan.columns.map(column => column.id))
    const replace = (node: Typed): Typed => {
      const result = rewrite(rewrite(node, simplified), replaced)
      for (const [id, column] of columnsOf(result))
        if (!available.has(id))
          throw new DBError(
            'NOT_AN_AGGREGATE',
            `Column ${column.name} is not under aggregate function and not in GROUP BY keys. In query ${formatAst(select, { oneLine: true })}`,
          )
      return result
    }
    if (plan.totals && having) this.#checkTotals()
    return { plan, replace }
  }

  /** One bit an argument, the last one lowest: whether it is no key of the row's set (or is one, by the older convention). */
  #groupingBits(
    resolver: Resolver,
    call: CallNode,
    keys: readonly Typed[],
    sets: boolean[][] | null,
    setColumn: PlanColumn | null,
  ): Typed {
    const at = call.args.map(arg => keys.findIndex(key => key.key === arg.key))
    if (at.includes(-1))
      throw new DBError('BAD_ARGUMENTS', 'Argument of GROUPING function is not a part of GROUP BY clause')
    const isStandard = this.context.settings.bool('force_grouping_standard_compatibility')
    const bits = (set: readonly boolean[]) =>
      at.reduce((sum, key) => sum * 2n + (set[key] === isStandard ? 0n : 1n), 0n)
    if (!sets || !setColumn) return resolver.constant(bits(keys.map(() => true)), parseType('UInt64'))
    const column: Typed = { kind: 'column', ...setColumn, key: `#${setColumn.id}` }
    return resolver.call('arrayElement', [
      resolver.constant(sets.map(bits), parseType('Array(UInt64)')),
      resolver.call('plus', [column, resolver.constant(1, parseType('UInt8'))]),
    ])
  }

  #checkTotals(): void {
    const mode = this.context.settings.text('totals_mode')
    if (!['after_having_exclusive', 'before_having', 'after_having_inclusive', 'after_having_auto'].includes(mode))
      throw new DBError('BAD_ARGUMENTS', `Unknown totals_mode ${mode}`)
  }

  #windows(input: Plan, nodes: readonly Typed[]): { plan: Plan; replace: (node: Typed) => Typed } {
    const groups = new Map<string, (PlanColumn & { node: WindowNode })[]>()
    const replaced = new Map<string, Typed>()
    for (const output of nodes)
      walk(output, node => {
        if (node.kind !== 'window' || replaced.has(node.key)) return true
        const id = this.context.nextColumnId()
        const column = { id, name: node.key, type: node.type, node }
        const group = groups.get(node.window.key)
        if (group) group.push(column)
        else groups.set(node.window.key, [column])
        replaced.set(node.key, { kind: 'column', id, name: node.key, type: node.type, key: `#${id}` })
        return false
      })
    let plan = input
    for (const windows of groups.values())
      plan = { kind: 'window', input: plan, windows, columns: [...plan.columns, ...windows] }
    return { plan, replace: node => rewrite(node, replaced) }
  }

  async #finish(
    resolver: Resolver,
    input: Plan,
    select: Select,
    outputs: readonly { name: string; node: Typed }[],
    { orderBy, limitBy }: { orderBy: SortKey[]; limitBy: Typed[] },
  ): Promise<Plan> {
    const computed: Computed[] = []
    const byKey = new Map<string, Computed>()
    const compute = (node: Typed, name: string): Computed => {
      let column = byKey.get(node.key)
      if (!column) {
        const id = node.kind === 'column' ? node.id : this.context.nextColumnId()
        column = { id, name, type: node.type, node }
        byKey.set(node.key, column)
        computed.push(column)
      }
      return column
    }
    const ref = ({ id, name, type }: PlanColumn): Typed => ({ kind: 'column', id, name, type, key: `#${id}` })
    const visible = outputs.map(({ node, name }) => ({ column: compute(node, name), name }))
    const hiddenStart = computed.length
    const sortKeys = orderBy
      .filter(key => key.expr.kind !== 'constant')
      .map(key => ({ ...key, expr: ref(compute(key.expr, '')) }))
    const limitKeys = limitBy.map(node => ref(compute(node, '')))
    let plan: Plan = { kind: 'project', input, columns: computed }
    const { limit, offset, limitConstant } = await this.#limit(resolver, select.limit)
    const whole = limit === null ? 0 : limit + offset
    const withTies = select.limit?.withTies ?? false
    if (select.distinct) {
      const on = hiddenStart < computed.length ? computed.slice(0, hiddenStart).map(ref) : null
      plan = {
        kind: 'distinct',
        input: plan,
        on,
        limit: sortKeys.length === 0 && !select.limitBy ? whole : 0,
        columns: plan.columns,
      }
    }
    if (sortKeys.length > 0)
      plan = {
        kind: 'sort',
        input: plan,
        keys: sortKeys,
        limit: select.limitBy || limit === null ? 0 : whole,
        withTies,
        columns: plan.columns,
      }
    if (select.limitBy) {
      const by = await this.#limit(resolver, select.limitBy)
      plan = {
        kind: 'limitBy',
        input: plan,
        limit: by.limit ?? 0,
        offset: by.offset,
        by: limitKeys,
        columns: plan.columns,
      }
    }
    if (limit !== null || offset > 0 || limitConstant)
      plan = {
        kind: 'limit',
        input: plan,
        limit: limit ?? Number.POSITIVE_INFINITY,
        offset,
        ties: withTies ? sortKeys : null,
        columns: plan.columns,
      }
    const final = visible.map(
      ({ column, name }): Computed => ({ id: this.context.nextColumnId(), name, type: column.type, node: ref(column) }),
    )
    for (const { query, set, ctes } of resolver.subqueries)
      this.subqueries.push({ set, plan: await this.nested(query, ctes, resolver.scope) })
    return { kind: 'project', input: plan, columns: final }
  }

  async #limit(
    resolver: Resolver,
    clause: Limit | { limit: Expr; offset?: Expr } | undefined,
  ): Promise<{ limit: number | null; offset: number; limitConstant: boolean }> {
    const read = async (expr: Expr | undefined, what: string): Promise<number | null> => {
      if (!expr) return null
      const { value } = await resolver.resolveConstant(expr, what)
      const number = Number(value)
      if (typeof value === 'string' || value === null || !Number.isInteger(number))
        throw new DBError(
          'INVALID_LIMIT_EXPRESSION',
          `The value ${String(value)} of ${what} expression is not representable as UInt64`,
        )
      if (number < 0) throw new DBError('NOT_IMPLEMENTED', `Negative ${what} is not supported`)
      return number
    }
    return {
      limit: await read(clause?.limit, 'LIMIT'),
      offset: (await read(clause?.offset, 'OFFSET')) ?? 0,
      limitConstant: clause?.limit !== undefined,
    }
  }
}

function aggregatesOf(node: Typed): AggregateNode[] {
  const found: AggregateNode[] = []
  walk(node, child => {
    if (child.kind !== 'aggregate') return true
    found.push(child)
    return false
  })
  return found
}

function withQueries(select: Select, outer: CteScope): CteScope {
  const queries = new Map(outer.queries)
  const scope: CteScope = { queries }
  for (const element of select.with ?? []) {
    if (element.kind !== 'withQuery') continue
    if (select.recursive) throw new DBError('NOT_IMPLEMENTED', 'WITH RECURSIVE is not supported')
    // A CTE sees those before it.
    queries.set(element.name, {
      query: element.query,
      columnAliases: element.columnAliases,
      scope: { queries: new Map(queries) },
    })
  }
  return scope
}

/** A key computed from other keys alone has one value for each of their groups. */
function follows(key: Typed, plain: ReadonlySet<string>): boolean {
  if (some(key, node => node.kind === 'call' && !node.bound.deterministic)) return false
  const columns = [...columnsOf(key).values()]
  return columns.length > 0 && columns.every(column => plain.has(column.key))
}
