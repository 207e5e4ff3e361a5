// A session with an ensemble: one connection after the other, to whichever server is there.
//
//   seek() ── attach() ──> connected ── the connection ends ──> seek() ...
//                 └── the server says that the session has expired, or refuses the credentials: the end
//
// What was made before the connection ended fails with it, also what was not sent: whoever makes requests one after the other must not see
// a later one done without an earlier one. What is made while there is none waits for the next.
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Platform } from '../../platform.ts'
import type { SessionEnd } from '../coordinator.ts'
import { CoordinationError } from '../errors.ts'
import type { Link, LinkListener } from '../link.ts'
import type { Failure, Request, Result, WatchEvent } from '../requests.ts'
import { Alarm } from './alarm.ts'
import { AnswerQueue, tell, type Waiting } from './answerQueue.ts'
import { Connection, type ConnectionLimits, type ConnectionOwner, lost } from './connection.ts'
import { type Server, showServer } from './connectString.ts'
import { passwordSize } from './records.ts'
import type { SetWatches } from './requestRecords.ts'

/** What a session needs of the Platform. */
export type LinkPlatform = Pick<Platform, 'clock' | 'random' | 'log'> & {
  readonly connect: NonNullable<Platform['connect']>
}

export interface LinkOptions extends ConnectionLimits {
  readonly servers: readonly Server[]
  readonly tls: boolean
  readonly ca?: string
  readonly timeoutMs: number
  readonly operationTimeoutMs: number
  /** Requests, and their bytes, that may wait for answers. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
  readonly auth: readonly { readonly scheme: string; readonly credentials: Uint8Array }[]
}

const backOffMinMs = 50
const backOffMaxMs = 1000
/** A connection that lasted so long was a good one: the next is looked for at once. */
const goodMs = 2000
const attemptMinMs = 500
const attemptMaxMs = 10_000
const closeMaxMs = 5000
/** Of one packet of watches that are set again: far below what servers take. */
const watchesSizeMax = 96 << 10
/** What a request without data counts for. */
const requestSize = 100

export class ZooKeeperLink implements Link, ConnectionOwner {
  id = 0n
  timeoutMs: number
  #password: Uint8Array = new Uint8Array(passwordSize)
  #lastZxid = 0n
  #auth: readonly { readonly scheme: string; readonly credentials: Uint8Array }[]
  /** Being made, or made. */
  #connection: Connection | null = null
  #isConnected = false
  /** Of the connection, for the log. */
  #server = ''
  #connectedAt = 0
  readonly #servers: readonly Server[]
  #next = 0
  /** In a row, without a good connection between. */
  #attempts = 0
  /** Requests that were made without a connection. */
  readonly #waiting = new AnswerQueue()
  readonly #alarm: Alarm
  #end: SessionEnd | null = null
  #closing: Promise<void> | null = null
  readonly #over: Promise<void>
  #tellOver: () => void = () => {}
  /** What was wrong with each server, as it was told to the log. */
  readonly #problems = new Map<string, string>()

  constructor(
    readonly platform: LinkPlatform,
    readonly options: LinkOptions,
    readonly listener: LinkListener,
    readonly onOver: () => void,
  ) {
    this.timeoutMs = options.timeoutMs
    this.#over = new Promise(resolve => {
      this.#tellOver = resolve
    })
    this.#auth = options.auth
    this.#servers = shuffled(options.servers, platform)
    this.#alarm = new Alarm(platform.clock, now => {
      for (const waiting of this.#waiting.expired(now)) tell(waiting, { ...lost, isUnsent: true })
      if (this.#waiting.deadline !== null) this.#alarm.by(this.#waiting.deadline)
    })
  }

  /** Until there is a session. Rejects with ConnectionLoss or AuthFailed. */
  async open(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = this.platform.clock.monotonic() + timeoutMs
    const abort = () => this.#finish('closed')
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    try {
      // What was asked of the platform meanwhile may take its time; what comes of it is not used then.
      await Promise.race([this.#seek(deadline), this.#over])
    } finally {
      signal?.removeEventListener('abort', abort)
    }
    if (this.#end === 'authFailed') throw new CoordinationError('AuthFailed', 'credentials of the session')
    if (this.#end !== null) throw new CoordinationError('Closed', 'before there was a session', { isUnsent: true })
    if (this.#isConnected) return
    const problems = [...this.#problems].map(([server, problem]) => `${server} (${problem})`).join(', ')
    this.#finish('closed')
    throw new CoordinationError(
      'ConnectionLoss',
      `no server took a session within ${timeoutMs} ms: ${problems || 'none was tried'}`,
      { isUnsent: true },
    )
  }

  send(request: Request, settle: (result: Result) => void): void {
    const { clock } = this.platform
    const refusal = this.#refusal(request)
    if (refusal) {
      void Promise.resolve(refusal).then(settle)
      return
    }
    const waiting: Waiting = {
      request,
      settle: request.kind === 'auth' ? this.#authenticate(request, settle) : settle,
      deadline: clock.monotonic() + this.options.operationTimeoutMs,
      size: sizeOf(request),
      xid: 0,
    }
    if (this.#isConnected) {
      this.#connection!.send(waiting)
      return
    }
    this.#waiting.push(waiting)
    this.#alarm.by(waiting.deadline)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  onEvent(event: WatchEvent): void {
    this.listener.onEvent(event)
  }

  onEnd(error: Error, sent: Waiting[], unsent: Waiting[]): void {
    const connection = this.#connection
    this.#connection = null
    if (!this.#isConnected) {
      // An attempt, whose waiter is told; or a session that is over.
      for (const waiting of [...sent, ...unsent]) tell(waiting, lost)
      return
    }
    assert(connection !== null, 'a session that is connected has a connection')
    this.#isConnected = false
    this.#lastZxid = connection.lastZxid
    const { clock } = this.platform
    if (clock.monotonic() - this.#connectedAt > goodMs) this.#attempts = 0
    if (!this.#closing) {
      this.platform.log(
        'warning',
        `ZooKeeper: session ${showId(this.id)} lost its connection to ${this.#server}: ${error.message}`,
      )
      this.listener.onState('connecting')
    }
    for (const waiting of sent) tell(waiting, lost)
    for (const waiting of unsent) tell(waiting, { ...lost, isUnsent: true })
    if (!this.#closing) void this.#seek()
  }

  /** Tries one server after the other until there is a connection, or it is the end. */
  async #seek(deadline = Number.POSITIVE_INFINITY): Promise<void> {
    const { clock } = this.platform
    while (this.#end === null && !this.#closing) {
      const left = deadline - clock.monotonic()
      // Not so long that the time for connecting ends with a pause.
      const pause = Math.min(this.#backOff(), Math.max(backOffMinMs, left / 2))
      if (pause >= left) return
      if (pause > 0) await clock.wait(pause)
      if (this.#end !== null || this.#closing) return
      const server = this.#servers[this.#next++ % this.#servers.length]!
      this.#attempts++
      try {
        await this.#attach(server, deadline)
        this.#problems.clear()
        return
      } catch (error) {
        this.#note(server, error as Error)
      }
    }
  }

  #backOff(): number {
    const rounds = this.#attempts - this.#servers.length
    if (rounds < 0) return 0
    return Math.min(backOffMaxMs, backOffMinMs * 2 ** Math.min(rounds, 10)) * (0.5 + this.platform.random() / 2)
  }

  /** A connection to this server, with the session on it; rejects where that fails. */
  async #attach(server: Server, deadline: number): Promise<void> {
    const { clock } = this.platform
    const fair = Math.min(attemptMaxMs, Math.max(attemptMinMs, this.timeoutMs / this.#servers.length))
    const timeoutMs = Math.max(1, Math.ceil(Math.min(fair, deadline - clock.monotonic())))
    const until = clock.monotonic() + timeoutMs
    const { tls, ca } = this.options
    const socket = await this.platform.connect({ ...server, tls, ca, timeoutMs })
    if (this.#end !== null || this.#closing) {
      socket.close().catch(() => {}) // nobody wants it any more
      return
    }
    const lastZxidSeen = this.#lastZxid
    const connection = new Connection(this.platform, socket, this.options, this, {
      lastZxidSeen,
      timeoutMs: this.options.timeoutMs,
      sessionId: this.id,
      password: this.#password,
      canBeReadOnly: false,
    })
    this.#connection = connection
    this.#server = showServer(server)
    const cancel = clock.after(Math.max(0, until - clock.monotonic()), () =>
      connection.end(new DBError('SOCKET_TIMEOUT', `No session within ${timeoutMs} ms`)),
    )
    try {
      await this.#greet(connection, lastZxidSeen)
    } catch (error) {
      connection.end(error as Error)
      throw error
    } finally {
      cancel()
    }
  }

  async #greet(connection: Connection, lastZxidSeen: bigint): Promise<void> {
    const answer = await connection.greeting
    const isNew = this.id === 0n
    if (answer.timeoutMs <= 0 || answer.sessionId === 0n) {
      if (isNew) throw new DBError('NETWORK_ERROR', 'The server refused to make a session')
      this.#finish('expired')
      return
    }
    if (answer.isReadOnly) throw new DBError('NETWORK_ERROR', 'The server only reads')
    if (!isNew && answer.sessionId !== this.id)
      throw new DBError('NETWORK_ERROR', `The server answered with the session ${showId(answer.sessionId)}`)
    connection.keepAlive(answer.timeoutMs)
    const watches = isNew ? [] : [...this.#watches(lastZxidSeen)]
    const failure = isNew && this.#auth.length === 0 ? null : await connection.prepare(this.#auth, watches)
    if (failure?.error === 'AuthFailed') {
      this.#finish('authFailed')
      return
    }
    if (this.#end !== null || this.#closing) return
    if (connection.problem) throw connection.problem
    if (failure) throw new DBError('NETWORK_ERROR', `The server refused to go on with the session: ${failure.error}`)
    this.id = answer.sessionId
    this.timeoutMs = answer.timeoutMs
    this.#password = answer.password
    this.#isConnected = true
    this.#connectedAt = this.platform.clock.monotonic()
    this.#alarm.stop()
    for (const waiting of this.#waiting.takeAll()) if (waiting.settle) connection.send(waiting)
    this.listener.onState('connected')
  }

  *#watches(relativeZxid: bigint): Generator<Omit<SetWatches, 'kind' | 'persistent' | 'recursive'>> {
    let size = 0
    let some = { relativeZxid, data: [] as string[], exists: [] as string[], child: [] as string[] }
    for (const kind of ['data', 'exists', 'child'] as const)
      for (const path of this.listener.watched(kind)) {
        some[kind].push(path)
        size += 4 + 3 * path.length
        if (size < watchesSizeMax) continue
        yield some
        size = 0
        some = { relativeZxid, data: [], exists: [], child: [] }
      }
    if (size > 0) yield some
  }

  /** Credentials are told again on every connection, so they are kept; refused ones end the session. */
  #authenticate(
    request: Extract<Request, { kind: 'auth' }>,
    settle: (result: Result) => void,
  ): (result: Result) => void {
    const { scheme, credentials } = request
    const isSame = (other: Uint8Array) =>
      other.length === credentials.length && other.every((byte, at) => byte === credentials[at])
    if (!this.#auth.some(known => known.scheme === scheme && isSame(known.credentials)))
      this.#auth = [...this.#auth, { scheme, credentials }]
    return result => {
      settle(result)
      if (result.kind === 'error' && result.error === 'AuthFailed') this.#finish('authFailed')
    }
  }

  #refusal(request: Request): Failure | null {
    if (this.#end !== null) return { kind: 'error', error: endErrors[this.#end], isUnsent: true }
    if (this.#closing) return { kind: 'error', error: 'Closed', isUnsent: true }
    const { waitingMax, waitingBytesMax } = this.options
    const count = this.#waiting.length + (this.#connection?.count ?? 0)
    const size = this.#waiting.size + (this.#connection?.size ?? 0)
    if (count >= waitingMax)
      return { kind: 'error', error: 'QuotaExceeded', detail: `${count} requests of the session wait for answers` }
    if (size > 0 && size + sizeOf(request) > waitingBytesMax)
      return { kind: 'error', error: 'QuotaExceeded', detail: `${size} bytes of requests of the session wait` }
    return null
  }

  async #close(): Promise<void> {
    if (this.#end !== null) return
    const connection = this.#connection
    const waiting = [...(connection?.takeAll() ?? []), ...this.#waiting.takeAll()]
    for (const one of waiting) tell(one, { kind: 'error', error: 'Closed', isUnsent: one.xid === 0 })
    if (connection && this.#isConnected) {
      const { clock } = this.platform
      await connection.endSession(clock.monotonic() + Math.min(closeMaxMs, this.options.operationTimeoutMs))
    }
    this.#finish('closed')
  }

  /** Settles all that waits, and shows the end. */
  #finish(end: SessionEnd): void {
    if (this.#end !== null) return
    this.#end = end
    this.#isConnected = false
    this.#alarm.stop()
    const connection = this.#connection
    const waiting = [...(connection?.takeAll() ?? []), ...this.#waiting.takeAll()]
    this.#connection = null
    connection?.end(new DBError('NETWORK_ERROR', `The session is over: ${end}`))
    for (const one of waiting) tell(one, { kind: 'error', error: endErrors[end], isUnsent: one.xid === 0 })
    this.listener.onState(end)
    this.onOver()
    this.#tellOver()
  }

  /** A server's problem goes to the log once, until it is another one. */
  #note(server: Server, error: Error): void {
    if (this.#end !== null) return
    const name = showServer(server)
    const isNew = this.#problems.get(name) !== error.message
    this.#problems.set(name, error.message)
    this.platform.log(isNew ? 'warning' : 'debug', `ZooKeeper: no session from ${name}: ${error.message}`)
  }
}

const endErrors = { expired: 'SessionExpired', closed: 'Closed', authFailed: 'AuthFailed' } as const

function sizeOf(request: Request): number {
  if (request.kind === 'multi') return request.operations.reduce((size, operation) => size + sizeOf(operation), 0)
  return requestSize + ('data' in request ? request.data.length : 0)
}

function showId(id: bigint): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`
}

/** So that not every client goes to the same server. */
function shuffled<T>(values: readonly T[], { random }: Pick<Platform, 'random'>): T[] {
  const all = [...values]
  for (let left = all.length; left > 1; left--) {
    const at = Math.floor(random() * left)
    const last = all[left - 1]!
    all[left - 1] = all[at]!
    all[at] = last
  }
  return all
}
