import type { Column } from '../columns/column.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { Keyed } from './keyedTable.ts'

/** What a query knows of the world: everything that is not in its arguments. */
export interface Environment {
  /** Milliseconds since the epoch, fixed at the query's start. */
  readonly now: number
  /** In [0, 1), from the Platform. */
  random(): number
  /** The session's zone. */
  readonly timeZone: string
  readonly database: string
  readonly user: string
  readonly queryId: string
  readonly hostName: string
  readonly version: string
  /** Milliseconds the server has been up. */
  readonly uptimeMs: number
  setting(name: string): Value
  /** Milliseconds that functions have asked the query to wait, which it does between chunks. Absent where nothing waits. */
  readonly pause?: { ms: number }
  /** A dictionary or Join table that the query names; null for other tables. Absent where there are none. */
  keyed?(name: string): Keyed | null | undefined
}

/** An argument as the analyzer sees it. */
export interface ArgumentInfo {
  readonly type: DataType
  /** The value where the argument is a constant, else undefined. NULL is null. */
  readonly constant: Value | undefined
  /** Set where the argument is `x -> ...`; type is Nothing then. */
  readonly lambda?: Lambda
}

/** `(x, y) -> expression`, as higher-order functions see it. */
export interface Lambda {
  readonly parameters: number
  /** Fixes the parameters' types and gives the result's. Called once, by the function's `returns`. */
  bind(types: readonly DataType[]): DataType
  /**
   * The expression over `rows` elements. rowOf: pointer to u32[rows], each element's row in the chunk, by which the columns that
   * the lambda captures are repeated.
   */
  evaluate(parameters: readonly Column[], rowOf: number, rows: number, arena: Arena): Column
}

/** One run of a function over a chunk. */
export interface Call {
  /** What `returns` said (without the Nullable that the frame adds). */
  readonly type: DataType
  readonly rows: number
  /** For the result and for scratch: lives as long as the chunk. */
  readonly arena: Arena
  readonly memory: Memory
  readonly environment: Environment
  /** As given to `returns`. */
  readonly arguments: readonly ArgumentInfo[]
  /** u8[rows]: rows whose result will be NULL, so what their arguments hold means nothing; 0 for none. */
  readonly nulls: number
}

export interface ArgumentRule {
  readonly name: string
  /** Types without Nullable and LowCardinality, unless the definition handles those itself. */
  readonly accepts?: (type: DataType) => boolean
  readonly optional?: boolean
  /** Must be a constant. */
  readonly constant?: boolean
  /** Any number of these, from zero; only on the last rule. */
  readonly repeated?: boolean
  /** A lambda is wanted (or allowed). */
  readonly lambda?: boolean
}

/**
 * A scalar function is data. The frame (bind.ts) checks arguments, carries NULLs, runs constants and dictionaries once, and fills
 * system.functions; `run` sees plain values.
 */
export interface FunctionDefinition {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly caseInsensitive?: boolean
  readonly about: string
  readonly category?: string
  readonly arguments: readonly ArgumentRule[]
  /**
   * 'propagate' (default): any NULL gives NULL and `run` never sees Nullable. 'own': types and columns come as they are. 'literal':
   * they do too, but nothing but NULL as an argument that has a rule for its type, or as a lambda, gives NULL.
   */
  readonly nulls?: 'propagate' | 'own' | 'literal'
  /** The error for too few arguments where it is another than for too many. */
  readonly tooFew?: 'TOO_FEW_ARGUMENTS_FOR_FUNCTION'
  /** 'expand' (default): `run` sees full columns only. 'keep': it may see ConstColumn (never for all arguments at once). */
  readonly constants?: 'expand' | 'keep'
  /** 'dictionary' (default): one LowCardinality argument beside constants runs on its dictionary. 'plain': it is unpacked. 'own': comes as it is. */
  readonly lowCardinality?: 'dictionary' | 'plain' | 'own'
  /** false: not folded, runs for every chunk (rand, rowNumberInAllBlocks). Default true. */
  readonly deterministic?: boolean
  /** Never folded to a constant although its arguments are (materialize). Default true. */
  readonly foldable?: boolean
  /** The result's type. Throws for arguments that do not fit beyond the rules. */
  returns(args: readonly ArgumentInfo[], environment: Environment): DataType
  run(args: readonly Column[], call: Call): Column
  /** Query and its answer in TabSeparated: documentation and tests. */
  readonly examples?: readonly (readonly [sql: string, answer: string])[]
}

export const defineFunction = (definition: FunctionDefinition): FunctionDefinition => definition
