// ENGINE = Join: rows ready to be the right side of a JOIN, or to be asked for by joinGet().
import { LogStorage, type PackedRows, type Written } from '../catalog/storages.ts'
import type { JoinShape, TableStorage } from '../catalog/table.ts'
import type { TableDefinition } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import type { KeyedSource, Source } from '../exec/source.ts'
import type { KeyedSpec } from '../functions/keyedTable.ts'
import type { GranaryEngine } from './engine.ts'

const strictnesses = ['any', 'all', 'semi', 'anti']
const types = ['left', 'inner', 'right', 'full']

export class JoinStorage implements TableStorage {
  #chunks: readonly PackedRows[] = []
  #version = 1

  private constructor(
    readonly engine: GranaryEngine,
    readonly id: string,
    readonly join: JoinShape,
    readonly spec: KeyedSpec,
    /** null: nothing is kept beyond the process. */
    readonly log: LogStorage | null,
  ) {}

  static async open(
    engine: GranaryEngine,
    definition: TableDefinition,
    self: { readonly database: string; readonly name: string },
    isTransient: boolean,
  ): Promise<JoinStorage> {
    const shape = readArguments(definition)
    const { settings, columns } = definition
    const keepsOne =
      (shape.strictness === 'any' && (shape.type === 'left' || shape.type === 'inner')) ||
      ((shape.strictness === 'semi' || shape.strictness === 'anti') && shape.type === 'left')
    const takesLast = settings.get('join_any_take_last_row') === '1'
    const spec: KeyedSpec = {
      name: `${self.database}.${self.name}`,
      kind: 'join',
      layout: '',
      columns: columns
        .filter(column => column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL')
        .map(({ name, type }) => ({ name, type })),
      keys: shape.keys,
      keeps: keepsOne ? (takesLast ? 'last' : 'first') : null,
      useNulls: settings.get('join_use_nulls') === '1',
    }
    const isKept = !isTransient && settings.get('persistent') !== '0'
    const path = engine.catalog.dataPath(self.database, self.name)
    const log = isKept ? await LogStorage.open(engine.disk!, engine.location, path) : null
    const storage = new JoinStorage(engine, `join:${engine.makeId()}`, shape, spec, log)
    if (log) storage.#chunks = await log.readAll()
    return storage
  }

  get #exactRows(): number {
    return this.#chunks.reduce((sum, { rows }) => sum + rows, 0)
  }

  snapshot(): { source: Source; exactRows?: number; release(): void } {
    const chunks = this.#chunks.map(({ buffer }) => buffer)
    const release = () => {}
    if (this.spec.keeps === null) return { source: { kind: 'packed', chunks }, exactRows: this.#exactRows, release }
    const source: KeyedSource = { kind: 'keyed', id: this.id, version: this.#version, spec: this.spec, chunks }
    return { source, release }
  }

  async commit(result: Written): Promise<void> {
    if (result.kind !== 'chunks' || result.chunks.length === 0) return
    await this.log?.commit(result)
    this.#chunks = [...this.#chunks, ...result.chunks]
    this.#version++
  }

  async truncate(): Promise<void> {
    await this.log?.truncate()
    this.#chunks = []
    this.#version++
  }

  async drop(): Promise<void> {
    await this.log?.drop()
    await this.close()
  }

  async close(): Promise<void> {
    this.engine.pool.broadcast({ kind: 'forget', paths: [this.id] })
  }

  size() {
    return { rows: this.#exactRows, bytes: this.#chunks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) }
  }
}

/** Join(strictness, type, keys...). */
function readArguments({ engine: { args }, columns }: TableDefinition): JoinShape {
  if (args.length < 3)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      'Storage Join requires at least 3 parameters: Join(ANY|ALL|SEMI|ANTI, LEFT|INNER|RIGHT|FULL, keys...).',
    )
  const names = args.map((arg, i) => {
    if (arg.kind === 'identifier') return arg.parts.join('.')
    if (arg.kind === 'literal' && typeof arg.value === 'string') return arg.value
    throw new DBError('BAD_ARGUMENTS', `Parameter ${i + 1} of storage Join must be a name`)
  })
  const strictness = names[0].toLowerCase()
  const type = names[1].toLowerCase()
  if (!strictnesses.includes(strictness))
    throw new DBError(
      'BAD_ARGUMENTS',
      'First parameter of storage Join must be ANY or ALL or SEMI or ANTI (without quotes).',
    )
  if (!types.includes(type))
    throw new DBError(
      'BAD_ARGUMENTS',
      'Second parameter of storage Join must be LEFT or INNER or RIGHT or FULL (without quotes).',
    )
  for (const key of names.slice(2))
    if (!columns.some(({ name }) => name === key))
      throw new DBError('NO_SUCH_COLUMN_IN_TABLE', `Key column (${key}) does not exist in table declaration.`)
  return { type, strictness, keys: names.slice(2) }
}
