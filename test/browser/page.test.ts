// The SQL console as a browser has it: a real server, a real Chromium, and hands on the keyboard.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { ServerProcess } from '../durability/serverProcess.ts'
import { Chromium } from './chromium.ts'

const size = { width: 1280, height: 800 }
const endless = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(number % 7)'

let directory: string
let server: ServerProcess
let chromium: Chromium
let page: Page
/** Every request of the page's. */
let requests: string[]

before(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-page-'))
  server = await ServerProcess.start(path.join(directory, 'data'))
  await server.text(
    'CREATE TABLE flights (date DateTime, delay Int16, origin LowCardinality(String)) ENGINE = MergeTree ORDER BY (origin, date)',
  )
  await server.text(
    "INSERT INTO flights SELECT toDateTime('2024-01-01 00:00:00') + number * 60, number % 50, ['ORD', 'LAX', 'ATL'][number % 3 + 1] FROM numbers(50000)",
  )
  chromium = await Chromium.start()
})

after(async () => {
  await chromium?.close()
  await server?.stop()
  fs.rmSync(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  await page?.close()
  page = await chromium.context.newPage()
  requests = []
  page.on('request', request => requests.push(request.url()))
  await page.setViewportSize(size)
  await page.emulateMedia({ colorScheme: 'light' })
  await forget()
  await open()
})

/** As a browser that was never here. */
async function forget(): Promise<void> {
  await page.goto(`${server.url}/ping`)
  await page.evaluate(() => {
    localStorage.clear()
    sessionStorage.clear()
  })
}

/** A new visit, that waits until the tables are there. */
async function open(address = `${server.url}/play`): Promise<void> {
  await page.goto('about:blank')
  await page.goto(address)
  await page.locator('.connection.good').waitFor()
}

async function write(sql: string): Promise<void> {
  await page.locator('.cm-content').click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(sql)
}

async function run(sql: string, state = 'done'): Promise<void> {
  await write(sql)
  await page.keyboard.press('Control+Enter')
  await page.locator(`.status.is-running`).waitFor({ state: 'detached' })
  await page.locator(`.status.is-${state}`).waitFor()
}

const row = (at: number): Promise<string[]> => page.locator(`.grid-row[data-row="${at}"] .grid-cell`).allTextContents()
const editorText = (): Promise<string> => page.locator('.cm-content').innerText()
const running = (): Promise<string> =>
  server.text(
    "SELECT count() FROM system.processes WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%processes%'",
  )
const colour = (selector: string, property = 'background-color'): Promise<string> =>
  page
    .locator(selector)
    .first()
    .evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property)

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 50) {
    if (await check()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  assert.fail(`never: ${what}`)
}

/** What a click makes the browser save. */
async function saved(click: () => Promise<void>): Promise<string> {
  await page.evaluate(() => {
    const make = URL.createObjectURL
    URL.createObjectURL = (blob: Blob) => {
      void blob.text().then(text => Object.assign(window, { savedText: text }))
      return make.call(URL, blob)
    }
  })
  await click()
  await page.waitForFunction(() => 'savedText' in window)
  return page.evaluate(() => (window as unknown as { savedText: string }).savedText)
}

describe('who gets what', () => {
  test('browsers get the page at /, programs get Ok.', async () => {
    await open(`${server.url}/`)
    assert.equal(await page.title(), 'New query · Granary')
    assert.equal(await (await fetch(`${server.url}/`)).text(), 'Ok.\n')
  })

  test('one small file, which asks nobody but its server', async () => {
    const packed = await fetch(`${server.url}/play`, { method: 'HEAD', headers: { 'Accept-Encoding': 'gzip' } })
    const bytes = Number(packed.headers.get('content-length'))
    assert.ok(bytes > 10_000 && bytes < 300 * 1024, `${bytes} bytes`)
    const known = await fetch(`${server.url}/play`, { headers: { 'If-None-Match': packed.headers.get('etag')! } })
    assert.equal(known.status, 304)
    const policy = packed.headers.get('content-security-policy')!
    assert.match(policy, /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/)

    await run('SELECT 1')
    await run("SELECT toDate('2024-01-01') + number AS day, number FROM numbers(10)")
    await page.keyboard.press('Alt+c')
    await page.locator('.uplot').waitFor()
    assert.deepEqual(
      requests.filter(url => !url.startsWith(server.url) && url !== 'about:blank' && !url.startsWith('data:')),
      [],
    )
    assert.deepEqual(
      chromium.messages.filter(message => /Content Security Policy|^error: .*Error/.test(message)),
      [],
    )
  })
})

describe('rows', () => {
  test('a million of them, from the first to the last, in few elements', async () => {
    await page.getByLabel('Most rows to show').selectOption('1M rows')
    await run("SELECT number, number * 3 AS threefold, concat('row ', toString(number)) AS text FROM numbers(1000000)")
    assert.match(await page.locator('.status').innerText(), /1\.00 million rows/)
    assert.deepEqual(await row(0), ['0', '0', 'row 0'])
    const scroller = page.locator('.grid-scroller')
    await scroller.focus()
    await page.keyboard.press('Control+End')
    await page.locator('.grid-row[data-row="999999"]').waitFor()
    assert.deepEqual(await row(999_999), ['999999', '2999997', 'row 999999'])
    // By the scroll bar to the middle, and then by the wheel: neighbours must stay neighbours.
    await scroller.evaluate(element => {
      element.scrollTop = element.scrollHeight / 2
    })
    await page.waitForTimeout(100)
    await page
      .locator('.grid-body')
      .hover({ position: { x: 300, y: 0 }, force: true })
      .catch(() => {})
    const visible = await page
      .locator('.grid-row')
      .evaluateAll(rows => rows.map(each => Number((each as HTMLElement).dataset['row'])))
    assert.ok(visible.length < 80, `${visible.length} rows are drawn`)
    assert.ok(visible.some(at => at > 400_000 && at < 600_000))
    for (const at of visible.slice(0, 5)) assert.deepEqual(await row(at), [`${at}`, `${at * 3}`, `row ${at}`])
    assert.ok((await page.locator('.grid *').count()) < 2000)
  })

  test('beyond what a browser can be tall, the end is still the end', async () => {
    await page.getByLabel('Most rows to show').selectOption('10M rows')
    await run('SELECT number FROM numbers(2000000)')
    const scroller = page.locator('.grid-scroller')
    await scroller.evaluate(element => {
      element.scrollTop = element.scrollHeight
    })
    await page.locator('.grid-row[data-row="1999999"]').waitFor()
    const last = await page.locator('.grid-row[data-row="1999999"]').boundingBox()
    const frame = await scroller.boundingBox()
    assert.ok(last!.y + last!.height <= frame!.y + frame!.height + 1 && last!.y > frame!.y)
  })

  test('they appear while the query runs, and stay when it is stopped', async () => {
    await write(
      "SELECT number, repeat('x', 1000), sleepEachRow(0.0001) FROM numbers(200000) SETTINGS max_block_size = 1000",
    )
    await page.keyboard.press('Control+Enter')
    await page.locator('.grid-row[data-row="3"]').waitFor()
    assert.equal(await page.locator('.status.is-running').count(), 1)
    const count = async () => Number((await page.locator('.fact b').first().innerText()).replace(/\D/g, ''))
    const before = await count()
    await until('more rows', async () => (await count()) > before)
    await page.keyboard.press('Escape')
    await page.locator('.status.is-cancelled').waitFor()
    assert.match(await page.locator('.notice').innerText(), /Stopped: the [\d,]+ rows/)
    assert.deepEqual((await row(3))[0], '3')
  })

  test('of hundreds of columns those in view are drawn', async () => {
    const columns = Array.from({ length: 300 }, (_, i) => `number * ${i} AS column_${i}`).join(', ')
    await run(`SELECT ${columns} FROM numbers(1000)`)
    assert.ok((await page.locator('.grid-cell').count()) < 1500)
    await page.locator('.grid-scroller').focus()
    await page.keyboard.press('End')
    await page.locator('.grid-name', { hasText: 'column_299' }).waitFor()
    assert.equal((await row(7)).at(-1), String(7 * 299))
    // Narrower and wider by hand.
    const name = page.locator('.grid-name', { hasText: 'column_298' })
    const { x, y, width } = (await name.boundingBox())!
    await page.mouse.move(x + width, y + 10)
    await page.mouse.down()
    await page.mouse.move(x + width + 60, y + 10)
    await page.mouse.up()
    assert.equal(Math.round((await name.boundingBox())!.width - width), 60)
    assert.equal(await page.locator('[aria-sort=ascending]').count(), 0)
  })

  test('integers of any width are exact, and NULL is no text', async () => {
    await run(
      "SELECT 18446744073709551615 AS a, toInt128('-170141183460469231731687303715884105728') AS b, toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935') AS c, NULL AS d, 'NULL' AS e, '' AS f, 'x\\ty\\nz' AS g, [1, NULL] AS h",
    )
    const cells = await row(0)
    assert.deepEqual(cells.slice(0, 4), [
      '18446744073709551615',
      '-170141183460469231731687303715884105728',
      '115792089237316195423570985008687907853269984665640564039457584007913129639935',
      'NULL',
    ])
    const isNull = await page.locator('.grid-cell').evaluateAll(all => all.map(each => each.classList.contains('null')))
    assert.deepEqual(isNull.slice(0, 5), [false, false, false, true, false])
  })

  test('sorting is by value, not by text, and back', async () => {
    await run('SELECT toUInt64(18446744073709551615) - number % 3 AS n, number AS k FROM numbers(5)')
    const keys = async () => Promise.all([0, 1, 2, 3, 4].map(async at => (await row(at))[1]))
    await page.locator('.grid-name').first().click()
    assert.deepEqual(await keys(), ['2', '1', '4', '0', '3'])
    await page.locator('.grid-name').first().click()
    assert.deepEqual(await keys(), ['0', '3', '1', '4', '2'])
    await page.locator('.grid-name').first().click()
    assert.deepEqual(await keys(), ['0', '1', '2', '3', '4'])
  })

  test('a cap stops the query, and says so', async () => {
    await page.getByLabel('Most rows to show').selectOption('1K rows')
    await run('SELECT number FROM numbers(100000000)')
    assert.match(await page.locator('.notice').innerText(), /Only the first 1,000 rows/)
    await run('SELECT number FROM numbers(1000)')
    await page.locator('.notice').waitFor({ state: 'hidden' })
  })

  test('the whole of a long value, and a row as a list', async () => {
    await run("SELECT repeat('long ', 400) AS text, map('k', [1, 2]) AS m")
    await page.locator('.grid-cell').first().dblclick()
    assert.equal((await page.locator('.viewer pre').innerText()).length, 2000)
    await page.keyboard.press('ArrowRight')
    assert.equal(await page.locator('.viewer pre').innerText(), '{"k": [1, 2]}')
    await page.getByRole('tab', { name: 'Row' }).click()
    assert.equal(await page.locator('.viewer dd').count(), 2)
  })
})

describe('queries', () => {
  test('stop ends them on the server', async () => {
    await write(endless)
    await page.keyboard.press('Control+Enter')
    await until('it runs', async () => (await running()) === '1')
    await until('progress', async () => /read [\d.]+ (million|billion)/.test(await page.locator('.status').innerText()))
    await page.keyboard.press('Escape')
    await page.locator('.status.is-cancelled').waitFor()
    await until('it has ended', async () => (await running()) === '0')
    await run('SELECT 1')
  })

  test('the one under the cursor, all, or the selection', async () => {
    await write('SELECT 1 AS a;\nSELECT 2 AS b;\nSELECT 3 AS c')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Control+Enter')
    await page.locator('.grid-name', { hasText: 'b' }).waitFor()
    await page.keyboard.press('Control+Shift+Enter')
    await page.locator('.grid-name', { hasText: 'c' }).waitFor()
    assert.equal(await page.locator('.chip.is-done').count(), 3)
    await page.locator('.chip').first().click()
    await page.locator('.grid-name', { hasText: 'a' }).waitFor()
  })

  test('a failure stops the rest, and stands where it is', async () => {
    await write("SELECT 'ö';\nSELECT origin, nosuch\nFROM flights;\nSELECT 3")
    await page.keyboard.press('Control+Shift+Enter')
    await page.locator('.status.is-failed').waitFor()
    assert.equal(await page.locator('.cm-sql-error').innerText(), 'nosuch')
    assert.match(await page.locator('.card').innerText(), /UNKNOWN_IDENTIFIER[\s\S]*Code 47/)
    assert.deepEqual(await page.locator('.chip').evaluateAll(all => all.map(each => each.className.split('is-')[1])), [
      'done',
      'failed',
      'cancelled',
    ])

    await run("SELECT 'ö'\nFROM flights whre delay", 'failed')
    assert.equal(await page.locator('.cm-sql-error').innerText(), 'delay')
    await page.keyboard.press('End')
    await page.keyboard.type(' ')
    await page.locator('.cm-sql-error').waitFor({ state: 'detached' })
  })

  test('an error behind the first rows keeps the rows', async () => {
    await page.getByLabel('Most rows to show').selectOption('1M rows')
    await run(
      "SELECT number, repeat('x', 100), throwIf(number = 300000, 'enough') FROM numbers(400000) SETTINGS max_block_size = 1000",
      'failed',
    )
    assert.match(await page.locator('.notice').innerText(), /failed after [\d,]+ rows:.*enough/)
    assert.deepEqual((await row(0))[0], '0')
  })

  test('what was read is counted over all threads', async () => {
    await server.text('CREATE TABLE many (n UInt64) ENGINE = MergeTree ORDER BY n')
    await server.text('INSERT INTO many SELECT number FROM numbers(2000000)')
    await run('SELECT n % 10 AS k, sum(n) FROM many GROUP BY k')
    assert.match(await page.locator('.status').innerText(), /read 2\.00 million rows, 16\.0 MB/)
  })

  test('parameters get fields', async () => {
    await write('SELECT {who:String} AS who, {n:UInt64} + 1 AS n')
    await page.keyboard.press('Control+Enter')
    await page.locator('.parameters input.missing').waitFor()
    await page.locator('[data-parameter=n]').fill('18446744073709551614')
    await page.locator('[data-parameter=who]').fill("it's\\")
    await page.keyboard.press('Control+Enter')
    await page.locator('.status.is-done').waitFor()
    assert.deepEqual(await row(0), ["it's\\", '18446744073709551615'])
  })

  test('SET lasts, and new tables appear', async () => {
    await write(
      "SET max_threads = 1;\nCREATE TABLE IF NOT EXISTS made (a UInt8) ENGINE = Memory;\nINSERT INTO made VALUES (1), (2);\nSELECT getSetting('max_threads') AS threads",
    )
    await page.keyboard.press('Control+Shift+Enter')
    await page.locator('.grid-name', { hasText: 'threads' }).waitFor()
    assert.deepEqual(await row(0), ['1'])
    await page.locator('.tree-item', { hasText: 'made' }).waitFor()
  })

  test('a FORMAT of its own is shown as it came', async () => {
    await run('SELECT 1 AS a FORMAT JSONEachRow')
    assert.equal((await page.locator('.raw').innerText()).trim(), '{"a":1}')
  })
})

describe('help while writing', () => {
  test('columns of the table, functions, tables, formats, settings', async () => {
    const offered = async (before: string, behind = '') => {
      await write(before + behind)
      for (let i = 0; i < behind.length; i++) await page.keyboard.press('ArrowLeft')
      await page.keyboard.press('Control+Space')
      await page.locator('.cm-tooltip-autocomplete li').first().waitFor()
      const labels = await page.locator('.cm-tooltip-autocomplete .cm-completionLabel').allTextContents()
      await page.keyboard.press('Escape')
      return labels
    }
    assert.deepEqual((await offered('SELECT d', ' FROM flights')).slice(0, 2).sort(), ['date', 'delay'])
    assert.deepEqual((await offered('SELECT f.', ' FROM flights AS f')).sort(), ['date', 'delay', 'origin'])
    assert.equal((await offered('SELECT 1 FROM fl'))[0], 'flights')
    assert.equal((await offered('SELECT toStartOfMo'))[0], 'toStartOfMonth')
    assert.ok((await offered('SELECT 1 FORMAT JSONEach')).includes('JSONEachRow'))
    assert.ok((await offered('SELECT 1 SETTINGS max_thr')).includes('max_threads'))
    assert.ok((await offered('SELECT * FROM system.ta')).includes('tables'))
  })

  test('accepting a function puts the cursor into it', async () => {
    await write('SELECT ')
    await page.keyboard.type('toStartOfMon')
    await page.locator('.cm-tooltip-autocomplete li[aria-selected]', { hasText: 'toStartOfMonth' }).waitFor()
    await page.waitForTimeout(120)
    await page.keyboard.press('Enter')
    await page.keyboard.type('now()')
    assert.equal(await editorText(), 'SELECT toStartOfMonth(now())')
  })

  test('the tree shows columns and sizes, inserts names and previews', async () => {
    await page.locator('.tree-item.level-2', { hasText: 'flights' }).click()
    const column = page.locator('.tree-item.level-3', { hasText: 'delay' })
    assert.match(await column.innerText(), /Int16[\s\S]*(B|KB)/)
    await column.click()
    assert.equal(await editorText(), 'delay')
    await write('')
    await page.locator('.tree-item.level-2', { hasText: 'flights' }).hover()
    await page.getByRole('button', { name: 'Preview flights' }).click()
    await page.locator('.status.is-done').waitFor()
    assert.equal(await editorText(), 'SELECT * FROM flights LIMIT 100')
    await page.locator('.tree-item.level-2', { hasText: 'flights' }).hover()
    await page
      .locator('.tree-item.level-2', { hasText: 'flights' })
      .getByRole('button', { name: 'SHOW CREATE TABLE' })
      .click()
    assert.match(await page.locator('dialog pre').innerText(), /CREATE TABLE default\.flights/)
    await page.keyboard.press('Escape')
    await page.getByLabel('Filter tables').fill('nothing of that name')
    await page.getByText('No table of that name').waitFor()
  })
})

describe('what stays', () => {
  test('queries asked before, with time and rows', async () => {
    await run('SELECT 42 AS answer')
    await run('SELECT nosuch', 'failed')
    await open()
    await page.keyboard.press('Alt+h')
    const items = page.locator('.history-item')
    assert.match(await items.nth(0).innerText(), /SELECT nosuch[\s\S]*UNKNOWN_IDENTIFIER/)
    assert.match(await items.nth(1).innerText(), /SELECT 42 AS answer[\s\S]*ms · 1 row/)
    await page.keyboard.type('answer')
    assert.equal(await items.count(), 1)
    await items.first().click()
    assert.match(await editorText(), /SELECT 42 AS answer/)
  })

  test('tabs and their text', async () => {
    await write('SELECT 1 AS first')
    await page.keyboard.press('Alt+t')
    await page.keyboard.insertText('SELECT 2 AS second')
    await open()
    assert.equal(await page.locator('.tab').count(), 2)
    assert.equal(await editorText(), 'SELECT 2 AS second')
    await page.keyboard.press('Alt+1')
    assert.equal(await editorText(), 'SELECT 1 AS first')
    await page.keyboard.press('Alt+w')
    assert.equal(await page.locator('.tab').count(), 1)
  })

  test('a link brings the query and its parameters, and does not run it', async () => {
    await write("SELECT {n:UInt8} AS n, 'a b&c+ö' AS s")
    await page.locator('[data-parameter=n]').fill('7')
    await page.keyboard.press('Control+Enter')
    await page.locator('.status.is-done').waitFor()
    const link = page.url()
    await forget()
    requests.length = 0
    await open(link)
    assert.equal(await editorText(), "SELECT {n:UInt8} AS n, 'a b&c+ö' AS s")
    assert.equal(await page.locator('[data-parameter=n]').inputValue(), '7')
    assert.equal(await page.locator('.status').innerText(), '')
    assert.deepEqual(
      requests.filter(url => url.includes('param_n')),
      [],
    )
    await page.keyboard.press('Control+Enter')
    await page.locator('.status.is-done').waitFor()
    assert.deepEqual(await row(0), ['7', 'a b&c+ö'])
  })
})

describe('taking it along', () => {
  const sql =
    'SELECT number AS n, toString(number) || \', "x"\' AS s, if(number = 1, NULL, number) AS o FROM numbers(3)'

  test('export of what is here, and by running again', async () => {
    await run(sql)
    const csv = await saved(async () => {
      await page.getByRole('button', { name: 'Export' }).click()
      await page.getByRole('menuitem', { name: 'CSV .csv' }).click()
    })
    assert.equal(csv, 'n,s,o\n0,"0, ""x""",0\n1,"1, ""x""",\\N\n2,"2, ""x""",2\n')
    await open()
    await run(sql)
    const json = await saved(async () => {
      await page.getByRole('button', { name: 'Export' }).click()
      await page.getByRole('menuitem', { name: 'JSONEachRow' }).click()
    })
    assert.deepEqual(JSON.parse(json.split('\n')[1]), { n: 1, s: '1, "x"', o: null })
  })

  test('copies of cells, rows and tables', async () => {
    await chromium.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url })
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await run(sql)
    await page.locator('.grid-row[data-row="1"] .grid-cell').nth(1).click()
    await page.keyboard.press('Control+c')
    await until('a cell', async () => (await copied()) === '1, "x"')
    await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Control+c')
    await until('cells', async () => (await copied()) === '1, "x"\t\\N\n2, "x"\t2\n')
    await page.locator('.grid-gutter').first().click()
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Markdown' }).click()
    await until('a row', async () => (await copied()) === '| n | s | o |\n| ---: | --- | ---: |\n| 0 | 0, "x" | 0 |\n')
  })
})

describe('charts', () => {
  const kind = () => page.locator('.chart [role=radio][aria-checked=true]').innerText()
  const draw = async (sql: string) => {
    await page
      .getByRole('tab', { name: 'Table', exact: true })
      .first()
      .click()
      .catch(() => {})
    await run(sql)
    await page.getByRole('tab', { name: 'Chart' }).click()
    await page.locator('.uplot canvas').waitFor()
  }

  test('their kind follows the columns', async () => {
    await run('SELECT 1')
    assert.ok(await page.getByRole('tab', { name: 'Chart' }).isDisabled())
    await draw(
      'SELECT toStartOfDay(date) AS day, origin, count() AS flights FROM flights GROUP BY day, origin ORDER BY day',
    )
    assert.equal(await kind(), 'Line')
    assert.deepEqual((await page.locator('.legend-item').allInnerTexts()).sort(), ['ATL', 'LAX', 'ORD'])
    await page.mouse.move(800, 600)
    assert.match(await page.locator('.chart-tip').innerText(), /2024-0[12]-\d\d[\s\S]*ORD/)
    await draw(
      'SELECT origin, count() AS flights, avg(delay) AS late FROM flights GROUP BY origin ORDER BY flights DESC',
    )
    assert.equal(await kind(), 'Bars')
    await draw('SELECT delay AS a, delay * delay % 17 AS b FROM flights LIMIT 500')
    assert.equal(await kind(), 'Scatter')
    const inked = await page.locator('.uplot canvas').evaluate(canvas => {
      const { width, height } = canvas as HTMLCanvasElement
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
      let blue = 0
      for (let at = 0; at < data.length; at += 4) if (data[at + 2] > data[at] + 60 && data[at + 3] > 60) blue++
      return blue
    })
    assert.ok(inked > 100, `${inked} pixels are blue`)
  })
})

describe('looks and hands', () => {
  test('dark as the system has it, or as chosen', async () => {
    const light = 'rgb(246, 244, 240)'
    const dark = 'rgb(20, 18, 16)'
    const becomes = (wanted: string) => until(`the page is ${wanted}`, async () => (await colour('body')) === wanted)
    assert.equal(await colour('body'), light)
    await page.emulateMedia({ colorScheme: 'dark' })
    await becomes(dark)
    await page.getByRole('button', { name: /^Theme/ }).click()
    await becomes(light)
    await open()
    assert.equal(await colour('body'), light)
  })

  test('all of it without a pointer', async () => {
    await page.keyboard.insertText('SELECT number AS n FROM numbers(100)')
    await page.keyboard.press('Control+Enter')
    await page.locator('.status.is-done').waitFor()
    await page.keyboard.press('F6')
    const focused = () => page.evaluate(() => document.activeElement?.className ?? '')
    assert.equal(await focused(), 'grid-scroller')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('PageDown')
    assert.equal(await page.locator('#grid-cursor').getAttribute('aria-selected'), 'true')
    await page.keyboard.press('Enter')
    await page.locator('.viewer').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.viewer').waitFor({ state: 'hidden' })
    await page.keyboard.press('Shift+?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('flig')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await page.locator('.tree-item.level-3').first().waitFor()
    await page.keyboard.press('F6')
    // Escape and then Tab lead out of the editor.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    assert.match(await focused(), /run/)
  })

  test('no part is wider than a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await run("SELECT number AS n, repeat('wide ', 30) AS text FROM numbers(100)")
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
    const run_ = await page.locator('.run').boundingBox()
    assert.ok(run_!.x >= 0 && run_!.x + run_!.width <= 360)
    await page.getByRole('button', { name: 'Tables and history' }).click()
    await page.locator('.tree-item', { hasText: 'flights' }).waitFor()
  })
})

describe('the server', () => {
  test('that wants a password is given one, once a browser tab', async () => {
    const config = path.join(directory, 'guarded.json')
    fs.writeFileSync(config, JSON.stringify({ users: { ann: { password: 'päss' } } }))
    const guarded = await ServerProcess.start(path.join(directory, 'guarded'), ['--config', config])
    try {
      const user = await fetch(guarded.url, { method: 'POST', body: 'SELECT 1' })
      await page.goto(`${guarded.url}/play`)
      if (user.status === 200) await page.locator('.connection').click()
      const dialog = page.getByRole('dialog', { name: 'Connect' })
      await dialog.waitFor()
      await dialog.getByLabel('User').fill('ann')
      await dialog.getByLabel('Password').fill('wrong')
      await page.keyboard.press('Enter')
      await page.locator('.complaint').waitFor()
      await dialog.getByLabel('Password').fill('päss')
      await page.keyboard.press('Enter')
      await page.locator('.connection.good', { hasText: 'ann@' }).waitFor()
      await run('SELECT currentUser() AS me')
      assert.deepEqual(await row(0), ['ann'])
      await page.reload()
      await page.locator('.connection.good', { hasText: 'ann@' }).waitFor()
      assert.ok(!requests.some(url => url.includes('p%C3%A4ss') || url.includes('password')))
    } finally {
      await guarded.kill()
    }
  })

  test('that goes away is missed, and found again', async () => {
    const other = await ServerProcess.start(path.join(directory, 'other'))
    await page.goto(`${other.url}/play`)
    await page.locator('.connection.good').waitFor()
    await other.kill()
    await run('SELECT 1', 'failed')
    assert.match(await page.locator('.card').innerText(), /Connection lost/)
    assert.ok(await page.getByRole('button', { name: 'Try again' }).isVisible())
  })
})
