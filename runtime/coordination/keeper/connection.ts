// One client's connection: packets in, answers and watch events out, and never more of either in memory than is stated.
import { decodeText, encodeText } from '../../core/text.ts'
import type { Socket } from '../../platform.ts'
import { type Holder, type Keeper, KeeperSession } from '../embedded/keeper.ts'
import { failure } from '../embedded/state.ts'
import type { Result, WatchEvent } from '../requests.ts'
import { type ServerResult, writeAnswer, writePong } from '../zookeeper/answerRecords.ts'
import { Frames } from '../zookeeper/frames.ts'
import { type JuteReader, JuteWriter } from '../zookeeper/jute.ts'
import { opcode } from '../zookeeper/opcodes.ts'
import {
  passwordSize,
  readConnectRequest,
  writeConnectAnswer,
  writeEvent,
  writeReplyHeader,
} from '../zookeeper/records.ts'
import { type IncomingRequest, readRequest, type ServerRequest } from '../zookeeper/requestRecords.ts'
import { fourLetterWord, isWord } from './fourLetterWords.ts'
import { answerRead, noWatcherError, removeWatches } from './serverRequests.ts'
import type { KeeperServer } from './keeperServer.ts'
import { ConnectionStatistics } from './statistics.ts'

/** Changes of one connection that are not answered yet, and reads behind them; further requests wait unread. */
const inFlightMax = 1000
const inFlightBytesMax = 8 << 20
/** While so much waits to be taken by the client, nothing more is answered. */
const outputBytesPause = 1 << 20
/** What events may add to it, until the connection is given up. */
const outputBytesMax = 64 << 20
const heldMax = 200_000

interface Parsed {
  readonly incoming: IncomingRequest
  readonly size: number
  readonly atMs: number
}

export class Connection implements Holder {
  readonly statistics: ConnectionStatistics
  readonly remote: string
  session: KeeperSession | null = null
  readonly #keeper: Keeper
  readonly #frames: Frames
  readonly #output = new JuteWriter()
  /** Answers and events behind them, that are written when there is room; they hold nothing that the state did not have. */
  readonly #held: (() => void)[] = []
  /** Read, and waiting for their turn; no more than one piece of the socket's brings. */
  #requests: Parsed[] = []
  #next = 0
  #inFlight = 0
  #inFlightBytes = 0
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

  /** Requests that are not answered. */
  get outstanding(): number {
    return this.#requests.length - this.#next + this.#inFlight
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
    if (this.#held.length > 0) this.#held.push(() => writeEvent(this.#output, event))
    else writeEvent(this.#output, event)
    if (this.#output.size > outputBytesMax || this.#held.length > heldMax) this.#giveUp('does not take what it is sent')
    this.#sent()
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
    while (!this.#isGone && (this.outstanding > 0 || this.#isConnecting)) await this.#change()
    while (!this.#isGone && (this.#isFlushing || this.#isFlushDue)) await this.#change()
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
      if (session) this.#connected(session, tells)
      else this.#refuse(tells)
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
    writeConnectAnswer(this.#output, { timeoutMs, sessionId: id, password, isReadOnly: tells ? false : null })
    this.#sent()
  }

  /** The session that was asked for has expired, or never was. */
  #refuse(tells: boolean): void {
    const password = new Uint8Array(passwordSize)
    writeConnectAnswer(this.#output, { timeoutMs: 0, sessionId: 0n, password, isReadOnly: tells ? false : null })
    this.#sent()
    this.#isEnding = true
  }

  /** Does what can be done of what was asked. */
  #work(): void {
    while (this.#next < this.#requests.length && !this.#isEnding) {
      if (!this.session || this.#isFull) return
      const parsed = this.#requests[this.#next]
      const { kind } = parsed.incoming.request
      // What is read sees the changes that were asked before; what brings little waits for its place, and holds up nobody.
      const isInLine = changes.has(kind) || (this.#inFlight > 0 && smallReads.has(kind))
      if (!isInLine && this.#inFlight > 0) return
      if (
        isInLine &&
        (this.#inFlight >= inFlightMax || this.#inFlightBytes >= inFlightBytesMax || !this.server.hasRoom(this))
      )
        return
      this.#next++
      if (isInLine) this.#ask(parsed)
      else this.#answerAtOnce(parsed)
    }
    this.#requests = []
    this.#next = 0
    this.#wake?.()
  }

  #ask(parsed: Parsed): void {
    const { incoming, size } = parsed
    this.#inFlight++
    this.#inFlightBytes += size
    this.server.take(size)
    const done = (result: Result) => {
      this.#inFlight--
      this.#inFlightBytes -= size
      this.server.release(size)
      this.#answer(parsed, result)
      this.#work()
      if (this.outstanding === 0) this.#wake?.()
    }
    const session = this.session!
    const { request } = incoming
    if (request.kind === 'closeSession') {
      this.#isEnding = true
      void session.close().then(done)
    } else if (isAsked(request)) session.ask(request, done)
    else done(failure('Unsupported'))
  }

  #answerAtOnce(parsed: Parsed): void {
    const { request } = parsed.incoming
    const session = this.session!
    switch (request.kind) {
      case 'ping':
        writePong(this.#output, BigInt(this.#keeper.state.zxid))
        this.statistics.answered('PING', 0, 0, this.#keeper.platform.clock.monotonic() - parsed.atMs)
        this.#sent()
        return
      case 'setWatches':
        // Events of what has changed go before the answer.
        this.#answer(parsed, session.watchAgain(Number(request.relativeZxid), request))
        return
      case 'removeWatches':
        if (removeWatches(this.#keeper, this, request)) this.#answer(parsed, { kind: 'done' })
        else this.#answerError(parsed, noWatcherError)
        return
      case 'auth':
        session.ask(request, result => {
          this.#answer(parsed, result)
          // Whoever shows wrong credentials has to begin anew.
          if (result.kind === 'error') this.#isEnding = true
        })
        return
      default:
        this.#answer(parsed, answerRead(this.#keeper, session, request))
    }
  }

  /** Nothing more is answered until some of it is taken. */
  get #isFull(): boolean {
    return this.#held.length > 0 || this.#output.size > outputBytesPause
  }

  #answer(parsed: Parsed, result: ServerResult): void {
    if (this.#isGone) return
    const zxid = this.#keeper.state.zxid
    // Of reads in line there may be many that have come to their turn at once.
    if (this.#isFull) this.#held.push(() => writeAnswer(this.#output, parsed.incoming, BigInt(zxid), result))
    else writeAnswer(this.#output, parsed.incoming, BigInt(zxid), result)
    this.#answered(parsed, zxid)
  }

  #writeHeld(): void {
    let count = 0
    while (count < this.#held.length && this.#output.size <= outputBytesPause) this.#held[count++]()
    if (count > 0) this.#held.splice(0, count)
  }

  #answerError(parsed: Parsed, error: number): void {
    const zxid = this.#keeper.state.zxid
    const packet = this.#output.beginPacket()
    writeReplyHeader(this.#output, parsed.incoming.xid, BigInt(zxid), error)
    this.#output.endPacket(packet)
    this.#answered(parsed, zxid)
  }

  #answered({ incoming, atMs }: Parsed, zxid: number): void {
    const ms = this.#keeper.platform.clock.monotonic() - atMs
    this.statistics.answered(names[incoming.opcode] ?? 'NA', incoming.xid, zxid, ms)
    this.server.statistics.answered(ms)
    this.#sent()
  }

  #sent(): void {
    this.statistics.sent++
    this.server.statistics.sent++
    this.#flushSoon()
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
        this.#writeHeld()
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

const changes: ReadonlySet<ServerRequest['kind']> = new Set([
  'create',
  'delete',
  'set',
  'setAcl',
  'multi',
  'closeSession',
])

/** Their answers are no longer than one node. */
const smallReads: ReadonlySet<ServerRequest['kind']> = new Set(['get', 'exists', 'getAcl', 'check', 'sync'])

type Asked = Extract<
  ServerRequest,
  { kind: 'create' | 'delete' | 'set' | 'setAcl' | 'multi' | 'get' | 'exists' | 'getAcl' | 'check' | 'sync' }
>

const isAsked = (request: ServerRequest): request is Asked =>
  smallReads.has(request.kind) || (changes.has(request.kind) && request.kind !== 'closeSession')

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
