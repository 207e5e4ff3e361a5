import { DBError, toDBError } from '../core/errors.ts'
import type { Clock } from '../platform.ts'
import type { Credentials, Engine, Metric, Progress, QueryRequest, QueryResult, ReplicaStatus } from './contract.ts'
import { noProgress } from './contract.ts'
import {
  type Answer,
  type FromEngine,
  fromWire,
  ownBytes,
  type Port,
  type Question,
  type SessionState,
  type ToEngine,
} from './portMessages.ts'
import { type Session, Sessions } from './session.ts'

/** Output that waits for its reader on this side, before the engine waits too. */
const unreadBytesMax = 1 << 20

type Head = Extract<FromEngine, { kind: 'head' }>

/** A query that has not ended. */
interface Call {
  readonly request: QueryRequest
  head(message: Head): void
  failed(error: DBError): void
  output(bytes: Uint8Array): void
  end(message: Extract<FromEngine, { kind: 'end' }>): void
  /** Of the request's body. */
  readonly input: Input | null
}

/** An engine on the other side of a message port; serveEngine answers there. */
export class PortEngine implements Engine {
  readonly sessions: Sessions
  readonly #calls = new Map<number, Call>()
  readonly #questions = new Map<number, { resolve(answer: Answer): void; reject(error: DBError): void }>()
  /** Sessions that the other side has been told of. */
  readonly #known = new WeakSet<Session>()
  #next = 1
  #lost: DBError | null = null

  constructor(
    readonly port: Port,
    clock: Clock,
    readonly version: string,
  ) {
    this.sessions = new Sessions(clock)
    port.listen(message => this.#hear(message as FromEngine))
  }

  /** The other side is gone: whoever waits for it, or asks it from now on, is told so. */
  lose(error: DBError): void {
    if (this.#lost) return
    this.#lost = error
    for (const call of [...this.#calls.values()]) call.failed(error)
    for (const { reject } of this.#questions.values()) reject(error)
    this.#calls.clear()
    this.#questions.clear()
  }

  execute(request: QueryRequest): Promise<QueryResult> {
    if (this.#lost) return Promise.reject(this.#lost)
    if (request.signal.aborted) return Promise.reject(new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled'))
    const { body, session, signal, onProgress, ...plain } = request
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const abort = () => this.#post({ kind: 'abort', id })
      const done = () => {
        signal.removeEventListener('abort', abort)
        this.#calls.delete(id)
        input?.cancel()
      }
      const input = body && new Input(body, message => this.#post({ ...message, kind: 'body', id }, message.bytes))
      const output = new Output(
        bytes => this.#post({ kind: 'taken', id, bytes }),
        () => this.#post({ kind: 'abort', id }),
      )
      signal.addEventListener('abort', abort)
      this.#calls.set(id, {
        request,
        input,
        head: head => {
          adopt(session, head.session)
          resolve({
            queryId: head.queryId,
            format: head.format,
            contentType: head.contentType,
            timeZone: head.timeZone,
            body: head.hasBody ? output.stream : null,
            summary: output.summary,
          })
        },
        failed: error => {
          done()
          reject(error) // nothing, once there was a head
          output.fail(error)
        },
        output: bytes => output.push(bytes),
        end: ({ summary, summaryError, bodyError }) => {
          done()
          if (bodyError) output.fail(fromWire(bodyError), summary)
          else output.end(summary, summaryError && fromWire(summaryError))
        },
      })
      if (session) this.#tellEnd(session)
      this.#post({
        kind: 'execute',
        id,
        request: {
          ...plain,
          hasBody: body !== null,
          wantsProgress: onProgress !== undefined,
          sessionId: session?.id,
        },
      })
    })
  }

  authenticate(credentials: Credentials): Promise<void> {
    return this.#ask({ kind: 'authenticate', credentials }) as Promise<never>
  }

  replicasStatus(): Promise<ReplicaStatus[]> {
    return this.#ask({ kind: 'replicasStatus' }) as Promise<unknown> as Promise<ReplicaStatus[]>
  }

  metrics(): Promise<Metric[]> {
    return this.#ask({ kind: 'metrics' }) as Promise<unknown> as Promise<Metric[]>
  }

  /** Closes the engine itself. */
  async close({ graceMs }: { graceMs?: number } = {}): Promise<void> {
    this.sessions.close()
    if (this.#lost) return
    await this.#ask({ kind: 'close', graceMs })
    this.lose(new DBError('ABORTED', 'The database is closed'))
  }

  #ask(question: Question): Promise<Answer> {
    if (this.#lost) return Promise.reject(this.#lost)
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject })
      this.#post({ kind: 'ask', id, question })
    })
  }

  #post(message: ToEngine, bytes?: Uint8Array | null): void {
    if (!this.#lost) this.port.post(message, bytes ? [bytes.buffer as ArrayBuffer] : [])
  }

  /** What the engine keeps of a session goes with it. */
  #tellEnd(session: Session): void {
    if (this.#known.has(session)) return
    this.#known.add(session)
    session.closers.push(() => this.#post({ kind: 'endSession', user: session.user, sessionId: session.id }))
  }

  #hear(message: FromEngine): void {
    if (message.kind === 'answer') {
      const question = this.#questions.get(message.id)
      this.#questions.delete(message.id)
      if (message.error) question?.reject(fromWire(message.error))
      else question?.resolve(message.answer)
      return
    }
    const call = this.#calls.get(message.id)
    if (!call) return // it has ended here already
    switch (message.kind) {
      case 'head':
        call.head(message)
        return
      case 'output':
        call.output(message.bytes)
        return
      case 'progress':
        call.request.onProgress?.(message.progress)
        return
      case 'wants':
        void call.input?.give()
        return
      case 'unread':
        call.input?.cancel()
        return
      case 'end':
        call.end(message)
        return
      case 'failed':
        adopt(call.request.session, message.session)
        call.failed(fromWire(message.error))
    }
  }
}

/** What a query has set is seen on this side too. */
function adopt(session: Session | undefined, state: SessionState | undefined): void {
  if (!session || !state) return
  session.settings.clear()
  for (const [name, value] of state.settings) session.settings.set(name, value)
  session.database = state.database
}

/** The body of a request, sent piece by piece as the engine asks for it. */
class Input {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #ended = false

  constructor(
    body: ReadableStream<Uint8Array>,
    readonly send: (message: { bytes: Uint8Array | null; error?: string }) => void,
  ) {
    this.#reader = body.getReader()
  }

  async give(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read()
      if (this.#ended) return
      if (done) this.#ended = true
      this.send({ bytes: done ? null : ownBytes(value) })
    } catch (error) {
      if (this.#ended) return
      this.#ended = true
      this.send({ bytes: null, error: toDBError(error).message })
    }
  }

  cancel(): void {
    if (this.#ended) return
    this.#ended = true
    this.#reader.cancel().catch(() => {}) // nobody reads it any more
  }
}

/** The body of a result. The engine is told what has been read, and goes no further ahead than it wants. */
class Output {
  readonly stream: ReadableStream<Uint8Array>
  readonly summary: Promise<Progress>
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #settle!: { resolve(progress: Progress): void; reject(error: DBError): void }
  /** Bytes that lie in the stream's queue, unread. */
  #waiting = 0
  #isOver = false

  constructor(
    readonly taken: (bytes: number) => void,
    cancel: () => void,
  ) {
    this.summary = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.summary.catch(() => {}) // who reads the body to its end meets the failure there
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => this.#told(),
        cancel: () => {
          this.#isOver = true
          cancel()
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: unreadBytesMax }),
    )
  }

  push(bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#controller.enqueue(bytes)
    this.#waiting += bytes.length
    if ((this.#controller.desiredSize ?? 1) > 0) this.#told()
  }

  #told(): void {
    if (this.#waiting > 0) this.taken(this.#waiting)
    this.#waiting = 0
  }

  end(summary: Progress | null, error?: DBError): void {
    if (error) this.#settle.reject(error)
    else this.#settle.resolve(summary ?? noProgress)
    if (!this.#isOver) this.#controller.close()
    this.#isOver = true
  }

  fail(error: DBError, summary: Progress | null = null): void {
    this.#settle.resolve(summary ?? noProgress)
    if (!this.#isOver) this.#controller.error(error)
    this.#isOver = true
  }
}
