// TCP between the processes of the simulated world: bytes come late, in other pieces, or not at all, but never garbled or out of their
// order. Ways can be cut in one direction; connections break in the middle of what they carry, and the two sides hear of it at
// different times or never.
import { assert } from '../../runtime/core/assert.ts'
import { DBError } from '../../runtime/core/errors.ts'
import type { Platform, Socket, SocketAddress, TcpServer } from '../../runtime/platform.ts'
import type { Life } from './machine.ts'
import type { World } from './world.ts'

/** How the network behaves just now: shares of what goes over it. */
export interface NetworkMood {
  /** Segments with which their connection breaks. */
  breaks: number
  /** Segments that take a hundred times as long. */
  slow: number
  /** Connections that are refused. */
  refuses: number
}

export const calmNetwork: NetworkMood = { breaks: 0, slow: 0, refuses: 0 }

interface Listener {
  readonly life: Life
  onConnection(socket: Socket): void
}

/** Bytes on their way or unread, before writing waits. */
const windowBytes = 64 << 10
/** So long a sender tries to get bytes through a way that is cut. */
const giveUpMs = 20_000
const connectTimeoutMs = 10_000

export class Network {
  mood: NetworkMood = calmNetwork
  readonly #listeners = new Map<string, Listener>()
  readonly #cuts = new Set<string>()
  readonly #connections = new Set<Connection>()
  #nextPort = 49_152

  constructor(readonly world: World) {}

  /** What a process can do with the network. */
  doors(life: Life): Required<Pick<Platform, 'connect' | 'listenTcp'>> {
    return {
      connect: address => this.#connect(life, address),
      listenTcp: (address, onConnection) => this.#listen(life, address.port, onConnection),
    }
  }

  /** Nothing gets from one machine to the other any more; the other way is not touched. */
  cut(from: string, to: string): void {
    this.world.inject('network: a way is cut')
    this.#cuts.add(`${from}>${to}`)
  }

  heal(from: string, to: string): void {
    if (!this.#cuts.delete(`${from}>${to}`)) return
    this.world.note(`the way from ${from} to ${to} is whole again`)
    for (const connection of [...this.#connections]) connection.heal()
  }

  healAll(): void {
    for (const cut of [...this.#cuts]) {
      const [from, to] = cut.split('>')
      this.heal(from, to)
    }
  }

  isCut(from: Life, to: Life): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from.machine.name}>${to.machine.name}`)
  }

  /** Connections that are open break, each with this chance. */
  breakSome(share: number): void {
    for (const connection of [...this.#connections])
      if (this.world.random.chance(share)) {
        this.world.inject('network: a connection breaks')
        connection.break()
      }
  }

  delay(): number {
    const { random } = this.world
    if (random.chance(this.mood.slow)) {
      this.world.inject('network: slow')
      return random.between(20, 500)
    }
    return random.between(0.05, 1)
  }

  async #listen(life: Life, wanted: number, onConnection: (socket: Socket) => void): Promise<TcpServer> {
    await life.platform.clock.yield()
    const port = wanted || this.#nextPort++
    const key = `${life.machine.name}:${port}`
    const before = this.#listeners.get(key)
    if (before && !before.life.isDead) throw new DBError('NETWORK_ERROR', `Cannot listen on ${key}: it is in use`)
    const listener = { life, onConnection }
    this.#listeners.set(key, listener)
    const stop = () => {
      if (this.#listeners.get(key) === listener) this.#listeners.delete(key)
    }
    const release = life.atEnd(stop)
    return {
      port,
      close: async () => {
        release()
        stop()
        const open = [...this.#connections].filter(one => one.port === port && one.server.life === life)
        await Promise.all(open.map(({ server }) => server.close()))
      },
    }
  }

  #connect(life: Life, { host, port, timeoutMs = connectTimeoutMs }: SocketAddress): Promise<Socket> {
    const { world } = this
    const name = /^(localhost|127\.|::1)/.test(host) ? life.machine.name : host
    const key = `${name}:${port}`
    return new Promise((resolve, reject) => {
      world.after(life, this.delay(), 'connect', key, () => {
        const listener = this.#listeners.get(key)
        if (listener && (this.isCut(life, listener.life) || this.isCut(listener.life, life))) {
          const error = new DBError('SOCKET_TIMEOUT', `Timeout: connect timed out: ${key}, ${timeoutMs} ms`)
          world.after(life, timeoutMs, 'connect timeout', key, () => reject(error))
          return
        }
        const isRefused = world.random.chance(this.mood.refuses)
        if (isRefused) world.inject('network: a connection is refused')
        if (!listener || listener.life.isDead || isRefused)
          return reject(new DBError('NETWORK_ERROR', `Cannot connect to ${key}: connection refused`))
        const connection = new Connection(this, life, listener.life, port)
        this.#connections.add(connection)
        world.after(listener.life, 0, 'accept', key, () => {
          if (this.#listeners.get(key) === listener) listener.onConnection(connection.server)
          else void connection.server.close()
        })
        world.after(life, this.delay(), 'connected', key, () => resolve(connection.client))
      })
    })
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection)
  }
}

class Connection {
  /** Nothing arrives any more. */
  isBroken = false
  readonly client: End
  readonly server: End

  constructor(
    readonly network: Network,
    from: Life,
    to: Life,
    readonly port: number,
  ) {
    this.client = new End(this, from, to)
    this.server = new End(this, to, from)
    this.client.peer = this.server
    this.server.peer = this.client
  }

  heal(): void {
    this.client.flush()
    this.server.flush()
  }

  /** Each side hears of it after a while. */
  break(): void {
    this.isBroken = true
    for (const end of [this.client, this.server]) end.breakLater()
    this.network.forget(this)
  }
}

type Segment = Uint8Array | 'end'

/** One side of a connection. */
class End implements Socket {
  peer!: End
  readonly remote: string
  /** At its machine; a process that is paused takes nothing. */
  readonly #arrived: Segment[] = []
  readonly #received: Uint8Array[] = []
  #unread = 0
  /** Sent, and not there yet. */
  #onTheWay = 0
  readonly #held: Segment[] = []
  #heldSinceMs = 0
  #lastArrivalMs = 0
  #error: DBError | null = null
  #hasEnded = false
  #isClosed = false
  #waiting: (() => void)[] = []
  #isReading = false
  readonly #release: () => void

  constructor(
    readonly connection: Connection,
    readonly life: Life,
    readonly other: Life,
  ) {
    this.remote = other.machine.name
    // The system of a process that ends tells its peers; a machine without power does not.
    this.#release = life.atEnd(isSilent => {
      if (!isSilent) this.peer.breakLater()
    })
  }

  get #network(): Network {
    return this.connection.network
  }

  async read(): Promise<Uint8Array | null> {
    assert(!this.#isReading, 'a socket is read by one call at a time')
    this.#isReading = true
    try {
      for (;;) {
        if (this.#isClosed) return null
        const bytes = this.#received.shift()
        if (bytes) {
          this.#unread -= bytes.length
          this.peer.#wake()
          return bytes
        }
        this.#check()
        if (this.#hasEnded) return null
        await this.#change()
      }
    } finally {
      this.#isReading = false
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#check()
    if (this.#isClosed) throw new DBError('NETWORK_ERROR', `Connection to ${this.remote} is closed`)
    const { random } = this.#network.world
    const own = new Uint8Array(bytes)
    for (let at = 0; at < own.length; ) {
      // Pieces have nothing to do with what was written.
      const left = own.length - at
      const size = left > 1 && random.chance(0.2) ? random.whole(1, left) : left
      this.#send(size === own.length ? own : own.subarray(at, at + size))
      at += size
    }
    while (this.#onTheWay + this.peer.#unread > windowBytes && !this.#error && !this.#isClosed) await this.#change()
    this.#check()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#release()
    this.#received.length = 0
    this.#unread = 0
    this.#wake()
    this.peer.#wake()
    if (!this.#error) this.#send('end')
    if (this.peer.#isClosed) this.#network.forget(this.connection)
    await this.life.platform.clock.yield()
  }

  #send(segment: Segment): void {
    const { world } = this.#network
    if (segment !== 'end') this.#onTheWay += segment.length
    if (this.#held.length > 0 || this.#network.isCut(this.life, this.other)) {
      if (this.#held.length === 0) {
        const since = world.timeMs
        this.#heldSinceMs = since
        world.after(null, giveUpMs, 'gives up', this.remote, () => {
          if (this.#held.length > 0 && this.#heldSinceMs === since) this.#broke('nobody answers')
        })
      }
      this.#held.push(segment)
      return
    }
    if (this.connection.isBroken) {
      this.breakLater()
      return
    }
    if (segment !== 'end' && world.random.chance(this.#network.mood.breaks)) {
      world.inject('network: a connection breaks')
      const part = segment.subarray(0, world.random.below(segment.length))
      if (part.length > 0) this.#deliver(part)
      this.connection.break()
      return
    }
    this.#deliver(segment)
  }

  #deliver(segment: Segment): void {
    const { world } = this.#network
    // One after the other.
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs + 0.001, world.timeMs + this.#network.delay())
    const detail = `${this.life.machine.name}>${this.remote} ${segment === 'end' ? 'end' : segment.length}`
    world.after(null, this.#lastArrivalMs - world.timeMs, 'deliver', detail, () => this.#arrive(segment, detail))
  }

  #arrive(segment: Segment, detail: string): void {
    const { peer } = this
    const { world } = this.#network
    // Whoever is there now knows nothing of the connection.
    if (peer.life.isDead) {
      this.breakLater()
      return
    }
    if (segment !== 'end') this.#onTheWay -= segment.length
    peer.#arrived.push(segment)
    if (peer.life.isPaused) world.after(peer.life, 0, 'deliver', detail, () => peer.#takeAll())
    else peer.#takeAll()
    this.#wake()
  }

  #takeAll(): void {
    for (const segment of this.#arrived.splice(0)) this.#take(segment)
  }

  #take(segment: Segment): void {
    if (this.#error || this.#isClosed) return
    if (segment === 'end') this.#hasEnded = true
    else {
      this.#received.push(segment)
      this.#unread += segment.length
    }
    this.#wake()
  }

  /** The way is whole again: what was held back goes. */
  flush(): void {
    if (this.#held.length === 0 || this.#network.isCut(this.life, this.other)) return
    const held = this.#held.splice(0)
    if (this.connection.isBroken) this.breakLater()
    else for (const segment of held) this.#deliver(segment)
  }

  /** This side hears that the connection is no more, if it can hear anything. */
  breakLater(): void {
    const { world } = this.#network
    if (this.#error || this.life.isDead || this.#network.isCut(this.other, this.life)) return
    // Not before what is on its way to it already, or in its place.
    const atMs = world.random.chance(0.5) ? this.peer.#lastArrivalMs + 0.001 : 0
    world.after(this.life, Math.max(atMs - world.timeMs, this.#network.delay()), 'reset', this.remote, () =>
      this.#broke('reset by the peer'),
    )
  }

  #broke(why: string): void {
    if (this.#error) return
    this.#error = new DBError('NETWORK_ERROR', `Connection to ${this.remote} broke: ${why}`)
    this.#held.length = 0
    this.#release()
    this.#network.forget(this.connection)
    this.#wake()
  }

  #check(): void {
    if (this.#error && !this.#isClosed) throw this.#error
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
    })
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
