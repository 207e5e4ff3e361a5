// The steps that look at one chunk at a time.
import { columnOf, concatColumns } from '../../columns/build.ts'
import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { keepColumn } from '../../columns/keep.ts'
import { DBError } from '../../core/errors.ts'
import { columnsOf, isDeterministic } from '../../analyzer/typed.ts'
import type { FilterPlan, PlanColumn, ProjectPlan, UnionPlan, ValuesPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'

export async function* values(context: QueryContext, { columns, rows }: ValuesPlan): Chunks {
  const arena = context.newArena()
  try {
    for (let start = 0; start < rows.length; start += chunkRowsMax) {
      await context.breathe()
      arena.reset()
      const slice = rows.slice(start, start + chunkRowsMax)
      const made = columns.map(({ type }, i) =>
        columnOf(
          type,
          slice.map(row => row[i]),
          arena,
        ),
      )
      const chunk = new Chunk(made, slice.length)
      context.read(slice.length, chunk.byteSize())
      yield chunk
    }
  } finally {
    context.release(arena)
  }
}

export async function* filter(
  context: QueryContext,
  input: Chunks,
  { input: { columns }, condition }: FilterPlan,
): Chunks {
  const arena = context.newArena()
  const evaluator = new Evaluator(context, columns)
  try {
    // What is false for every row needs no row: a branch of a union that asks for another table, say.
    const isConstant = columnsOf(condition).size === 0 && isDeterministic(condition)
    if (isConstant && evaluator.mask(condition, new Chunk([], 1), arena) === false) return
    for await (const chunk of input) {
      arena.reset()
      const mask = evaluator.mask(condition, chunk, arena)
      await context.rest()
      if (mask === false) continue
      const kept = mask === true ? chunk : chunk.filter(mask, arena)
      if (kept.rows > 0) yield kept
    }
  } finally {
    context.release(arena)
  }
}

export async function* project(context: QueryContext, input: Chunks, plan: ProjectPlan): Chunks {
  const nodes = plan.columns.map(column => column.node)
  if (
    nodes.every((node, i) => node.kind === 'column' && node.id === plan.input.columns[i]?.id) &&
    nodes.length === plan.input.columns.length
  ) {
    yield* input
    return
  }
  const arena = context.newArena()
  const evaluator = new Evaluator(context, plan.input.columns)
  try {
    for await (const chunk of input) {
      arena.reset()
      const columns = evaluator.run(nodes, chunk, arena)
      await context.rest()
      yield new Chunk(columns, chunk.rows)
    }
  } finally {
    context.release(arena)
  }
}

export async function* union(inputs: readonly Chunks[], _plan: UnionPlan): Chunks {
  for (const input of inputs) yield* input
}

/** All rows in one chunk each column, copied into the arena. null without rows. For steps that need everything at once. */
export async function gatherAll(
  context: QueryContext,
  input: Chunks,
  columns: readonly PlanColumn[],
  arena = context.newArena(),
): Promise<Chunk | null> {
  const collector = new Collector(context, columns.length, arena)
  for await (const chunk of input) collector.add(chunk)
  return collector.finish()
}

/** Copies chunks aside and joins them in the end. */
export class Collector {
  readonly #chunks: Chunk[] = []
  rows = 0
  bytes = 0

  constructor(
    readonly context: QueryContext,
    readonly width: number,
    readonly arena: import('../../core/memory.ts').Arena,
  ) {}

  add(chunk: Chunk): void {
    if (chunk.rows === 0) return
    const columns = chunk.columns.map(column => keepColumn(column, this.arena))
    this.#chunks.push(new Chunk(columns, chunk.rows))
    this.rows += chunk.rows
    for (const column of columns) this.bytes += column.byteSize()
    if (this.rows > 0x7fffffff) throw new DBError('TOO_MANY_ROWS', 'More than 2^31 rows are kept at once')
  }

  finish(): Chunk | null {
    if (this.#chunks.length === 0) return null
    if (this.#chunks.length === 1) return this.#chunks[0]
    const columns = Array.from({ length: this.width }, (_, i) =>
      concatColumns(
        this.#chunks.map(chunk => chunk.columns[i]),
        this.arena,
      ),
    )
    return new Chunk(columns, this.rows)
  }
}
