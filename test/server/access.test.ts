// Who may do what, by the request, the user and the settings.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformHere } from '../platform/here.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { createApp } from '../../runtime/server/app.ts'

const platform = platformHere()

test('readonly: of the request, of the user, of the settings', async () => {
  const engine = await createEngine(platform, {
    users: [
      { name: 'default', password: '' },
      { name: 'reader', password: 'r', readonly: 1 },
      { name: 'tuner', password: 't', readonly: 2, settings: { max_threads: '3' } },
    ],
  })
  const app = createApp(engine, { platform })
  const code = async (query: string, parameters: Record<string, string> = {}, method = 'POST') => {
    const search = new URLSearchParams(method === 'GET' ? { ...parameters, query } : parameters)
    const answer = await app.request(`/?${search}`, { method, body: method === 'GET' ? undefined : query })
    await answer.text()
    return Number(answer.headers.get('x-clickhouse-exception-code') ?? 0)
  }
  const create = 'CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = Memory'
  const reader = { user: 'reader', password: 'r' }
  const tuner = { user: 'tuner', password: 't' }
  assert.equal(await code(create, {}, 'GET'), 164)
  assert.equal(await code(create, { readonly: '0' }, 'GET'), 164)
  assert.equal(await code(create, { readonly: '1' }), 164)
  assert.equal(await code(create, reader), 164)
  assert.equal(await code(create, tuner), 164)
  assert.equal(await code(create), 0)
  assert.equal(await code('SELECT * FROM t', reader), 0)
  assert.equal(await code('SELECT 1', { ...reader, max_threads: '1' }), 164)
  assert.equal(await code('SELECT 1', { ...tuner, max_threads: '1' }), 0)
  assert.equal(await code('SET max_threads = 1', { ...tuner, session_id: 's' }), 0)
  assert.equal(await code('SET readonly = 0', { ...tuner, session_id: 's' }), 164)
  assert.equal(await code('INSERT INTO t VALUES (1)', tuner), 164)
  await engine.close({ graceMs: 0 })
})
