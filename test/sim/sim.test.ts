// Some seeds of each scenario of the simulated world, and that it would notice. More by hand: docs/simulation.md.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeed, type SeedResult } from './runSeed.ts'
import { scenarios } from './scenarios.ts'

const seedsOfEach = 3
/** A deliberate fault has to be noticed in so many seeds. */
const breachSeedsMax = 150

for (const scenario of scenarios) {
  test(`${scenario.name}: nothing is wrong in ${seedsOfEach} seeds, and a seed is one course of events`, async () => {
    const results: SeedResult[] = []
    for (let seed = 1; seed <= seedsOfEach; seed++) {
      const result = await runSeed(scenario, seed)
      assert.equal(result.error, null, `seed ${seed}: ${result.error?.stack}`)
      results.push(result)
    }
    assert.ok(
      results.some(({ injected }) => injected.size > 0),
      'something was injected',
    )
    const again = await runSeed(scenario, 1)
    assert.equal(again.hash, results[0].hash)
    assert.equal(again.events, results[0].events)
    assert.notEqual(results[1].hash, results[0].hash)
  })

  for (const [breach, what] of Object.entries(scenario.breaches))
    test(`${scenario.name}: it is noticed when ${what}`, async () => {
      for (let seed = 1; seed <= breachSeedsMax; seed++) if ((await runSeed(scenario, seed, { breach })).error) return
      assert.fail(`${breachSeedsMax} seeds saw nothing`)
    })
}
