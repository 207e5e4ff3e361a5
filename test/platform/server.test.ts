// What an adapter's HTTP server must do beside ClickHouse's protocol (test/server), and the database's fetch inside the runtime's own.
import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { openDatabase } from '../../runtime/library/index.ts'
import { FakeEngine } from '../server/fakeEngine.ts'
import { listenHere, platformHere, runtimeHere } from './here.ts'

const platform = platformHere()
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function withServer(
  run: (port: number, engine: FakeEngine, stop: (graceMs: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const engine = new FakeEngine(platform.clock)
  const server = await listenHere(engine, platform, { port: 0 })
  try {
    assert.equal(server.url, `http://127.0.0.1:${server.port}`)
    await run(server.port, engine, graceMs => server.stop(graceMs))
  } finally {
    await server.stop(0)
  }
}

/** All that comes until the connection ends. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let got = ''
    socket.on('data', bytes => (got += bytes.toString('latin1')))
    socket.on('close', () => resolve(got))
    socket.on('error', reject)
  })
}

test('the peer’s address', () =>
  withServer(async (port, engine) => {
    await (await fetch(`http://127.0.0.1:${port}/?query=echo`)).text()
    assert.equal(engine.requests[0].client.address, '127.0.0.1')
  }))

test('headers may be as long as a megabyte together', () =>
  withServer(async port => {
    const lines = Array.from({ length: 10 }, (_, i) => `X-Long-${i}: ${'x'.repeat(50_000)}\r\n`).join('')
    const answer = await talk(port, `GET /?query=echo+a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`)
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  }))

test('HTTP/1.0, without Host and without chunks', () =>
  withServer(async port => {
    const answer = await talk(port, 'GET /?query=echo+a&send_progress_in_http_headers=1 HTTP/1.0\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(answer, /\r\n\r\na\n$/)
  }))

test('HEAD has no body, with progress neither', () =>
  withServer(async port => {
    const answer = await talk(
      port,
      'HEAD /?query=slow+100&send_progress_in_http_headers=1&http_headers_progress_interval_ms=10 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(answer, /\r\n\r\n$/)
  }))

test('rows that come slowly are taken, however long it is until the next', () =>
  withServer(async port => {
    const status = await new Promise<number>((resolve, reject) => {
      const request = http.request({ port, method: 'POST', path: '/?query=insert' }, answer => {
        answer.resume()
        resolve(answer.statusCode!)
      })
      request.on('error', reject)
      request.write('first')
      setTimeout(() => request.end('second'), 700)
    })
    assert.equal(status, 200)
  }))

test('stop lets running queries finish, takes no new ones, and ends when the time is up', async () => {
  await withServer(async (port, engine, stop) => {
    const answer = fetch(`http://127.0.0.1:${port}/?query=slow+400`).then(response => response.text())
    while (engine.requests.length === 0) await sleep(5)
    const started = performance.now()
    const stopped = stop(10_000)
    await sleep(50)
    await assert.rejects(fetch(`http://127.0.0.1:${port}/ping`))
    assert.match(await answer, /slept/)
    await stopped
    assert.ok(performance.now() - started < 5000, 'idle connections are not waited for')
  })
  await withServer(async (port, engine, stop) => {
    const answer = fetch(`http://127.0.0.1:${port}/?query=forever`).then(response => response.text())
    const failed = assert.rejects(answer)
    while (engine.requests.length === 0) await sleep(5)
    await stop(100)
    await failed
    for (let i = 0; i < 1000 && engine.ends.length === 0; i++) await sleep(10)
    assert.equal(engine.ends[0], 'cancelled')
  })
})

test('a port that is taken, an address that is not ours', () =>
  withServer(async port => {
    const engine = new FakeEngine(platform.clock)
    await assert.rejects(listenHere(engine, platform, { port }))
    await assert.rejects(listenHere(engine, platform, { port: 0, host: '203.0.113.1' }))
  }))

interface OwnServer {
  readonly port: number
  stop(): Promise<unknown>
}

/** Deno.serve, Bun.serve, as a program would use them. */
function serveHere(fetch: (request: Request) => Promise<Response>): OwnServer | null {
  const { Deno, Bun } = globalThis as unknown as {
    Deno?: {
      serve(options: object, handler: typeof fetch): { addr: { port: number }; shutdown(): Promise<void> }
    }
    Bun?: { serve(options: object): { port: number; stop(force: boolean): Promise<void> } }
  }
  if (runtimeHere === 'deno') {
    const server = Deno!.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, fetch)
    return { port: server.addr.port, stop: () => server.shutdown() }
  }
  if (runtimeHere === 'bun') {
    const server = Bun!.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch })
    return { port: server.port, stop: () => server.stop(true) }
  }
  return null
}

test('a database’s fetch serves inside the runtime’s own server', async () => {
  const database = await openDatabase(platform, {})
  const server = serveHere(database.fetch)
  try {
    if (!server) return
    const url = `http://127.0.0.1:${server.port}/`
    const post = async (query: string) => (await fetch(url, { method: 'POST', body: query })).text()
    assert.equal(await post('SELECT 1 + 1'), '2\n')
    await post('CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a')
    const inserted = await fetch(`${url}?query=${encodeURIComponent('INSERT INTO t FORMAT TSV')}`, {
      method: 'POST',
      body: '1\n2\n',
    })
    assert.equal(inserted.status, 200)
    assert.equal(await post('SELECT sum(a) FROM t'), '3\n')
    const failed = await fetch(url, { method: 'POST', body: 'SELECT missing' })
    assert.equal(failed.headers.get('x-clickhouse-exception-code'), '47')
    await failed.text()
    // A client that goes away before there is an answer ends its query.
    const gone = new AbortController()
    const left = fetch(url, {
      method: 'POST',
      body: 'SELECT sleep(3), sum(number) FROM numbers(1e12)',
      signal: gone.signal,
    })
    const failure = assert.rejects(left)
    await sleep(200)
    gone.abort()
    await failure
    for (let i = 0; i < 200; i++) {
      if (
        (await post(
          "SELECT count() FROM system.processes WHERE query LIKE '%1e12%' AND query NOT LIKE '%processes%'",
        )) === '0\n'
      )
        return
      await sleep(20)
    }
    assert.fail('the query still runs')
  } finally {
    await server?.stop()
    await database.close()
  }
})
