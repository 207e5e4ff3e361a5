// ENGINE = File and INSERT INTO FUNCTION file(): rows in a file of some format.
import type { TableStorage } from '../catalog/table.ts'
import type { Written } from '../catalog/storages.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn, Source } from '../exec/source.ts'
import { joinBytes } from '../exec/remote.ts'
import { findInputFormat, findOutputFormat } from '../formats/registry.ts'
import type { Query } from '../sql/ast.ts'
import { parseStatement } from '../sql/parser.ts'
import type { ConstantArguments } from './composedTables.ts'
import type { GranaryEngine } from './engine.ts'
import { formatRows } from './formatRows.ts'
import { internalRun } from './internalRun.ts'
import { userFile } from './tableFunctions.ts'

/** Formats whose files may be written on to; those with names begin with a head, which is written once. */
const appendable =
  /^(TabSeparated|TSV|CSV|CustomSeparated|JSONCompactEachRow|JSONCompactStringsEachRow|RowBinary)(Raw)?(WithNames(AndTypes)?)?$|^(JSONEachRow|JSONLines|JSONStringsEachRow|NDJSON|LineAsString|RawBLOB|Native|Values|TSKV|MsgPack|SQLInsert)$/

export class FileStorage implements TableStorage {
  /** INSERTs follow each other. */
  #writing: Promise<void> = Promise.resolve()

  constructor(
    readonly engine: GranaryEngine,
    /** On the data disk. */
    readonly path: string,
    readonly format: string,
    readonly columns: readonly SnapshotColumn[],
    /** What is to be removed with the table; null: a user's file, which stays. */
    readonly directory: string | null,
  ) {}

  snapshot(): { source: Source; release(): void } {
    const { engine, path, format } = this
    return { source: { kind: 'format', location: engine.location, path, format }, release: () => {} }
  }

  commit(result: Written): Promise<void> {
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write(result)) // who wrote before was told of its error
    return this.#writing
  }

  async #write(result: Written): Promise<void> {
    if (result.kind !== 'chunks' || result.chunks.length === 0) return
    const run = internalRun(this.engine, 'default')
    const disk = await this.engine.dataDisk()
    const size = (await disk.size(this.path)) ?? 0
    const replaces = run.settings.bool('engine_file_truncate_on_insert')
    if (size > 0 && !replaces && !appendable.test(this.format))
      throw new DBError(
        'CANNOT_APPEND_TO_FILE',
        `Cannot insert data in format ${this.format} to file ${this.path}, because the file already exists`,
      )
    const rows = {
      database: '_file',
      name: 'rows',
      engine: 'Memory',
      columns: this.columns,
      source: { kind: 'packed', chunks: result.chunks.map(({ buffer }) => buffer) },
    } as const
    const query = parseStatement('SELECT * FROM _file.rows').statement as Query
    const isFirst = size === 0 || replaces
    const format = isFirst ? this.format : this.format.replace(/WithNames(AndTypes)?$/, '')
    const bytes = await formatRows(run, query, [rows], format)
    await disk.put(this.path, isFirst ? bytes : joinBytes([await disk.read(this.path, 0, size), bytes]))
  }

  async truncate(): Promise<void> {
    await (await this.engine.dataDisk()).remove(this.path)
  }

  async drop(): Promise<void> {
    if (this.directory) await (await this.engine.dataDisk()).remove(this.directory)
  }

  async close(): Promise<void> {}

  size() {
    return { rows: null, bytes: null }
  }
}

/** UNKNOWN_FORMAT for what is none. */
export function checkFormat(name: string): string {
  try {
    findInputFormat(name)
  } catch (error) {
    if (!(error instanceof DBError) || error.errorName === 'UNKNOWN_FORMAT') throw error
    findOutputFormat(name)
  }
  return name
}

/** File(format[, name]): a name means a file in the directory for users' files. */
export function createFile(
  engine: GranaryEngine,
  args: ConstantArguments,
  self: { readonly database: string; readonly name: string },
  columns: readonly SnapshotColumn[],
): FileStorage {
  args.count(1, 3)
  const format = checkFormat(args.text(0))
  if (args.args.length > 1) return new FileStorage(engine, userFile(args.text(1)), format, columns, null)
  const directory = engine.catalog.dataPath(self.database, self.name)
  return new FileStorage(engine, `${directory}/data.${format}`, format, columns, directory)
}
