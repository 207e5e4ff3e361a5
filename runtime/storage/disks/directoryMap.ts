// The directories of a plain_rewritable disk: which logical path stands for which prefix of keys.
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'

/** What lies under `__meta/<name>/prefix.path`. */
export interface Directory {
  /** Files lie under `<name>/`. */
  readonly name: string
  /** Logical, without a `/` at its end. */
  readonly path: string
  /** Of the prefix.path object. */
  readonly etag: string
  /** Where the object lists them: exactly these files, by name. null: what lies under the prefix. */
  readonly files: ReadonlyMap<string, ListedFile> | null
}

export interface ListedFile {
  /** Relative to the disk's prefix. */
  readonly key: string
  readonly size: number
}

interface Node {
  readonly children: Map<string, Node>
  directory: Directory | null
}

/** Directories by name and by path. A directory that only has directories needs no entry of its own. */
export class DirectoryMap {
  readonly #byName = new Map<string, Directory>()
  readonly #root: Node = { children: new Map(), directory: null }

  named(name: string): Directory | undefined {
    return this.#byName.get(name)
  }

  get(path: string): Directory | null {
    return this.#node(path)?.directory ?? null
  }

  /** Whether there is such a directory, with an entry or by what lies below it. */
  has(path: string): boolean {
    return this.#node(path) !== undefined
  }

  /** Names of the directories directly below a path. */
  children(path: string): string[] {
    return [...(this.#node(path)?.children.keys() ?? [])]
  }

  /** The directory and all below it, from the top down. */
  below(path: string): Directory[] {
    const found: Directory[] = []
    const walk = (node: Node): void => {
      if (node.directory) found.push(node.directory)
      for (const child of node.children.values()) walk(child)
    }
    const start = this.#node(path)
    if (start) walk(start)
    return found
  }

  /** A directory's entry, in place of one that it had under another path. Of two with one path the first stays. */
  set(directory: Directory): void {
    this.delete(directory.name)
    let node = this.#root
    if (directory.path !== '')
      for (const name of directory.path.split('/')) {
        let child = node.children.get(name)
        if (!child) {
          child = { children: new Map(), directory: null }
          node.children.set(name, child)
        }
        node = child
      }
    if (node.directory) return
    node.directory = directory
    this.#byName.set(directory.name, directory)
  }

  delete(name: string): void {
    const known = this.#byName.get(name)
    if (!known) return
    this.#byName.delete(name)
    const way: { node: Node; name: string }[] = []
    let node = this.#root
    for (const step of known.path === '' ? [] : known.path.split('/')) {
      way.push({ node, name: step })
      const child = node.children.get(step)
      if (!child) return
      node = child
    }
    node.directory = null
    for (const { node: parent, name: step } of way.reverse()) {
      const child = parent.children.get(step)
      if (!child || child.directory || child.children.size > 0) return
      parent.children.delete(step)
    }
  }

  #node(path: string): Node | undefined {
    let node: Node | undefined = this.#root
    if (path !== '') for (const name of path.split('/')) node = node?.children.get(name)
    return node
  }
}

/**
 * `<path>/`, without a newline; nothing at all for the root. Newer: `<path>/\nfiles: <n>\n` and n lines
 * `<name>\t<key>\t<size>\n`.
 */
export function parsePrefixPath(bytes: Uint8Array, key: string): Pick<Directory, 'path' | 'files'> {
  const [path, head, ...lines] = decodeText(bytes).split('\n')
  const bad = (what: string) => new DBError('CORRUPTED_DATA', `Object ${key}: ${what}`)
  const parts = path.endsWith('/') ? path.slice(0, -1) : path
  if (parts !== '' && parts.split('/').some(part => part === '' || part === '.' || part === '..'))
    throw bad(`${JSON.stringify(path)} is not the path of a directory`)
  if (head === undefined || (head === '' && lines.length === 0)) return { path: parts, files: null }
  const count = /^files: (\d{1,9})$/.exec(head)
  if (!count || lines.pop() !== '' || lines.length !== Number(count[1])) throw bad('its list of files is not complete')
  const files = new Map<string, ListedFile>()
  for (const line of lines) {
    const [name, target, size, ...more] = line.split('\t').map(unescapeTsv)
    if (!size || !/^\d{1,15}$/.test(size) || name === '' || more.length > 0)
      throw bad(`${JSON.stringify(line)} is not a file of its list`)
    files.set(name, { key: target, size: Number(size) })
  }
  return { path: parts, files }
}

export const printPrefixPath = (path: string): Uint8Array => encodeText(path === '' ? '' : `${path}/`)

const unescapeTsv = (text: string): string =>
  text.replace(/\\(.)/g, (_, char: string) => ({ t: '\t', n: '\n', r: '\r', 0: '\0', b: '\b', f: '\f' })[char] ?? char)

const multipliers = [0x01000193, 0x5bd1e995, 0x85ebca77, 0xc2b2ae3d]

/**
 * A name for the directory of a path: 32 letters from its hash, so that who looks for a directory that another thread has just made
 * finds it without listing. attempt: another name, where the one before belongs to a directory that has moved away.
 */
export function directoryName(path: string, attempt: number): string {
  const bytes = encodeText(`${attempt}/${path}`)
  let letters = ''
  for (let lane = 0; lane < 4; lane++) {
    let hash = Math.imul(lane + 1, 0x9e3779b1)
    for (const byte of bytes) {
      hash = Math.imul(hash ^ byte, multipliers[lane])
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
    for (let digit = 0; digit < 8; digit++) letters += String.fromCharCode(97 + ((hash >>> (digit * 4)) & 15))
  }
  return letters
}
