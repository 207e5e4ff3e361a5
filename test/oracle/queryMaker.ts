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
    if (kind < 0.25) return this.#plain('t1')
    if (kind < 0.55) return this.#grouped()
    if (kind < 0.75) return this.#joined()
    if (kind < 0.85) return this.#windowed()
    return `SELECT * FROM (${this.#plain('t1')}) UNION DISTINCT ${this.#plain('t2')} ORDER BY ALL`.replace(
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
