import { toDBError } from '../core/errors.ts'
import type { Engine, QueryRequest, QueryResult } from './contract.ts'
import {
  type Answer,
  type FromEngine,
  ownBytes,
  type Port,
  type Question,
  type SentRequest,
  type SessionState,
  type ToEngine,
  toWire,
} from './portMessages.ts'
import { Session } from './session.ts'

/** Output that may be on its way before the query waits for its reader. */
const aheadBytesMax = 1 << 20

/** A query that has not ended. */
interface Running {
  readonly abort: AbortController
  readonly body: RequestBody | null
  ahead: number
  room: (() => void) | null
}

/** Answers the PortEngine at the other end of a port, until that closes the engine. */
export function serveEngine(engine: Engine, port: Port): void {
  const running = new Map<number, Running>()
  const sessions = new Map<string, Session>()
  const post = (message: FromEngine, transfer?: ArrayBuffer[]) => port.post(message, transfer)

  function sessionOf({ user, sessionId }: SentRequest): Session | undefined {
    if (sessionId === undefined) return undefined
    const key = JSON.stringify([user, sessionId])
    const session = sessions.get(key) ?? new Session(sessionId, user)
    sessions.set(key, session)
    return session
  }

  async function execute(id: number, sent: SentRequest): Promise<void> {
    const { hasBody, wantsProgress, sessionId, ...plain } = sent
    const session = sessionOf(sent)
    const body = hasBody
      ? new RequestBody(
          () => post({ kind: 'wants', id }),
          () => post({ kind: 'unread', id }),
        )
      : null
    const call: Running = { abort: new AbortController(), body, ahead: 0, room: null }
    running.set(id, call)
    const request: QueryRequest = {
      ...plain,
      body: body?.stream ?? null,
      session,
      signal: call.abort.signal,
      onProgress: wantsProgress ? progress => post({ kind: 'progress', id, progress: { ...progress } }) : undefined,
    }
    try {
      const result = await engine.execute(request)
      const { queryId, format, contentType, timeZone } = result
      const hasOutput = result.body !== null
      post({ kind: 'head', id, queryId, format, contentType, timeZone, hasBody: hasOutput, session: stateOf(session) })
      await sendOutput(id, call, result)
    } catch (error) {
      post({ kind: 'failed', id, error: toWire(toDBError(error)), session: stateOf(session) })
    } finally {
      running.delete(id)
    }
  }

  async function sendOutput(id: number, call: Running, { body, summary }: QueryResult): Promise<void> {
    let bodyError: unknown = null
    try {
      const reader = body?.getReader()
      call.abort.signal.addEventListener('abort', () => call.room?.())
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true }
        if (done || value === undefined) break
        const bytes = ownBytes(value)
        call.ahead += bytes.length
        post({ kind: 'output', id, bytes }, [bytes.buffer])
        while (call.ahead >= aheadBytesMax && !call.abort.signal.aborted)
          await new Promise<void>(resolve => {
            call.room = resolve
          })
      }
    } catch (error) {
      bodyError = error
    }
    const outcome = await summary.then(
      progress => ({ summary: { ...progress } }),
      error => ({ summary: null, summaryError: toWire(toDBError(error)) }),
    )
    post({ kind: 'end', id, ...outcome, ...(bodyError === null ? {} : { bodyError: toWire(toDBError(bodyError)) }) })
  }

  async function answer(question: Question): Promise<Answer> {
    switch (question.kind) {
      case 'authenticate':
        await engine.authenticate(question.credentials)
        return null
      case 'replicasStatus':
        return (await engine.replicasStatus?.()) ?? []
      case 'metrics':
        return (await engine.metrics?.()) ?? []
      case 'close':
        await engine.close({ graceMs: question.graceMs })
        return null
    }
  }

  port.listen(received => {
    const message = received as ToEngine
    switch (message.kind) {
      case 'execute':
        void execute(message.id, message.request)
        return
      case 'body':
        running.get(message.id)?.body?.push(message.bytes, message.error)
        return
      case 'abort':
        running.get(message.id)?.abort.abort()
        return
      case 'taken': {
        const call = running.get(message.id)
        if (!call) return
        call.ahead -= message.bytes
        if (call.ahead < aheadBytesMax) call.room?.()
        return
      }
      case 'endSession': {
        const key = JSON.stringify([message.user, message.sessionId])
        for (const closer of sessions.get(key)?.closers ?? []) closer()
        sessions.delete(key)
        return
      }
      case 'ask':
        void answer(message.question).then(
          found => post({ kind: 'answer', id: message.id, answer: found }),
          error => post({ kind: 'answer', id: message.id, answer: null, error: toWire(toDBError(error)) }),
        )
    }
  })
}

const stateOf = (session: Session | undefined): SessionState | undefined =>
  session && { settings: [...session.settings], database: session.database }

/** The request's body as the engine reads it: a piece is asked for when the one before has been taken. */
class RequestBody {
  readonly stream: ReadableStream<Uint8Array>
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #arrived: (() => void) | null = null
  #isOver = false

  constructor(wants: () => void, unread: () => void) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => {
          wants()
          return new Promise<void>(resolve => {
            this.#arrived = resolve
          })
        },
        cancel: () => {
          this.#isOver = true
          unread()
        },
      },
      { highWaterMark: 2 },
    )
  }

  push(bytes: Uint8Array | null, error?: string): void {
    if (!this.#isOver) {
      if (error !== undefined) this.#controller.error(new Error(error))
      else if (bytes === null) this.#controller.close()
      else this.#controller.enqueue(bytes)
      this.#isOver = error !== undefined || bytes === null
    }
    this.#arrived?.()
    this.#arrived = null
  }
}
