// Queries beside ClickHouse's answers: x.sql has one query a line, x.tsv the answers, each ended by a line `--`. Chunk sizes change nothing.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ask, startEngine } from './inProcess.ts'

const root = 'test/sql'
const files = fs
  .readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.sql'))
  .map(name => path.join(root, name))

for (const file of files)
  for (const size of ['65409', '1', '7', '1000'])
    test(`${path.relative(root, file)} in chunks of ${size} rows`, async () => {
      const engine = await startEngine()
      const queries = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean)
      const answers = fs.readFileSync(file.replace(/sql$/, 'tsv'), 'utf8').split(/^--\n/m)
      for (const [i, query] of queries.entries())
        assert.equal(await ask(engine, query, { max_block_size: size }), answers[i], query)
      await engine.close({ graceMs: 0 })
    })
