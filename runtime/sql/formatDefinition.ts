// What stands in CREATE TABLE and ALTER TABLE.

import type { FunctionCall, Select } from './ast.ts'
import type {
  Assignment,
  ColumnDeclaration,
  ConstraintDeclaration,
  CreateTable,
  IndexDeclaration,
  ProjectionDeclaration,
  Storage,
  TtlElement,
} from './statementAst.ts'
import { breakLine, formatExpr, formatList, formatSettings, type Style } from './formatExpr.ts'
import { formatTypeLines } from './types.ts'
import { quoteName, quoteNameAlways, quoteString } from './literals.ts'

export function formatColumn(column: ColumnDeclaration, style: Style): string {
  let text = quoteNameAlways(column.name)
  if (column.type) text += ` ${style.oneLine ? column.type.text : formatTypeLines(column.type, 1)}`
  if (column.nullable !== undefined) text += column.nullable ? ' NULL' : ' NOT NULL'
  if (column.default) {
    text += ` ${column.default.kind}`
    if ('expr' in column.default && column.default.expr) text += ` ${formatExpr(column.default.expr, style, 0)}`
  }
  if (column.comment !== undefined) text += ` COMMENT ${quoteString(column.comment)}`
  if (column.codec) text += ` ${formatDeclared(column.codec, style)}`
  if (column.statistics) text += ` ${formatDeclared(column.statistics, style)}`
  if (column.ttl) text += ` TTL ${formatExpr(column.ttl, style, 0)}`
  if (column.collation !== undefined) text += ` COLLATE ${quoteName(column.collation)}`
  if (column.settings) text += ` SETTINGS (${formatSettings(column.settings, style)})`
  return text
}

/** Engines, codecs, index types: without arguments they have no brackets. */
export function formatDeclared(call: FunctionCall, style: Style): string {
  const name = quoteName(call.name)
  if (call.args.length === 0 && !call.settings) return name
  const args = call.args.map(arg => {
    const isDeclared = arg.kind === 'function' && arg.args.length === 0 && !arg.operator && call.name === 'CODEC'
    return isDeclared ? formatDeclared(arg, style) : formatExpr(arg, style, 0)
  })
  if (call.settings) args.push(`SETTINGS ${formatSettings(call.settings, style)}`)
  return `${name}(${args.join(', ')})`
}

export function formatIndex({ name, expr, type, granularity }: IndexDeclaration, style: Style): string {
  return `${quoteName(name)} ${formatExpr(expr, style, 0)} TYPE ${formatDeclared(type, style)} GRANULARITY ${granularity}`
}

export function formatProjection(projection: ProjectionDeclaration, style: Style, indent: number): string {
  const { name, query, index, settings } = projection
  let text = quoteName(name)
  if (index) text += ` INDEX ${formatExpr(index.expr, style, indent)} TYPE ${formatDeclared(index.type, style)}`
  if (query) text += `${breakLine(style, indent)}${formatProjectionQuery(query, style, indent)}`
  if (settings) text += ` WITH SETTINGS (${formatSettings(settings, style)})`
  return text
}

/** Its ORDER BY is a key, which has no directions. */
function formatProjectionQuery(query: Select, style: Style, indent: number): string {
  const inner = style.oneLine ? '' : breakLine(style, indent + 1)
  const outer = style.oneLine ? '' : breakLine(style, indent)
  const body = style.query({ ...query, orderBy: undefined }, indent + 1)
  const keys = (query.orderBy?.elements ?? []).map(({ expr }) => expr)
  const orderBy =
    keys.length > 0 ? `${breakLine(style, indent + 1)}ORDER BY ${formatList(keys, style, indent + 1)}` : ''
  return `(${inner}${body}${orderBy}${outer})`
}

export function formatConstraint({ name, type, expr }: ConstraintDeclaration, style: Style): string {
  return `${quoteName(name)} ${type} ${formatExpr(expr, style, 0)}`
}

type Declared = Pick<CreateTable, 'columns' | 'indices' | 'projections' | 'constraints'>

/** The list in brackets, with the line break before it; '' where there is none. */
export function formatElements({ columns, indices, projections, constraints }: Declared, style: Style): string {
  const items = [
    ...(columns ?? []).map(column => formatColumn(column, style)),
    ...(indices ?? []).map(index => `INDEX ${formatIndex(index, style)}`),
    ...(constraints ?? []).map(constraint => `CONSTRAINT ${formatConstraint(constraint, style)}`),
    ...(projections ?? []).map(projection => `PROJECTION ${formatProjection(projection, style, 1)}`),
  ]
  if (items.length === 0) return columns ? ' ()' : ''
  if (style.oneLine) return ` (${items.join(', ')})`
  return `\n(\n    ${items.join(',\n    ')}\n)`
}

/** Each clause with the line break before it. */
export function formatStorage(storage: Storage | undefined, style: Style): string {
  if (!storage) return ''
  const clauses: string[] = []
  if (storage.engine) clauses.push(`ENGINE = ${formatDeclared(storage.engine, style)}`)
  if (storage.partitionBy) clauses.push(`PARTITION BY ${formatExpr(storage.partitionBy, style, 0)}`)
  if (storage.primaryKey) clauses.push(`PRIMARY KEY ${formatExpr(storage.primaryKey, style, 0)}`)
  if (storage.orderBy) clauses.push(`ORDER BY ${formatSortingKey(storage.orderBy, style)}`)
  if (storage.sampleBy) clauses.push(`SAMPLE BY ${formatExpr(storage.sampleBy, style, 0)}`)
  if (storage.uniqueKey) clauses.push(`UNIQUE KEY ${formatExpr(storage.uniqueKey, style, 0)}`)
  if (storage.ttl) clauses.push(`TTL ${formatTtl(storage.ttl, style)}`)
  if (storage.settings) clauses.push(`SETTINGS ${formatSettings(storage.settings, style)}`)
  return clauses.map(clause => `${breakLine(style, 0)}${clause}`).join('')
}

/** A key whose parts may be __descendingKey(x), which is `x DESC`. */
export function formatSortingKey(key: NonNullable<Storage['orderBy']>, style: Style): string {
  const direction = (expr: typeof key): string =>
    expr.kind === 'function' && expr.name === '__descendingKey'
      ? `${formatExpr(expr.args[0], style, 0)} DESC`
      : formatExpr(expr, style, 0)
  if (key.kind !== 'function' || key.name !== 'tuple' || key.parenthesized) return direction(key)
  const items = key.args.map(direction)
  return key.operator && items.length > 1 ? `(${items.join(', ')})` : `tuple(${items.join(', ')})`
}

export function formatTtl(elements: readonly TtlElement[], style: Style): string {
  return elements.map(element => formatTtlElement(element, style)).join(', ')
}

function formatTtlElement({ expr, action, where }: TtlElement, style: Style): string {
  const condition = where ? ` WHERE ${formatExpr(where, style, 0)}` : ''
  const text = formatExpr(expr, style, 0)
  switch (action.kind) {
    case 'delete':
      return `${text}${condition}`
    case 'toDisk':
    case 'toVolume': {
      const target = action.kind === 'toDisk' ? 'DISK' : 'VOLUME'
      return `${text} TO ${target} ${action.ifExists ? 'IF EXISTS ' : ''}${quoteString(action.name)}${condition}`
    }
    case 'recompress':
      return `${text} RECOMPRESS ${formatDeclared(action.codec, style)}${condition}`
    case 'groupBy': {
      const set = action.set.length > 0 ? ` SET ${formatAssignments(action.set, style)}` : ''
      return `${text} GROUP BY ${formatList(action.keys, style, 0)}${set}${condition}`
    }
  }
}

export function formatAssignments(assignments: readonly Assignment[], style: Style): string {
  return assignments.map(({ column, expr }) => `${quoteName(column)} = ${formatExpr(expr, style, 0)}`).join(', ')
}
