import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ask, closeDatabase, open, Pages } from './pages.ts'

let pages: Pages
before(async () => {
  pages = await Pages.start()
})
after(() => pages?.close())

describe('a database in a page', () => {
  test('keeps its tables over a reload and another browser', async () => {
    const page = await pages.tab()
    const path = 'opfs:kept'
    assert.equal(await open(page, { path }), '')
    await ask(page, 'CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a', { path })
    for (let i = 0; i < 4; i++)
      assert.equal(
        await ask(page, `INSERT INTO t SELECT number + ${i} * 1000, toString(number) FROM numbers(1000)`, { path }),
        '',
      )
    assert.equal(await ask(page, 'OPTIMIZE TABLE t FINAL', { path }), '')
    const count = 'SELECT count(), sum(a), uniqExact(b) FROM t'
    const parts = 'SELECT count() FROM system.parts WHERE active'
    assert.equal(await ask(page, count, { path }), '4000\t7998000\t1000\n')
    assert.equal(await ask(page, parts, { path }), '1\n')
    await page.reload()
    await page.waitForFunction('globalThis.isReady')
    assert.equal(await open(page, { path }), '')
    assert.equal(await ask(page, count, { path }), '4000\t7998000\t1000\n')
    assert.equal(
      await ask(page, 'ALTER TABLE t DELETE WHERE a < 1000', { path, settings: { mutations_sync: '1' } }),
      '',
    )
    await pages.chromium.kill()
    await pages.chromium.restart()
    const again = await pages.tab()
    assert.equal(await open(again, { path }), '')
    assert.equal(await ask(again, 'SELECT count() FROM t', { path }), '3000\n')
    await again.close()
  })

  test('belongs to one tab at a time', async () => {
    const path = 'opfs:shared'
    const first = await pages.tab()
    const second = await pages.tab()
    assert.equal(await open(first, { path }), '')
    assert.match(await open(second, { path, waitMs: 0 }), /^ERROR 76: Database opfs:shared is open in another tab/)
    const waiting = open(second, { path, waitMs: 20_000 })
    await ask(first, 'CREATE TABLE t (a UInt8) ENGINE = Memory', { path })
    await closeDatabase(first, path)
    assert.equal(await waiting, '')
    assert.equal(await ask(second, 'SELECT count() FROM t', { path }), '0\n')
    // A tab that goes away lets go of it, too.
    await second.close()
    assert.equal(await open(first, { path, waitMs: 5000 }), '')
    await first.close()
  })

  test('lives in memory where it has no place, and says when there is none', async () => {
    const page = await pages.tab()
    assert.equal(await open(page), '')
    await ask(page, 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a')
    await ask(page, 'INSERT INTO t VALUES (1), (2)')
    assert.equal(await ask(page, 'SELECT sum(a) FROM t'), '3\n')
    assert.match(await ask(page, 'SELECT * FROM missing'), /^ERROR 60: /)
    await closeDatabase(page)
    assert.match(await ask(page, 'SELECT 1'), /^ERROR 236: The database is closed/)
    assert.match(await open(page, { path: 'some/path' }), /^ERROR 36: .*opfs:some\/path/)
    await page.close()
    const insecure = await pages.tab(pages.site.url.replace('localhost', 'insecure.test'))
    assert.match(
      await open(insecure, { path: 'opfs:x' }),
      /^ERROR 48: There is no OPFS here: it needs a secure context/,
    )
    assert.equal(await open(insecure), '')
    assert.equal(await ask(insecure, 'SELECT 1'), '1\n')
    await insecure.close()
  })

  test('answers HTTP requests without a network', async () => {
    const page = await pages.tab()
    await open(page)
    const answers = await page.evaluate(async () => {
      const text = async (url: string) => (await tests.database().fetch(`http://granary${url}`)).text()
      return [
        await text('/ping'),
        await text('/?query=SELECT+number+FROM+numbers(3)+FORMAT+JSONCompactEachRow'),
        await text('/?compress=1&query=SELECT+1').then(body => body.length > 20),
        await text('/?query=SELECT+missing'),
      ]
    })
    assert.deepEqual(answers.slice(0, 3), ['Ok.\n', '[0]\n[1]\n[2]\n', true])
    assert.match(String(answers[3]), /Code: 47/)
    await page.close()
  })

  test('takes large inserts as they stream in', async () => {
    const page = await pages.tab()
    const path = 'opfs:large'
    await open(page, { path })
    await ask(page, 'CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a', { path })
    const answer = await page.evaluate(async () => {
      const piece = new TextEncoder().encode(Array.from({ length: 10_000 }, (_, i) => `${i}\tvalue ${i}\n`).join(''))
      let left = 100
      const body = new ReadableStream({
        pull(controller) {
          if (left-- > 0) controller.enqueue(piece.slice())
          else controller.close()
        },
      })
      return tests.ask('INSERT INTO t FORMAT TSV', { path: 'opfs:large', body })
    })
    assert.equal(answer, '')
    assert.equal(await ask(page, 'SELECT count(), uniqExact(b), max(a) FROM t', { path }), '1000000\t10000\t9999\n')
    await page.close()
  })

  test('stops a query whose signal is aborted, at once', async () => {
    const page = await pages.tab()
    await open(page)
    const outcome = await page.evaluate(async () => {
      const abort = new AbortController()
      const started = performance.now()
      setTimeout(() => abort.abort(), 200)
      const answer = await tests.ask('SELECT max(sipHash64(number)) FROM numbers(100000000000)', {
        signal: abort.signal,
        queryId: 'long',
      })
      const endedMs = performance.now() - started
      const running = await tests.ask('SELECT count() FROM system.processes')
      return { answer, endedMs, running }
    })
    assert.match(outcome.answer, /^ERROR 394: /)
    assert.equal(outcome.running, '1\n')
    assert.ok(outcome.endedMs < 10_000, `${outcome.endedMs} ms`)
    await page.close()
  })

  test('says that its worker has ended, and can be opened again', async () => {
    const page = await pages.tab()
    const path = 'opfs:worker'
    const answers = await page.evaluate(async where => {
      const worker = new Worker('/browser/worker.js', { type: 'module' })
      await tests.open({ path: where }, worker)
      await tests.ask('CREATE TABLE t (a UInt8) ENGINE = Log', { path: where })
      await tests.ask('INSERT INTO t VALUES (7)', { path: where })
      const waiting = tests.ask('SELECT sleep(3)', { path: where })
      const reading = tests.execute('SELECT number FROM numbers(1000000000)', { path: where })
      const { body } = await reading
      worker.terminate()
      const reader = body!.getReader()
      const toEnd = async () => {
        while (!(await reader.read()).done);
        return 'the end'
      }
      const read = await toEnd().catch(error => `ERROR ${error.message}`)
      const later = await tests.ask('SELECT 1', { path: where })
      await tests.open({ path: where, waitMs: 3000 })
      return [await waiting, read, later, await tests.ask('SELECT a FROM t', { path: where })]
    }, path)
    for (const answer of answers.slice(0, 3)) assert.match(answer, /^ERROR .*worker of the database has ended/)
    assert.equal(answers[3], '7\n')
    await page.close()
  })

  test('refuses a worker that is none', async () => {
    const page = await pages.tab()
    const answer = await page.evaluate(() => tests.open({}, '/nothing.js').then(String, error => error.message))
    assert.match(answer, /The worker does not start/)
    await page.close()
  })

  test('goes on when the browser gives no more space', async () => {
    const page = await pages.tab()
    const path = 'opfs:full'
    await open(page, { path })
    await ask(page, 'CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a', { path })
    const insert = 'INSERT INTO t SELECT number, randomPrintableASCII(100) FROM numbers(20000)'
    assert.equal(await ask(page, insert, { path }), '')
    const tools = await pages.chromium.devTools(page)
    const { usage } = await tools.send('Storage.getUsageAndQuota', { origin: pages.site.url })
    const quota = (quotaSize?: number) =>
      tools.send('Storage.overrideQuotaForOrigin', { origin: pages.site.url, quotaSize })
    await quota(usage + 8_000_000)
    let answer = ''
    let inserts = 1
    for (; inserts < 20; inserts++) {
      answer = await ask(page, insert, { path })
      if (answer !== '') break
    }
    assert.match(answer, /^ERROR 243: /)
    assert.ok(inserts >= 2)
    assert.equal(await ask(page, 'SELECT count() FROM t', { path }), `${inserts * 20000}\n`)
    // There is no room for a merge, and that harms nothing.
    assert.match(await ask(page, 'OPTIMIZE TABLE t FINAL', { path }), /^ERROR 243: |^$/)
    assert.equal(await ask(page, 'SELECT count(), uniqExact(b) > 10 FROM t', { path }), `${inserts * 20000}\t1\n`)
    assert.equal(await ask(page, 'TRUNCATE TABLE t', { path }), '')
    // The files of what was dropped go a little later.
    for (let i = 0; i < 100 && answer !== ''; i++) {
      await page.waitForTimeout(100)
      answer = await ask(page, insert, { path })
    }
    assert.equal(answer, '')
    assert.equal(await ask(page, 'SELECT count() FROM t', { path }), '20000\n')
    await quota()
    await page.close()
    const again = await pages.tab()
    assert.equal(await open(again, { path, waitMs: 5000 }), '')
    assert.equal(await ask(again, 'SELECT count() FROM t', { path }), '20000\n')
    await again.close()
  })
})
