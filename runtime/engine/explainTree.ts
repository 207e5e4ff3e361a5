import type { Statement } from '../sql/statementAst.ts'

/** EXPLAIN AST: kinds and names, inner nodes indented. */
export function explainTree(statement: Statement): string[] {
  const out: string[] = []
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth)
      return
    }
    if (value === null || typeof value !== 'object') return
    const node = value as Record<string, unknown>
    if (typeof node.kind === 'string') {
      const label =
        typeof node.name === 'string'
          ? ` ${node.name}`
          : Array.isArray(node.parts)
            ? ` ${node.parts.join('.')}`
            : 'value' in node
              ? ` ${String(node.value)}`
              : ''
      out.push(
        `${' '.repeat(depth)}${node.kind[0].toUpperCase()}${node.kind.slice(1)}${label}${typeof node.alias === 'string' ? ` (alias ${node.alias})` : ''}`,
      )
      for (const inner of Object.values(node)) visit(inner, depth + 1)
    } else for (const inner of Object.values(node)) visit(inner, depth)
  }
  visit(statement, 0)
  return out
}
