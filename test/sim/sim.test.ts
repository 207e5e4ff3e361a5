// Some seeds of each scenario of the simulated world, and that it would notice. More by hand: docs/simulation.md.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeed } from './runSeed.ts'
import { scenarios } from './scenarios.ts'

const seedsOfEach = 5
/** A deliberate fault has to be noticed in so many seeds. */
const breachSeedsMax = 40

for (const scenario of scenarios) {
  test(`${scenario.name}: one seed is one course of events`, async () => {
    const [first, again, other] = [await runSeed(scenario, 7), await runSeed(scenario, 7), await runSeed(scenario, 8)]
    assert.equal(again.hash, first.hash)
    assert.equal(again.events, first.events)
    assert.notEqual(other.hash, first.hash)
  })

  test(`${scenario.name}: nothing is wrong in ${seedsOfEach} seeds`, async () => {
    let injected = 0
    for (let seed = 1; seed <= seedsOfEach; seed++) {
      const result = await runSeed(scenario, seed)
      assert.equal(result.error, null, `seed ${seed}: ${result.error?.stack}`)
      injected += result.injected.size
    }
    assert.ok(injected > 0, 'something was injected')
  })

  for (const [breach, what] of Object.entries(scenario.breaches))
    test(`${scenario.name}: it is noticed when ${what}`, async () => {
      for (let seed = 1; seed <= breachSeedsMax; seed++) if ((await runSeed(scenario, seed, { breach })).error) return
      assert.fail(`${breachSeedsMax} seeds saw nothing`)
    })
}
