import { AwsV4Signer } from 'aws4fetch'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { encodeText } from '../../core/text.ts'
import type { HttpRequest, Platform } from '../../platform.ts'
import type { GetOptions, ObjectEntry, ObjectStore, ObjectWriter, PutOptions, StoredObject } from '../objectStore.ts'
import { checkRange, HttpRequests, parseContentRange, type Reply } from './httpRequests.ts'
import { base64, md5 } from './md5.ts'
import { type FailedAnswer, s3Failure } from './s3Errors.ts'
import type { S3Place } from './s3Location.ts'
import { partBytes, S3Writer, type Upload, type UploadedPart } from './s3Writer.ts'
import { childText, escapeXml, parseXml, type XmlElement } from './xml.ts'

const removedAtOnceMax = 1000
const removalsAtOnce = 8
const xmlBytesMax = 8 << 20
/** What one answer may have: kernel memory could not take more. */
const objectBytesMax = 2 ** 31
const copiedPartBytes = 1 << 30
const writeId = 'x-amz-meta-granary-write'

interface Call {
  readonly method: HttpRequest['method']
  /** With the store's prefix; null: the bucket itself. */
  readonly key: string | null
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly bytesMax?: number
  /** Default: true. */
  readonly isIdempotent?: boolean
  readonly signal?: AbortSignal
  /** The answer's body is XML, in which a failure may come with 200. */
  readonly isXml?: boolean
  check?(reply: Reply): void
}

/** Objects of a bucket below a prefix: Amazon S3 and what speaks its protocol (R2, MinIO, Ceph, ...). Never asks with HEAD. */
export class S3Store implements ObjectStore {
  readonly can = { write: true, list: true, conditional: true }
  readonly requests: HttpRequests
  /** Keys of signatures, which hold for a day. */
  readonly #cache = new Map<string, ArrayBuffer>()
  #removesMany = true

  constructor(
    readonly platform: Platform,
    readonly place: S3Place,
  ) {
    this.requests = new HttpRequests(platform, place.limits)
  }

  // --- Reading ---

  async get(key: string, { start = 0, end, ifMatch, signal }: GetOptions = {}): Promise<StoredObject | null> {
    const isWhole = start === 0 && end === undefined
    // An empty range cannot be asked for; its object's being there can.
    const isEmpty = end !== undefined && end <= start
    const to = isEmpty ? start + 1 : end
    const reply = await this.#call({
      method: 'GET',
      key,
      headers: {
        ...(isWhole ? {} : { range: `bytes=${start}-${to === undefined ? '' : to - 1}` }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      bytesMax: to === undefined ? objectBytesMax : to - start,
      signal,
      check: reply => {
        if (!isWhole && reply.status === 200)
          throw new DBError('CANNOT_READ_ALL_DATA', 'the store ignores that a range was asked for')
        if (reply.status === 206) checkRange(reply, start, to)
      },
    })
    if (reply.status === 404 && failedAnswer(reply).code === 'NoSuchKey') return null
    if (reply.status === 412)
      throw new DBError('CANNOT_READ_ALL_DATA', `Object ${this.#name(key)} has changed since it was looked at`)
    if (reply.status === 416) return this.#behindEnd(key, reply, start, ifMatch)
    if (reply.status !== (isWhole ? 200 : 206)) throw this.#failure('GET', key, reply)
    const etag = this.#etagOf(reply, 'GET', key)
    if (ifMatch !== undefined && etag !== ifMatch)
      throw new DBError('CANNOT_READ_ALL_DATA', `Object ${this.#name(key)} has changed: ${etag} came for ${ifMatch}`)
    const size = isWhole ? reply.bytes.length : (parseContentRange(reply.headers.get('content-range'))?.size ?? null)
    return { bytes: isEmpty ? new Uint8Array(0) : reply.bytes, etag, size }
  }

  /** A range that begins at or behind the end: no bytes, if the object is as short as that. */
  async #behindEnd(
    key: string,
    reply: Reply,
    start: number,
    ifMatch: string | undefined,
  ): Promise<StoredObject | null> {
    const stated = /^bytes \*\/(\d{1,15})$/.exec(reply.headers.get('content-range') ?? '')
    const size = stated ? Number(stated[1]) : null
    if (size !== null && size > start) throw this.#failure('GET', key, reply)
    // Nothing of the answer says which version it is about.
    if (ifMatch !== undefined || size === null) {
      const whole = start === 0 ? await this.get(key, { ifMatch }) : await this.get(key, { start: 0, end: 1, ifMatch })
      if (whole && whole.size !== null && whole.size > start) throw this.#failure('GET', key, reply)
      return whole && { ...whole, bytes: new Uint8Array(0) }
    }
    return { bytes: new Uint8Array(0), etag: reply.headers.get('etag') ?? '', size }
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'> {
    const reply = await this.#call({
      method: 'GET',
      key,
      headers: { 'if-none-match': etag },
      bytesMax: objectBytesMax,
    })
    if (reply.status === 304) return 'same'
    if (reply.status === 404 && failedAnswer(reply).code === 'NoSuchKey') return null
    if (reply.status !== 200) throw this.#failure('GET', key, reply)
    return { bytes: reply.bytes, etag: this.#etagOf(reply, 'GET', key), size: reply.bytes.length }
  }

  async *list(prefix: string, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<ObjectEntry> {
    for await (const { objects } of this.#pages(prefix, undefined, signal)) yield* objects
  }

  async listDirectory(prefix: string): Promise<{ objects: ObjectEntry[]; prefixes: string[] }> {
    const objects: ObjectEntry[] = []
    const prefixes: string[] = []
    for await (const page of this.#pages(prefix, '/')) {
      // The object that some tools make to stand for a directory.
      objects.push(...page.objects.filter(({ key }) => key !== prefix))
      prefixes.push(...page.prefixes)
    }
    return { objects, prefixes }
  }

  async *#pages(
    prefix: string,
    delimiter: string | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<{ objects: ObjectEntry[]; prefixes: string[] }> {
    let token: string | null = null
    const seen = new Set<string>()
    do {
      const query: Record<string, string> = {
        'list-type': '2',
        'encoding-type': 'url',
        prefix: this.place.prefix + prefix,
        ...(delimiter ? { delimiter } : {}),
        ...(token === null ? {} : { 'continuation-token': token }),
      }
      const reply = await this.#call({ method: 'GET', key: null, query, bytesMax: xmlBytesMax, signal, isXml: true })
      if (reply.status !== 200) throw this.#failure('LIST', prefix, reply)
      const page = parseXml(reply.bytes)
      const wrong = (what: string) => new DBError('S3_ERROR', `The list of ${this.#name(prefix)}: ${what}`)
      if (page.name !== 'ListBucketResult') throw this.#failure('LIST', prefix, reply)
      const truncated = childText(page, 'IsTruncated')
      if (truncated !== 'true' && truncated !== 'false') throw wrong('it does not say whether there is more')
      const isEncoded = childText(page, 'EncodingType') === 'url'
      yield { objects: this.#objectsOf(page, prefix, isEncoded), prefixes: this.#prefixesOf(page, prefix, isEncoded) }
      token = truncated === 'true' ? childText(page, 'NextContinuationToken') : null
      if (truncated === 'true' && !token) throw wrong('there is more, but no token to ask for it')
      if (token !== null && seen.has(token)) throw wrong('it goes round in a circle')
      if (token !== null) seen.add(token)
    } while (token !== null)
  }

  #objectsOf(page: XmlElement, prefix: string, isEncoded: boolean): ObjectEntry[] {
    return page.children
      .filter(({ name }) => name === 'Contents')
      .map(element => {
        const key = this.#keyOf(childText(element, 'Key'), prefix, isEncoded)
        const size = childText(element, 'Size') ?? ''
        const modifiedMs = Date.parse(childText(element, 'LastModified') ?? '')
        if (!/^\d{1,15}$/.test(size)) throw new DBError('S3_ERROR', `The list gives no size of ${this.#name(key)}`)
        const etag = quoted(childText(element, 'ETag') ?? '')
        return { key, size: Number(size), etag, modifiedMs: Number.isFinite(modifiedMs) ? modifiedMs : 0 }
      })
  }

  #prefixesOf(page: XmlElement, prefix: string, isEncoded: boolean): string[] {
    return page.children
      .filter(({ name }) => name === 'CommonPrefixes')
      .map(element => this.#keyOf(childText(element, 'Prefix'), prefix, isEncoded))
  }

  #keyOf(text: string | null, prefix: string, isEncoded: boolean): string {
    const key = text !== null && isEncoded ? decodeURIComponent(text.replace(/\+/g, ' ')) : text
    if (key === null || !key.startsWith(this.place.prefix + prefix))
      throw new DBError(
        'S3_ERROR',
        `The list of ${this.#name(prefix)} has ${JSON.stringify(key)}, which is not below it`,
      )
    return key.slice(this.place.prefix.length)
  }

  // --- Writing ---

  async put(key: string, bytes: Uint8Array, { ifAbsent, ifMatch }: PutOptions = {}): Promise<{ etag: string }> {
    assert(!ifAbsent || ifMatch === undefined, 'a write has one condition')
    if (bytes.length > partBytes * 8 && !ifAbsent && ifMatch === undefined) {
      const writer = await this.create(key)
      await writer.write(bytes)
      return writer.close()
    }
    const isConditional = ifAbsent || ifMatch !== undefined
    // The store keeps it with the object: so a write of ours is told apart from one that others made of the same bytes.
    const id = isConditional ? this.#newWriteId() : ''
    const reply = await this.#call({
      method: 'PUT',
      key,
      headers: {
        ...(ifAbsent ? { 'if-none-match': '*' } : {}),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(isConditional ? { [writeId]: id } : {}),
      },
      body: bytes,
    })
    if (reply.status === 200) return { etag: this.#etagOf(reply, 'PUT', key) }
    const isLost = reply.status === 412 || reply.status === 409 || (reply.status === 404 && ifMatch !== undefined)
    if (!isLost || !isConditional) throw this.#failure('PUT', key, reply)
    // Whoever made the condition fail may have been we.
    const written = await this.#ownWrite(key, id)
    if (written) return written
    if (ifAbsent) throw new DBError('FILE_ALREADY_EXISTS', `Object ${this.#name(key)} already exists`)
    throw new DBError('COORDINATION_ERROR', `Object ${this.#name(key)} was written by somebody else meanwhile`)
  }

  #newWriteId(): string {
    return hexOf(this.platform.randomBytes(16))
  }

  /** The object, if it is what a request of this id has written: its answer was lost, and it was repeated here or by fetch(). */
  async #ownWrite(key: string, id: string): Promise<{ etag: string } | null> {
    let reply = await this.#call({ method: 'GET', key, headers: { range: 'bytes=0-0' } })
    if (reply.status === 416) reply = await this.#call({ method: 'GET', key }) // empty: it has no ranges
    const isOurs = (reply.status === 200 || reply.status === 206) && reply.headers.get(writeId) === id
    return isOurs ? { etag: this.#etagOf(reply, 'GET', key) } : null
  }

  async create(key: string): Promise<ObjectWriter> {
    return new S3Writer(this, key)
  }

  async remove(keys: readonly string[]): Promise<void> {
    if (keys.length > 1 && this.#removesMany) {
      const batches: string[][] = []
      for (let i = 0; i < keys.length; i += removedAtOnceMax) batches.push(keys.slice(i, i + removedAtOnceMax))
      for (const batch of batches) await this.#removeMany(batch)
      return
    }
    let next = 0
    const work = async () => {
      while (next < keys.length) await this.#removeOne(keys[next++])
    }
    await Promise.all(Array.from({ length: Math.min(removalsAtOnce, keys.length) }, work))
  }

  async #removeOne(key: string): Promise<void> {
    const reply = await this.#call({ method: 'DELETE', key })
    if (reply.status === 204 || reply.status === 200) return
    if (reply.status !== 404 || failedAnswer(reply).code !== 'NoSuchKey') throw this.#failure('DELETE', key, reply)
  }

  async #removeMany(keys: readonly string[]): Promise<void> {
    const objects = keys.map(key => `<Object><Key>${escapeXml(this.place.prefix + key)}</Key></Object>`).join('')
    const body = encodeText(`<Delete><Quiet>true</Quiet>${objects}</Delete>`)
    const headers = { 'content-md5': base64(md5(body)) }
    const query = { delete: '' }
    const reply = await this.#call({ method: 'POST', key: null, query, headers, body, isXml: true })
    if (reply.status === 501 || reply.status === 405) {
      this.#removesMany = false
      return this.remove(keys)
    }
    if (reply.status !== 200) throw this.#failure('DELETE', keys[0], reply)
    const result = parseXml(reply.bytes)
    if (result.name !== 'DeleteResult') throw this.#failure('DELETE', keys[0], reply)
    for (const error of result.children.filter(({ name }) => name === 'Error')) {
      const code = childText(error, 'Code')
      if (code === 'NoSuchKey') continue
      throw new DBError(
        'S3_ERROR',
        `The store did not remove ${this.#name((childText(error, 'Key') ?? '').slice(this.place.prefix.length))}: ${code}`,
      )
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const headers = { 'x-amz-copy-source': `/${this.place.bucket}/${encodePath(this.place.prefix + from)}` }
    const reply = await this.#call({ method: 'PUT', key: to, headers, isXml: true })
    const { code } = failedAnswer(reply)
    if (reply.status === 404 && code === 'NoSuchKey')
      throw new DBError('FILE_DOESNT_EXIST', `Object ${this.#name(from)} does not exist`)
    // An object of more than 5 GB is not copied at once.
    if (reply.status === 400 && (code === 'InvalidRequest' || code === 'EntityTooLarge'))
      return this.#copyInParts(from, to, headers)
    if (reply.status !== 200 || parseXml(reply.bytes).name !== 'CopyObjectResult')
      throw this.#failure('COPY', to, reply)
  }

  async #copyInParts(from: string, to: string, headers: Record<string, string>): Promise<void> {
    const source = await this.get(from, { start: 0, end: 1 })
    if (!source?.size) throw new DBError('FILE_DOESNT_EXIST', `Object ${this.#name(from)} does not exist`)
    const upload = await this.startUpload(to)
    try {
      const parts: UploadedPart[] = []
      for (let start = 0; start < source.size; start += copiedPartBytes) {
        const last = Math.min(start + copiedPartBytes, source.size) - 1
        const reply = await this.#call({
          method: 'PUT',
          key: to,
          query: { partNumber: String(parts.length + 1), uploadId: upload.id },
          headers: {
            ...headers,
            'x-amz-copy-source-range': `bytes=${start}-${last}`,
            'x-amz-copy-source-if-match': source.etag,
          },
          isXml: true,
        })
        const result = reply.status === 200 ? parseXml(reply.bytes) : null
        const etag = result?.name === 'CopyPartResult' ? childText(result, 'ETag') : null
        if (!etag) throw this.#failure('COPY', to, reply)
        parts.push({ number: parts.length + 1, etag })
      }
      await this.finishUpload(upload, parts)
    } catch (error) {
      await this.abortUpload(upload).catch(() => {}) // the first error is the one to tell
      throw error
    }
  }

  // --- Uploads in parts ---

  async startUpload(key: string): Promise<Upload> {
    const write = this.#newWriteId()
    const headers = { [writeId]: write }
    const reply = await this.#call({ method: 'POST', key, query: { uploads: '' }, headers, isXml: true })
    if (reply.status !== 200) throw this.#failure('POST', key, reply)
    const id = childText(parseXml(reply.bytes), 'UploadId')
    if (!id) throw this.#failure('POST', key, reply)
    return { key, id, write }
  }

  async uploadPart({ key, id }: Upload, number: number, bytes: Uint8Array): Promise<UploadedPart> {
    const query = { partNumber: String(number), uploadId: id }
    const reply = await this.#call({ method: 'PUT', key, query, body: bytes })
    if (reply.status !== 200) throw this.#failure('PUT', key, reply)
    return { number, etag: this.#etagOf(reply, 'PUT', key) }
  }

  async finishUpload({ key, id, write }: Upload, parts: readonly UploadedPart[]): Promise<{ etag: string }> {
    const listed = parts.map(
      ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    )
    const body = encodeText(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`)
    const reply = await this.#call({ method: 'POST', key, query: { uploadId: id }, body, isXml: true })
    if (reply.status === 404 && failedAnswer(reply).code === 'NoSuchUpload') {
      const finished = await this.#ownWrite(key, write)
      if (finished) return finished
    }
    // A failure may come with 200, as the answer is begun before the parts are joined.
    const result = reply.status === 200 ? parseXml(reply.bytes) : null
    const etag = result?.name === 'CompleteMultipartUploadResult' ? childText(result, 'ETag') : null
    if (!etag) throw this.#failure('POST', key, reply)
    return { etag: quoted(etag) }
  }

  async abortUpload({ key, id }: Upload): Promise<void> {
    const reply = await this.#call({ method: 'DELETE', key, query: { uploadId: id } })
    if (reply.status !== 204 && reply.status !== 200 && reply.status !== 404) throw this.#failure('DELETE', key, reply)
  }

  // --- Requests ---

  #call({
    method,
    key,
    query = {},
    headers = {},
    body,
    bytesMax,
    isIdempotent = true,
    signal,
    isXml = false,
    check,
  }: Call): Promise<Reply> {
    const search = Object.entries(query)
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .join('&')
    const path = key === null ? '' : encodePath(this.place.prefix + key)
    const url = `${this.place.url}${path}${search === '' ? '' : `?${search}`}`
    return this.requests.send(() => this.#sign(url, method, headers, body), {
      what: `${method} ${this.#name(key ?? query['prefix']?.slice(this.place.prefix.length) ?? '')}`,
      bytesMax: bytesMax ?? 1 << 20,
      isIdempotent,
      signal,
      retries: reply => (isXml || reply.status >= 300) && retriedCodes.has(failedAnswer(reply).code),
      // What should be XML and is not is asked for once more.
      check: isXml ? ({ status, bytes }) => void (status === 200 && parseXml(bytes)) : check,
    })
  }

  async #sign(
    url: string,
    method: HttpRequest['method'],
    headers: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ) {
    const { credentials, region } = this.place
    // Bytes of an object, not a form of them that fits this client.
    const plain = { 'accept-encoding': 'identity' }
    if (!credentials) return { url, method, headers: { ...headers, ...plain }, body }
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', (body ?? new Uint8Array(0)) as BufferSource))
    const time = new Date(this.platform.clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, '')
    const signer = new AwsV4Signer({
      ...credentials,
      url,
      method,
      headers: { ...headers, 'x-amz-content-sha256': hexOf(digest) },
      region,
      service: 's3',
      datetime: time,
      cache: this.#cache,
    })
    const signed = await signer.sign()
    return { url, method, headers: { ...Object.fromEntries(signed.headers), ...plain }, body }
  }

  /** As errors name an object; never its URL, which may hold what is not to be seen. */
  #name(key: string): string {
    return `s3://${this.place.bucket}/${this.place.prefix}${key}`
  }

  #failure(verb: string, key: string, reply: Reply): DBError {
    return s3Failure(`${verb} ${this.#name(key)}`, reply.status, failedAnswer(reply), this.place)
  }

  #etagOf(reply: Reply, verb: string, key: string): string {
    const etag = reply.headers.get('etag')
    if (!etag)
      throw new DBError(
        'S3_ERROR',
        `The answer to ${verb} ${this.#name(key)} has no ETag: it is not of an object store, or does not let it be seen`,
      )
    return quoted(etag)
  }
}

const retriedCodes = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'OperationAborted',
  'ConditionalRequestConflict',
])

/** What an answer says of a failure, as far as it does. */
function failedAnswer({ bytes }: Reply): FailedAnswer {
  const nothing = { code: '', message: '', region: null }
  if (bytes.length === 0 || bytes.length > 1 << 16) return nothing
  try {
    const root = parseXml(bytes)
    if (root.name !== 'Error') return nothing
    const [code, message] = [childText(root, 'Code') ?? '', childText(root, 'Message') ?? '']
    return { code, message, region: childText(root, 'Region') }
  } catch {
    return nothing // a page of somebody in between: its status has to do
  }
}

const quoted = (etag: string): string => (etag === '' || /^(W\/)?"/.test(etag) ? etag : `"${etag}"`)

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const encodePath = (key: string): string => key.split('/').map(encode).join('/')

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
