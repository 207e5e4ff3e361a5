import type { Resolver } from '../analyzer/resolve.ts'
import { type CallNode, childrenOf, type Typed, walk } from '../analyzer/typed.ts'
import { plainType } from '../functions/bind.ts'
import { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'

/** The tree with every node whose key is in the map replaced, from the top down. */
export function rewrite(node: Typed, map: ReadonlyMap<string, Typed>): Typed {
  if (map.size === 0) return node
  const replaced = map.get(node.key)
  if (replaced) return replaced
  const children = childrenOf(node)
  if (children.length === 0) return node
  const changed = children.map(child => rewrite(child, map))
  if (changed.every((child, i) => child === children[i])) return node
  return rebuild(node, changed)
}

function rebuild(node: Typed, children: readonly Typed[]): Typed {
  switch (node.kind) {
    case 'call':
      return { ...node, args: children, key: `${node.name}(${children.map(child => child.key).join(',')})` }
    case 'aggregate':
      return {
        ...node,
        args: children,
        key: `${node.key.slice(0, node.key.indexOf('('))}~(${children.map(child => child.key).join(',')})`,
      }
    case 'in':
      return { ...node, operand: children[0], key: node.key.replace(node.operand.key, children[0].key) }
    case 'lambda':
      return { ...node, body: children[0], key: `${node.key}~${children[0].key}` }
    case 'window': {
      const { partitionBy, orderBy } = node.window
      const args = children.slice(0, node.args.length)
      const parts = children.slice(node.args.length, node.args.length + partitionBy.length)
      const keys = orderBy.map((key, i) => ({ ...key, expr: children[node.args.length + partitionBy.length + i] }))
      const key = `${node.window.key}~${[...parts, ...keys.map(k => k.expr)].map(n => n.key).join(',')}`
      return {
        ...node,
        args,
        window: { ...node.window, partitionBy: parts, orderBy: keys, key },
        key: `${node.name}(${args.map(a => a.key).join(',')})over${key}`,
      }
    }
    default:
      return node
  }
}

/**
 * sum(x + k) is sum(x) + k * count(x), and likewise for x - k: one pass over x serves any number of them. For integers of at most
 * 64 bits, whose sums wrap in the same way.
 */
export function simplifyAggregates(resolver: Resolver, nodes: readonly Typed[]): Map<string, Typed> {
  const found = new Map<string, Typed>()
  for (const node of nodes)
    walk(node, child => {
      if (child.kind !== 'aggregate' || child.bound.name !== 'sum') return true
      const [arg] = child.args
      if (arg.kind !== 'call' || (arg.name !== 'plus' && arg.name !== 'minus') || arg.args.length !== 2) return true
      const { x, k, negate } = parts(arg) ?? {}
      if (!x || !k) return true
      const sum = resolver.aggregateCall('sum', [x], [])
      const count = resolver.aggregateCall('count', x.type.isNullable ? [x] : [], [])
      const term = resolver.call('multiply', [k, count])
      const whole = resolver.call(negate ? 'minus' : 'plus', [sum, term])
      found.set(child.key, resolver.call('CAST', [whole, resolver.constant(child.type.name, parseType('String'))]))
      return false
    })
  // Worth it only where several sums become one.
  return found.size > 1 ? found : new Map()
}

function parts(arg: CallNode): { x: Typed; k: Typed; negate: boolean } | null {
  const [a, b] = arg.args
  const isSmall = (node: Typed) => {
    const type = plainType(node.type)
    return type instanceof IntegerType && type.bits <= 32
  }
  if (b.kind === 'constant' && isSmall(b) && isSmall(a)) return { x: a, k: b, negate: arg.name === 'minus' }
  if (a.kind === 'constant' && arg.name === 'plus' && isSmall(a) && isSmall(b)) return { x: b, k: a, negate: false }
  return null
}
