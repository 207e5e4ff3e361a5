import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { type ClientRequest, QueryError, runOverHttp } from '../../adapters/shared/cli/httpClient.ts'
import { listenHere, platformHere } from '../platform/here.ts'
import type { Progress } from '../../runtime/engine/contract.ts'
import { FakeEngine } from '../server/fakeEngine.ts'

const platform = platformHere()

async function withServer(
  run: (ask: (request: Omit<ClientRequest, 'onData'>) => Promise<string>, engine: FakeEngine) => Promise<void>,
): Promise<void> {
  const engine = new FakeEngine(platform.clock)
  const server = await listenHere(engine, platform, { port: 0 })
  const options = { url: server.url, user: 'anna', password: 'sécret', settings: {} }
  const ask = async (request: Omit<ClientRequest, 'onData'>) => {
    const pieces: Uint8Array[] = []
    await runOverHttp(options, { ...request, onData: bytes => void pieces.push(bytes.slice()) })
    return Buffer.concat(pieces).toString()
  }
  try {
    await run(ask, engine)
  } finally {
    await server.stop(0)
  }
}

test('the client gives what the server sends, short or long', () =>
  withServer(async ask => {
    assert.equal(await ask({ query: 'echo x' }), 'x\n')
    assert.equal((await ask({ query: 'numbers 500000' })).length, 3388890)
    assert.equal(await ask({ query: 'echo', input: Readable.from([Buffer.from('from a pipe')]) }), 'from a pipe\n')
  }))

test('an error has its code and its text, early or late', () =>
  withServer(async ask => {
    for (const size of [10, 3000000])
      await assert.rejects(ask({ query: `failAfter ${size}` }), (error: QueryError) => {
        assert.equal(error.code, 395)
        assert.match(error.message, /^Code: 395\. DB::Exception: Value passed to throwIf is non-zero.*\)$/)
        return true
      })
  }))

test('progress comes while the query runs, and cancelling ends it', () =>
  withServer(async (ask, engine) => {
    const seen: Progress[] = []
    await ask({ query: 'slow 400', onProgress: progress => seen.push(progress) })
    if (platform.name.startsWith('Node')) assert.ok(seen.length >= 2 && seen[1].readRows > seen[0].readRows)
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    await assert.rejects(ask({ query: 'forever', signal: abort.signal }), QueryError)
    for (let i = 0; i < 1000 && !engine.ends.includes('cancelled'); i++)
      await new Promise(resolve => setTimeout(resolve, 10))
    assert.ok(engine.ends.includes('cancelled'))
  }))

test('a server that is not there', async () => {
  const options = { url: 'http://127.0.0.1:9', user: 'default', password: '', settings: {} }
  await assert.rejects(runOverHttp(options, { query: 'x', onData() {} }), /127\.0\.0\.1:9/)
})
