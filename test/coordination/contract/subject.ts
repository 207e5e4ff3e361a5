// What a contract is told of the coordinator it checks, and what its tests share.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  Coordinator,
  Session,
  SessionOptions,
  SessionState,
  Watcher,
} from '../../../runtime/coordination/coordinator.ts'
import { CoordinationError, type CoordinationErrorName } from '../../../runtime/coordination/errors.ts'
import type { Acl } from '../../../runtime/coordination/requests.ts'
import { type Address, TcpProxy } from '../tcpProxy.ts'

/** A coordinator that runs. */
export interface Subject {
  /** A client of it. via: the servers to use in place of its own, for a proxy before them. */
  client(via?: readonly Address[]): Coordinator
  /** None where there is no wire. */
  readonly servers: readonly Address[]
  stop(): Promise<void>
}

export interface Capabilities {
  readonly hasMulti: boolean
  /** There are connections that can be cut: sessions outlive them, and expire without them. */
  readonly hasWire: boolean
  /** Rights can be read, and stated for a node when it is made. Otherwise they can only be set. */
  readonly hasAcl: boolean
}

/** What one test works with; what it opened is closed when it ends. */
export interface Place {
  /** A node of this test alone, which is there. */
  readonly path: string
  readonly session: Session
  /** Another session, by a client of its own. */
  open(options?: SessionOptions): Promise<Session>
  client(via?: readonly Address[]): Coordinator
  /** Before the first server. */
  proxy(): Promise<TcpProxy>
}

export interface Contract {
  readonly capabilities: Capabilities
  check(what: string, run: (place: Place) => Promise<void>): void
  /** A node with these rights, made with them where that can be. */
  createWith(session: Session, path: string, data: string, acl: readonly Acl[]): Promise<string>
  stop(): Promise<void>
}

export function contractOf(name: string, make: () => Promise<Subject>, capabilities: Capabilities): Contract {
  let subject: Promise<Subject> | null = null
  let places = 0
  return {
    capabilities,
    check(what, run) {
      test(`${name}: ${what}`, async () => {
        subject ??= make()
        const { client, servers } = await subject
        const clients: Coordinator[] = []
        const proxies: TcpProxy[] = []
        const newClient = (via?: readonly Address[]) => {
          const made = client(via)
          clients.push(made)
          return made
        }
        try {
          const session = await newClient().open()
          const path = await session.create(`/contract-${places++}`)
          await run({
            path,
            session,
            client: newClient,
            open: options => newClient().open(options),
            async proxy() {
              const proxy = await TcpProxy.start(servers[0])
              proxies.push(proxy)
              return proxy
            },
          })
        } finally {
          await Promise.all(clients.map(made => made.close()))
          await Promise.all(proxies.map(proxy => proxy.stop()))
        }
      })
    },
    async createWith(session, path, data, acl) {
      if (capabilities.hasAcl) return session.create(path, data, { acl })
      await session.create(path, data)
      await session.setAcl(path, acl)
      return path
    },
    async stop() {
      await (await subject)?.stop()
    },
  }
}

export const text = (data: Uint8Array): string => new TextDecoder().decode(data)

export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

export async function fails(promise: Promise<unknown>, ...kinds: CoordinationErrorName[]): Promise<CoordinationError> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof CoordinationError)) throw error
    assert.ok(kinds.includes(error.kind), `${kinds.join(' or ')} was expected: ${error.message}`)
    return error
  }
  return assert.fail(`${kinds.join(' or ')} was expected`)
}

/** Until it holds; throws when it does not in time. */
export async function eventually(what: string, holds: () => unknown, timeoutMs = 10_000): Promise<void> {
  for (const start = performance.now(); !(await holds()); await sleep(5))
    if (performance.now() - start > timeoutMs) throw new Error(`It does not come: ${what}`)
}

/** A promise that has to be done in time. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It takes longer than ${timeoutMs} ms: ${what}`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Writes down what its watchers were told, as `name kind path`. */
export class Log {
  readonly lines: string[] = []

  watcher(name = ''): Watcher {
    return ({ kind, path }) => this.add(`${name} ${kind} ${path}`.trim())
  }

  add(line: string): void {
    this.lines.push(line)
  }

  /** What it holds; and is empty then. */
  take(): string[] {
    return this.lines.splice(0)
  }
}

export function statesOf(session: Session): SessionState[] {
  const states: SessionState[] = []
  session.onState(state => states.push(state))
  return states
}

/** What was changed before by anybody is seen after. */
export async function caughtUp(...sessions: Session[]): Promise<void> {
  await Promise.all(sessions.map(session => session.sync('/')))
}
