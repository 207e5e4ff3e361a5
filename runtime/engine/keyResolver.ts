import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import { Settings } from '../core/settings.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import type { Keyed } from '../functions/keyedTable.ts'
import type { Expr } from '../sql/ast.ts'
import { parseType } from '../types/parseType.ts'
import type { GranaryEngine } from './engine.ts'
import { findKeyed } from './snapshots.ts'

/** For expressions of a table's definition over its columns. */
export function keyResolver(engine: GranaryEngine, columns: readonly SnapshotColumn[], arena: Arena): Resolver {
  let next = 0
  const scope = new Scope(
    columns.map(({ name, type }) => {
      const id = next++
      return {
        name,
        qualifiers: [],
        node: { kind: 'column' as const, id, name, type: parseType(type), key: `#${id}` },
        table: 0,
      }
    }),
    { queries: new Map() },
  )
  const resolver = new Resolver(
    {
      settings: new Settings(),
      environment: {
        now: engine.platform.clock.now(),
        random: () => engine.platform.random(),
        timeZone: engine.timeZone,
        database: '',
        user: '',
        queryId: '',
        hostName: engine.platform.hostName,
        version: engine.version,
        uptimeMs: 0,
        setting: () => null,
        keyed: name => keyedSpec(engine, name),
      },
      currentDatabase: '',
      arena,
      parameters: new Map(),
      findTable: () => undefined,
      tableFunction: async () => {
        throw new DBError('BAD_ARGUMENTS', 'A table function cannot stand in a definition')
      },
      runSubquery: async () => {
        throw new DBError('BAD_ARGUMENTS', 'A subquery cannot stand in a definition')
      },
      userFunction: name => engine.functions.get(name)?.lambda,
      nextColumnId: () => next++,
    },
    scope,
  )
  resolver.allowAggregates = false
  return resolver
}

/** The type of an expression over columns: of defaults and keys. */
export async function typeOf(engine: GranaryEngine, expr: Expr, columns: readonly SnapshotColumn[]): Promise<string> {
  const arena = new Arena(engine.memory)
  try {
    const resolver = keyResolver(engine, columns, arena)
    return (await resolver.resolve(expr)).type.name
  } finally {
    arena.destroy()
  }
}

/** What is known of a dictionary without its rows: enough for the types of expressions. */
function keyedSpec(engine: GranaryEngine, name: string): Keyed | undefined {
  const { source, release } = findKeyed(engine, name, '')?.storage.snapshot() ?? { source: null, release: () => {} }
  release()
  if (source?.kind !== 'keyed') return undefined
  const table = () => {
    throw new DBError('BAD_ARGUMENTS', 'A dictionary cannot be asked in a definition')
  }
  return { spec: source.spec, table }
}
