// One client's connection: packets in, answers and watch events out, and never more of either in memory than is stated.
import { decodeText, encodeText } from '../../core/text.ts'
import type { Socket } from '../../platform.ts'
import { type Holder, type Keeper, KeeperSession } from '../embedded/keeper.ts'
import type { Identity } from '../embedded/rights.ts'
import { isChange } from '../embedded/transactions.ts'
import type { WatchEvent } from '../requests.ts'
import { writeAnswer, writePong } from '../zookeeper/answerRecords.ts'
import { Frames } from '../zookeeper/frames.ts'
import { type JuteReader, JuteWriter } from '../zookeeper/jute.ts'
import { opcode } from '../zookeeper/opcodes.ts'
import {
  type ConnectAnswer,
  passwordSize,
  readConnectRequest,
  writeConnectAnswer,
  writeEvent,
  writeReplyHeader,
} from '../zookeeper/records.ts'
import { type IncomingRequest, readRequest, type ServerRequest } from '../zookeeper/requestRecords.ts'
import { fourLetterWord, isWord } from './fourLetterWords.ts'
import { answerRead, nameBytes, readBytesMax, type ServerResult } from './serverRequests.ts'
import type { KeeperServer } from './keeperServer.ts'
import { ConnectionStatistics } from './statistics.ts'

/** Requests of one connection that are being done; further ones wait unread. */
const inFlightMax = 2000
const inFlightBytesMax = 8 << 20
/** While so much waits to be taken by the client, nothing more is answered. */
const outputBytesPause = 1 << 20
/** Events, mostly, until the connection is given up. */
const unwrittenMax = 200_000
interface Parsed {
  readonly incoming: IncomingRequest
  readonly size: number
  readonly atMs: number
}

type Unwritten =
  | WatchEvent
  | { readonly incoming: IncomingRequest; readonly zxid: number; readonly result: ServerResult }

export class Connection implements Holder {
  readonly statistics: ConnectionStatistics
  readonly remote: string
  session: KeeperSession | null = null
  readonly #keeper: Keeper
  readonly #frames: Frames
  readonly #output = new JuteWriter()
  /** Answers and events that wait until the output is shorter. */
  readonly #unwritten: Unwritten[] = []
  /** Read, and waiting for their turn; no more than one piece of the socket's brings. */
  #requests: Parsed[] = []
  #next = 0
  #inFlight = 0
  #inFlightBytes = 0
  #isWorking = false
  #isConnecting = false
  /** No more is read and done; what was answered is sent. */
  #isEnding = false
  #isGone = false
  #isFlushing = false
  #isFlushDue = false
  /** Of who waits until more can be done. */
  #wake: (() => void) | null = null

  constructor(
    readonly server: KeeperServer,
    readonly socket: Socket,
  ) {
    this.#keeper = server.keeper
    this.#frames = new Frames(server.packetBytesMax)
    this.remote = socket.remote.replace(/^::ffff:/i, '')
    this.statistics = new ConnectionStatistics(server.keeper.platform.clock)
  }

  get identities(): readonly Identity[] {
    return this.session?.identities ?? []
  }

  /** Requests that are not answered. */
  get outstanding(): number {
    return this.#requests.length - this.#next + this.#inFlight + this.#unwritten.length
  }

  get hasSession(): boolean {
    return this.session !== null || this.#isConnecting
  }

  /** Until the connection ends. */
  async serve(): Promise<void> {
    try {
      const first = await this.#readFirst()
      if (!first) return
      const text = decodeText(first.subarray(0, 4))
      if (isWord(text)) {
        this.statistics.received++
        await this.socket.write(encodeText(fourLetterWord(this.server, text)))
        return
      }
      await this.#take(first)
      for (;;) {
        if (this.#isEnding) break
        const bytes = await this.socket.read()
        if (!bytes) break
        await this.#take(bytes)
      }
      await this.#drained()
    } catch (error) {
      // A client that goes away breaks its connection as a rule.
      const text = error instanceof Error ? error.message : String(error)
      this.#keeper.platform.log('debug', `Connection of ${this.remote}: ${text}`)
    } finally {
      await this.close()
    }
  }

  /** At once; the session stays, for another connection. */
  async close(): Promise<void> {
    if (this.#isGone) return
    this.#isGone = true
    this.#isEnding = true
    this.#requests = []
    this.#next = 0
    this.#wake?.()
    this.session?.release(null, this)
    this.server.partialBytes -= this.#counted
    this.#counted = 0
    this.server.closed(this)
    await this.socket.close()
  }

  onEvent(event: WatchEvent): void {
    if (this.#isGone) return
    if (this.#unwritten.length > unwrittenMax) this.#giveUp('does not take what it is sent')
    else this.#write(event)
  }

  onEnd(reason: 'expired' | 'closed' | 'moved'): void {
    this.session = null
    // A session that is closed is answered first.
    if (reason !== 'closed') void this.close().catch(() => {})
  }

  /** Four bytes may be a word for people, without a length. null: the end. */
  async #readFirst(): Promise<Uint8Array | null> {
    let first = new Uint8Array(0)
    while (first.length < 4) {
      const bytes = await this.socket.read()
      if (!bytes) return null
      const joined = new Uint8Array(first.length + bytes.length)
      joined.set(first)
      joined.set(bytes, first.length)
      first = joined
    }
    return first
  }

  #counted = 0

  async #take(bytes: Uint8Array): Promise<void> {
    const { clock } = this.#keeper.platform
    const atMs = clock.monotonic()
    this.server.statistics.receivedBytes += bytes.length
    try {
      this.#frames.push(bytes, packet => this.#parse(packet, atMs))
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      this.server.tell(`Connection of ${this.remote} is closed: ${text}`)
      this.#isEnding = true
    }
    this.server.partialBytes += this.#frames.size - this.#counted
    this.#counted = this.#frames.size
    if (this.server.partialBytes > this.server.partialBytesMax) this.#giveUp('too many requests are half there')
    this.session?.touch()
    this.#work()
    while (this.#next < this.#requests.length && !this.#isGone) await this.#change()
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = null
        resolve()
      }
    })
  }

  /** Everything that was asked is answered, and sent. */
  async #drained(): Promise<void> {
    while (!this.#isGone && (this.#inFlight > 0 || this.#isConnecting)) await this.#change()
    while (!this.#isGone && (this.#isFlushing || this.#isFlushDue || this.#unwritten.length > 0)) await this.#change()
  }

  #parse(packet: JuteReader, atMs: number): void {
    if (this.#isEnding) return
    this.statistics.received++
    this.server.statistics.received++
    if (!this.hasSession) {
      this.#connect(packet)
      return
    }
    const size = packet.left
    this.#requests.push({ incoming: readRequest(packet), size, atMs })
  }

  #connect(packet: JuteReader): void {
    const request = readConnectRequest(packet)
    const { state } = this.#keeper
    const tells = request.canBeReadOnly !== null
    if (request.lastZxidSeen > BigInt(state.zxid)) {
      this.server.tell(
        `Connection of ${this.remote} is refused: it has seen transaction ${request.lastZxidSeen}, and the last one here is ${state.zxid}`,
      )
      this.#isEnding = true
      return
    }
    if (request.sessionId !== 0n) {
      const session = this.#keeper.reopen(request.sessionId, request.password, this)
      if (!session) this.#refuse(tells)
      else {
        // What was asked on the connection before is done first: its outcome is not to change behind the client's back.
        this.#isConnecting = true
        session.inOrder(() => {
          this.#isConnecting = false
          if (this.#isGone) {
            session.release(null, this)
            return
          }
          this.#connected(session, tells)
          this.#work()
        })
      }
      return
    }
    this.#isConnecting = true
    void this.#keeper.open(request.timeoutMs, this).then(opened => {
      this.#isConnecting = false
      if (opened instanceof KeeperSession) {
        if (this.#isGone) opened.release(null, this)
        else this.#connected(opened, tells)
      } else {
        const why = opened.kind === 'error' ? (opened.detail ?? opened.error) : opened.kind
        this.server.tell(`Connection of ${this.remote} gets no session: ${why}`)
        this.#isEnding = true
        void this.close().catch(() => {})
      }
      this.#work()
    })
  }

  #connected(session: KeeperSession, tells: boolean): void {
    this.session = session
    if (this.remote) session.identities = [{ scheme: 'ip', id: this.remote }]
    const { id, timeoutMs, password } = session
    this.statistics.connected(timeoutMs)
    this.#welcome({ timeoutMs, sessionId: id, password, isReadOnly: tells ? false : null })
  }

  /** The session that was asked for has expired, or never was. */
  #refuse(tells: boolean): void {
    const password = new Uint8Array(passwordSize)
    this.#welcome({ timeoutMs: 0, sessionId: 0n, password, isReadOnly: tells ? false : null })
    this.#isEnding = true
  }

  #welcome(answer: ConnectAnswer): void {
    writeConnectAnswer(this.#output, answer)
    this.statistics.sent++
    this.server.statistics.sent++
    this.#flushSoon()
  }

  /** Asks what can be asked. */
  #work(): void {
    // What is answered at once comes back here.
    if (this.#isWorking) return
    this.#isWorking = true
    const isDone = this.#askAll()
    this.#isWorking = false
    if (!isDone) return
    this.#requests = []
    this.#next = 0
    this.#wake?.()
  }

  /** false: not all could be asked. */
  #askAll(): boolean {
    while (this.#next < this.#requests.length && !this.#isEnding) {
      if (!this.session || this.#isHeldUp) return false
      if (this.#inFlight >= inFlightMax || this.#inFlightBytes >= inFlightBytesMax || !this.server.hasRoom(this))
        return false
      this.#ask(this.#requests[this.#next++], this.session)
    }
    return true
  }

  /** The client has to take what there is first. */
  get #isHeldUp(): boolean {
    return this.#unwritten.length > 0 || this.#output.size > outputBytesPause
  }

  /** Changes go on to the keeper at once; what is read waits for those before it. */
  #ask(parsed: Parsed, session: KeeperSession): void {
    const { request } = parsed.incoming
    const size = parsed.size + this.#expected(request)
    this.#inFlight++
    this.#inFlightBytes += size
    this.server.take(size)
    const done = (result: ServerResult) => {
      this.#inFlight--
      this.#inFlightBytes -= size
      this.server.release(size)
      this.#answer(parsed, result)
      if (this.#next < this.#requests.length) this.#work()
      else if (this.#inFlight === 0) this.#wake?.()
    }
    if (request.kind === 'closeSession') {
      this.#isEnding = true
      void session.close().then(done)
    } else if (isChange(request)) session.ask(request, done)
    else if (request.kind === 'auth')
      session.ask(request, result => {
        // Whoever shows wrong credentials has to begin anew.
        if (result.kind === 'error') this.#isEnding = true
        done(result)
      })
    else {
      const { identities } = session
      session.inOrder(() => done(answerRead(this.#keeper, session, this, request, identities)))
    }
  }

  /** Memory that the answer needs, which may wait for the client. Data are shared with the state. */
  #expected(request: ServerRequest): number {
    const { state } = this.#keeper
    switch (request.kind) {
      case 'children':
        return (state.nodes.get(request.path)?.numChildren ?? 0) * nameBytes
      case 'ephemerals':
        return (state.sessions.get(this.session?.id ?? 0n)?.ephemerals.size ?? 0) * nameBytes
      case 'multiRead': {
        let names = 0
        for (const { kind, path } of request.requests)
          if (kind === 'children') names += state.nodes.get(path)?.numChildren ?? 0
        return Math.min(names * nameBytes, readBytesMax)
      }
      default:
        return 0
    }
  }

  #answer({ incoming, atMs }: Parsed, result: ServerResult): void {
    if (this.#isGone) return
    const { state, platform } = this.#keeper
    const ms = platform.clock.monotonic() - atMs
    this.statistics.answered(names[incoming.opcode] ?? 'NA', incoming.xid, state.zxid, ms)
    this.server.statistics.answered(ms)
    this.#write({ incoming, zxid: state.zxid, result })
  }

  #write(unwritten: Unwritten): void {
    this.statistics.sent++
    this.server.statistics.sent++
    if (this.#isHeldUp) this.#unwritten.push(unwritten)
    else this.#encode(unwritten)
    this.#flushSoon()
  }

  #encode(unwritten: Unwritten): void {
    const writer = this.#output
    if ('kind' in unwritten) writeEvent(writer, unwritten)
    else {
      const { incoming, zxid, result } = unwritten
      if (incoming.request.kind === 'ping') writePong(writer, BigInt(zxid))
      else if (result.kind === 'number') writeBareAnswer(writer, incoming.xid, BigInt(zxid), result.error)
      else writeAnswer(writer, incoming, BigInt(zxid), result)
    }
  }

  /** Everything of this turn in one write. */
  #flushSoon(): void {
    if (this.#isFlushDue || this.#isFlushing) return
    this.#isFlushDue = true
    void Promise.resolve().then(() => this.#flush())
  }

  async #flush(): Promise<void> {
    this.#isFlushDue = false
    this.#isFlushing = true
    try {
      while (this.#output.size > 0 && !this.#isGone) {
        const bytes = this.#output.take()
        this.server.statistics.sentBytes += bytes.length
        await this.socket.write(bytes)
        this.#encodeWaiting()
        this.#work()
      }
    } catch {
      // The client is gone: its reading end says so, too.
      void this.close().catch(() => {})
    } finally {
      this.#isFlushing = false
      this.#wake?.()
    }
  }

  #encodeWaiting(): void {
    let count = 0
    while (count < this.#unwritten.length && this.#output.size <= outputBytesPause)
      this.#encode(this.#unwritten[count++])
    this.#unwritten.splice(0, count)
  }

  #giveUp(why: string): void {
    if (this.#isGone) return
    this.server.tell(`Connection of ${this.remote} is closed: it ${why}`)
    void this.close().catch(() => {})
  }

  /** There may be room again. */
  goOn(): void {
    this.#work()
  }
}

/** Behind the header there is nothing. */
function writeBareAnswer(writer: JuteWriter, xid: number, zxid: bigint, error: number): void {
  const packet = writer.beginPacket()
  writeReplyHeader(writer, xid, zxid, error)
  writer.endPacket(packet)
}

/** As the words for people show them. */
const names: Readonly<Record<number, string>> = {
  [opcode.create]: 'CREA',
  [opcode.create2]: 'CREA',
  [opcode.delete]: 'DELE',
  [opcode.exists]: 'EXIS',
  [opcode.getData]: 'GETD',
  [opcode.setData]: 'SETD',
  [opcode.getAcl]: 'GETA',
  [opcode.setAcl]: 'SETA',
  [opcode.getChildren]: 'GETC',
  [opcode.getChildren2]: 'GETC',
  [opcode.sync]: 'SYNC',
  [opcode.check]: 'CHEC',
  [opcode.multi]: 'MULT',
  [opcode.multiRead]: 'MLTR',
  [opcode.setWatches]: 'SETW',
  [opcode.setWatches2]: 'STW2',
  [opcode.removeWatches]: 'REMW',
  [opcode.checkWatches]: 'CHKW',
  [opcode.auth]: 'AUTH',
  [opcode.closeSession]: 'CLOS',
  [opcode.getEphemerals]: 'GETE',
  [opcode.getAllChildrenNumber]: 'GETACN',
  [opcode.whoAmI]: 'HOMI',
}
