import { columnOf, defaultColumn } from '../columns/build.ts'
import { Chunk } from '../columns/chunk.ts'
import { type Column, noRow } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { lambdaEvaluator } from '../analyzer/lambda.ts'
import { columnsOf, type InNode, type LambdaNode, type Typed } from '../analyzer/typed.ts'
import type { PlanColumn } from '../planner/plan.ts'
import { parseType } from '../types/parseType.ts'
import type { QueryContext } from './context.ts'
import { InSet } from './inSet.ts'

/** Runs expressions over chunks of one shape. Nodes with the same key run once a chunk. */
export class Evaluator {
  readonly #positions: Map<number, number>
  readonly #sets = new Map<string, InSet>()

  constructor(
    readonly context: QueryContext,
    header: readonly PlanColumn[],
    /** Constants and sets live here. */
    readonly keep: Arena = context.arena,
  ) {
    this.#positions = new Map(header.map((column, i) => [column.id, i]))
  }

  /** One column for each node. Results lie in the arena, or share the chunk's memory. */
  run(nodes: readonly Typed[], chunk: Chunk, arena: Arena): Column[] {
    const memo = new Map<string, Column>()
    return nodes.map(node => this.#evaluate(node, chunk, arena, memo))
  }

  one(node: Typed, chunk: Chunk, arena: Arena): Column {
    return this.#evaluate(node, chunk, arena, new Map())
  }

  /** A condition as a mask: u8[rows], 1 where it is true (NULL is not). `true` or `false` where it is the same for all rows. */
  mask(condition: Typed, chunk: Chunk, arena: Arena): number | boolean {
    const column = this.one(condition, chunk, arena)
    if (column instanceof ConstColumn) {
      const value = column.valueAt()
      return value !== null && Number(value) !== 0
    }
    return toMask(column, arena)
  }

  #evaluate(node: Typed, chunk: Chunk, arena: Arena, memo: Map<string, Column>): Column {
    if (node.kind === 'column') {
      const position = this.#positions.get(node.id)
      assert(position !== undefined, 'a column comes from the input')
      return chunk.columns[position]
    }
    if (node.kind === 'constant') return new ConstColumn(columnOf(node.type, [node.value], arena), chunk.rows)
    const known = memo.get(node.key)
    if (known) return known
    const result = this.#compute(node, chunk, arena, memo)
    memo.set(node.key, result)
    return result
  }

  #compute(node: Typed, chunk: Chunk, arena: Arena, memo: Map<string, Column>): Column {
    if (node.kind === 'in') return this.#in(node, this.#evaluate(node.operand, chunk, arena, memo), arena)
    if (node.kind !== 'call') throw new DBError('LOGICAL_ERROR', `A ${node.kind} node is not an expression over rows`)
    const args: Column[] = []
    const needs = shortCircuits.get(node.name)
    for (const [i, arg] of node.args.entries()) {
      if (arg.kind === 'lambda') {
        this.#prepareLambda(arg, chunk)
        args.push(new ConstColumn(columnOf(parseType('Nothing'), [0], arena), chunk.rows))
      } else if (needs && i > 0) {
        const mask = () => needs(args, i, chunk.rows, arena)
        args.push(this.#whereNeeded(arg, mask, chunk, arena, memo))
      } else args.push(this.#evaluate(arg, chunk, arena, memo))
    }
    return node.bound.run(args, chunk.rows, arena)
  }

  /** An argument that counts in some rows only: where it fails, it is tried again for those alone. mask: u8[rows] of them. */
  #whereNeeded(node: Typed, mask: () => number, chunk: Chunk, arena: Arena, memo: Map<string, Column>): Column {
    try {
      return this.#evaluate(node, chunk, arena, memo)
    } catch (error) {
      if (!(error instanceof DBError) || notOfRows.has(error.errorName)) throw error
      const { memory } = this.context
      const needed = mask()
      const rows = memory.kernels.countMask(needed, chunk.rows)
      if (rows === chunk.rows) throw error
      if (rows === 0) return defaultColumn(node.type, chunk.rows, arena)
      const found = this.one(node, chunk.filter(needed, arena), arena).full(arena)
      const places = arena.allocate(chunk.rows * 4)
      let next = 0
      for (let row = 0; row < chunk.rows; row++) memory.u32[places / 4 + row] = memory.u8[needed + row] ? next++ : noRow
      return found.gather(places, chunk.rows, arena)
    }
  }

  /** The lambda's body over elements: its own parameters, and the chunk's columns repeated for each element. */
  #prepareLambda(lambda: LambdaNode, chunk: Chunk): void {
    const captured = [...columnsOf(lambda).keys()].flatMap(id => {
      const position = this.#positions.get(id)
      return position === undefined ? [] : [{ id, position }]
    })
    lambdaEvaluator(lambda).run = (parameters, rowOf, rows, arena) => {
      const header: PlanColumn[] = [
        ...lambda.parameters.map(({ id, name, type }) => ({ id, name, type })),
        ...captured.map(({ id, position }) => ({ id, name: '', type: chunk.columns[position].type })),
      ]
      const columns = [
        ...parameters,
        ...captured.map(({ position }) => chunk.columns[position].gather(rowOf, rows, arena)),
      ]
      const inner = new Evaluator(this.context, header, this.keep)
      return inner.one(lambda.body, new Chunk(columns, rows), arena)
    }
  }

  #in(node: InNode, operand: Column, arena: Arena): Column {
    let set = this.#sets.get(node.key)
    if (!set) {
      set = new InSet(node, this.keep)
      this.#sets.set(node.key, set)
    }
    return set.test(operand, arena)
  }
}

/** Of errors that are none of single rows. */
const notOfRows = new Set(['MEMORY_LIMIT_EXCEEDED', 'QUERY_WAS_CANCELLED', 'TIMEOUT_EXCEEDED', 'LOGICAL_ERROR'])

/** For functions that need not look at all arguments: the rows in which argument i counts, by those before it. */
const shortCircuits = new Map<string, (before: readonly Column[], i: number, rows: number, arena: Arena) => number>([
  [
    'if',
    (before, i, rows, arena) => {
      if (i > 1) return rowsWhere(before.slice(0, 1), rows, arena)
      const mask = rowsWhere([], rows, arena)
      leaveTrue(mask, before[0], rows, arena)
      return mask
    },
  ],
  [
    'multiIf',
    (before, i, rows, arena) => {
      // Conditions stand at even places; the last argument is what is left.
      const earlier = before.filter((_, at) => at % 2 === 0 && at < i - (i % 2))
      const mask = rowsWhere(earlier, rows, arena)
      const isBranch = i % 2 === 1
      if (isBranch) leaveTrue(mask, before[i - 1], rows, arena)
      return mask
    },
  ],
  // NULL decides neither of the two.
  ['and', (before, _, rows, arena) => rowsUndecided(before, false, rows, arena)],
  ['or', (before, _, rows, arena) => rowsUndecided(before, true, rows, arena)],
])

/** Clears a mask where the condition is not true. */
function leaveTrue(mask: number, condition: Column, rows: number, arena: Arena): void {
  const { kernels } = arena.memory
  const untrue = arena.allocate(rows)
  kernels.maskNot(toMask(condition.full(arena), arena), untrue, rows)
  kernels.andNotMasks(mask, untrue, rows, mask)
}

/** u8[rows], 1 where none of the conditions is true. */
function rowsWhere(conditions: readonly Column[], rows: number, arena: Arena): number {
  const { u8, kernels } = arena.memory
  const mask = arena.allocate(rows)
  u8.fill(1, mask, mask + rows)
  for (const condition of conditions) {
    const truth = toMask(condition.full(arena), arena)
    kernels.andNotMasks(mask, truth, rows, mask)
  }
  return mask
}

/** u8[rows], 1 where no condition is `decisive`. */
function rowsUndecided(conditions: readonly Column[], decisive: boolean, rows: number, arena: Arena): number {
  if (decisive) return rowsWhere(conditions, rows, arena)
  const { u8 } = arena.memory
  const mask = arena.allocate(rows)
  u8.fill(1, mask, mask + rows)
  for (const condition of conditions) {
    const full = condition.full(arena)
    const truth = toMask(full, arena)
    const nulls = full instanceof NullableColumn ? full.nulls : 0
    for (let row = 0; row < rows; row++)
      if (u8[truth + row] === 0 && (nulls === 0 || u8[nulls + row] === 0)) u8[mask + row] = 0
  }
  return mask
}

/** u8[rows], 1 where the value is not zero and not NULL. */
export function toMask(column: Column, arena: Arena): number {
  const { memory, rows } = column
  const full = column.full(arena)
  if (full instanceof LowCardinalityColumn) return toMask(full.plain(arena), arena)
  if (full instanceof NullableColumn) {
    const mask = arena.allocate(rows)
    memory.kernels.andNotMasks(toMask(full.values, arena), full.nulls, rows, mask)
    return mask
  }
  assert(full instanceof FixedColumn, 'a condition is a number')
  if (full.type.physical === 'U8' && isZeroOrOne(full)) return full.pointer
  const mask = arena.allocate(rows)
  memory.kernels.nonZero(full.pointer, full.type.width, full.type.physical?.startsWith('F') ? 1 : 0, rows, mask)
  return mask
}

/** A UInt8 may be any number; results of comparisons are 0 and 1, which is cheap to check with the widest loads. */
function isZeroOrOne({ memory, pointer, rows }: FixedColumn): boolean {
  return memory.kernels.isMask(pointer, rows) !== 0
}
