import { DBError } from '../core/errors.ts'
import { plainType } from '../functions/bind.ts'
import type { Expr, FunctionCall, Query } from '../sql/ast.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import { convertValue } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { valueKey } from './keys.ts'
import { logical } from './logical.ts'
import type { Resolver } from './resolve.ts'
import type { ConstantNode, SetSource, Typed } from './typed.ts'

/** Names of IN: whether it is negated. */
export const inFunctions: Record<string, boolean> = {
  in: false,
  notIn: true,
  globalIn: false,
  globalNotIn: true,
  nullIn: false,
  notNullIn: true,
  globalNullIn: false,
  globalNotNullIn: true,
}

/** `x IN set`, by any of its names. */
export async function resolveIn(resolver: Resolver, expr: FunctionCall, negated: boolean): Promise<Typed> {
  const [left, right] = expr.args
  const operand = await resolver.resolve(left)
  const operandTypes = operand.type instanceof TupleType ? operand.type.elements : [operand.type]
  if (
    operand.kind === 'constant' &&
    operand.value === null &&
    plainType(operand.type).kind === 'Nothing' &&
    !/null/i.test(expr.name) &&
    !resolver.context.settings.bool('transform_null_in')
  )
    return resolver.constant(null, operand.type)
  const matchesNull = /null/i.test(expr.name) || resolver.context.settings.bool('transform_null_in')
  const query = setQuery(resolver, right)
  if (query) {
    const id = resolver.subqueries.length
    const set: SetSource = { id, types: operandTypes, values: null, subquery: id, matchesNull }
    resolver.subqueries.push({ query, set, ctes: resolver.scope.ctes })
    return inNode(resolver, operand, negated, set, `query${resolver.context.nextColumnId()}`)
  }
  const compared = await comparedRow(resolver, operand, right, negated)
  if (compared) return compared
  const values = await setValues(resolver, right, operandTypes, operand.type, matchesNull)
  const set: SetSource = { id: -1, types: operandTypes, values, subquery: -1, matchesNull }
  if (operand.kind === 'constant' && operand.value === null && !matchesNull)
    return resolver.constant(null, parseType('Nullable(UInt8)'))
  if (operand.kind === 'constant') {
    const wanted = valueKey(operandTypes.length > 1 ? operand.value : [operand.value])
    const found = values.some(row => valueKey([...row]) === wanted)
    return resolver.constant(found !== negated ? 1 : 0, parseType('UInt8'))
  }
  return inNode(resolver, operand, negated, set, values.map(row => valueKey([...row])).join(','))
}

function inNode(resolver: Resolver, operand: Typed, negated: boolean, set: SetSource, setKey: string): Typed {
  const type = parseType(operand.type.isNullable && !set.matchesNull ? 'Nullable(UInt8)' : 'UInt8')
  return resolver.intern({
    kind: 'in',
    type,
    operand,
    negated,
    set,
    key: `${negated ? 'notIn' : 'in'}(${operand.key},${setKey})`,
  })
}

/** The query that makes the set, if the right side is one: a subquery, a table, a CTE. */
function setQuery(resolver: Resolver, right: Expr): Query | null {
  if (right.kind === 'subquery') return right.query
  if (right.kind !== 'identifier' || right.parts.length > 2) return null
  if (resolver.isParameter(right.parts[0]) || resolver.scope.aliases.has(right.parts[0])) return null
  const table = right.parts[right.parts.length - 1]
  const database = right.parts.length === 2 ? right.parts[0] : undefined
  const isCte = database === undefined && resolver.scope.ctes.queries.has(table)
  if (!isCte && !resolver.context.findTable(database, table)) return null
  const { start, end } = right
  return {
    kind: 'select',
    start,
    end,
    columns: [{ kind: 'asterisk', start, end }],
    from: { kind: 'table', start, end, name: { database, table } },
  }
}

/** `x IN (a, b)` where a or b depends on the row: x = a OR x = b. */
async function comparedRow(resolver: Resolver, operand: Typed, right: Expr, negated: boolean): Promise<Typed | null> {
  const isList = right.kind === 'function' && (right.name === 'tuple' || right.name === 'array')
  const exprs = isList ? (right as FunctionCall).args : [right]
  if (exprs.every(expr => expr.kind === 'literal')) return null
  const nodes = await resolver.resolveAll(exprs)
  if (nodes.every(node => node.kind === 'constant')) return null
  if (!isList) {
    if (depthOf(nodes[0].type) !== depthOf(operand.type) + 1 || !(nodes[0].type instanceof ArrayType)) return null
    const found = resolver.call('has', [nodes[0], operand])
    return negated ? resolver.call('not', [found]) : found
  }
  const equal = nodes.map(node => resolver.call('equals', [operand, node]))
  const any = logical(resolver, equal, 'or')
  return negated ? resolver.call('not', [any]) : any
}

async function setValues(
  resolver: Resolver,
  right: Expr,
  types: readonly DataType[],
  operandType: DataType,
  matchesNull: boolean,
): Promise<Value[][]> {
  const isList = right.kind === 'function' && (right.name === 'tuple' || right.name === 'array')
  const exprs = isList ? (right as FunctionCall).args : [right]
  const rows: Value[][] = []
  const add = (value: Value, type: DataType) => {
    if (types.length === 1 && !(operandType instanceof TupleType)) {
      const isNumberAsText =
        plainType(types[0]).kind === 'String' && (typeof value === 'number' || typeof value === 'bigint')
      const converted = isNumberAsText ? String(value) : convertValue(value, type, types[0])
      if (converted !== undefined && (matchesNull || converted !== null)) rows.push([converted])
      return
    }
    if (!(type instanceof TupleType) || type.elements.length !== types.length)
      throw new DBError(
        'INCORRECT_ELEMENT_OF_SET',
        `Invalid value of type ${type.name} in set: a tuple of ${types.length} elements is expected`,
      )
    const row = (value as Value[]).map((element, i) => convertValue(element, type.elements[i], types[i]))
    if (row.every(element => element !== undefined && (matchesNull || element !== null))) rows.push(row as Value[])
  }
  const depth = depthOf(operandType)
  const refuse = (type: string) => {
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Unsupported types for IN. First argument type ${operandType.name}. Second argument type ${type}`,
    )
  }
  if (!isList || depth > 0) {
    // x IN (1, 2), (x, y) IN (1, 2), (x, y) IN ((1, 2), (3, 4)): how deep both sides are nested tells values from collections.
    const { value, type } = await resolver.resolveConstant(right, 'The right side of IN')
    const deeper = depthOf(type) - depth
    if (deeper === 0) add(value, type)
    else if (deeper === 1 && value !== null)
      for (const [i, element] of (value as Value[]).entries()) add(element, elementOf(type, i))
    else refuse(type.name)
    return rows
  }
  for (const item of exprs) {
    const node =
      item.kind === 'literal'
        ? (resolver.literal(item.value) as ConstantNode)
        : await resolver.resolveConstant(item, 'The right side of IN')
    if (depthOf(node.type) > 0) refuse(`Tuple(${node.type.name}, ...)`)
    add(node.value, node.type)
  }
  return rows
}

/** How deep arrays and tuples are nested: 0 for a single value. */
function depthOf(type: DataType): number {
  const plain = plainType(type)
  if (plain instanceof ArrayType) return 1 + depthOf(plain.element)
  return plain instanceof TupleType ? 1 + Math.max(0, ...plain.elements.map(depthOf)) : 0
}

function elementOf(type: DataType, i: number): DataType {
  const plain = plainType(type)
  return plain instanceof TupleType ? plain.elements[i] : (plain as ArrayType).element
}
