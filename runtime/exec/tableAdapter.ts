// Parts may be older than their table: columns that they do not have are made from those that they have, by the expressions of their
// defaults, and columns of another type are cast.
import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import { columnsOf, type Typed } from '../analyzer/typed.ts'
import { Chunk } from '../columns/chunk.ts'
import { DBError } from '../core/errors.ts'
import type { PlanColumn } from '../planner/plan.ts'
import { parseExpression } from '../sql/parser.ts'
import type { MergeTreeDefinition, StoredColumn } from '../storage/mergetree/definition.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import { type DefaultColumns, type PartAdapter, plainAdapter } from '../storage/mergetree/partCursor.ts'
import { parseType } from '../types/parseType.ts'
import type { QueryContext } from './context.ts'
import { Evaluator } from './evaluate.ts'

export type TableAdapter = Required<PartAdapter>

export function tableAdapter(context: QueryContext, definition: MergeTreeDefinition): TableAdapter {
  const known = new Map<string, Promise<DefaultColumns>>()
  return {
    missing: plainAdapter.missing,
    convert: (values, { type }, arena) =>
      context.resources.cast(values.type, parseType(type), context)(values, values.rows, arena).full(arena),
    async defaults(part, columns) {
      const wanted = missingOf(part, columns, definition)
      if (wanted.length === 0) return null
      const key = [...part.columns, { name: '' }, ...wanted].map(({ name }) => name).join('\0')
      let made = known.get(key)
      if (!made) {
        made = defaultColumns(context, definition, new Set(part.columns.map(({ name }) => name)), wanted)
        known.set(key, made)
      }
      return made
    },
  }
}

function missingOf(
  part: PartInfo,
  columns: readonly { readonly name: string }[],
  definition: MergeTreeDefinition,
): StoredColumn[] {
  return columns.flatMap(({ name }) => {
    if (part.columns.some(column => column.name === name)) return []
    const column = definition.columns.find(column => column.name === name)
    return column?.expression === undefined ? [] : [column]
  })
}

async function defaultColumns(
  context: QueryContext,
  definition: MergeTreeDefinition,
  present: ReadonlySet<string>,
  wanted: readonly StoredColumn[],
): Promise<DefaultColumns> {
  const analyzer = context.resources.analyzer(context)
  const made = new Map<string, StoredColumn>()
  const header: PlanColumn[] = []
  for (const column of [...definition.columns, ...(definition.computed ?? [])])
    if (column.expression !== undefined && !present.has(column.name)) made.set(column.name, column)
    else header.push({ id: analyzer.nextColumnId(), name: column.name, type: parseType(column.type) })
  const computed = new Set(definition.computed?.map(({ name }) => name))
  const scope = new Scope([], { queries: new Map() })
  const resolver = new Resolver(analyzer, scope)
  resolver.allowAggregates = false
  const add = (name: string, node: Typed) => scope.columns.push({ name, qualifiers: [], node, table: 0 })
  // An EPHEMERAL column without an expression stands for its type's default.
  for (const { id, name, type } of header)
    add(
      name,
      computed.has(name) ? resolver.constant(type.default, type) : { kind: 'column', id, name, type, key: `#${id}` },
    )

  const nodes = new Map<string, Typed>()
  const resolving = new Set<string>()
  const resolve = async ({ name, type, expression }: StoredColumn): Promise<void> => {
    if (nodes.has(name)) return
    if (resolving.has(name)) throw new DBError('CYCLIC_ALIASES', `The default of column ${name} depends on itself`)
    resolving.add(name)
    const expr = parseExpression(expression as string)
    for (const used of namesIn(expr)) {
      const other = made.get(used)
      if (other && used !== name) await resolve(other)
    }
    const node = resolver.call('CAST', [await resolver.resolve(expr), resolver.constant(type, parseType('String'))])
    nodes.set(name, node)
    add(name, node)
  }
  for (const column of wanted) await resolve(column)

  const outputs = wanted.map(({ name }) => nodes.get(name) as Typed)
  const ids = new Set(outputs.flatMap(node => [...columnsOf(node).keys()]))
  const used = header.filter(({ id }) => ids.has(id))
  const evaluator = new Evaluator(context, used)
  return {
    names: new Set(wanted.map(({ name }) => name)),
    reads: used.map(({ name, type }) => ({ name, type: type.name })),
    evaluate: (column, rows, arena) => {
      const chunk = new Chunk(
        used.map(({ name }) => column(name)),
        rows,
      )
      const columns = evaluator.run(outputs, chunk, arena)
      return new Map(wanted.map(({ name }, i) => [name, columns[i].full(arena)]))
    },
  }
}

/** Names of columns that a tree may speak of. */
export function namesIn(tree: unknown): Set<string> {
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item)
      return
    }
    if (value === null || typeof value !== 'object') return
    const { kind, parts } = value as { kind?: string; parts?: readonly string[] }
    if (kind === 'identifier' && parts) for (let i = 1; i <= parts.length; i++) names.add(parts.slice(0, i).join('.'))
    for (const inner of Object.values(value)) if (typeof inner === 'object') visit(inner)
  }
  visit(tree)
  return names
}
