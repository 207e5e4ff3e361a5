// A directory tree on a web server, as ClickHouse's tool for static files lays it out: a file `.index` in each directory has a line
// `<name>\t1` for a directory and `<name>\t0\t<size>` for a file.
import { DBError } from '../../core/errors.ts'
import { decodeText } from '../../core/text.ts'
import type { DiskEntry, ReadOptions } from '../disk.ts'
import { escapeFileName } from '../mergetree/fileName.ts'
import type { ObjectStore } from '../objectStore.ts'
import { checked } from './memory.ts'
import { ReadOnlyDisk } from './readOnly.ts'

const indicesMax = 10_000

export interface WebDiskOptions {
  /** Of Platform: nothing that is on its way is shared. */
  readonly isolatesRequests?: boolean
}

type Index = ReadonlyMap<string, DiskEntry>

export class WebDisk extends ReadOnlyDisk {
  /** What is published so does not change; by directory. */
  readonly #indices = new Map<string, Index>()
  readonly #reading = new Map<string, Promise<Index>>()
  /** Of what is known: counts calls of refresh. */
  #generation = 0

  constructor(
    readonly store: ObjectStore,
    readonly options: WebDiskOptions = {},
  ) {
    super()
  }

  async refresh(): Promise<void> {
    this.#generation++
    this.#indices.clear()
    this.#reading.clear()
  }

  async read(path: string, start: number, end: number, { signal }: ReadOptions = {}): Promise<Uint8Array> {
    const size = await this.size(path)
    if (size === null) throw new DBError('FILE_DOESNT_EXIST', `File ${path} does not exist`)
    const to = Math.min(end, size)
    if (start >= to) return new Uint8Array(0)
    const object = await this.store.get(keyOf(path), { start, end: to, signal })
    if (!object) throw new DBError('FILE_DOESNT_EXIST', `File ${path} is in the index of its directory and not there`)
    if (object.size !== null && object.size !== size)
      throw new DBError(
        'CANNOT_READ_ALL_DATA',
        `File ${path} has ${object.size} bytes, the index of its directory says ${size}`,
      )
    return object.bytes
  }

  async readAll(path: string): Promise<Uint8Array | null> {
    const size = await this.size(path)
    return size === null ? null : this.read(path, 0, size)
  }

  async size(path: string): Promise<number | null> {
    const slash = checked(path).lastIndexOf('/')
    const entry = (await this.#index(path.slice(0, Math.max(slash, 0)))).get(path.slice(slash + 1))
    return entry && !entry.isDirectory ? entry.size : null
  }

  async list(path: string): Promise<DiskEntry[]> {
    return [...(await this.#index(checked(path))).values()]
  }

  async #index(directory: string): Promise<Index> {
    const known = this.#indices.get(directory)
    if (known) return known
    const generation = this.#generation
    const index = await this.#once(directory === '' ? '.index' : `${directory}/.index`)
    if (generation !== this.#generation) return index
    if (this.#indices.size >= indicesMax) this.#indices.clear()
    this.#indices.set(directory, index)
    return index
  }

  #once(key: string): Promise<Index> {
    if (this.options.isolatesRequests) return this.#read(key)
    let reading = this.#reading.get(key)
    if (!reading) {
      reading = this.#read(key).finally(() => {
        if (this.#reading.get(key) === reading) this.#reading.delete(key)
      })
      this.#reading.set(key, reading)
    }
    return reading
  }

  async #read(key: string): Promise<Index> {
    const entries = new Map<string, DiskEntry>()
    const object = await this.store.get(key)
    if (!object) return entries
    for (const line of decodeText(object.bytes).split('\n')) {
      if (line === '') continue
      const [name, kind, size, ...more] = line.split('\t')
      const isDirectory = kind === '1'
      const isFile = kind === '0' && /^\d{1,15}$/.test(size ?? '')
      if (name === '' || name.includes('/') || (!isDirectory && !isFile) || more.length > 0)
        throw new DBError('CANNOT_READ_ALL_DATA', `File ${key} is not the index of a directory`)
      entries.set(name, { name, isDirectory, size: isDirectory ? 0 : Number(size), modifiedMs: 0 })
    }
    return entries
  }
}

/** The stem of a file's name is escaped once more than it is already; its extension is not, nor a name without one. */
function keyOf(path: string): string {
  const slash = path.lastIndexOf('/') + 1
  const name = path.slice(slash)
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? path : path.slice(0, slash) + escapeFileName(name.slice(0, dot)) + name.slice(dot)
}
