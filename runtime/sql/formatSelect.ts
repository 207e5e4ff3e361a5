import { unreachable } from '../core/assert.ts'
import type { GroupBy, Query, Select, SetOperation, TableExpr, TableName, WithElement } from './ast.ts'
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
import { quoteName } from './literals.ts'

export function formatQueryText(query: Query, style: Style, indent: number): string {
  return query.kind === 'select' ? formatSelect(query, style, indent) : formatSetOperation(query, style, indent)
}

function formatSetOperation({ operator, inputs }: SetOperation, style: Style, indent: number): string {
  const isIntersect = operator.startsWith('INTERSECT')
  const parts = inputs.map((input, at) => {
    if (input.kind === 'select') return formatSelect(input, style, indent)
    const tighter = !isIntersect && input.operator.startsWith('INTERSECT')
    const chained = at === 0 && input.operator !== operator && input.operator.startsWith('INTERSECT') === isIntersect
    return tighter || chained ? formatSetOperation(input, style, indent) : formatSubquery(input, style, indent)
  })
  const line = breakLine(style, indent)
  return parts.join(`${line}${operator}${line}`)
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
  const listIndent = (items: readonly unknown[]) => (items.length > 1 && !oneLine ? indent + 1 : indent)
  if (select.with) {
    const line = breakLine(style, indent + 1)
    const items = select.with.map(element => formatWith(element, style, oneLine ? indent : indent + 1))
    clauses.push(`WITH${select.recursive ? ' RECURSIVE' : ''}${line}${items.join(`,${line}`)}`)
  }
  const itemIndent = listIndent(select.columns)
  const columns = select.columns.map(column => formatExpr(column, style, itemIndent, column.kind === 'lambda'))
  clauses.push(`SELECT${select.distinct ? ' DISTINCT' : ''}${stack(columns, style, indent)}`)
  if (select.from) clauses.push(`FROM${formatTables(select.from, style, indent)}`)
  if (select.prewhere) clauses.push(`PREWHERE ${formatExpr(select.prewhere, style, indent)}`)
  if (select.where) clauses.push(`WHERE ${formatExpr(select.where, style, indent)}`)
  if (select.groupBy) clauses.push(formatGroupBy(select.groupBy, style, indent))
  if (select.having) clauses.push(`HAVING ${formatExpr(select.having, style, indent)}`)
  if (select.windows) {
    const line = breakLine(style, indent + 1)
    const items = select.windows.map(
      ({ name, definition }) => `${quoteName(name)} AS ${formatWindow(definition, style, indent)}`,
    )
    clauses.push(`WINDOW${line}${items.join(`,${line}`)}`)
  }
  if (select.qualify) clauses.push(`QUALIFY ${formatExpr(select.qualify, style, indent)}`)
  if (select.orderBy) {
    const { all, elements, interpolate } = select.orderBy
    const at = listIndent(elements)
    const items = elements.map(element => formatOrderBy(element, style, at))
    if (all) clauses.push(`ORDER BY ${items[0].replace(/^`?all`?/i, 'ALL')}`)
    else clauses.push(`ORDER BY${stack(items, style, indent)}`)
    if (interpolate) clauses.push(formatInterpolate(interpolate, style, indent))
  }
  if (select.limitBy) {
    const { limit, offset, by, all } = select.limitBy
    const count = `${offset ? `${formatExpr(offset, style, indent)}, ` : ''}${formatExpr(limit, style, indent)}`
    const keys = by.map(key => formatExpr(key, style, listIndent(by)))
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

function formatInterpolate(
  items: readonly { column: string; expr?: Select['where'] }[],
  style: Style,
  indent: number,
): string {
  if (items.length === 0) return 'INTERPOLATE'
  const written = items.map(({ column, expr }) => {
    const name = `\`${column.replace(/[\\`]/g, '\\$&')}\``
    return `${name} AS ${expr ? formatExpr(expr, style, indent) : quoteName(column)}`
  })
  return `INTERPOLATE (${written.join(', ')})`
}

function formatGroupBy({ mode, keys, sets, totals }: GroupBy, style: Style, indent: number): string {
  const deeper = breakLine(style, indent + 1)
  let text = ''
  if (mode === 'all') text = 'GROUP BY ALL'
  else if (mode === 'groupingSets') {
    const deepest = breakLine(style, indent + 2)
    const written = (sets ?? []).map(set => `${style.oneLine ? '' : deepest}(${formatList(set, style, indent + 2)})`)
    text = `GROUP BY${deeper}GROUPING SETS (${written.join(style.oneLine ? ', ' : ',')})`
  } else if (keys.length > 0) {
    const at = keys.length > 1 && !style.oneLine ? indent + 1 : indent
    text = `GROUP BY${stack(
      keys.map(key => formatExpr(key, style, at)),
      style,
      indent,
    )}`
    if (mode === 'rollup') text += `${deeper}WITH ROLLUP`
    if (mode === 'cube') text += `${deeper}WITH CUBE`
  } else if (mode !== 'plain') text = `WITH ${mode.toUpperCase()}`
  if (!totals) return text
  return text === '' ? 'WITH TOTALS' : `${text}${deeper}WITH TOTALS`
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
      const at = table.arrays.length > 1 && !style.oneLine ? indent + 1 : indent
      const arrays = stack(
        table.arrays.map(array => formatExpr(array, style, at)),
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
