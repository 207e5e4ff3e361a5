import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Pages } from './pages.ts'

let pages: Pages
before(async () => {
  pages = await Pages.start()
})
after(() => pages?.close())

describe('the library in a page', () => {
  test('opens, inserts, asks, streams and closes', async () => {
    const page = await pages.tab()
    const found = await page.evaluate(async () => {
      const { open, removeDatabase } = tests.granary
      const db = await open('opfs:library')
      await db.exec('CREATE TABLE t (id UInt32, name String, at DateTime) ENGINE = MergeTree ORDER BY id')
      const rows = Array.from({ length: 1000 }, (_, id) => ({ id, name: `n${id}`, at: new Date(1e12 + id * 1000) }))
      const inserted = await db.insert('t', rows)
      const some = await db.query('SELECT id, name FROM t WHERE id < {below:UInt32} ORDER BY id', { below: 3 })
      let streamed = 0
      for await (const row of db.query<{ id: number }>('SELECT id FROM t')) streamed += row.id
      const error = await db
        .query('SELECT * FROM nowhere')
        .then(String, error => `${(error as Error).name} ${(error as { code: number }).code}`)
      const refused = await removeDatabase('opfs:library').then(String, error => error.message)
      await db.close()
      const again = await open({ path: 'opfs:library' })
      const count = await again.query<{ c: bigint }>('SELECT count() AS c FROM t')
      await again.close()
      await removeDatabase('opfs:library')
      await removeDatabase('opfs:library')
      const fresh = await open({ path: 'opfs:library' })
      const gone = await fresh.query('SHOW TABLES').then(rows => rows.length)
      await fresh.close()
      return { inserted, some, streamed, error, refused, count: Number(count[0].c), gone }
    })
    assert.deepEqual(found.inserted, { rows: 1000 })
    assert.deepEqual(found.some, [
      { id: 0, name: 'n0' },
      { id: 1, name: 'n1' },
      { id: 2, name: 'n2' },
    ])
    assert.equal(found.streamed, 499500)
    assert.equal(found.error, 'UNKNOWN_TABLE 60')
    assert.match(found.refused, /is open in another tab or worker/)
    assert.equal(found.count, 1000)
    assert.equal(found.gone, 0)
    await page.close()
  })

  test('the worker may come from another origin', async () => {
    const page = await pages.tab()
    const other = pages.site.url.replace('localhost', '127.0.0.1')
    const answer = await page.evaluate(async origin => {
      const { open } = (await import(`${origin}/browser/index.js`)) as typeof tests.granary
      const db = await open({ path: 'opfs:elsewhere' })
      return [...(await db.query<{ x: number }>('SELECT 1 AS x'))]
    }, other)
    assert.deepEqual(answer, [{ x: 1 }])
    await page.close()
  })

  test('a query stops when its reader leaves', async () => {
    const page = await pages.tab()
    const running = await page.evaluate(async () => {
      const db = await tests.granary.open()
      for await (const row of db.query<{ number: bigint }>('SELECT number FROM numbers(100000000000)'))
        if (row.number > 1000n) break
      const abort = new AbortController()
      setTimeout(() => abort.abort(), 100)
      const signal = abort.signal
      const name = await db.query('SELECT sum(number) FROM numbers(1000000000000)', {}, { signal }).then(
        () => 'done',
        error => (error as Error).name,
      )
      // Who leaves need not wait for the end of the query, which comes at its next chunk.
      let count = 0n
      for (let i = 0; i < 100 && count !== 1n; i++) {
        await new Promise(resolve => setTimeout(resolve, 10))
        ;[{ count }] = await db.query<{ count: bigint }>('SELECT count() AS count FROM system.processes')
      }
      await db.close()
      return [name, Number(count)]
    })
    assert.deepEqual(running, ['AbortError', 1])
    await page.close()
  })
})
