// ClickHouse in this process.
import { createRequire } from 'node:module'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

interface Session {
  query(sql: string, format?: string): string
  cleanup(): void
}

/** A ClickHouse with a data directory of its own, and the places of its parts. */
export class ClickHouse {
  readonly directory: string
  readonly #session: Session

  constructor() {
    const modules = process.env['GRANARY_ORACLE'] ?? path.resolve('test/oracle/node_modules')
    const require = createRequire(path.join(modules, 'x.js'))
    const { Session } = require(path.join(modules, 'chdb')) as { Session: new (path: string) => Session }
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-oracle-'))
    this.#session = new Session(path.join(this.directory, 'clickhouse'))
    this.run('CREATE DATABASE d ENGINE = Atomic')
    this.run('SET allow_suspicious_low_cardinality_types = 1')
  }

  run(sql: string): string {
    return this.#session.query(sql, 'TabSeparated')
  }

  /** Active parts of d.<table>: name and absolute path. */
  parts(table: string): { name: string; path: string }[] {
    const text = this.run(
      `SELECT name, path FROM system.parts WHERE database = 'd' AND table = '${table}' AND active ORDER BY name`,
    )
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [name, path] = line.split('\t')
        return { name, path: path.replace(/\/$/, '') }
      })
  }

  tablePath(table: string): string {
    return this.run(`SELECT data_paths[1] FROM system.tables WHERE database = 'd' AND name = '${table}'`)
      .trim()
      .replace(/\/$/, '')
  }
}
