// The state machine: nodes, sessions, and what a transaction does to them. It knows no clock, no disk and no connection.
// Semantics: ZooKeeper 3.8, as its programmer's guide tells and its server shows.
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { CoordinationErrorName } from '../errors.ts'
import { joinPath, nameOf, parentOf, problemOf } from '../path.ts'
import { type Acl, type Operation, permissions, type Result, type WatchEventKind } from '../requests.ts'
import { Node } from './node.ts'
import { type Identity, isAllowed, maskedAcl, settledAcl } from './rights.ts'
import type { Change, Transaction } from './transactions.ts'

export interface StateLimits {
  /** Of one node. */
  readonly dataBytesMax: number
  readonly nodesMax: number
  /** Paths and data together. */
  readonly bytesMax: number
  readonly sessionsMax: number
}

export const defaultStateLimits: StateLimits = {
  dataBytesMax: 1 << 20,
  nodesMax: 5_000_000,
  bytesMax: 1 << 30,
  sessionsMax: 10_000,
}

export interface KeptSession {
  readonly id: bigint
  readonly timeoutMs: number
  readonly password: Uint8Array
  /** Paths. */
  readonly ephemerals: Set<string>
}

/** Something that watchers may wait for. acl: who may not read the node is not told. */
export type OnChange = (kind: WatchEventKind, path: string, acl: readonly Acl[]) => void

/** What every tree has, as ZooKeeper's. They are not deleted. */
const givenPaths = ['/', '/zookeeper', '/zookeeper/config', '/zookeeper/quota']

export class KeeperState {
  readonly nodes = new Map<string, Node>()
  readonly sessions = new Map<bigint, KeptSession>()
  /** Number of the last transaction. */
  zxid = 0
  /** Sessions have growing numbers. */
  lastSession = 0n
  /** See limits. */
  bytes = 0
  ephemeralCount = 0
  /** Called before a node changes or goes, for who writes the state down meanwhile. */
  beforeChange: ((node: Node) => void) | null = null
  /** What new nodes are marked with. */
  mark = 0
  #time = 0
  /** How to take back what was done, while it may have to be. */
  #undo: (() => void)[] | null = null
  #onChange: OnChange = () => {}

  constructor(readonly limits: StateLimits = defaultStateLimits) {
    for (const path of givenPaths) this.#keep(new Node(path, 0n, 0, 0))
    const config = this.nodes.get('/zookeeper/config')!
    config.acl = [{ permissions: permissions.read, scheme: 'world', id: 'anyone' }]
    config.aversion = -1
    this.#link()
  }

  /** Becomes what was written down, in any order. INCORRECT_DATA where that does not fit together. */
  restore(zxid: number, lastSession: bigint, sessions: Iterable<KeptSession>, nodes: Iterable<Node>): void {
    for (const node of [...this.nodes.values()]) this.#forget(node)
    this.sessions.clear()
    for (const session of sessions) this.sessions.set(session.id, session)
    for (const node of nodes) {
      if (node.owner !== 0n && !this.sessions.has(node.owner))
        throw new DBError('INCORRECT_DATA', `Node ${node.path} belongs to a session that is not there`)
      this.#keep(node)
    }
    this.#link()
    this.zxid = zxid
    this.lastSession = lastSession
  }

  /** Takes what the transaction brings: the bytes in it are not to be changed after. A failed one changes nothing but the zxid. */
  apply(transaction: Transaction, timeMs: number, onChange: OnChange): Result {
    this.zxid++
    this.#time = timeMs
    this.#onChange = onChange
    assert(this.#undo === null, 'transactions are done one after the other')
    switch (transaction.kind) {
      case 'openSession':
        return this.#open(transaction)
      case 'closeSession':
        return this.#close(transaction.session)
      case 'change': {
        if (!this.sessions.has(transaction.session)) return failure('SessionExpired')
        return this.#change(transaction.session, transaction.identities, transaction.change)
      }
    }
  }

  get(path: string, identities: readonly Identity[]): Result {
    const node = this.nodes.get(path)
    if (!node) return failure('NoNode')
    if (!isAllowed(node.acl, permissions.read, identities)) return failure('NoAuth')
    return { kind: 'data', data: node.data, stat: node.stat }
  }

  exists(path: string): Result {
    const node = this.nodes.get(path)
    return node ? { kind: 'stat', stat: node.stat } : failure('NoNode')
  }

  children(path: string, identities: readonly Identity[]): Result {
    const node = this.nodes.get(path)
    if (!node) return failure('NoNode')
    if (!isAllowed(node.acl, permissions.read, identities)) return failure('NoAuth')
    return { kind: 'children', names: node.children ? [...node.children] : [], stat: node.stat }
  }

  getAcl(path: string, identities: readonly Identity[]): Result {
    const node = this.nodes.get(path)
    if (!node) return failure('NoNode')
    if (!isAllowed(node.acl, permissions.read | permissions.admin, identities)) return failure('NoAuth')
    return { kind: 'acl', acl: maskedAcl(node.acl, identities), stat: node.stat }
  }

  /** A check alone is a read. */
  check({ path, version }: { path: string; version: number }, identities: readonly Identity[]): Result {
    const node = this.nodes.get(path)
    if (!node) return failure('NoNode')
    if (!isAllowed(node.acl, permissions.read, identities)) return failure('NoAuth')
    return isVersion(node.version, version) ? done : failure('BadVersion')
  }

  #open({ session: id, timeoutMs, password }: Extract<Transaction, { kind: 'openSession' }>): Result {
    if (this.sessions.size >= this.limits.sessionsMax) return failure('QuotaExceeded', 'no more sessions are taken')
    assert(!this.sessions.has(id), 'the number of a session is new')
    this.sessions.set(id, { id, timeoutMs, password, ephemerals: new Set() })
    if (id > this.lastSession) this.lastSession = id
    return done
  }

  #close(id: bigint): Result {
    const session = this.sessions.get(id)
    if (!session) return failure('SessionExpired')
    for (const path of session.ephemerals) {
      const node = this.nodes.get(path)
      assert(node !== undefined, 'an ephemeral node is there as long as its session knows it')
      this.#remove(node)
    }
    this.sessions.delete(id)
    return done
  }

  #change(session: bigint, identities: readonly Identity[], change: Change): Result {
    if (change.kind === 'multi') return this.#multi(session, identities, change.operations)
    if (change.kind === 'setAcl') return this.#setAcl(change, identities)
    return this.#operate(session, identities, change)
  }

  #operate(session: bigint, identities: readonly Identity[], operation: Operation): Result {
    switch (operation.kind) {
      case 'create':
        return this.#create(session, identities, operation)
      case 'delete':
        return this.#delete(operation, identities)
      case 'set':
        return this.#set(operation, identities)
      case 'check':
        return this.check(operation, identities)
    }
  }

  /** Each operation sees what those before it did; when one fails, they are taken back. */
  #multi(session: bigint, identities: readonly Identity[], operations: readonly Operation[]): Result {
    const undo: (() => void)[] = []
    const changes: Parameters<OnChange>[] = []
    const tell = this.#onChange
    this.#undo = undo
    this.#onChange = (...change) => changes.push(change)
    const results: Result[] = []
    for (const operation of operations) {
      const result = this.#operate(session, identities, operation)
      results.push(result)
      if (result.kind === 'error') break
    }
    this.#undo = null
    const last = results.at(-1)
    if (last?.kind === 'error') {
      for (const takeBack of undo.reverse()) takeBack()
      const failed = results.length - 1
      return { kind: 'multi', results: operations.map((_, at) => (at === failed ? last : failure('RolledBack'))) }
    }
    for (const change of changes) tell(...change)
    return { kind: 'multi', results }
  }

  #create(
    session: bigint,
    identities: readonly Identity[],
    { path: asked, data, acl, isEphemeral, isSequential }: Extract<Operation, { kind: 'create' }>,
  ): Result {
    const wrong = problemOf(isSequential ? `${asked}1` : asked)
    if (wrong) return failure('BadArguments', wrong)
    if (data.length > this.limits.dataBytesMax) return this.#tooLong(data)
    const settled = settledAcl(acl, identities)
    if (!settled) return failure('InvalidAcl')
    if (asked === '/') return failure('NodeExists')
    const parent = this.nodes.get(parentOf(asked))
    if (!parent) return failure('NoNode')
    if (!isAllowed(parent.acl, permissions.create, identities)) return failure('NoAuth')
    const path = isSequential ? asked + sequenceDigits(parent.creates) : asked
    if (this.nodes.has(path)) return failure('NodeExists')
    if (parent.owner !== 0n) return failure('NoChildrenForEphemerals')
    const full = this.#full(1, path.length + data.length)
    if (full) return full

    const node = new Node(path, isEphemeral ? session : 0n, this.zxid, this.#time)
    node.data = data
    node.acl = settled
    node.mark = this.mark
    const { creates, pzxid } = parent
    this.beforeChange?.(parent)
    this.#keep(node)
    this.#child(parent, nameOf(path))
    parent.creates = (creates + 1) | 0
    parent.pzxid = this.zxid
    this.#undo?.push(() => {
      parent.creates = creates
      parent.pzxid = pzxid
      parent.children!.delete(nameOf(path))
      this.#forget(node)
    })
    this.#onChange('created', path, node.acl)
    this.#onChange('children', parent.path, parent.acl)
    return { kind: 'created', path, stat: node.stat }
  }

  #delete({ path, version }: { path: string; version: number }, identities: readonly Identity[]): Result {
    if (givenPaths.includes(path)) return failure('BadArguments', 'is not to be deleted')
    const parent = this.nodes.get(parentOf(path))
    if (!parent) return failure('NoNode')
    if (!isAllowed(parent.acl, permissions.delete, identities)) return failure('NoAuth')
    const node = this.nodes.get(path)
    if (!node) return failure('NoNode')
    if (!isVersion(node.version, version)) return failure('BadVersion')
    if (node.numChildren > 0) return failure('NotEmpty')
    this.#remove(node)
    return done
  }

  #remove(node: Node): void {
    const parent = this.nodes.get(parentOf(node.path))
    assert(parent !== undefined, 'every node has its parent')
    const { pzxid } = parent
    this.beforeChange?.(parent)
    this.beforeChange?.(node)
    parent.children!.delete(nameOf(node.path))
    parent.pzxid = this.zxid
    this.#forget(node)
    this.#undo?.push(() => {
      this.#keep(node)
      this.#child(parent, nameOf(node.path))
      parent.pzxid = pzxid
    })
    this.#onChange('deleted', node.path, node.acl)
    this.#onChange('children', parent.path, parent.acl)
  }

  #set(
    { path, data, version }: { path: string; data: Uint8Array; version: number },
    identities: readonly Identity[],
  ): Result {
    if (data.length > this.limits.dataBytesMax) return this.#tooLong(data)
    const node = this.nodes.get(path)
    if (!node) return failure('NoNode')
    if (!isAllowed(node.acl, permissions.write, identities)) return failure('NoAuth')
    if (!isVersion(node.version, version)) return failure('BadVersion')
    const more = data.length - node.data.length
    const full = more > 0 ? this.#full(0, more) : null
    if (full) return full
    const { data: oldData, version: oldVersion, mzxid, mtime } = node
    this.beforeChange?.(node)
    this.bytes += more
    node.data = data
    node.version = (oldVersion + 1) | 0
    node.mzxid = this.zxid
    node.mtime = this.#time
    this.#undo?.push(() => {
      this.bytes -= more
      node.data = oldData
      node.version = oldVersion
      node.mzxid = mzxid
      node.mtime = mtime
    })
    this.#onChange('changed', path, node.acl)
    return { kind: 'stat', stat: node.stat }
  }

  #setAcl(
    { path, acl, version }: { path: string; acl: readonly Acl[]; version: number },
    identities: readonly Identity[],
  ): Result {
    const settled = settledAcl(acl, identities)
    if (!settled) return failure('InvalidAcl')
    const node = this.nodes.get(path)
    if (!node) return failure('NoNode')
    if (!isAllowed(node.acl, permissions.admin, identities)) return failure('NoAuth')
    if (!isVersion(node.aversion, version)) return failure('BadVersion')
    this.beforeChange?.(node)
    node.acl = settled
    node.aversion = (node.aversion + 1) | 0
    return { kind: 'stat', stat: node.stat }
  }

  #keep(node: Node): void {
    this.nodes.set(node.path, node)
    this.bytes += node.path.length + node.data.length
    if (node.owner === 0n) return
    this.ephemeralCount++
    const session = this.sessions.get(node.owner)
    assert(session !== undefined, 'an ephemeral node belongs to a session')
    session.ephemerals.add(node.path)
  }

  #forget(node: Node): void {
    this.nodes.delete(node.path)
    this.bytes -= node.path.length + node.data.length
    if (node.owner === 0n) return
    this.ephemeralCount--
    this.sessions.get(node.owner)?.ephemerals.delete(node.path)
  }

  #child(parent: Node, name: string): void {
    if (parent.children) parent.children.add(name)
    else parent.children = new Set([name])
  }

  /** Tells every parent its children. */
  #link(): void {
    for (const path of this.nodes.keys()) {
      if (path === '/') continue
      const parent = this.nodes.get(parentOf(path))
      if (!parent) throw new DBError('INCORRECT_DATA', `Node ${path} has no parent`)
      this.#child(parent, nameOf(path))
    }
  }

  #full(nodes: number, bytes: number): Result | null {
    const { nodesMax, bytesMax } = this.limits
    if (this.nodes.size + nodes > nodesMax) return failure('QuotaExceeded', `there are ${nodesMax} nodes already`)
    if (this.bytes + bytes > bytesMax)
      return failure('QuotaExceeded', `paths and data would take more than ${bytesMax} bytes`)
    return null
  }

  #tooLong(data: Uint8Array): Result {
    return failure('BadArguments', `${data.length} bytes of data, where ${this.limits.dataBytesMax} are allowed`)
  }
}

const done: Result = { kind: 'done' }

export function failure(error: CoordinationErrorName, detail?: string): Result {
  return detail === undefined ? { kind: 'error', error } : { kind: 'error', error, detail }
}

/** Java's %010d. */
function sequenceDigits(creates: number): string {
  return creates < 0 ? `-${String(-creates).padStart(9, '0')}` : String(creates).padStart(10, '0')
}

const isVersion = (has: number, asked: number): boolean => asked === -1 || asked === has

/** All paths below one, itself apart. */
export function* descendants(state: KeeperState, path: string): Generator<string> {
  for (const name of state.nodes.get(path)?.children ?? []) {
    const child = joinPath(path, name)
    yield child
    yield* descendants(state, child)
  }
}
