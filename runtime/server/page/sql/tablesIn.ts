import { scan, unquoteName } from './scan.ts'

export interface TableReference {
  /** '' for the current one. */
  readonly database: string
  readonly table: string
  readonly alias: string
}

const before = new Set(['FROM', 'JOIN', 'INTO', 'TABLE', 'UPDATE', 'DESCRIBE', 'DESC', 'TRUNCATE', 'OPTIMIZE'])
const notAlias = new Set(
  'ON USING WHERE PREWHERE GROUP ORDER LIMIT HAVING FINAL SAMPLE JOIN INNER LEFT RIGHT FULL CROSS ANY ALL ASOF SEMI ANTI GLOBAL LOCAL ARRAY UNION EXCEPT INTERSECT SETTINGS FORMAT SELECT VALUES SET OFFSET WINDOW QUALIFY NATURAL PASTE PARTITION ADD DROP MODIFY RENAME UPDATE DELETE'.split(
    ' ',
  ),
)

/** The tables that a statement names, for their columns. */
export function tablesIn(sql: string): TableReference[] {
  const tokens = scan(sql).filter(({ kind }) => kind !== 'comment')
  const textOf = (at: number) => (tokens[at] ? sql.slice(tokens[at].start, tokens[at].end) : '')
  const isName = (at: number) => tokens[at]?.kind === 'word' || tokens[at]?.kind === 'quoted'
  const found: TableReference[] = []
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at].kind !== 'word' || !before.has(textOf(at).toUpperCase())) continue
    let next = at + 1
    if (/^(INTO|TRUNCATE|OPTIMIZE|DESCRIBE|DESC)$/i.test(textOf(at)) && /^TABLE$/i.test(textOf(next))) next++
    while (/^(IF|NOT|EXISTS)$/i.test(textOf(next)) && tokens[next].kind === 'word') next++
    // FROM a, b: each behind its comma.
    for (;;) {
      if (!isName(next)) break
      let database = ''
      let table = unquoteName(textOf(next))
      next++
      if (textOf(next) === '.' && isName(next + 1)) {
        database = table
        table = unquoteName(textOf(next + 1))
        next += 2
      }
      // A table function; behind INSERT INTO and CREATE TABLE it is a list of columns.
      if (textOf(next) === '(' && /^(FROM|JOIN)$/i.test(textOf(at))) break
      let alias = ''
      if (/^AS$/i.test(textOf(next)) && isName(next + 1)) {
        alias = unquoteName(textOf(next + 1))
        next += 2
      } else if (isName(next) && !notAlias.has(textOf(next).toUpperCase())) {
        alias = unquoteName(textOf(next))
        next++
      }
      found.push({ database, table, alias })
      if (textOf(next) !== ',') break
      next++
    }
  }
  return found
}
