// ClickHouse in this process.
import { type ChildProcess, spawn } from 'node:child_process'
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

const oldServer = '/usr/sbin/clickhouse-server'

/** ClickHouse 18.16 as a server of its own, where Debian's package is installed. */
export class OldClickHouse {
  static get isInstalled(): boolean {
    return fs.existsSync(oldServer)
  }

  readonly directory: string
  readonly #process: ChildProcess
  readonly #port: number

  private constructor(directory: string, child: ChildProcess, port: number) {
    this.directory = directory
    this.#process = child
    this.#port = port
  }

  static async start(): Promise<OldClickHouse> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-oracle-18-'))
    const port = 20_000 + (process.pid % 20_000)
    const users = `<yandex><profiles><default>
      <allow_experimental_low_cardinality_type>1</allow_experimental_low_cardinality_type></default></profiles><quotas><default/></quotas><users><default><password></password>
      <networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>`
    const config = `<yandex><logger><level>error</level><log>${directory}/log</log><errorlog>${directory}/errors</errorlog></logger>
      <http_port>${port}</http_port><listen_host>127.0.0.1</listen_host><path>${directory}/data/</path>
      <tmp_path>${directory}/tmp/</tmp_path><users_config>users.xml</users_config><default_profile>default</default_profile>
      <default_database>default</default_database><mark_cache_size>5368709120</mark_cache_size><timezone>UTC</timezone></yandex>`
    fs.writeFileSync(path.join(directory, 'users.xml'), users)
    fs.writeFileSync(path.join(directory, 'config.xml'), config)
    const child = spawn(oldServer, [`--config-file=${directory}/config.xml`], { cwd: directory, stdio: 'ignore' })
    const server = new OldClickHouse(directory, child, port)
    for (let attempt = 0; ; attempt++) {
      try {
        await server.run('CREATE DATABASE d')
        return server
      } catch (error) {
        if (attempt === 100) throw error
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    }
  }

  async run(sql: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/`, { method: 'POST', body: sql })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
  }

  tablePath(table: string): string {
    return `${this.directory}/data/data/d/${table}`
  }

  stop(): Promise<void> {
    return new Promise(resolve => {
      this.#process.once('exit', () => resolve())
      this.#process.kill('SIGKILL')
    })
  }
}
