import { unreachable } from '../core/assert.ts'
import type {
  GroupBy,
  InterpolateElement,
  Query,
  Select,
  SetOperation,
  TableExpr,
  TableName,
  WithElement,
} from './ast.ts'
import {
  breakLine,
  formatCall,
  formatExpr,
  formatIdentifier,
  formatList,
  formatOrderBy,
  formatSettings,
  formatSubquery,
  formatWindow,
  type Style,
} from './formatExpr.ts'
import { quoteName, quoteNameAlways } from './literals.ts'

export function formatQueryText(query: Query, style: Style, indent: number): string {
  return query.kind === 'select' ? formatSelect(query, style, indent) : formatSetOperation(query, style, indent)
}

/** Operators and what stands between them, with nested operations that need no brackets laid out flat. */
interface Operand {
  readonly query: Query
  /** What joins this one to the one before. */
  readonly operator: string
}

function formatSetOperation(operation: SetOperation, style: Style, indent: number): string {
  const operands = flatten(operation, '')
  const line = breakLine(style, indent)
  let text = ''
  operands.forEach(({ query, operator }, at) => {
    // ClickHouse puts the two sides of EXCEPT in brackets.
    const besideExcept = operator.startsWith('EXCEPT') || operands[at + 1]?.operator.startsWith('EXCEPT')
    const bare = query.kind === 'select' && !besideExcept
    if (at > 0) text += `${line}${operator}${line}`
    text += bare ? formatSelect(query, style, indent) : formatSubquery(query, style, indent)
  })
  return text
}

function flatten({ operator, inputs }: SetOperation, before: string): Operand[] {
  const isIntersect = operator.startsWith('INTERSECT')
  return inputs.flatMap((input, at) => {
    const joined = at === 0 ? before : operator
    if (input.kind === 'select' || input.parenthesized) return [{ query: input, operator: joined }]
    const inputIsIntersect = input.operator.startsWith('INTERSECT')
    const tighter = inputIsIntersect && !isIntersect
    const chained = at === 0 && input.operator !== operator && inputIsIntersect === isIntersect
    return tighter || chained ? flatten(input, joined) : [{ query: input, operator: joined }]
  })
}

/** Items below one another where there is more than one. */
function stack(items: readonly string[], style: Style, indent: number): string {
  if (items.length <= 1 || style.oneLine) return ` ${items.join(', ')}`
  const line = breakLine(style, indent + 1)
  return `${line}${items.join(`,${line}`)}`
}

function formatSelect(select: Select, style: Style, indent: number): string {
  const clauses: string[] = []
  const { oneLine } = style
  const deeper = indent + 1
  if (select.with) {
    const line = breakLine(style, indent + 1)
    const items = select.with.map(element => formatWith(element, style, deeper))
    clauses.push(`WITH${select.recursive ? ' RECURSIVE' : ''}${line}${items.join(`,${line}`)}`)
  }
  const columns = select.columns.map(column => formatExpr(column, style, deeper, column.kind === 'lambda'))
  clauses.push(`SELECT${select.distinct ? ' DISTINCT' : ''}${stack(columns, style, indent)}`)
  if (select.from) clauses.push(`FROM${formatTables(select.from, style, indent)}`)
  if (select.prewhere) clauses.push(`PREWHERE ${formatExpr(select.prewhere, style, indent)}`)
  if (select.where) clauses.push(`WHERE ${formatExpr(select.where, style, indent)}`)
  if (select.groupBy) clauses.push(formatGroupBy(select.groupBy, style, indent))
  if (select.having) clauses.push(`HAVING ${formatExpr(select.having, style, indent)}`)
  if (select.windows) {
    const items = select.windows.map(
      ({ name, definition }) => `${quoteName(name)} AS ${formatWindow(definition, style, indent)}`,
    )
    clauses.push(`WINDOW${stack(items, style, indent)}`)
  }
  if (select.qualify) clauses.push(`QUALIFY ${formatExpr(select.qualify, style, indent)}`)
  if (select.orderBy) {
    const { all, elements, interpolate } = select.orderBy
    const items = elements.map(element => formatOrderBy(element, style, deeper))
    if (all) clauses.push(`ORDER BY ${items[0].replace(/^`?all`?/i, 'ALL')}`)
    else clauses.push(`ORDER BY${stack(items, style, indent)}`)
    if (interpolate) clauses.push(formatInterpolate(interpolate, style, indent))
  }
  if (select.limitBy) {
    const { limit, offset, by, all } = select.limitBy
    const count = `${offset ? `${formatExpr(offset, style, indent)}, ` : ''}${formatExpr(limit, style, indent)}`
    const keys = by.map(key => formatExpr(key, style, deeper))
    clauses.push(`LIMIT ${count} BY${all ? ' ALL' : stack(keys, style, indent)}`)
  }
  if (select.limit) {
    const { limit, offset, withTies } = select.limit
    if (limit)
      clauses.push(`LIMIT ${offset ? `${formatExpr(offset, style, indent)}, ` : ''}${formatExpr(limit, style, indent)}`)
    else if (offset) clauses.push(`OFFSET ${formatExpr(offset, style, indent)}`)
    if (withTies) clauses.push(oneLine ? 'WITH TIES' : ' WITH TIES')
  }
  if (select.settings) clauses.push(`SETTINGS ${formatSettings(select.settings, style)}`)
  return clauses.join(breakLine(style, indent))
}

function formatWith(element: WithElement, style: Style, indent: number): string {
  if (element.kind === 'withExpr') return formatExpr(element.expr, style, indent)
  const aliases = element.columnAliases ? `(${element.columnAliases.map(quoteName).join(', ')})` : ''
  const materialized =
    element.materialized === undefined ? '' : element.materialized ? ' MATERIALIZED' : ' NOT MATERIALIZED'
  const query = formatSubquery(element.query, style, indent)
  return `${quoteName(element.name)}${aliases} AS${materialized}${breakLine(style, indent)}${query}`
}

function formatInterpolate(items: readonly InterpolateElement[], style: Style, indent: number): string {
  if (items.length === 0) return 'INTERPOLATE'
  const written = items.map(({ column, expr }) => `${quoteNameAlways(column)} AS ${formatExpr(expr, style, indent)}`)
  return `INTERPOLATE (${written.join(', ')})`
}

function formatGroupBy({ mode, keys, sets, totals }: GroupBy, style: Style, indent: number): string {
  const deeper = breakLine(style, indent + 1)
  /** Under a GROUP BY that is not there. */
  const nested = style.oneLine ? '' : '    '
  let text = ''
  if (mode === 'all') text = 'GROUP BY ALL'
  else if (mode === 'groupingSets') {
    const deepest = breakLine(style, indent + 2)
    const written = (sets ?? []).map(set => `${style.oneLine ? '' : deepest}(${formatList(set, style, indent + 2)})`)
    text = `GROUP BY${deeper}GROUPING SETS (${written.join(style.oneLine ? ', ' : ',')})`
  } else if (keys.length > 0) {
    text = `GROUP BY${stack(
      keys.map(key => formatExpr(key, style, indent + 1)),
      style,
      indent,
    )}`
    if (mode === 'rollup') text += `${deeper}WITH ROLLUP`
    if (mode === 'cube') text += `${deeper}WITH CUBE`
  } else if (mode !== 'plain') text = `${nested}WITH ${mode.toUpperCase()}`
  if (!totals) return text
  return text === '' ? `${nested}WITH TOTALS` : `${text}${deeper}WITH TOTALS`
}

// -------------------------------------------------------------------------------------------------------------- tables

/** With the space or the line break that parts it from the word before. */
export function formatTables(table: TableExpr, style: Style, indent: number): string {
  const line = breakLine(style, indent)
  switch (table.kind) {
    case 'table':
    case 'tableFunction':
    case 'tableSubquery':
      return formatTable(table, style, indent)
    case 'arrayJoin': {
      const arrays = stack(
        table.arrays.map(array => formatExpr(array, style, indent + 1)),
        style,
        indent,
      )
      return `${formatTables(table.input, style, indent)}${line}${table.left ? 'LEFT ' : ''}ARRAY JOIN${arrays}`
    }
    case 'join': {
      const left = formatTables(table.left, style, indent)
      const right = formatTables(table.right, style, indent)
      if (table.type === 'comma') return `${left},${right}`
      let words = table.locality ? `${table.locality.toUpperCase()} ` : ''
      if (table.natural) words += 'NATURAL '
      if (table.strictness) words += `${table.strictness.toUpperCase()} `
      words += `${table.type === 'full' ? 'FULL OUTER' : table.type.toUpperCase()} JOIN`
      const using = table.using ? ` USING (${formatList(table.using, style, indent)})` : ''
      const on = table.on ? ` ON ${formatExpr(table.on, style, indent)}` : ''
      return `${left}${line}${words}${right}${on}${using}`
    }
    default:
      return unreachable(table)
  }
}

function formatTable(table: Extract<TableExpr, { alias?: string }>, style: Style, indent: number): string {
  const line = breakLine(style, indent)
  let text: string
  if (table.kind === 'table') text = ` ${formatTableName(table.name)}`
  else if (table.kind === 'tableFunction') text = ` ${formatCall(table.call, style, indent)}`
  else text = `${line}${formatSubquery(table.query, style, indent)}`
  if (table.alias !== undefined) text += ` AS ${quoteName(table.alias)}`
  if (table.columnAliases) text += `(${table.columnAliases.map(quoteName).join(', ')})`
  if (table.final) text += `${line}FINAL`
  if (table.sample) {
    text += `${line}SAMPLE ${formatExpr(table.sample.ratio, style, indent)}`
    if (table.sample.offset) text += ` OFFSET ${formatExpr(table.sample.offset, style, indent)}`
  }
  return text
}

/** Also of a database, which is a name without a table. */
export function formatTableName({ database, table }: TableName): string {
  const parts: string[] = []
  if (database !== undefined) parts.push(database)
  if (table !== '') parts.push(table)
  return formatIdentifier({ parts })
}
