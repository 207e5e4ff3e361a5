// A query in a worker: prepared, run, written in its format.
import { columnOf } from '../columns/build.ts'
import { Chunk, type Chunks } from '../columns/chunk.ts'
import { packChunk, unpackChunk } from '../columns/transfer.ts'
import { assert } from '../core/assert.ts'
import { DBError, toDBError } from '../core/errors.ts'
import type { QueryContext } from '../exec/context.ts'
import { totalsOf } from '../exec/totals.ts'
import { execute, type Shared } from '../exec/execute.ts'
import { GroupExchange } from '../exec/groupExchange.ts'
import { groupBytesMax } from '../exec/operators/aggregate.ts'
import type { Peers } from '../exec/peers.ts'
import { findShared, type SharedPlan } from '../exec/sharedPlan.ts'
import type { BlockWriter, Output } from '../formats/format.ts'
import { findOutputFormat } from '../formats/registry.ts'
import { formatOptions } from '../formats/settings.ts'
import { limitedStep } from '../exec/operators/rowsBeforeLimit.ts'
import type { Plan } from '../planner/plan.ts'
import { parseType } from '../types/parseType.ts'
import { TimeZone } from '../types/timeZone.ts'
import { prepare } from './analysis.ts'
import { estimateScan } from '../exec/mergeTreeScan.ts'
import { explainEstimate, explainPipeline, explainPlan } from './explain.ts'
import { extremesOf } from './extremes.ts'
import type { ScalarResult, SelectTask } from './messages.ts'

/** What a running query does with the world outside of its thread. */
export interface QueryIo {
  head(format: string, contentType: string): void
  /** Resolves when there is room for more. */
  output(bytes: Uint8Array): Promise<void>
  /** Starts helpers. */
  help(count: number, scalars: readonly ScalarResult[]): void
  readonly peers: Peers
  resultRows(rows: number): void
}

const outputBytes = 65536

export async function runQuery(context: QueryContext, task: SelectTask, io: QueryIo): Promise<void> {
  const { plan, scalars } = await prepare(context, task, task.query, task.share?.scalars ?? null)
  if (task.explain) {
    await explain(context, task, task.explain, plan, io)
    return
  }
  const shared = findShared(plan)
  if (task.share) {
    context.share = task.share
    await runShare(context, shared, io.peers)
    return
  }
  // Which groups are the first ones is for one thread to say.
  const isFirstGroups = context.settings.number('max_rows_to_group_by') > 0
  if (!shared || task.threads < 2 || isFirstGroups || !(await worthSharing(context, shared.top))) {
    await write(context, task, io, plan, execute(context, plan))
    return
  }
  context.share = { index: 0, count: task.threads }
  if (groupBytesMax(context) > 0) context.temporary?.share()
  io.help(task.threads - 1, scalars)
  const { joined } = shared
  const { peers } = io
  const chunks = execute(context, plan, {
    joined,
    exchanges: exchangesOf(context, shared, peers),
    join: own => together(context, own, peers),
  })
  await write(context, task, io, plan, chunks)
}

async function explain(
  context: QueryContext,
  task: SelectTask,
  options: NonNullable<SelectTask['explain']>,
  plan: Plan,
  io: QueryIo,
): Promise<void> {
  if (options.kind === 'ESTIMATE') {
    const types = { database: 'String', table: 'String', parts: 'UInt64', rows: 'UInt64', marks: 'UInt64' }
    const columns = Object.entries(types).map(([name, type], id) => ({ id, name, type: parseType(type) }))
    const estimate: Plan = { kind: 'values', columns, rows: await explainEstimate(plan, context) }
    await write(context, task, io, estimate, execute(context, estimate))
    return
  }
  let lines: string[]
  if (options.kind === 'PIPELINE') {
    const shared = findShared(plan)
    const isShared = shared !== null && task.threads > 1 && (await worthSharing(context, shared.top))
    lines = explainPipeline(plan, shared?.top ?? null, isShared ? task.threads : 1)
  } else lines = await explainPlan(plan, options, context)
  const columns = [{ id: 0, name: 'explain', type: parseType('String') }]
  await write(context, task, io, { kind: 'values', columns, rows: [] }, rowsOf(context, lines))
}

async function* rowsOf(context: QueryContext, lines: readonly string[]): Chunks {
  yield new Chunk([columnOf(parseType('String'), lines, context.arena)], lines.length)
}

/** With few rows to read a second thread costs more than it brings. */
async function worthSharing(context: QueryContext, step: Plan): Promise<boolean> {
  let plan: Plan = step
  while (plan.kind !== 'scan') {
    if ('input' in plan) plan = plan.input
    else if ('left' in plan) plan = plan.left
    else return false
  }
  const source = plan.table.source as { kind: string; parts?: readonly { rows: number }[] }
  const least = context.settings.number('merge_tree_min_rows_for_concurrent_read')
  const rows = (source.parts ?? []).reduce((sum, part) => sum + part.rows, 0)
  if (rows < least) return false
  return source.kind !== 'mergeTree' || (await estimateScan(plan, context)).rows >= least
}

function exchangesOf(context: QueryContext, { aggregations }: SharedPlan, peers: Peers): Shared['exchanges'] {
  return new Map(
    aggregations.map((plan, i) => [plan, new GroupExchange(context, peers, i + 1, i === 0 && plan.keys.length > 0)]),
  )
}

/** In the thread that leads: its own rows, and those of the helpers as they come. */
async function* together(context: QueryContext, own: Chunks, peers: Peers): Chunks {
  const arena = context.newArena()
  const next = (): Chunk | null => {
    const received = peers.poll(0)
    if (!received) return null
    assert(received.item.kind === 'chunk', 'rows come as packed chunks')
    arena.reset()
    return unpackChunk(received.item.chunk, arena)
  }
  try {
    for await (const chunk of own) {
      yield chunk
      for (let other = next(); other; other = next()) yield other
    }
    for (;;) {
      const activity = peers.activity()
      for (let other = next(); other; other = next()) {
        yield other
        await context.breathe()
      }
      if (peers.areGone) return
      await activity
      context.check()
    }
  } finally {
    context.release(arena)
  }
}

/** In a helper: its part of the plan over its share, sent to the thread that leads. */
async function runShare(context: QueryContext, shared: SharedPlan | null, peers: Peers): Promise<void> {
  if (!shared) throw new DBError('LOGICAL_ERROR', 'A helper has a step to share')
  const exchanges = exchangesOf(context, shared, peers)
  for await (const chunk of execute(context, shared.top, { exchanges, joined: null, join: own => own })) {
    if (!shared.joined || chunk.rows === 0) continue
    while (peers.isFull(0)) {
      const activity = peers.activity()
      if (!peers.isFull(0)) break
      await activity
      context.check()
    }
    peers.send(0, { kind: 'chunk', channel: 0, chunk: packChunk(chunk) })
  }
}

async function write(context: QueryContext, task: SelectTask, io: QueryIo, plan: Plan, chunks: Chunks): Promise<void> {
  const { columns } = plan
  const format = findOutputFormat(task.format)
  const options = formatOptions(context.formatSetting, { zone: TimeZone.get(context.environment.timeZone) })
  const schema = columns.map(({ name, type }) => ({ name, type }))
  const writer: BlockWriter = format.writer(schema, options, context.memory)
  const buffer = new OutputBuffer()
  const { settings } = context
  const rowsMax = settings.number('max_result_rows')
  const bytesMax = settings.number('max_result_bytes')
  const extremes = settings.bool('extremes') ? extremesOf(context, schema) : null
  const arena = context.newArena()
  let rows = 0
  let headSent = false
  const flush = async (all: boolean) => {
    if (!headSent && (all || buffer.size >= outputBytes)) {
      headSent = true
      io.head(format.name, format.contentType(options))
    }
    if (headSent && (all || buffer.size >= outputBytes)) for (const bytes of buffer.take()) await io.output(bytes)
  }
  context.limited = limitedStep(plan)
  try {
    writer.begin(buffer)
    for await (const chunk of chunks) {
      await context.breathe()
      if (chunk.rows === 0) continue
      rows += chunk.rows
      if (rowsMax > 0 && rows > rowsMax && settings.text('result_overflow_mode') === 'throw')
        throw new DBError(
          'TOO_MANY_ROWS_OR_BYTES',
          `Limit for result exceeded, max rows: ${rowsMax}, current rows: ${rows}`,
        )
      arena.reset()
      writer.chunk(chunk, arena, buffer)
      extremes?.add(chunk)
      io.resultRows(chunk.rows)
      if (bytesMax > 0 && buffer.total > bytesMax)
        throw new DBError(
          'TOO_MANY_ROWS_OR_BYTES',
          `Limit for result exceeded, max bytes: ${bytesMax}, current bytes: ${buffer.total}`,
        )
      await flush(false)
      if (rowsMax > 0 && rows >= rowsMax && settings.text('result_overflow_mode') === 'break') break
    }
    arena.reset()
    const totals = totalsOf(context, plan)
    if (totals) writer.totals?.(totals, arena, buffer)
    const ends = extremes?.finish(arena)
    if (ends) writer.extremes?.(ends, arena, buffer)
    writer.end(buffer, {
      elapsedSeconds: context.elapsedMs / 1000,
      rowsRead: context.counters.readRows,
      bytesRead: context.counters.readBytes,
      rowsBeforeLimit: context.limited ? context.rowsBeforeLimit : null,
    })
    await flush(true)
  } catch (error) {
    if (writer.exception && settings.bool('http_write_exception_in_output_format') && !context.isCancelled()) {
      const known = toDBError(error)
      writer.exception(`${known.describe()} (version ${context.environment.version} (official build))`, buffer)
      await flush(true)
      known.isInResult = true
      throw known
    }
    // What was not sent yet is dropped, so that the error can be the whole answer.
    if (!headSent) throw error
    await flush(true)
    throw error
  } finally {
    context.release(arena)
  }
}

/** Gathers small pieces to larger ones. */
class OutputBuffer implements Output {
  #pieces: Uint8Array[] = []
  size = 0
  total = 0

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#pieces.push(bytes.slice())
    this.size += bytes.length
    this.total += bytes.length
  }

  *take(): Generator<Uint8Array> {
    const pieces = this.#pieces
    this.#pieces = []
    const { size } = this
    this.size = 0
    if (size === 0) return
    if (pieces.length === 1) {
      yield pieces[0]
      return
    }
    const joined = new Uint8Array(size)
    let at = 0
    for (const piece of pieces) {
      joined.set(piece, at)
      at += piece.length
    }
    yield joined
  }
}
