// TTL of rows and of columns: what may be declared, and what a part loses by it.
import { columnsOf, type Typed } from '../analyzer/typed.ts'
import type { TableDefinition } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import type { Expr } from '../sql/ast.ts'
import type { AlterCommand, TtlElement } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { quoteString } from '../sql/literals.ts'
import { parseExpression } from '../sql/parser.ts'
import type { MergeTreeDefinition, TableTtl } from '../storage/mergetree/definition.ts'
import type { GranaryEngine } from './engine.ts'
import { keyResolver } from './keyResolver.ts'

const textOf = (expr: Expr): string => formatAst(expr, { oneLine: true })

/** The TTLs that delete rows or reset values; those that would move or recompress parts do nothing to rows. */
export function ttlOf({ create }: TableDefinition): TableTtl | undefined {
  const rows = (create.storage?.ttl ?? [])
    .filter(({ action }) => action.kind === 'delete')
    .map(({ expr, where }) => ({ expression: textOf(expr), ...(where ? { condition: textOf(where) } : {}) }))
  const columns = (create.columns ?? []).flatMap(({ name, ttl }) => (ttl ? [{ name, expression: textOf(ttl) }] : []))
  return rows.length + columns.length > 0 ? { rows, columns } : undefined
}

/** Refuses TTLs that cannot be, or that are not there. */
export async function checkTtl(
  engine: GranaryEngine,
  { create, columns }: TableDefinition,
  stored: MergeTreeDefinition,
): Promise<void> {
  const elements = create.storage?.ttl ?? []
  const declared = (create.columns ?? []).filter(({ ttl }) => ttl)
  if (elements.length + declared.length === 0) return
  for (const element of elements) checkAction(element)
  if (elements.filter(({ action, where }) => action.kind === 'delete' && !where).length > 1)
    throw new DBError(
      'BAD_TTL_EXPRESSION',
      'More than one DELETE TTL expression without WHERE expression is not allowed',
    )
  const arena = new Arena(engine.memory)
  try {
    const resolver = keyResolver(engine, columns, arena)
    for (const expr of [...elements.map(({ expr }) => expr), ...declared.flatMap(({ ttl }) => ttl ?? [])]) {
      const node = await resolver.resolve(expr)
      if (columnsOf(node).size === 0)
        throw new DBError(
          'BAD_ARGUMENTS',
          `TTL expression ${textOf(expr)} does not depend on any of the columns of the table`,
        )
      if (!isDeterministic(node))
        throw new DBError('BAD_ARGUMENTS', `TTL expression cannot contain non-deterministic functions: ${textOf(expr)}`)
      if (!/^(Date|Date32|DateTime|DateTime64)\b/.test(node.type.name))
        throw new DBError(
          'BAD_TTL_EXPRESSION',
          `TTL expression result column should have Date, Date32, DateTime or DateTime64 type, but has ${node.type.name}`,
        )
    }
    for (const { where } of elements) if (where) await resolver.resolve(where)
  } finally {
    arena.destroy()
  }
  for (const { name } of declared) {
    if (stored.sortingColumns.includes(name) || stored.minmaxColumns.includes(name))
      throw new DBError('ILLEGAL_COLUMN', `Trying to set TTL for key column ${name}`)
    if (name.includes('.'))
      throw new DBError('NOT_IMPLEMENTED', `TTL of ${name}, one column of a Nested, is not supported`)
  }
}

const isDeterministic = (node: Typed): boolean =>
  node.kind !== 'call' || (node.bound.deterministic && node.args.every(isDeterministic))

function checkAction({ action }: TtlElement): void {
  switch (action.kind) {
    case 'delete':
      return
    case 'toDisk':
    case 'toVolume': {
      // All parts lie there.
      if (action.name === 'default' || action.ifExists) return
      const what = action.kind === 'toDisk' ? 'disk' : 'volume'
      throw new DBError('BAD_TTL_EXPRESSION', `No such ${what} \`${action.name}\` for given storage policy.`)
    }
    case 'groupBy':
      throw new DBError('NOT_IMPLEMENTED', 'TTL ... GROUP BY is not supported')
    case 'recompress':
      throw new DBError('NOT_IMPLEMENTED', 'TTL ... RECOMPRESS is not supported')
  }
}

/** What takes from a part, which has these columns, what has expired. */
export function ttlCommands({ ttl, columns }: MergeTreeDefinition, present: ReadonlySet<string>): AlterCommand[] {
  if (!ttl) return []
  const commands: AlterCommand[] = []
  // A time of zero never comes.
  const expired = (expression: string) => `(${expression}) <= now() AND (${expression}) != toDateTime(0)`
  if (ttl.rows.length > 0) {
    const conditions = ttl.rows.map(({ expression, condition }) =>
      condition === undefined ? expired(expression) : `${expired(expression)} AND (${condition})`,
    )
    const where = parseExpression(conditions.map(condition => `(${condition})`).join(' OR '))
    commands.push({ kind: 'delete', where })
  }
  for (const { name, expression } of ttl.columns) {
    const column = columns.find(column => column.name === name)
    if (!column || !present.has(name)) continue
    const value = column.expression ?? `defaultValueOfTypeName(${quoteString(column.type)})`
    const assignments = [{ column: name, expr: parseExpression(value) }]
    commands.push({ kind: 'update', assignments, where: parseExpression(expired(expression)) })
  }
  return commands
}
