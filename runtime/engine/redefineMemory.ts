// ALTER of tables that keep their rows as chunks: all rows are written anew, by a query over the old ones.
import { MemoryStorage } from '../catalog/storages.ts'
import { snapshotOf, type Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { Expr } from '../sql/ast.ts'
import type { AlterCommand } from '../sql/statementAst.ts'
import { parseExpression, parseStatement } from '../sql/parser.ts'
import type { AlteredDefinition } from './alterDefinition.ts'
import { describeTable } from './createTable.ts'
import { castTo, checkAssignments } from './mutateRows.ts'
import type { QueryRun } from './queryRun.ts'
import { definitionOf } from './redefine.ts'

/** Memory gets new columns; other storages only what rows do not show. */
export async function redefineMemory(run: QueryRun, table: Table, altered: AlteredDefinition): Promise<void> {
  const { engine } = run
  const { storage } = table
  const definition = await definitionOf(engine, altered.create)
  const next: Table = {
    ...describeTable(engine, definition, table.database, table.name, { storage, virtualColumns: [] }),
    uuid: table.uuid,
  }
  const show = async () => {
    if (!table.isTemporary) await engine.catalog.write(next)
  }
  const seen = () => {
    if (table.isTemporary) run.session?.temporaryTables.set(table.name, next)
    else engine.catalog.show(next)
  }
  if (!(storage instanceof MemoryStorage)) {
    await show()
    seen()
    return
  }
  const open = await storage.gate.close()
  try {
    const oldNames = new Map(altered.renamed.map(([from, to]) => [to, from]))
    const before = new Set(storedOf(table).map(({ name }) => name))
    const columns = storedOf(next).map(({ name, type }) => {
      const old = oldNames.get(name) ?? name
      const expr = before.has(old)
        ? identifier(old)
        : parseExpression(`defaultValueOfTypeName('${type.replace(/['\\]/g, '\\$&')}')`)
      return { name, type, expr: castTo(expr, type) }
    })
    const chunks = await rewritten(run, table, columns)
    await show()
    storage.replace(chunks)
    seen()
  } finally {
    open()
  }
}

/** UPDATE and DELETE of a Memory table. */
export async function mutateMemory(run: QueryRun, table: Table, commands: readonly AlterCommand[]): Promise<void> {
  const { storage } = table
  if (!(storage instanceof MemoryStorage))
    throw new DBError('NOT_IMPLEMENTED', `Table engine ${table.engine} doesn't support mutations.`)
  const open = await storage.gate.close()
  try {
    for (const command of commands) {
      if (command.kind === 'delete') {
        const columns = storedOf(table).map(({ name, type }) => ({ name, type, expr: identifier(name) }))
        storage.replace(await rewritten(run, table, columns, call('not', [isTrue(command.where)])))
      } else if (command.kind === 'update') {
        checkAssignments(table, command.assignments)
        const columns = storedOf(table).map(({ name, type }) => {
          const given = command.assignments.find(({ column }) => column === name)
          const old = identifier(name)
          return {
            name,
            type,
            expr: given ? castTo(call('if', [isTrue(command.where), castTo(given.expr, type), old]), type) : old,
          }
        })
        storage.replace(await rewritten(run, table, columns))
      }
    }
  } finally {
    open()
  }
}

const span = { start: 0, end: 0 }
const identifier = (name: string): Expr => ({ kind: 'identifier', parts: [name], ...span })
const call = (name: string, args: readonly Expr[]): Expr => ({ kind: 'function', name, args, ...span })
const isTrue = (expr: Expr): Expr =>
  call('ifNull', [
    call('notEquals', [expr, { kind: 'literal', value: 0n, ...span }]),
    { kind: 'literal', value: 0n, ...span },
  ])

const storedOf = (table: Table) =>
  table.columns.filter(({ kind, virtual }) => !virtual && kind !== 'ALIAS' && kind !== 'EPHEMERAL')

async function rewritten(
  run: QueryRun,
  table: Table,
  columns: readonly { readonly name: string; readonly type: string; readonly expr: Expr }[],
  where?: Expr,
): Promise<readonly { readonly buffer: ArrayBuffer; readonly rows: number }[]> {
  const { snapshot, release } = snapshotOf(table)
  const { statement } = parseStatement('SELECT 1 FROM t')
  if (statement.kind !== 'select' || statement.from?.kind !== 'table')
    throw new DBError('LOGICAL_ERROR', 'The pattern is a SELECT')
  const query = {
    ...statement,
    columns: columns.map(({ expr }) => expr),
    from: { ...statement.from, name: { database: snapshot.database, table: snapshot.name } },
    ...(where ? { where } : {}),
  }
  const others = await run.engine.snapshots(query, run.database, run.session)
  try {
    const result = await run.complete({
      ...run.taskBase([
        snapshot,
        ...others.tables.filter(({ database, name }) => database !== snapshot.database || name !== snapshot.name),
      ]),
      kind: 'insert',
      table: { ...snapshot, columns: columns.map(({ name, type }) => ({ name, type })) },
      columns: columns.map(({ name }) => name),
      query,
      format: '',
      threads: 1,
    })
    return result.kind === 'chunks' ? result.chunks : []
  } finally {
    others.release()
    release()
  }
}
