import { columnOf } from '../columns/build.ts'
import { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
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
    for (const arg of node.args) {
      if (arg.kind === 'lambda') {
        this.#prepareLambda(arg, chunk)
        args.push(new ConstColumn(columnOf(parseType('Nothing'), [0], arena), chunk.rows))
      } else args.push(this.#evaluate(arg, chunk, arena, memo))
    }
    return node.bound.run(args, chunk.rows, arena)
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
