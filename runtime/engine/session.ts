import { DBError } from '../core/errors.ts'
import type { Clock } from '../platform.ts'

export const sessionTimeoutSecondsDefault = 60
const sessionsMax = 10_000

/** State that lasts from query to query under one session_id: settings from SET, USE's database, temporary tables. */
export class Session {
  /** SET name = value, as text. */
  readonly settings = new Map<string, string>()
  /** '' until USE. */
  database = ''
  /** Temporary tables by name: the catalog's own objects, which the session only keeps and drops. */
  readonly temporaryTables = new Map<string, object>()
  /** Called at the session's end, once each. */
  readonly closers: (() => void)[] = []
  timeoutMs = 0
  locked = false
  closed = false
  /** Ends the countdown to the session's end. */
  cancelTimeout: (() => void) | null = null

  constructor(
    readonly id: string,
    readonly user: string,
  ) {}
}

export interface SessionOptions {
  /** Default 60. Above the server's maximum: INVALID_SESSION_TIMEOUT. */
  timeoutSeconds?: number
  /** The session must exist: SESSION_NOT_FOUND. */
  mustExist?: boolean
}

/** All named sessions. A session belongs to one user and runs one query at a time; its countdown starts when the query ends. */
export class Sessions {
  readonly #clock: Clock
  readonly #timeoutSecondsMax: number
  readonly #sessions = new Map<string, Session>()

  constructor(clock: Clock, options: { timeoutSecondsMax?: number } = {}) {
    this.#clock = clock
    this.#timeoutSecondsMax = options.timeoutSecondsMax ?? 3600
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Takes the session for one query; release it when the query has ended. In use: SESSION_IS_LOCKED. */
  acquire(user: string, id: string, options: SessionOptions = {}): Session {
    const timeoutSeconds = options.timeoutSeconds ?? sessionTimeoutSecondsDefault
    if (timeoutSeconds > this.#timeoutSecondsMax)
      throw new DBError(
        'INVALID_SESSION_TIMEOUT',
        `Session timeout '${timeoutSeconds}' is larger than max_session_timeout: ${this.#timeoutSecondsMax}. Maximum session timeout could be modified in configuration file.`,
      )
    const key = keyOf(user, id)
    let session = this.#sessions.get(key)
    if (!session) {
      if (options.mustExist) throw new DBError('SESSION_NOT_FOUND', `Session ${id} not found`)
      if (this.#sessions.size >= sessionsMax)
        throw new DBError('LIMIT_EXCEEDED', `Too many sessions: ${this.#sessions.size}`)
      session = new Session(id, user)
      this.#sessions.set(key, session)
    }
    if (session.locked) throw new DBError('SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client`)
    session.cancelTimeout?.()
    session.cancelTimeout = null
    session.locked = true
    session.timeoutMs = timeoutSeconds * 1000
    return session
  }

  /** Gives the session back. close: ends it at once. */
  release(session: Session, options: { close?: boolean } = {}): void {
    session.locked = false
    if (session.closed) return
    if (options.close) this.#end(session)
    else session.cancelTimeout = this.#clock.after(session.timeoutMs, () => this.#end(session))
  }

  /** Ends every session. */
  close(): void {
    for (const session of [...this.#sessions.values()]) this.#end(session)
  }

  #end(session: Session): void {
    if (session.closed) return
    session.closed = true
    session.cancelTimeout?.()
    this.#sessions.delete(keyOf(session.user, session.id))
    for (const closer of session.closers) closer()
    session.temporaryTables.clear()
  }
}

/** JSON keeps the pair apart whatever characters the names have. */
const keyOf = (user: string, id: string): string => JSON.stringify([user, id])
