// Who waits for which change. One-shot: what has fired is gone.
import { type Acl, permissions, type WatchEvent, type WatchEventKind } from '../requests.ts'
import { type Identity, isAllowed } from './rights.ts'
import type { KeeperState } from './state.ts'

/** data: for the node itself, there or not. child: for the names below it. */
export type WatchTable = 'data' | 'child'

/** Whom a watch belongs to. */
export interface WatchOwner {
  /** What it has shown to be, if anything. */
  readonly identities?: readonly Identity[]
  onEvent(event: WatchEvent): void
}

export class Watches {
  readonly #byPath = { data: new Map<string, Set<WatchOwner>>(), child: new Map<string, Set<WatchOwner>>() }
  readonly #byOwner = new Map<WatchOwner, Readonly<Record<WatchTable, Set<string>>>>()
  /** Watches that wait. */
  count = 0
  /** Of their paths. */
  characters = 0

  get pathCount(): number {
    return this.#byPath.data.size + this.#byPath.child.size
  }

  get ownerCount(): number {
    return this.#byOwner.size
  }

  add(table: WatchTable, path: string, owner: WatchOwner): void {
    let owned = this.#byOwner.get(owner)
    if (!owned) {
      owned = { data: new Set(), child: new Set() }
      this.#byOwner.set(owner, owned)
    }
    if (owned[table].has(path)) return
    owned[table].add(path)
    this.count++
    this.characters += path.length
    const owners = this.#byPath[table].get(path)
    if (owners) owners.add(owner)
    else this.#byPath[table].set(path, new Set([owner]))
  }

  has(table: WatchTable, path: string, owner: WatchOwner): boolean {
    return this.#byPath[table].get(path)?.has(owner) ?? false
  }

  /** false: there was none. */
  remove(table: WatchTable, path: string, owner: WatchOwner): boolean {
    const owners = this.#byPath[table].get(path)
    if (!owners?.delete(owner)) return false
    if (owners.size === 0) this.#byPath[table].delete(path)
    this.#disown(table, path, owner)
    return true
  }

  /** All that one has. */
  removeAll(owner: WatchOwner): void {
    const owned = this.#byOwner.get(owner)
    if (!owned) return
    for (const table of ['data', 'child'] as const)
      for (const path of [...owned[table]]) this.remove(table, path, owner)
  }

  ownedBy(owner: WatchOwner): Readonly<Record<WatchTable, ReadonlySet<string>>> | null {
    return this.#byOwner.get(owner) ?? null
  }

  /** Something has changed: see WatchEvent for what that ends. Who may not read the node is not told, and does not wait any more. */
  fire(kind: WatchEventKind, path: string, acl: readonly Acl[]): void {
    const told = kind === 'children' ? this.#taken('child', path) : this.#taken('data', path)
    if (kind === 'deleted') for (const owner of this.#taken('child', path)) if (!told.includes(owner)) told.push(owner)
    const event = { kind, path }
    for (const owner of told) if (isAllowed(acl, permissions.read, owner.identities ?? [])) owner.onEvent(event)
  }

  /** Takes the watchers of a path out of a table, each of which is to be told. */
  #taken(table: WatchTable, path: string): WatchOwner[] {
    const owners = this.#byPath[table].get(path)
    if (!owners) return []
    this.#byPath[table].delete(path)
    for (const owner of owners) this.#disown(table, path, owner)
    return [...owners]
  }

  #disown(table: WatchTable, path: string, owner: WatchOwner): void {
    const owned = this.#byOwner.get(owner)!
    owned[table].delete(path)
    this.count--
    this.characters -= path.length
    if (owned.data.size === 0 && owned.child.size === 0) this.#byOwner.delete(owner)
  }
}

/** Paths that were watched on an earlier connection. */
export interface EarlierWatches {
  readonly data: readonly string[]
  /** Of nodes that were not there. */
  readonly exists: readonly string[]
  readonly child: readonly string[]
}

/** Watches again. What has changed since transaction `zxid`, which the owner has seen, is told at once. */
export function watchAgain(
  watches: Watches,
  state: KeeperState,
  owner: WatchOwner,
  zxid: number,
  { data, exists, child }: EarlierWatches,
): void {
  for (const path of data) {
    const node = state.nodes.get(path)
    if (!node) owner.onEvent({ kind: 'deleted', path })
    else if (node.mzxid > zxid) owner.onEvent({ kind: 'changed', path })
    else watches.add('data', path, owner)
  }
  for (const path of exists) {
    if (state.nodes.has(path)) owner.onEvent({ kind: 'created', path })
    else watches.add('data', path, owner)
  }
  for (const path of child) {
    const node = state.nodes.get(path)
    if (!node) owner.onEvent({ kind: 'deleted', path })
    else if (node.pzxid > zxid) owner.onEvent({ kind: 'children', path })
    else watches.add('child', path, owner)
  }
}
