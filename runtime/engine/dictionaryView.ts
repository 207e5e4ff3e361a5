// A dictionary as a table: ENGINE = Dictionary and dictionary().
import { NullStorage } from '../catalog/storages.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn, TableSnapshot } from '../exec/source.ts'
import type { Expr } from '../sql/ast.ts'
import { ConstantArguments, selectFrom, unionOf } from './composedTables.ts'
import type { GranaryEngine } from './engine.ts'
import { findKeyed, type Names } from './snapshots.ts'

/** ENGINE = Dictionary(name). */
export class DictionaryView extends NullStorage {
  constructor(
    readonly engine: GranaryEngine,
    readonly database: string,
    readonly dictionary: string,
    readonly columns: readonly SnapshotColumn[],
  ) {
    super()
  }

  compose() {
    return {
      query: unionOf([selectFrom(dictionaryOf(this.engine, this.dictionary, this.database), this.columns)]),
      tables: [],
    }
  }

  override async commit(): Promise<void> {
    throw new DBError('NOT_IMPLEMENTED', 'Method write is not supported by storage Dictionary')
  }
}

/** dictionary(name) in FROM. */
export function dictionaryFunction(engine: GranaryEngine, args: readonly Expr[], names: Names): TableSnapshot {
  const constants = new ConstantArguments('Table function dictionary', args, names)
  constants.count(1, 1)
  const dictionary = dictionaryOf(engine, constants.text(0), names.database)
  const query = unionOf([selectFrom(dictionary, dictionary.columns)])
  return {
    database: '',
    name: 'dictionary',
    engine: 'Dictionary',
    columns: dictionary.columns,
    ...(query ? { view: query } : {}),
    isComposed: true,
    source: { kind: 'null' },
  }
}

function dictionaryOf(engine: GranaryEngine, name: string, database: string) {
  const found = findKeyed(engine, name, database)
  if (found?.engine !== 'Dictionary') throw new DBError('BAD_ARGUMENTS', `Dictionary (${name}) not found`)
  return found
}
