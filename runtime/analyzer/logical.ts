import { plainType } from '../functions/bind.ts'
import type { Expr, FunctionCall } from '../sql/ast.ts'
import { parseType } from '../types/parseType.ts'
import { comparisons } from './comparisons.ts'
import type { Resolver } from './resolve.ts'
import type { Typed } from './typed.ts'

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

/** a AND (b AND c) as one call; constants that decide it are folded away. */
export async function resolveLogical(resolver: Resolver, expr: FunctionCall, name: 'and' | 'or'): Promise<Typed> {
  const flat: Typed[] = []
  const collect = async (arg: Expr): Promise<void> => {
    if (arg.kind === 'function' && arg.name === name && !arg.alias) for (const inner of arg.args) await collect(inner)
    else flat.push(await resolver.resolve(arg))
  }
  for (const arg of expr.args) await collect(arg)
  return logical(resolver, flat, name)
}

export function logical(resolver: Resolver, flat: readonly Typed[], name: 'and' | 'or' = 'and'): Typed {
  if (flat.every(arg => arg.kind === 'constant') || flat.length < 2)
    return flat.length === 1 ? flat[0] : resolver.call(name, flat)
  const decisive = name === 'or'
  const kept: Typed[] = []
  for (const arg of flat) {
    if (arg.kind === 'constant' && arg.value !== null && typeof arg.value !== 'string') {
      const truth = Number(arg.value) !== 0
      if (truth === decisive && flat.every(other => !other.type.isNullable))
        return resolver.constant(decisive ? 1 : 0, parseType('UInt8'))
      if (truth !== decisive) continue
    }
    kept.push(arg)
  }
  if (kept.length === 0) return resolver.constant(decisive ? 0 : 1, parseType('UInt8'))
  if (kept.length === 1 && plainType(kept[0].type).kind === 'UInt8' && isBoolean(kept[0])) return kept[0]
  return resolver.call(
    name,
    kept.length === 1 ? [kept[0], resolver.constant(decisive ? 0 : 1, parseType('UInt8'))] : kept,
  )
}
