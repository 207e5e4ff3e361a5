// ZooKeeper by the package `zookeeper`, which wraps ZooKeeper's client in C: an optional peer, looked for when a session is opened. It has
// no multi, creates with open rights only, its answer to setAcl has no Stat, and its getAcl ends the process where it fails.
import { assert } from '../../runtime/core/assert.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { decodeText, encodeText } from '../../runtime/core/text.ts'
import type { Coordinator, Session, SessionEnd, SessionOptions } from '../../runtime/coordination/coordinator.ts'
import { CoordinationError } from '../../runtime/coordination/errors.ts'
import type { Link, LinkListener } from '../../runtime/coordination/link.ts'
import type { Acl, Failure, Request, Result, Stat, WatchEventKind } from '../../runtime/coordination/requests.ts'
import { LinkedSession } from '../../runtime/coordination/session.ts'
import { Alarm } from '../../runtime/coordination/zookeeper/alarm.ts'
import { AnswerQueue, tell, type Waiting } from '../../runtime/coordination/zookeeper/answerQueue.ts'
import { chrootOf, parseConnectString, showServer } from '../../runtime/coordination/zookeeper/connectString.ts'
import { failureOf } from '../../runtime/coordination/zookeeper/errorNumbers.ts'
import type { Platform } from '../../runtime/platform.ts'

/** What of the package is used here. Callbacks are given 0, or the number of an error, first. */
interface NativeClient {
  init(options: {
    connect: string
    timeout: number
    debug_level: number
    host_order_deterministic: boolean
    response_counter_limit: number
  }): unknown
  close(): void
  on(event: string, listener: (client: unknown, value: unknown) => void): void
  readonly client_id: string
  readonly timeout: number
  readonly state: number
  a_create(
    path: string,
    data: Uint8Array,
    flags: number,
    callback: (rc: number, error: string, path: string) => void,
  ): number
  a_get(
    path: string,
    watch: boolean,
    callback: (rc: number, error: string, stat: NativeStat, data: Uint8Array | null) => void,
  ): number
  a_exists(path: string, watch: boolean, callback: (rc: number, error: string, stat: NativeStat) => void): number
  a_get_children2(
    path: string,
    watch: boolean,
    callback: (rc: number, error: string, names: string[], stat: NativeStat) => void,
  ): number
  a_set(
    path: string,
    data: Uint8Array,
    version: number,
    callback: (rc: number, error: string, stat: NativeStat) => void,
  ): number
  a_delete_(path: string, version: number, callback: (rc: number) => void): number
  a_set_acl(path: string, version: number, acl: NativeAcl[], callback: (rc: number) => void): number
  a_sync(path: string, callback: (rc: number) => void): number
  add_auth(scheme: string, credentials: string, callback: (rc: number) => void): number
}

interface NativeStat {
  readonly czxid: number
  readonly mzxid: number
  readonly pzxid: number
  readonly ctime: Date
  readonly mtime: Date
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  /** In hexadecimal digits. */
  readonly ephemeralOwner: string
  readonly dataLength: number
  readonly numChildren: number
}

interface NativeAcl {
  readonly perms: number
  readonly scheme: string
  readonly auth: string
}

export interface NativeZooKeeperOptions {
  /** `host:port,host:port/chroot`. */
  readonly servers: string
  /** Gives the package, where it is not found by its name. */
  readonly load?: () => Promise<unknown>
}

export function nativeZooKeeper(
  platform: Pick<Platform, 'clock' | 'log'>,
  options: NativeZooKeeperOptions,
): Coordinator {
  parseConnectString(options.servers) // a wrong one is told at once
  return new NativeZooKeeper(platform, options)
}

const sessionTimeoutMs = 30_000
const connectTimeoutMs = 10_000
const operationTimeoutMs = 10_000
/** Connections are given up after a third of it. */
const timeoutMinMs = 1000
const waitingMax = 1 << 18
/** As the package tells how a session ended. */
const authFailedState = -113
const connectedState = 3
/** What the package answers when the session is over. */
const invalidState = -9
const closing = -116

const unsupported = (what: string): Failure => ({
  kind: 'error',
  error: 'Unsupported',
  detail: `the package zookeeper ${what}; the client 'typescript' can`,
})
const noMulti = unsupported('cannot do a multi')
const noAcl = unsupported('cannot create nodes with other than open rights')
/** It frees the rights that were read also where there are none to free. */
const noGetAcl = unsupported('cannot read rights without danger to the process')

class NativeZooKeeper implements Coordinator {
  readonly hasMulti = false
  readonly #links = new Set<NativeLink>()

  constructor(
    readonly platform: Pick<Platform, 'clock' | 'log'>,
    readonly options: NativeZooKeeperOptions,
  ) {}

  async open(options: SessionOptions = {}): Promise<Session> {
    const { servers, chroot } = parseConnectString(this.options.servers)
    const report = (error: unknown) =>
      this.platform.log('error', `ZooKeeper: a listener failed: ${error instanceof Error ? error.stack : error}`)
    const session = new LinkedSession(chrootOf(chroot, options.chroot), report)
    const client = await this.#client()
    const link: NativeLink = new NativeLink(this.platform, client, options, session.listener, () =>
      this.#links.delete(link),
    )
    session.attach(link)
    if (options.onState) session.onState(options.onState)
    this.#links.add(link)
    await link.open(servers.map(showServer).join(','), options)
    return session
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links].map(link => link.close()))
  }

  async #client(): Promise<NativeClient> {
    const load = this.options.load ?? importPackage
    try {
      const loaded = (await load()) as { default?: new () => NativeClient }
      const Client = loaded.default ?? (loaded as unknown as new () => NativeClient)
      return new Client()
    } catch (cause) {
      throw new DBError(
        'SUPPORT_IS_DISABLED',
        `The ZooKeeper client 'native' needs the package zookeeper 7.3: npm install zookeeper (${(cause as Error).message})`,
        { cause },
      )
    }
  }
}

function importPackage(): Promise<unknown> {
  // By a name that neither bundlers nor the compiler follow: the package need not be there.
  const name: string = 'zookeeper'
  return import(name)
}

class NativeLink implements Link {
  id = 0n
  timeoutMs = 0
  readonly #operationTimeoutMs: number
  readonly #waiting = new AnswerQueue()
  readonly #alarm: Alarm
  #end: SessionEnd | null = null
  /** Called once, at the first connection or at the end. */
  #opened: () => void = () => {}

  constructor(
    readonly platform: Pick<Platform, 'clock' | 'log'>,
    readonly client: NativeClient,
    options: SessionOptions,
    readonly listener: LinkListener,
    readonly onOver: () => void,
  ) {
    this.#operationTimeoutMs = options.operationTimeoutMs ?? operationTimeoutMs
    this.#alarm = new Alarm(platform.clock, now => {
      this.#waiting.tell(now, { kind: 'error', error: 'OperationTimeout' })
      if (this.#waiting.deadline !== null) this.#alarm.by(this.#waiting.deadline)
    })
    client.on('connect', () => this.#connected())
    client.on('connecting', () => {
      if (this.#end === null && this.id !== 0n) listener.onState('connecting')
    })
    client.on('close', (_client, code) => this.#finish(code === authFailedState ? 'authFailed' : 'expired'))
    const events: [string, WatchEventKind][] = [
      ['created', 'created'],
      ['deleted', 'deleted'],
      ['changed', 'changed'],
      ['child', 'children'],
    ]
    for (const [name, kind] of events)
      client.on(name, (_client, path) => {
        if (this.#end === null) listener.onEvent({ kind, path: path as string })
      })
  }

  async open(connect: string, options: SessionOptions): Promise<void> {
    const { auth = [], signal } = options
    const timeoutMs = options.connectTimeoutMs ?? connectTimeoutMs
    const opened = new Promise<void>(resolve => {
      this.#opened = resolve
    })
    const abort = () => this.#finish('closed')
    const cancel = this.platform.clock.after(timeoutMs, () => this.#opened())
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    else
      this.client.init({
        connect,
        timeout: Math.max(timeoutMinMs, options.timeoutMs ?? sessionTimeoutMs),
        debug_level: 0,
        host_order_deterministic: false,
        // It counts readings that complete no answer, of a large one too, and ends the session at ten of them.
        response_counter_limit: 0x7fff_ffff,
      })
    await opened
    cancel()
    if (this.#end === null && this.id !== 0n)
      for (const { scheme, credentials } of auth) {
        const request: Request = { kind: 'auth', scheme, credentials: encodeText(credentials) }
        const result = await new Promise<Result>(resolve => this.send(request, resolve))
        if (result.kind === 'error' && result.error === 'AuthFailed') this.#finish('authFailed')
      }
    signal?.removeEventListener('abort', abort)
    if (this.#end === 'authFailed') throw new CoordinationError('AuthFailed', 'credentials of the session')
    if (this.#end !== null) throw new CoordinationError('Closed', 'before there was a session', { isUnsent: true })
    if (this.id !== 0n) return
    this.#finish('closed')
    throw new CoordinationError('ConnectionLoss', `no server took a session within ${timeoutMs} ms: ${connect}`, {
      isUnsent: true,
    })
  }

  send(request: Request, settle: (result: Result) => void): void {
    const refusal = this.#refusal(request)
    if (refusal) {
      void Promise.resolve(refusal).then(settle)
      return
    }
    const deadline = this.platform.clock.monotonic() + this.#operationTimeoutMs
    const waiting: Waiting = { request, settle, deadline, size: 0, xid: 0 }
    this.#waiting.push(waiting)
    this.#alarm.by(deadline)
    const done = (rc: number, success: () => Result) => {
      if (rc === closing) return // why it closes is told next
      tell(waiting, rc === 0 ? success() : this.#failure(rc))
      while (this.#waiting.first?.settle === null) this.#waiting.shift()
    }
    const rc = this.#ask(request, done)
    // Refused before it was sent: there is no callback then.
    if (rc !== 0) void Promise.resolve().then(() => done(rc, () => ({ kind: 'done' })))
  }

  async close(): Promise<void> {
    this.#finish('closed')
  }

  #ask(request: Request, done: (rc: number, success: () => Result) => void): number {
    const { client } = this
    switch (request.kind) {
      case 'create':
        return client.a_create(request.path, request.data, flagsOf(request), (rc, _error, path) =>
          done(rc, () => ({ kind: 'created', path, stat: null })),
        )
      case 'get':
        return client.a_get(request.path, request.watch, (rc, _error, stat, data) =>
          done(rc, () => ({ kind: 'data', data: data ? new Uint8Array(data) : new Uint8Array(0), stat: statOf(stat) })),
        )
      case 'exists':
        return client.a_exists(request.path, request.watch, (rc, _error, stat) =>
          done(rc, () => ({ kind: 'stat', stat: statOf(stat) })),
        )
      case 'children':
        return client.a_get_children2(request.path, request.watch, (rc, _error, names, stat) =>
          done(rc, () => ({ kind: 'children', names, stat: statOf(stat) })),
        )
      case 'set':
        return client.a_set(request.path, request.data, request.version, (rc, _error, stat) =>
          done(rc, () => ({ kind: 'stat', stat: statOf(stat) })),
        )
      case 'delete':
        return client.a_delete_(request.path, request.version, rc => done(rc, () => ({ kind: 'done' })))
      case 'setAcl':
        return client.a_set_acl(request.path, request.version, request.acl.map(nativeAcl), rc => {
          if (rc !== 0) return done(rc, () => ({ kind: 'done' }))
          // The Stat is the node's a moment later.
          const asked = client.a_exists(request.path, false, (late, _error, stat) =>
            done(late, () => ({ kind: 'stat', stat: statOf(stat) })),
          )
          if (asked !== 0) done(asked, () => ({ kind: 'done' }))
        })
      case 'sync':
        return client.a_sync(request.path, rc => done(rc, () => ({ kind: 'done' })))
      case 'auth':
        return client.add_auth(request.scheme, decodeText(request.credentials), rc =>
          done(rc, () => ({ kind: 'done' })),
        )
      default:
        assert(false, 'other requests were refused')
    }
  }

  #refusal(request: Request): Failure | null {
    if (this.#end !== null) return { kind: 'error', error: endErrors[this.#end], isUnsent: true }
    if (request.kind === 'multi' || request.kind === 'check') return noMulti
    if (request.kind === 'getAcl') return noGetAcl
    if (request.kind === 'create' && !isOpen(request.acl)) return noAcl
    if (this.#waiting.length >= waitingMax)
      return { kind: 'error', error: 'QuotaExceeded', detail: `${waitingMax} requests of the session wait for answers` }
    return null
  }

  #failure(rc: number): Failure {
    if (this.#end !== null) return { kind: 'error', error: endErrors[this.#end] }
    return rc === invalidState ? { kind: 'error', error: 'SessionExpired' } : failureOf(rc)
  }

  #connected(): void {
    if (this.#end !== null || this.client.state !== connectedState) return
    this.id = BigInt.asIntN(64, BigInt(`0x${this.client.client_id}`))
    this.timeoutMs = this.client.timeout
    this.listener.onState('connected')
    this.#opened()
  }

  #finish(end: SessionEnd): void {
    if (this.#end !== null) return
    this.#end = end
    this.#alarm.stop()
    this.client.close()
    for (const waiting of this.#waiting.takeAll()) tell(waiting, { kind: 'error', error: endErrors[end] })
    this.listener.onState(end)
    this.onOver()
    this.#opened()
  }
}

const endErrors = { expired: 'SessionExpired', closed: 'Closed', authFailed: 'AuthFailed' } as const

function flagsOf({ isEphemeral, isSequential }: { isEphemeral: boolean; isSequential: boolean }): number {
  return (isEphemeral ? 1 : 0) | (isSequential ? 2 : 0)
}

function isOpen(acl: readonly Acl[]): boolean {
  const [first] = acl
  return acl.length === 1 && first?.permissions === 31 && first.scheme === 'world' && first.id === 'anyone'
}

function nativeAcl({ permissions, scheme, id }: Acl): NativeAcl {
  return { perms: permissions, scheme, auth: id }
}

function statOf(stat: NativeStat): Stat {
  return {
    czxid: BigInt(stat.czxid),
    mzxid: BigInt(stat.mzxid),
    pzxid: BigInt(stat.pzxid),
    ctime: stat.ctime.getTime(),
    mtime: stat.mtime.getTime(),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: BigInt.asIntN(64, BigInt(`0x${stat.ephemeralOwner}`)),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  }
}
