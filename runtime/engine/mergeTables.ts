// Tables that read all tables whose names match: ENGINE = Merge and merge().
import { NullStorage } from '../catalog/storages.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn, TableSnapshot } from '../exec/source.ts'
import type { Expr } from '../sql/ast.ts'
import {
  ConstantArguments,
  matchingTables,
  type SourceTable,
  selectFrom,
  sourceTable,
  unionColumns,
  unionOf,
} from './composedTables.ts'
import type { GranaryEngine } from './engine.ts'
import { quoteSql } from './rows.ts'
import type { Names } from './snapshots.ts'

export const mergeVirtualColumns: readonly SnapshotColumn[] = [
  { name: '_database', type: 'LowCardinality(String)', virtual: true },
  { name: '_table', type: 'LowCardinality(String)', virtual: true },
]

/** Which tables a Merge reads: (database, 'expression'), (REGEXP('expression'), 'expression') or, for merge(), ('expression'). */
export class TableMatcher {
  readonly #database: (name: string) => boolean
  readonly #table: RegExp

  constructor(of: string, args: readonly Expr[], names: Names, leastArguments: number) {
    const constants = new ConstantArguments(of, args, names)
    constants.count(leastArguments, 2)
    this.#table = expressionOf(constants.text(args.length - 1))
    const [first] = args
    if (args.length === 1) this.#database = name => name === names.database
    else if (first.kind === 'function' && first.name.toUpperCase() === 'REGEXP') {
      const pattern = expressionOf(new ConstantArguments(of, first.args, names).text(0))
      this.#database = name => pattern.test(name)
    } else {
      const wanted = constants.text(0)
      this.#database = name => name === wanted
    }
  }

  /** All but the table that asks. */
  find(engine: GranaryEngine, self?: { database: string; name: string }): (SourceTable & { engine: string })[] {
    return matchingTables(engine, this.#database, name => this.#table.test(name))
      .filter(table => !self || table.database !== self.database || table.name !== self.name)
      .flatMap(({ database, name, engine: kind }) => {
        const source = sourceTable(engine, database, name)
        return source ? [{ database, name, columns: source.columns, engine: kind }] : []
      })
  }
}

function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    throw new DBError('CANNOT_COMPILE_REGEXP', `Cannot compile the regular expression ${pattern}`)
  }
}

const mergeQuery = (sources: readonly (SourceTable & { engine: string })[], columns: readonly SnapshotColumn[]) =>
  unionOf(
    sources.map(source =>
      selectFrom(
        source,
        columns.filter(({ virtual }) => !virtual),
        {
          _database: `toLowCardinality(${quoteSql(source.database)})`,
          _table: `toLowCardinality(${quoteSql(source.name)})`,
        },
      ),
    ),
  )

/** ENGINE = Merge. */
export class MergeStorage extends NullStorage {
  constructor(
    readonly engine: GranaryEngine,
    readonly self: { readonly database: string; readonly name: string },
    readonly columns: readonly SnapshotColumn[],
    readonly matcher: TableMatcher,
  ) {
    super()
  }

  compose() {
    const columns = this.columns.filter(({ kind }) => kind !== 'EPHEMERAL')
    return { query: mergeQuery(this.matcher.find(this.engine, this.self), columns), tables: [] }
  }
}

/** Columns of a Merge that states none. */
export function inferMergeColumns(sources: readonly SourceTable[]): SnapshotColumn[] {
  if (sources.length === 0)
    throw new DBError(
      'CANNOT_EXTRACT_TABLE_STRUCTURE',
      'There are no tables satisfying provided regexp, you must specify table structure',
    )
  return unionColumns(sources)
}

/** merge(...) in FROM. */
export function mergeFunction(engine: GranaryEngine, args: readonly Expr[], names: Names): TableSnapshot {
  const sources = new TableMatcher('Table function merge', args, names, 1).find(engine)
  const columns = [...inferMergeColumns(sources), ...mergeVirtualColumns]
  const query = mergeQuery(sources, columns)
  return {
    database: '',
    name: 'merge',
    engine: 'Merge',
    columns,
    ...(query ? { view: query, isComposed: true } : {}),
    source: { kind: 'null' },
  }
}
