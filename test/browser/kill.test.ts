// A tab is closed, its process crashes, or the whole browser is killed while rows are being inserted, merged and removed: every insert
// that was acknowledged is there afterwards, each is there whole or not at all, and the data load.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { random } from '../harness.ts'
import { ask, open, Pages } from './pages.ts'

const path = 'opfs:killed'
const rowsOfInsert = 500
let pages: Pages
/** Numbers of inserts: sent, and answered as far as this process has heard. */
const sent = new Set<number>()
const acknowledged = new Set<number>()
/** Everything below was removed, as far as answered. */
let next = 0

before(async () => {
  pages = await Pages.start()
})
after(() => pages?.close())

/** Inserts and merges until the page is gone. */
async function work(page: Page): Promise<void> {
  await page.exposeFunction('isSent', (insert: number) => void sent.add(insert))
  await page.exposeFunction('isAcknowledged', (insert: number) => void acknowledged.add(insert))
  await page.evaluate(
    ({ first, rows, path }) => {
      const told = globalThis as unknown as { isSent(i: number): Promise<void>; isAcknowledged(i: number): void }
      const insertAll = async (start: number, step: number) => {
        for (let i = start; ; i += step) {
          await told.isSent(i)
          const answer = await tests.ask(
            `INSERT INTO t SELECT ${i}, number, repeat(toString(${i}), 10) FROM numbers(${rows})`,
            { path },
          )
          if (answer === '') told.isAcknowledged(i)
          else console.error(answer)
          if (i % 20 === 0) void tests.ask('OPTIMIZE TABLE t', { path })
        }
      }
      // Two at a time, so that their flushes meet.
      void insertAll(first, 2)
      void insertAll(first + 1, 2)
    },
    { first: next, rows: rowsOfInsert, path },
  )
}

async function check(page: Page): Promise<void> {
  const lines = await ask(
    page,
    `SELECT i, count(), uniqExact(n), min(s = repeat(toString(i), 10)) FROM t GROUP BY i ORDER BY i`,
    { path },
  )
  assert.doesNotMatch(lines, /^ERROR/)
  const found = new Set<number>()
  for (const line of lines.split('\n').filter(line => line !== '')) {
    const [insert, rows, different, isRight] = line.split('\t').map(Number)
    assert.equal(rows, rowsOfInsert, `insert ${insert} is whole`)
    assert.equal(different, rowsOfInsert)
    assert.equal(isRight, 1)
    assert.ok(sent.has(insert), `insert ${insert} was sent`)
    found.add(insert)
  }
  for (const insert of acknowledged) assert.ok(found.has(insert), `insert ${insert} was acknowledged`)
  const checked = (await ask(page, 'CHECK TABLE t', { path })).split('\n')
  for (const line of checked) if (line !== '') assert.match(line, /^\S+\t1\t$/)
  assert.deepEqual(
    pages.chromium.messages.filter(message => /detached|broken/i.test(message)),
    [],
  )
  next = Math.max(-1, ...sent) + 1
}

const ends: Record<string, (page: Page) => Promise<void>> = {
  'a tab that is closed': page => page.close(),
  'a tab that crashes': async page => {
    const tools = await pages.chromium.devTools(page)
    tools.send('Page.crash').catch(() => {}) // nobody is there to answer
    await page.waitForEvent('crash')
    await page.close()
  },
  'a browser that is killed': async () => {
    await pages.chromium.kill()
    await pages.chromium.restart()
  },
}

describe('what was acknowledged outlives', () => {
  const chance = random(7)
  const rounds = { 'a tab that is closed': 6, 'a tab that crashes': 6, 'a browser that is killed': 5 }
  for (const [name, count] of Object.entries(rounds))
    test(`${name}, ${count} times`, async () => {
      for (let round = 0; round < count; round++) {
        const page = await pages.tab()
        assert.equal(await open(page, { path, waitMs: 10_000 }), '')
        const create = 'CREATE TABLE IF NOT EXISTS t (i UInt32, n UInt32, s String) ENGINE = MergeTree ORDER BY (i, n)'
        assert.equal(await ask(page, create, { path }), '')
        await check(page)
        const before = acknowledged.size
        await work(page)
        await page.waitForTimeout(100 + chance() * 500)
        await ends[name](page)
        assert.ok(acknowledged.size > before, 'something was inserted in the meantime')
      }
      const page = await pages.tab()
      assert.equal(await open(page, { path, waitMs: 10_000 }), '')
      await check(page)
      await page.close()
    })
})
