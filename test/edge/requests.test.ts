// Many requests in one isolate: what one waits for is never another one's, and what one leaves behind is in nobody's way.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bucketStore, twoParts, publisher } from './published.ts'
import { type Deployed, deploy } from './workerd.ts'

const options = { tables: { 'default.t': 'r2:BUCKET/t' }, settings: { published_refresh_ms: '0' } }
const queries = [
  'SELECT count(), sum(k) FROM t',
  'SELECT g, count(), max(s) FROM t GROUP BY g ORDER BY g LIMIT 5',
  'SELECT s FROM t WHERE k = 177777',
  'SELECT uniqExact(s) FROM t WHERE k < 20000',
  'SELECT k, s FROM t ORDER BY s, k LIMIT 3',
]

describe('requests to one isolate', () => {
  let worker: Deployed
  let source: Awaited<ReturnType<typeof publisher>>
  let answers: string[]
  before(async () => {
    source = await publisher(...twoParts)
    answers = await source.answers(...queries)
    worker = await start()
  })
  after(async () => {
    await worker.stop()
    await source.close()
  })

  async function start(more: object = {}): Promise<Deployed> {
    const started = await deploy('replica', {
      bindings: { OPTIONS: { ...options, ...more } },
      r2Buckets: ['BUCKET'],
    })
    await source.publish(await bucketStore(started.miniflare, 't'))
    return started
  }

  test('the first ones come all at once', async () => {
    const asked = Array.from({ length: 20 }, (_, i) => i % queries.length)
    const given = await Promise.all(asked.map(i => worker.ask(queries[i])))
    for (const [at, i] of asked.entries()) assert.equal(given[at], answers[i])
  })

  const endless = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))'

  test('a client that goes away ends its query, and nobody else’s', async () => {
    const rows = 'SELECT number FROM numbers(1000000000000)'
    // Slow and fast readers, and one that waits for the first byte, whose going workerd tells by the request's signal.
    for (const [query, headers, paceMs] of [
      [rows, {}, 10],
      [rows, {}, 0],
      [`${rows} SETTINGS max_block_size = 1000`, {}, 0],
      [endless, { 'x-test-abort-after-ms': '300' }, 0],
    ] as const) {
      const abort = new AbortController()
      const gone = fetch(worker.url, { method: 'POST', body: query, headers, signal: abort.signal })
      const read = gone.then(async answer => {
        for await (const _ of answer.body!) if (paceMs > 0) await new Promise(resolve => setTimeout(resolve, paceMs))
      })
      const beside = Promise.all(queries.map(sql => worker.ask(sql)))
      await gone.catch(() => {})
      await new Promise(resolve => setTimeout(resolve, 300))
      abort.abort()
      await read.catch(() => {})
      assert.deepEqual(await beside, answers)
      await eventually(async () =>
        assert.equal(
          await worker.ask('SELECT query FROM system.processes FORMAT TSVRaw'),
          'SELECT query FROM system.processes FORMAT TSVRaw\n',
        ),
      )
    }
  })

  test('a request that is given up with its client leaves an isolate that answers', async () => {
    const careless = await start({ givesUp: true })
    try {
      for (let round = 0; round < 2; round++) {
        const abort = new AbortController()
        const gone = Array.from({ length: 3 }, () =>
          fetch(careless.url, { method: 'POST', body: queries[4], signal: abort.signal }).then(answer => answer.text()),
        )
        await new Promise(resolve => setTimeout(resolve, 30))
        abort.abort()
        await Promise.allSettled(gone)
        for (const [i, sql] of queries.entries()) assert.equal(await careless.ask(sql), answers[i])
      }
    } finally {
      await careless.stop()
    }
  })

  test('a query that asks for more memory than there is gets 241, and the next one works', async () => {
    for (const query of [
      'SELECT sum(length(a)) FROM (SELECT groupArray(number) AS a, number % 3 AS g FROM numbers(30000000) GROUP BY g)',
      'SELECT s, count() FROM (SELECT concat(s, toString(number)) AS s FROM t, numbers(100)) GROUP BY s ORDER BY s LIMIT 1',
      'SELECT * FROM (SELECT number, toString(number) AS s FROM numbers(20000000)) ORDER BY s LIMIT 10000000, 1',
      'SELECT count() FROM numbers(10) WHERE number IN (SELECT number FROM numbers(50000000))',
    ]) {
      const answer = await fetch(worker.url, { method: 'POST', body: query })
      const text = await answer.text()
      assert.equal(answer.headers.get('x-clickhouse-exception-code'), '241', `${query}: ${text.slice(0, 200)}`)
      assert.equal(await worker.ask(queries[1]), answers[1])
    }
  })

  test('time limits hold where time stands still while code runs', async () => {
    const text = await worker.ask(endless, {
      max_execution_time: '0.3',
    })
    assert.match(text, /TIMEOUT_EXCEEDED/)
  })

  test('another request kills a query', async () => {
    const victim = worker.ask(endless, {
      query_id: 'victim',
    })
    await eventually(async () =>
      assert.equal(await worker.ask("SELECT count() FROM system.processes WHERE query_id = 'victim'"), '1\n'),
    )
    await worker.ask('SELECT 1', { query_id: 'victim', replace_running_query: '1' })
    assert.match(await victim, /QUERY_WAS_CANCELLED/)
  })

  test('what is published anew is seen by the next query', async () => {
    await source.run("INSERT INTO t VALUES (5000000, 1, 'new')")
    await source.publish(await bucketStore(worker.miniflare, 't'))
    const given = await Promise.all(Array.from({ length: 5 }, () => worker.ask('SELECT count(), max(k) FROM t')))
    assert.deepEqual(
      given,
      Array.from({ length: 5 }, () => '200001\t5000000\n'),
    )
  })
})

/** Tries again for a few seconds. */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  for (let left = 100; ; left--)
    try {
      return await attempt()
    } catch (error) {
      if (left === 0) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
}
