import { Violation } from '../../world.ts'
import type { Ask } from './ask.ts'

/** Tables that come and go, one of each client. */
export class ComingTables {
  /** Rows, null for no table; undefined while that is not known. */
  readonly #tables = new Map<number, { may: Set<number | null> }>()
  #next = 1

  constructor(readonly ask: Ask) {}

  async create(client?: number): Promise<void> {
    if (client === undefined) return
    const table = this.#table(client)
    if (![...table.may].every(rows => rows === null)) return
    table.may = new Set([null, 0])
    await this.ask(
      `CREATE TABLE coming${client} (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS index_granularity = 8, old_parts_lifetime = 0`,
    )
    table.may = new Set([0])
    const rows = this.#next++
    table.may = new Set([0, rows])
    await this.ask(`INSERT INTO coming${client} SELECT number FROM numbers(${rows})`)
    table.may = new Set([rows])
  }

  #table(client: number): { may: Set<number | null> } {
    let table = this.#tables.get(client)
    if (!table) {
      table = { may: new Set([null]) }
      this.#tables.set(client, table)
    }
    return table
  }

  async drop(client: number): Promise<void> {
    const table = this.#table(client)
    if (table.may.has(null)) return
    table.may.add(null)
    await this.ask(`DROP TABLE coming${client}`)
    table.may = new Set([null])
  }

  async check(settles: boolean): Promise<void> {
    if (!settles) return
    const there = (await this.ask('SHOW TABLES')).split('\n')
    for (const [client, table] of this.#tables) {
      const rows = there.includes(`coming${client}`)
        ? Number(await this.ask(`SELECT count() FROM coming${client}`))
        : null
      if (!table.may.has(rows))
        throw new Violation(`table coming${client} has ${rows} rows, not ${[...table.may].join(' or ')}`)
      table.may = new Set([rows])
    }
  }
}
