import { ArrayColumn } from '../../columns/array.ts'
import { Chunk, type Chunks } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { noRow } from '../../columns/column.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { ArrayJoinPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'

/** One row for each element; LEFT keeps rows with empty arrays, with the element's default. */
export async function* arrayJoin(context: QueryContext, input: Chunks, plan: ArrayJoinPlan): Chunks {
  const arena = context.newArena()
  const evaluator = new Evaluator(context, plan.input.columns)
  const nodes = plan.arrays.map(array => array.node)
  try {
    for await (const whole of input) {
      // Arrays may be long: a few thousand rows at a time keep the output bounded.
      for (let start = 0; start < whole.rows; start += 8192) {
        arena.reset()
        const chunk = whole.cut(start, Math.min(8192, whole.rows - start))
        const arrays = evaluator.run(nodes, chunk, arena).map(column => {
          const full = column.full(arena)
          assert(full instanceof ArrayColumn, 'ARRAY JOIN has arrays')
          return full
        })
        const joined = expand(context, chunk, arrays, plan.isLeft, arena)
        if (joined.rows > 0) yield joined
      }
    }
  } finally {
    context.release(arena)
  }
}

function expand(
  context: QueryContext,
  chunk: Chunk,
  arrays: readonly ArrayColumn[],
  isLeft: boolean,
  arena: Arena,
): Chunk {
  const { memory } = context
  const { kernels } = memory
  const [first] = arrays
  const isUnaligned = context.settings.bool('enable_unaligned_array_join')
  for (const array of arrays.slice(1))
    if (isUnaligned) return expandUnaligned(chunk, arrays, isLeft, arena)
    else if (kernels.equalSizes(first.offsets, array.offsets, chunk.rows) === 0)
      throw new DBError('SIZES_OF_ARRAYS_DONT_MATCH', 'Sizes of ARRAY-JOIN-ed arrays do not match')
  const total = kernels.arrayJoinRows(first.offsets, chunk.rows, isLeft ? 1 : 0)
  const rowOf = arena.allocate(total * 4)
  const columns: Column[] = []
  const elements = arrays.map(array => {
    const numbers = arena.allocate(total * 4)
    kernels.arrayJoinNumbers(array.offsets, chunk.rows, isLeft ? 1 : 0, noRow, rowOf, numbers)
    return array.elements.gather(numbers, total, arena)
  })
  for (const column of chunk.columns) columns.push(column.gather(rowOf, total, arena))
  return new Chunk([...columns, ...elements], total)
}

/** Arrays of different sizes: the shorter ones go on with defaults. */
function expandUnaligned(chunk: Chunk, arrays: readonly ArrayColumn[], isLeft: boolean, arena: Arena): Chunk {
  const { u32 } = arena.memory
  const startOf = (array: ArrayColumn, row: number) => u32[array.offsets / 4 + row]
  const sizes = Array.from({ length: chunk.rows }, (_, row) =>
    Math.max(isLeft ? 1 : 0, ...arrays.map(array => startOf(array, row + 1) - startOf(array, row))),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const rowOf = arena.allocate(total * 4)
  const numbers = arrays.map(() => arena.allocate(total * 4))
  const memory = arena.memory
  let at = 0
  for (const [row, size] of sizes.entries())
    for (let i = 0; i < size; i++, at++) {
      memory.u32[rowOf / 4 + at] = row
      for (const [k, array] of arrays.entries()) {
        const start = memory.u32[array.offsets / 4 + row]
        const end = memory.u32[array.offsets / 4 + row + 1]
        memory.u32[numbers[k] / 4 + at] = start + i < end ? start + i : noRow
      }
    }
  const elements = arrays.map((array, k) => array.elements.gather(numbers[k], total, arena))
  return new Chunk([...chunk.columns.map(column => column.gather(rowOf, total, arena)), ...elements], total)
}
