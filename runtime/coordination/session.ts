import { assert } from '../core/assert.ts'
import type {
  CreateOptions,
  Credentials,
  OperationResult,
  Session,
  SessionEnd,
  SessionState,
  Watcher,
} from './coordinator.ts'
import { encodeText } from '../core/text.ts'
import { CoordinationError } from './errors.ts'
import type { Link, LinkListener, WatchedKind } from './link.ts'
import { bytesOf } from './operations.ts'
import { checkPath, joinPath } from './path.ts'
import { type Acl, type Operation, openAcl, type Request, type Result, type Stat, type WatchEvent } from './requests.ts'

type Answer<Kind extends Result['kind']> = Extract<Result, { readonly kind: Kind }>

const endedBy: Readonly<Record<WatchEvent['kind'], readonly WatchedKind[]>> = {
  created: ['data', 'exists'],
  changed: ['data', 'exists'],
  deleted: ['data', 'exists', 'child'],
  children: ['child'],
}

/** A session over any link: paths and chroot, watchers, results as promises. */
export class LinkedSession implements Session {
  readonly ended: Promise<SessionEnd>
  #state: SessionState = 'connecting'
  #link: Link | null = null
  readonly #listeners = new Set<(state: SessionState) => void>()
  /** By path, as the server knows it. */
  readonly #watchers: Readonly<Record<WatchedKind, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    exists: new Map(),
    child: new Map(),
  }
  /** Watchers of events that have come, one set an event. */
  readonly #toCall = new Set<Set<Watcher>>()
  readonly #end: (end: SessionEnd) => void
  /** For the link. */
  readonly listener: LinkListener = {
    onEvent: event => this.#dispatch(event),
    onState: state => this.#show(state),
    watched: kind => [...this.#watchers[kind].keys()],
  }

  /** chroot: '' or a path. report: where an error of a listener or watcher goes. */
  constructor(
    readonly chroot: string,
    readonly report: (error: unknown) => void,
  ) {
    let end: (end: SessionEnd) => void = () => {}
    this.ended = new Promise(resolve => {
      end = resolve
    })
    this.#end = end
  }

  /** Once, when there is a session at the other end. */
  attach(link: Link): void {
    assert(this.#link === null, 'a session has one link')
    this.#link = link
  }

  get id(): bigint {
    return this.#attached().id
  }

  get timeoutMs(): number {
    return this.#attached().timeoutMs
  }

  get state(): SessionState {
    return this.#state
  }

  onState(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  create(path: string, data: Uint8Array | string = '', options: CreateOptions = {}): Promise<string> {
    const { isEphemeral = false, isSequential = false, acl = openAcl } = options
    const make = (): Request => ({
      kind: 'create',
      path: this.#full(path, isSequential),
      data: bytesOf(data),
      acl,
      isEphemeral,
      isSequential,
    })
    return this.#ask(make, path, 'created', result => this.#short(result.path))
  }

  get(path: string, watcher?: Watcher): Promise<{ data: Uint8Array; stat: Stat }> {
    const make = (): Request => ({ kind: 'get', path: this.#full(path), watch: watcher !== undefined })
    return this.#ask(make, path, 'data', result => result, watcher)
  }

  exists(path: string, watcher?: Watcher): Promise<Stat | null> {
    const make = (): Request => ({ kind: 'exists', path: this.#full(path), watch: watcher !== undefined })
    return this.#send(make, path, (result, request) => {
      const isThere = result.kind === 'stat'
      if (!isThere && !(result.kind === 'error' && result.error === 'NoNode')) throw failure(result, path, 'stat')
      if (watcher && 'path' in request) this.#watch(isThere ? 'data' : 'exists', request.path, watcher)
      return isThere ? result.stat : null
    })
  }

  children(path: string, watcher?: Watcher): Promise<{ names: readonly string[]; stat: Stat }> {
    const make = (): Request => ({ kind: 'children', path: this.#full(path), watch: watcher !== undefined })
    return this.#ask(make, path, 'children', result => result, watcher)
  }

  set(path: string, data: Uint8Array | string, version = -1): Promise<Stat> {
    const make = (): Request => ({ kind: 'set', path: this.#full(path), data: bytesOf(data), version })
    return this.#ask(make, path, 'stat', result => result.stat)
  }

  delete(path: string, version = -1): Promise<void> {
    return this.#ask(() => ({ kind: 'delete', path: this.#full(path), version }), path, 'done', nothing)
  }

  getAcl(path: string): Promise<{ acl: readonly Acl[]; stat: Stat }> {
    return this.#ask(
      () => ({ kind: 'getAcl', path: this.#full(path) }),
      path,
      'acl',
      result => result,
    )
  }

  setAcl(path: string, acl: readonly Acl[], version = -1): Promise<Stat> {
    const make = (): Request => ({ kind: 'setAcl', path: this.#full(path), acl, version })
    return this.#ask(make, path, 'stat', result => result.stat)
  }

  sync(path: string): Promise<void> {
    return this.#ask(() => ({ kind: 'sync', path: this.#full(path) }), path, 'done', nothing)
  }

  auth({ scheme, credentials }: Credentials): Promise<void> {
    const make = (): Request => ({ kind: 'auth', scheme, credentials: encodeText(credentials) })
    return this.#ask(make, `${scheme} credentials`, 'done', nothing)
  }

  multi(operations: readonly Operation[]): Promise<readonly OperationResult[]> {
    return this.#multi(operations, results => {
      const failedIndex = results.findIndex(result => result.kind === 'error' && result.error !== 'RolledBack')
      const failed = results[failedIndex]
      if (failed?.kind !== 'error') return results
      throw new CoordinationError(failed.error, operations[failedIndex]!.path, { failedIndex })
    })
  }

  tryMulti(operations: readonly Operation[]): Promise<readonly OperationResult[]> {
    return this.#multi(operations, results => results)
  }

  #multi(
    operations: readonly Operation[],
    answer: (results: readonly OperationResult[]) => readonly OperationResult[],
  ): Promise<readonly OperationResult[]> {
    if (operations.length === 0) return Promise.resolve([])
    const make = (): Request => ({
      kind: 'multi',
      operations: operations.map(operation => ({
        ...operation,
        path: this.#full(operation.path, operation.kind === 'create' && operation.isSequential),
      })),
    })
    return this.#ask(make, operations[0]!.path, 'multi', ({ results }) =>
      answer(
        results.map(result => {
          if (result.kind === 'created') return { ...result, path: this.#short(result.path) }
          assert(result.kind === 'stat' || result.kind === 'done' || result.kind === 'error', 'a multi only changes')
          return result
        }),
      ),
    )
  }

  forget(watcher: Watcher): void {
    for (const byPath of Object.values(this.#watchers))
      for (const [path, watchers] of byPath) if (watchers.delete(watcher) && watchers.size === 0) byPath.delete(path)
    for (const watchers of this.#toCall) watchers.delete(watcher)
  }

  async close(): Promise<void> {
    await this.#attached().close()
  }

  /** Whoever was answered before goes on before, so the watchers are called one step later, as he is. */
  #dispatch({ kind, path }: WatchEvent): void {
    const called = new Set<Watcher>()
    for (const watched of endedBy[kind]) {
      for (const watcher of this.#watchers[watched].get(path) ?? []) called.add(watcher)
      this.#watchers[watched].delete(path)
    }
    if (called.size === 0) return
    this.#toCall.add(called)
    const event = { kind, path: this.#short(path) }
    void Promise.resolve().then(() => {
      this.#toCall.delete(called)
      for (const watcher of called) this.#call(() => watcher(event))
    })
  }

  #show(state: SessionState): void {
    if (state === this.#state) return
    assert(!isFinal(this.#state), 'a session that is over stays so')
    this.#state = state
    for (const listener of [...this.#listeners]) this.#call(() => listener(state))
    if (!isFinal(state)) return
    for (const byPath of Object.values(this.#watchers)) {
      const watchers = [...byPath]
      byPath.clear()
      for (const [path, called] of watchers)
        for (const watcher of called) this.#call(() => watcher({ kind: 'sessionEnded', path: this.#short(path) }))
    }
    this.#end(state)
  }

  #watch(kind: WatchedKind, path: string, watcher: Watcher): void {
    const watchers = this.#watchers[kind].get(path)
    if (watchers) watchers.add(watcher)
    else this.#watchers[kind].set(path, new Set([watcher]))
  }

  /** Rejects where the result is of another kind. */
  #ask<Kind extends Result['kind'], Value>(
    make: () => Request,
    path: string,
    kind: Kind,
    answer: (result: Answer<Kind>) => Value,
    watcher?: Watcher,
  ): Promise<Value> {
    return this.#send(make, path, (result, request) => {
      if (result.kind !== kind) throw failure(result, path, kind)
      if (watcher && 'path' in request)
        this.#watch(request.kind === 'children' ? 'child' : 'data', request.path, watcher)
      return answer(result as Answer<Kind>)
    })
  }

  /**
   * make: may throw. path: as the caller knows it. settle: gives what is answered, or throws the error; it may leave watches, as it is
   * called where the answer has its place among the events. Every answer is one step from the one who asked, so that they keep their order.
   */
  #send<Value>(make: () => Request, path: string, settle: (result: Result, request: Request) => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (isFinal(this.#state)) throw new CoordinationError(endErrors[this.#state], path, { isUnsent: true })
      const request = make()
      this.#attached().send(request, result => {
        try {
          resolve(settle(result, request))
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #attached(): Link {
    assert(this.#link !== null, 'a session is handed out when it is connected')
    return this.#link
  }

  #full(path: string, isSequential = false): string {
    checkPath(path, isSequential)
    if (this.chroot === '') return path
    return path === '/' ? this.chroot : joinPath(this.chroot, path.slice(1))
  }

  #short(path: string): string {
    if (this.chroot === '') return path
    return path === this.chroot ? '/' : path.slice(this.chroot.length)
  }

  /** A listener's error is its own: it must not keep the others from being told. */
  #call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.report(error)
    }
  }
}

const endErrors = { expired: 'SessionExpired', closed: 'Closed', authFailed: 'AuthFailed' } as const

const nothing = (): void => {}

function isFinal(state: SessionState): state is SessionEnd {
  return state !== 'connecting' && state !== 'connected'
}

function failure(result: Result, path: string, expected: Result['kind']): CoordinationError {
  if (result.kind !== 'error')
    return new CoordinationError('SystemError', `answered with ${result.kind} in place of ${expected}`)
  const { error, isUnsent = false, detail } = result
  return new CoordinationError(error, detail ? `${path}: ${detail}` : path, { isUnsent })
}
