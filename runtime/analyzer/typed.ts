// The typed expression tree: names resolved, types known, functions bound. Nodes with the same `key` compute the same value, so
// the executor runs them once, and GROUP BY finds its keys inside the SELECT list by key.
import type { GroupTable } from '../columns/groupTable.ts'
import type { BoundAggregate } from '../aggregates/aggregate.ts'
import type { BoundFunction } from '../functions/bind.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'

export type Typed = ColumnNode | ConstantNode | CallNode | InNode | AggregateNode | LambdaNode | WindowNode

interface Base {
  readonly type: DataType
  readonly key: string
}

/** A column of the input, by a number that is unique in the query. */
export interface ColumnNode extends Base {
  readonly kind: 'column'
  readonly id: number
  readonly name: string
}

export interface ConstantNode extends Base {
  readonly kind: 'constant'
  readonly value: Value
}

export interface CallNode extends Base {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Typed[]
  readonly bound: BoundFunction
}

/** `x IN set`; NULL on the left gives NULL, or is looked for like any value where the set has NULLs as values. */
export interface InNode extends Base {
  readonly kind: 'in'
  readonly operand: Typed
  readonly negated: boolean
  readonly set: SetSource
}

/** What stands on the right of IN: values converted to the operand's type, or a subquery run before. */
export interface SetSource {
  readonly id: number
  readonly types: readonly DataType[]
  /** Tuples of values (one element for a single operand); null for subqueries. */
  readonly values: readonly (readonly Value[])[] | null
  /** The distinct rows of a subquery, once it has run. */
  table?: GroupTable
  /** Those rows as values; null if they are too many. */
  list?: () => readonly (readonly Value[])[] | null
  /** The index of the subquery in the query's list of subqueries, or -1. */
  readonly subquery: number
  /** NULL is a value of the set like any other. */
  readonly matchesNull: boolean
}

export interface AggregateNode extends Base {
  readonly kind: 'aggregate'
  readonly args: readonly Typed[]
  readonly bound: BoundAggregate
}

/** Lives only as an argument of a higher-order function; columns of `parameters` are its own. */
export interface LambdaNode extends Base {
  readonly kind: 'lambda'
  readonly parameters: readonly ColumnNode[]
  readonly body: Typed
}

export interface WindowNode extends Base {
  readonly kind: 'window'
  readonly name: string
  readonly args: readonly Typed[]
  readonly parameters?: readonly Value[]
  readonly aggregate: BoundAggregate | null
  readonly window: WindowSpec
}

export interface WindowSpec {
  readonly key: string
  readonly partitionBy: readonly Typed[]
  readonly orderBy: readonly SortKey[]
  readonly frame: {
    readonly unit: 'ROWS' | 'RANGE' | 'GROUPS'
    readonly begin: FrameBound
    readonly end: FrameBound
  }
}

export interface FrameBound {
  readonly kind: 'unboundedPreceding' | 'preceding' | 'currentRow' | 'following' | 'unboundedFollowing'
  readonly offset: number
}

export interface SortKey {
  readonly expr: Typed
  readonly descending: boolean
  readonly nullsFirst: boolean
  /** Of texts, in a language's order. */
  readonly locale?: string
}

/** Children of a node, in order. */
export function childrenOf(node: Typed): readonly Typed[] {
  switch (node.kind) {
    case 'call':
    case 'aggregate':
      return node.args
    case 'in':
      return [node.operand]
    case 'lambda':
      return [node.body]
    case 'window':
      return [...node.args, ...node.window.partitionBy, ...node.window.orderBy.map(key => key.expr)]
    default:
      return []
  }
}

/** Calls for every node, parents first; `visit` answers false to leave a node's children out. */
export function walk(node: Typed, visit: (node: Typed) => boolean | undefined): void {
  if (visit(node) === false) return
  for (const child of childrenOf(node)) walk(child, visit)
}

/** The numbers of the columns that a node reads, without its lambdas' own. */
export function columnsOf(node: Typed, into = new Map<number, ColumnNode>()): Map<number, ColumnNode> {
  const own = new Set<number>()
  walk(node, child => {
    if (child.kind === 'lambda') for (const parameter of child.parameters) own.add(parameter.id)
    if (child.kind === 'column' && !own.has(child.id)) into.set(child.id, child)
    return true
  })
  return into
}

export const hasAggregate = (node: Typed): boolean => some(node, child => child.kind === 'aggregate')
export const hasWindow = (node: Typed): boolean => some(node, child => child.kind === 'window')
export const isDeterministic = (node: Typed): boolean =>
  !some(node, child => child.kind === 'call' && !child.bound.deterministic)

export function some(node: Typed, test: (node: Typed) => boolean): boolean {
  return test(node) || childrenOf(node).some(child => some(child, test))
}
