// ALTER TABLE: commands that change the definition, those that rewrite rows, those that move parts.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import { namesIn } from '../exec/tableAdapter.ts'
import type { AlterCommand, AlterTable, CreateTable } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { alterDefinition, changesDefinition } from './alterDefinition.ts'
import { alterPartition, isPartitionCommand } from './alterPartition.ts'
import { qualify } from './createView.ts'
import { MergeTreeStorage } from './mergeTreeStorage.ts'
import type { QueryRun } from './queryRun.ts'
import { redefineMergeTree } from './redefine.ts'
import { redefineMemory } from './redefineMemory.ts'
import { mutateRows } from './mutateRows.ts'

export async function alterTable(run: QueryRun, table: Table, statement: AlterTable): Promise<void> {
  if (statement.object === 'database') throw new DBError('NOT_IMPLEMENTED', 'ALTER DATABASE is not supported')
  if (table.engine === 'MaterializedView' || table.engine === 'View') return alterView(run, table, statement)
  table.storage.checkWritable?.()
  const definitions = statement.commands.filter(changesDefinition)
  const partitions = statement.commands.filter(isPartitionCommand)
  const rows = statement.commands.filter(command => !changesDefinition(command) && !isPartitionCommand(command))
  if (definitions.length > 0) await alterDefinitions(run, table, definitions)
  const current = () => run.engine.catalog.find(table.database, table.name) ?? table
  if (rows.length > 0) await mutateRows(run, current(), rows)
  for (const command of partitions) await alterPartition(run, current(), command)
}

async function alterDefinitions(run: QueryRun, table: Table, commands: readonly AlterCommand[]): Promise<void> {
  const { storage } = table
  if (!(storage instanceof MergeTreeStorage)) {
    refuseUnsupported(table, commands)
    await redefineMemory(run, table, alterDefinition(createOf(table), commands))
    return
  }
  const version = await storage.altering(async () => {
    // Another ALTER may have been waited for.
    const now = table.isTemporary ? table : run.engine.catalog.table(table.database, table.name)
    const altered = alterDefinition(createOf(now), commands)
    refuseReferenced(run, now, altered.dropped)
    const pending = await redefineMergeTree(run, now, storage, altered)
    return pending ?? (await materializeTtl(run, storage, commands))
  })
  if (version !== null && run.settings.text('alter_sync') !== '0') await storage.mutator.wait(version)
}

/** A new TTL is to hold for the rows that are there. */
async function materializeTtl(
  run: QueryRun,
  storage: MergeTreeStorage,
  commands: readonly AlterCommand[],
): Promise<number | null> {
  const isNew = commands.some(
    command => command.kind === 'modifyTtl' || (command.kind === 'modifyColumn' && command.column.ttl !== undefined),
  )
  if (!isNew || !run.settings.bool('materialize_ttl_after_modify')) return null
  return (await storage.mutator.add('(MATERIALIZE TTL)')).version
}

export function createOf(table: Table): CreateTable {
  const { statement } = parseStatement(table.createText)
  if (statement.kind !== 'createTable')
    throw new DBError('NOT_IMPLEMENTED', `ALTER is not supported by storage ${table.engine}`)
  return statement
}

const typeNames: Partial<Record<AlterCommand['kind'], string>> = {
  modifyOrderBy: 'MODIFY_ORDER_BY',
  modifySampleBy: 'MODIFY_SAMPLE_BY',
  modifyTtl: 'MODIFY_TTL',
  commentColumn: 'COMMENT_COLUMN',
  modifyComment: 'COMMENT_TABLE',
  modifySettings: 'MODIFY_SETTING',
  resetSettings: 'RESET_SETTING',
}

const nameOf = ({ kind }: AlterCommand): string =>
  typeNames[kind] ?? kind.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()

const columnKinds: readonly AlterCommand['kind'][] = ['addColumn', 'dropColumn', 'modifyColumn']

function refuseUnsupported(table: Table, commands: readonly AlterCommand[]): void {
  const supported: readonly AlterCommand['kind'][] =
    table.engine === 'Memory'
      ? ['commentColumn', 'modifyComment', 'modifySettings', 'resetSettings', ...columnKinds, 'renameColumn']
      : table.engine === 'Null'
        ? ['commentColumn', 'modifyComment', ...columnKinds]
        : ['commentColumn', 'modifyComment']
  for (const command of commands)
    if (!supported.includes(command.kind)) {
      if (command.kind === 'modifyTtl')
        throw new DBError('BAD_ARGUMENTS', `Engine ${table.engine} doesn't support TTL clause.`)
      throw new DBError(
        'NOT_IMPLEMENTED',
        `Alter of type '${nameOf(command)}' is not supported by storage ${table.engine}`,
      )
    }
}

/** Columns that materialized views read must not go. */
function refuseReferenced(run: QueryRun, table: Table, dropped: readonly string[]): void {
  if (dropped.length === 0) return
  for (const database of run.engine.catalog.databases.values())
    for (const view of database.tables.values()) {
      const { listens, materialized } = view
      if (!materialized || listens?.database !== table.database || listens.table !== table.name) continue
      const used = namesIn(materialized)
      const column = dropped.find(name => used.has(name))
      if (column !== undefined)
        throw new DBError(
          'ALTER_OF_COLUMN_IS_FORBIDDEN',
          `Trying to ALTER DROP column ${column} which is referenced by materialized view ['${view.name}']`,
        )
    }
}

/** What a view is asked for concerns its query or its comment; rows and parts are its target's. */
async function alterView(run: QueryRun, table: Table, { commands }: AlterTable): Promise<void> {
  const { catalog } = run.engine
  for (const command of commands) {
    if (isPartitionCommand(command) || (!changesDefinition(command) && command.kind !== 'modifyQuery')) {
      if (!table.target) throw new DBError('NOT_IMPLEMENTED', `Table engine ${table.engine} doesn't support mutations.`)
      const target = catalog.table(table.target.database, table.target.table)
      if (isPartitionCommand(command)) await alterPartition(run, target, command)
      else await mutateRows(run, target, [command])
      continue
    }
    const { statement } = parseStatement(table.createText)
    if (statement.kind !== 'createView') throw new DBError('LOGICAL_ERROR', 'A view is made by CREATE VIEW')
    if (command.kind === 'modifyComment') {
      const comment = command.comment || undefined
      table = { ...table, comment: command.comment, createText: formatAst({ ...statement, comment }) }
    } else if (command.kind === 'modifyQuery' && table.materialized) {
      const query = qualify(command.query, run.database)
      await run.describe(query)
      table = { ...table, materialized: query, createText: formatAst({ ...statement, query }) }
    } else
      throw new DBError(
        'NOT_IMPLEMENTED',
        `Alter of type '${nameOf(command)}' is not supported by storage ${table.engine}`,
      )
    await catalog.add(table)
  }
}
