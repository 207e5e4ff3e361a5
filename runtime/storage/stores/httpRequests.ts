// Requests of an object store: bounded in number, in time and in what they may answer, and sent again where that is safe.
import { DBError } from '../../core/errors.ts'
import type { HttpAnswer, HttpRequest, Platform } from '../../platform.ts'
import { readBody, reasonOf } from './readBody.ts'

export interface RequestLimits {
  /** At once. Default: 32. */
  readonly requestsMax?: number
  /** For an answer to begin, and for each next piece of it. Bytes to be sent add to it. Default: 15 seconds. */
  readonly attemptMs?: number
  /** No other attempt begins after that. Default: 60 seconds. */
  readonly deadlineMs?: number
  /** The wait before the second attempt, which doubles from there. Default: 100. */
  readonly backoffMs?: number
}

export interface Outgoing {
  readonly url: string
  readonly method: HttpRequest['method']
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface Reply {
  readonly status: number
  readonly headers: HttpAnswer['headers']
  readonly bytes: Uint8Array
}

export interface SendOptions {
  /** As errors name it: `GET s3://bucket/key`. */
  readonly what: string
  /** More bytes than that are refused without reading them. */
  readonly bytesMax: number
  /** It may be sent again whether or not it was carried out. */
  readonly isIdempotent: boolean
  readonly signal?: AbortSignal
  /** Whether the answer is worth another attempt, beyond what its status says. */
  retries?(reply: Reply): boolean
  /** Throws where the answer is not whole: it is asked for once more. */
  check?(reply: Reply): void
}

const attemptsMax = 8
/** Of answers that are not what was asked for: they may be cut short by chance, or be wrong for good. */
const wrongAnswersMax = 3
const backoffMaxMs = 5000
/** What a slow line is expected to carry. */
const bytesPerMs = 128
const retriedStatus = new Set([408, 429, 500, 502, 503, 504])

export class HttpRequests {
  #running = 0
  readonly #waiting: (() => void)[] = []
  /** Requests sent and bytes received, for who measures. */
  readonly counts = { requests: 0, bytes: 0 }

  constructor(
    readonly platform: Platform,
    readonly limits: RequestLimits = {},
  ) {}

  /** make: gives the request anew for every attempt, as signatures hold a time. */
  async send(make: () => Outgoing | Promise<Outgoing>, options: SendOptions): Promise<Reply> {
    const { clock } = this.platform
    const { deadlineMs = 60_000, backoffMs = 100 } = this.limits
    const deadline = clock.monotonic() + deadlineMs
    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted()
      let failure: DBError | null = null
      let reply: Reply | null = null
      let waitMs = 0
      try {
        reply = await this.#once(await make(), options)
        options.check?.(reply)
        if (!retriedStatus.has(reply.status) && !options.retries?.(reply)) return reply
        const seconds = Number(reply.headers.get('retry-after') ?? '')
        if (seconds > 0) waitMs = Math.min(seconds * 1000, backoffMaxMs)
      } catch (error) {
        options.signal?.throwIfAborted()
        if (!(error instanceof DBError)) throw error
        failure = error
        reply = null
      }
      waitMs = Math.max(waitMs, Math.min(backoffMs * 2 ** (attempt - 1), backoffMaxMs) * (0.5 + this.platform.random()))
      const most = failure?.errorName === 'CANNOT_READ_ALL_DATA' ? wrongAnswersMax : attemptsMax
      if (!options.isIdempotent || attempt >= most || clock.monotonic() + waitMs > deadline) {
        if (reply) return reply
        throw failure!.within(options.what)
      }
      await this.#pause(waitMs, options.signal)
    }
  }

  async #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (!signal) return this.platform.clock.wait(ms)
    let stop = () => {}
    const aborted = new Promise<void>(resolve => {
      stop = resolve
      signal.addEventListener('abort', stop)
    })
    await Promise.race([this.platform.clock.wait(ms), aborted])
    signal.removeEventListener('abort', stop)
  }

  async #once({ url, method, headers, body }: Outgoing, { bytesMax, signal }: SendOptions): Promise<Reply> {
    const { platform } = this
    if (!platform.fetch) throw new DBError('NOT_IMPLEMENTED', 'This runtime has no HTTP client')
    await this.#enter()
    const controller = new AbortController()
    const limitMs = (this.limits.attemptMs ?? 15_000) + (body?.length ?? 0) / bytesPerMs
    let stop: (error: DBError) => void = () => {}
    const stopped = new Promise<never>((_, reject) => {
      stop = error => {
        reject(error)
        controller.abort()
      }
    })
    stopped.catch(() => {}) // it may come after the answer
    const abort = () => stop(new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled'))
    signal?.addEventListener('abort', abort)
    let cancel = () => {}
    const arm = () => {
      cancel()
      cancel = platform.clock.after(limitMs, () =>
        stop(new DBError('SOCKET_TIMEOUT', `no answer came within ${Math.ceil(limitMs)} ms`)),
      )
    }
    arm()
    try {
      this.counts.requests++
      const work = async () => {
        let answer: HttpAnswer
        try {
          answer = await platform.fetch!(url, { method, headers, body, signal: controller.signal })
        } catch (error) {
          throw new DBError('NETWORK_ERROR', `no connection: ${reasonOf(error)}`)
        }
        const bytes = await readBody(answer, { bytesMax, alive: arm, abort: () => controller.abort() })
        this.counts.bytes += bytes.length
        return { status: answer.status, headers: answer.headers, bytes }
      }
      return await Promise.race([work(), stopped])
    } finally {
      cancel()
      signal?.removeEventListener('abort', abort)
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    if (this.#running >= (this.limits.requestsMax ?? 32))
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve)
      })
    else this.#running++
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
  }
}

/** `bytes 5-9/100` */
export function parseContentRange(text: string | null): { start: number; end: number; size: number | null } | null {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(text ?? '')
  if (!match) return null
  return { start: Number(match[1]), end: Number(match[2]) + 1, size: match[3] === '*' ? null : Number(match[3]) }
}

/**
 * Checks an answer to a ranged GET: exactly the bytes [start, end) as far as the object goes. Gives the object's whole size, null
 * where the origin does not say.
 */
export function checkRange(reply: Reply, start: number, end: number | undefined): number | null {
  const wrong = (what: string) => new DBError('CANNOT_READ_ALL_DATA', what)
  const stated = reply.headers.get('content-range')
  const range = parseContentRange(stated)
  const asked = `bytes ${start}-${end === undefined ? '' : end - 1}`
  if (!range) throw wrong(`${asked} were asked for, the answer states the range ${JSON.stringify(stated)}`)
  const last = Math.min(end ?? Number.POSITIVE_INFINITY, range.size ?? Number.POSITIVE_INFINITY)
  if (range.start !== start || (Number.isFinite(last) && (range.size !== null ? range.end !== last : range.end > last)))
    throw wrong(`${asked} were asked for, ${stated} came`)
  if (reply.bytes.length !== range.end - range.start)
    throw wrong(`${stated} were announced, ${reply.bytes.length} bytes came`)
  return range.size
}
