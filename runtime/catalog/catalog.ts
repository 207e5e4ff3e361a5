// Databases and tables, and their metadata as files: metadata/<db>.sql, metadata/<db>/<table>.sql, data/<db>/<table>/.
import { DBError } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { type Disk, isHalfPut } from '../storage/disk.ts'
import { escapeFileName, unescapeFileName } from '../storage/mergetree/fileName.ts'
import type { Table } from './table.ts'

export interface Database {
  readonly name: string
  readonly engine: string
  readonly comment: string
  /** Not stored: system, information_schema, and Memory databases. */
  readonly isTransient: boolean
  readonly tables: Map<string, Table>
}

export class Catalog {
  readonly databases = new Map<string, Database>()
  /** What readMetadata() found, by path, until its table is shown: the same is not written again. */
  readonly #found = new Map<string, string>()

  constructor(
    /** null: nothing is kept beyond the process. */
    readonly disk: Disk | null,
  ) {}

  database(name: string): Database {
    const database = this.databases.get(name)
    if (!database) throw new DBError('UNKNOWN_DATABASE', `Database ${name} does not exist`)
    return database
  }

  find(database: string, table: string): Table | undefined {
    return this.databases.get(database)?.tables.get(table)
  }

  table(database: string, name: string): Table {
    const table = this.database(database).tables.get(name)
    if (!table) throw new DBError('UNKNOWN_TABLE', `Table ${database}.${name} does not exist`)
    return table
  }

  async createDatabase(name: string, engine: string, comment: string): Promise<void> {
    const isTransient = engine === 'Memory' || this.disk === null
    if (!isTransient) {
      const text = `ATTACH DATABASE \`${name}\` ENGINE = ${engine}${comment ? ` COMMENT '${comment.replace(/['\\]/g, '\\$&')}'` : ''}\n`
      await this.disk!.put(`metadata/${escapeFileName(name)}.sql`, encodeText(text))
    }
    this.databases.set(name, { name, engine, comment, isTransient, tables: new Map() })
  }

  async dropDatabase(name: string): Promise<void> {
    const database = this.database(name)
    this.databases.delete(name)
    if (database.isTransient || !this.disk) return
    // The directory by itself would be a database, too.
    await this.disk.remove(`metadata/${escapeFileName(name)}`, { durable: true })
    await this.disk.remove(`metadata/${escapeFileName(name)}.sql`, { durable: true })
    await this.disk.remove(`data/${escapeFileName(name)}`)
  }

  metadataPath(database: string, table: string): string {
    return `metadata/${escapeFileName(database)}/${escapeFileName(table)}.sql`
  }

  dataPath(database: string, table: string): string {
    return `data/${escapeFileName(database)}/${escapeFileName(table)}`
  }

  /** The table is there from now on, also after a restart. */
  async add(table: Table): Promise<void> {
    await this.write(table)
    this.show(table)
  }

  /** Makes a table's metadata durable. */
  async write(table: Table): Promise<void> {
    if (this.database(table.database).isTransient || !this.disk) return
    const text = `${table.createText.replace(/^CREATE (OR REPLACE )?/, 'ATTACH ')}\n`
    const path = this.metadataPath(table.database, table.name)
    const found = this.#found.get(path)
    this.#found.delete(path)
    if (found !== text) await this.disk.put(path, encodeText(text))
  }

  /** Queries see the table from now on, in place of another of its name. */
  show(table: Table): void {
    this.database(table.database).tables.set(table.name, table)
  }

  /** The table is not there any more; its data is the caller's to remove. */
  async remove(table: Table): Promise<void> {
    const database = this.database(table.database)
    database.tables.delete(table.name)
    const path = this.metadataPath(table.database, table.name)
    this.#found.delete(path)
    if (!database.isTransient && this.disk) await this.disk.remove(path, { durable: true })
  }

  /** Statements that make all databases and tables on the disk, in the order in which they are to be run. */
  async readMetadata(): Promise<{
    databases: { name: string; text: string }[]
    tables: { database: string; name: string; text: string }[]
  }> {
    const databases: { name: string; text: string }[] = []
    const tables: { database: string; name: string; text: string }[] = []
    const { disk } = this
    if (!disk) return { databases, tables }
    const read = async (path: string, size: number) => decodeText(await disk.read(path, 0, size))
    for (const entry of await disk.list('metadata')) {
      if (isHalfPut(entry.name)) await disk.remove(`metadata/${entry.name}`)
      if (entry.isDirectory || !entry.name.endsWith('.sql')) continue
      const name = unescapeFileName(entry.name.slice(0, -4))
      databases.push({ name, text: await read(`metadata/${entry.name}`, entry.size) })
    }
    for (const entry of await disk.list('metadata')) {
      if (!entry.isDirectory) continue
      const database = unescapeFileName(entry.name)
      // Directories of databases made by a ClickHouse that keeps no file for them.
      if (!databases.some(({ name }) => name === database))
        databases.push({ name: database, text: `ATTACH DATABASE \`${database}\` ENGINE = Ordinary` })
      for (const file of await disk.list(`metadata/${entry.name}`)) {
        if (isHalfPut(file.name)) await disk.remove(`metadata/${entry.name}/${file.name}`)
        if (!file.name.endsWith('.sql')) continue
        const path = `metadata/${entry.name}/${file.name}`
        const text = await read(path, file.size)
        this.#found.set(path, text)
        tables.push({ database, name: unescapeFileName(file.name.slice(0, -4)), text })
      }
    }
    return { databases, tables }
  }

  /** Removes what a CREATE left that was cut short before its table had metadata: a directory without any data. tables: with metadata. */
  async removeUnfinished(tables: readonly { database: string; name: string }[]): Promise<void> {
    const { disk } = this
    if (!disk?.can.write) return
    const known = new Set(tables.map(({ database, name }) => this.dataPath(database, name)))
    for (const { name: database, isTransient } of this.databases.values()) {
      if (isTransient) continue
      const directory = `data/${escapeFileName(database)}`
      for (const entry of await disk.list(directory)) {
        const path = `${directory}/${entry.name}`
        if (!entry.isDirectory || known.has(path)) continue
        const files = await disk.list(path)
        if (files.length > 0 && files.every(({ name }) => isHalfPut(name) || name === 'format_version.txt'))
          await disk.remove(path).catch(() => {}) // it is in nobody's way: the next start tries again
      }
    }
  }
}
