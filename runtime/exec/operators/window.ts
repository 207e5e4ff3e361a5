// Window functions: all rows are taken in, sorted by partition and order, and each function's column is made over them. Rows leave in that
// order.
import { columnOf, concatColumns } from '../../columns/build.ts'
import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { type Column, noRow } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { keepColumn } from '../../columns/keep.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { rankRows, sortRows } from '../../columns/sort.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { WindowNode, WindowSpec } from '../../analyzer/typed.ts'
import { castColumn } from '../../functions/castColumn.ts'
import type { WindowPlan } from '../../planner/plan.ts'
import { parseType } from '../../types/parseType.ts'
import type { Value } from '../../types/value.ts'
import type { QueryContext } from '../context.ts'
import { collationRanks } from '../collation.ts'
import { Evaluator } from '../evaluate.ts'
import { gatherAll } from './basic.ts'
import { overTime } from './windowTime.ts'
import { frameBounds, type Layout, layoutOf } from './windowFrame.ts'

export async function* window(context: QueryContext, input: Chunks, plan: WindowPlan): Chunks {
  const arena = context.newArena()
  try {
    const all = await gatherAll(context, input, plan.input.columns, arena)
    if (!all) return
    const spec = plan.windows[0].node.window
    const evaluator = new Evaluator(context, plan.input.columns)
    const { sorted, layout } = sortForWindow(all, spec, evaluator, arena)
    const columns: Column[] = [...sorted.columns]
    for (const { node } of plan.windows) {
      await context.breathe()
      const args = evaluator.run(node.args, sorted, arena).map(column => column.full(arena))
      columns.push(node.aggregate ? aggregated(context, node, args, layout, arena) : special(node, args, layout, arena))
    }
    const whole = new Chunk(columns, sorted.rows)
    for (let start = 0; start < whole.rows; start += chunkRowsMax) {
      await context.breathe()
      yield whole.cut(start, Math.min(chunkRowsMax, whole.rows - start))
    }
  } finally {
    context.release(arena)
  }
}

/** Rows in the window's order, and where its partitions and peers begin. */
function sortForWindow(all: Chunk, spec: WindowSpec, evaluator: Evaluator, arena: Arena) {
  const { memory } = arena
  const values = evaluator.run(
    spec.orderBy.map(key => key.expr),
    all,
    arena,
  )
  const keys = values.map((column, i) => {
    const { locale } = spec.orderBy[i]
    return locale === undefined ? column : collationRanks(column, locale, arena)
  })
  const partitionKeys = evaluator.run(spec.partitionBy, all, arena).map(column => column.full(arena))
  const ranks =
    partitionKeys.length > 0 ? rankRows(partitionKeys, [], all.rows, arena) : arena.allocateZeroed(all.rows * 4)
  const partition = new FixedColumn(parseType('UInt32'), memory, ranks, all.rows)
  const directions = spec.orderBy.map(({ descending, nullsFirst }) => ({ descending, nullsFirst }))
  const { order, runs } = sortRows(
    [partition, ...keys.map(key => key.full(arena))],
    [{}, ...directions],
    all.rows,
    arena,
  )
  const sorted = all.gather(order, all.rows, arena)
  const sortedRanks = arena.allocate(all.rows * 4)
  memory.kernels.gather4(ranks, order, all.rows, sortedRanks)
  const orderValues = keys.length === 1 ? keys[0].full(arena).gather(order, all.rows, arena) : null
  return { sorted, layout: layoutOf(memory, sortedRanks, runs, all.rows, spec, orderValues) }
}

/** Functions that exist only over windows. */
function special(node: WindowNode, args: readonly Column[], layout: Layout, arena: Arena): Column {
  const { rows, partitionStart, partitionEnd, peerStart, peerEnd, peerNumber } = layout
  const numbers = (compute: (row: number) => number): Column => {
    const values: number[] = new Array(rows)
    for (let row = 0; row < rows; row++) values[row] = compute(row)
    const isFloat = node.type.name === 'Float64'
    return columnOf(node.type, isFloat ? values : values.map(BigInt), arena)
  }
  switch (node.name) {
    case 'row_number':
      return numbers(row => row - partitionStart[row] + 1)
    case 'rank':
      return numbers(row => peerStart[row] - partitionStart[row] + 1)
    case 'dense_rank':
      return numbers(row => peerNumber[row] - peerNumber[partitionStart[row]] + 1)
    case 'percent_rank':
      return numbers(row => {
        const size = partitionEnd[row] - partitionStart[row]
        return size > 1 ? (peerStart[row] - partitionStart[row]) / (size - 1) : 0
      })
    case 'cume_dist':
      return numbers(row => (peerEnd[row] - partitionStart[row]) / (partitionEnd[row] - partitionStart[row]))
    case 'ntile':
      return numbers(row => {
        const buckets = Number(args[0].valueAt(row))
        if (!(buckets > 0)) throw new DBError('BAD_ARGUMENTS', "Argument of 'ntile' must be greater than zero")
        const size = partitionEnd[row] - partitionStart[row]
        const at = row - partitionStart[row]
        const small = Math.floor(size / buckets)
        const larger = size % buckets
        if (at < larger * (small + 1)) return Math.floor(at / (small + 1)) + 1
        return larger + Math.floor((at - larger * (small + 1)) / small) + 1
      })
    case 'lag':
    case 'lead':
    case 'lagInFrame':
    case 'leadInFrame':
      return neighbour(node, args, layout, arena)
    case 'nth_value': {
      const { begins, ends } = frameBounds(layout)
      return pick(
        args[0],
        rows,
        row => {
          const nth = Number(args[1].valueAt(row))
          if (!(nth > 0)) throw new DBError('BAD_ARGUMENTS', 'The offset of nth_value must be greater than zero')
          const at = begins[row] + nth - 1
          return at < ends[row] ? at : noRow
        },
        arena,
      )
    }
    default:
      return overTime(node, args, layout, arena)
  }
}

/** lag and lead: another row's value, or the default that is given, or the type's. */
function neighbour(node: WindowNode, args: readonly Column[], layout: Layout, arena: Arena): Column {
  const { rows, partitionStart, partitionEnd } = layout
  const direction = node.name.startsWith('lag') ? -1 : 1
  const frame = node.name.endsWith('InFrame') ? frameBounds(layout) : { begins: partitionStart, ends: partitionEnd }
  const offset = (row: number) => {
    const value = args.length > 1 ? Number(args[1].valueAt(row)) : 1
    if (value < 0)
      throw new DBError('BAD_ARGUMENTS', `The offset for function ${node.name} must be nonnegative, ${value} given`)
    return value
  }
  const values = castColumn(args[0], node.type, arena).full(arena)
  const otherwise = args.length > 2 ? castColumn(args[2], node.type, arena).full(arena) : null
  const source = otherwise ? concatColumns([values, otherwise], arena) : values
  return pick(
    source,
    rows,
    row => {
      const at = row + direction * offset(row)
      if (at >= frame.begins[row] && at < frame.ends[row]) return at
      return otherwise ? rows + row : noRow
    },
    arena,
  )
}

function pick(source: Column, rows: number, rowOf: (row: number) => number, arena: Arena): Column {
  const chosen: number[] = new Array(rows)
  for (let row = 0; row < rows; row++) chosen[row] = rowOf(row)
  const indices = arena.allocate(rows * 4)
  arena.memory.u32.set(chosen, indices / 4)
  return source.gather(indices, rows, arena)
}

/** How many (row, frame) pairs are put into states at once. */
const pairsMax = 65_536

function aggregated(
  context: QueryContext,
  node: WindowNode,
  given: readonly Column[],
  layout: Layout,
  arena: Arena,
): Column {
  const bound = node.aggregate
  assert(bound !== null, 'an aggregate over a window is bound')
  const args = given.map(column =>
    column instanceof LowCardinalityColumn && !bound.argumentTypes.some(type => type.equals(column.type))
      ? column.plain(arena)
      : column,
  )
  const { rows, partitionStart, partitionEnd } = layout
  const { memory } = context
  const { begins, ends } = frameBounds(layout)
  const isAll = (bounds: ArrayLike<number>, other: ArrayLike<number>) => {
    for (let row = 0; row < rows; row++) if (bounds[row] !== other[row]) return false
    return true
  }
  const fromStart = isAll(begins, partitionStart)
  if (fromStart && isAll(ends, partitionEnd)) {
    // One state a partition.
    const groups = arena.allocate(rows * 4)
    let count = 0
    for (let row = 0; row < rows; row++) {
      if (row === 0 || partitionStart[row] !== partitionStart[row - 1]) count++
      memory.u32[groups / 4 + row] = count - 1
    }
    const states = bound.create(arena)
    states.ensure(count)
    states.add(groups, args, rows)
    return states.result(0, count, arena).full(arena).gather(groups, rows, arena)
  }
  return fromStart
    ? running(context, node, args, layout, ends, arena)
    : framed(context, node, args, begins, ends, arena)
}

/** Frames that begin with their partition: one state that takes in what each row's frame has more than the last one's. */
function running(
  context: QueryContext,
  node: WindowNode,
  args: readonly Column[],
  layout: Layout,
  ends: ArrayLike<number>,
  arena: Arena,
): Column {
  const { rows, partitionStart } = layout
  const values: Value[] = new Array(rows)
  const keep = context.newArena()
  const scratch = context.newArena()
  try {
    let states = node.aggregate!.create(keep)
    let taken = -1
    let last: Value = null
    for (let row = 0; row < rows; row++) {
      const isFirst = row === partitionStart[row]
      if (isFirst) {
        keep.reset()
        states = node.aggregate!.create(keep)
        states.ensure(1)
        taken = row
      }
      const end = ends[row]
      if (end > taken || isFirst) {
        scratch.reset()
        if (end > taken)
          states.add(
            0,
            args.map(column => column.slice(taken, end - taken)),
            end - taken,
          )
        taken = Math.max(taken, end)
        last = states.result(0, 1, scratch).valueAt(0)
      }
      values[row] = last
    }
  } finally {
    context.release(keep)
    context.release(scratch)
  }
  return columnOf(node.type, values, arena)
}

/** Any frames: a state for each row, which takes in all rows of its frame. */
function framed(
  context: QueryContext,
  node: WindowNode,
  args: readonly Column[],
  begins: ArrayLike<number>,
  ends: ArrayLike<number>,
  arena: Arena,
): Column {
  const rows = begins.length
  const { memory } = context
  const pieces: Column[] = []
  const keep = context.newArena()
  const scratch = context.newArena()
  const indices = arena.allocate(pairsMax * 4)
  const groups = arena.allocate(pairsMax * 4)
  try {
    for (let start = 0; start < rows; start += 4096) {
      const count = Math.min(4096, rows - start)
      keep.reset()
      const states = node.aggregate!.create(keep)
      states.ensure(count)
      let pairs = 0
      const flush = () => {
        if (pairs === 0) return
        scratch.reset()
        const picked = args.map(column => column.gather(indices, pairs, scratch))
        states.add(groups, picked, pairs)
        pairs = 0
      }
      for (let row = start; row < start + count; row++)
        for (let at = begins[row]; at < ends[row]; at++) {
          memory.u32[indices / 4 + pairs] = at
          memory.u32[groups / 4 + pairs] = row - start
          if (++pairs === pairsMax) {
            flush()
            context.check()
          }
        }
      flush()
      // A result may share the memory of the states.
      pieces.push(keepColumn(states.result(0, count, arena), arena))
    }
  } finally {
    context.release(keep)
    context.release(scratch)
  }
  return concatColumns(pieces, arena)
}
