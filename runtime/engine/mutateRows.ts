// ALTER TABLE ... UPDATE and DELETE, the statements DELETE and UPDATE, MATERIALIZE, CLEAR: what rewrites rows.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import { namesIn } from '../exec/tableAdapter.ts'
import type { Expr, Query } from '../sql/ast.ts'
import type { AlterCommand, Assignment } from '../sql/statementAst.ts'
import { parseExpression, parseStatement } from '../sql/parser.ts'
import { createOf } from './alter.ts'
import { qualify } from './createView.ts'
import { MergeTreeStorage } from './mergeTreeStorage.ts'
import { mutateMemory } from './redefineMemory.ts'
import { commandsText } from './redefine.ts'
import type { QueryRun } from './queryRun.ts'

export async function mutateRows(
  run: QueryRun,
  table: Table,
  given: readonly AlterCommand[],
  sync = run.settings.number('mutations_sync'),
): Promise<void> {
  const { storage } = table
  if (!(storage instanceof MergeTreeStorage)) {
    if (table.engine !== 'Memory' || given.some(({ kind }) => kind !== 'update' && kind !== 'delete'))
      throw new DBError('NOT_IMPLEMENTED', `Table engine ${table.engine} doesn't support mutations.`)
    await mutateMemory(run, table, given)
    return
  }
  const commands = given.flatMap(command => (checkCommand(table, command) ? [inDatabase(run, table, command)] : []))
  if (commands.length === 0) return
  for (const command of commands) await checkExpressions(run, table, command)
  const { version } = await storage.altering(() => storage.mutator.add(commandsText(commands)))
  if (sync > 0) await storage.mutator.wait(version)
}

/** Tables in subqueries keep meaning what they mean here. */
function inDatabase(run: QueryRun, table: Table, command: AlterCommand): AlterCommand {
  if (run.database === table.database || (command.kind !== 'update' && command.kind !== 'delete')) return command
  return qualify(command as unknown as Query, run.database) as unknown as AlterCommand
}

/** Refuses what cannot be; false for what there is nothing to do for. */
function checkCommand(table: Table, command: AlterCommand): boolean {
  const create = createOf(table)
  const missing = (what: string, name: string) =>
    new DBError('BAD_ARGUMENTS', `Wrong ${what} name. Cannot find ${what} \`${name}\``)
  switch (command.kind) {
    case 'update':
      checkAssignments(table, command.assignments)
      return true
    case 'delete':
    case 'applyDeletedMask':
      return true
    case 'clearColumn': {
      const { name } = command
      if (!table.columns.some(column => column.name === name || column.name.startsWith(`${name}.`))) {
        if (command.ifExists) return false
        throw new DBError('NOT_FOUND_COLUMN_IN_BLOCK', `Wrong column name. Cannot find column \`${name}\` to drop`)
      }
      if (keyColumns(table).has(name))
        throw new DBError(
          'ALTER_OF_COLUMN_IS_FORBIDDEN',
          `Trying to ALTER DROP key ${name} column which is a part of key expression`,
        )
      return true
    }
    case 'materializeColumn': {
      const column = table.columns.find(({ name }) => name === command.name)
      if (!column)
        throw new DBError('NOT_FOUND_COLUMN_IN_BLOCK', `Wrong column name. Cannot find column \`${command.name}\``)
      if (column.kind !== 'DEFAULT' && column.kind !== 'MATERIALIZED')
        throw new DBError(
          'BAD_ARGUMENTS',
          `Cannot materialize column \`${command.name}\` because it doesn't have default expression`,
        )
      return true
    }
    case 'materializeTtl':
      if (!create.storage?.ttl?.length && !create.columns?.some(({ ttl }) => ttl))
        throw new DBError(
          'INCORRECT_QUERY',
          `Cannot MATERIALIZE TTL as there is no TTL set for table ${table.database}.${table.name} (${table.uuid})`,
        )
      return true
    case 'materializeIndex':
    case 'clearIndex':
      if (!create.indices?.some(({ name }) => name === command.name)) {
        if (command.ifExists) return false
        throw missing('index', command.name)
      }
      return true
    case 'materializeProjection':
    case 'clearProjection':
      if (!create.projections?.some(({ name }) => name === command.name)) {
        if (command.ifExists) return false
        throw new DBError('NO_SUCH_PROJECTION_IN_TABLE', `There is no projection ${command.name} in table`)
      }
      return true
    case 'materializeStatistics':
    case 'clearStatistics':
      return false
    default:
      throw new DBError('NOT_IMPLEMENTED', `ALTER TABLE ${command.kind} is not supported`)
  }
}

/** Columns whose values give rows their places: those of keys, and those that merges look at. */
function keyColumns(table: Table): Set<string> {
  const { storage } = createOf(table)
  const exprs = [storage?.partitionBy, storage?.orderBy, storage?.primaryKey, storage?.sampleBy]
  if (/Collapsing|Replacing/.test(storage?.engine?.name ?? '')) exprs.push(...(storage?.engine?.args ?? []))
  return namesIn(exprs)
}

export function checkAssignments(table: Table, assignments: readonly Assignment[]): void {
  const keys = keyColumns(table)
  const seen = new Set<string>()
  for (const { column: name } of assignments) {
    if (seen.has(name))
      throw new DBError(
        'MULTIPLE_ASSIGNMENTS_TO_COLUMN',
        `Multiple assignments in the single statement to column \`${name}\``,
      )
    seen.add(name)
    if (name === '_row_exists') continue
    const column = table.columns.find(column => column.name === name && !column.virtual)
    if (!column) throw new DBError('NO_SUCH_COLUMN_IN_TABLE', `There is no column \`${name}\` in table`)
    if (column.kind === 'MATERIALIZED')
      throw new DBError('CANNOT_UPDATE_COLUMN', `Cannot UPDATE materialized column \`${name}\``)
    if (column.kind === 'ALIAS') throw new DBError('CANNOT_UPDATE_COLUMN', `Cannot UPDATE alias column \`${name}\``)
    if (keys.has(name)) throw new DBError('CANNOT_UPDATE_COLUMN', `Cannot UPDATE key column \`${name}\``)
  }
  // What is computed of them may stand in a key.
  for (const { name, kind, expression } of table.columns)
    if (kind === 'MATERIALIZED' && expression !== undefined && keys.has(name))
      for (const used of namesIn(parseExpression(expression)))
        if (seen.has(used))
          throw new DBError(
            'CANNOT_UPDATE_COLUMN',
            `Updated column \`${used}\` affects MATERIALIZED column \`${name}\`, which is a key column. Cannot UPDATE it.`,
          )
}

/** Analyzes the expressions over the whole table, so that what is wrong with them is said at once. */
async function checkExpressions(run: QueryRun, table: Table, command: AlterCommand): Promise<void> {
  if (command.kind !== 'update' && command.kind !== 'delete') return
  const { statement } = parseStatement('SELECT 1 FROM t WHERE 1')
  if (statement.kind !== 'select' || statement.from?.kind !== 'table')
    throw new DBError('LOGICAL_ERROR', 'The pattern is a SELECT')
  const name = { database: table.isTemporary ? undefined : table.database, table: table.name }
  const casts =
    command.kind === 'update'
      ? command.assignments.map(({ column, expr }) =>
          castTo(expr, table.columns.find(({ name }) => name === column)?.type ?? 'UInt8'),
        )
      : statement.columns
  await run.describe({ ...statement, columns: casts, from: { ...statement.from, name }, where: command.where })
}

export function castTo(expr: Expr, type: string): Expr {
  const { start, end } = expr
  return { kind: 'function', name: 'CAST', args: [expr, { kind: 'literal', value: type, start, end }], start, end }
}

/** DELETE FROM: rows are only marked, in a column of their part. */
export async function deleteRows(
  run: QueryRun,
  table: Table,
  { where, partition }: { where: Expr; partition?: import('../sql/statementAst.ts').PartitionSpec },
): Promise<void> {
  table.storage.checkWritable?.()
  if (!(table.storage instanceof MergeTreeStorage))
    throw new DBError('BAD_ARGUMENTS', `DELETE query is not supported for table ${table.database}.${table.name}`)
  const { start, end } = where
  const assignments = [{ column: '_row_exists', expr: { kind: 'literal', value: 0n, start, end } as const }]
  await mutateRows(
    run,
    table,
    [{ kind: 'update', assignments, partition, where }],
    run.settings.number('lightweight_deletes_sync'),
  )
}
