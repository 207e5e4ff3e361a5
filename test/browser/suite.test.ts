// Tests that run inside of the browser: each file of suite/ that is a worker tells of its tests by messages.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Outcome } from '../edge/suite/nodeTest.ts'
import { Pages } from './pages.ts'

let pages: Pages
before(async () => {
  pages = await Pages.start({ '/suite': 'dist/test/browser/suite' })
})
after(() => pages?.close())

for (const [name, about] of Object.entries({ disks: 'disks keep their contract inside of a page' }))
  test(about, async context => {
    const page = await pages.tab()
    const outcomes = await page.evaluate(
      script =>
        new Promise<Outcome[]>((resolve, reject) => {
          const found: Outcome[] = []
          const worker = new Worker(script, { type: 'module' })
          worker.onerror = event => reject(new Error(`${script}: ${event.message}`))
          worker.onmessage = ({ data }: MessageEvent<Outcome | null>) => {
            if (data) found.push(data)
            else resolve(found)
          }
        }),
      `/suite/${name}.js`,
    )
    assert.ok(outcomes.length > 0)
    for (const outcome of outcomes)
      await context.test(outcome.name, () => {
        if (outcome.error !== null) throw new Error(outcome.error)
      })
    await page.close()
  })
