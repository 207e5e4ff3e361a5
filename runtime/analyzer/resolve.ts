import { isAggregateName, bindAggregate } from '../aggregates/bind.ts'
import { columnOf } from '../columns/build.ts'
import { ConstColumn } from '../columns/const.ts'
import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import { type BoundFunction, bindFunction, plainType } from '../functions/bind.ts'
import type { ArgumentInfo, Lambda as LambdaContract } from '../functions/function.ts'
import { findFunction } from '../functions/registry.ts'
import type { Expr, FunctionCall, Identifier, Lambda, Query } from '../sql/ast.ts'
import { columnName, formatAst } from '../sql/format.ts'
import { parseExpression } from '../sql/parser.ts'
import { ArrayType, MapType, NullableType, TupleType } from '../types/compound.ts'
import { convertValue, integerTypeName } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { AnalyzerContext, CteScope } from './context.ts'
import { lambdaEvaluator } from './lambda.ts'
import type { ColumnNode, ConstantNode, SetSource, Typed } from './typed.ts'
import { resolveWindow } from './window.ts'

/** A column that names can mean. */
export interface ScopeColumn {
  readonly name: string
  /** The names that may stand before it: the table's alias, table, database.table. */
  readonly qualifiers: readonly (readonly string[])[]
  readonly node: Typed
  /** Left out of `*`. */
  readonly hidden?: boolean
  /** Hidden as one of a pair under USING: still part of `t.*`. */
  readonly isMerged?: boolean
  /** Which table of the FROM clause, from 0. */
  readonly table: number
}

/** What names mean inside one SELECT. */
export class Scope {
  /** SELECT's and WITH's aliases: expressions, resolved when met. */
  readonly aliases = new Map<string, Expr>()
  readonly windows = new Map<string, import('../sql/ast.ts').WindowDefinition>()

  constructor(
    public columns: ScopeColumn[],
    readonly ctes: CteScope,
    /** The SELECT around this one, to tell correlated subqueries from typing errors. */
    readonly outer: Scope | null = null,
  ) {}

  find(parts: readonly string[]): ScopeColumn[] {
    const found: ScopeColumn[] = []
    for (const column of this.columns) {
      if (parts.length === 1 ? column.name === parts[0] : matches(column, parts)) found.push(column)
    }
    return found
  }
}

function matches(column: ScopeColumn, parts: readonly string[]): boolean {
  if (column.name === parts.join('.')) return true
  return column.qualifiers.some(qualifier => {
    if (qualifier.length >= parts.length) return false
    return qualifier.every((part, i) => part === parts[i]) && column.name === parts.slice(qualifier.length).join('.')
  })
}

const comparisons = new Set([
  'equals',
  'notEquals',
  'less',
  'greater',
  'lessOrEquals',
  'greaterOrEquals',
  'isNotDistinctFrom',
  'isDistinctFrom',
])
const inFunctions: Record<string, boolean> = {
  in: false,
  notIn: true,
  globalIn: false,
  globalNotIn: true,
  nullIn: false,
  notNullIn: true,
  globalNullIn: false,
  globalNotNullIn: true,
}
/** Functions that SQL lets stand without brackets, where no column has the name. */
const calledBare = new Set(
  'NOW TODAY CURDATE CURRENT_DATE CURRENT_TIMESTAMP CURRENT_DATABASE CURRENT_USER LOCALTIME LOCALTIMESTAMP'.split(' '),
)

/** concat() and || put arrays, maps and tuples together as such. */
function concatenationOf(name: string, args: readonly Typed[]): string {
  if (name.toLowerCase() !== 'concat' || args.length === 0) return name
  if (args.every(({ type }) => type instanceof ArrayType)) return 'arrayConcat'
  if (args.every(({ type }) => type instanceof MapType)) return 'mapConcat'
  return args.every(({ type }) => type instanceof TupleType) ? 'tupleConcat' : name
}

const parsedFromText = new Set([
  'Date',
  'Date32',
  'DateTime',
  'DateTime64',
  'UUID',
  'IPv4',
  'IPv6',
  'Enum8',
  'Enum16',
  'FixedString',
  'Bool',
])

/** Names to columns, calls to bound functions, constants to values. One for each SELECT. */
export class Resolver {
  readonly #nodes = new Map<string, Typed>()
  /** Aliases that are being resolved, so that `a + 1 AS a` means the column inside. */
  readonly #resolving = new Set<string>()
  readonly #parameters: Map<string, ColumnNode>[] = []
  /** IN subqueries, to be run before the query. */
  readonly subqueries: { query: Query; set: SetSource; ctes: CteScope }[] = []
  /** false where aggregates may not stand: WHERE, GROUP BY, JOIN ON, other aggregates' arguments. */
  allowAggregates = true
  allowWindows = false
  #insideAggregate = false

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
    switch (expr.kind) {
      case 'literal':
        return this.#literal(expr.value)
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

  async resolveAll(exprs: readonly Expr[]): Promise<Typed[]> {
    const nodes: Typed[] = []
    for (const expr of exprs) nodes.push(await this.resolve(expr))
    return nodes
  }

  /** A value that must be known before the query runs: LIMIT, table functions' arguments. */
  async resolveConstant(expr: Expr, what: string): Promise<ConstantNode> {
    const node = await this.resolve(expr)
    if (node.kind !== 'constant')
      throw new DBError('BAD_ARGUMENTS', `${what} must be a constant expression, not ${formatAst(expr)}`)
    return node
  }

  #literal(value: null | boolean | bigint | number | string): Typed {
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
    return this.constant(type.parse(unescapeTsv(text)), type)
  }

  async #identifier(expr: Identifier): Promise<Typed> {
    const { parts } = expr
    for (let i = this.#parameters.length - 1; i >= 0; i--) {
      const parameter = this.#parameters[i].get(parts[0])
      if (parameter) return this.#subcolumn(parameter, parts.slice(1), expr)
    }
    const aliasFirst = !this.context.settings.bool('prefer_column_name_to_alias')
    const alias = this.scope.aliases.get(parts[0])
    if (aliasFirst && alias && !this.#resolving.has(parts[0]))
      return this.#subcolumn(await this.#alias(parts[0], alias), parts.slice(1), expr)
    const column = this.#findColumn(parts, expr)
    if (column) return column
    if (alias) {
      if (this.#resolving.has(parts[0])) throw new DBError('CYCLIC_ALIASES', `Cyclic aliases: ${parts[0]}`)
      return this.#subcolumn(await this.#alias(parts[0], alias), parts.slice(1), expr)
    }
    for (let outer = this.scope.outer; outer; outer = outer.outer)
      if (outer.find(parts).length > 0 || outer.aliases.has(parts[0]))
        throw new DBError(
          'NOT_IMPLEMENTED',
          `Correlated subqueries are not supported: ${parts.join('.')} is a column of the query around`,
        )
    if (parts.length === 1 && calledBare.has(parts[0].toUpperCase())) return this.call(parts[0], [])
    throw this.#unknown(parts)
  }

  async #alias(name: string, expr: Expr): Promise<Typed> {
    this.#resolving.add(name)
    try {
      return await this.resolve(expr)
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

  #unknown(parts: readonly string[]): DBError {
    const name = parts.join('.')
    const lower = name.toLowerCase()
    const near = [...new Set(this.scope.columns.map(column => column.name))].filter(
      other => other.toLowerCase() === lower || distance(other, name) <= 2,
    )
    const hint = near.length
      ? `. Maybe you meant: ${near
          .slice(0, 3)
          .map(other => `'${other}'`)
          .join(', ')}`
      : ''
    return new DBError('UNKNOWN_IDENTIFIER', `Unknown expression identifier \`${name}\` in scope${hint}`)
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
    const definition = findFunction(concatenationOf(name, args))
    if (!definition) throw new DBError('UNKNOWN_FUNCTION', `Function with name \`${name}\` does not exist`)
    const fitted =
      comparisons.has(definition.name) && args.length === 2
        ? this.#fitConstants(args as [Typed, Typed], definition.name)
        : args
    if (fitted.length === 1 && comparisons.has(definition.name)) return fitted[0]
    const infos = fitted.map(infoOf)
    const bound = bindFunction(definition, infos, this.context.environment)
    const key = `${definition.name}(${fitted.map(arg => arg.key).join(',')})`
    if (bound.deterministic && (definition.foldable ?? true) && fitted.every(arg => arg.kind === 'constant')) {
      const value = this.#evaluate(bound, fitted as ConstantNode[])
      return this.constant(value, bound.type)
    }
    return this.intern({ kind: 'call', type: bound.type, name: definition.name, args: fitted, bound, key })
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

  /**
   * A constant compared with a column becomes one of the column's type, so that one typed kernel does it. Where no value of that
   * type is equal, = and != are decided already (for columns without NULL).
   */
  #fitConstants([a, b]: [Typed, Typed], name: string): readonly Typed[] {
    const at = b.kind === 'constant' ? 1 : a.kind === 'constant' ? 0 : -1
    if (at < 0 || (a.kind === 'constant' && b.kind === 'constant' && !isText(a.type) && !isText(b.type))) return [a, b]
    let constant = (at === 1 ? b : a) as ConstantNode
    let other = at === 1 ? a : b
    if (a.kind === 'constant' && b.kind === 'constant' && isText(other.type))
      [constant, other] = [other as ConstantNode, constant]
    const target = plainType(other.type)
    const isNumber = (type: DataType) => type instanceof IntegerType || type instanceof FloatType
    const fits =
      (isText(constant.type) && parsedFromText.has(target.kind)) ||
      (isText(constant.type) && target.kind === 'Decimal') ||
      (isNumber(constant.type) && target instanceof IntegerType && constant.type.name !== target.name)
    if (!fits || constant.value === null) return [a, b]
    const value = convertValue(constant.value, constant.type, target)
    if (value === undefined) {
      const decided = !other.type.isNullable && (name === 'equals' || name === 'notEquals') && isNumber(constant.type)
      return decided && isInteger(constant.value)
        ? [this.constant(name === 'notEquals' ? 1 : 0, parseType('UInt8'))]
        : [a, b]
    }
    const fitted = this.constant(value, target)
    return constant === a ? [fitted, b] : [a, fitted]
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
    if (Object.hasOwn(inFunctions, name)) return this.#in(expr, inFunctions[name])
    const user = findFunction(name) ? undefined : this.context.userFunction?.(name)
    if (user) return this.resolve(substitute(user, expr))
    if (name === 'exists' && expr.args[0]?.kind === 'subquery') {
      const { rows } = await this.context.runSubquery(expr.args[0].query, 1, this.scope.ctes)
      return this.constant(rows.length > 0 ? 1 : 0, parseType('UInt8'))
    }
    if (!findFunction(name)) {
      const aggregate = isAggregateName(name)
      if (aggregate) return this.#aggregate(expr)
    }
    if (name === 'arrayJoin') return this.#arrayJoin(expr)
    if (name === 'and' || name === 'or') return this.#logical(expr, name)
    if (name.toLowerCase() === 'grouping') return this.#grouping(expr)
    const definition = findFunction(name)
    if (!definition) throw this.#unknownFunction(name)
    const args: Typed[] = []
    const lambdas = expr.args.some(arg => arg.kind === 'lambda')
    if (lambdas) return this.#higherOrder(expr)
    for (const arg of expr.args) args.push(await this.resolve(arg))
    return this.call(name, args)
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
    const args = await this.resolveAll(expr.args)
    const type = parseType('UInt64')
    const key = `grouping(${args.map(arg => arg.key).join(',')})`
    return this.intern({ kind: 'call', type, name: 'grouping', args, bound: plannedBound('grouping', type), key })
  }

  #text(text: string): ConstantNode {
    return this.constant(text, parseType('String'))
  }

  #unknownFunction(name: string): DBError {
    return new DBError('UNKNOWN_FUNCTION', `Function with name \`${name}\` does not exist`)
  }

  /** a AND (b AND c) as one call; constants that decide it are folded away. */
  async #logical(expr: FunctionCall, name: 'and' | 'or'): Promise<Typed> {
    const flat: Typed[] = []
    const collect = async (arg: Expr): Promise<void> => {
      if (arg.kind === 'function' && arg.name === name && !arg.alias) for (const inner of arg.args) await collect(inner)
      else flat.push(await this.resolve(arg))
    }
    for (const arg of expr.args) await collect(arg)
    return this.conjunction(flat, name)
  }

  conjunction(flat: readonly Typed[], name: 'and' | 'or' = 'and'): Typed {
    if (flat.every(arg => arg.kind === 'constant') || flat.length < 2)
      return flat.length === 1 ? flat[0] : this.call(name, flat)
    const decisive = name === 'or'
    const kept: Typed[] = []
    for (const arg of flat) {
      if (arg.kind === 'constant' && arg.value !== null && typeof arg.value !== 'string') {
        const truth = Number(arg.value) !== 0
        if (truth === decisive && flat.every(other => !other.type.isNullable))
          return this.constant(decisive ? 1 : 0, parseType('UInt8'))
        if (truth !== decisive) continue
      }
      kept.push(arg)
    }
    if (kept.length === 0) return this.constant(decisive ? 0 : 1, parseType('UInt8'))
    if (kept.length === 1 && plainType(kept[0].type).kind === 'UInt8' && isBoolean(kept[0])) return kept[0]
    return this.call(name, kept.length === 1 ? [kept[0], this.constant(decisive ? 0 : 1, parseType('UInt8'))] : kept)
  }

  async #higherOrder(expr: FunctionCall): Promise<Typed> {
    const definition = findFunction(expr.name)
    if (!definition) throw this.#unknownFunction(expr.name)
    const args: Typed[] = []
    for (const arg of expr.args)
      args.push(arg.kind === 'lambda' ? this.constant(null, parseType('Nullable(Nothing)')) : await this.resolve(arg))
    const bodies: { parameters: ColumnNode[]; body: Typed }[] = []
    // A lambda's type depends on what the function says of its parameters, and resolving it may wait: so the function is asked
    // first with lambdas that only note the parameters' types, then again with the resolved ones.
    const lambdaAt = expr.args.flatMap((arg, i) => (arg.kind === 'lambda' ? [i] : []))
    const wanted: (readonly DataType[])[] = []
    class Noted extends Error {}
    for (const [order, at] of lambdaAt.entries()) {
      const infos = args.map((arg, i): ArgumentInfo => {
        if (expr.args[i].kind !== 'lambda') return infoOf(arg)
        const note: LambdaContract = {
          parameters: (expr.args[i] as Lambda).params.length,
          bind: types => {
            const known = bodies[lambdaAt.indexOf(i)]
            if (known) return known.body.type
            wanted[order] = types
            throw new Noted()
          },
          evaluate: () => {
            throw new DBError('LOGICAL_ERROR', 'A lambda is evaluated before it is bound')
          },
        }
        return { type: parseType('Nothing'), constant: undefined, lambda: note }
      })
      try {
        bindFunction(definition, infos, this.context.environment)
      } catch (error) {
        if (!(error instanceof Noted)) throw error
      }
      const types = wanted[order]
      const lambda = expr.args[at] as Lambda
      if (!types || types.length < lambda.params.length)
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Function ${expr.name} takes no lambda with ${lambda.params.length} arguments there`,
        )
      const parameters = lambda.params.map((param, i) => this.column(this.context.nextColumnId(), param, types[i]))
      this.#parameters.push(new Map(lambda.params.map((param, i) => [param, parameters[i]])))
      try {
        bodies[order] = { parameters, body: await this.resolve(lambda.body) }
      } finally {
        this.#parameters.pop()
      }
    }
    const nodes = args.map((arg, i): Typed => {
      const order = lambdaAt.indexOf(i)
      if (order < 0) return arg
      const { parameters, body } = bodies[order]
      return {
        kind: 'lambda',
        type: body.type,
        parameters,
        body,
        key: `\\${parameters.map(p => p.type.name).join(',')}.${anonymousKey(body, parameters)}`,
      }
    })
    const infos = nodes.map(
      (node): ArgumentInfo =>
        node.kind === 'lambda'
          ? { type: parseType('Nothing'), constant: undefined, lambda: lambdaEvaluator(node) }
          : infoOf(node),
    )
    const bound = bindFunction(definition, infos, this.context.environment)
    const key = `${definition.name}(${nodes.map(node => node.key).join(',')})`
    return this.intern({ kind: 'call', type: bound.type, name: definition.name, args: nodes, bound, key })
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
      const exprs = expr.args.filter(arg => !(arg.kind === 'asterisk' && /^count/i.test(name)))
      const args = await this.resolveAll(exprs)
      const parameters: Value[] = []
      for (const parameter of expr.parameters ?? [])
        parameters.push((await this.resolveConstant(parameter, 'A parameter of an aggregate function')).value)
      const distinct = /^count(?:If)?Distinct((?:If)?)$/i.exec(name)
      if (distinct) name = this.context.settings.text('count_distinct_implementation') + distinct[1]
      if (expr.nulls === 'respect') name += 'RespectNulls'
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

  async #scalar(query: Query): Promise<Typed> {
    const { types, rows } = await this.context.runSubquery(query, 2, this.scope.ctes)
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

  async #in(expr: FunctionCall, negated: boolean): Promise<Typed> {
    const [left, right] = expr.args
    const operand = await this.resolve(left)
    const operandTypes = operand.type instanceof TupleType ? operand.type.elements : [operand.type]
    const query = this.#setQuery(right)
    if (query) {
      const id = this.subqueries.length
      const set: SetSource = { id, types: operandTypes, values: null, subquery: id }
      this.subqueries.push({ query, set, ctes: this.scope.ctes })
      return this.#inNode(operand, negated, set, `query${this.context.nextColumnId()}`)
    }
    const values = await this.#setValues(right, operandTypes, operand.type)
    const set: SetSource = { id: -1, types: operandTypes, values, subquery: -1 }
    if (operand.kind === 'constant' && operand.value === null && !isNullIn(expr, this.context.settings))
      return this.constant(null, parseType('Nullable(UInt8)'))
    if (operand.kind === 'constant') {
      const wanted = valueKey(operandTypes.length > 1 ? operand.value : [operand.value])
      const found = operand.value !== null && values.some(row => valueKey([...row]) === wanted)
      return this.constant(found !== negated ? 1 : 0, parseType('UInt8'))
    }
    return this.#inNode(operand, negated, set, values.map(row => valueKey([...row])).join(','))
  }

  #inNode(operand: Typed, negated: boolean, set: SetSource, setKey: string): Typed {
    const type = parseType(operand.type.isNullable ? 'Nullable(UInt8)' : 'UInt8')
    return this.intern({
      kind: 'in',
      type,
      operand,
      negated,
      set,
      key: `${negated ? 'notIn' : 'in'}(${operand.key},${setKey})`,
    })
  }

  /** The query that makes the set, if the right side is one: a subquery, a table, a CTE. */
  #setQuery(right: Expr): Query | null {
    if (right.kind === 'subquery') return right.query
    if (right.kind !== 'identifier' || right.parts.length > 2) return null
    if (this.#parameters.some(map => map.has(right.parts[0])) || this.scope.aliases.has(right.parts[0])) return null
    const table = right.parts[right.parts.length - 1]
    const database = right.parts.length === 2 ? right.parts[0] : undefined
    const isCte = database === undefined && this.scope.ctes.queries.has(table)
    if (!isCte && !this.context.findTable(database, table)) return null
    const { start, end } = right
    return {
      kind: 'select',
      start,
      end,
      columns: [{ kind: 'asterisk', start, end }],
      from: { kind: 'table', start, end, name: { database, table } },
    }
  }

  async #setValues(right: Expr, types: readonly DataType[], operandType: DataType): Promise<Value[][]> {
    const isList = right.kind === 'function' && (right.name === 'tuple' || right.name === 'array')
    const exprs = isList ? (right as FunctionCall).args : [right]
    const rows: Value[][] = []
    const add = (value: Value, type: DataType) => {
      if (types.length === 1 && !(operandType instanceof TupleType)) {
        const converted = convertValue(value, type, types[0])
        if (converted !== undefined && converted !== null) rows.push([converted])
        return
      }
      if (!(type instanceof TupleType) || type.elements.length !== types.length)
        throw new DBError(
          'INCORRECT_ELEMENT_OF_SET',
          `Invalid value of type ${type.name} in set: a tuple of ${types.length} elements is expected`,
        )
      const row = (value as Value[]).map((element, i) => convertValue(element, type.elements[i], types[i]))
      if (row.every(element => element !== undefined && element !== null)) rows.push(row as Value[])
    }
    const isOneTuple =
      isList &&
      (right as FunctionCall).name === 'tuple' &&
      operandType instanceof TupleType &&
      exprs.length === types.length &&
      exprs.every(item => !(item.kind === 'function' && item.name === 'tuple'))
    if (isOneTuple) {
      const node = await this.resolveConstant(right, 'The right side of IN')
      add(node.value, node.type)
      return rows
    }
    for (const item of exprs) {
      if (item.kind === 'literal' && types.length === 1) {
        const { value, type } = this.#literal(item.value) as ConstantNode
        add(value, type)
        continue
      }
      const node = await this.resolveConstant(item, 'The right side of IN')
      // x IN ([1, 2]) and x IN [1, 2]: the array's elements, unless x is an array itself.
      if (node.type instanceof ArrayType && !(operandType instanceof ArrayType) && exprs.length === 1)
        for (const element of node.value as Value[]) add(element, node.type.element)
      else if (!isList && node.type instanceof TupleType && !(operandType instanceof TupleType))
        for (const [i, element] of (node.value as Value[]).entries()) add(element, node.type.elements[i])
      else add(node.value, node.type)
    }
    return rows
  }
}

const isNullIn = ({ name }: FunctionCall, settings: AnalyzerContext['settings']): boolean =>
  /null/i.test(name) || settings.bool('transform_null_in')

/** Of calls that the planner replaces: they never run. */
function plannedBound(name: string, type: DataType): BoundFunction {
  const run = () => {
    throw new DBError('UNEXPECTED_EXPRESSION', `${name} cannot stand here`)
  }
  const definition = { name, about: '', arguments: [], deterministic: false, returns: () => type, run }
  return { definition, type, deterministic: false, run }
}

function infoOf(node: Typed): ArgumentInfo {
  return { type: node.type, constant: node.kind === 'constant' ? node.value : undefined }
}

const isText = (type: DataType) => type.kind === 'String' || type.kind === 'FixedString'
const isInteger = (value: Value) => typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))

const booleanFunctions = new Set([
  ...comparisons,
  'and',
  'or',
  'not',
  'xor',
  'like',
  'notLike',
  'ilike',
  'notILike',
  'match',
  'isNull',
  'isNotNull',
  'empty',
  'notEmpty',
  'has',
  'startsWith',
  'endsWith',
])
const isBoolean = (node: Typed) => node.kind === 'in' || (node.kind === 'call' && booleanFunctions.has(node.name))

/** A key under which equal values are equal, of whatever type. */
export function valueKey(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(valueKey).join(',')}]`
  return Object.is(value, -0) ? '-0' : String(value)
}

/** A lambda's key must not depend on the numbers of its own parameters. */
function anonymousKey(body: Typed, parameters: readonly ColumnNode[]): string {
  let { key } = body
  parameters.forEach((parameter, i) => {
    key = key.replaceAll(new RegExp(`#${parameter.id}(?!\\d)`, 'g'), `$${i}`)
  })
  return key
}

/** The body of a SQL function with the call's arguments in place of its parameters. */
function substitute(lambda: Lambda, call: FunctionCall): Expr {
  if (lambda.params.length !== call.args.length)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Function ${call.name} takes ${lambda.params.length} arguments, got ${call.args.length}`,
    )
  const values = new Map(lambda.params.map((param, i) => [param, call.args[i]]))
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace)
    if (value === null || typeof value !== 'object') return value
    const node = value as Expr
    if (node.kind === 'identifier' && node.parts.length === 1 && values.has(node.parts[0]))
      return values.get(node.parts[0])
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

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}

/** The text of a column's default, as an expression. */
export const parseDefault = (text: string): Expr => parseExpression(text)
export { columnName }
