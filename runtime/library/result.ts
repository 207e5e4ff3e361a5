import { DBError } from '../core/errors.ts'
import type { Progress, QueryResult as EngineResult } from '../engine/contract.ts'
import { type Block, BlockReader, type Header } from './blockReader.ts'
import { arrowTable } from './arrowTable.ts'
import { blockRows, ColumnSet } from './columnSet.ts'
import { cellValues } from './cellValues.ts'
import { granaryError, type Origin } from './errors.ts'
import type { ValueOptions } from './options.ts'

/** What a query has cost. */
export interface Statistics {
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsWritten: number
  readonly bytesWritten: number
  /** Rows of the result. */
  readonly rows: number
  readonly elapsedMs: number
  /** Most memory that it held at one time, in bytes. */
  readonly memoryBytes: number
}

/** What a result is made of: how its query is started, once it is known in which form it is wanted. */
export interface ResultSource {
  /** format: where the statement has no FORMAT of its own. */
  start(format: string): Promise<EngineResult>
  readonly options: ValueOptions
  readonly signal: AbortSignal | undefined
  readonly origin: Origin
}

const binaryFormat = 'NativeWithHeader'
const noHeader: Header = { names: [], types: [] }

/**
 * The result of a query, which runs when the result is read: by `await` or `.rows()`, `.columns()`, `.arrow()`, `for await`, or as text
 * or bytes in one of ClickHouse's formats. It is read once.
 */
export class Result<Row = Record<string, unknown>> implements PromiseLike<Row[]>, AsyncIterable<Row> {
  #rows: Promise<Row[]> | null = null
  #isRead = false
  #settled!: (statistics: Promise<Statistics>) => void
  /** Settles when the query has ended. */
  readonly statistics: Promise<Statistics>
  /** Of system.query_log; known when the query has started. */
  queryId = ''

  constructor(readonly source: ResultSource) {
    this.statistics = new Promise(resolve => {
      this.#settled = resolve
    })
    this.statistics.catch(() => {}) // who reads the rows hears of it there
  }

  // biome-ignore lint/suspicious/noThenProperty: a result is awaited for its rows
  then<A = Row[], B = never>(
    fulfilled?: ((rows: Row[]) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.rows().then(fulfilled, rejected)
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Row[] | B> {
    return this.rows().catch(rejected)
  }

  finally(done?: (() => void) | null): Promise<Row[]> {
    return this.rows().finally(done)
  }

  /** All rows, an object each. */
  rows(): Promise<Row[]> {
    this.#rows ??= this.columns().then(columns => columns.rows())
    return this.#rows
  }

  /** The first row, if there is one; the query is stopped then. */
  async first(): Promise<Row | undefined> {
    for await (const row of this) return row
    return undefined
  }

  /** The first column of the first row. */
  async value<T = unknown>(): Promise<T | undefined> {
    for await (const { blocks, options } of this.blocks()) return cellValues(blocks[0].cells[0], options)[0] as T
    return undefined
  }

  /** All rows by columns, numbers as typed arrays. */
  async columns(): Promise<ColumnSet<Row>> {
    const blocks: Block[] = []
    let header = noHeader
    for await (const block of this.#blocks()) {
      if (block.rows === 0) header = block
      else blocks.push(block)
    }
    return new ColumnSet<Row>(header, blocks, this.source.options)
  }

  /** Rows by columns, as the query gives them. The query waits when nobody asks for more; leaving the loop stops it. */
  async *blocks(): AsyncGenerator<ColumnSet<Row>, void, undefined> {
    for await (const block of this.#blocks())
      if (block.rows > 0) yield new ColumnSet<Row>(block, [block], this.source.options)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    for await (const block of this.#blocks()) if (block.rows > 0) yield* blockRows<Row>(block, this.source.options)
  }

  /** A table of Apache Arrow, by the package @uwdata/flechette. */
  async arrow(): ReturnType<typeof arrowTable> {
    return arrowTable(await this.columns())
  }

  /** The result in a format, unless the statement says one. */
  async text(format = 'TabSeparated'): Promise<string> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    let text = ''
    for await (const piece of this.#pieces(format)) text += decoder.decode(piece, { stream: true })
    return text + decoder.decode()
  }

  async bytes(format = 'Native'): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for await (const piece of this.#pieces(format)) pieces.push(piece)
    const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }

  /** The parsed document of FORMAT JSON and its kin; of a format with a document a line, an array of them. */
  async json<T = unknown>(format = 'JSON'): Promise<T> {
    const text = await this.text(format)
    if (!/EachRow/i.test(format) || /^\s*[[{]\s*$/.test(text.slice(0, text.indexOf('\n')))) return JSON.parse(text)
    const lines = text.split('\n').filter(line => line !== '')
    return lines.map(line => JSON.parse(line)) as T
  }

  /** Bytes as the query gives them. Cancelling the stream stops the query. */
  stream(format = 'TabSeparated'): ReadableStream<Uint8Array> {
    const pieces = this.#pieces(format)
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await pieces.next()
          if (done) controller.close()
          else controller.enqueue(value)
        },
        async cancel() {
          await pieces.return()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Runs the query to its end and forgets what it gives. */
  async done(): Promise<void> {
    for await (const _ of this.#pieces('Null'));
  }

  async *#blocks(): AsyncGenerator<Block, void, undefined> {
    const reader = new BlockReader()
    const pieces = this.#pieces(binaryFormat, format => {
      if (format !== null && format !== binaryFormat)
        throw new DBError(
          'BAD_ARGUMENTS',
          `The statement has FORMAT ${format}: read it by .text(), .bytes() or .stream()`,
        )
    })
    try {
      for await (const piece of pieces) yield* reader.push(piece)
      yield* reader.finish()
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async *#pieces(
    format: string,
    started?: (format: string | null) => void,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#isRead) throw this.#failure(new DBError('BAD_ARGUMENTS', 'A result is read once: this one has been'))
    this.#isRead = true
    const { source } = this
    const leave = leaving(source.signal)
    let reader: ReadableStreamDefaultReader<Uint8Array> | null = null
    let isEnded = false
    try {
      leave.check()
      const result = await leave.orLeft(source.start(format))
      this.queryId = result.queryId
      this.#settled(result.summary.then(statisticsOf))
      reader = result.body?.getReader() ?? null
      started?.(result.format)
      while (reader) {
        const { done, value } = await leave.orLeft(reader.read())
        if (done) break
        yield value
      }
      isEnded = true
      // An error that the body could not tell, as its format has a place for it.
      await result.summary
    } catch (error) {
      const failure = this.#failure(error)
      const none = Promise.reject(failure)
      none.catch(() => {}) // the statistics may be there already
      this.#settled(none)
      throw failure
    } finally {
      leave.end()
      if (!isEnded) reader?.cancel().catch(() => {}) // the query ends with it, and what it fails with is told already
    }
  }

  #failure(error: unknown): unknown {
    if (this.source.signal?.aborted && error === this.source.signal.reason) return error
    return granaryError(error, this.queryId, this.source.origin)
  }
}

/** Waits for a promise, or for a signal's end of patience. */
export function leaving(signal: AbortSignal | undefined) {
  let leave: () => void = () => {}
  const left = signal
    ? new Promise<never>((_, reject) => {
        leave = () => reject(signal.reason)
        signal.addEventListener('abort', leave)
      })
    : null
  left?.catch(() => {}) // nobody may be waiting
  return {
    check: () => signal?.throwIfAborted(),
    orLeft<T>(promise: Promise<T>): Promise<T> {
      if (!left) return promise
      promise.catch(() => {}) // it ends some time, heard or not
      return Promise.race([promise, left])
    },
    end: () => signal?.removeEventListener('abort', leave),
  }
}

export const statisticsOf = (progress: Progress): Statistics => ({
  rowsRead: progress.readRows,
  bytesRead: progress.readBytes,
  rowsWritten: progress.writtenRows,
  bytesWritten: progress.writtenBytes,
  rows: progress.resultRows,
  elapsedMs: progress.elapsedNs / 1e6,
  memoryBytes: progress.memoryUsage,
})
