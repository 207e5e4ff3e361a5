import { DBError } from '../core/errors.ts'
import type { Expr } from './ast.ts'

/**
 * The tree with the values of `{name:Type}` in it. A value becomes _CAST('text', 'Type'), its text in TSV form as clients
 * send it; for `{name:Identifier}` it is the name itself. Subtrees without parameters are shared with the given tree.
 */
export function bindParameters<T>(tree: T, values: ReadonlyMap<string, string>): T {
  return bind(tree, values) as T
}

/** Names and types of the parameters in a tree, each once. */
export function listParameters(tree: unknown): Map<string, string> {
  const found = new Map<string, string>()
  bind(tree, { get: () => undefined }, found)
  return found
}

/** The tree with the names in it that `{name:Identifier}` stands for; values stay for who knows their types. */
export function bindNamesOnly<T>(tree: T, values: Readonly<Record<string, string>>): T {
  const bindOnly = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node
    if (Array.isArray(node)) return node.map(bindOnly)
    const record = node as Readonly<Record<string, unknown>>
    const own = { get: (name: string) => values[name] }
    const entries = Object.entries(record).map(([key, value]) => [
      key,
      bindOnly(record.unbound ? bindNames(value, own) : value),
    ])
    return { ...Object.fromEntries(entries), ...(record.unbound ? { unbound: undefined } : {}) }
  }
  return bindOnly(tree) as T
}

type Values = Pick<ReadonlyMap<string, string>, 'get'>

function bind(node: unknown, values: Values, found?: Map<string, string>): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) {
    const items = node.map(item => bind(item, values, found))
    return items.some((item, at) => item !== node[at]) ? items : node
  }
  const record = node as Readonly<Record<string, unknown>>
  if (record.kind === 'parameter') return bindValue(node as Extract<Expr, { kind: 'parameter' }>, values, found)
  const changed: Record<string, unknown> = {}
  for (const key in record) {
    const value = record.unbound ? bindNames(record[key], values, found) : record[key]
    const bound = bind(value, values, found)
    if (bound !== record[key]) changed[key] = bound
  }
  if (Object.keys(changed).length === 0) return node
  return { ...record, ...changed, unbound: undefined }
}

function bindValue(parameter: Extract<Expr, { kind: 'parameter' }>, values: Values, found?: Map<string, string>): Expr {
  const { name, type, start, end, alias } = parameter
  if (found) {
    found.set(name, type)
    return parameter
  }
  const text = lookUp(name, values)
  // Inside of arrays and the like texts are quoted, with escapes of their own, and that once.
  const value = text === '\\N' ? null : /^(Array|Tuple|Map)\b/.test(type) ? text : unescapeTsv(text)
  const args: Expr[] = [
    { kind: 'literal', value, start, end },
    { kind: 'literal', value: type, start, end },
  ]
  return { kind: 'function', name: '_CAST', args, alias, start, end }
}

/** A name, or a list of the parts of one. */
function bindNames(value: unknown, values: Values, found?: Map<string, string>): unknown {
  if (Array.isArray(value) && value.every(part => typeof part === 'string')) {
    const parts = value.map(part => bindNames(part, values, found))
    return parts.some((part, at) => part !== value[at]) ? parts : value
  }
  const name = typeof value === 'string' ? /^\{(\w+):Identifier\}$/.exec(value)?.[1] : undefined
  if (name === undefined) return value
  if (!found) return lookUp(name, values)
  found.set(name, 'Identifier')
  return value
}

function lookUp(name: string, values: Values): string {
  const value = values.get(name)
  if (value === undefined) throw new DBError('UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set`)
  return value
}

const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '0': '\0', "'": "'", '\\': '\\' }

function unescapeTsv(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(.)/gs, (whole, char: string) => escapes[char] ?? whole)
}
