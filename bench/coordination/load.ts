// A client that is told on its standard input, a JSON object a line, what to do, and answers each with a line:
//   node load.js granary SERVERS CONNECTIONS ROOT
//   node load.js native SERVERS CONNECTIONS ROOT MODULES
//   node load.js embedded DIRECTORY CONNECTIONS ROOT
// SERVERS: host:port; ROOT: a node that is not there, below which it works.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { clock } from '../../adapters/shared/clock.ts'
import { LocalDisk } from '../../adapters/shared/disk.ts'
import { connect } from '../../adapters/shared/sockets.ts'
import type { Coordinator } from '../../runtime/coordination/coordinator.ts'
import { embeddedCoordinator } from '../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { create, set } from '../../runtime/coordination/operations.ts'
import { zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'

type Kind = 'create' | 'set' | 'get' | 'multi' | 'mixed'

interface Order {
  readonly action: 'pipelined' | 'single' | 'watches'
  readonly kind: Kind
  readonly ms: number
  /** Requests that wait for answers at once, over all connections. */
  readonly inFlight: number
  readonly count: number
}

interface Pace {
  readonly requests: number
  readonly seconds: number
  /** Of the processor, by this process. */
  readonly cpuUs: number
}

interface Connection {
  create(path: string): Promise<unknown>
  set(path: string): Promise<unknown>
  get(path: string): Promise<unknown>
  watch(path: string): Promise<unknown>
  readonly multi: ((created: readonly string[], changed: readonly string[]) => Promise<unknown>) | null
  close(): Promise<unknown>
}

const value = Buffer.alloc(100, 'granary')
/** Nodes that are read and set. */
const nodes = 100
const operationsOfMulti = 10

function zooKeeperClient(servers: string): Coordinator {
  const log = (_level: string, text: string) => console.error(text)
  return zooKeeper({ clock, random: Math.random, log, connect }, { servers })
}

function embedded(directory: string): Promise<Coordinator> {
  const core = new WebAssembly.Module(fs.readFileSync(new URL('../../core/core.wasm', import.meta.url)))
  return embeddedCoordinator(nodePlatform({ core, threads: 0 }), new LocalDisk(directory))
}

async function openGranary(coordinator: Coordinator): Promise<Connection> {
  const session = await coordinator.open()
  return {
    create: path => session.create(path, value),
    set: path => session.set(path, value),
    get: path => session.get(path),
    watch: path => session.get(path, () => {}),
    multi: (created, changed) =>
      session.multi([...created.map(path => create(path, value)), ...changed.map(path => set(path, value))]),
    close: () => session.close(),
  }
}

/** What is called of the package's clients. */
interface NativeClient {
  connect(onConnected: (error: Error | null) => void): void
  create(path: string, data: Buffer, flags: number): Promise<string>
  set(path: string, data: Buffer, version: number): Promise<object>
  get(path: string, watch: boolean): Promise<readonly [object, Buffer]>
  w_get(path: string, watcher: () => void): Promise<readonly [object, Buffer]>
  close(): void
}

async function openNative(servers: string, modules: string): Promise<Connection> {
  const found = createRequire(modules)('zookeeper') as { Promise: new (options: object) => NativeClient }
  const client = new found.Promise({
    connect: servers,
    timeout: 30_000,
    debug_level: 1,
    host_order_deterministic: true,
  })
  await new Promise<void>((resolve, reject) => client.connect(error => (error ? reject(error) : resolve())))
  return {
    create: path => client.create(path, value, 0),
    set: path => client.set(path, value, -1),
    get: path => client.get(path, false),
    watch: path => client.w_get(path, () => {}),
    multi: null,
    close: async () => client.close(),
  }
}

class Load {
  #made = 0
  readonly #nodes: readonly string[]

  constructor(
    readonly connections: readonly Connection[],
    readonly root: string,
  ) {
    this.#nodes = Array.from({ length: nodes }, (_, i) => `${root}/node-${i}`)
  }

  async prepare(): Promise<void> {
    const [first] = this.connections
    await first!.create(this.root)
    await Promise.all([...this.#nodes, `${this.root}/made`].map(path => first!.create(path)))
  }

  /** As many requests at once as may wait. */
  async pipelined({ kind, ms, inFlight }: Order): Promise<Pace | { isUnsupported: true }> {
    if (kind === 'multi' && this.connections[0]!.multi === null) return { isUnsupported: true }
    const cpu = process.cpuUsage()
    const start = performance.now()
    const end = start + ms
    let next = 0
    const work = async () => {
      while (performance.now() < end) await this.#request(kind, next++)
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    return { requests: next, seconds, cpuUs: user + system }
  }

  /** Milliseconds of requests one after the other. */
  async single({ kind, ms }: Order): Promise<{ median: number; p99: number }> {
    const times: number[] = []
    for (const start = performance.now(); performance.now() - start < ms; ) {
      const begun = performance.now()
      await this.#request(kind, times.length)
      times.push(performance.now() - begun)
    }
    times.sort((a, b) => a - b)
    const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))]!
    return { median: at(0.5), p99: at(0.99) }
  }

  /** Bytes that the process grows by for watches on so many nodes; `before` makes the nodes. */
  async watches({ count, inFlight }: Order): Promise<{ growth: number; collected: number | null }> {
    const [connection] = this.connections
    const before = process.memoryUsage().rss
    let next = 0
    const work = async () => {
      while (next < count) await connection!.watch(watched(next++))
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    const growth = process.memoryUsage().rss - before
    globalThis.gc?.()
    return { growth, collected: globalThis.gc ? process.memoryUsage().rss - before : null }
  }

  /** The nodes of watches(). */
  async makeWatched({ count, inFlight }: Order): Promise<object> {
    const [connection] = this.connections
    await connection!.create('/watched')
    let next = 0
    const work = async () => {
      while (next < count) await connection!.create(watched(next++))
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    return {}
  }

  #request(kind: Kind, i: number): Promise<unknown> {
    const connection = this.connections[i % this.connections.length]!
    switch (kind) {
      case 'create':
        return connection.create(this.#newPath())
      case 'set':
        return connection.set(this.#nodes[i % nodes]!)
      case 'get':
        return connection.get(this.#nodes[i % nodes]!)
      case 'multi': {
        const half = operationsOfMulti / 2
        const created = Array.from({ length: half }, () => this.#newPath())
        return connection.multi!(
          created,
          created.map((_, j) => this.#nodes[(i * half + j) % nodes]!),
        )
      }
      case 'mixed':
        return this.#request(i % 5 < 3 ? 'get' : i % 5 === 3 ? 'set' : 'create', i)
    }
  }

  #newPath(): string {
    return `${this.root}/made/${this.#made++}`
  }
}

const watched = (i: number): string => `/watched/a-node-with-a-name-of-common-length-${String(i).padStart(10, '0')}`

const [, , client, servers = '', connections = '1', root = '', modules = ''] = process.argv
const coordinator = client === 'embedded' ? await embedded(servers) : zooKeeperClient(servers)
const open = () => (client === 'native' ? openNative(servers, modules) : openGranary(coordinator))
const opened = await Promise.all(Array.from({ length: Number(connections) }, open))
const load = new Load(opened, root)
await load.prepare()
console.log('{}')
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order & { action: 'pipelined' | 'single' | 'watches' | 'makeWatched' }
  console.log(JSON.stringify(await load[order.action](order)))
}
await Promise.all(opened.map(connection => connection.close()))
await coordinator.close()
process.exit(0)
