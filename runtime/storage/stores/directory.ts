// Objects as the files of a directory: what is published to a local directory, and served from it.
import { DBError } from '../../core/errors.ts'
import type { Disk } from '../disk.ts'
import type { GetOptions, ObjectEntry, ObjectStore, ObjectWriter, PutOptions, StoredObject } from '../objectStore.ts'

/** Objects up to this size are read whole, and their tag is of their content; of larger ones it is of size and time. */
const smallBytesMax = 1 << 20
const aside = /\.granary_aside_\d+$/

export class DirectoryStore implements ObjectStore {
  readonly can: ObjectStore['can']
  #asides = 0
  /** Conditional writes of this process happen one after another; other processes are not kept out. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    readonly disk: Disk,
    /** A directory on the disk; '' is its root. */
    readonly directory = '',
  ) {
    this.can = { write: disk.can.write, list: true, conditional: false }
  }

  #path(key: string): string {
    return this.directory === '' ? key : `${this.directory}/${key}`
  }

  async get(key: string, { start = 0, end, ifMatch }: GetOptions = {}): Promise<StoredObject | null> {
    const path = this.#path(key)
    const size = await this.disk.size(path)
    if (size === null) return null
    try {
      const to = Math.min(end ?? size, size)
      const isSmall = size <= smallBytesMax
      const from = Math.min(start, to)
      const read = isSmall ? [0, size] : [from, to]
      const bytes = read[1] > read[0] ? await this.disk.read(path, read[0], read[1]) : new Uint8Array(0)
      if (bytes.length !== read[1] - read[0])
        throw new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: ${path} became shorter while it was read`)
      const etag = isSmall ? contentTag(bytes) : await this.#timeTag(path, size)
      if (ifMatch !== undefined && ifMatch !== etag)
        throw new DBError('CANNOT_READ_ALL_DATA', `Object ${key} has changed while it was being read`)
      return { bytes: isSmall ? bytes.subarray(from, to) : bytes, etag, size }
    } catch (error) {
      if (error instanceof DBError && error.errorName === 'FILE_DOESNT_EXIST') return null
      throw error
    }
  }

  async #timeTag(path: string, size: number): Promise<string> {
    const slash = path.lastIndexOf('/')
    const entries = await this.disk.list(path.slice(0, Math.max(slash, 0)))
    const entry = entries.find(({ name }) => name === path.slice(slash + 1))
    return `"${size}-${entry?.modifiedMs ?? 0}"`
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'> {
    const object = await this.get(key)
    return object !== null && object.etag === etag ? 'same' : object
  }

  put(key: string, bytes: Uint8Array, { ifAbsent, ifMatch }: PutOptions = {}): Promise<{ etag: string }> {
    const write = async () => {
      if (ifMatch !== undefined && (await this.#tag(key)) !== ifMatch)
        throw new DBError('COORDINATION_ERROR', `Object ${key} is not what it was: somebody else wrote it`)
      await this.disk.put(this.#path(key), bytes, { ifAbsent })
      return { etag: (await this.#tag(key)) ?? '' }
    }
    if (ifMatch === undefined) return write()
    const written = this.#last.then(write, write)
    this.#last = written.catch(() => {})
    return written
  }

  async #tag(key: string): Promise<string | null> {
    return (await this.get(key))?.etag ?? null
  }

  async create(key: string): Promise<ObjectWriter> {
    const name = `${this.#path(key)}.granary_aside_${this.#asides++}`
    await this.disk.remove(name)
    const writer = await this.disk.create(name)
    return {
      write: async bytes => writer.write(bytes),
      close: async () => {
        await writer.close({ sync: true })
        await this.disk.remove(this.#path(key))
        await this.disk.move(name, this.#path(key))
        return { etag: (await this.#tag(key)) ?? '' }
      },
      abort: () => writer.abort(),
    }
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    const slash = prefix.lastIndexOf('/')
    yield* this.#below(prefix.slice(0, slash + 1), prefix.slice(slash + 1))
  }

  /** directory: '' or with a `/` at its end. */
  async *#below(directory: string, start: string): AsyncGenerator<ObjectEntry> {
    const entries = await this.disk.list(this.#path(directory).replace(/\/$/, ''))
    const sorted = entries
      .filter(({ name }) => name.startsWith(start) && !aside.test(name))
      .map(entry => ({ ...entry, order: entry.isDirectory ? `${entry.name}/` : entry.name }))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
    for (const { name, isDirectory, size, modifiedMs } of sorted)
      if (isDirectory) yield* this.#below(`${directory}${name}/`, '')
      else yield { key: `${directory}${name}`, size, etag: '', modifiedMs }
  }

  async listDirectory(prefix: string): Promise<{ objects: ObjectEntry[]; prefixes: string[] }> {
    const entries = await this.disk.list(this.#path(prefix).replace(/\/$/, ''))
    const shown = entries.filter(({ name }) => !aside.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
    return {
      objects: shown
        .filter(({ isDirectory }) => !isDirectory)
        .map(({ name, size, modifiedMs }) => ({ key: prefix + name, size, etag: '', modifiedMs })),
      prefixes: shown.filter(({ isDirectory }) => isDirectory).map(({ name }) => `${prefix}${name}/`),
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    const directories = new Set<string>()
    for (const key of keys) {
      await this.disk.remove(this.#path(key))
      const slash = key.lastIndexOf('/')
      if (slash > 0) directories.add(key.slice(0, slash))
    }
    // Where no object is, there is no directory.
    for (const directory of [...directories].sort((a, b) => b.length - a.length))
      if ((await this.disk.list(this.#path(directory))).length === 0) await this.disk.remove(this.#path(directory))
  }

  async copy(from: string, to: string): Promise<void> {
    const object = await this.get(from)
    if (!object) throw new DBError('FILE_DOESNT_EXIST', `Object ${from} does not exist`)
    await this.put(to, object.bytes)
  }
}

/** 106 bits of a content's hash, after its size: two files that differ have, but for chance, different ones. */
function contentTag(bytes: Uint8Array): string {
  let [a, b, c, d] = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x85ebca77)
    c = Math.imul(c ^ byte ^ (a >>> 15), 0xc2b2ae3d)
    d = Math.imul(d ^ byte ^ (b >>> 13), 0x27d4eb2f)
  }
  const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
  return `"${bytes.length.toString(16)}-${hex(a)}${hex(b)}${hex(c)}${hex(d)}"`
}
