// What db.insert is given, as blocks that are made when the engine asks for them.
import { DBError } from '../core/errors.ts'
import { type TargetColumn, writeBlock } from './blockWriter.ts'

type MaybeAsyncIterable<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>

/** An object by columns' names, or an array in the columns' order. undefined is the column's default. */
export type InsertRow = object | readonly unknown[]

export type InsertBody = string | Uint8Array | MaybeAsyncIterable<Uint8Array | string>

export type InsertData =
  | MaybeAsyncIterable<InsertRow>
  /** By columns. */
  | Readonly<Record<string, ArrayLike<unknown>>>
  /** Bytes in a format that ClickHouse knows. */
  | { readonly format: string; readonly body: InsertBody }

const blockRowsMax = 65_536
const blockBytesMax = 4 << 20

export function isFormatted(data: InsertData): data is { readonly format: string; readonly body: InsertBody } {
  return 'format' in data && typeof data.format === 'string' && 'body' in data
}

export function isRows(data: object): data is MaybeAsyncIterable<InsertRow> {
  return Symbol.iterator in data || Symbol.asyncIterator in data || 'getReader' in data
}

/** Items of whatever can be gone through. Ends the source when it is left early. */
export async function* itemsOf<T>(source: MaybeAsyncIterable<T>): AsyncGenerator<T> {
  if (!('getReader' in source)) {
    yield* source
    return
  }
  const reader = source.getReader()
  let isDone = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      isDone = done
      if (done) return
      yield value
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => {}) // what ends it early is told already
    reader.releaseLock()
  }
}

/** A batch of rows by columns. */
interface Batch {
  readonly values: readonly ArrayLike<unknown>[]
  readonly rows: number
}

/** Names of the columns that rows give, from the first of them; null when there is none. And all rows, the first one too. */
export async function peekRows(source: MaybeAsyncIterable<InsertRow>): Promise<{
  names: readonly string[] | null
  rows: AsyncIterator<InsertRow> | Iterator<InsertRow>
  first: InsertRow | null
}> {
  const rows = Symbol.iterator in source ? source[Symbol.iterator]() : itemsOf(source)
  const { done, value: first } = await rows.next()
  if (done) return { names: [], rows, first: null }
  if (typeof first !== 'object' || first === null)
    throw new DBError('BAD_ARGUMENTS', `A row is an object or an array, not ${first === null ? 'null' : typeof first}`)
  return { names: Array.isArray(first) ? null : Object.keys(first), rows, first }
}

export async function* rowBlocks(
  columns: readonly TargetColumn[],
  first: InsertRow,
  rows: AsyncIterator<InsertRow> | Iterator<InsertRow>,
  written: (rows: number) => void,
  /** Nobody wants any more of it: what the rows come from is told so. */
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const known = new Set(columns.map(({ name }) => name))
  let firstRow = 0
  let isEnded = false
  let row: InsertRow = first
  try {
    while (!isEnded) {
      const values = columns.map((): unknown[] => [])
      let count = 0
      for (let size = 0; count < blockRowsMax && size < blockBytesMax; ) {
        size += addRow(row, columns, known, values, firstRow + count)
        count++
        const step = rows.next()
        const { done, value } = step instanceof Promise ? await step : step
        if (signal.aborted) return
        if (done) {
          isEnded = true
          break
        }
        row = value
      }
      yield writeBatch(columns, { values, rows: count }, firstRow)
      firstRow += count
      written(count)
    }
  } finally {
    if (!isEnded) await rows.return?.()
  }
}

const writeBatch = (columns: readonly TargetColumn[], { values, rows }: Batch, firstRow: number): Uint8Array =>
  writeBlock(columns, values, 0, rows, firstRow)

/** Gives about how many bytes the row has. */
function addRow(
  row: InsertRow,
  columns: readonly TargetColumn[],
  known: ReadonlySet<string>,
  values: readonly unknown[][],
  index: number,
): number {
  let size = 0
  if (Array.isArray(row)) {
    if (row.length !== columns.length)
      throw new DBError(
        'NUMBER_OF_COLUMNS_DOESNT_MATCH',
        `Row ${index + 1} has ${row.length} values for ${columns.length} columns (${columns.map(({ name }) => name).join(', ')})`,
      )
    for (let i = 0; i < row.length; i++) {
      values[i].push(row[i])
      size += sizeOf(row[i])
    }
    return size
  }
  if (typeof row !== 'object' || row === null)
    throw new DBError('BAD_ARGUMENTS', `Row ${index + 1} is neither an object nor an array`)
  const fields = row as Record<string, unknown>
  for (let i = 0; i < columns.length; i++) {
    const { name } = columns[i]
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    values[i].push(value)
    size += sizeOf(value)
  }
  for (const name in fields)
    if (!known.has(name) && fields[name] !== undefined)
      throw new DBError(
        'NO_SUCH_COLUMN_IN_TABLE',
        `Row ${index + 1} has ${name}, which is none of the columns (${[...known].join(', ')})`,
      )
  return size
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  if (Array.isArray(value))
    return value.length * 8 + (typeof value[0] === 'string' ? value.length * value[0].length : 8)
  return ArrayBuffer.isView(value) ? value.byteLength : 64
}

/** Columns of equal length, cut into blocks. */
export function* columnBlocks(
  columns: readonly TargetColumn[],
  values: readonly ArrayLike<unknown>[],
  written: (rows: number) => void,
): Generator<Uint8Array> {
  const rows = values[0]?.length ?? 0
  for (const [i, { name }] of columns.entries())
    if (values[i].length !== rows)
      throw new DBError(
        'SIZES_OF_COLUMNS_DOESNT_MATCH',
        `Columns have equal length, but ${columns[0].name} has ${rows} rows and ${name} ${values[i].length}`,
      )
  for (let start = 0; start < rows; start += blockRowsMax) {
    const end = Math.min(start + blockRowsMax, rows)
    yield writeBlock(columns, values, start, end, start)
    written(end - start)
  }
}

/** A stream that makes its pieces when they are asked for. `failed` hears why one could not be made. */
export function streamOf(
  pieces: AsyncGenerator<Uint8Array> | Generator<Uint8Array>,
  failed: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next()
          if (done) controller.close()
          // Its memory may be given away, so it is nobody else's.
          else controller.enqueue(value.byteLength === value.buffer.byteLength ? value : value.slice())
        } catch (error) {
          failed(error)
          controller.error(error)
        }
      },
      async cancel() {
        await pieces.return(undefined as never)
      },
    },
    { highWaterMark: 0 },
  )
}

export async function* bodyBytes(body: InsertBody): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  if (typeof body === 'string') yield encoder.encode(body)
  else if (body instanceof Uint8Array) yield body.slice()
  else
    for await (const piece of itemsOf(body))
      if (piece.length > 0) yield typeof piece === 'string' ? encoder.encode(piece) : piece.slice()
}
