import { DBError } from '../core/errors.ts'
import type { Expr, FunctionCall, Query } from '../sql/ast.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import { convertValue } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { valueKey } from './keys.ts'
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
  const matchesNull = /null/i.test(expr.name) || resolver.context.settings.bool('transform_null_in')
  const query = setQuery(resolver, right)
  if (query) {
    const id = resolver.subqueries.length
    const set: SetSource = { id, types: operandTypes, values: null, subquery: id, matchesNull }
    resolver.subqueries.push({ query, set, ctes: resolver.scope.ctes })
    return inNode(resolver, operand, negated, set, `query${resolver.context.nextColumnId()}`)
  }
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
      const converted = convertValue(value, type, types[0])
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
  const isOneTuple =
    isList &&
    (right as FunctionCall).name === 'tuple' &&
    operandType instanceof TupleType &&
    exprs.length === types.length &&
    exprs.every(item => !(item.kind === 'function' && item.name === 'tuple'))
  if (isOneTuple) {
    const node = await resolver.resolveConstant(right, 'The right side of IN')
    add(node.value, node.type)
    return rows
  }
  for (const item of exprs) {
    if (item.kind === 'literal' && types.length === 1) {
      const { value, type } = resolver.literal(item.value) as ConstantNode
      add(value, type)
      continue
    }
    const node = await resolver.resolveConstant(item, 'The right side of IN')
    // x IN ([1, 2]) and x IN [1, 2]: the array's elements, unless x is an array itself.
    if (node.type instanceof ArrayType && !(operandType instanceof ArrayType) && exprs.length === 1)
      for (const element of node.value as Value[]) add(element, node.type.element)
    else if (!isList && node.type instanceof TupleType && !(operandType instanceof TupleType))
      for (const [i, element] of (node.value as Value[]).entries()) add(element, node.type.elements[i])
    else add(node.value, node.type)
  }
  return rows
}
