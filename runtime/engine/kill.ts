import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import type { Expr, Statement } from '../sql/ast.ts'
import type { QueryRun } from './queryRun.ts'
import { type Rows, quoteSql, rowsQuery } from './rows.ts'

export async function kill(run: QueryRun, statement: Extract<Statement, { kind: 'kill' }>): Promise<Rows> {
  const { engine } = run
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
