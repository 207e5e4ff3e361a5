// ZooKeeper's protocol over TCP, from the state machine of this process.
import type { Platform, Socket, TcpServer } from '../../platform.ts'
import type { Disk, DiskLock } from '../../storage/disk.ts'
import { EmbeddedCoordinator } from '../embedded/embeddedCoordinator.ts'
import { Keeper, type KeeperOptions, type KeeperParts } from '../embedded/keeper.ts'
import { openKeeperParts, type PartsOptions } from '../embedded/openKeeperParts.ts'
import { Connection } from './connection.ts'
import { ServerStatistics } from './statistics.ts'

export interface KeeperServerOptions extends KeeperOptions, PartsOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Default: 2181; 0: any that is free. */
  readonly port?: number
  /** Default: 10,000. */
  readonly connectionsMax?: number
  /** Largest request. Default: 4 MiB; ZooKeeper's own is 1 MiB. */
  readonly packetBytesMax?: number
  /** As people are told: where the data lies. */
  readonly directory?: string
}

export interface RunningKeeper {
  readonly port: number
  readonly keeper: Keeper
  /** Sessions of this process on the same tree. */
  readonly coordinator: EmbeddedCoordinator
  /** Connections are closed; sessions stay on the disk, for when it is started again. */
  close(): Promise<void>
}

/** disk: where all is kept, which is this process's own from now on; null: in memory only. */
export async function startKeeper(
  platform: Platform,
  disk: Disk | null,
  options: KeeperServerOptions = {},
): Promise<RunningKeeper> {
  const lock = (await disk?.lock?.(platform)) ?? null
  try {
    return await serveKeeper(await openKeeperParts(platform, disk, options), options, lock)
  } catch (error) {
    await lock?.release()
    throw error
  }
}

/** The same of parts that are there already. */
export async function serveKeeper(
  parts: KeeperParts,
  options: KeeperServerOptions = {},
  lock: DiskLock | null = null,
): Promise<RunningKeeper> {
  const keeper = new Keeper(parts, options)
  const server = new KeeperServer(keeper, options)
  try {
    await server.listen()
  } catch (error) {
    await keeper.close()
    throw error
  }
  return {
    port: server.port,
    keeper,
    coordinator: new EmbeddedCoordinator(keeper, false),
    async close() {
      await server.close()
      await keeper.close()
      await lock?.release()
    },
  }
}

/** A connection that has not asked for a session by then is closed. */
const sessionlessMs = 10_000
/** Requests of all connections that are being done, and those that are half there. */
const inFlightBytesMax = 256 << 20
const partialBytesMax = 256 << 20
/** What is told again and again is told so often. */
const tellEveryMs = 1000

export class KeeperServer {
  readonly statistics = new ServerStatistics()
  readonly connections = new Set<Connection>()
  readonly host: string
  readonly connectionsMax: number
  readonly packetBytesMax: number
  readonly partialBytesMax = partialBytesMax
  readonly directory: string
  readonly startedMs: number
  port: number
  partialBytes = 0
  #inFlightBytes = 0
  /** Connections that wait for room. */
  #waiting = new Set<Connection>()
  #tcp: TcpServer | null = null
  #cancelSweep: () => void = () => {}
  #toldMs = Number.NEGATIVE_INFINITY
  #untold = 0

  constructor(
    readonly keeper: Keeper,
    options: KeeperServerOptions,
  ) {
    this.host = options.host ?? '127.0.0.1'
    this.port = options.port ?? 2181
    this.connectionsMax = options.connectionsMax ?? 10_000
    this.packetBytesMax = options.packetBytesMax ?? 4 << 20
    this.directory = options.directory ?? ''
    this.startedMs = keeper.platform.clock.monotonic()
  }

  async listen(): Promise<void> {
    const { platform } = this.keeper
    if (!platform.listenTcp) throw new Error(`${platform.name} takes no TCP connections`)
    this.#tcp = await platform.listenTcp({ host: this.host, port: this.port }, socket => this.#accept(socket))
    this.port = this.#tcp.port
    this.#sweepLater()
  }

  async close(): Promise<void> {
    this.#cancelSweep()
    await Promise.all([...this.connections].map(connection => connection.close().catch(() => {})))
    await this.#tcp?.close()
  }

  /** For a connection that has ended. */
  closed(connection: Connection): void {
    this.connections.delete(connection)
    this.#waiting.delete(connection)
  }

  /** Whether more can be asked of the keeper; who may not is told when there is. */
  hasRoom(connection: Connection): boolean {
    if (this.#inFlightBytes < inFlightBytesMax) return true
    this.#waiting.add(connection)
    return false
  }

  take(bytes: number): void {
    this.#inFlightBytes += bytes
  }

  release(bytes: number): void {
    this.#inFlightBytes -= bytes
    if (this.#waiting.size === 0 || this.#inFlightBytes >= inFlightBytesMax) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const connection of waiting) connection.goOn()
  }

  /** To the log; a client that does wrong often does not fill it. */
  tell(text: string): void {
    const { platform } = this.keeper
    const now = platform.clock.monotonic()
    if (now - this.#toldMs < tellEveryMs) {
      this.#untold++
      return
    }
    platform.log('warning', this.#untold > 0 ? `${text} (${this.#untold} more of the kind before)` : text)
    this.#toldMs = now
    this.#untold = 0
  }

  #accept(socket: Socket): void {
    if (this.connections.size >= this.connectionsMax) {
      this.statistics.refused++
      this.tell(`A connection of ${socket.remote} is refused: there are ${this.connectionsMax} already`)
      void socket.close().catch(() => {})
      return
    }
    const connection = new Connection(this, socket)
    this.connections.add(connection)
    void connection.serve().catch(() => {})
  }

  #sweepLater(): void {
    const { clock } = this.keeper.platform
    this.#cancelSweep = clock.after(this.keeper.tickMs, () => {
      this.#sweepLater()
      for (const connection of this.connections)
        if (!connection.hasSession && clock.monotonic() - connection.statistics.sinceMs > sessionlessMs)
          void connection.close().catch(() => {})
    })
  }
}
