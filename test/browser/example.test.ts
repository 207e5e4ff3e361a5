// examples/browser as a visitor uses it.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { Chromium } from './chromium.ts'
import { type Site, startSite } from './site.ts'

let chromium: Chromium
let site: Site
before(async () => {
  site = await startSite({ '/examples': 'examples', '/dist': 'dist' })
  chromium = await Chromium.start()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

const shows = (page: Page, selector: string, pattern: RegExp) =>
  page.waitForFunction(
    ([where, text]) => new RegExp(text).test(document.querySelector(where)?.textContent ?? ''),
    [selector, pattern.source],
    { timeout: 20_000 },
  )

test('inserts, merges, asks, takes files, and has it all after a reload', async () => {
  const page = await chromium.open(`${site.url}/examples/browser/`)
  await page.setViewportSize({ width: 1280, height: 820 })
  await shows(page, '#status', /opfs:example · .* stored in this browser/)
  await shows(page, '#tables', /events.*0 rows/)
  await page.click('#add')
  await shows(page, '#activity', /100,000 rows inserted in/)
  await page.click('#add')
  await shows(page, '#tables', /200,000 rows, .* in 2 parts/)
  await page.click('#merge')
  await shows(page, '#tables', /200,000 rows, .* in 1 part$/)
  await page.click('text=By country')
  await shows(page, '#figures', /200,000 rows read/)
  assert.equal(await page.locator('#result tbody tr').count(), 8)
  const cities = path.join(chromium.profile, 'cities.csv')
  fs.writeFileSync(cities, 'city,people\nBerlin,3.7\nParis,2.1\n')
  const types = path.resolve('test/formats/types.parquet')
  // By the browser's own protocol: the driver would send the files themselves.
  const tools = await chromium.devTools(page)
  const { root } = await tools.send('DOM.getDocument')
  const { nodeId } = await tools.send('DOM.querySelector', { nodeId: root.nodeId, selector: '#file' })
  await tools.send('DOM.setFileInputFiles', { nodeId, files: [cities, types] })
  await shows(page, '#activity', /types\.parquet is table types/)
  await shows(page, '#tables', /cities.*2 rows.*events.*types/)
  await page.fill('#sql', 'SELECT * FROM nothing')
  await page.click('#run')
  await shows(page, '#result', /UNKNOWN_TABLE/)
  await page.fill('#sql', 'SELECT max(sipHash64(number)) FROM numbers(1000000000000)')
  await page.keyboard.press('Control+Enter')
  await page.click('#stop')
  await shows(page, '#result', /Stopped/)
  await page.reload()
  await shows(page, '#tables', /cities.*2 rows.*events.*200,000 rows.*types/)
  await shows(page, '#figures', /200,000 rows read/)
  if (process.env['SCREENSHOT']) await page.screenshot({ path: process.env['SCREENSHOT'] })
  await page.click('#reset')
  await shows(page, '#activity', /All rows removed/)
  assert.deepEqual(
    chromium.messages.filter(message => message.startsWith('error')),
    [],
  )
})
