import { concatenate } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import type { GetOptions, ObjectEntry, ObjectStore, ObjectWriter, PutOptions, StoredObject } from '../objectStore.ts'

interface Kept {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly modifiedMs: number
}

/** Objects in this process's memory. */
export class MemoryStore implements ObjectStore {
  readonly can = { write: true, list: true, conditional: true }
  readonly objects = new Map<string, Kept>()
  #version = 0

  constructor(readonly now: () => number = () => 0) {}

  async get(key: string, { start = 0, end, ifMatch }: GetOptions = {}): Promise<StoredObject | null> {
    const kept = this.objects.get(key)
    if (!kept) return null
    if (ifMatch !== undefined && kept.etag !== ifMatch)
      throw new DBError('CANNOT_READ_ALL_DATA', `Object ${key} has changed while it was read`)
    return { bytes: kept.bytes.slice(start, end), etag: kept.etag, size: kept.bytes.length }
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'> {
    return this.objects.get(key)?.etag === etag ? 'same' : this.get(key)
  }

  async put(key: string, bytes: Uint8Array, { ifAbsent, ifMatch }: PutOptions = {}): Promise<{ etag: string }> {
    const kept = this.objects.get(key)
    if (ifAbsent && kept) throw new DBError('FILE_ALREADY_EXISTS', `Object ${key} already exists`)
    if (ifMatch !== undefined && kept?.etag !== ifMatch)
      throw new DBError('COORDINATION_ERROR', `Object ${key} was written by somebody else`)
    const etag = `"${++this.#version}"`
    this.objects.set(key, { bytes: bytes.slice(), etag, modifiedMs: this.now() })
    return { etag }
  }

  async create(key: string): Promise<ObjectWriter> {
    const pieces: Uint8Array[] = []
    return {
      write: async bytes => {
        pieces.push(bytes.slice())
      },
      close: () => this.put(key, concatenate(pieces)),
      abort: async () => {},
    }
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    const keys = [...this.objects.keys()].filter(key => key.startsWith(prefix)).sort()
    for (const key of keys) {
      const kept = this.objects.get(key)
      if (kept) yield { key, size: kept.bytes.length, etag: kept.etag, modifiedMs: kept.modifiedMs }
    }
  }

  async listDirectory(prefix: string): Promise<{ objects: ObjectEntry[]; prefixes: string[] }> {
    const objects: ObjectEntry[] = []
    const prefixes = new Set<string>()
    for await (const entry of this.list(prefix)) {
      const slash = entry.key.indexOf('/', prefix.length)
      if (slash < 0) objects.push(entry)
      else prefixes.add(entry.key.slice(0, slash + 1))
    }
    return { objects, prefixes: [...prefixes] }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.objects.delete(key)
  }

  async copy(from: string, to: string): Promise<void> {
    const kept = this.objects.get(from)
    if (!kept) throw new DBError('FILE_DOESNT_EXIST', `Object ${from} does not exist`)
    await this.put(to, kept.bytes)
  }
}
