import { isAggregateName, bindAggregate } from '../aggregates/bind.ts'
import { columnOf } from '../columns/build.ts'
import { ConstColumn } from '../columns/const.ts'
import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import { type BoundFunction, bindFunction, nullableOf, plainType } from '../functions/bind.ts'
import type { ArgumentInfo } from '../functions/function.ts'
import { takesTableName } from '../functions/dictionaries.ts'
import { findFunction } from '../functions/registry.ts'
import type { Expr, FunctionCall, Identifier, Lambda, Query } from '../sql/ast.ts'
import { formatAst } from '../sql/format.ts'
import { ArrayType, MapType, NullableType, TupleType } from '../types/compound.ts'
import { integerTypeName } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import type { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { AnalyzerContext, CteScope } from './context.ts'
import { comparisons, fitConstants } from './comparisons.ts'
import { aliasesOf, resolveArguments } from './expand.ts'
import { resolveHigherOrder } from './higherOrder.ts'
import { inFunctions, resolveIn } from './in.ts'
import { valueKey } from './keys.ts'
import { resolveLogical } from './logical.ts'
import { type Scope, unknownIdentifier } from './scope.ts'
import type { ColumnNode, ConstantNode, SetSource, Typed } from './typed.ts'
import { resolveWindow } from './window.ts'

/** Functions that SQL lets stand without brackets, where no column has the name. */
const calledBare = new Set(
  'NOW TODAY CURDATE CURRENT_DATE CURRENT_TIMESTAMP CURRENT_DATABASE CURRENT_USER LOCALTIME LOCALTIMESTAMP'.split(' '),
)

/** Aggregate functions that have a result of their own for no rows. */
const hasOwnEmpty = /^(count|uniq|group|topK|entropy|quantiles)|(State|Merge|OrNull|OrDefault|ForEach|Resample)/

/** Functions whose arguments count only where those before say so. */
const shortCircuits = new Set(['if', 'multiIf', 'and', 'or'])

/** concat() and || put arrays, maps and tuples together as such. */
function concatenationOf(name: string, args: readonly Typed[]): string {
  if (name.toLowerCase() !== 'concat' || args.length === 0) return name
  if (args.every(({ type }) => type instanceof ArrayType)) return 'arrayConcat'
  if (args.every(({ type }) => type instanceof MapType)) return 'mapConcat'
  return args.every(({ type }) => type instanceof TupleType) ? 'tupleConcat' : name
}

/** Names to columns, calls to bound functions, constants to values. One for each SELECT. */
export class Resolver {
  readonly #nodes = new Map<string, Typed>()
  /** Aliases that are being resolved, so that `a + 1 AS a` means the column inside. */
  readonly #resolving = new Set<string>()
  #isPlain = false
  readonly #nullableKeys = new Map<string, ColumnNode>()
  readonly #parameters: Map<string, ColumnNode>[] = []
  /** IN subqueries, to be run before the query. */
  readonly subqueries: { query: Query; set: SetSource; ctes: CteScope }[] = []
  /** false where aggregates may not stand: WHERE, GROUP BY, JOIN ON, other aggregates' arguments. */
  allowAggregates = true
  allowWindows = false
  /** Makes a column of a subquery that depends on the rows of the query around; null: it names nothing of them. */
  correlate: ((query: Query, kind: 'exists' | 'scalar') => Promise<Typed | null>) | null = null
  #insideAggregate = false
  /** How many calls are around that need not look at all of their arguments: what fails there may never run. */
  #branches = 0

  constructor(
    readonly context: AnalyzerContext,
    readonly scope: Scope,
  ) {}

  /** The same node for the same key. */
  intern<T extends Typed>(node: T): T {
    const known = this.#nodes.get(node.key)
    if (known) return known as T
    this.#nodes.set(node.key, node)
    return node
  }

  constant(value: Value, type: DataType): ConstantNode {
    return this.intern({ kind: 'constant', type, value, key: `${valueKey(value)}:${type.name}` })
  }

  column(id: number, name: string, type: DataType): ColumnNode {
    return this.intern({ kind: 'column', type, id, name, key: `#${id}` })
  }

  async resolve(expr: Expr): Promise<Typed> {
    if (this.#nullableKeys.size > 0 && !this.#insideAggregate && !this.#isPlain) {
      const column = this.#nullableKeys.get((await this.#plain(expr)).key)
      if (column) return column
    }
    const { alias } = expr
    if (alias === undefined || this.#resolving.has(alias) || this.scope.aliases.get(alias) !== expr)
      return this.#resolve(expr)
    return this.#alias(alias, expr)
  }

  /** As if keys could not be NULL: what is compared with the keys themselves. */
  async #plain(expr: Expr): Promise<Typed> {
    this.#isPlain = true
    try {
      return await this.resolve(expr)
    } finally {
      this.#isPlain = false
    }
  }

  /** From now on the keys are NULL in rows of grouping sets without them: group_by_use_nulls. */
  makeKeysNullable(keys: readonly Typed[]): void {
    for (const { key, type } of keys) {
      const nullable = nullableOf(type)
      if (!nullable.equals(type)) this.#nullableKeys.set(key, this.column(this.context.nextColumnId(), key, nullable))
    }
  }

  /** The column that stands for a grouping key outside of aggregates, if it is one of those that may be NULL. */
  groupKey(node: Typed): Typed {
    return this.#insideAggregate || this.#isPlain ? node : (this.#nullableKeys.get(node.key) ?? node)
  }

  get isInsideAggregate(): boolean {
    return this.#insideAggregate
  }

  nullableKey(key: string): ColumnNode | undefined {
    return this.#nullableKeys.get(key)
  }

  async #resolve(expr: Expr): Promise<Typed> {
    switch (expr.kind) {
      case 'literal':
        return this.literal(expr.value)
      case 'identifier':
        return this.#identifier(expr)
      case 'parameter':
        return this.#parameter(expr.name, expr.type)
      case 'function':
        return this.#function(expr)
      case 'subquery':
        return this.#scalar(expr.query)
      case 'lambda':
        throw new DBError(
          'UNEXPECTED_EXPRESSION',
          `Unexpected lambda expression ${formatAst(expr)}: it may only be the argument of a higher-order function`,
        )
      case 'asterisk':
      case 'columns':
        throw new DBError('UNKNOWN_IDENTIFIER', `${formatAst(expr)} cannot stand here`)
    }
  }

  /** Whether a lambda around gives this name to a parameter. */
  isParameter(name: string): boolean {
    return this.#parameters.some(map => map.has(name))
  }

  /** A lambda's body, in which these names mean its parameters. */
  async resolveWithin(parameters: Map<string, ColumnNode>, body: Expr): Promise<Typed> {
    this.#parameters.push(parameters)
    try {
      return await this.resolve(body)
    } finally {
      this.#parameters.pop()
    }
  }

  resolveAll(exprs: readonly Expr[]): Promise<Typed[]> {
    return resolveArguments(this, exprs)
  }

  /** A value that must be known before the query runs: LIMIT, table functions' arguments. */
  async resolveConstant(expr: Expr, what: string): Promise<ConstantNode> {
    const node = await this.resolve(expr)
    if (node.kind !== 'constant')
      throw new DBError('BAD_ARGUMENTS', `${what} must be a constant expression, not ${formatAst(expr)}`)
    return node
  }

  literal(value: null | boolean | bigint | number | string): Typed {
    if (value === null) return this.constant(null, parseType('Nullable(Nothing)'))
    if (typeof value === 'boolean') return this.constant(value ? 1 : 0, parseType('Bool'))
    if (typeof value === 'number') return this.constant(value, parseType('Float64'))
    if (typeof value === 'string') return this.constant(value, parseType('String'))
    return this.integer(value)
  }

  /** An integer literal, of the smallest type that holds it. */
  integer(value: bigint): ConstantNode {
    const type = parseType(integerTypeName(value)) as IntegerType
    return this.constant(type.wrap(value), type)
  }

  #parameter(name: string, typeText: string): Typed {
    const text = this.context.parameters.get(name)
    if (text === undefined) throw new DBError('UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set`)
    const type = parseType(typeText)
    // Inside of arrays and the like texts are quoted, with escapes of their own, and that once.
    const isComposed = ['Array', 'Tuple', 'Map'].includes(type.kind)
    return this.constant(type.parse(isComposed ? text : unescapeTsv(text)), type)
  }

  async #identifier(expr: Identifier): Promise<Typed> {
    const { parts } = expr
    for (let i = this.#parameters.length - 1; i >= 0; i--) {
      const parameter = this.#parameters[i].get(parts[0])
      if (parameter) return this.#subcolumn(parameter, parts.slice(1), expr)
    }
    const alias = this.scope.aliases.get(parts[0])
    const aliasFirst =
      !this.context.settings.bool('prefer_column_name_to_alias') &&
      (parts.length === 1 || this.scope.find(parts).length === 0)
    if (aliasFirst && alias && !this.#resolving.has(parts[0]))
      return this.#subcolumn(await this.#alias(parts[0], alias), parts.slice(1), expr)
    const column = this.#findColumn(parts, expr)
    if (column) return column
    if (alias) {
      if (this.#resolving.has(parts[0])) throw new DBError('CYCLIC_ALIASES', `Cyclic aliases: ${parts[0]}`)
      return this.#subcolumn(await this.#alias(parts[0], alias), parts.slice(1), expr)
    }
    const around = this.scope.ctes.exprs?.get(parts[0])
    if (around && !this.#resolving.has(parts[0]))
      return this.#subcolumn(await this.#alias(parts[0], around), parts.slice(1), expr)
    for (let outer = this.scope.outer; outer; outer = outer.outer)
      if (outer.find(parts).length > 0 || outer.aliases.has(parts[0]))
        throw new DBError(
          'NOT_IMPLEMENTED',
          `Correlated subqueries are not supported: ${parts.join('.')} is a column of the query around`,
        )
    if (parts.length === 1 && calledBare.has(parts[0].toUpperCase())) return this.call(parts[0], [])
    throw unknownIdentifier(this.scope, parts)
  }

  async #alias(name: string, expr: Expr): Promise<Typed> {
    this.#resolving.add(name)
    try {
      return await this.#resolve(expr)
    } finally {
      this.#resolving.delete(name)
    }
  }

  #findColumn(parts: readonly string[], expr: Identifier): Typed | null {
    // The longest prefix that names a column; the rest are elements of a tuple and the like.
    for (let length = parts.length; length > 0; length--) {
      const found = this.scope.find(parts.slice(0, length))
      if (found.length === 0) continue
      const distinct = new Set(found.map(column => column.node.key))
      if (distinct.size > 1) {
        // A column of the left table wins over those of joined ones, as long as it is told by its bare name.
        const first = Math.min(...found.map(column => column.table))
        const nearest = found.filter(column => column.table === first)
        if (parts.length > 1 && new Set(nearest.map(column => column.node.key)).size > 1)
          throw new DBError('AMBIGUOUS_IDENTIFIER', `JOIN ${parts.join('.')} ambiguous identifier`)
        return this.#subcolumnSync(nearest[0].node, parts.slice(length), expr)
      }
      return this.#subcolumnSync(found[0].node, parts.slice(length), expr)
    }
    return null
  }

  async #subcolumn(node: Typed, rest: readonly string[], expr: Expr): Promise<Typed> {
    return this.#subcolumnSync(node, rest, expr)
  }

  /** `t.a` of a tuple, `n.null`, `a.size0`, `m.keys`. */
  #subcolumnSync(node: Typed, rest: readonly string[], expr: Expr): Typed {
    let current = node
    for (const part of rest) {
      const { type } = current
      if (
        type instanceof TupleType ||
        (type instanceof ArrayType && type.element instanceof TupleType) ||
        (type instanceof NullableType && type.inner instanceof TupleType)
      )
        current = this.call('tupleElement', [current, this.constant(part, parseType('String'))])
      else if (part === 'null' && type.isNullable) current = this.call('isNull', [current])
      else if (part === 'size0' && (type instanceof ArrayType || type instanceof MapType))
        current = this.call('length', [current])
      else if (part === 'keys' && type instanceof MapType) current = this.call('mapKeys', [current])
      else if (part === 'values' && type instanceof MapType) current = this.call('mapValues', [current])
      else
        throw new DBError(
          'UNKNOWN_IDENTIFIER',
          `Unknown expression identifier ${formatAst(expr)}: ${type.name} has no ${part}`,
        )
    }
    return current
  }

  /** A function by name over resolved arguments, folded where it can be. */
  call(name: string, args: readonly Typed[]): Typed {
    const byElement = this.#tuplesByElement(name, args)
    if (byElement) return byElement
    const definition = findFunction(concatenationOf(name, args))
    if (!definition) throw new DBError('UNKNOWN_FUNCTION', `Function with name \`${name}\` does not exist`)
    const fitted =
      comparisons.has(definition.name) && args.length === 2
        ? fitConstants(this, args as [Typed, Typed], definition.name)
        : args
    if (fitted.length === 1 && comparisons.has(definition.name)) return fitted[0]
    const infos = fitted.map(infoOf)
    const bound = bindFunction(definition, infos, this.context.environment)
    const key = `${definition.name}(${fitted.map(arg => arg.key).join(',')})`
    if (bound.deterministic && (definition.foldable ?? true) && fitted.every(arg => arg.kind === 'constant')) {
      try {
        const value = this.#evaluate(bound, fitted as ConstantNode[])
        return this.constant(value, bound.type)
      } catch (error) {
        if (this.#branches === 0 || !(error instanceof DBError)) throw error
      }
    }
    return this.intern({ kind: 'call', type: bound.type, name: definition.name, args: fitted, bound, key })
  }

  /** Equality of tuples in which elements may be NULL: that of all elements, which may be unknown. */
  #tuplesByElement(name: string, [a, b]: readonly Typed[]): Typed | null {
    if ((name !== 'equals' && name !== 'notEquals') || !(a?.type instanceof TupleType && b?.type instanceof TupleType))
      return null
    const { elements } = a.type
    const others = b.type.elements
    if (elements.length < 2 || elements.length !== others.length) return null
    if (![...elements, ...others].some(type => type.isNullable)) return null
    const element = (tuple: Typed, i: number) => this.call('tupleElement', [tuple, this.integer(BigInt(i + 1))])
    const compared = elements.map((_, i) => this.call(name, [element(a, i), element(b, i)]))
    return this.call(name === 'equals' ? 'and' : 'or', compared)
  }

  #evaluate(bound: import('../functions/bind.ts').BoundFunction, args: readonly ConstantNode[]): Value {
    const arena = new Arena(this.context.arena.memory, this.context.arena.budget)
    try {
      const columns = args.map(arg => new ConstColumn(columnOf(arg.type, [arg.value], arena), 1))
      return bound.run(columns, 1, arena).valueAt(0)
    } finally {
      arena.destroy()
    }
  }

  async #function(expr: FunctionCall): Promise<Typed> {
    const { name } = expr
    if (expr.over) {
      if (!this.allowWindows)
        throw new DBError(
          'ILLEGAL_AGGREGATION',
          `Window function ${formatAst(expr)} is found in a wrong place of the query`,
        )
      return resolveWindow(this, expr)
    }
    if (Object.hasOwn(inFunctions, name)) return resolveIn(this, expr, inFunctions[name])
    const user = findFunction(name) ? undefined : this.context.userFunction?.(name)
    if (user) return this.resolve(substitute(user, expr))
    const named = findFunction(name) ? undefined : this.lambdaNamed(name)
    if (named) return this.resolve(substitute(named, expr))
    if (name === 'exists' && expr.args[0]?.kind === 'subquery') return this.#exists(expr.args[0].query)
    if (!findFunction(name)) {
      const aggregate = isAggregateName(name)
      if (aggregate) return this.#aggregate(expr)
    }
    if ((name === 'shardNum' || name === 'shardCount') && expr.args.length === 0) return this.#shard(name)
    if (name === 'arrayJoin') return this.#arrayJoin(expr)
    // Where one value is wanted, the tuple itself: its elements are asked for by name.
    if (name === 'untuple' && expr.args.length === 1) return this.resolve(expr.args[0])
    if (!shortCircuits.has(name)) return this.#plainCall(expr)
    this.#branches++
    try {
      return name === 'and' || name === 'or' ? await resolveLogical(this, expr, name) : await this.#plainCall(expr)
    } finally {
      this.#branches--
    }
  }

  /** A lambda under a name: `WITH x -> x + 1 AS f`. */
  lambdaNamed(name: string): Lambda | undefined {
    const named = (of: string) => this.scope.aliases.get(of) ?? this.scope.ctes.exprs?.get(of)
    let expr = named(name)
    // A name for a name; they may go in a circle.
    for (let i = 0; i < 8 && expr?.kind === 'identifier' && expr.parts.length === 1; i++) expr = named(expr.parts[0])
    return expr?.kind === 'lambda' ? expr : undefined
  }

  /** A lambda where one stands, also by its name or as lambda(tuple(x), body). */
  #asLambda(expr: Expr): Expr {
    if (expr.kind === 'identifier' && expr.parts.length === 1 && !this.isParameter(expr.parts[0]))
      return this.lambdaNamed(expr.parts[0]) ?? expr
    if (expr.kind !== 'function' || expr.name !== 'lambda' || expr.args.length !== 2) return expr
    const [parameters, body] = expr.args
    if (parameters.kind !== 'function' || parameters.name !== 'tuple') return expr
    const params = parameters.args.flatMap(arg => (arg.kind === 'identifier' ? arg.parts : []))
    return { kind: 'lambda', params, body, start: expr.start, end: expr.end }
  }

  async #plainCall(expr: FunctionCall): Promise<Typed> {
    const { name } = expr
    if (name.toLowerCase() === 'grouping') return this.#grouping(expr)
    const definition = findFunction(name)
    if (!definition) throw unknownFunction(name)
    if (takesTableName.has(name)) expr = this.#withTableName(expr)
    const withLambdas = expr.args.map(arg => this.#asLambda(arg))
    if (withLambdas.some(arg => arg.kind === 'lambda')) return resolveHigherOrder(this, { ...expr, args: withLambdas })
    const args = await this.resolveAll(expr.args)
    return this.call(name, args)
  }

  /** The number of the shard that a row comes from, of how many; 0 where there are no shards. */
  #shard(name: 'shardNum' | 'shardCount'): Typed {
    const [column] = this.scope.find([name === 'shardNum' ? '_shard_num' : '_shard_count'])
    return column?.node ?? this.constant(0, parseType('UInt32'))
  }

  /** dictGet(db.name, ...): the name of a dictionary written bare. */
  #withTableName(expr: FunctionCall): FunctionCall {
    const [first, ...others] = expr.args
    if (first?.kind !== 'identifier' || this.scope.aliases.has(first.parts[0])) return expr
    if (this.scope.find(first.parts).length > 0) return expr
    return { ...expr, args: [{ ...first, kind: 'literal', value: first.parts.join('.') }, ...others] }
  }

  /** arrayJoin(x) stays a call until the planner makes a step of it. */
  async #arrayJoin(expr: FunctionCall): Promise<Typed> {
    if (expr.args.length !== 1)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Function arrayJoin requires exactly 1 argument, got ${expr.args.length}`,
      )
    const given = await this.resolve(expr.args[0])
    const array = given.type instanceof MapType ? this.call('CAST', [given, this.#text(given.type.pairs.name)]) : given
    if (!(array.type instanceof ArrayType))
      throw new DBError('TYPE_MISMATCH', `Argument for function arrayJoin must be Array or Map, not ${given.type.name}`)
    const type = array.type.element
    return this.intern({
      kind: 'call',
      type,
      name: 'arrayJoin',
      args: [array],
      bound: plannedBound('arrayJoin', type),
      key: `arrayJoin(${array.key})`,
    })
  }

  /** grouping(a, b) stays a call until the planner knows the grouping sets. */
  async #grouping(expr: FunctionCall): Promise<Typed> {
    if (expr.args.length === 0)
      throw new DBError('TOO_FEW_ARGUMENTS_FOR_FUNCTION', 'Function GROUPING expects at least one argument')
    const isInside = this.#insideAggregate
    this.#insideAggregate = true
    const args = await this.resolveAll(expr.args)
    this.#insideAggregate = isInside
    const type = parseType('UInt64')
    const key = `grouping(${args.map(arg => arg.key).join(',')})`
    return this.intern({ kind: 'call', type, name: 'grouping', args, bound: plannedBound('grouping', type), key })
  }

  #text(text: string): ConstantNode {
    return this.constant(text, parseType('String'))
  }

  async #aggregate(expr: FunctionCall): Promise<Typed> {
    if (this.#insideAggregate)
      throw new DBError(
        'ILLEGAL_AGGREGATION',
        `Aggregate function ${formatAst(expr)} is found inside another aggregate function in query`,
      )
    if (!this.allowAggregates)
      throw new DBError(
        'ILLEGAL_AGGREGATION',
        `Aggregate function ${formatAst(expr)} is found in a wrong place of the query (WHERE, GROUP BY, JOIN ON)`,
      )
    const { name, args, parameters } = await this.aggregateParts(expr)
    return this.aggregateCall(name, args, parameters)
  }

  /** The function's name with its combinators, arguments and parameters. */
  async aggregateParts(
    expr: FunctionCall,
    /** Over a window: its arguments may be aggregates. */
    isWindow = false,
  ): Promise<{ name: string; args: Typed[]; parameters: Value[] }> {
    let { name } = expr
    this.#insideAggregate = !isWindow
    try {
      const countsRows = /^count/i.test(name) && !/Merge/.test(name)
      const exprs = expr.args.filter(arg => !(arg.kind === 'asterisk' && countsRows))
      const args = await resolveArguments(this, exprs)
      const parameters: Value[] = []
      for (const parameter of expr.parameters ?? [])
        parameters.push((await this.resolveConstant(parameter, 'A parameter of an aggregate function')).value)
      const distinct = /^count(If)?Distinct(If)?$/i.exec(name)
      if (distinct)
        name = this.context.settings.text('count_distinct_implementation') + (distinct[1] ?? distinct[2] ?? '')
      if (expr.nulls === 'respect') name += 'RespectNulls'
      if (this.context.settings.bool('aggregate_functions_null_for_empty') && !hasOwnEmpty.test(name)) name += 'OrNull'
      return { name, args, parameters }
    } finally {
      this.#insideAggregate = false
    }
  }

  aggregateCall(name: string, args: readonly Typed[], parameters: readonly Value[]): Typed {
    const bound = bindAggregate(
      name,
      args.map(arg => arg.type),
      parameters,
    )
    const key = `${bound.name}(${parameters.map(valueKey).join(',')})(${args.map(arg => arg.key).join(',')})`
    return this.intern({ kind: 'aggregate', type: bound.type, args, bound, key })
  }

  async #exists(query: Query): Promise<Typed> {
    return this.#correlated(query, 'exists', async () => {
      const { rows } = await this.context.runSubquery(query, 1, this.scope.ctes, this.context.settings)
      return this.constant(rows.length > 0 ? 1 : 0, parseType('UInt8'))
    })
  }

  #scalar(query: Query): Promise<Typed> {
    return this.#correlated(query, 'scalar', () => this.#value(query))
  }

  /** Runs a subquery by itself; where it names columns of the query around, it is joined to that query's rows. */
  async #correlated(query: Query, kind: 'exists' | 'scalar', alone: () => Promise<Typed>): Promise<Typed> {
    try {
      return await alone()
    } catch (error) {
      const isUnknown = error instanceof DBError && /^(UNKNOWN_IDENTIFIER|NOT_IMPLEMENTED)$/.test(error.errorName)
      const node = isUnknown && this.correlate ? await this.correlate(query, kind) : null
      if (!node) throw error
      return node
    }
  }

  async #value(query: Query): Promise<Typed> {
    const { types, rows } = await this.context.runSubquery(query, 2, this.scope.ctes, this.context.settings)
    if (rows.length > 1)
      throw new DBError('INCORRECT_RESULT_OF_SCALAR_SUBQUERY', 'Scalar subquery returned more than one row')
    const nullable = types.map(type =>
      rows.length === 0 && !type.isNullable && !(type instanceof ArrayType) ? new NullableType(plainType(type)) : type,
    )
    if (types.length === 1)
      return this.constant(rows.length ? rows[0][0] : nullable[0].isNullable ? null : nullable[0].default, nullable[0])
    if (rows.length === 0) return this.constant(null, parseType('Nullable(Nothing)'))
    return this.constant([...rows[0]], new TupleType(types))
  }
}

/** Of calls that the planner replaces: they never run. */
function plannedBound(name: string, type: DataType): BoundFunction {
  const run = () => {
    throw new DBError('UNEXPECTED_EXPRESSION', `${name} cannot stand here`)
  }
  const definition = { name, about: '', arguments: [], deterministic: false, returns: () => type, run }
  return { definition, type, deterministic: false, run }
}

export function infoOf(node: Typed): ArgumentInfo {
  return { type: node.type, constant: node.kind === 'constant' ? node.value : undefined }
}

export function unknownFunction(name: string): DBError {
  return new DBError('UNKNOWN_FUNCTION', `Function with name \`${name}\` does not exist`)
}

/** The body of a SQL function with the call's arguments in place of its parameters. */
export function substitute(lambda: Lambda, call: FunctionCall): Expr {
  if (lambda.params.length !== call.args.length)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Function ${call.name} takes ${lambda.params.length} arguments, got ${call.args.length}`,
    )
  const values = new Map<string, Expr>(lambda.params.map((param, i) => [param, call.args[i]]))
  // Aliases inside the body are known in all of it.
  const aliases = new Map<string, Expr>()
  aliasesOf(lambda.body, aliases)
  const replacing = new Set<string>()
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace)
    if (value === null || typeof value !== 'object') return value
    const node = value as Expr
    if (node.kind === 'identifier' && node.parts.length === 1 && values.has(node.parts[0]))
      return values.get(node.parts[0])
    const alias = node.kind === 'identifier' && node.parts.length === 1 ? node.parts[0] : undefined
    const aliased = alias === undefined ? undefined : aliases.get(alias)
    if (alias !== undefined && aliased) {
      if (replacing.has(alias)) throw new DBError('CYCLIC_ALIASES', `Cyclic aliases: ${alias}`)
      replacing.add(alias)
      const made = replace({ ...aliased, alias: undefined })
      replacing.delete(alias)
      return made
    }
    // A parameter that is a function itself.
    const called = node.kind === 'function' ? values.get(node.name) : undefined
    if (node.kind === 'function' && called) {
      const args = node.args.map(arg => replace(arg) as Expr)
      if (called.kind === 'identifier') return { ...node, name: called.parts.join('.'), args }
      if (called.kind === 'lambda') return substitute(called, { ...node, args })
    }
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replace(inner)]))
  }
  return replace(lambda.body) as Expr
}

const tsvEscapes: Record<string, string> = { b: '\b', f: '\f', r: '\r', n: '\n', t: '\t', '0': '\0' }

/** Query parameters come in the escaping of TabSeparated. */
function unescapeTsv(text: string): string {
  if (text === '\\N') return text
  return text.replace(/\\(.)/gs, (_, char: string) => tsvEscapes[char] ?? char)
}
