// Which tables a statement may read, so that the control thread can hand their snapshots to a worker before the statement is analyzed.
import { functionKey } from '../analyzer/functionTable.ts'
import { takesTableName } from '../functions/dictionaries.ts'
import type { Expr, FunctionCall, TableName } from '../sql/ast.ts'

/** Every table name in the tree, CTEs' names among them (who looks them up ignores what is no table). */
export function tableReferences(node: unknown): TableName[] {
  const found = new Map<string, TableName>()
  const add = (name: TableName) => found.set(`${name.database ?? ''}\0${name.table}`, name)
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item)
      return
    }
    if (value === null || typeof value !== 'object') return
    const object = value as { kind?: string; name?: unknown; parts?: readonly string[]; args?: readonly unknown[] }
    if (object.kind === 'table' && typeof object.name === 'object') add(object.name as TableName)
    // x IN t
    if (
      object.kind === 'function' &&
      typeof object.name === 'string' &&
      /in$/i.test(object.name) &&
      object.args?.length === 2
    ) {
      const right = object.args[1] as { kind?: string; parts?: readonly string[] }
      if (right.kind === 'identifier' && right.parts && right.parts.length <= 2)
        add(right.parts.length === 2 ? { database: right.parts[0], table: right.parts[1] } : { table: right.parts[0] })
    }
    for (const inner of Object.values(value)) if (typeof inner === 'object') visit(inner)
  }
  visit(node)
  return [...found.values()]
}

/** Expressions' texts that may ask a dictionary or a Join table. */
export const mayNameTables = /dictGet|dictHas|dictIsIn|joinGet|\bIN\b/

/** Names of dictionaries and Join tables that functions are given, as they are written. */
export function keyedReferences(node: unknown): Set<string> {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item)
      return
    }
    if (value === null || typeof value !== 'object') return
    const object = value as { kind?: string; name?: unknown; args?: readonly Expr[] }
    if (object.kind === 'function' && takesTableName.has(String(object.name))) {
      const first = object.args?.[0]
      if (first?.kind === 'literal' && typeof first.value === 'string') found.add(first.value)
      if (first?.kind === 'identifier') found.add(first.parts.join('.'))
    }
    for (const inner of Object.values(value)) if (typeof inner === 'object') visit(inner)
  }
  visit(node)
  return found
}

/** Calls of table functions in the tree, by the names of the tables that may stand for them. */
export function functionReferences(node: unknown): Map<string, FunctionCall> {
  const found = new Map<string, FunctionCall>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item)
      return
    }
    if (value === null || typeof value !== 'object') return
    const object = value as { kind?: string; call?: FunctionCall }
    if (object.kind === 'tableFunction' && object.call) found.set(functionKey(object.call), object.call)
    for (const inner of Object.values(value)) if (typeof inner === 'object') visit(inner)
  }
  visit(node)
  return found
}
