// An S3 server for tests: strict in what it takes, and able to lie in what it answers. Runs on Node, Deno and Bun.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Stored {
  bytes: Uint8Array
  etag: string
  modifiedMs: number
  /** x-amz-meta-... */
  meta: Record<string, string>
}

/** What a request is answered with instead of the truth. */
export type Lie =
  | 'wrongRange' // other bytes than asked for, and said so
  | 'shiftedRange' // other bytes than asked for, under the head of the right ones
  | 'ignoreRange' // 200 and the whole object
  | 'shortBody' // fewer bytes than the range in the head
  | 'cutBody' // the connection ends within the body
  | 'staleEtag' // conditions are ignored, another version comes
  | 'noEtag'
  | 'html' // an error page of a proxy
  | 'htmlOk' // the same with 200
  | 'missing' // 404, though the object is there
  | 'noBucket'
  | 'slowDown'
  | 'internal'
  | 'hang'
  | 'hangBody' // half of the body, and then nothing
  | 'refuse' // the connection ends without an answer, nothing done
  | 'lostAnswer' // done, and then the connection ends
  | 'expired'
  | 'denied'
  | 'okError' // 200 with an error as the body
  | 'endlessList'

export interface Seen {
  readonly method: string
  /** Decoded, without the bucket; null for the bucket itself. */
  readonly key: string | null
  readonly query: ReadonlyMap<string, string>
  readonly headers: http.IncomingHttpHeaders
  readonly body: Uint8Array
}

export interface S3DoubleOptions {
  readonly bucket?: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
  readonly pageSize?: number
  readonly partBytesMin?: number
}

interface Upload {
  readonly key: string
  readonly meta: Record<string, string>
  readonly parts: Map<number, { bytes: Uint8Array; etag: string }>
}

interface Answer {
  status: number
  headers?: Record<string, string>
  body?: Uint8Array | string
}

export class S3Double {
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly objects = new Map<string, Stored>()
  readonly uploads = new Map<string, Upload>()
  /** Requests as they came, those that were lied to among them. */
  readonly seen: Seen[] = []
  /** What no client of S3 may do. */
  readonly violations: string[] = []
  /** Decides on a lie for a request. */
  lie: (request: Seen) => Lie | null = () => null
  requestsAtOnce = 0
  requestsAtOnceMax = 0
  readonly #pageSize: number
  readonly #partBytesMin: number
  #version = 0
  #server: http.Server | null = null
  #port = 0

  constructor(options: S3DoubleOptions = {}) {
    this.bucket = options.bucket ?? 'test-bucket'
    this.region = options.region ?? 'eu-test-1'
    this.accessKeyId = options.accessKeyId ?? 'AKIDTESTDOUBLE'
    this.secretAccessKey = options.secretAccessKey ?? 'sEcReT/key+that=never&shows'
    this.sessionToken = options.sessionToken
    this.#pageSize = options.pageSize ?? 1000
    this.#partBytesMin = options.partBytesMin ?? 5 << 20
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<this> {
    this.#server = http.createServer((request, response) => {
      this.requestsAtOnce++
      this.requestsAtOnceMax = Math.max(this.requestsAtOnceMax, this.requestsAtOnce)
      response.on('close', () => this.requestsAtOnce--)
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('end', () => this.#serve(request, response, new Uint8Array(Buffer.concat(chunks))))
      request.on('error', () => {}) // the client went away
    })
    await new Promise<void>(resolve => this.#server?.listen(0, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise<void>(resolve => this.#server?.close(() => resolve()) ?? resolve())
  }

  put(key: string, bytes: Uint8Array | string, meta: Record<string, string> = {}): string {
    const own = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
    const etag = `"${hex('md5', own)}-${++this.#version}"`
    this.objects.set(key, { bytes: own, etag, modifiedMs: Date.now(), meta })
    return etag
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse, body: Uint8Array): void {
    const [rawPath, rawQuery = ''] = (request.url ?? '').split('?')
    const query = new Map(
      rawQuery === ''
        ? []
        : rawQuery.split('&').map(pair => pair.split('=', 2).map(decodeURIComponent) as [string, string]),
    )
    const start = `/${this.bucket}/`
    const inBucket = rawPath.startsWith(start) || rawPath === start.slice(0, -1)
    const key = rawPath.length > start.length ? decodeURIComponent(rawPath.slice(start.length)) : null
    const seen: Seen = { method: request.method ?? '', key, query, headers: request.headers, body }
    this.seen.push(seen)
    const lie = this.lie(seen)
    if (lie === 'refuse') return void request.socket.destroy()
    if (lie === 'hang') return
    let answer: Answer
    try {
      answer = this.#authorize(request, rawPath, rawQuery, body) ?? (inBucket ? null : refusal(404, 'NoSuchBucket'))!
      if (lie === 'html' || lie === 'htmlOk')
        answer = {
          status: lie === 'html' ? 502 : 200,
          headers: { 'content-type': 'text/html' },
          body: '<!DOCTYPE html><html><body><h1>Bad gateway</h1><br></body></html>',
        }
      else if (lie === 'missing') answer = refusal(404, 'NoSuchKey')
      else if (lie === 'noBucket') answer = refusal(404, 'NoSuchBucket')
      else if (lie === 'slowDown') answer = refusal(503, 'SlowDown')
      else if (lie === 'internal') answer = refusal(500, 'InternalError')
      else if (lie === 'expired') answer = refusal(400, 'ExpiredToken')
      else if (lie === 'denied') answer = refusal(403, 'AccessDenied')
      else if (lie === 'okError') answer = { ...refusal(200, 'InternalError') }
      else if (!answer) answer = this.#answer(seen, lie)
    } catch (error) {
      this.violations.push(`${seen.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`)
      answer = refusal(400, 'InvalidRequest')
    }
    if (lie === 'lostAnswer') return void request.socket.destroy()
    this.#send(request, response, answer, lie)
  }

  #send(request: http.IncomingMessage, response: http.ServerResponse, answer: Answer, lie: Lie | null): void {
    let body =
      typeof answer.body === 'string' ? new TextEncoder().encode(answer.body) : (answer.body ?? new Uint8Array(0))
    const headers: Record<string, string> = { 'x-amz-request-id': String(this.seen.length), ...answer.headers }
    if (lie === 'noEtag') delete headers['etag']
    if (lie === 'shortBody') body = body.subarray(0, Math.max(0, body.length - 3))
    if (answer.status !== 204 && answer.status !== 304) headers['content-length'] = String(body.length)
    response.writeHead(answer.status, headers)
    if (lie === 'cutBody' || lie === 'hangBody') {
      response.write(body.subarray(0, body.length >> 1), () => {
        if (lie === 'cutBody') request.socket.destroy()
      })
      return
    }
    response.end(body)
  }

  // --- Signatures ---

  /** Version 4, recomputed from the request as it came. An answer where it does not hold. */
  #authorize(request: http.IncomingMessage, path: string, query: string, body: Uint8Array): Answer | null {
    const { headers } = request
    const given =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
        headers.authorization ?? '',
      )
    if (!given) return refusal(403, 'AccessDenied')
    const [, id, date, region, signedHeaders, signature] = given
    if (id !== this.accessKeyId) return refusal(403, 'InvalidAccessKeyId', `Your key ${id} is not known`)
    if (region !== this.region)
      return refusal(400, 'AuthorizationHeaderMalformed', `the region '${region}' is wrong`, this.region)
    const time = String(headers['x-amz-date'] ?? '')
    const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)
    if (!parts || !time.startsWith(date)) return refusal(403, 'AccessDenied', 'The date is not one')
    const [year, month, day, hour, minute, second] = parts.slice(1).map(Number)
    if (Math.abs(Date.UTC(year, month - 1, day, hour, minute, second) - Date.now()) > 15 * 60_000)
      return refusal(403, 'RequestTimeTooSkewed')
    if (this.sessionToken !== undefined && headers['x-amz-security-token'] !== this.sessionToken)
      return refusal(400, 'InvalidToken', `The token ${headers['x-amz-security-token']} is not valid`)
    const payload = String(headers['x-amz-content-sha256'] ?? '')
    if (payload !== hex('sha256', body)) return refusal(400, 'XAmzContentSHA256Mismatch')
    const names = signedHeaders.split(';')
    const must = ['host', ...Object.keys(headers).filter(name => name.startsWith('x-amz-') || name === 'content-md5')]
    for (const name of must) if (!names.includes(name)) throw new Error(`the header ${name} is not signed`)
    if (names.join() !== [...names].sort().join()) throw new Error('signed headers are not in order')
    if (encodePath(decodeURIComponent(path)) !== path) throw new Error('the path is not encoded as it is signed')
    const pairs = query === '' ? [] : query.split('&').map(pair => (pair.includes('=') ? pair : `${pair}=`))
    for (const pair of pairs)
      if (
        pair !==
        pair
          .split('=', 2)
          .map(text => encode(decodeURIComponent(text)))
          .join('=')
      )
        throw new Error('the query is not encoded as it is signed')
    const canonical = [
      request.method,
      path,
      pairs.sort().join('&'),
      ...names.map(
        name =>
          `${name}:${String(headers[name] ?? '')
            .trim()
            .replace(/ +/g, ' ')}`,
      ),
      '',
      signedHeaders,
      payload,
    ].join('\n')
    const scope = `${date}/${region}/s3/aws4_request`
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hex('sha256', new TextEncoder().encode(canonical))}`
    let key: Uint8Array = new TextEncoder().encode(`AWS4${this.secretAccessKey}`)
    for (const step of [date, region, 's3', 'aws4_request']) key = createHmac('sha256', key).update(step).digest()
    const expected = createHmac('sha256', key).update(toSign).digest()
    if (!timingSafeEqual(expected, Buffer.from(signature, 'hex')))
      return refusal(403, 'SignatureDoesNotMatch', `The signature is wrong. CanonicalRequest: ${canonical}`)
    return null
  }

  // --- Requests ---

  #answer(seen: Seen, lie: Lie | null): Answer {
    const { method, key, query } = seen
    const only = (...names: string[]) => {
      for (const name of query.keys()) if (!names.includes(name)) throw new Error(`unknown parameter ${name}`)
    }
    if (key === null) {
      if (method === 'GET') return this.#list(query, only, lie)
      if (method === 'POST' && query.has('delete')) return this.#removeMany(seen)
      throw new Error('not a request to a bucket')
    }
    switch (method) {
      case 'GET':
        only()
        return this.#get(seen, key, lie)
      case 'PUT':
        if (query.has('uploadId')) {
          only('uploadId', 'partNumber')
          return this.#putPart(seen, key)
        }
        only()
        return seen.headers['x-amz-copy-source'] ? this.#copy(seen, key) : this.#put(seen, key)
      case 'POST':
        if (query.has('uploads')) {
          only('uploads')
          const id = `upload/${++this.#version}+=`
          this.uploads.set(id, { key, meta: metaOf(seen), parts: new Map() })
          return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
        }
        only('uploadId')
        return this.#finish(seen, key)
      case 'DELETE':
        if (query.has('uploadId')) {
          only('uploadId')
          return this.uploads.delete(query.get('uploadId') ?? '') ? { status: 204 } : refusal(404, 'NoSuchUpload')
        }
        only()
        this.objects.delete(key)
        return { status: 204 }
    }
    throw new Error(`${method} is not to be used`)
  }

  #get({ headers }: Seen, key: string, lie: Lie | null): Answer {
    const object = this.objects.get(key)
    if (!object) return refusal(404, 'NoSuchKey')
    const { bytes, modifiedMs, meta } = object
    const etag = lie === 'staleEtag' ? '"0123456789abcdef"' : object.etag
    const known = { ...meta, etag, 'last-modified': new Date(modifiedMs).toUTCString(), 'accept-ranges': 'bytes' }
    if (lie !== 'staleEtag' && headers['if-match'] !== undefined && headers['if-match'] !== etag)
      return refusal(412, 'PreconditionFailed')
    if (headers['if-none-match'] === etag) return { status: 304, headers: known }
    if (headers.range === undefined || lie === 'ignoreRange') return { status: 200, headers: known, body: bytes }
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range)
    if (!range) throw new Error(`range ${headers.range}`)
    const start = Number(range[1])
    const end = range[2] === '' ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length)
    if (range[2] !== '' && Number(range[2]) < start) throw new Error(`range ${headers.range} ends before it starts`)
    if (start >= bytes.length)
      return { ...refusal(416, 'InvalidRange'), headers: { 'content-range': `bytes */${bytes.length}` } }
    const shift = lie === 'wrongRange' || lie === 'shiftedRange' ? 1 : 0
    const stated = lie === 'wrongRange' ? start + shift : start
    const body = bytes.slice(start + shift, end + (lie === 'shiftedRange' ? 0 : shift))
    return {
      status: 206,
      headers: { ...known, 'content-range': `bytes ${stated}-${stated + end - start - 1}/${bytes.length}` },
      body,
    }
  }

  #condition({ headers }: Seen, key: string): Answer | null {
    const object = this.objects.get(key)
    const none = headers['if-none-match']
    const match = headers['if-match']
    if (none !== undefined && none !== '*') throw new Error('If-None-Match of a PUT is *')
    if (none === '*' && object) return refusal(412, 'PreconditionFailed')
    if (match !== undefined && !object) return refusal(404, 'NoSuchKey')
    if (match !== undefined && object?.etag !== match) return refusal(412, 'PreconditionFailed')
    return null
  }

  #put(seen: Seen, key: string): Answer {
    return this.#condition(seen, key) ?? { status: 200, headers: { etag: this.put(key, seen.body, metaOf(seen)) } }
  }

  #copy({ headers }: Seen, key: string): Answer {
    const source = String(headers['x-amz-copy-source'])
    const start = `/${this.bucket}/`
    if (!source.startsWith(start)) throw new Error(`source ${source}`)
    const object = this.objects.get(decodeURIComponent(source.slice(start.length)))
    if (!object) return refusal(404, 'NoSuchKey')
    const etag = this.put(key, object.bytes.slice(), object.meta)
    return xml(`<CopyObjectResult><ETag>${escaped(etag)}</ETag></CopyObjectResult>`)
  }

  #putPart({ query, body }: Seen, key: string): Answer {
    const upload = this.uploads.get(query.get('uploadId') ?? '')
    if (upload?.key !== key) return refusal(404, 'NoSuchUpload')
    const number = Number(query.get('partNumber'))
    if (!(Number.isInteger(number) && number >= 1 && number <= 10_000)) throw new Error(`part ${number}`)
    const etag = `"${hex('md5', body)}"`
    upload.parts.set(number, { bytes: body, etag })
    return { status: 200, headers: { etag } }
  }

  #finish({ query, body }: Seen, key: string): Answer {
    const upload = this.uploads.get(query.get('uploadId') ?? '')
    if (upload?.key !== key) return refusal(404, 'NoSuchUpload')
    const text = new TextDecoder().decode(body)
    const whole =
      /^<CompleteMultipartUpload>(?:<Part><PartNumber>\d+<\/PartNumber><ETag>[^<]+<\/ETag><\/Part>)+<\/CompleteMultipartUpload>$/
    if (!whole.test(text)) throw new Error('the list of parts is not one')
    const pieces: Uint8Array[] = []
    let last = 0
    for (const [, number, etag] of text.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)) {
      const part = upload.parts.get(Number(number))
      if (Number(number) <= last) return refusal(400, 'InvalidPartOrder')
      if (!part || part.etag !== etag.replace(/&#34;|&quot;/g, '"')) return refusal(400, 'InvalidPart')
      if (pieces.length > 0 && pieces[pieces.length - 1].length < this.#partBytesMin)
        return refusal(400, 'EntityTooSmall')
      if (pieces.length > 0 && part.bytes.length > pieces[0].length) return refusal(400, 'InvalidPart', 'sizes differ')
      last = Number(number)
      pieces.push(part.bytes)
    }
    this.uploads.delete(query.get('uploadId') ?? '')
    const etag = this.put(key, new Uint8Array(Buffer.concat(pieces)), upload.meta)
    return xml(`<CompleteMultipartUploadResult><ETag>${escaped(etag)}</ETag></CompleteMultipartUploadResult>`)
  }

  #removeMany({ headers, body }: Seen): Answer {
    if (headers['content-md5'] !== createHash('md5').update(body).digest('base64')) return refusal(400, 'BadDigest')
    const text = new TextDecoder().decode(body)
    const keys = [...text.matchAll(/<Object><Key>([^<]*)<\/Key><\/Object>/g)].map(([, key]) => unescaped(key))
    if (keys.length === 0 || keys.length > 1000) return refusal(400, 'MalformedXML')
    for (const key of keys) this.objects.delete(key)
    return xml('<DeleteResult></DeleteResult>')
  }

  #list(query: ReadonlyMap<string, string>, only: (...names: string[]) => void, lie: Lie | null): Answer {
    only('list-type', 'encoding-type', 'prefix', 'delimiter', 'continuation-token')
    if (query.get('list-type') !== '2') throw new Error('lists are of version 2')
    if (query.get('encoding-type') !== 'url') throw new Error('keys of any characters need encoding-type=url')
    const prefix = query.get('prefix') ?? ''
    const delimiter = query.get('delimiter')
    const token = query.get('continuation-token')
    const after = token === undefined ? '' : Buffer.from(token.replace(/^token\+/, ''), 'base64').toString()
    if (token !== undefined && !token.startsWith('token+')) return refusal(400, 'InvalidArgument')
    const keys = [...this.objects.keys()]
      .filter(key => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const entries: { name: string; isPrefix: boolean }[] = []
    for (const key of keys) {
      const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1
      const name = cut < 0 ? key : key.slice(0, cut + 1)
      if (entries.at(-1)?.name !== name) entries.push({ name, isPrefix: cut >= 0 })
    }
    const left = entries.filter(({ name }) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0)
    const page = left.slice(0, this.#pageSize)
    const isTruncated = left.length > page.length || lie === 'endlessList'
    const next = `token+${Buffer.from(lie === 'endlessList' ? after : (page.at(-1)?.name ?? '')).toString('base64')}`
    const written = page.map(({ name, isPrefix }) => {
      if (isPrefix) return `<CommonPrefixes><Prefix>${listed(name)}</Prefix></CommonPrefixes>`
      const { bytes, etag, modifiedMs } = this.objects.get(name)!
      return `<Contents><Key>${listed(name)}</Key><LastModified>${new Date(modifiedMs).toISOString()}</LastModified><ETag>${escaped(etag)}</ETag><Size>${bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    })
    const tail = isTruncated ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''
    return xml(
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${this.bucket}</Name><Prefix>${listed(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${this.#pageSize}</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${written.join('')}${tail}</ListBucketResult>`,
    )
  }
}

const metaOf = ({ headers }: Seen): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [])),
  )

const hex = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex')

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const encodePath = (path: string): string => path.split('/').map(encode).join('/')

/** As Amazon writes keys in lists: spaces as `+`. */
const listed = (key: string): string => encodePath(key).replace(/%20/g, '+')

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')

const unescaped = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replace(/&amp;/g, '&')

const xml = (text: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}`,
})

const refusal = (status: number, code: string, message = `It is ${code}.`, region?: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escaped(message)}</Message>${region ? `<Region>${region}</Region>` : ''}<RequestId>1</RequestId></Error>`,
})
