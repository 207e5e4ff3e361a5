// A ZooKeeper server that does what a test says, right or wrong, over a loopback socket.
import { listenTcp } from '../../adapters/shared/sockets.ts'
import type { Socket, TcpServer } from '../../runtime/platform.ts'
import type { Result, Stat, WatchEvent } from '../../runtime/coordination/requests.ts'
import { type ServerResult, writeAnswer } from '../../runtime/coordination/zookeeper/answerRecords.ts'
import { Frames } from '../../runtime/coordination/zookeeper/frames.ts'
import { JuteReader, JuteWriter } from '../../runtime/coordination/zookeeper/jute.ts'
import {
  type ConnectAnswer,
  type ConnectRequest,
  readConnectRequest,
  writeConnectAnswer,
  writeEvent,
  writeReplyHeader,
} from '../../runtime/coordination/zookeeper/records.ts'
import { type IncomingRequest, readRequest } from '../../runtime/coordination/zookeeper/requestRecords.ts'

export const sessionId = 0x1234n
export const password: Uint8Array = new Uint8Array(16).fill(7)
export const stat: Stat = {
  czxid: 1n,
  mzxid: 1n,
  pzxid: 1n,
  ctime: 1,
  mtime: 1,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
}

export class ScriptedServer {
  readonly peers: Peer[] = []
  /** What went wrong in a script; a connection that ended is none. */
  readonly errors: unknown[] = []

  private constructor(readonly tcp: TcpServer) {}

  /** Each connection is handled by the script of its number, and those after the last by the last. */
  static async start(...scripts: ((peer: Peer) => Promise<void>)[]): Promise<ScriptedServer> {
    const server: ScriptedServer = new ScriptedServer(
      await listenTcp({ host: '127.0.0.1', port: 0 }, socket => {
        const peer = new Peer(socket, server.peers.at(-1)?.zxid ?? 100n)
        const script = scripts[Math.min(server.peers.length, scripts.length - 1)]!
        server.peers.push(peer)
        script(peer).catch(error => {
          if (!peer.isOver) server.errors.push(error)
        })
      }),
    )
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.tcp.port}`
  }

  async stop(): Promise<void> {
    await this.tcp.close()
    if (this.errors.length > 0) throw this.errors[0]
  }
}

/** One connection, as the server sees it. */
export class Peer {
  connect: ConnectRequest | null = null
  isOver = false
  /** Sizes of what was read at once. */
  readonly reads: number[] = []
  readonly #frames = new Frames(64 << 20)
  readonly #packets: Uint8Array[] = []

  constructor(
    readonly socket: Socket,
    /** Of the last change. */
    public zxid: bigint,
  ) {}

  /** Takes the session, a new one or the one that goes on. */
  async welcome(answer: Partial<ConnectAnswer> = {}): Promise<ConnectRequest> {
    this.connect = readConnectRequest(new JuteReader(await this.packet()))
    await this.write(writer =>
      writeConnectAnswer(writer, {
        timeoutMs: this.connect!.timeoutMs,
        sessionId,
        password,
        isReadOnly: false,
        ...answer,
      }),
    )
    return this.connect
  }

  /** The next packet, without its length. Throws when the client has ended. */
  async packet(): Promise<Uint8Array> {
    while (this.#packets.length === 0) {
      const bytes = await this.socket.read().catch(() => null)
      this.isOver = bytes === null
      if (bytes === null) throw new Error('The client ended')
      this.reads.push(bytes.length)
      this.#frames.push(bytes, reader => {
        const length = reader.left
        const whole = new Uint8Array(length)
        for (let at = 0; at < length; at++) whole[at] = reader.byte()
        this.#packets.push(whole)
      })
    }
    return this.#packets.shift()!
  }

  /** The next request that is no ping; pings are answered. */
  async next(): Promise<IncomingRequest> {
    for (;;) {
      const incoming = readRequest(new JuteReader(await this.packet()))
      if (incoming.request.kind !== 'ping') return incoming
      await this.answer(incoming, { kind: 'done' }, this.zxid)
    }
  }

  async answer(incoming: IncomingRequest, result: ServerResult, zxid = ++this.zxid): Promise<void> {
    await this.write(writer => writeAnswer(writer, incoming, zxid, result))
  }

  async event(event: WatchEvent): Promise<void> {
    await this.write(writer => writeEvent(writer, event))
  }

  /** A header alone. */
  async header(number: number, error = 0): Promise<void> {
    await this.write(writer => {
      const packet = writer.beginPacket()
      writeReplyHeader(writer, number, this.zxid, error)
      writer.endPacket(packet)
    })
  }

  async write(write: (writer: JuteWriter) => void): Promise<void> {
    const writer = new JuteWriter()
    write(writer)
    await this.raw(writer.take())
  }

  async raw(bytes: Uint8Array): Promise<void> {
    await this.socket.write(bytes)
  }

  async close(): Promise<void> {
    this.isOver = true
    await this.socket.close()
  }

  /** Answers everything as if all nodes were there and empty, until the client ends. */
  async serve(): Promise<void> {
    for (;;) {
      const incoming = await this.next()
      await this.answer(incoming, plausible(incoming))
    }
  }
}

export function plausible({ request }: IncomingRequest): Result {
  switch (request.kind) {
    case 'create':
      return { kind: 'created', path: request.path, stat }
    case 'get':
      return { kind: 'data', data: new Uint8Array(0), stat }
    case 'exists':
    case 'set':
    case 'setAcl':
      return { kind: 'stat', stat }
    case 'children':
      return { kind: 'children', names: [], stat }
    default:
      return { kind: 'done' }
  }
}
