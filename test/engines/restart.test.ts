import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { coreModule } from '../harness.ts'
import { type Answers, expectAnswers } from './answers.ts'

describe('after a restart', () => {
  test('tables, views, dictionaries and functions mean what they meant', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-restart-'))
    const run = async (answers: Answers) => {
      const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
      const engine = await createEngine(platform, { path: directory })
      try {
        await expectAnswers(engine, answers)
      } finally {
        await engine.close()
      }
    }
    try {
      await run([
        ['CREATE TABLE src (id UInt64, v String) ENGINE = MergeTree ORDER BY id', ''],
        ["INSERT INTO src VALUES (1, 'a'), (2, 'b')", ''],
        [
          "CREATE DICTIONARY d (id UInt64, v String DEFAULT '-') PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'src')) LAYOUT(HASHED()) LIFETIME(0)",
          '',
        ],
        ['CREATE TABLE j (k UInt64, s String) ENGINE = Join(ANY, LEFT, k)', ''],
        ["INSERT INTO j VALUES (1, 'x'), (1, 'y')", ''],
        ['CREATE TABLE st (k UInt64) ENGINE = Set', ''],
        ['CREATE MATERIALIZED VIEW a TO st AS SELECT id AS k FROM src', ''],
        ['CREATE MATERIALIZED VIEW inside ENGINE = MergeTree ORDER BY k AS SELECT id AS k FROM src', ''],
        ["CREATE TABLE m AS src ENGINE = Merge(currentDatabase(), '^src$')", ''],
        [
          'CREATE TABLE b AS src ENGINE = Buffer(currentDatabase(), src, 1, 10, 100, 1000, 10000, 1000000, 10000000)',
          '',
        ],
        ['CREATE TABLE dist AS src ENGINE = Distributed(test_shard_localhost, currentDatabase(), src)', ''],
        ['CREATE VIEW pv AS SELECT v FROM src WHERE id = {i:UInt64}', ''],
        ['CREATE TABLE shown ENGINE = Dictionary(d)', ''],
        ['CREATE TABLE three AS numbers(3)', ''],
        ['CREATE FUNCTION twice AS x -> x * 2', ''],
        ["INSERT INTO b VALUES (7, 'waited')", ''],
        ['DROP TABLE IF EXISTS missing', ''],
      ])
      await run([
        ["SELECT dictGet('d', 'v', number) FROM numbers(3)", '-\na\nb'],
        ["SELECT joinGet('j', 's', 1)", 'x'],
        ['SELECT 7 IN st', '1'],
        ['SELECT * FROM m ORDER BY id', '1\ta\n2\tb\n7\twaited'],
        ['SELECT count() FROM b', '3'],
        ['SELECT count() FROM dist', '3'],
        ['SELECT * FROM pv(i = 2)', 'b'],
        ['SELECT count() FROM shown', '3'],
        ['SELECT count() FROM three', '3'],
        ['SELECT twice(21)', '42'],
        ["INSERT INTO src VALUES (9, 'new')", ''],
        ['SELECT 9 IN st', '1'],
        ['SELECT * FROM inside ORDER BY k', '7\n9'],
        ['DROP FUNCTION twice', ''],
        ['DROP DICTIONARY d', ''],
      ])
      const metadata = path.join(directory, 'metadata/default')
      const written = () => fs.readdirSync(metadata).map(name => [name, fs.statSync(path.join(metadata, name)).ino])
      const before = written()
      await run([
        ['SELECT twice(21)', 'Code: 46'],
        ["SELECT dictGet('d', 'v', 1)", 'Code: 36'],
        ['SELECT * FROM shown', 'Code: 36'],
      ])
      assert.ok(before.length > 8)
      assert.deepEqual(written(), before, 'what has not changed is not written again')
    } finally {
      fs.rmSync(directory, { recursive: true })
    }
  })

  test('what a CREATE left that was cut short is gone, and nothing else', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-restart-'))
    const start = async (): Promise<void> => {
      const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
      const engine = await createEngine(platform, { path: directory })
      try {
        await expectAnswers(engine, [
          ['CREATE TABLE IF NOT EXISTS made (id UInt64) ENGINE = MergeTree ORDER BY id', ''],
        ])
      } finally {
        await engine.close()
      }
    }
    try {
      await start()
      const data = path.join(directory, 'data/default')
      for (const file of [
        'half/format_version.txt.tmp_1_2',
        'bare/format_version.txt',
        'other/notes',
        'other/x.tmp_1_2',
      ]) {
        fs.mkdirSync(path.join(data, path.dirname(file)), { recursive: true })
        fs.writeFileSync(path.join(data, file), '1')
      }
      await start()
      assert.deepEqual(fs.readdirSync(data).sort(), ['made', 'other'])
      assert.deepEqual(fs.readdirSync(path.join(data, 'other')).sort(), ['notes', 'x.tmp_1_2'])
    } finally {
      fs.rmSync(directory, { recursive: true })
    }
  })
})
