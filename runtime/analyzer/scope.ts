import { DBError } from '../core/errors.ts'
import type { Expr, WindowDefinition } from '../sql/ast.ts'
import type { CteScope } from './context.ts'
import type { Typed } from './typed.ts'

/** A column that names can mean. */
export interface ScopeColumn {
  readonly name: string
  /** The names that may stand before it: the table's alias, table, database.table. */
  readonly qualifiers: readonly (readonly string[])[]
  /** Names of a table under an alias, which mean it where nothing else does. */
  readonly realNames?: readonly (readonly string[])[]
  readonly node: Typed
  /** Left out of `*`. */
  readonly hidden?: boolean
  /** Hidden as one of a pair under USING: still part of `t.*`. */
  readonly isMerged?: boolean
  /** Which table of the FROM clause, from 0. */
  readonly table: number
}

/** What names mean inside one SELECT. */
export class Scope {
  /** SELECT's and WITH's aliases: expressions, resolved when met. */
  readonly aliases = new Map<string, Expr>()
  readonly windows = new Map<string, WindowDefinition>()

  constructor(
    public columns: ScopeColumn[],
    readonly ctes: CteScope,
    /** The SELECT around this one, to tell correlated subqueries from typing errors. */
    readonly outer: Scope | null = null,
  ) {}

  find(parts: readonly string[]): ScopeColumn[] {
    const found: ScopeColumn[] = []
    for (const column of this.columns) {
      if (parts.length === 1 ? column.name === parts[0] : matches(column, parts)) found.push(column)
    }
    if (found.length > 0 || parts.length === 1) return found
    return this.columns.filter(({ name, realNames }) => realNames && matches({ name, qualifiers: realNames }, parts))
  }
}

function matches(column: Pick<ScopeColumn, 'name' | 'qualifiers'>, parts: readonly string[]): boolean {
  if (column.name === parts.join('.')) return true
  return column.qualifiers.some(qualifier => {
    if (qualifier.length >= parts.length) return false
    return qualifier.every((part, i) => part === parts[i]) && column.name === parts.slice(qualifier.length).join('.')
  })
}

/** What is said of a name that means nothing, with those that are near it. */
export function unknownIdentifier(scope: Scope, parts: readonly string[]): DBError {
  const name = parts.join('.')
  const lower = name.toLowerCase()
  const near = [...new Set(scope.columns.map(column => column.name))].filter(
    other => other.toLowerCase() === lower || distance(other, name) <= 2,
  )
  const hint = near.length
    ? `. Maybe you meant: ${near
        .slice(0, 3)
        .map(other => `'${other}'`)
        .join(', ')}`
    : ''
  return new DBError('UNKNOWN_IDENTIFIER', `Unknown expression identifier \`${name}\` in scope${hint}`)
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}
