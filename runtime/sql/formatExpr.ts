// Expressions as SQL, spelled as ClickHouse's formatQuery does: operands that are operators themselves get brackets.

import { unreachable } from '../core/assert.ts'
import type {
  ColumnTransformer,
  Expr,
  FunctionCall,
  Identifier,
  Lambda,
  OrderByElement,
  Query,
  Setting,
  WindowDefinition,
  WindowFrameBound,
} from './ast.ts'
import { formatLiteral, quoteName, quoteString } from './literals.ts'

/** How to lay text out, and the way from expressions to the queries inside them. */
export interface Style {
  readonly oneLine: boolean
  query(query: Query, indent: number): string
}

/** A line break and the indent of the next line; a space on one line. */
export function breakLine({ oneLine }: Style, indent: number): string {
  return oneLine ? ' ' : `\n${'    '.repeat(indent)}`
}

const infix = new Map<string, string>([
  ['plus', '+'],
  ['minus', '-'],
  ['multiply', '*'],
  ['divide', '/'],
  ['modulo', '%'],
  ['equals', '='],
  ['notEquals', '!='],
  ['less', '<'],
  ['greater', '>'],
  ['lessOrEquals', '<='],
  ['greaterOrEquals', '>='],
  ['isNotDistinctFrom', '<=>'],
  ['isDistinctFrom', 'IS DISTINCT FROM'],
  ['like', 'LIKE'],
  ['ilike', 'ILIKE'],
  ['notLike', 'NOT LIKE'],
  ['notILike', 'NOT ILIKE'],
  ['in', 'IN'],
  ['notIn', 'NOT IN'],
  ['globalIn', 'GLOBAL IN'],
  ['globalNotIn', 'GLOBAL NOT IN'],
  ['and', 'AND'],
  ['or', 'OR'],
])
const memberships = new Set(['in', 'notIn', 'globalIn', 'globalNotIn'])
const prefix = new Map<string, string>([
  ['negate', '-'],
  ['not', 'NOT '],
])
const suffix = new Map<string, string>([
  ['isNull', ' IS NULL'],
  ['isNotNull', ' IS NOT NULL'],
])

/** `asOperand`: an operator stands beside it, so an operator in it needs brackets. */
export function formatExpr(expr: Expr, style: Style, indent: number, asOperand = false): string {
  const body = formatBody(expr, style, indent, asOperand)
  if (expr.alias === undefined) return expr.parenthesized && !hasOwnBrackets(expr, asOperand) ? `(${body})` : body
  if (expr.kind === 'function' && expr.name === 'globalVariable') return `${body} AS ${quoteName(expr.alias)}`
  const named = (text: string) => `${text} AS ${quoteName(expr.alias!)}`
  if (expr.kind === 'lambda') return named(expr.parenthesized || asOperand ? `(${body})` : body)
  if (asOperand) return `(${named(body)})`
  return named(expr.parenthesized && !hasOwnBrackets(expr, asOperand) ? `(${body})` : body)
}

/** Whether the body already comes with the brackets that `parenthesized` asks for. */
function hasOwnBrackets(expr: Expr, asOperand: boolean): boolean {
  if (expr.kind === 'lambda') return asOperand && expr.alias === undefined
  return asOperand && expr.alias === undefined && bracketsAsOperand(expr)
}

function bracketsAsOperand(expr: Expr): boolean {
  if (expr.kind !== 'function' || !expr.operator) return false
  const { name } = expr
  if (infix.has(name) || prefix.has(name) || suffix.has(name)) return true
  return name === 'arrayElement' || name === 'tupleElement'
}

function formatBody(expr: Expr, style: Style, indent: number, asOperand: boolean): string {
  switch (expr.kind) {
    case 'literal':
      return formatLiteral(expr.value)
    case 'identifier':
      return formatIdentifier(expr)
    case 'parameter':
      return `{${quoteName(expr.name)}:${expr.type}}`
    case 'subquery':
      return formatSubquery(expr.query, style, indent)
    case 'lambda': {
      const text = formatLambda(expr, style, indent)
      return asOperand && expr.alias === undefined ? `(${text})` : text
    }
    case 'asterisk': {
      const qualifier = expr.qualifier ? `${expr.qualifier.map(quoteName).join('.')}.` : ''
      return `${qualifier}*${formatTransformers(expr.transformers, style, indent)}`
    }
    case 'columns': {
      const qualifier = expr.qualifier ? `${expr.qualifier.map(quoteName).join('.')}.` : ''
      const inner = expr.list ? formatList(expr.list, style, indent) : quoteString(expr.pattern ?? '')
      return `${qualifier}COLUMNS(${inner})${formatTransformers(expr.transformers, style, indent)}`
    }
    case 'function': {
      const text = expr.operator ? formatOperator(expr, style, indent) : undefined
      if (text === undefined) return formatCall(expr, style, indent, asOperand)
      return asOperand && expr.alias === undefined && bracketsAsOperand(expr) ? `(${text})` : text
    }
    default:
      return unreachable(expr)
  }
}

export function formatIdentifier({ parts }: Pick<Identifier, 'parts'>): string {
  return parts.map(quotePart).join('.')
}

/** Parts may also be unbound parameters and paths into JSON. */
function quotePart(part: string): string {
  if (/^\{\w+:Identifier\}$/.test(part)) return part
  if (/^:`.*`$/.test(part)) return part
  if (/^\^\w+$/.test(part)) return `^${quoteName(part.slice(1))}`
  return quoteName(part)
}

export function formatSubquery(query: Query, style: Style, indent: number): string {
  if (style.oneLine) return `(${style.query(query, indent)})`
  return `(${breakLine(style, indent + 1)}${style.query(query, indent + 1)}${breakLine(style, indent)})`
}

function formatLambda(lambda: Lambda, style: Style, indent: number): string {
  const params = lambda.params.map(quoteName).join(', ')
  const left = lambda.params.length === 1 ? params : `(${params})`
  return `${left} -> ${formatExpr(lambda.body, style, indent, true)}`
}

export function formatList(exprs: readonly Expr[], style: Style, indent: number): string {
  return exprs.map(expr => formatExpr(expr, style, indent)).join(', ')
}

/** Undefined if, operator or not, it is best written as a call. */
function formatOperator(expr: FunctionCall, style: Style, indent: number): string | undefined {
  const { name, args } = expr
  const operand = (at: number) => formatExpr(args[at], style, indent, true)
  const symbol = infix.get(name)
  if (symbol) {
    if (args.length < 2) return undefined
    if (memberships.has(name)) return `${operand(0)} ${symbol} ${formatMembers(args[1], style, indent)}`
    return args.map((_, at) => operand(at)).join(` ${symbol} `)
  }
  const before = prefix.get(name)
  if (before) {
    const inner = operand(0)
    const signed = name === 'negate' && args[0].kind === 'literal' && !args[0].parenthesized
    return signed ? `${before}(${inner})` : `${before}${inner}`
  }
  const after = suffix.get(name)
  if (after) return `${operand(0)}${after}`
  switch (name) {
    case 'array':
      return `[${formatList(args, style, indent)}]`
    case 'tuple':
      return `(${formatList(args, style, indent)})`
    case 'map': {
      const pairs: string[] = []
      for (let i = 0; i + 1 < args.length; i += 2) {
        pairs.push(`${formatExpr(args[i], style, indent)} : ${formatExpr(args[i + 1], style, indent)}`)
      }
      return `{${pairs.join(', ')}}`
    }
    case 'arrayElement':
      return `${operand(0)}[${formatExpr(args[1], style, indent)}]`
    case 'tupleElement': {
      const [tuple, index] = args
      if (index.kind !== 'literal') return undefined
      const plain = tuple.kind === 'function' && tuple.name !== 'tuple' && tuple.name !== 'array'
      const base = operand(0)
      const text = plain && !base.startsWith('(') ? `(${base})` : base
      return `${text}.${typeof index.value === 'string' ? quoteName(index.value) : formatLiteral(index.value)}`
    }
  }
  return undefined
}

/** What stands behind IN: always in brackets of some kind, or a call. */
function formatMembers(expr: Expr, style: Style, indent: number): string {
  const text = formatExpr(expr, style, indent, true)
  const bare = expr.kind === 'literal' || expr.kind === 'identifier' || expr.kind === 'parameter'
  return bare && !expr.parenthesized && expr.alias === undefined ? `(${text})` : text
}

export function formatCall(expr: FunctionCall, style: Style, indent: number, asOperand = false): string {
  const parameters = expr.parameters ? `(${formatList(expr.parameters, style, indent)})` : ''
  const nulls = expr.nulls ? ` ${expr.nulls.toUpperCase()} NULLS` : ''
  const over = expr.over
    ? ` OVER ${expr.over.kind === 'windowReference' ? quoteName(expr.over.name) : formatWindow(expr.over, style, indent, asOperand)}`
    : ''
  return `${quoteName(expr.name)}${parameters}${formatArguments(expr, style, indent)}${nulls}${over}`
}

function formatArguments(expr: FunctionCall, style: Style, indent: number): string {
  const [first] = expr.args
  if (expr.bareQuery && first?.kind === 'subquery') return formatSubquery(first.query, style, indent)
  const items = expr.args.map(arg => formatExpr(arg, style, indent, expr.args.length > 1 && isMembership(arg)))
  if (expr.settings) items.push(`SETTINGS ${formatSettings(expr.settings, style)}`)
  return `(${items.join(', ')})`
}

function isMembership(expr: Expr): boolean {
  return expr.kind === 'function' && expr.operator === true && memberships.has(expr.name)
}

export function formatSettings(settings: readonly Setting[], style: Style): string {
  return settings
    .map(({ name, value }) => {
      const path = name.split('.').map(quoteName).join('.')
      return `${path} = ${value === undefined ? 'DEFAULT' : formatExpr(value, style, 0)}`
    })
    .join(', ')
}

function formatTransformers(
  transformers: readonly ColumnTransformer[] | undefined,
  style: Style,
  indent: number,
): string {
  return (transformers ?? []).map(transformer => ` ${formatTransformer(transformer, style, indent)}`).join('')
}

function formatTransformer(transformer: ColumnTransformer, style: Style, indent: number): string {
  switch (transformer.kind) {
    case 'except': {
      const strict = transformer.strict ? ' STRICT' : ''
      if (transformer.pattern !== undefined) return `EXCEPT${strict}(${quoteString(transformer.pattern)})`
      const names = (transformer.columns ?? []).map(quoteName)
      return `EXCEPT${strict} ${names.length === 1 ? names[0] : `(${names.join(', ')})`}`
    }
    case 'replace': {
      const strict = transformer.strict ? ' STRICT' : ''
      const items = transformer.columns.map(
        ({ name, expr }) => `${formatExpr(expr, style, indent)} AS ${quoteName(name)}`,
      )
      return `REPLACE${strict} (${items.join(', ')})`
    }
    case 'apply': {
      const parameters = transformer.parameters ? `(${formatList(transformer.parameters, style, indent)})` : ''
      const what = transformer.lambda
        ? formatLambda(transformer.lambda, style, indent)
        : `${quoteName(transformer.name ?? '')}${parameters}`
      return transformer.prefix === undefined ? `APPLY ${what}` : `APPLY(${what}, ${quoteString(transformer.prefix)})`
    }
  }
}

// ---------------------------------------------------------------------------------------------------------- windows

/** `asOperand` is that of the call: its brackets come out within the window, as ClickHouse has it. */
export function formatWindow(window: WindowDefinition, style: Style, indent: number, asOperand = false): string {
  const clauses: string[] = []
  if (window.parent !== undefined) clauses.push(quoteName(window.parent))
  if (window.partitionBy)
    clauses.push(`PARTITION BY ${window.partitionBy.map(e => formatExpr(e, style, indent, asOperand)).join(', ')}`)
  if (window.orderBy)
    clauses.push(`ORDER BY ${window.orderBy.map(e => formatOrderBy(e, style, indent, asOperand)).join(', ')}`)
  if (window.frame) clauses.push(formatFrame(window.frame, offset => formatExpr(offset, style, indent)))
  return `(${clauses.join(' ')})`
}

function formatFrame(
  { unit, begin, end }: NonNullable<WindowDefinition['frame']>,
  write: (offset: Expr) => string,
): string {
  return `${unit} BETWEEN ${formatBound(begin, write)} AND ${formatBound(end, write)}`
}

function formatBound(bound: WindowFrameBound, write: (offset: Expr) => string): string {
  switch (bound.kind) {
    case 'unboundedPreceding':
      return 'UNBOUNDED PRECEDING'
    case 'unboundedFollowing':
      return 'UNBOUNDED FOLLOWING'
    case 'currentRow':
      return 'CURRENT ROW'
    case 'preceding':
      return `${write(bound.offset)} PRECEDING`
    case 'following':
      return `${write(bound.offset)} FOLLOWING`
  }
}

export function formatOrderBy(element: OrderByElement, style: Style, indent: number, asOperand = false): string {
  let text = `${formatExpr(element.expr, style, indent, asOperand)} ${element.direction.toUpperCase()}`
  if (element.nulls) text += ` NULLS ${element.nulls.toUpperCase()}`
  if (element.collation) text += ` COLLATE ${formatExpr(element.collation, style, indent)}`
  const { fill } = element
  if (!fill) return text
  text += ' WITH FILL'
  if (fill.from) text += ` FROM ${formatExpr(fill.from, style, indent)}`
  if (fill.to) text += ` TO ${formatExpr(fill.to, style, indent)}`
  if (fill.step) text += ` STEP ${formatExpr(fill.step, style, indent)}`
  if (fill.staleness) text += ` STALENESS ${formatExpr(fill.staleness, style, indent)}`
  return text
}

// -------------------------------------------------------------------------------------------------------------- names

/**
 * The name of a result column that has no alias: `plus(a, 1)` for a + 1, `[1, 2]`, `CAST(x, 'UInt8')`. Scalar subqueries,
 * which the analyzer numbers, come through `nameOf`, as may names that it has resolved.
 */
export function columnName(expr: Expr, nameOf: (expr: Expr) => string | undefined = () => undefined): string {
  const given = nameOf(expr)
  if (given !== undefined) return given
  if (expr.alias !== undefined) return expr.alias
  const names = (exprs: readonly Expr[]) => exprs.map(item => columnName(item, nameOf)).join(', ')
  switch (expr.kind) {
    case 'literal':
      return formatLiteral(expr.value)
    case 'identifier':
      return expr.parts.join('.')
    case 'parameter':
      return `{${expr.name}:${expr.type}}`
    case 'subquery':
      return '_subquery'
    case 'lambda':
      return `lambda(tuple(${expr.params.join(', ')}), ${columnName(expr.body, nameOf)})`
    case 'asterisk':
      return '*'
    case 'columns':
      return `COLUMNS(${expr.list ? names(expr.list) : quoteString(expr.pattern ?? '')})`
    case 'function': {
      if (expr.name === 'array' && !expr.over) return `[${names(expr.args)}]`
      if (expr.name === 'tuple' && !expr.over) return `(${names(expr.args)})`
      const parameters = expr.parameters ? `(${names(expr.parameters)})` : ''
      const args = expr.args.filter(arg => arg.kind !== 'asterisk')
      return `${expr.name}${parameters}(${names(args)})${windowName(expr, nameOf)}`
    }
    default:
      return unreachable(expr)
  }
}

function windowName({ over }: FunctionCall, nameOf: (expr: Expr) => string | undefined): string {
  if (!over) return ''
  if (over.kind === 'windowReference') return ` OVER ${over.name}`
  const name = (expr: Expr) => columnName(expr, nameOf)
  const clauses: string[] = []
  if (over.parent !== undefined) clauses.push(over.parent)
  if (over.partitionBy) clauses.push(`PARTITION BY ${over.partitionBy.map(name).join(', ')}`)
  if (over.orderBy) {
    clauses.push(`ORDER BY ${over.orderBy.map(e => `${name(e.expr)} ${e.direction.toUpperCase()}`).join(', ')}`)
  }
  if (over.frame) clauses.push(formatFrame(over.frame, name))
  return ` OVER (${clauses.join(' ')})`
}
