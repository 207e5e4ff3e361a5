import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { KillTest } from './killRounds.ts'

// More rounds by hand: node test/durability/kill.mjs 200
test('what was acknowledged survives kill -9, the rest is whole or absent', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-kill-'))
  try {
    const report = await new KillTest(directory, 1).run(10)
    assert.equal(report.rounds, 10)
    assert.ok(report.acknowledged > 0, 'something was inserted')
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
})
