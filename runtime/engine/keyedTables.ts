import { DBError } from '../core/errors.ts'
import type { Memory } from '../core/memory.ts'
import type { KeyedSource, TableSnapshot } from '../exec/source.ts'
import type { Keyed } from '../functions/keyedTable.ts'
import { KeyedTable } from '../functions/keyedTable.ts'

interface Entry {
  readonly version: number
  readonly table: KeyedTable
  users: number
  /** Nobody will ask for it again: it goes with its last user. */
  isOld: boolean
}

/** Dictionaries and Join tables as one thread has built them. They outlive queries, until there is a newer version. */
export class KeyedTables {
  readonly #entries = new Map<string, Entry>()

  constructor(readonly memory: Memory) {}

  /** For one query; release when it has ended. */
  open(): { table(source: KeyedSource): KeyedTable; release(): void } {
    const used: Entry[] = []
    return {
      table: source => {
        const held = used.find(entry => entry === this.#entries.get(source.id) && entry.version === source.version)
        if (held) return held.table
        const entry = this.#entry(source)
        entry.users++
        used.push(entry)
        return entry.table
      },
      release: () => {
        for (const entry of used.splice(0)) {
          entry.users--
          if (entry.isOld && entry.users === 0) entry.table.destroy()
        }
      },
    }
  }

  #entry(source: KeyedSource): Entry {
    const known = this.#entries.get(source.id)
    if (known?.version === source.version) return known
    this.forget(source.id)
    const table = new KeyedTable(this.memory, source.spec, source.chunks)
    const entry: Entry = { version: source.version, table, users: 0, isOld: false }
    this.#entries.set(source.id, entry)
    return entry
  }

  /** The table is gone. */
  forget(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    entry.isOld = true
    if (entry.users === 0) entry.table.destroy()
  }
}

/** What functions see of a query's dictionaries and Join tables. */
export function keyedByName(
  tables: readonly TableSnapshot[],
  database: string,
  open: (source: KeyedSource) => KeyedTable,
): (name: string) => Keyed | null | undefined {
  return name => {
    const wanted = name.replaceAll('`', '')
    const snapshot =
      tables.find(table => `${table.database}.${table.name}` === wanted) ??
      tables.find(table => table.name === wanted && (table.database === database || table.database === ''))
    if (!snapshot) return undefined
    const { source } = snapshot
    if (source.kind !== 'keyed') {
      if (snapshot.engine !== 'Join') return null
      throw new DBError(
        'INCOMPATIBLE_TYPE_OF_JOIN',
        `joinGet only supports StorageJoin of type ANY LEFT: ${name} is of another`,
      )
    }
    return { spec: source.spec, table: () => open(source) }
  }
}
