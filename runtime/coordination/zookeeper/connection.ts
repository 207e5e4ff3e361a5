// One connection to one server. Requests wait in `outgoing` until there is room in the socket, then in `inFlight` for their answers, which
// come in the order of the requests. A connection that broke a rule is ended: what was in flight has an unknown outcome then.
import { DBError } from '../../core/errors.ts'
import type { Platform, Socket } from '../../platform.ts'
import type { Failure, Request, Result, WatchEvent } from '../requests.ts'
import { Alarm } from './alarm.ts'
import { AnswerQueue, tell, type Waiting } from './answerQueue.ts'
import { readAnswer } from './answerRecords.ts'
import { failureOf } from './errorNumbers.ts'
import { Frames } from './frames.ts'
import { type JuteReader, JuteWriter, malformed } from './jute.ts'
import { xid } from './opcodes.ts'
import {
  type ConnectAnswer,
  type ConnectRequest,
  readConnectAnswer,
  readEvent,
  writeConnectRequest,
} from './records.ts'
import { type SetWatches, writeCloseSession, writePing, writeRequest, writeSetWatches } from './requestRecords.ts'

/** What is written at once. */
const batchSize = 1 << 20
/** A timer that goes off so much too late was held up: what came meanwhile is read before anybody is declared silent. */
const lateMs = 200
const graceMs = 50

export interface ConnectionLimits {
  readonly answerBytesMax: number
  readonly requestBytesMax: number
}

export interface ConnectionOwner {
  onEvent(event: WatchEvent): void
  /** Called once. sent: their outcome is unknown. */
  onEnd(error: Error, sent: Waiting[], unsent: Waiting[]): void
}

export class Connection {
  /** The first thing that the server says. Rejects when the connection ends before. */
  readonly greeting: Promise<ConnectAnswer>
  #greet: { resolve(answer: ConnectAnswer): void; reject(error: Error): void } | null = null
  /** Why it ended; null: it lives. */
  problem: Error | null = null
  readonly #frames: Frames
  readonly #writer = new JuteWriter()
  #isWriting = false
  readonly #outgoing = new AnswerQueue()
  readonly #inFlight = new AnswerQueue()
  /** Credentials that were told while requests were made; their answers are not numbered. */
  readonly #auths = new AnswerQueue()
  /** What prepare() waits for. */
  readonly #unnumbered: Record<number, ((result: Result) => void)[]> = {
    [xid.auth]: [],
    [xid.setWatches]: [],
    [xid.ping]: [],
  }
  #xid = 0
  readonly #alarm: Alarm
  #alarmAt = 0
  #heardAt: number
  #sentAt: number
  /** Of the session, as granted. */
  #timeoutMs = Number.POSITIVE_INFINITY
  /** Last transaction that this server has shown, in two halves: they are read with every answer. */
  #zxidHigh: number
  #zxidLow: number
  #hasShownZxid = false

  constructor(
    readonly platform: Pick<Platform, 'clock'>,
    readonly socket: Socket,
    readonly limits: ConnectionLimits,
    readonly owner: ConnectionOwner,
    request: ConnectRequest,
  ) {
    this.greeting = new Promise((resolve, reject) => {
      this.#greet = { resolve, reject }
    })
    this.#frames = new Frames(limits.answerBytesMax)
    this.#alarm = new Alarm(platform.clock, now => this.#tick(now))
    this.#heardAt = this.#sentAt = platform.clock.monotonic()
    this.#zxidHigh = Number(request.lastZxidSeen >> 32n)
    this.#zxidLow = Number(request.lastZxidSeen & 0xffff_ffffn)
    writeConnectRequest(this.#writer, request)
    this.#wake()
    void this.#read()
  }

  get lastZxid(): bigint {
    return (BigInt(this.#zxidHigh) << 32n) | BigInt(this.#zxidLow)
  }

  /** Requests that are not answered. */
  get count(): number {
    return this.#outgoing.length + this.#inFlight.length + this.#auths.length
  }

  get size(): number {
    return this.#outgoing.size + this.#inFlight.size + this.#auths.size
  }

  /** From now on the server is told that we live, and is expected to answer. */
  keepAlive(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs
    this.#tick(this.platform.clock.monotonic())
  }

  /**
   * What comes before requests: credentials, and for a session that is continued the watches. Resolves when the server has answered all
   * of it, with the first error.
   */
  async prepare(
    credentials: readonly { scheme: string; credentials: Uint8Array }[],
    watches: readonly Omit<SetWatches, 'kind' | 'persistent' | 'recursive'>[],
  ): Promise<Failure | null> {
    if (this.problem) return lost
    const answers: Promise<Result>[] = []
    for (const { scheme, credentials: secret } of credentials) {
      writeRequest(this.#writer, xid.auth, { kind: 'auth', scheme, credentials: secret })
      answers.push(this.#answer(xid.auth))
    }
    for (const some of watches) {
      writeSetWatches(this.#writer, some)
      answers.push(this.#answer(xid.setWatches))
    }
    // Its answer shows how far the server has come, also where nothing is watched.
    writePing(this.#writer)
    answers.push(this.#answer(xid.ping))
    this.#wake()
    for (const answer of answers) {
      const result = await answer
      if (result.kind === 'error') return result
    }
    return null
  }

  send(waiting: Waiting): void {
    this.#outgoing.push(waiting)
    if (waiting.deadline < this.#alarmAt) this.#wakeBy(waiting.deadline)
    this.#wake()
  }

  /** Takes the session's end to the server; resolves when it is done, or the connection is gone. */
  endSession(deadline: number): Promise<void> {
    return new Promise(resolve => {
      this.send({ request: null, settle: () => resolve(), deadline, size: 0, xid: 0 })
    })
  }

  /** Takes what waits: nobody else is told. */
  takeAll(): Waiting[] {
    const sent: Waiting[] = []
    for (const queue of [this.#auths, this.#inFlight]) {
      const taken = queue.takeAll()
      sent.push(...taken)
      // The answers still come, and are counted.
      for (const waiting of taken) queue.push({ ...waiting, settle: null })
    }
    return [...sent, ...this.#outgoing.takeAll()]
  }

  end(error: Error): void {
    if (this.problem) return
    this.problem = error
    this.#alarm.stop()
    this.socket.close().catch(() => {}) // it is of no use any more, whatever state it is in
    this.#greet?.reject(error)
    this.#greet = null
    for (const waiting of Object.values(this.#unnumbered)) for (const settle of waiting.splice(0)) settle(lost)
    this.owner.onEnd(error, [...this.#auths.takeAll(), ...this.#inFlight.takeAll()], this.#outgoing.takeAll())
  }

  #answer(number: number): Promise<Result> {
    return new Promise(resolve => this.#unnumbered[number]!.push(resolve))
  }

  #wake(): void {
    if (this.#isWriting || this.problem) return
    this.#isWriting = true
    void this.#write()
  }

  async #write(): Promise<void> {
    try {
      await null // what is asked in the same turn goes with it
      while (this.problem === null && (this.#writer.size > 0 || this.#outgoing.length > 0)) {
        this.#fill()
        if (this.#writer.size === 0) break
        this.#sentAt = this.platform.clock.monotonic()
        await this.socket.write(this.#writer.take())
      }
    } catch (error) {
      this.end(error as Error)
    } finally {
      this.#isWriting = false
    }
  }

  /** Moves requests into the writer. */
  #fill(): void {
    while (this.#writer.size < batchSize && this.#outgoing.length > 0) {
      const waiting = this.#outgoing.shift()
      const { request, settle } = waiting
      if (settle === null) continue
      const { size } = this.#writer
      const isAuth = request?.kind === 'auth'
      waiting.xid = isAuth ? xid.auth : this.#nextXid()
      const problem = this.#encode(request, waiting.xid)
      if (problem === null) (isAuth ? this.#auths : this.#inFlight).push(waiting)
      else {
        this.#writer.rewind(size)
        tell(waiting, { kind: 'error', error: 'BadArguments', detail: problem })
      }
    }
  }

  #nextXid(): number {
    this.#xid = this.#xid === 0x7fff_ffff ? 1 : this.#xid + 1
    return this.#xid
  }

  /** null: it is written. */
  #encode(request: Request | null, number: number): string | null {
    const { size } = this.#writer
    try {
      if (request === null) writeCloseSession(this.#writer, number)
      else writeRequest(this.#writer, number, request)
    } catch (error) {
      return (error as Error).message // of values that are not of their types
    }
    const written = this.#writer.size - size
    const { requestBytesMax } = this.limits
    return written <= requestBytesMax ? null : `${written} bytes, where at most ${requestBytesMax} are sent`
  }

  async #read(): Promise<void> {
    const onPacket = (packet: JuteReader) => this.#take(packet)
    try {
      for (;;) {
        const bytes = await this.socket.read()
        if (this.problem) return
        if (bytes === null) throw new DBError('NETWORK_ERROR', 'The server closed the connection')
        this.#heardAt = this.platform.clock.monotonic()
        this.#frames.push(bytes, onPacket)
      }
    } catch (error) {
      this.end(error as Error)
    }
  }

  #take(packet: JuteReader): void {
    // A watcher may have ended the connection while packets of one reading were told.
    if (this.problem) return
    if (this.#greet) {
      this.#greet.resolve(readConnectAnswer(packet))
      this.#greet = null
      return
    }
    const number = packet.int()
    const zxidHigh = packet.int()
    const zxidLow = packet.int() >>> 0
    // Other events of an event's transaction may be to come, and would be missed on the next connection.
    if (number !== xid.event) this.#see(zxidHigh, zxidLow)
    const error = packet.int()
    if (number > 0) this.#settle(packet, number, error)
    else if (number === xid.event) {
      const event = readEvent(packet)
      if (event) this.owner.onEvent(event)
    } else this.#settleUnnumbered(number, error)
  }

  #settle(packet: JuteReader, number: number, error: number): void {
    const waiting = this.#inFlight.first
    if (waiting?.xid !== number)
      throw malformed(`an answer to request ${number}, where ${waiting ? `that to ${waiting.xid}` : 'none'} was due`)
    const { request } = waiting
    const result: Result = request ? readAnswer(packet, request, error) : { kind: 'done' }
    this.#inFlight.shift()
    tell(waiting, result)
    // The session is with another server, or gone: connecting again shows which.
    if (result.kind === 'error' && (result.error === 'SessionMoved' || result.error === 'SessionExpired'))
      this.end(new DBError('NETWORK_ERROR', `The server answered ${result.error}`))
  }

  #settleUnnumbered(number: number, error: number): void {
    const result: Result = error === 0 ? { kind: 'done' } : failureOf(error)
    const settle = this.#unnumbered[number]?.shift()
    if (settle) settle(result)
    else if (number === xid.auth && this.#auths.length > 0) tell(this.#auths.shift(), result)
    else if (number !== xid.ping) throw malformed(`an answer numbered ${number}, which was not asked for`)
  }

  /** Some answers carry none. */
  #see(high: number, low: number): void {
    if (high < 0 || (high === 0 && low === 0)) return
    const isOlder = high < this.#zxidHigh || (high === this.#zxidHigh && low < this.#zxidLow)
    if (isOlder) {
      if (this.#hasShownZxid) return
      throw malformed('the server is behind what was seen already')
    }
    this.#hasShownZxid = true
    this.#zxidHigh = high
    this.#zxidLow = low
  }

  #wakeBy(time: number): void {
    this.#alarmAt = time
    this.#alarm.by(time)
  }

  #tick(now: number): void {
    if (this.problem) return
    const isLate = now > this.#alarmAt + lateMs
    const silentAt = this.#heardAt + (this.#timeoutMs * 2) / 3
    if (now >= silentAt) {
      if (isLate) this.#wakeBy(now + graceMs)
      else this.end(new DBError('SOCKET_TIMEOUT', `Nothing heard for ${Math.round(now - this.#heardAt)} ms`))
      return
    }
    for (const queue of [this.#auths, this.#inFlight]) queue.tell(now, timedOut)
    for (const waiting of this.#outgoing.expired(now)) tell(waiting, { ...timedOut, isUnsent: true })
    if (now >= this.#sentAt + this.#timeoutMs / 3) {
      this.#sentAt = now
      writePing(this.#writer)
      this.#wake()
    }
    this.#wakeBy(
      Math.min(
        silentAt,
        this.#sentAt + this.#timeoutMs / 3,
        ...[this.#auths, this.#inFlight, this.#outgoing].map(({ deadline }) => deadline ?? Number.POSITIVE_INFINITY),
      ),
    )
  }
}

const timedOut: Failure = { kind: 'error', error: 'OperationTimeout' }
export const lost: Failure = { kind: 'error', error: 'ConnectionLoss' }
