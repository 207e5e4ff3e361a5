// The logical plan: a tree of steps over numbered columns. Each step's `columns` are what it gives, in the order of its chunks.
import type { AggregateNode, SetSource, SortKey, Typed, WindowNode } from '../analyzer/typed.ts'
import type { AnalyzedTable } from '../analyzer/context.ts'
import type { Settings } from '../core/settings.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'

export interface PlanColumn {
  readonly id: number
  readonly name: string
  readonly type: DataType
}

export interface Computed extends PlanColumn {
  readonly node: Typed
}

export type Plan =
  | ScanPlan
  | ValuesPlan
  | FilterPlan
  | ProjectPlan
  | AggregatePlan
  | SortPlan
  | LimitPlan
  | LimitByPlan
  | DistinctPlan
  | UnionPlan
  | SetOperationPlan
  | JoinPlan
  | ArrayJoinPlan
  | WindowPlan
  | FetchPlan
  | ScopedPlan
  | FillPlan
  | RecursivePlan

interface PlanBase {
  columns: readonly PlanColumn[]
}

/** Rows of a table. `filters` are conditions that the scan checks itself, cheapest first: what they need is read first. */
export interface ScanPlan extends PlanBase {
  kind: 'scan'
  table: AnalyzedTable
  /** Beside `columns`, which the plan above needs: columns that only filters read. */
  filterColumns: readonly PlanColumn[]
  filters: Typed[]
  /** Rows that are enough, when nothing above or in here drops any: 0 for all. */
  rowsWanted: number
  final: boolean
  /** SAMPLE: a row that is read stands for so many; the condition on the sampling key is a filter. */
  sample: { factor: number } | null
  /** Set where this scan's rows are shared out among workers. */
  isShared: boolean
  /** Rows whose column is worse than the value are not among the first rows of the sort above; it learns the value as it goes. */
  dynamic?: DynamicFilter
}

export interface DynamicFilter {
  /** Of the scan. */
  readonly column: PlanColumn
  readonly descending: boolean
  value: Value | undefined
}

/** Given rows: `SELECT 1`, VALUES, system tables' contents. */
export interface ValuesPlan extends PlanBase {
  kind: 'values'
  rows: readonly (readonly Value[])[]
}

export interface FilterPlan extends PlanBase {
  kind: 'filter'
  input: Plan
  condition: Typed
}

export interface ProjectPlan extends PlanBase {
  kind: 'project'
  input: Plan
  columns: readonly Computed[]
}

/** Gives the keys, then the aggregates. Without keys: one row, also for no rows. */
export interface AggregatePlan extends PlanBase {
  kind: 'aggregate'
  input: Plan
  keys: readonly Computed[]
  aggregates: readonly (PlanColumn & { readonly node: AggregateNode })[]
  /** GROUPING SETS, ROLLUP, CUBE: for each set, which keys are in it. */
  sets: readonly (readonly boolean[])[] | null
  /** The number of each row's set, for grouping(); behind the aggregates. */
  setColumn: PlanColumn | null
  totals: boolean
  /** HAVING beside totals, over this step's columns: it decides which groups totals_mode counts. The step itself drops the others. */
  having: Typed | null
  /** Only so many groups are wanted, any of them: LIMIT without ORDER BY above. */
  groupsWanted: number
  /** A GROUP BY over no rows gives none. */
  hasGroupBy: boolean
}

export interface SortPlan extends PlanBase {
  kind: 'sort'
  input: Plan
  keys: readonly SortKey[]
  /** Only the first so many rows are wanted; 0 for all. */
  limit: number
  withTies: boolean
  /** Told of each new threshold. */
  dynamic?: DynamicFilter
}

/** A negative limit or offset counts from the last row; one between 0 and 1 is a share of all rows. */
export interface LimitPlan extends PlanBase {
  kind: 'limit'
  input: Plan
  limit: number
  offset: number
  /** Rows equal to the last one by these keys come too. */
  ties: readonly SortKey[] | null
}

/** As LIMIT, within rows of one key. */
export interface LimitByPlan extends PlanBase {
  kind: 'limitBy'
  input: Plan
  limit: number
  offset: number
  by: readonly Typed[]
}

export interface DistinctPlan extends PlanBase {
  kind: 'distinct'
  input: Plan
  /** By which columns; all when null. */
  on: readonly Typed[] | null
  limit: number
}

export interface UnionPlan extends PlanBase {
  kind: 'union'
  /** Their columns are those of the union, in order, already of its types. */
  inputs: readonly Plan[]
}

export interface SetOperationPlan extends PlanBase {
  kind: 'setOperation'
  operator: 'except' | 'intersect'
  distinct: boolean
  left: Plan
  right: Plan
}

export interface JoinPlan extends PlanBase {
  kind: 'join'
  left: Plan
  right: Plan
  type: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'paste'
  strictness: 'all' | 'any' | 'semi' | 'anti' | 'asof'
  /** Equal pairs, already of one type. */
  leftKeys: readonly Typed[]
  rightKeys: readonly Typed[]
  /** What ON says beyond equal keys, over both sides' columns. */
  residual: Typed | null
  /** left key >= right key and the like, for ASOF. */
  asof: { left: Typed; right: Typed; comparison: 'greater' | 'greaterOrEquals' | 'less' | 'lessOrEquals' } | null
  /** Missing rows of an outer join are NULL: the columns' types say so. */
  useNulls: boolean
}

/** The arrays' elements as rows; other columns are repeated. */
export interface ArrayJoinPlan extends PlanBase {
  kind: 'arrayJoin'
  input: Plan
  isLeft: boolean
  arrays: readonly Computed[]
}

export interface WindowPlan extends PlanBase {
  kind: 'window'
  input: Plan
  /** All of one window. */
  windows: readonly (PlanColumn & { readonly node: WindowNode })[]
}

/** Columns of the scan's table read late, for the rows that are left: `position` says where each row lies. */
export interface FetchPlan extends PlanBase {
  kind: 'fetch'
  input: Plan
  scan: ScanPlan
  fetched: readonly PlanColumn[]
  position: PlanColumn
}

/** Rows between sorted rows, for values of the keys that are missing. */
export interface FillPlan extends PlanBase {
  kind: 'fill'
  input: Plan
  keys: readonly FillKey[]
  /** Sort columns before the filled ones: rows that are equal there are filled for themselves. */
  prefix: readonly number[]
  /** Columns of added rows, over the row before. Others are at their defaults. */
  interpolate: readonly { readonly column: number; readonly node: Typed }[]
}

export interface FillKey {
  readonly column: number
  readonly descending: boolean
  readonly from: Value | null
  /** Not reached itself. */
  readonly to: Value | null
  /** Added to a value for the next one; or an expression over it. */
  readonly step: Value | null
  readonly stepNode: Typed | null
  /** How far from a row that there is rows are added, as a step. */
  readonly staleness: Pick<FillKey, 'step' | 'stepNode'> | null
}

/** WITH RECURSIVE: the rows of `left`, then those of `right` over the rows before, again and again, until there are none. */
export interface RecursivePlan extends PlanBase {
  kind: 'recursive'
  name: string
  left: Plan
  right: Plan
  /** What `right` scans: the rows of the step before, as packChunk makes them. Filled while it runs. */
  working: ArrayBuffer[]
}

/** A subquery with settings of its own. */
export interface ScopedPlan extends PlanBase {
  kind: 'scoped'
  input: Plan
  settings: Settings
}

export interface PlannedSubquery {
  readonly set: SetSource
  readonly plan: Plan
}

export const inputsOf = (plan: Plan): readonly Plan[] => {
  if ('input' in plan) return [plan.input]
  if ('inputs' in plan) return plan.inputs
  if ('left' in plan) return [plan.left, plan.right]
  return []
}
