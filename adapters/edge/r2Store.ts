import { ownBytes } from '../../runtime/core/buffers.ts'
import { concatenate } from '../../runtime/core/bytes.ts'
import { DBError } from '../../runtime/core/errors.ts'
import type {
  GetOptions,
  ObjectEntry,
  ObjectStore,
  ObjectWriter,
  PutOptions,
  StoredObject,
} from '../../runtime/storage/objectStore.ts'

/** What of R2's binding is used here, as Workers are given it. */
export interface R2Bucket {
  head(key: string): Promise<R2Object | null>
  get(key: string, options?: { range?: R2Range; onlyIf?: R2Conditional }): Promise<R2Object | R2ObjectBody | null>
  put(
    key: string,
    value: Uint8Array | ReadableStream,
    options?: { onlyIf?: R2Conditional },
  ): Promise<Pick<R2Object, 'etag'> | null>
  delete(keys: string[]): Promise<void>
  list(options: { prefix: string; cursor?: string; delimiter?: string; limit?: number }): Promise<R2Objects>
  createMultipartUpload(key: string): Promise<R2MultipartUpload>
}

interface R2Range {
  readonly offset: number
  readonly length?: number
}

interface R2Conditional {
  readonly etagMatches?: string
  readonly etagDoesNotMatch?: string
}

interface R2Object {
  readonly key: string
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  readonly uploaded: Date
}

/** Without a body when a condition did not hold. */
interface R2ObjectBody extends R2Object {
  readonly body: ReadableStream
  arrayBuffer(): Promise<ArrayBuffer>
}

interface R2Objects {
  readonly objects: readonly R2Object[]
  readonly truncated: boolean
  readonly cursor?: string
  readonly delimitedPrefixes: readonly string[]
}

interface R2MultipartUpload {
  uploadPart(part: number, value: Uint8Array): Promise<R2UploadedPart>
  complete(parts: R2UploadedPart[]): Promise<Pick<R2Object, 'etag'>>
  abort(): Promise<void>
}

interface R2UploadedPart {
  readonly partNumber: number
  readonly etag: string
}

/** Every part of an upload but the last has one size, of 5 MiB or more. */
const partBytes = 5 << 20
const removedAtOnceMax = 1000

/** Objects of an R2 bucket below a prefix. Each call is one operation of the binding, in the request that makes it. */
export class R2Store implements ObjectStore {
  readonly can = { write: true, list: true, conditional: true }
  readonly #prefix: string

  /** prefix: '' or `a/b`. */
  constructor(
    private readonly bucket: R2Bucket,
    prefix: string,
  ) {
    const trimmed = prefix.replace(/^\/+|\/+$/g, '')
    this.#prefix = trimmed === '' ? '' : `${trimmed}/`
  }

  async get(key: string, { start = 0, end, ifMatch, signal }: GetOptions = {}): Promise<StoredObject | null> {
    signal?.throwIfAborted()
    if (end !== undefined && end <= start) return this.#nothing(key, ifMatch)
    const isWhole = start === 0 && end === undefined
    const range = isWhole ? undefined : { offset: start, ...(end === undefined ? {} : { length: end - start }) }
    let found: R2Object | R2ObjectBody | null
    try {
      const onlyIf = ifMatch === undefined ? undefined : { etagMatches: ifMatch }
      found = await this.bucket.get(this.#prefix + key, { range, onlyIf })
    } catch (error) {
      // A range that begins behind the object's end is an error there.
      const object = isWhole ? null : await this.bucket.head(this.#prefix + key).catch(() => null)
      if (object && object.size <= start) return this.#nothing(key, ifMatch)
      throw refused('read', key, error)
    }
    signal?.throwIfAborted()
    if (found === null) return null
    if (!hasBody(found)) throw changed(key)
    const body = found
    const bytes = ownBytes(new Uint8Array(await this.#call('read', key, () => body.arrayBuffer())))
    signal?.throwIfAborted()
    const expected = Math.max(0, Math.min(end ?? found.size, found.size) - start)
    if (bytes.length !== expected)
      throw new DBError(
        'CANNOT_READ_ALL_DATA',
        `R2 gave ${bytes.length} bytes of object ${key}, ${expected} were to come`,
      )
    return { bytes, etag: found.etag, size: found.size }
  }

  /** No bytes of an object that may be there. */
  async #nothing(key: string, ifMatch: string | undefined): Promise<StoredObject | null> {
    const object = await this.#call('look at', key, () => this.bucket.head(this.#prefix + key))
    if (object === null) return null
    if (ifMatch !== undefined && object.etag !== ifMatch) throw changed(key)
    return { bytes: new Uint8Array(0), etag: object.etag, size: object.size }
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'> {
    return this.#call('read', key, async () => {
      const found = await this.bucket.get(this.#prefix + key, { onlyIf: { etagDoesNotMatch: etag } })
      if (found === null) return null
      if (!hasBody(found)) return 'same'
      const bytes = new Uint8Array(await found.arrayBuffer())
      if (bytes.length !== found.size)
        throw new DBError('CANNOT_READ_ALL_DATA', `R2 gave ${bytes.length} of the ${found.size} bytes of object ${key}`)
      return { bytes, etag: found.etag, size: found.size }
    })
  }

  async put(key: string, bytes: Uint8Array, { ifAbsent, ifMatch }: PutOptions = {}): Promise<{ etag: string }> {
    const onlyIf = ifAbsent ? { etagDoesNotMatch: '*' } : ifMatch === undefined ? undefined : { etagMatches: ifMatch }
    const written = await this.#call('write', key, () => this.bucket.put(this.#prefix + key, bytes, { onlyIf }))
    if (written) return { etag: written.etag }
    if (ifAbsent) throw new DBError('FILE_ALREADY_EXISTS', `Object ${key} exists already`)
    throw new DBError('COORDINATION_ERROR', `Object ${key} was written by somebody else meanwhile`)
  }

  async create(key: string): Promise<ObjectWriter> {
    return new R2Writer(this.bucket, this.#prefix + key, key)
  }

  async *list(prefix: string, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<ObjectEntry> {
    for await (const { objects } of this.#pages(prefix, undefined)) {
      signal?.throwIfAborted()
      for (const object of objects) yield this.#entry(object)
    }
  }

  async listDirectory(prefix: string): Promise<{ objects: ObjectEntry[]; prefixes: string[] }> {
    const objects: ObjectEntry[] = []
    const prefixes: string[] = []
    for await (const page of this.#pages(prefix, '/')) {
      for (const object of page.objects) objects.push(this.#entry(object))
      for (const one of page.delimitedPrefixes) prefixes.push(one.slice(this.#prefix.length))
    }
    return { objects, prefixes }
  }

  async *#pages(prefix: string, delimiter: string | undefined): AsyncGenerator<R2Objects> {
    let cursor: string | undefined
    do {
      const page = await this.#call('list', prefix, () =>
        this.bucket.list({ prefix: this.#prefix + prefix, delimiter, ...(cursor ? { cursor } : {}) }),
      )
      yield page
      cursor = page.truncated ? page.cursor : undefined
    } while (cursor)
  }

  #entry({ key, size, etag, uploaded }: R2Object): ObjectEntry {
    return { key: key.slice(this.#prefix.length), size, etag, modifiedMs: uploaded.getTime() }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += removedAtOnceMax) {
      const some = keys.slice(i, i + removedAtOnceMax).map(key => this.#prefix + key)
      await this.#call('remove', keys[i], () => this.bucket.delete(some))
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const found = await this.#call('read', from, () => this.bucket.get(this.#prefix + from))
    if (found === null || !hasBody(found)) throw new DBError('FILE_DOESNT_EXIST', `Object ${from} does not exist`)
    await this.#call('write', to, () => this.bucket.put(this.#prefix + to, found.body))
  }

  async #call<T>(verb: string, key: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw error instanceof DBError ? error : refused(verb, key, error)
    }
  }
}

const hasBody = (object: R2Object | R2ObjectBody): object is R2ObjectBody =>
  typeof (object as Partial<R2ObjectBody>).arrayBuffer === 'function'

const changed = (key: string) =>
  new DBError('CANNOT_READ_ALL_DATA', `Object ${key} has changed since it was looked at: read it anew`)

const refused = (verb: string, key: string, cause: unknown) =>
  new DBError('S3_ERROR', `R2 could not ${verb} ${key}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  })

/** What fits into one part is one put; more becomes a multipart upload. */
class R2Writer implements ObjectWriter {
  #held: Uint8Array[] = []
  #heldBytes = 0
  #upload: R2MultipartUpload | null = null
  readonly #parts: R2UploadedPart[] = []

  constructor(
    private readonly bucket: R2Bucket,
    private readonly fullKey: string,
    private readonly key: string,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.slice(at, at + partBytes - this.#heldBytes)
      at += piece.length
      this.#held.push(piece)
      this.#heldBytes += piece.length
      if (this.#heldBytes === partBytes) await this.#sendPart()
    }
  }

  async #sendPart(): Promise<void> {
    const bytes = concatenate(this.#held)
    this.#held = []
    this.#heldBytes = 0
    try {
      this.#upload ??= await this.bucket.createMultipartUpload(this.fullKey)
      this.#parts.push(await this.#upload.uploadPart(this.#parts.length + 1, bytes))
    } catch (error) {
      throw refused('write', this.key, error)
    }
  }

  async close(): Promise<{ etag: string }> {
    if (this.#upload && this.#heldBytes > 0) await this.#sendPart()
    try {
      if (this.#upload) return { etag: (await this.#upload.complete(this.#parts)).etag }
      const written = await this.bucket.put(this.fullKey, concatenate(this.#held))
      return { etag: written?.etag ?? '' }
    } catch (error) {
      throw refused('write', this.key, error)
    }
  }

  async abort(): Promise<void> {
    this.#held = []
    await this.#upload?.abort().catch(() => {}) // R2 removes an upload that is not completed by itself
  }
}
