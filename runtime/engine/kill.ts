import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import type { Expr } from '../sql/ast.ts'
import type { Statement } from '../sql/statementAst.ts'
import type { QueryRun } from './queryRun.ts'
import { mutationRows } from './mutationRows.ts'
import { type Rows, quoteSql, rowsQuery } from './rows.ts'

export async function kill(run: QueryRun, statement: Extract<Statement, { kind: 'kill' }>): Promise<Rows> {
  const { engine } = run
  if (statement.what === 'mutation') return killMutations(run, statement)
  if (statement.what !== 'query') throw new DBError('NOT_IMPLEMENTED', `KILL ${statement.what} is not supported`)
  const wanted = await killed(run, statement.where)
  const rows = engine.processes
    .all()
    .filter(query => wanted(query) && query.queryId !== run.queryId)
    .map(query => {
      if (statement.mode !== 'test') query.cancel()
      return `('${statement.mode === 'test' ? '' : 'waiting'}', ${quoteSql(query.queryId)}, ${quoteSql(query.user)}, ${quoteSql(query.text)})`
    })
  const columns = "'kill_status String, query_id String, user String, query String'"
  return rowsQuery(
    rows.length
      ? `SELECT * FROM values(${columns}, ${rows.join(', ')})`
      : `SELECT '' AS kill_status, '' AS query_id, '' AS user, '' AS query WHERE 0`,
  )
}

/** Mutations that a WHERE over system.mutations names. */
async function killMutations(run: QueryRun, statement: Extract<Statement, { kind: 'kill' }>): Promise<Rows> {
  const { where } = statement
  if (!where) throw new DBError('BAD_ARGUMENTS', 'KILL MUTATION needs WHERE')
  const wanted = matcher(where)
  const rows: string[] = []
  for (const row of mutationRows(run.engine)) {
    const { database, table, mutation_id, command } = row
    const values: Record<string, string> = {
      ...{ database, table, mutation_id, command },
      ...{ is_done: String(row.is_done), is_killed: '0', parts_to_do: String(row.left.length) },
      latest_fail_reason: row.failure?.error.message ?? '',
    }
    if (!wanted(name => values[name] ?? null)) continue
    const status = row.is_done ? 'finished' : statement.mode === 'test' ? '' : 'waiting'
    rows.push(`(${[status, row.database, row.table, row.mutation_id, row.command].map(quoteSql).join(', ')})`)
    if (!row.is_done && statement.mode !== 'test') await row.kill()
  }
  const columns = "'kill_status String, database String, table String, mutation_id String, command String'"
  return rowsQuery(
    rows.length
      ? `SELECT * FROM values(${columns}, ${rows.join(', ')})`
      : `SELECT '' AS kill_status, '' AS database, '' AS table, '' AS mutation_id, '' AS command WHERE 0`,
  )
}

/** A condition that compares columns, by their names, with text. */
function matcher(where: Expr): (column: (name: string) => string | null) => boolean {
  return column => {
    const value = (expr: Expr): string | null => {
      if (expr.kind === 'literal') return String(expr.value)
      return expr.kind === 'identifier' ? column(expr.parts[expr.parts.length - 1]) : null
    }
    const test = (expr: Expr): boolean => {
      if (expr.kind === 'literal') return Number(expr.value) !== 0
      if (expr.kind === 'identifier') return Number(value(expr)) !== 0
      if (expr.kind !== 'function') return false
      if (expr.name === 'and') return expr.args.every(test)
      if (expr.name === 'or') return expr.args.some(test)
      if (expr.name === 'not') return !test(expr.args[0])
      if (expr.name === 'equals') return value(expr.args[0]) === value(expr.args[1])
      if (expr.name === 'notEquals') return value(expr.args[0]) !== value(expr.args[1])
      if (expr.name === 'like') return likeToRegExp(String(value(expr.args[1]))).test(String(value(expr.args[0])))
      throw new DBError('NOT_IMPLEMENTED', 'WHERE of KILL MUTATION compares columns of system.mutations with values')
    }
    return test(where)
  }
}

/** WHERE of KILL QUERY, over query_id and user. */
async function killed(
  run: QueryRun,
  where: Expr | undefined,
): Promise<(query: { queryId: string; user: string }) => boolean> {
  if (!where) throw new DBError('BAD_ARGUMENTS', 'KILL QUERY needs WHERE')
  const arena = new Arena(run.engine.memory)
  return query => {
    const value = (expr: Expr): string | null => {
      if (expr.kind === 'literal') return String(expr.value)
      if (expr.kind === 'identifier')
        return expr.parts[0] === 'query_id' ? query.queryId : expr.parts[0] === 'user' ? query.user : null
      return null
    }
    const test = (expr: Expr): boolean => {
      if (expr.kind !== 'function') return false
      if (expr.name === 'and') return expr.args.every(test)
      if (expr.name === 'or') return expr.args.some(test)
      if (expr.name === 'equals') return value(expr.args[0]) === value(expr.args[1])
      if (expr.name === 'notEquals') return value(expr.args[0]) !== value(expr.args[1])
      if (expr.name === 'like') return likeToRegExp(String(value(expr.args[1]))).test(String(value(expr.args[0])))
      if (expr.name === 'in' && expr.args[1].kind === 'function')
        return expr.args[1].args.some(item => value(item) === value(expr.args[0]))
      arena.destroy()
      throw new DBError('NOT_IMPLEMENTED', 'WHERE of KILL QUERY compares query_id and user with text')
    }
    return test(where)
  }
}

function likeToRegExp(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/%/g, '.*')
      .replace(/_/g, '.')}$`,
    's',
  )
}
