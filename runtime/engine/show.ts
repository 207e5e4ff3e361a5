import type { Query } from '../sql/ast.ts'
import type { Like, Show, Statement } from '../sql/statementAst.ts'
import { DBError } from '../core/errors.ts'
import { shownStatement } from '../catalog/tableDisk.ts'
import { formatAst } from '../sql/format.ts'
import type { QueryRun } from './queryRun.ts'
import { type Rows, backquote, lines, quoteSql, rowsQuery } from './rows.ts'
import { findTable, tableOf } from './tableNames.ts'

export function show(run: QueryRun, statement: Show): Rows {
  const { engine } = run
  const like = (column: string, pattern: Like | undefined) =>
    pattern
      ? ` AND ${column} ${pattern.not ? 'NOT ' : ''}${pattern.caseInsensitive ? 'ILIKE' : 'LIKE'} ${quoteSql(pattern.pattern)}`
      : ''
  const where = statement.where ? ` AND (${formatAst(statement.where, { oneLine: true })})` : ''
  const limit = statement.limit ? ` LIMIT ${formatAst(statement.limit, { oneLine: true })}` : ''
  switch (statement.what) {
    case 'databases':
      return rowsQuery(
        `SELECT name FROM system.databases WHERE 1${like('name', statement.like)}${where} ORDER BY name${limit}`,
      )
    case 'tables': {
      const database = statement.from ?? run.database
      engine.catalog.database(database)
      const columns = statement.full ? "name, if(engine = 'View', 'VIEW', 'BASE TABLE') AS table_type" : 'name'
      return rowsQuery(
        `SELECT ${columns} FROM system.tables WHERE database = ${quoteSql(database)} AND NOT is_temporary${like('name', statement.like)}${where} ORDER BY name${limit}`,
      )
    }
    case 'create': {
      if (statement.object === 'database') {
        const database = engine.catalog.database(statement.name?.database || statement.name?.table || '')
        return lines('statement', [`CREATE DATABASE ${backquote(database.name)}\nENGINE = ${database.engine}`])
      }
      return lines('statement', [shownStatement(tableOf(run, statement.name ?? { table: '' }).createText)])
    }
    case 'processlist':
      return rowsQuery('SELECT * FROM system.processes')
    case 'columns': {
      const table = tableOf(run, {
        database: statement.from ?? statement.name?.database,
        table: statement.name?.table ?? '',
      })
      return rowsQuery(
        `SELECT name AS field, type AS type, if(startsWith(type, 'Nullable'), 'YES', 'NO') AS null, if(is_in_primary_key, 'PRI', if(is_in_sorting_key, 'SOR', '')) AS key, if(default_kind IN ('ALIAS', 'DEFAULT', 'MATERIALIZED'), default_expression, NULL) AS default, '' AS extra FROM system.columns WHERE database = ${quoteSql(table.database)} AND table = ${quoteSql(table.name)}${like('name', statement.like)} ORDER BY name${limit}`,
      )
    }
    case 'functions':
      return rowsQuery(`SELECT * FROM system.functions WHERE 1${like('name', statement.like)}`)
    case 'settings':
      return rowsQuery(
        `SELECT name, type, value FROM system.settings WHERE ${statement.changed ? 'changed' : '1'}${like('name', statement.like)}`,
      )
    case 'engines':
      return rowsQuery('SELECT name FROM system.table_engines ORDER BY name')
    case 'merges':
      return rowsQuery('SELECT * FROM system.merges')
    case 'dictionaries':
      return rowsQuery(
        `SELECT name FROM system.dictionaries WHERE database = ${quoteSql(statement.from ?? run.database)}${like('name', statement.like)}${where} ORDER BY name${limit}`,
      )
    case 'clusters':
      return rowsQuery(
        `SELECT DISTINCT cluster FROM system.clusters WHERE 1${like('cluster', statement.like)}${where} ORDER BY cluster${limit}`,
      )
    case 'cluster':
      return rowsQuery(
        `SELECT cluster, shard_num, replica_num, host_name, host_address, port FROM system.clusters WHERE cluster = ${quoteSql(statement.name?.table ?? '')}`,
      )
    default:
      throw new DBError('NOT_IMPLEMENTED', `SHOW ${statement.what.toUpperCase()} is not supported`)
  }
}

export async function describe(run: QueryRun, { table }: Extract<Statement, { kind: 'describe' }>): Promise<Rows> {
  const rowsOf = (
    columns: readonly {
      name: string
      type: string
      kind?: string
      expression?: string
      comment?: string
      codec?: string
    }[],
  ): Rows => {
    const rows = columns.map(
      ({ name, type, kind, expression, comment, codec }) =>
        `(${[name, type, kind ?? '', expression ?? '', comment ?? '', (codec ?? '').replace(/^CODEC\((.*)\)$/, '$1'), ''].map(quoteSql).join(', ')})`,
    )
    return rowsQuery(
      `SELECT * FROM values('name String, type String, default_type String, default_expression String, comment String, codec_expression String, ttl_expression String', ${rows.join(', ')})`,
    )
  }
  if (table.kind === 'table') {
    const found = findTable(run, table.name)
    if (found) return rowsOf(found.columns.filter(column => !column.virtual))
  }
  const { start, end } = table
  const query: Query = { kind: 'select', start, end, columns: [{ kind: 'asterisk', start, end }], from: table }
  return rowsOf(await run.describe(query))
}
