// Takes what sessions ask, makes it durable, does it, and answers.
//
//   change -> queue -> log (all that waits, in one sync) -> state machine -> answer, watch events
//   read   -> state machine, as soon as the session's own changes before it are done -> answer
//
// What is not durable is not in the state yet, so nobody sees it; and when the log cannot be written, there is nothing to take back.
import { assert } from '../../core/assert.ts'
import { decodeText } from '../../core/text.ts'
import type { Platform } from '../../platform.ts'
import type { Request, Result } from '../requests.ts'
import { digestIdentity, type Identity } from './rights.ts'
import { SessionTracker } from './sessionTracker.ts'
import { failure, type KeeperState } from './state.ts'
import type { TransactionLog } from './transactionLog.ts'
import { type Change, isChange, type Transaction } from './transactions.ts'
import { type EarlierWatches, watchAgain, type WatchOwner, type Watches } from './watches.ts'

export interface KeeperOptions {
  /** Sessions are looked after so often. Default: 2 seconds. */
  readonly tickMs?: number
  /** What is granted to a session. Default: 2 and 20 ticks. */
  readonly sessionTimeoutMsMin?: number
  readonly sessionTimeoutMsMax?: number
  /** Of one session, not answered yet. Default: 100,000; a wire reads less ahead. */
  readonly requestsInFlightMax?: number
  /** Of all sessions. Default: 4,000,000. */
  readonly watchesMax?: number
}

/** What a keeper is made of; each can stand for another in a test. */
export interface KeeperParts {
  readonly platform: Platform
  readonly state: KeeperState
  readonly watches: Watches
  readonly log: TransactionLog
}

/** Who has a session: a connection, or a part of this process. Neither may throw. */
export interface Holder extends WatchOwner {
  /** Once. moved: somebody else has the session now. */
  onEnd(reason: 'expired' | 'closed' | 'moved'): void
}

/** Transactions of one sync. */
const batchMax = 10_000
const batchBytesMax = 16 << 20

/** Of the paths of all watches. */
const watchedCharactersMax = 512 << 20

/** Characters of what one session has shown to be: they are in the log with each of its changes. */
const identitiesMax = 16 << 10

/** Reads that have run and are still in their line. */
const behindMax = 1000

interface Waiting {
  readonly transaction: Transaction
  readonly done: (result: Result) => void
}

export class Keeper {
  readonly platform: Platform
  readonly state: KeeperState
  readonly watches: Watches
  readonly tickMs: number
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  readonly requestsInFlightMax: number
  readonly watchesMax: number
  readonly #log: TransactionLog
  readonly #tracker: SessionTracker
  readonly #sessions = new Map<bigint, KeeperSession>()
  #queue: Waiting[] = []
  #flushing: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #isClosed = false
  /** Whether the last batch could not be written. */
  #isRefusing = false
  #isBroken = false

  constructor({ platform, state, watches, log }: KeeperParts, options: KeeperOptions = {}) {
    this.platform = platform
    this.state = state
    this.watches = watches
    this.#log = log
    this.tickMs = options.tickMs ?? 2000
    this.sessionTimeoutMsMin = options.sessionTimeoutMsMin ?? this.tickMs * 2
    this.sessionTimeoutMsMax = options.sessionTimeoutMsMax ?? this.tickMs * 20
    this.requestsInFlightMax = options.requestsInFlightMax ?? 100_000
    this.watchesMax = options.watchesMax ?? 4_000_000
    this.#tracker = new SessionTracker(platform.clock, this.tickMs, id => this.#expireUnheld(id))
    // Nobody could show a sign of life while there was no keeper: all have their whole time anew.
    for (const { id, timeoutMs } of state.sessions.values()) {
      this.#sessions.set(id, new KeeperSession(this, id, timeoutMs))
      this.#tracker.touch(id, timeoutMs)
    }
  }

  /** Sessions, held or not. */
  get sessions(): ReadonlyMap<bigint, KeeperSession> {
    return this.#sessions
  }

  /** Changes are refused, as the log cannot be written. */
  get isRefusing(): boolean {
    return this.#isRefusing
  }

  /** Transactions that wait to be durable. */
  get queued(): number {
    return this.#queue.length
  }

  /** A new session, or the failure. timeoutMs: as asked. */
  async open(timeoutMs: number, holder: Holder): Promise<KeeperSession | Result> {
    const granted = Math.min(Math.max(timeoutMs, this.sessionTimeoutMsMin), this.sessionTimeoutMsMax)
    const password = this.platform.randomBytes(16)
    const id = this.#newSession()
    const result = await new Promise<Result>(resolve => {
      // The session is there before anything else can see that it is.
      this.#submit({ kind: 'openSession', session: id, timeoutMs: granted, password }, outcome => {
        if (outcome.kind !== 'error') {
          const session = new KeeperSession(this, id, granted)
          session.hold(holder)
          this.#sessions.set(id, session)
          this.#tracker.touch(id, granted)
        }
        resolve(outcome)
      })
    })
    return result.kind === 'error' ? result : this.#sessions.get(id)!
  }

  /** The session for another connection of its owner; who had it before is told that it moved. null: it has expired, or is not theirs. */
  reopen(id: bigint, password: Uint8Array, holder: Holder): KeeperSession | null {
    const session = this.#sessions.get(id)
    const kept = this.state.sessions.get(id)
    if (!session || session.isEnding || !kept || !isSame(kept.password, password)) return null
    session.hold(holder)
    session.touch()
    return session
  }

  /** Ends a session whose time is up, or for who looks after the keeper. */
  async expire(id: bigint): Promise<Result> {
    const session = this.#sessions.get(id)
    return session ? this.end(session, 'expired') : failure('SessionExpired')
  }

  /** After it, nothing is taken any more. What waits is finished first. Sessions stay: they go on with the next keeper. */
  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    this.#tracker.stop()
    await this.#flushing
    await this.#log.close()
  }

  /** For a session. */
  change(session: KeeperSession, change: Change, done: (result: Result) => void): void {
    this.#submit({ kind: 'change', session: session.id, identities: session.identities, change }, done)
  }

  /** For a session. */
  touch(session: KeeperSession): void {
    if (!session.isEnding) this.#tracker.touch(session.id, session.timeoutMs)
  }

  /** For a session, and its expiry. A log that cannot be written leaves the session as it is, and its time runs anew. */
  end(session: KeeperSession, reason: 'expired' | 'closed'): Promise<Result> {
    this.#tracker.remove(session.id)
    session.isEnding = true
    return new Promise(resolve =>
      this.#submit({ kind: 'closeSession', session: session.id }, result => {
        const isGone = !this.state.sessions.has(session.id)
        if (isGone) {
          this.#sessions.delete(session.id)
          session.release(reason)
        } else {
          session.isEnding = false
          if (!this.#isClosed) this.#tracker.touch(session.id, session.timeoutMs)
        }
        resolve(result)
      }),
    )
  }

  #expireUnheld(id: bigint): void {
    const session = this.#sessions.get(id)
    if (!session || session.isEnding) return
    // Who waits for an answer cannot be blamed for waiting.
    if (session.isAlive || session.inFlight > 0) session.touch()
    else void this.end(session, 'expired')
  }

  #newSession(): bigint {
    const fromTime = BigInt(Math.max(0, Math.floor(this.platform.clock.now()))) << 16n
    this.#lastSession = [this.#lastSession, this.state.lastSession, fromTime].reduce((a, b) => (a > b ? a : b)) + 1n
    return this.#lastSession
  }

  /** As they are handed out: those that are not in the state yet included. */
  #lastSession = 0n

  #submit(transaction: Transaction, done: (result: Result) => void): void {
    if (this.#isClosed) {
      // Behind those that are still being done.
      const before = this.#flushing ?? Promise.resolve()
      void before.then(() => done(failure('SystemError', 'the keeper is stopping')))
    } else {
      this.#queue.push({ transaction, done })
      this.#flushing ??= this.#flush()
    }
  }

  async #flush(): Promise<void> {
    // What this turn still asks goes along.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch()
      const transactions = batch.map(({ transaction }) => transaction)
      const timeMs = this.platform.clock.now()
      try {
        await this.#log.append(this.state.zxid + 1, timeMs, transactions)
      } catch (error) {
        this.#refuse(batch, error)
        continue
      }
      if (this.#isRefusing) this.platform.log('information', 'The log of the keeper can be written again')
      this.#isRefusing = false
      for (const { transaction, done } of batch) done(this.#apply(transaction, timeMs))
      this.#log.applied(this.state.zxid)
    }
    this.#flushing = null
  }

  #apply(transaction: Transaction, timeMs: number): Result {
    if (this.#isBroken) return failure('SystemError', 'the keeper has stopped')
    try {
      return this.state.apply(transaction, timeMs, (kind, path, acl) => this.watches.fire(kind, path, acl))
    } catch (error) {
      // The log has what the state has not: nothing may be added to either.
      this.#isBroken = true
      this.#isClosed = true
      this.#tracker.stop()
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.platform.log('error', `The keeper takes no more changes. A mistake of ours: ${text}`)
      return failure('SystemError', 'the keeper has stopped')
    }
  }

  #takeBatch(): Waiting[] {
    let count = 0
    let bytes = 0
    while (count < this.#queue.length && count < batchMax && bytes < batchBytesMax)
      bytes += sizeOf(this.#queue[count++].transaction)
    if (count === this.#queue.length) {
      const all = this.#queue
      this.#queue = []
      return all
    }
    return this.#queue.splice(0, count)
  }

  #refuse(batch: readonly Waiting[], error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (!this.#isRefusing)
      this.platform.log(
        'error',
        `The log of the keeper cannot be written, so changes are refused until it can: ${reason}`,
      )
    this.#isRefusing = true
    for (const { done } of batch) done(failure('SystemError', `the log cannot be written: ${reason}`))
  }
}

/**
 * A session, as the keeper knows it while it runs. Requests are answered in their order; a change is answered when it is durable and
 * done, and reads behind it wait for it.
 */
export class KeeperSession {
  /** Its end is in the log, or about to be. */
  isEnding = false
  identities: readonly Identity[] = []
  #holder: Holder | null = null
  #changesAsked = 0
  #changesDone = 0
  /** Reads, each behind so many changes. */
  readonly #behind: { readonly changes: number; readonly run: () => void }[] = []
  /** Those before have run. */
  #behindAt = 0

  constructor(
    readonly keeper: Keeper,
    readonly id: bigint,
    readonly timeoutMs: number,
  ) {}

  get password(): Uint8Array {
    const kept = this.keeper.state.sessions.get(this.id)
    assert(kept !== undefined, 'a session that lives is in the state')
    return kept.password
  }

  get isHeld(): boolean {
    return this.#holder !== null
  }

  /** Needs no signs of life: its holder is a part of this process. */
  isAlive = false

  get inFlight(): number {
    return this.#changesAsked - this.#changesDone + this.#behind.length - this.#behindAt
  }

  /** Takes it from who has it. */
  hold(holder: Holder): void {
    this.release('moved')
    this.#holder = holder
    this.identities = []
  }

  /** Nobody has it; watches go with who left them. by: who gives it back, if it is still his. */
  release(reason: 'expired' | 'closed' | 'moved' | null, by: Holder | null = this.#holder): void {
    const holder = this.#holder
    if (!holder || holder !== by) return
    this.#holder = null
    this.isAlive = false
    this.keeper.watches.removeAll(holder)
    if (reason) holder.onEnd(reason)
  }

  touch(): void {
    this.keeper.touch(this)
  }

  /** Ephemeral nodes go with it. In the order of the requests. */
  close(): Promise<Result> {
    return this.keeper.end(this, 'closed')
  }

  /** answer: called once, in the order of the requests. What request brings is not to be changed after. */
  ask(request: Request, answer: (result: Result) => void): void {
    const { identities } = this
    const holder = this.#holder
    if (this.inFlight >= this.keeper.requestsInFlightMax)
      this.inOrder(() => answer(failure('QuotaExceeded', 'too many requests are waiting for their answer')))
    else if (isChange(request)) this.#change(request, answer)
    else if (request.kind === 'auth') {
      const result = this.#show(request.scheme, request.credentials)
      this.inOrder(() => answer(result))
    } else this.inOrder(() => answer(this.read(request, identities, holder)))
  }

  #change(change: Change, answer: (result: Result) => void): void {
    this.#changesAsked++
    this.keeper.change(this, change, result => {
      this.#changesDone++
      answer(result)
      this.#drain()
    })
  }

  /** Runs when the changes that were asked before it are done; at once when they are. */
  inOrder(run: () => void): void {
    if (this.inFlight === 0) run()
    else this.#behind.push({ changes: this.#changesAsked, run })
  }

  /** For a new connection: see watchAgain. */
  watchAgain(zxid: number, earlier: EarlierWatches): Result {
    const { watches, watchesMax, state } = this.keeper
    const holder = this.#holder
    const more = earlier.data.length + earlier.exists.length + earlier.child.length
    if (watches.count + more > watchesMax || watches.characters > watchedCharactersMax)
      return failure('QuotaExceeded', 'there are too many watches')
    if (!holder) return { kind: 'done' }
    watchAgain(watches, state, holder, zxid, earlier)
    // Who is told so much at once that he is given up has left meanwhile.
    if (holder !== this.#holder) watches.removeAll(holder)
    return { kind: 'done' }
  }

  /** What runs may ask for more. */
  #drain(): void {
    const behind = this.#behind
    while (this.#behindAt < behind.length && behind[this.#behindAt].changes <= this.#changesDone)
      behind[this.#behindAt++].run()
    if (this.#behindAt < Math.min(behind.length, behindMax)) return
    behind.splice(0, this.#behindAt)
    this.#behindAt = 0
  }

  /** At once: see inOrder. holder: who asked. */
  read(
    request: Exclude<Request, Change | { kind: 'auth' }> | Extract<Request, { kind: 'check' }>,
    identities: readonly Identity[],
    holder: Holder | null,
  ): Result {
    const { state, watches, watchesMax } = this.keeper
    if (!state.sessions.has(this.id)) return failure('SessionExpired')
    const isWatched = 'watch' in request && request.watch
    if (isWatched && (watches.count >= watchesMax || watches.characters > watchedCharactersMax))
      return failure('QuotaExceeded', 'there are too many watches')
    switch (request.kind) {
      case 'get':
        return this.#watched(request, state.get(request.path, identities), holder)
      case 'exists':
        return this.#watched(request, state.exists(request.path), holder)
      case 'children':
        return this.#watched(request, state.children(request.path, identities), holder)
      case 'getAcl':
        return state.getAcl(request.path, identities)
      case 'check':
        return state.check(request, identities)
      // Whoever was answered, it was done before: reads that come now see it.
      case 'sync':
        return { kind: 'done' }
    }
  }

  /** holder: who asked; a watch is left for no other. */
  #watched(
    request: { readonly kind: 'get' | 'exists' | 'children'; path: string; watch: boolean },
    result: Result,
    holder: Holder | null,
  ) {
    const isLeft = result.kind !== 'error' || (request.kind === 'exists' && result.error === 'NoNode')
    if (request.watch && isLeft && holder && holder === this.#holder)
      this.keeper.watches.add(request.kind === 'children' ? 'child' : 'data', request.path, holder)
    return result
  }

  #show(scheme: string, credentials: Uint8Array): Result {
    if (scheme !== 'digest') return failure('AuthFailed', `scheme ${scheme} is not known`)
    const identity = digestIdentity(decodeText(credentials))
    if (this.identities.some(({ scheme, id }) => scheme === identity.scheme && id === identity.id))
      return { kind: 'done' }
    if (lengthOf(this.identities) + identity.id.length > identitiesMax)
      return failure('QuotaExceeded', 'the session has shown too many credentials')
    this.identities = [...this.identities, identity]
    return { kind: 'done' }
  }
}

/** About what it takes in the log. */
function sizeOf(transaction: Transaction): number {
  if (transaction.kind !== 'change') return 64
  const { change } = transaction
  const operations = change.kind === 'multi' ? change.operations : [change]
  let size = 64 + lengthOf(transaction.identities)
  for (const operation of operations)
    size += operation.path.length + 64 + ('data' in operation ? operation.data.length : 0)
  return size
}

function lengthOf(identities: readonly Identity[]): number {
  let length = 0
  for (const { scheme, id } of identities) length += scheme.length + id.length
  return length
}

/** In a time that does not tell how much of it was right. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length
  for (let i = 0; i < one.length; i++) difference |= one[i] ^ (other[i] ?? 0)
  return difference === 0
}
