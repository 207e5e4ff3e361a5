import { Chunk, type Chunks } from '../../columns/chunk.ts'
import { DBError } from '../../core/errors.ts'
import { readInput } from '../../formats/input.ts'
import { findInputFormat } from '../../formats/registry.ts'
import { formatOptions } from '../../formats/settings.ts'
import type { ScanPlan } from '../../planner/plan.ts'
import { TimeZone } from '../../types/timeZone.ts'
import type { QueryContext } from '../context.ts'
import { readUrl, urlLocation, urlPieces } from '../remote.ts'
import type { Source } from '../source.ts'
import { TableFilter } from './packed.ts'

/** In place of a disk's location: the data of the INSERT that the query is for. */
export const inputLocation = 'input:'

const pieceBytes = 4 << 20

/** Rows of a file in some format. */
export async function* readFormat(
  context: QueryContext,
  plan: ScanPlan,
  source: Extract<Source, { kind: 'format' }>,
): Chunks {
  if (source.location === inputLocation && !context.input)
    throw new DBError(
      'INVALID_USAGE_OF_INPUT',
      'Input stream is not initialized, input() must be used only in INSERT SELECT query',
    )
  const format = findInputFormat(source.format)
  const options = formatOptions(context.formatSetting, { zone: TimeZone.get(context.environment.timeZone) })
  const stored = plan.table.columns.filter(column => !column.virtual)
  const schema = stored.map(({ name, type }) => ({ name, type }))
  const positions = [...plan.columns, ...plan.filterColumns].map(column =>
    stored.findIndex(({ name }) => name === column.name),
  )
  const filtering = new TableFilter(context, plan)
  const arena = context.newArena()
  const buffer = context.newArena()
  try {
    let results: AsyncIterable<{ chunk: Chunk | null }>
    if (format.randomAccess)
      results = format.randomAccess.read(await randomAccess(context, source), schema, options, arena)
    else if (format.reader)
      results = readInput(
        format.reader(schema, options, context.memory),
        pieces(context, source),
        context.memory,
        arena,
        buffer,
      )
    else throw new DBError('FORMAT_IS_NOT_SUITABLE_FOR_INPUT', `Format ${format.name} is not suitable for input`)
    for await (const { chunk } of results) {
      await context.breathe()
      if (context.isBroken) return
      if (!chunk || chunk.rows === 0) continue
      context.read(chunk.rows, chunk.byteSize())
      const kept = filtering.apply(
        new Chunk(
          positions.map(at => chunk.columns[at]),
          chunk.rows,
        ),
        arena,
      )
      if (kept) yield kept
    }
  } finally {
    context.release(arena)
    context.release(buffer)
  }
}

async function randomAccess(context: QueryContext, { location, path, bytes }: Extract<Source, { kind: 'format' }>) {
  if (bytes) return { size: bytes.length, read: async (start: number, end: number) => bytes.subarray(start, end) }
  if (location === urlLocation) {
    const whole = await readUrl(context.platform, path)
    return { size: whole.length, read: async (start: number, end: number) => whole.subarray(start, end) }
  }
  const disk = await context.platform.openDisk(location)
  const size = await disk.size(path)
  if (size === null) throw new DBError('FILE_DOESNT_EXIST', `File ${path} doesn't exist`)
  return { size, read: (start: number, end: number) => disk.read(path, start, end) }
}

async function* pieces(
  context: QueryContext,
  { location, path, bytes }: Extract<Source, { kind: 'format' }>,
): AsyncGenerator<Uint8Array> {
  if (bytes) {
    yield bytes
    return
  }
  if (location === inputLocation) {
    if (context.input) yield* context.input.pieces()
    return
  }
  if (location === urlLocation) {
    yield* urlPieces(context.platform, path)
    return
  }
  const disk = await context.platform.openDisk(location)
  for (let at = 0; ; at += pieceBytes) {
    const piece = await disk.read(path, at, at + pieceBytes)
    if (piece.length > 0) yield piece
    if (piece.length < pieceBytes) return
  }
}
