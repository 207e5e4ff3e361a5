// ClickHouse 18.16 as one replica of several: a server of its own that meets the others through a ZooKeeper.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { freePort } from '../coordination/realZooKeeper.ts'
import type { Address } from '../coordination/tcpProxy.ts'

const program = '/usr/sbin/clickhouse-server'

export const isClickHouseInstalled: boolean = fs.existsSync(program)

const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

export class Replica {
  readonly #ended: Promise<void>

  private constructor(
    readonly name: string,
    readonly directory: string,
    readonly child: ChildProcess,
    readonly port: number,
  ) {
    living.add(child)
    this.#ended = new Promise(resolve => {
      child.on('close', () => {
        living.delete(child)
        resolve()
      })
    })
  }

  /** sessionMs: time-out of its session. */
  static async start(name: string, coordinator: Address, sessionMs = 10_000): Promise<Replica> {
    for (let attempt = 0; ; attempt++) {
      const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-replica-'))
      const [http, tcp, interserver] = [await freePort(), await freePort(), await freePort()]
      fs.writeFileSync(
        path.join(directory, 'users.xml'),
        `<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password>
        <networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>`,
      )
      fs.writeFileSync(
        path.join(directory, 'config.xml'),
        `<yandex><logger><level>warning</level><log>${directory}/log</log><errorlog>${directory}/errors</errorlog></logger>
        <http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><interserver_http_port>${interserver}</interserver_http_port>
        <interserver_http_host>127.0.0.1</interserver_http_host><listen_host>127.0.0.1</listen_host>
        <path>${directory}/data/</path><tmp_path>${directory}/tmp/</tmp_path><users_config>users.xml</users_config>
        <default_profile>default</default_profile><default_database>default</default_database>
        <mark_cache_size>5368709120</mark_cache_size><timezone>UTC</timezone><macros><replica>${name}</replica></macros>
        <zookeeper><node index="1"><host>${coordinator.host}</host><port>${coordinator.port}</port></node>
        <session_timeout_ms>${sessionMs}</session_timeout_ms></zookeeper></yandex>`,
      )
      const child = spawn(program, [`--config-file=${directory}/config.xml`], { cwd: directory, stdio: 'ignore' })
      const replica = new Replica(name, directory, child, http)
      for (let waited = 0; waited < 20_000 && child.exitCode === null; waited += 50) {
        if (await replica.run('SELECT 1').catch(() => null)) return replica
        await sleep(50)
      }
      const log = replica.log
      await replica.stop()
      if (attempt === 3) throw new Error(`ClickHouse does not start: ${log}`)
    }
  }

  /** What it complained of. */
  get log(): string {
    const file = path.join(this.directory, 'log')
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : []
    return lines
      .filter(line => /<(Error|Fatal|Warning)>/.test(line))
      .map(line => line.slice(0, 300))
      .slice(-20)
      .join('\n')
  }

  async run(sql: string): Promise<string> {
    const request = { method: 'POST', body: sql, signal: AbortSignal.timeout(60_000) }
    const [isDone, text] = await fetch(`http://127.0.0.1:${this.port}/`, request).then(
      async response => [response.ok, await response.text()] as const,
      (error: Error) => [false, error.message] as const,
    )
    if (!isDone) throw new Error(`${this.name}: ${sql.slice(0, 200)}: ${text}\n${this.log}`)
    return text.trimEnd()
  }

  /** Again and again while the session with the coordinator is being made anew: for what may be done twice. */
  async runInTime(sql: string, timeoutMs = 30_000): Promise<string> {
    for (const start = performance.now(); ; await sleep(100)) {
      try {
        return await this.run(sql)
      } catch (error) {
        if (performance.now() - start > timeoutMs) throw error
      }
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.#ended
    fs.rmSync(this.directory, { recursive: true, force: true })
  }
}
