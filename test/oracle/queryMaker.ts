/** Makes queries whose answers are decided: every one has ORDER BY ALL. */
export class QueryMaker {
  constructor(readonly random: () => number) {}

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]
  }

  #number(below: number): number {
    return Math.floor(this.random() * below)
  }

  /** Two tables of the same columns, with few distinct values, so that keys meet. */
  tables(): string[] {
    const columns =
      'i Int32, u UInt8, n Nullable(Int64), s String, l LowCardinality(String), d Date, f Float64, a Array(Int32)'
    return ['t1', 't2'].flatMap(name => {
      const rows = Array.from({ length: 40 }, () => this.#row())
      return [
        `CREATE TABLE ${name} (${columns}) ENGINE = MergeTree ORDER BY (u, i)`,
        `INSERT INTO ${name} VALUES ${rows.join(', ')}`,
      ]
    })
  }

  #row(): string {
    const nullable = this.random() < 0.3 ? 'NULL' : String(this.#number(5) - 2)
    const array = Array.from({ length: this.#number(4) }, () => this.#number(6) - 2)
    const day = `2024-0${1 + this.#number(3)}-1${this.#number(5)}`
    return `(${this.#number(20) - 10}, ${this.#number(4)}, ${nullable}, '${this.#text()}', '${this.#text()}', '${day}', ${this.#number(8) / 4}, [${array}])`
  }

  #text(): string {
    return this.#pick(['', 'a', 'b', 'ab', 'abc', 'ba', 'Z'])
  }

  query(): string {
    const kind = this.random()
    if (kind < 0.15) return this.#plain('t1')
    if (kind < 0.3) return this.#grouped()
    if (kind < 0.4) return this.#joined()
    if (kind < 0.48) return this.#windowed()
    if (kind < 0.93) return this.#composed()
    return `SELECT * FROM (SELECT * FROM (${this.#plain('t1')}) UNION DISTINCT ${this.#plain('t2')}) ORDER BY ALL`.replace(
      / ORDER BY ALL(?=[)]| UNION)/g,
      '',
    )
  }

  #integer(depth = 0): string {
    const leaf = this.#pick(['i', 'u', 'n', String(this.#number(7) - 3), 'length(s)', 'length(a)', 'toDayOfMonth(d)'])
    if (depth > 1 || this.random() < 0.4) return leaf
    const [x, y] = [this.#integer(depth + 1), this.#integer(depth + 1)]
    return this.#pick([
      `(${x} + ${y})`,
      `(${x} - ${y})`,
      `(${x} * ${y})`,
      `if(${this.#condition(depth + 1)}, ${x}, ${y})`,
      `abs(${x})`,
      `ifNull(${x}, ${y})`,
      `greatest(i, u)`,
      `arraySum(x -> x + i, a)`,
      `arrayCount(x -> x > u, a)`,
    ])
  }

  #string(): string {
    return this.#pick(['s', 'l', 'concat(s, l)', 'upper(s)', 'substring(s, 1, 1)', "if(u > 1, s, 'x')", 'toString(i)'])
  }

  #condition(depth = 0): string {
    if (depth < 2 && this.random() < 0.3) {
      const [x, y] = [this.#condition(depth + 1), this.#condition(depth + 1)]
      return this.#pick([`(${x} AND ${y})`, `(${x} OR ${y})`, `NOT (${x})`])
    }
    const compare = this.#pick(['=', '!=', '<', '<=', '>', '>='])
    return this.#pick([
      `${this.#integer(depth + 2)} ${compare} ${this.#integer(depth + 2)}`,
      `${this.#string()} ${compare} '${this.#text()}'`,
      `${this.#pick(['i', 'u', 'n'])} IN (1, 2, 3)`,
      `${this.#pick(['i', 'n'])} NOT IN (SELECT ${this.#pick(['i', 'n'])} FROM t2)`,
      `(u, s) IN (SELECT u, l FROM t2)`,
      `n IS NULL`,
      `s LIKE '%${this.#pick(['a', 'b', ''])}%'`,
      `has(a, ${this.#number(4)})`,
      `d ${compare} '2024-02-12'`,
      `l IN ('a', 'b')`,
    ])
  }

  #where(): string {
    return this.random() < 0.6 ? ` WHERE ${this.#condition()}` : ''
  }

  #plain(table: string): string {
    const distinct = this.random() < 0.2 ? 'DISTINCT ' : ''
    const limit = this.random() < 0.3 ? ` LIMIT ${this.#number(20)}` : ''
    return `SELECT ${distinct}${this.#integer()} AS x, ${this.#string()} AS y FROM ${table}${this.#where()} ORDER BY ALL${limit}`
  }

  #grouped(): string {
    const key = this.#pick(['u', 's', 'l', 'n', 'd', 'i % 3', 'u, s', 'l, n', "u, l = 'a'"])
    const aggregates = Array.from({ length: 1 + this.#number(3) }, () =>
      this.#pick([
        'count()',
        'count(n)',
        `sum(${this.#integer()})`,
        `min(${this.#string()})`,
        `max(${this.#integer()})`,
        `avg(${this.#integer(2)})`,
        `uniqExact(${this.#string()})`,
        `sumIf(i, ${this.#condition(1)})`,
        `countIf(${this.#condition(1)})`,
        `arraySort(groupArray(i))`,
        `sum(DISTINCT u)`,
      ]),
    )
    const having = this.random() < 0.3 ? ` HAVING count() > ${this.#number(8)}` : ''
    const modifier = this.#pick(['', '', '', ' WITH ROLLUP', ' WITH CUBE'])
    const totals = modifier === '' && this.random() < 0.2 ? ' WITH TOTALS' : ''
    const columns = aggregates.map((aggregate, i) => `${aggregate} AS x${i}`).join(', ')
    return `SELECT ${key}, ${columns} FROM t1${this.#where()} GROUP BY ${key}${modifier}${totals}${having} ORDER BY ALL`
  }

  #joined(): string {
    const kind = this.#pick(['INNER', 'LEFT', 'RIGHT', 'FULL', 'LEFT SEMI', 'LEFT ANTI'])
    const on = this.#pick(['x.i = y.i', 'x.s = y.l', 'x.n = y.n', 'x.u = y.i', 'x.i = y.i AND x.u = y.u', 'x.l = y.l'])
    const nulls = this.random() < 0.3 ? ' SETTINGS join_use_nulls = 1' : ''
    const right = kind === 'LEFT SEMI' || kind === 'LEFT ANTI' ? '' : ', y.i, y.s, y.n'
    return `SELECT x.i, x.s, x.n${right} FROM t1 AS x ${kind} JOIN t2 AS y ON ${on} ORDER BY ALL${nulls}`
  }

  /** Clauses put together: subqueries, sets, arrays, fills. */
  #composed(): string {
    const [x, y] = [this.#integer(1), this.#integer(1)]
    const condition = this.#condition(1)
    const compare = this.#pick(['=', '<', '>='])
    const nulls = this.#pick(['', ' SETTINGS join_use_nulls = 1', ' SETTINGS transform_null_in = 1'])
    const count = this.#number(4) + 1
    return this.#pick([
      `SELECT k, sum(v) AS t FROM (SELECT u AS k, ${x} AS v FROM t1${this.#where()}) WHERE k ${compare} ${count} GROUP BY k ORDER BY ALL`,
      `SELECT k, x FROM (SELECT ${this.#string()} AS k, ${x} AS x FROM t1 UNION ALL SELECT ${this.#string()}, ${y} FROM t2) WHERE x ${compare} 1 ORDER BY ALL`,
      `SELECT x.i, x.u, y.i FROM t1 AS x ${this.#pick(['INNER', 'LEFT', 'RIGHT', 'FULL'])} JOIN t2 AS y ON x.u = y.u AND x.i ${compare} y.i ORDER BY ALL${nulls}`,
      `SELECT u, count(), sum(y.i) FROM t1 AS x ${this.#pick(['INNER', 'LEFT', 'RIGHT', 'FULL'])} JOIN t2 AS y USING (u) GROUP BY u ORDER BY ALL${nulls}`,
      `SELECT x.s, y.l, count() FROM t1 AS x, t2 AS y WHERE x.u = y.u AND x.i ${compare} y.i GROUP BY ALL ORDER BY ALL`,
      `SELECT i, e, ${x} AS x FROM t1 ${this.#pick(['', 'LEFT '])}ARRAY JOIN a AS e WHERE e ${compare} ${count} ORDER BY ALL`,
      `SELECT u, s, grouping(u) AS g, count() FROM t1 GROUP BY GROUPING SETS ((u), (s), (u, s), ()) ORDER BY ALL SETTINGS group_by_use_nulls = ${this.#number(2)}`,
      `SELECT u % 2 AS k, n, max(${x}) FROM t1 GROUP BY ${this.#pick(['ROLLUP', 'CUBE'])}(k, n) HAVING count() > ${count} ORDER BY ALL SETTINGS group_by_use_nulls = ${this.#number(2)}`,
      `SELECT u, i FROM t1 AS x WHERE ${this.#pick(['', 'NOT '])}EXISTS (SELECT 1 FROM t2 AS y WHERE y.u = x.u AND y.i ${compare} x.i) ORDER BY ALL`,
      `SELECT u, i, (SELECT ${this.#pick(['max', 'min', 'sum'])}(y.i) FROM t2 AS y WHERE y.u = x.u) AS m FROM t1 AS x ORDER BY ALL`,
      `WITH c AS (SELECT u, ${x} AS v FROM t1 WHERE ${condition}) SELECT p.u, p.v, q.v FROM c AS p JOIN c AS q ON p.u = q.u AND p.v = q.v ORDER BY ALL`,
      `WITH (SELECT max(i) FROM t2) AS m SELECT u, i - m AS r FROM t1 WHERE i <= m AND ${condition} ORDER BY ALL`,
      `SELECT i, n FROM t1 WHERE n ${this.#pick(['IN', 'NOT IN'])} (SELECT n FROM t2 WHERE ${condition}) ORDER BY ALL${nulls}`,
      `SELECT n, n IN (1, NULL) AS a, n NOT IN (0, 2) AS b, (n, u) IN ((1, 1), (NULL, 2)) AS c FROM t1 ORDER BY ALL${nulls}`,
      `SELECT * FROM (SELECT ${x} AS x FROM t1 ${this.#pick(['EXCEPT', 'INTERSECT', 'EXCEPT DISTINCT', 'INTERSECT DISTINCT', 'UNION DISTINCT'])} SELECT ${y} FROM t2) ORDER BY ALL`,
      `SELECT u, i FROM (SELECT u, i, s FROM t1 ORDER BY i, u, n, s, l, d, f, a LIMIT ${count} BY u) ORDER BY ALL`,
      `SELECT u, count() AS c FROM t1 WHERE ${condition} GROUP BY u ORDER BY u WITH FILL FROM 0 TO 6`,
      `SELECT i, u FROM t1 ORDER BY i, u, n, s, l, d, f, a LIMIT ${this.#pick(['-3', '0.2', '4 OFFSET 3', '-2 OFFSET -4'])}`,
      `SELECT u, sum(i) OVER (PARTITION BY u ORDER BY i RANGE BETWEEN ${count} PRECEDING AND CURRENT ROW) AS w FROM t1 ORDER BY ALL`,
      `SELECT u, s, r FROM (SELECT u, s, count() AS c, rank() OVER (PARTITION BY u ORDER BY count() DESC) AS r FROM t1 GROUP BY u, s) WHERE r <= ${count} ORDER BY ALL`,
      `SELECT DISTINCT u, l FROM t1 WHERE ${condition} ORDER BY ALL`,
      `SELECT u, uniqExact(s) AS x, x + 1 AS y, any(u) FROM t1 GROUP BY u HAVING y > ${count} ORDER BY ALL`,
      `SELECT if(u = 0, 0, intDiv(i, u)) AS q, u != 0 AND i % u = 0 AS z FROM t1 ORDER BY ALL`,
      `SELECT s, x FROM (SELECT s, groupArray(i) AS g FROM (SELECT s, i FROM t1 ORDER BY ALL) GROUP BY s) ARRAY JOIN g AS x ORDER BY ALL`,
      `SELECT x.u, y.c FROM t1 AS x ANY LEFT JOIN (SELECT u, count() AS c FROM t2 GROUP BY u) AS y ON x.u = y.u ORDER BY ALL${nulls}`,
      `SELECT * FROM (SELECT u, i FROM t1 WHERE ${condition}) AS p FULL JOIN (SELECT u, n FROM t2) AS q USING (u) ORDER BY ALL${nulls}`,
      `SELECT x.n, y.n, z.n FROM t1 AS x LEFT JOIN t2 AS y ON x.n = y.n LEFT JOIN t1 AS z ON y.u = z.u AND z.i = x.i ORDER BY ALL${nulls}`,
    ])
  }

  #windowed(): string {
    const f = this.#pick([
      'row_number()',
      'rank()',
      'dense_rank()',
      'sum(i)',
      'count(n)',
      'max(s)',
      'lag(i)',
      'lead(i, 2)',
    ])
    const order = 'i, u, n, s, l, d, f, a'
    const frame = /sum|count|max/.test(f)
      ? this.#pick(['', ' ROWS BETWEEN 2 PRECEDING AND CURRENT ROW', ' ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING'])
      : ''
    return `SELECT i, ${f} OVER (PARTITION BY ${this.#pick(['u', 'l', 'n'])} ORDER BY ${order}${frame}) AS w FROM t1 ORDER BY ALL`
  }
}
