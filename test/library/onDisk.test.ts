import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { TaskHost } from '../../runtime/engine/host.ts'
import type { ToWorker } from '../../runtime/engine/messages.ts'
import { openDatabase } from '../../runtime/library/index.ts'
import { coreModule } from '../harness.ts'

/** Runs with an empty directory that is removed behind. */
async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-library-'))
  try {
    await run(directory)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

const alone = () => nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })

describe('a database on disk', () => {
  test('is there again when it is opened again', () =>
    withDirectory(async directory => {
      for (let round = 1n; round <= 2n; round++) {
        const db = await openDatabase(alone(), directory)
        await db.exec('CREATE TABLE IF NOT EXISTS t (n UInt64) ENGINE = MergeTree ORDER BY n')
        await db.insert('t', [{ n: round }])
        assert.equal(await db.query('SELECT sum(n) FROM t').value(), (round * (round + 1n)) / 2n)
        await db.close()
      }
    }))

  test('is opened once at a time', () =>
    withDirectory(async directory => {
      const db = await openDatabase(alone(), { path: directory })
      await assert.rejects(openDatabase(alone(), { path: directory }), /lock|use|opened/i)
      await db.close()
      await (await openDatabase(alone(), { path: directory })).close()
    }))

  test('starts workers with the first query that is worth one', () =>
    withDirectory(async directory => {
      const base = nodePlatform({ core: coreModule(), threads: 2, logLevel: 'error' })
      let started = 0
      const platform = {
        ...base,
        threads: 2,
        // A host in this thread in place of a worker: what matters is when it starts.
        startWorker(onMessage: (message: unknown) => void) {
          started++
          const host = new TaskHost(
            { ...base, startWorker: undefined },
            message => queueMicrotask(() => onMessage(message)),
            {
              location: directory,
            },
          )
          return {
            post: (message: unknown) => {
              if (!Object.hasOwn(message as object, 'options')) queueMicrotask(() => host.handle(message as ToWorker))
            },
            terminate: async () => host.handle({ kind: 'stop' }),
          }
        },
      }
      const db = await openDatabase(platform, { path: directory })
      await db.exec('CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n')
      await db.insert('t', [{ n: 1 }, { n: 2 }])
      assert.equal(await db.query('SELECT sum(n) FROM t').value(), 3n)
      await db.exec('ALTER TABLE t DELETE WHERE n = 1 SETTINGS mutations_sync = 1')
      assert.equal(started, 0)
      await db.exec('INSERT INTO t SELECT number FROM numbers(1000000)')
      assert.equal(started, 1)
      assert.equal(await db.query('SELECT sum(n) FROM t').value(), 499999500002n)
      assert.ok(started >= 1)
      await db.close()
    }))
})
