// Debian's ZooKeeper: one server, or an ensemble, on free loopback ports in temporary directories.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { Address } from './tcpProxy.ts'

const java = '/usr/bin/java'
const jars = ['zookeeper.jar', 'slf4j-simple.jar'].map(name => `/usr/share/java/${name}`)

export const isZooKeeperInstalled: boolean = fs.existsSync(java) && fs.existsSync(jars[0])

/**
 * Tests that need something which may not be installed. Without it they say that they are not run; with GRANARY_NEEDS_ZOOKEEPER=1 they
 * fail.
 */
export function where(isInstalled: boolean, what: string, define: () => void): void {
  if (isInstalled) {
    define()
    return
  }
  test(`not run: ${what} is not installed`, () => {
    if (process.env['GRANARY_NEEDS_ZOOKEEPER'] === '1') throw new Error(`${what} is not installed`)
    console.error(`Tests are not run: ${what} is not installed`)
  })
}

export type Mode = 'standalone' | 'leader' | 'follower'

export interface ZooKeeperOptions {
  /** Of the JVM. Default: 256. */
  readonly heapMb?: number
  /** Largest packet, as jute.maxbuffer. Default: ZooKeeper's own, one byte less than 1 MiB. */
  readonly packetBytesMax?: number
  /** Unit of ZooKeeper's times: sessions end on multiples of it. Default: 200. */
  readonly tickMs?: number
  /** Of the JVM. Default: what starts soon and needs little. */
  readonly jvm?: readonly string[]
  /** Where it keeps its own directory. Default: the system's for temporary files. */
  readonly parent?: string
}

const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as net.AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** What a four-letter word is answered with; '': nobody answered. */
export function fourLetterWord({ host, port }: Address, word: string, timeoutMs = 2000): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    const socket = net.connect({ host, port }, () => void socket.write(word))
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text)
    }
    const timer = setTimeout(end, timeoutMs)
    socket.setEncoding('utf8')
    socket.on('data', more => (text += more))
    socket.on('error', end)
    socket.on('close', end)
  })
}

export class ZooKeeperServer {
  readonly host = '127.0.0.1'
  /** The end of what it wrote. */
  log = ''
  #child: ChildProcess | null = null
  #ended: Promise<void> = Promise.resolve()

  /** Not started yet. */
  constructor(
    readonly directory: string,
    readonly port: number,
    readonly options: ZooKeeperOptions,
    quorum: readonly string[] = [],
  ) {
    const { tickMs = 200 } = options
    const configuration = [
      `tickTime=${tickMs}`,
      // For a machine with little to spare: an ensemble that is busy starting is not an ensemble that failed.
      'initLimit=100',
      'syncLimit=15',
      `dataDir=${directory}/data`,
      `clientPort=${port}`,
      'clientPortAddress=127.0.0.1',
      'maxClientCnxns=0',
      `minSessionTimeout=${2 * tickMs}`,
      'maxSessionTimeout=60000',
      'admin.enableServer=false',
      '4lw.commands.whitelist=*',
      ...quorum,
    ]
    fs.mkdirSync(path.join(directory, 'data'), { recursive: true })
    fs.writeFileSync(path.join(directory, 'zoo.cfg'), `${configuration.join('\n')}\n`)
  }

  /** One server, that serves. Ports that were taken in the meantime are given up. */
  static async start(options: ZooKeeperOptions = {}): Promise<ZooKeeperServer> {
    for (let attempt = 0; ; attempt++) {
      const server = new ZooKeeperServer(newDirectory(options.parent), await freePort(), options)
      server.spawn()
      if (await server.serves('standalone')) return server
      await server.stop()
      if (attempt === 3) throw new Error(`ZooKeeper does not start: ${server.log}`)
    }
  }

  get address(): Address {
    return { host: this.host, port: this.port }
  }

  get pid(): number {
    return this.#child!.pid!
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts the process, and does not wait until it serves. */
  spawn(): void {
    const { heapMb = 256, packetBytesMax, jvm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] } = this.options
    const properties = {
      'java.net.preferIPv4Stack': 'true',
      'org.slf4j.simpleLogger.defaultLogLevel': 'error',
      ...(packetBytesMax === undefined ? {} : { 'jute.maxbuffer': String(packetBytesMax) }),
    }
    const args = [
      `-Xmx${heapMb}m`,
      ...jvm,
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      '-cp',
      jars.join(':'),
      'org.apache.zookeeper.server.quorum.QuorumPeerMain',
      path.join(this.directory, 'zoo.cfg'),
    ]
    const child = spawn(java, args, { cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    living.add(child)
    child.stderr!.on('data', bytes => (this.log = (this.log + bytes).slice(-20_000)))
    this.#ended = new Promise(resolve => {
      child.on('close', () => {
        living.delete(child)
        resolve()
      })
    })
  }

  /** Whether it came to serve, in any mode or in the stated one, in time. */
  async serves(mode?: Mode, timeoutMs = 20_000): Promise<boolean> {
    for (const start = performance.now(); performance.now() - start < timeoutMs && this.isRunning; await sleep(20)) {
      const found = await this.mode()
      if (found !== null && (mode === undefined || found === mode)) return true
    }
    return false
  }

  word(word: string): Promise<string> {
    return fourLetterWord(this.address, word)
  }

  /** null: it does not serve now. */
  async mode(): Promise<Mode | null> {
    const found = /^Mode: (\w+)$/m.exec(await this.word('srvr'))
    return found ? (found[1] as Mode) : null
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.isRunning) process.kill(this.pid, 'SIGKILL')
    await this.#ended
  }

  /** Its process stands still, its connections stay open. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  /** After kill(): over the same directory, at the same port. */
  async restart(): Promise<void> {
    this.spawn()
    if (!(await this.serves())) throw new Error(`ZooKeeper does not start again: ${this.log}`)
  }

  async stop(): Promise<void> {
    await this.kill()
    fs.rmSync(this.directory, { recursive: true, force: true })
  }
}

export class ZooKeeperEnsemble {
  private constructor(readonly servers: readonly ZooKeeperServer[]) {}

  /** Serving, with a leader and followers. */
  static async start(options: ZooKeeperOptions = {}, size = 3): Promise<ZooKeeperEnsemble> {
    for (let attempt = 0; ; attempt++) {
      const ports: number[] = []
      while (ports.length < size * 3) {
        const port = await freePort()
        if (!ports.includes(port)) ports.push(port)
      }
      const quorum = Array.from(
        { length: size },
        (_, i) => `server.${i + 1}=127.0.0.1:${ports[i * 3 + 1]}:${ports[i * 3 + 2]}`,
      )
      const servers = Array.from({ length: size }, (_, i) => {
        const directory = newDirectory(options.parent)
        const server = new ZooKeeperServer(directory, ports[i * 3], options, quorum)
        fs.writeFileSync(path.join(directory, 'data/myid'), `${i + 1}\n`)
        server.spawn()
        return server
      })
      const ensemble = new ZooKeeperEnsemble(servers)
      const serving = await Promise.all(servers.map(server => server.serves()))
      if (serving.every(Boolean)) return ensemble
      await ensemble.stop()
      if (attempt === 3) throw new Error(`The ensemble does not start: ${servers.map(server => server.log).join('\n')}`)
    }
  }

  get addresses(): readonly Address[] {
    return this.servers.map(server => server.address)
  }

  /** The one that leads, when there is one. */
  async leader(timeoutMs = 20_000): Promise<ZooKeeperServer> {
    for (const start = performance.now(); performance.now() - start < timeoutMs; await sleep(20))
      for (const server of this.servers) if (server.isRunning && (await server.mode()) === 'leader') return server
    throw new Error('No server leads')
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map(server => server.stop()))
  }
}

function newDirectory(parent = os.tmpdir()): string {
  return fs.mkdtempSync(path.join(parent, 'granary-zookeeper-'))
}
