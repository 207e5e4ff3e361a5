import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import { columnsOf, type Typed } from '../analyzer/typed.ts'
import type { Chunk } from '../columns/chunk.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { QueryContext } from '../exec/context.ts'
import { Evaluator } from '../exec/evaluate.ts'
import type { SnapshotColumn, TableSnapshot } from '../exec/source.ts'
import type { PlanColumn } from '../planner/plan.ts'
import { parseExpression } from '../sql/parser.ts'
import { parseType } from '../types/parseType.ts'

/** CHECK constraints of a table, over the rows that an INSERT is about to write. */
export class Constraints {
  private constructor(
    readonly table: TableSnapshot,
    readonly checks: readonly { readonly name: string; readonly expression: string; readonly node: Typed }[],
    readonly header: readonly PlanColumn[],
    readonly evaluator: Evaluator,
  ) {}

  /** stored: the columns of the chunks to come. null: there is nothing to check. */
  static async open(
    context: QueryContext,
    table: TableSnapshot,
    stored: readonly SnapshotColumn[],
  ): Promise<Constraints | null> {
    if (!table.constraints?.length) return null
    const analyzer = context.resources.analyzer(context)
    const header = stored.map(
      ({ name, type }): PlanColumn => ({ id: analyzer.nextColumnId(), name, type: parseType(type) }),
    )
    const scope = new Scope([], { queries: new Map() })
    for (const { id, name, type } of header)
      scope.columns.push({ name, qualifiers: [], node: { kind: 'column', id, name, type, key: `#${id}` }, table: 0 })
    for (const { name, kind, expression } of table.columns)
      if (kind === 'ALIAS' && expression !== undefined)
        scope.aliases.set(name, { ...parseExpression(expression), alias: name })
    const resolver = new Resolver(analyzer, scope)
    resolver.allowAggregates = false
    const checks = []
    for (const { name, expression } of table.constraints)
      checks.push({ name, expression, node: await resolver.resolve(parseExpression(expression)) })
    return new Constraints(table, checks, header, new Evaluator(context, header))
  }

  /** VIOLATED_CONSTRAINT for the first row that does not fit. */
  check(chunk: Chunk, arena: Arena): void {
    for (const { name, expression, node } of this.checks) {
      const mask = this.evaluator.mask(node, chunk, arena)
      if (mask === true) continue
      const { u8 } = arena.memory
      const row = mask === false ? 0 : u8.subarray(mask, mask + chunk.rows).indexOf(0)
      if (row < 0) continue
      const used = columnsOf(node)
      const values = this.header.flatMap((column, i) =>
        used.has(column.id) ? [`${column.name} = ${shown(chunk.columns[i].valueAt(row))}`] : [],
      )
      const table = `${this.table.database}.${this.table.name}`
      throw new DBError(
        'VIOLATED_CONSTRAINT',
        `Constraint \`${name}\` for table ${table} is violated at row ${row + 1}. Expression: (${expression}). Column values: ${values.join(', ')}`,
      )
    }
  }
}

const shown = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value))
