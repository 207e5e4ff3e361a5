import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkExposure } from '../../adapters/shared/cli/config.ts'

test('a server that others can reach has no user without a password', () => {
  const open = { default: { password: '' } }
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) checkExposure({ host, users: open })
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.example.com'])
    assert.throws(() => checkExposure({ host, users: open }), /GRANARY_PASSWORD/, host)
  checkExposure({ host: '0.0.0.0', users: { default: { password: 'x' } } })
  const second = { default: { password: 'x' }, guest: { password: '' } }
  assert.throws(() => checkExposure({ host: '0.0.0.0', users: second }), /"guest"/)
})
