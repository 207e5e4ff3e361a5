import type { Expr, Query, TableExpr } from './ast.ts'
import type { Node } from './statementAst.ts'
import { formatExpr, type Style } from './formatExpr.ts'
import { formatQueryText, formatTables } from './formatSelect.ts'
import { formatStatement } from './formatStatement.ts'

export { columnName } from './formatExpr.ts'

export interface FormatOptions {
  /** All on one line, as formatQuerySingleLine has it; otherwise as formatQuery. */
  readonly oneLine?: boolean
}

/** A tree, or a part of one, as SQL that reads back as the same tree. */
export function formatAst(node: Node, { oneLine = false }: FormatOptions = {}): string {
  const style: Style = { oneLine, query: (query: Query, indent: number) => formatQueryText(query, style, indent) }
  switch (node.kind) {
    case 'literal':
    case 'identifier':
    case 'parameter':
    case 'function':
    case 'lambda':
    case 'subquery':
    case 'asterisk':
    case 'columns':
      return formatExpr(node satisfies Expr, style, 0)
    case 'table':
    case 'tableFunction':
    case 'tableSubquery':
    case 'join':
    case 'arrayJoin':
      return formatTables(node satisfies TableExpr, style, 0).trimStart()
    case 'type':
      return node.text
    default:
      return formatStatement(node, style)
  }
}
