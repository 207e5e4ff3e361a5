// ENGINE = Buffer: rows wait in memory and go to another table together, when there are enough of them or they have waited long.
import { MemoryStorage, type Written } from '../catalog/storages.ts'
import type { SnapshotColumn, TableSnapshot } from '../exec/source.ts'
import type { Query } from '../sql/ast.ts'
import { parseStatement } from '../sql/parser.ts'
import { type ConstantArguments, selectFrom, type SourceTable, sourceTable, unionOf } from './composedTables.ts'
import type { GranaryEngine } from './engine.ts'
import { givenColumns, insertRows } from './insert.ts'
import { internalRun } from './internalRun.ts'

/** How long, how many rows and bytes. */
interface Amount {
  readonly seconds: number
  readonly rows: number
  readonly bytes: number
}

interface BufferLimits {
  /** Rows go when all of these are reached, */
  readonly least: Amount
  /** or one of these, */
  readonly most: Amount
  /** or one of these, but then without making an INSERT wait. 0: not by that. */
  readonly flush: Amount
}

/** The database of the rows that wait, for the queries that read them beside those of the other table. */
const waitingDatabase = '_buffer'
const secondMs = 1000

export class BufferStorage extends MemoryStorage {
  #firstMs = 0
  #timer: (() => void) | null = null
  /** Flushes follow each other. */
  #flushing: Promise<void> = Promise.resolve()

  constructor(
    readonly engine: GranaryEngine,
    readonly self: { readonly database: string; readonly name: string },
    readonly columns: readonly SnapshotColumn[],
    /** null: rows are dropped. */
    readonly target: { readonly database: string; readonly table: string } | null,
    readonly limits: BufferLimits,
  ) {
    super()
  }

  get #destination(): SourceTable | undefined {
    return this.target ? sourceTable(this.engine, this.target.database, this.target.table) : undefined
  }

  get #waiting(): TableSnapshot {
    const { database, name } = this.self
    return {
      database: waitingDatabase,
      name: `${database}.${name}`,
      engine: 'Memory',
      columns: this.columns,
      source: this.snapshot().source,
    }
  }

  compose() {
    const columns = this.columns.filter(({ kind }) => kind !== 'EPHEMERAL')
    const waiting = this.#waiting
    const destination = this.#destination
    const query = unionOf([...(destination ? [selectFrom(destination, columns)] : []), selectFrom(waiting, columns)])
    return { query, tables: [waiting] }
  }

  override async commit(result: Written): Promise<void> {
    if (result.kind !== 'chunks' || result.chunks.length === 0) return
    const { clock } = this.engine.platform
    if (this.size().rows === 0) this.#firstMs = clock.monotonic()
    await super.commit(result)
    if (this.#isDue(false)) await this.flush()
    else this.#watch()
  }

  #isDue(inBackground: boolean): boolean {
    const { rows, bytes } = this.size()
    const seconds = (this.engine.platform.clock.monotonic() - this.#firstMs) / secondMs
    const { least, most, flush } = this.limits
    if (seconds >= least.seconds && rows >= least.rows && bytes >= least.bytes) return true
    if (seconds > most.seconds || rows > most.rows || bytes > most.bytes) return true
    return (
      inBackground &&
      ((flush.seconds > 0 && seconds > flush.seconds) ||
        (flush.rows > 0 && rows > flush.rows) ||
        (flush.bytes > 0 && bytes > flush.bytes))
    )
  }

  /** Looks at the rows that wait once a second, as long as there are any. */
  #watch(): void {
    if (this.#timer) return
    this.#timer = this.engine.platform.clock.after(secondMs, () => {
      this.#timer = null
      if (this.size().rows === 0) return
      if (!this.#isDue(true)) {
        this.#watch()
        return
      }
      this.flush().catch(error => {
        const { database, name } = this.self
        this.engine.platform.log('error', `Buffer ${database}.${name} is not flushed: ${String(error)}`)
        this.#watch()
      })
    })
  }

  /** All rows that wait go to the other table. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.catch(() => {}).then(() => this.#flush()) // who began the flush before was told of its error
    return this.#flushing
  }

  async #flush(): Promise<void> {
    const destination = this.#destination
    const waiting = this.#waiting
    if (this.size().rows === 0) return
    const taken = this.take()
    const table = destination && this.engine.catalog.find(destination.database, destination.name)
    if (!table) return
    const known = new Set(givenColumns(table))
    const columns = this.columns.filter(({ name, kind, virtual }) => known.has(name) && !virtual && kind !== 'ALIAS')
    const query = parseStatement(selectFrom(waiting, columns)).statement as Query
    const names = columns.map(({ name }) => name)
    try {
      await insertRows(internalRun(this.engine, table.database), table, names, { query, tables: [waiting] })
    } catch (error) {
      this.putBack(taken)
      throw error
    }
  }

  override async close(): Promise<void> {
    this.#timer?.()
    this.#timer = null
    await this.flush()
  }

  override async drop(): Promise<void> {
    await this.close()
    await super.drop()
  }
}

/** Buffer(database, table, layers, least and most seconds, rows, bytes[, flush seconds, rows, bytes]). */
export function createBuffer(
  engine: GranaryEngine,
  args: ConstantArguments,
  self: { readonly database: string; readonly name: string },
  columns: readonly SnapshotColumn[],
): BufferStorage {
  args.count(9, 12)
  const [, , , leastSeconds, mostSeconds, leastRows, mostRows, leastBytes, mostBytes] = args.args.map((_, i) =>
    i < 2 ? 0 : args.number(i),
  )
  const optional = (at: number) => (at < args.args.length ? args.number(at) : 0)
  const table = args.text(1)
  return new BufferStorage(engine, self, columns, table === '' ? null : { database: args.text(0), table }, {
    least: { seconds: leastSeconds, rows: leastRows, bytes: leastBytes },
    most: { seconds: mostSeconds, rows: mostRows, bytes: mostBytes },
    flush: { seconds: optional(9), rows: optional(10), bytes: optional(11) },
  })
}
