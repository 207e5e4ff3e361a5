// system.zookeeper: nodes of the coordinator. It is not read as a whole: a query states the paths whose children it wants, and they are
// read before it begins.
import type { Session } from '../coordination/coordinator.ts'
import { isCoordinationError } from '../coordination/errors.ts'
import { joinPath } from '../coordination/path.ts'
import { DBError } from '../core/errors.ts'
import { decodeText } from '../core/text.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Expr, Select } from '../sql/ast.ts'
import type { Value } from '../types/value.ts'
import type { GranaryEngine } from './engine.ts'
import type { SystemTable } from './systemTables.ts'

const readsAtOnce = 1000

export const systemZooKeeper: SystemTable = {
  columns: [
    ['name', 'String'],
    ['value', 'String'],
    ['czxid', 'Int64'],
    ['mzxid', 'Int64'],
    ['ctime', 'DateTime'],
    ['mtime', 'DateTime'],
    ['version', 'Int32'],
    ['cversion', 'Int32'],
    ['aversion', 'Int32'],
    ['ephemeralOwner', 'Int64'],
    ['dataLength', 'Int32'],
    ['numChildren', 'Int32'],
    ['pzxid', 'Int64'],
    ['path', 'String'],
    ['zookeeperName', 'String'],
  ],
  rows() {
    throw noPath()
  },
}

/** Of a table whose rows nobody wants. */
export const noZooKeeperRows: TableSnapshot = snapshotOf([])

/** The table, with what the SELECTs in the tree want of it; null: they do not name it. */
export async function readZooKeeper(
  engine: GranaryEngine,
  node: unknown,
  database: string,
  parameters: Readonly<Record<string, string>>,
): Promise<TableSnapshot | null> {
  const selects = selectsOf(node, database)
  if (selects.length === 0 || !engine.coordination.isConfigured) return null
  const paths = new Set<string>()
  for (const { where, prewhere } of selects) {
    const stated = pathsOf(prewhere, parameters) ?? pathsOf(where, parameters)
    if (!stated) throw noPath()
    for (const path of stated) paths.add(path)
  }
  const rows = await engine.coordination.withSession(async session => {
    const all = await Promise.all([...paths].map(path => childrenOf(session, path)))
    return all.flat()
  })
  return snapshotOf(rows)
}

function noPath(): DBError {
  return new DBError(
    'BAD_ARGUMENTS',
    "SELECT from system.zookeeper table must contain condition like path = 'path' or path IN ('path1','path2'...) in WHERE clause",
  )
}

function snapshotOf(rows: readonly (readonly Value[])[]): TableSnapshot {
  const columns = systemZooKeeper.columns.map(([name, type]) => ({ name, type }))
  return { database: 'system', name: 'zookeeper', engine: 'SystemZooKeeper', columns, source: { kind: 'rows', rows } }
}

/** The SELECTs that have the table in their own FROM. */
function selectsOf(node: unknown, database: string): Select[] {
  const found: Select[] = []
  const visit = (value: unknown, select: Select | null): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, select)
      return
    }
    if (value === null || typeof value !== 'object') return
    const object = value as { kind?: string; name?: { database?: string; table?: string } }
    if (
      object.kind === 'table' &&
      object.name?.table === 'zookeeper' &&
      (object.name.database ?? database) === 'system'
    )
      if (select && !found.includes(select)) found.push(select)
    const own = object.kind === 'select' ? (value as Select) : select
    for (const inner of Object.values(value)) if (typeof inner === 'object') visit(inner, own)
  }
  visit(node, null)
  return found
}

/** Of path = '...' and path IN (...), one of which has to hold; null: there is no such condition. */
function pathsOf(condition: Expr | undefined, parameters: Readonly<Record<string, string>>): readonly string[] | null {
  if (condition?.kind !== 'function') return null
  const { name, args } = condition
  if (name === 'and') {
    for (const part of args) {
      const paths = pathsOf(part, parameters)
      if (paths) return paths
    }
    return null
  }
  if (name === 'or') {
    const all = args.map(part => pathsOf(part, parameters))
    return all.some(paths => paths === null) ? null : all.flatMap(paths => paths ?? [])
  }
  const [left, right] = args
  if (left === undefined || right === undefined) return null
  if (name === 'equals') {
    const text = isPath(left) ? textOf(right, parameters) : isPath(right) ? textOf(left, parameters) : null
    return text === null ? null : [text]
  }
  if (name !== 'in' || !isPath(left)) return null
  const isList = right.kind === 'function' && (right.name === 'tuple' || right.name === 'array')
  const texts = (isList ? right.args : [right]).map(item => textOf(item, parameters))
  return texts.some(text => text === null) ? null : texts.filter(text => text !== null)
}

function isPath(expr: Expr): boolean {
  return expr.kind === 'identifier' && expr.parts.at(-1) === 'path'
}

function textOf(expr: Expr, parameters: Readonly<Record<string, string>>): string | null {
  if (expr.kind === 'literal' && typeof expr.value === 'string') return expr.value
  const given = expr.kind === 'parameter' && expr.type === 'String' ? parameters[expr.name] : undefined
  // What is escaped in it is for the query's own reader.
  return given === undefined || given.includes('\\') ? null : given
}

async function childrenOf(session: Session, stated: string): Promise<Value[][]> {
  const path = stated.length > 1 && stated.endsWith('/') ? stated.slice(0, -1) : stated
  const { names } = await session.children(path)
  const rows: Value[][] = []
  for (let at = 0; at < names.length; at += readsAtOnce) {
    const some = names.slice(at, at + readsAtOnce)
    const read = await Promise.all(some.map(name => nodeRow(session, stated, joinPath(path, name), name)))
    rows.push(...read.filter(row => row !== null))
  }
  return rows
}

/** null: it was removed since. */
async function nodeRow(session: Session, parent: string, path: string, name: string): Promise<Value[] | null> {
  try {
    const { data, stat } = await session.get(path)
    return [
      ...[name, decodeText(data), stat.czxid, stat.mzxid, seconds(stat.ctime), seconds(stat.mtime)],
      ...[stat.version, stat.cversion, stat.aversion, stat.ephemeralOwner, stat.dataLength, stat.numChildren],
      ...[stat.pzxid, parent, 'default'],
    ]
  } catch (error) {
    if (isCoordinationError(error, 'NoNode')) return null
    throw error
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
