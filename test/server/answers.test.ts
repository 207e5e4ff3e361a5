// Answers of the real engine over HTTP, as ClickHouse gives them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenHere, platformHere } from '../platform/here.ts'
import { createEngine } from '../../runtime/engine/engine.ts'

const platform = platformHere()

async function withServer(
  run: (
    ask: (query: string, parameters?: Record<string, string>, body?: FormData) => Promise<Response>,
  ) => Promise<void>,
): Promise<void> {
  const engine = await createEngine(platform, {})
  const server = await listenHere(engine, platform, { port: 0 })
  try {
    await run((query, parameters = {}, body) => {
      const url = `${server.url}/?${new URLSearchParams(body ? { query, ...parameters } : parameters)}`
      return fetch(url, { method: 'POST', body: body ?? query })
    })
  } finally {
    await server.stop(0)
    await engine.close({ graceMs: 0 })
  }
}

test('files of a form are tables of the query, and of no other', () =>
  withServer(async ask => {
    const form = new FormData()
    form.set('people', new Blob(['1,"Ada"\n2,"Grace"\n']))
    form.set('people_structure', 'id UInt8, name String')
    form.set('people_format', 'CSV')
    form.set('ids', new Blob(['2\n3\n']))
    form.set('ids_types', 'UInt8')
    const query = 'SELECT name FROM people WHERE id IN ids UNION ALL SELECT toString(_1) FROM ids ORDER BY 1'
    assert.equal(await (await ask(query, {}, form)).text(), 'Grace\n2\n3\n')
    assert.equal((await ask('SELECT * FROM people')).headers.get('x-clickhouse-exception-code'), '60')
    form.set('people', new Blob(['x,1\n']))
    assert.equal((await ask('SELECT 1', {}, form)).status, 400)
  }))

test('an error ends a result in its format, where that is asked for', () =>
  withServer(async ask => {
    const parameters = { http_write_exception_in_output_format: '1', max_block_size: '1' }
    const query = 'SELECT number AS n, throwIf(number = 2) AS e FROM numbers(5)'
    const whole = await ask(`${query} FORMAT JSON`, parameters)
    assert.equal(whole.status, 500)
    assert.equal(whole.headers.get('x-clickhouse-exception-code'), '395')
    const document = (await whole.json()) as { data: unknown[]; rows: number; exception: string }
    assert.equal(document.rows, 2)
    assert.match(document.exception, /^Code: 395\. DB::Exception: .*FUNCTION_THROW_IF_VALUE_IS_NON_ZERO/)
    const lines = (await (await ask(`${query} FORMAT JSONEachRow`, parameters)).text()).trim().split('\n')
    assert.deepEqual(Object.keys(JSON.parse(lines[2])), ['exception'])
    const plain = await ask(`${query} FORMAT TSV`, parameters)
    assert.match(await plain.text(), /^Code: 395/)
    // More than is held back: the status has gone, and the document still ends well.
    const late = await ask('SELECT number, throwIf(number = 300000) FROM numbers(400000) FORMAT JSON', {
      ...parameters,
      max_block_size: '65536',
    })
    assert.equal(late.status, 200)
    assert.match(((await late.json()) as { exception: string }).exception, /^Code: 395/)
  }))

test('a result tells how many rows there were before its limit', () =>
  withServer(async ask => {
    const cases: [string, number | undefined][] = [
      ['SELECT number FROM numbers(100) LIMIT 3', 3],
      ['SELECT number FROM numbers(100) ORDER BY number DESC LIMIT 3', 100],
      ['SELECT number % 10 AS k, count() FROM numbers(100) GROUP BY k ORDER BY k LIMIT 3', 10],
      ['SELECT * FROM (SELECT number FROM numbers(100) LIMIT 50) LIMIT 3', 50],
      ['SELECT number FROM numbers(100) LIMIT 1 BY number % 3 LIMIT 2', 3],
      ['SELECT 1', undefined],
    ]
    for (const [query, rows] of cases) {
      const document = (await (await ask(`${query} FORMAT JSON`)).json()) as { rows_before_limit_at_least?: number }
      assert.equal(document.rows_before_limit_at_least, rows, query)
    }
  }))

test('queries are logged once, with what they were and did', () =>
  withServer(async ask => {
    await (await ask('CREATE TABLE t (a UInt8) ENGINE = Memory')).text()
    await (await ask('INSERT INTO t VALUES (1), (2)')).text()
    await (await ask('SELECT a FROM t', { max_threads: '1', log_comment: 'note' })).text()
    await (await ask('SELECT throwIf(a = 2) FROM t')).text()
    await (await ask('SELEC 1')).text()
    const log = await ask(
      `SELECT type, query_kind, exception_code, written_rows, result_rows, interface, http_method, log_comment, Settings['max_threads']
       FROM system.query_log`,
    )
    assert.deepEqual((await log.text()).replace(/\n$/, '').split('\n'), [
      'QueryFinish\tCreate\t0\t0\t0\t2\t2\t\t',
      'QueryFinish\tInsert\t0\t2\t0\t2\t2\t\t',
      'QueryFinish\tSelect\t0\t0\t2\t2\t2\tnote\t1',
      'ExceptionWhileProcessing\tSelect\t395\t0\t0\t2\t2\t\t',
      'ExceptionBeforeStart\t\t62\t0\t0\t2\t2\t\t',
    ])
  }))
