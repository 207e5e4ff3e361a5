import { DBError } from '../../core/errors.ts'
import type { Platform } from '../../platform.ts'
import type { GetOptions, ObjectEntry, ObjectStore, ObjectWriter, StoredObject } from '../objectStore.ts'
import { checkRange, HttpRequests, parseContentRange, type Reply, type RequestLimits } from './httpRequests.ts'

const objectBytesMax = 2 ** 31

/** Files that an ordinary web server gives out: they can be read, and nothing else. Ranges are used where the server has them. */
export class HttpStore implements ObjectStore {
  readonly can = { write: false, list: false, conditional: false }
  readonly requests: HttpRequests
  readonly #base: string
  /** The server gives whole files only. */
  #ignoresRanges = false

  constructor(
    platform: Platform,
    /** `https://host/directory`; may have a query, which goes with every request. */
    readonly location: string,
    limits: RequestLimits = {},
  ) {
    this.requests = new HttpRequests(platform, limits)
    this.#base = checkedBase(location)
  }

  #url(key: string): string {
    const [path, query] = splitOnce(this.#base, '?')
    const encoded = key.split('/').map(encodeURIComponent).join('/')
    return `${path}${encoded}${query === null ? '' : `?${query}`}`
  }

  async get(key: string, { start = 0, end, ifMatch, signal }: GetOptions = {}): Promise<StoredObject | null> {
    const isEmpty = end !== undefined && end <= start
    const to = isEmpty ? start + 1 : end
    const isWhole = (start === 0 && end === undefined) || this.#ignoresRanges
    const reply = await this.#send(
      key,
      {
        ...(isWhole ? {} : { range: `bytes=${start}-${to === undefined ? '' : to - 1}` }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      signal,
      reply => {
        if (reply.status === 206) checkRange(reply, start, to)
      },
    )
    if (reply.status === 404 || reply.status === 410) return null
    const changed = () => new DBError('CANNOT_READ_ALL_DATA', `${this.#name(key)} has changed since it was looked at`)
    if (reply.status === 412) throw changed()
    if (reply.status === 416) return { bytes: new Uint8Array(0), ...this.#behindEnd(key, reply, start) }
    const isPart = reply.status === 206 && !isWhole
    if (reply.status !== 200 && !isPart) throw this.#failure(key, reply)
    const etag = reply.headers.get('etag') ?? ''
    if (ifMatch !== undefined && etag !== '' && etag !== ifMatch) throw changed()
    if (isPart) {
      const size = parseContentRange(reply.headers.get('content-range'))?.size ?? null
      return { bytes: isEmpty ? new Uint8Array(0) : reply.bytes, etag, size }
    }
    if (!isWhole) this.#ignoresRanges = true
    return { bytes: reply.bytes.slice(start, isEmpty ? start : end), etag, size: reply.bytes.length }
  }

  #behindEnd(key: string, reply: Reply, start: number): { etag: string; size: number | null } {
    const size = /^bytes \*\/(\d{1,15})$/.exec(reply.headers.get('content-range') ?? '')
    if (size && Number(size[1]) > start) throw this.#failure(key, reply)
    return { etag: reply.headers.get('etag') ?? '', size: size ? Number(size[1]) : null }
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'> {
    const reply = await this.#send(key, { 'if-none-match': etag })
    if (reply.status === 304) return 'same'
    if (reply.status === 404 || reply.status === 410) return null
    if (reply.status !== 200) throw this.#failure(key, reply)
    const now = reply.headers.get('etag') ?? ''
    // Some servers send what has not changed, too.
    if (now !== '' && now === etag) return 'same'
    return { bytes: reply.bytes, etag: now, size: reply.bytes.length }
  }

  #send(
    key: string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
    check?: (reply: Reply) => void,
  ): Promise<Reply> {
    // Bytes of the file, not a form of them that fits this client: ranges are of these.
    const request = {
      url: this.#url(key),
      method: 'GET',
      headers: { ...headers, 'accept-encoding': 'identity' },
    } as const
    return this.requests.send(() => request, {
      what: `GET ${this.#name(key)}`,
      bytesMax: objectBytesMax,
      isIdempotent: true,
      signal,
      check: reply => {
        const encoding = reply.headers.get('content-encoding')
        if (reply.status === 206 && encoding && encoding !== 'identity')
          throw new DBError('CANNOT_READ_ALL_DATA', `a range of the file compressed by ${encoding} came`)
        check?.(reply)
      },
    })
  }

  #failure(key: string, { status }: Reply): DBError {
    return new DBError('NETWORK_ERROR', `GET ${this.#name(key)}: the server answered ${status}`)
  }

  /** As errors name a file: without a query, which may hold a signature. */
  #name(key: string): string {
    return `${splitOnce(this.#base, '?')[0]}${key}`
  }

  list = (): AsyncIterable<ObjectEntry> => this.#refuse('be listed')
  listDirectory = async (): Promise<{ objects: ObjectEntry[]; prefixes: string[] }> => this.#refuse('be listed')
  put = async (): Promise<{ etag: string }> => this.#refuse('be written')
  create = async (): Promise<ObjectWriter> => this.#refuse('be written')
  remove = async (): Promise<void> => this.#refuse('be written')
  copy = async (): Promise<void> => this.#refuse('be written')

  #refuse(what: string): never {
    throw new DBError('NOT_IMPLEMENTED', `Files of a web server cannot ${what}: ${this.#name('')}`)
  }
}

function checkedBase(location: string): string {
  let url: URL
  try {
    url = new URL(location)
  } catch {
    throw new DBError('BAD_ARGUMENTS', 'The address of a web server is not a URL')
  }
  if (url.username || url.password)
    throw new DBError('BAD_ARGUMENTS', `The URL of ${url.host} holds a user name or password, which is not supported`)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  url.hash = ''
  return url.href
}

function splitOnce(text: string, at: string): [string, string | null] {
  const index = text.indexOf(at)
  return index < 0 ? [text, null] : [text.slice(0, index), text.slice(index + at.length)]
}
