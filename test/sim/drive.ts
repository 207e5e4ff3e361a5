// What lies on a machine's disk: as processes see it, and as it is if the power goes. Between the two is what nobody has synced.
import type { Random } from './random.ts'

/** A file's bytes, under as many names as it has. */
export class Stored {
  bytes: Uint8Array = new Uint8Array(0)
  modifiedMs = 0
  /** What of it is durable: null for nothing. The same object as bytes when all is. */
  synced: Uint8Array | null = null
  /** It has, or had, zeros at its end that were written over: what was not synced need not be at the end. */
  isReserved = false
}

export type Folder = Map<string, Stored | Folder>

/** What a loss of power leaves of what was not synced. */
export type Loss = 'nothing' | 'everything' | 'some'

export class Drive {
  /** As processes see it. */
  seen: Folder = new Map()
  /** What survives. */
  #durable: Folder = new Map()

  constructor(readonly random: Random) {}

  find(path: string): Stored | Folder | undefined {
    return find(this.seen, path)
  }

  /** A folder that is made where it is not there; null where a file is in its way. */
  folder(path: string): Folder | null {
    return makeFolder(this.seen, path)
  }

  /** Everything under a path becomes durable, and the way to it. */
  sync(path: string): void {
    const node = this.find(path)
    if (node === undefined) return
    if (path === '') {
      this.#durable = syncedCopy(this.seen)
      return
    }
    const { folder, name } = split(path)
    const into = makeFolder(this.#durable, folder)
    into?.set(name, node instanceof Stored ? settled(node) : syncedCopy(node))
    this.syncNames(folder)
  }

  /** A directory has the names that processes see in it, durably: as after a sync of the directory itself. */
  syncNames(path: string): void {
    const seen = this.find(path)
    const durable = find(this.#durable, path)
    if (!(seen instanceof Map && durable instanceof Map)) return
    for (const name of durable.keys()) if (!seen.has(name)) durable.delete(name)
    for (const [name, node] of seen)
      if (node instanceof Stored) durable.set(name, node)
      else if (!(durable.get(name) instanceof Map)) durable.set(name, new Map())
  }

  /** A rename that is durable when it is done; what is below need not be. */
  move(from: string, to: string): void {
    const source = split(from)
    const target = split(to)
    for (const root of [this.seen, this.#durable]) {
      const old = find(root, source.folder)
      if (!(old instanceof Map)) continue
      const node = old.get(source.name)
      if (node === undefined) {
        // A directory nothing of which is durable has its new name all the same.
        if (root === this.#durable && this.find(to) instanceof Map) makeFolder(root, to)
        continue
      }
      old.delete(source.name)
      makeFolder(root, target.folder)?.set(target.name, node)
    }
    this.syncNames(target.folder)
    this.syncNames(source.folder)
  }

  remove(path: string): void {
    if (path === '') {
      this.seen.clear()
      return
    }
    const { folder, name } = split(path)
    const parent = find(this.seen, folder)
    if (parent instanceof Map) parent.delete(name)
  }

  /** share: chance of each thing that nobody synced to be there all the same. */
  losePower(loss: Loss): void {
    if (loss !== 'everything') {
      const share = loss === 'nothing' ? 0 : this.random.pick([0.1, 0.5, 0.9])
      this.seen = this.#survivors(this.seen, this.#durable, share)
    }
    this.#durable = syncedCopy(this.seen)
  }

  #survivors(seen: Folder | undefined, durable: Folder | undefined, share: number): Folder {
    const left: Folder = new Map()
    for (const name of new Set([...(durable?.keys() ?? []), ...(seen?.keys() ?? [])])) {
      const now = seen?.get(name)
      const then = durable?.get(name)
      if (now instanceof Map || then instanceof Map) {
        const [newer, older] = [now instanceof Map ? now : undefined, then instanceof Map ? then : undefined]
        // A directory that was made or removed since.
        if (!older && !this.random.chance(share)) continue
        if (!newer && now === undefined && this.random.chance(share)) continue
        left.set(name, this.#survivors(newer, older, share))
        continue
      }
      if (now === then && now !== undefined) {
        left.set(name, this.#torn(now, share))
        continue
      }
      const kept = this.random.chance(share) ? now : then
      if (kept) left.set(name, this.#torn(kept, share))
    }
    return left
  }

  #torn(file: Stored, share: number): Stored {
    if (file.synced === file.bytes) return file
    const { bytes, synced } = file
    const { random } = this
    if (synced && !random.chance(share)) file.bytes = synced
    else if (synced && file.isReserved) file.bytes = this.#patched(synced, bytes)
    else if (!random.chance(share)) {
      // What was synced and only appended to keeps its beginning.
      const safe = synced && startsWith(bytes, synced) ? synced.length : 0
      const kept = bytes.slice(0, random.whole(safe, bytes.length))
      // Its length may be there before its bytes are.
      if (random.chance(0.3)) {
        const padded = new Uint8Array(bytes.length)
        padded.set(kept)
        file.bytes = padded
      } else file.bytes = kept
    }
    file.synced = file.bytes
    return file
  }

  /** Some of the newer bytes over the older ones. */
  #patched(older: Uint8Array, newer: Uint8Array): Uint8Array {
    const { random } = this
    const patched = new Uint8Array(random.pick([older, newer]).length)
    patched.set(older.subarray(0, patched.length))
    const first = newer.findIndex((byte, at) => byte !== (older[at] ?? 0))
    if (first < 0 || first >= patched.length) return patched
    const last = newer.findLastIndex(byte => byte !== 0)
    const start = random.whole(first, last)
    const end = Math.min(random.whole(start, last) + 1, patched.length)
    if (start < end) patched.set(newer.subarray(start, end), start)
    return patched
  }

  /** Every file as processes see it. */
  *files(folder: Folder = this.seen, prefix = ''): Generator<[path: string, file: Stored]> {
    for (const [name, node] of folder)
      if (node instanceof Stored) yield [prefix + name, node]
      else yield* this.files(node, `${prefix}${name}/`)
  }

  /** Changes a bit of a file, on the medium: as read from now on. */
  rot(file: Stored): void {
    const bytes = file.bytes.slice()
    if (bytes.length === 0) return
    bytes[this.random.below(bytes.length)] ^= 1 << this.random.below(8)
    if (file.synced === file.bytes) file.synced = bytes
    file.bytes = bytes
  }
}

const startsWith = (bytes: Uint8Array, beginning: Uint8Array): boolean =>
  beginning.length <= bytes.length && beginning.every((byte, i) => byte === bytes[i])

function settled(file: Stored): Stored {
  file.synced = file.bytes
  return file
}

function syncedCopy(folder: Folder): Folder {
  const copy: Folder = new Map()
  for (const [name, node] of folder) copy.set(name, node instanceof Stored ? settled(node) : syncedCopy(node))
  return copy
}

export function split(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}

function find(root: Folder, path: string): Stored | Folder | undefined {
  let node: Stored | Folder | undefined = root
  if (path === '') return root
  for (const name of path.split('/')) {
    if (!(node instanceof Map)) return undefined
    node = node.get(name)
  }
  return node
}

function makeFolder(root: Folder, path: string): Folder | null {
  let folder = root
  if (path === '') return root
  for (const name of path.split('/')) {
    let next = folder.get(name)
    if (next === undefined) {
      next = new Map()
      folder.set(name, next)
    }
    if (next instanceof Stored) return null
    folder = next
  }
  return folder
}
