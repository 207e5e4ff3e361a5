import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Deployed, deploy } from './workerd.ts'

describe('a replica in workerd', () => {
  let worker: Deployed
  before(async () => {
    worker = await deploy('replica', { bindings: { OPTIONS: {} } })
  })
  after(() => worker.stop())

  test('answers over HTTP as a server does', async () => {
    assert.equal(await (await fetch(`${worker.url}ping`)).text(), 'Ok.\n')
    assert.equal(await worker.ask('SELECT sum(number) FROM numbers(1000000)'), '499999500000\n')
    const json = await worker.ask("SELECT 1 AS a, 'x' AS b FORMAT JSONEachRow")
    assert.equal(json, '{"a":1,"b":"x"}\n')
  })

  test('only reads', async () => {
    for (const query of ['CREATE TABLE t (a UInt8) ENGINE = Memory', 'DROP DATABASE default', 'SET readonly = 0']) {
      const answer = await fetch(worker.url, { method: 'POST', body: query })
      assert.equal(answer.headers.get('x-clickhouse-exception-code'), '164', query)
    }
  })

  test('compresses as it is asked to', async () => {
    for (const encoding of ['gzip', 'deflate']) {
      const answer = await fetch(`${worker.url}?enable_http_compression=1&query=SELECT+number+FROM+numbers(1000)`, {
        headers: { 'accept-encoding': encoding },
      })
      assert.equal((await answer.text()).length, 3890)
    }
  })
})
