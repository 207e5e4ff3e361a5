// An engine that answers a few made-up queries, so that the HTTP interface is tested for itself.
import { DBError } from '../../runtime/core/errors.ts'
import { decodeText, encodeText } from '../../runtime/core/text.ts'
import {
  type Engine,
  noProgress,
  type Progress,
  type QueryRequest,
  type QueryResult,
} from '../../runtime/engine/contract.ts'
import { readQueryHead } from '../../runtime/engine/queryHead.ts'
import { Sessions } from '../../runtime/engine/session.ts'
import type { Clock } from '../../runtime/platform.ts'

export class FakeEngine implements Engine {
  readonly version = '25.11.1.1'
  readonly sessions: Sessions
  readonly requests: QueryRequest[] = []
  /** Users and passwords. */
  readonly passwords = new Map([
    ['default', ''],
    ['anna', 'sécret'],
  ])
  /** How queries ended: 'done', 'failed', 'cancelled'. */
  readonly ends: string[] = []

  constructor(clock: Clock) {
    this.sessions = new Sessions(clock)
  }

  async authenticate({ user, password }: { user: string; password: string }): Promise<void> {
    if (this.passwords.get(user) !== password)
      throw new DBError('AUTHENTICATION_FAILED', `${user}: Authentication failed: password is incorrect`)
  }

  async close(): Promise<void> {}

  async execute(request: QueryRequest): Promise<QueryResult> {
    this.requests.push(request)
    const { bytes, rest } = await readQueryHead(request, 1 << 18)
    const text = decodeText(bytes)
    const [, verb, argument = ''] = /^(\w+)\s?(.*)$/s.exec(text) ?? []
    if (verb === 'insert') return this.#insert(request, argument, rest)
    const output = this.#output(request, verb, argument, rest)
    if (request.readonly > 0 && verb === 'write') throw new DBError('READONLY', 'Cannot execute query in readonly mode')
    if (!output) throw new DBError('SYNTAX_ERROR', `Syntax error: failed at position 1 (${text.slice(0, 20)})`)
    return this.#result(request, output)
  }

  #output(
    request: QueryRequest,
    verb: string,
    argument: string,
    rest: ReadableStream<Uint8Array> | null,
  ): (() => AsyncGenerator<Uint8Array>) | null {
    const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
    switch (verb) {
      case 'echo': // text
        return async function* () {
          yield encodeText(argument)
          if (rest) yield* rest as unknown as AsyncIterable<Uint8Array>
          yield encodeText('\n')
        }
      case 'numbers': // count of lines, in chunks of 1000
        return async function* () {
          for (let at = 0; at < Number(argument); at += 1000)
            yield encodeText(
              Array.from({ length: Math.min(1000, Number(argument) - at) }, (_, i) => `${at + i}\n`).join(''),
            )
        }
      case 'failAfter': // bytes, then an error
        return async function* () {
          const size = Number(argument)
          for (let at = 0; at < size; at += 65536) yield new Uint8Array(Math.min(65536, size - at)).fill(120)
          throw new DBError('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 'Value passed to throwIf is non-zero')
        }
      case 'slow': // milliseconds, with progress all along
        return async function* () {
          for (let ms = 0; ms < Number(argument); ms += 10) {
            await sleep(10)
            request.onProgress?.({ ...noProgress, readRows: ms, elapsedNs: ms * 1e6 })
          }
          yield encodeText('slept\n')
        }
      case 'slowFailure':
        return async function* () {
          yield new Uint8Array(0)
          for (let ms = 0; ms < Number(argument); ms += 10) {
            await sleep(10)
            request.onProgress?.({ ...noProgress, readRows: ms })
          }
          throw new DBError('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 'Value passed to throwIf is non-zero')
        }
      case 'forever':
        return async function* () {
          for (;;) {
            await sleep(5)
            request.signal.throwIfAborted()
            yield new Uint8Array(65536)
          }
        }
      case 'settings':
        return async function* () {
          yield encodeText(`${JSON.stringify({ ...request.settings })} ${JSON.stringify({ ...request.parameters })}\n`)
        }
      case 'set':
        request.session?.settings.set('x', argument)
        return async function* () {}
      case 'get':
        return async function* () {
          yield encodeText(`${request.session?.settings.get('x') ?? 'none'}\n`)
        }
      case 'tables':
        return async function* () {
          for (const { name, structure, format, data } of request.externalTables ?? [])
            yield encodeText(`${name}|${structure}|${format}|${decodeText(data)}\n`)
        }
      default:
        return null
    }
  }

  async #insert(request: QueryRequest, head: string, rest: ReadableStream<Uint8Array> | null): Promise<QueryResult> {
    let size = encodeText(head).length
    if (rest) {
      const reader = rest.getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        size += value.length
      }
    }
    this.ends.push('done')
    const summary: Progress = { ...noProgress, writtenRows: 1, writtenBytes: size }
    return {
      queryId: request.queryId ?? 'made-up',
      format: null,
      contentType: 'text/plain; charset=UTF-8',
      timeZone: 'UTC',
      body: null,
      summary: Promise.resolve(summary),
    }
  }

  #result(request: QueryRequest, output: () => AsyncGenerator<Uint8Array>): QueryResult {
    const { ends } = this
    const source = output()
    let bytes = 0
    let settle: (progress: Progress) => void
    const summary = new Promise<Progress>(resolve => {
      settle = resolve
    })
    const finish = (how: string) => {
      ends.push(how)
      settle({ ...noProgress, resultBytes: bytes })
    }
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { done, value } = await source.next()
            if (done) {
              finish('done')
              controller.close()
              return
            }
            bytes += value.length
            controller.enqueue(value)
          } catch (error) {
            finish(request.signal.aborted ? 'cancelled' : 'failed')
            controller.error(error)
          }
        },
        cancel() {
          finish('cancelled')
        },
      },
      { highWaterMark: 0 },
    )
    return {
      queryId: request.queryId || 'made-up',
      format: request.defaultFormat ?? 'TabSeparated',
      contentType: 'text/tab-separated-values; charset=UTF-8',
      timeZone: 'UTC',
      body,
      summary,
    }
  }
}
