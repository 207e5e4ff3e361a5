// Data that lie elsewhere: files by HTTP, a table that is published on a web server, files of the page itself.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { LocalDisk } from '../../adapters/shared/disk.ts'
import { publishTable } from '../../runtime/engine/publishTable.ts'
import { DirectoryStore } from '../../runtime/storage/stores/directory.ts'
import { answersOf, engineOn } from '../published/tables.ts'
import { ask, open, Pages } from './pages.ts'
import { type Site, startSite } from './site.ts'

const columns = 40
let pages: Pages
let elsewhere: Site
before(async () => {
  pages = await Pages.start({ '/rows.csv': new TextEncoder().encode('a,b\n1,x\n2,y\n') })
  const directory = path.join(pages.chromium.profile, 'published')
  const { engine } = await engineOn()
  const list = Array.from({ length: columns }, (_, i) => `c${i}`)
  await answersOf(
    engine,
    `CREATE TABLE t (k UInt64, ${list.map(name => `${name} UInt64`).join(', ')}) ENGINE = MergeTree ORDER BY k`,
    `INSERT INTO t SELECT number, ${list.map(() => 'rand64(number)').join(', ')} FROM numbers(100000)`,
  )
  const store = new DirectoryStore(new LocalDisk(directory))
  await publishTable(engine, { database: 'default', table: 't' }, store, { keepSeconds: 3600 })
  await engine.close({ graceMs: 0 })
  elsewhere = await startSite({ '/published': directory })
})
after(async () => {
  await elsewhere?.close()
  await pages?.close()
})

describe('data from elsewhere', () => {
  test('files by url(), over the network and of the page', async () => {
    const page = await pages.tab()
    await open(page)
    assert.equal(
      await ask(page, `SELECT sum(a), max(b) FROM url('${pages.site.url}/rows.csv', CSVWithNames)`),
      '3\ty\n',
    )
    const own = await page.evaluate(async () => {
      const url = URL.createObjectURL(new Blob(['{"a":5}\n{"a":6}\n']))
      return tests.ask(`SELECT sum(a) FROM url('${url}', JSONEachRow)`)
    })
    assert.equal(own, '11\n')
    assert.match(await ask(page, `SELECT * FROM url('http://localhost:1/x.csv')`), /^ERROR 210: /)
    await page.close()
  })

  test('a published table is read by ranges, and only what a query needs', async () => {
    const page = await pages.tab()
    assert.equal(await open(page, { published: { 'default.t': `${elsewhere.url}/published` } }), '')
    assert.equal(await ask(page, 'SELECT count() FROM t'), '100000\n')
    elsewhere.requests.length = 0
    assert.equal(await ask(page, 'SELECT k, c7 > 0 FROM t WHERE k = 77777'), '77777\t1\n')
    const read = elsewhere.requests.filter(({ path }) => path.endsWith('.bin'))
    const files = new Set(read.map(request => path.basename(request.path)))
    assert.deepEqual([...files].sort(), ['c7.bin', 'k.bin'])
    for (const { range } of read) assert.match(range ?? '', /^bytes=\d+-\d+$/)
    const bytes = read.reduce((sum, { range }) => {
      const [start, end] = range!.slice(6).split('-').map(Number)
      return sum + end - start + 1
    }, 0)
    const whole = sizeBelow(path.join(pages.chromium.profile, 'published'))
    assert.ok(bytes < whole / 50, `${bytes} of ${whole} bytes`)
    await page.close()
  })
})

function sizeBelow(directory: string): number {
  let size = 0
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const whole = path.join(directory, entry.name)
    size += entry.isDirectory() ? sizeBelow(whole) : fs.statSync(whole).size
  }
  return size
}
