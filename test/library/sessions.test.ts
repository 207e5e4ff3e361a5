import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openMemory, withDatabase } from './openMemory.ts'

describe('sessions', () => {
  test('a database is one by itself, and others stand beside it', () =>
    withDatabase(async db => {
      await db.exec('SET max_block_size = 7; CREATE TEMPORARY TABLE mine (x UInt8); CREATE DATABASE other; USE other')
      assert.equal(await db.query("SELECT toString(getSetting('max_block_size'))").value(), '7')
      assert.equal(await db.query('SELECT currentDatabase()').value(), 'other')
      await db.insert('mine', [{ x: 1 }])
      assert.equal(await db.query('SELECT count() FROM mine').value(), 1n)
      const beside = db.session({ settings: { max_block_size: 9 }, database: 'system' })
      assert.equal(await beside.query("SELECT toString(getSetting('max_block_size'))").value(), '9')
      assert.equal(await beside.query('SELECT currentDatabase()').value(), 'system')
      await assert.rejects(beside.query('SELECT * FROM mine').rows(), { code: 60 })
      await beside.exec('CREATE TEMPORARY TABLE mine (y UInt8)')
      await beside.close()
      assert.equal(await db.query('SELECT count() FROM mine').value(), 1n)
    }))

  test('settings, a database and an id of one query', () =>
    withDatabase(async db => {
      const options = { settings: { max_block_size: 3, log_queries: false }, database: 'system', queryId: 'mine' }
      assert.deepEqual(
        await db.query(
          "SELECT toString(getSetting('max_block_size')) s, currentDatabase() d, queryID() q",
          {},
          options,
        ),
        [{ s: '3', d: 'system', q: 'mine' }],
      )
      await assert.rejects(db.query('SELECT 1', {}, { settings: { no_such: 1 } }).rows(), { code: 115 })
    }))
})

describe('a database', () => {
  test('is alone: several in one process share nothing', async () => {
    const [a, b] = [await openMemory(), await openMemory({ settings: { max_block_size: 5 } })]
    await a.exec('CREATE TABLE t (x UInt8) ENGINE = Memory')
    await assert.rejects(b.query('SELECT * FROM t').rows(), { code: 60 })
    assert.equal(await b.query("SELECT toString(getSetting('max_block_size'))").value(), '5')
    await a.close()
    assert.equal(await b.query('SELECT 1').value(), 1)
    await assert.rejects(a.query('SELECT 1').rows(), { name: 'ABORTED' })
    await a.close()
    await b.close()
  })

  test('closing ends what runs', async () => {
    const db = await openMemory()
    const running = db.query('SELECT sum(number) FROM system.numbers').rows()
    running.catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 20))
    await db.close()
    await assert.rejects(running)
  })

  test('lives in one place', async () => {
    await assert.rejects(openMemory({ path: 'x', memory: true }), { name: 'BAD_ARGUMENTS' })
  })
})
