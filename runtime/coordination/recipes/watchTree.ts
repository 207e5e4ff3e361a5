import type { Session, Watcher } from '../coordinator.ts'
import { CoordinationError, isCoordinationError } from '../errors.ts'
import { joinPath, parentOf } from '../path.ts'
import type { Stat } from '../requests.ts'
import type { RecipePlatform } from './backOff.ts'
import { forEachAtOnce } from './forEachAtOnce.ts'
import type { KeptSession } from './keptSession.ts'
import { type Reader, reloading, type Watching, type WatchOptions } from './reloading.ts'

export interface TreeOptions extends WatchOptions {
  /** Levels below the node that are read. 0: the node alone. Default: all. */
  readonly depth?: number
  /** More than so many end in QuotaExceeded, told to onError and tried again. Default: 100,000. */
  readonly nodesMax?: number
}

export interface TreeNode {
  readonly data: Uint8Array
  readonly stat: Stat
  /** Of the children, in order; empty at the last level that is read. */
  readonly names: readonly string[]
}

/** By path, parents before their children. Empty: there is no node. */
export type Tree = ReadonlyMap<string, TreeNode>

/**
 * Calls with a node and all below it, and again whenever something in it has changed: see watchNode for what may be assumed of the calls. What it
 * is called with was there like this at one moment: as long as something changes while it is read, what has changed is read again. So a tree in
 * which something always changes is never told: this is for what is mostly quiet.
 *
 * Two watches are left for each node. After a change only what has changed is read.
 */
export function watchTree(
  platform: RecipePlatform,
  source: Session | KeptSession,
  path: string,
  callback: (tree: Tree) => unknown,
  options: TreeOptions = {},
): Watching {
  return reloading(
    platform,
    source,
    (session, changed) => new TreeReader(session, path, changed, options),
    callback,
    options,
  )
}

const readsAtOnce = 128

interface Known {
  readonly level: number
  node: { readonly data: Uint8Array; readonly stat: Stat } | null
  names: readonly string[]
  /** To be read. Taken away before the request is made: what changes before its answer is read again. */
  isNodeDirty: boolean
  areNamesDirty: boolean
}

class TreeReader implements Reader<Tree> {
  /** Parents before their children. */
  readonly #known = new Map<string, Known>()
  /** Those where something is to be read. */
  readonly #dirty = new Set<string>()
  readonly #depth: number
  readonly #nodesMax: number
  readonly #watcher: Watcher = ({ kind, path }) => {
    if (kind === 'sessionEnded') return
    if (kind === 'deleted') this.#drop(path)
    else this.#soil(path, kind !== 'children', kind !== 'changed')
    this.changed()
  }

  constructor(
    private readonly session: Session,
    private readonly root: string,
    private readonly changed: () => void,
    { depth = Number.POSITIVE_INFINITY, nodesMax = 100_000 }: TreeOptions,
  ) {
    this.#depth = depth
    this.#nodesMax = nodesMax
    this.#add(root, 0)
  }

  async read(): Promise<Tree> {
    // Whatever changes while this reads makes something dirty before the answers that would see it: when nothing is dirty after the last
    // answer, all is as it was at that moment.
    while (this.#dirty.size > 0) await forEachAtOnce([...this.#dirty], readsAtOnce, path => this.#read(path))
    const tree = new Map<string, TreeNode>()
    for (const [path, { node, names }] of this.#known) if (node) tree.set(path, { ...node, names })
    return tree
  }

  forget(): void {
    this.session.forget(this.#watcher)
  }

  async #read(path: string): Promise<void> {
    const known = this.#known.get(path)
    this.#dirty.delete(path)
    if (!known) return
    const { isNodeDirty, areNamesDirty } = known
    known.isNodeDirty = false
    known.areNamesDirty = false
    try {
      const node = isNodeDirty ? this.session.get(path, this.#watcher) : null
      const children = areNamesDirty && known.level < this.#depth ? this.session.children(path, this.#watcher) : null
      const [seen, listed] = await Promise.all([node, children])
      if (seen) known.node = seen
      if (listed && this.#known.get(path) === known) this.#relist(path, known, [...listed.names].sort())
    } catch (error) {
      if (isCoordinationError(error, 'NoNode')) return this.#vanish(path)
      if (this.#known.get(path) === known) this.#soil(path, isNodeDirty, areNamesDirty)
      throw error
    }
  }

  #relist(path: string, known: Known, names: readonly string[]): void {
    const left = new Set(names)
    for (const name of known.names) if (!left.has(name)) this.#cut(joinPath(path, name))
    known.names = names
    for (const name of names) {
      const child = joinPath(path, name)
      if (!this.#known.has(child)) this.#add(child, known.level + 1)
    }
  }

  #add(path: string, level: number): void {
    if (this.#known.size >= this.#nodesMax)
      throw new CoordinationError('QuotaExceeded', `${this.root}: more than ${this.#nodesMax} nodes to watch`)
    this.#known.set(path, { level, node: null, names: [], isNodeDirty: true, areNamesDirty: true })
    this.#dirty.add(path)
  }

  #soil(path: string, isNode: boolean, areNames: boolean): void {
    const known = this.#known.get(path)
    if (!known) return
    known.isNodeDirty ||= isNode
    known.areNamesDirty ||= areNames
    this.#dirty.add(path)
  }

  /** It was deleted: there may be another by now, of which the parent tells. */
  #drop(path: string): void {
    this.#cut(path)
    if (path === this.root) this.#add(path, 0)
    else this.#soil(parentOf(path), false, true)
  }

  /** It is not there. The root is waited for. */
  async #vanish(path: string): Promise<void> {
    this.#drop(path)
    if (path !== this.root) return
    const known = this.#known.get(path)!
    known.isNodeDirty = false
    known.areNamesDirty = false
    this.#dirty.delete(path)
    try {
      if (await this.session.exists(path, this.#watcher)) this.#soil(path, true, true)
    } catch (error) {
      this.#soil(path, true, true)
      throw error
    }
  }

  /** Forgets it and what is below it. */
  #cut(path: string): void {
    const known = this.#known.get(path)
    if (!known) return
    this.#known.delete(path)
    this.#dirty.delete(path)
    for (const name of known.names) this.#cut(joinPath(path, name))
  }
}
