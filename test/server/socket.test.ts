// What only a real connection shows: header lines, keep-alive, broken transfers, clients that go away.
import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { listenHere, platformHere } from '../platform/here.ts'
import { FakeEngine } from './fakeEngine.ts'

const platform = platformHere()
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function withServer(run: (port: number, engine: FakeEngine) => Promise<void>): Promise<void> {
  const engine = new FakeEngine(platform.clock)
  const server = await listenHere(engine, platform, { port: 0, displayName: 'here' })
  try {
    await run(server.port, engine)
  } finally {
    await server.stop(0)
  }
}

/** Sends bytes and gives all that comes back until the connection ends or the text is there. */
function talk(port: number, text: string, until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
    let got = ''
    const finish = () => {
      socket.destroy()
      resolve(got)
    }
    socket.on('data', bytes => {
      got += bytes.toString('latin1')
      if (until?.test(got)) finish()
    })
    socket.on('end', finish)
    socket.on('close', finish)
    socket.on('error', reject)
  })
}

test('keep-alive: two requests on one connection', () =>
  withServer(async port => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      new Promise<{ headers: http.IncomingHttpHeaders; text: string; port: number }>((resolve, reject) => {
        const request = http.request({ port, agent, method: 'POST', path: '/' }, answer => {
          const local = answer.socket.localPort!
          let text = ''
          answer.on('data', bytes => (text += bytes))
          answer.on('end', () => resolve({ headers: answer.headers, text, port: local }))
        })
        request.on('error', reject)
        request.end('echo x')
      })
    const first = await ask()
    const second = await ask()
    agent.destroy()
    assert.equal(first.text, 'x\n')
    assert.equal(second.text, 'x\n')
    assert.equal(first.port, second.port)
    assert.equal(first.headers['keep-alive'], 'timeout=30')
  }))

test('a POST that does not say how long it is: 411', () =>
  withServer(async port => {
    const answer = await talk(port, 'POST /?query=echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 411 /)
    assert.match(answer, /Code: 381\./)
  }))

test('a query in the URL may be long', () =>
  withServer(async port => {
    const target = `/?query=echo%20${'x'.repeat(500_000)}%ff`
    const answer = await talk(port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    assert.ok(answer.includes(`${'x'.repeat(500_000)}\xff`))
  }))

test('a failed transfer is broken off behind its exception block', () =>
  withServer(async port => {
    const answer = await talk(port, 'GET /?query=failAfter+3000000 HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    const tag = /x-clickhouse-exception-tag: ([a-z]{16})\r\n/i.exec(answer)?.[1]
    assert.ok(answer.includes(`${tag}\r\n__exception__\r\n`))
    assert.ok(!answer.endsWith('0\r\n\r\n'))
  }))

test('progress comes in header lines before the body', () =>
  withServer(async port => {
    const answer = await talk(
      port,
      'GET /?query=slow+200&send_progress_in_http_headers=1&http_headers_progress_interval_ms=20 HTTP/1.1\r\nHost: a\r\n\r\n',
      /slept\n\r\n0\r\n\r\n$/,
    )
    const [head, body] = answer.split('\r\n\r\n')
    const lines = head.split('\r\n')
    assert.equal(lines[0], 'HTTP/1.1 200 OK')
    const progress = lines.filter(line => line.startsWith('X-ClickHouse-Progress: '))
    assert.ok(progress.length >= 3, `${progress.length} lines`)
    assert.ok(Number(JSON.parse(progress[2].slice(23)).read_rows) > 0)
    assert.ok(lines.some(line => line === 'X-ClickHouse-Format: TabSeparated'))
    assert.ok(lines.some(line => /^Transfer-Encoding: chunked$/i.test(line)))
    assert.equal(body, '6\r\nslept\n\r\n0')
  }))

test('an error after progress was sent still has its code in a header', () =>
  withServer(async port => {
    const answer = await talk(
      port,
      'GET /?query=slowFailure+100&send_progress_in_http_headers=1&http_headers_progress_interval_ms=20 HTTP/1.1\r\nHost: a\r\n\r\n',
      /0\r\n\r\n$/,
    )
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(answer, /\r\nX-ClickHouse-Exception-Code: 395\r\n/)
    assert.match(answer, /\r\nCode: 395\. DB::Exception/)
  }))

test('a client that goes away ends its query', () =>
  withServer(async (port, engine) => {
    await talk(port, 'GET /?query=forever HTTP/1.1\r\nHost: a\r\n\r\n', /\r\n\r\n/)
    for (let i = 0; i < 1000 && engine.ends.length === 0; i++) await sleep(10)
    assert.equal(engine.ends[0], 'cancelled')
  }))

test('a client that goes away before any output ends its query too', () =>
  withServer(async (port, engine) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.write('GET /?query=slow+3000 HTTP/1.1\r\nHost: a\r\n\r\n')
    for (let i = 0; i < 1000 && engine.requests.length === 0; i++) await sleep(10)
    socket.destroy()
    for (let i = 0; i < 1000 && !engine.requests[0].signal.aborted; i++) await sleep(10)
    assert.ok(engine.requests[0].signal.aborted)
  }))

test('a slow reader holds the query back', () =>
  withServer(async (port, engine) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.pause()
    socket.write('GET /?query=failAfter+300000000 HTTP/1.1\r\nHost: a\r\n\r\n')
    await sleep(300)
    assert.deepEqual(engine.ends, [])
    socket.destroy()
  }))

test('an INSERT may come in pieces', () =>
  withServer(async port => {
    const summary = await new Promise<string>((resolve, reject) => {
      const request = http.request({ port, method: 'POST', path: '/?query=insert' }, answer => {
        answer.resume()
        resolve(String(answer.headers['x-clickhouse-summary']))
      })
      request.on('error', reject)
      let left = 50
      const more = () => {
        if (left-- === 0) request.end()
        else request.write('x'.repeat(100_000), more)
      }
      more()
    })
    assert.equal(JSON.parse(summary).written_bytes, '5000000')
  }))
