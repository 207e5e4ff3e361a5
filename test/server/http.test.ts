import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { platformHere } from '../platform/here.ts'
import { encodeText } from '../../runtime/core/text.ts'
import { createApp } from '../../runtime/server/app.ts'
import { FakeEngine } from './fakeEngine.ts'

const platform = platformHere()

function server() {
  const engine = new FakeEngine(platform.clock)
  const app = createApp(engine, { platform, displayName: 'here' })
  const send = (path: string, init?: RequestInit) => app.request(path, init)
  const post = (query: string, parameters: Record<string, string> = {}, init: RequestInit = {}) =>
    send(`/?${new URLSearchParams(parameters)}`, { method: 'POST', body: query, ...init })
  return { engine, send, post }
}

const url = (query: string, parameters: Record<string, string> = {}) =>
  `/?${new URLSearchParams({ query, ...parameters })}`

test('health checks', async () => {
  const { send } = server()
  for (const path of ['/', '/ping', '/replicas_status']) {
    const answer = await send(path)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), 'Ok.\n')
  }
  assert.equal((await send('/')).headers.get('content-type'), 'text/html; charset=UTF-8')
})

test('an unknown path gets help, an unknown method 501, OPTIONS the CORS headers', async () => {
  const { send } = server()
  const missing = await send('/nope')
  assert.equal(missing.status, 404)
  assert.match(await missing.text(), /^There is no handle \/nope\n\nUse \/ or \/ping for health checks\./)
  assert.equal((await send('/', { method: 'PUT', body: 'x' })).status, 501)
  const options = await send('/', { method: 'OPTIONS' })
  assert.equal(options.status, 204)
  assert.equal(options.headers.get('access-control-allow-methods'), 'POST, GET, OPTIONS')
})

test('GET is read-only, POST is not', async () => {
  const { send, post, engine } = server()
  const answer = await send(url('echo hello'))
  assert.equal(answer.status, 200)
  assert.equal(await answer.text(), 'hello\n')
  assert.equal(engine.requests[0].readonly, 2)
  assert.equal(await (await post('echo hello')).text(), 'hello\n')
  assert.equal(engine.requests[1].readonly, 0)
  const refused = await send(url('write'))
  assert.equal(refused.status, 500)
  assert.equal(refused.headers.get('x-clickhouse-exception-code'), '164')
})

test('the headers of an answer', async () => {
  const { post } = server()
  const answer = await post('echo x', { query_id: 'q1', default_format: 'CSV' })
  const { headers } = answer
  assert.equal(headers.get('x-clickhouse-query-id'), 'q1')
  assert.equal(headers.get('x-clickhouse-format'), 'CSV')
  assert.equal(headers.get('x-clickhouse-timezone'), 'UTC')
  assert.equal(headers.get('x-clickhouse-server-display-name'), 'here')
  assert.match(headers.get('x-clickhouse-exception-tag')!, /^[a-z]{16}$/)
  assert.match(headers.get('access-control-expose-headers')!, /^X-ClickHouse-Query-Id,/)
  assert.equal(headers.get('access-control-allow-origin'), null)
  assert.equal(JSON.parse(headers.get('x-clickhouse-summary')!).result_bytes, '2')
  assert.equal(await answer.text(), 'x\n')
  const crossOrigin = await post('echo x', { add_http_cors_header: '1' }, { headers: { Origin: 'http://a.example' } })
  assert.equal(crossOrigin.headers.get('access-control-allow-origin'), '*')
})

test('HEAD has the headers of GET and no body', async () => {
  const { send } = server()
  const answer = await send(url('echo x'), { method: 'HEAD' })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('x-clickhouse-format'), 'TabSeparated')
  assert.equal(await answer.text(), '')
})

test('an error has its status, its code and ClickHouse’s text', async () => {
  const { post } = server()
  const answer = await post('nonsense')
  assert.equal(answer.status, 400)
  assert.equal(answer.headers.get('x-clickhouse-exception-code'), '62')
  assert.equal(
    await answer.text(),
    'Code: 62. DB::Exception: Syntax error: failed at position 1 (nonsense). (SYNTAX_ERROR) (version 25.11.1.1 (official build))\n',
  )
})

test('an error after less than a buffer takes the place of the data', async () => {
  const { post } = server()
  const answer = await post('failAfter 100000')
  assert.equal(answer.status, 500)
  assert.match(await answer.text(), /^Code: 395\. DB::Exception: Value passed to throwIf is non-zero/)
})

test('an error after more than a buffer stands behind the data, and the transfer is broken off', async () => {
  const { post } = server()
  const answer = await post('failAfter 3000000')
  assert.equal(answer.status, 200)
  const tag = answer.headers.get('x-clickhouse-exception-tag')!
  const { text, broken } = await readAll(answer)
  assert.equal(broken, true)
  const message =
    'Code: 395. DB::Exception: Value passed to throwIf is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 25.11.1.1 (official build))\n'
  const tail = `\r\n__exception__\r\n${tag}\r\n${message}${message.length} ${tag}\r\n__exception__\r\n`
  assert.equal(text.slice(3000000), tail)
})

test('wait_end_of_query holds everything back', async () => {
  const { post } = server()
  const answer = await post('failAfter 3000000', { wait_end_of_query: '1' })
  assert.equal(answer.status, 500)
  const whole = await post('numbers 500000', { wait_end_of_query: '1' })
  assert.equal(JSON.parse(whole.headers.get('x-clickhouse-summary')!).result_bytes, String((await whole.text()).length))
})

test('credentials come one way at a time', async () => {
  const { post } = server()
  const basic = `Basic ${Buffer.from('anna:sécret').toString('base64')}`
  assert.equal((await post('echo x', {}, { headers: { Authorization: basic } })).status, 200)
  assert.equal((await post('echo x', { user: 'anna', password: 'sécret' })).status, 200)
  assert.equal((await post('echo x', {}, { headers: { 'X-ClickHouse-User': 'anna' } })).status, 403)
  assert.equal((await post('echo x', { user: 'anna', password: 'wrong' })).status, 403)
  const mixed = await post('echo x', { user: 'anna' }, { headers: { Authorization: basic } })
  assert.equal(mixed.status, 403)
  assert.match(await mixed.text(), /Code: 516.*not allowed to use Authorization HTTP header and/)
})

test('who sends no credentials and needs some is asked for them', async () => {
  const { post, engine } = server()
  engine.passwords.set('default', 'secret')
  const answer = await post('echo x')
  assert.equal(answer.status, 401)
  assert.equal(answer.headers.get('www-authenticate'), 'Basic realm="ClickHouse server HTTP API"')
})

test('parameters: settings, values, and what is reserved', async () => {
  const { post, engine } = server()
  const answer = await post('settings', { max_threads: '2', param_a: 'x\\ty', database: 'db', __proto__: '1' })
  assert.equal(await answer.text(), '{"max_threads":"2"} {"a":"x\\\\ty"}\n')
  assert.equal(engine.requests[0].database, 'db')
  await post('echo x', {}, { headers: { 'X-ClickHouse-Database': 'other', 'X-ClickHouse-Format': 'JSON' } })
  assert.equal(engine.requests[1].database, 'other')
  assert.equal(engine.requests[1].defaultFormat, 'JSON')
})

test('a query may hold bytes that are no UTF-8', async () => {
  const { send } = server()
  const answer = await send('/?query=echo%20%ff%41+b')
  assert.deepEqual([...new Uint8Array(await answer.arrayBuffer())], [0xff, 0x41, 0x20, 0x62, 0x0a])
})

test('the body follows the query parameter after a newline', async () => {
  const { send } = server()
  const answer = await send('/?query=echo%20a', { method: 'POST', body: 'b' })
  assert.equal(await answer.text(), 'a\nb\n')
})

test('a body is read to its end, however it is encoded', async () => {
  const { post } = server()
  const data = encodeText(`insert ${'0123456789'.repeat(100_000)}`)
  const bodies: [string, Uint8Array][] = [
    ['identity', data],
    ['gzip', zlib.gzipSync(data)],
    ['deflate', zlib.deflateSync(data)],
    ['br', zlib.brotliCompressSync(data, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ]
  for (const [encoding, body] of bodies) {
    const answer = await post(body as unknown as string, {}, { headers: { 'Content-Encoding': encoding } })
    const summary = JSON.parse(answer.headers.get('x-clickhouse-summary')!)
    assert.deepEqual([answer.status, summary.written_bytes], [200, '1000000'], encoding)
  }
  const bad = await post('not gzip at all', {}, { headers: { 'Content-Encoding': 'gzip' } })
  assert.equal(bad.headers.get('x-clickhouse-exception-code'), '354')
  assert.equal((await post('x', {}, { headers: { 'Content-Encoding': 'rot13' } })).status, 501)
})

test('answers are compressed when it is asked for, and what we write we read', async () => {
  const { post } = server()
  const plain = await (await post('numbers 300000')).text()
  assert.equal(
    (await post('echo x', {}, { headers: { 'Accept-Encoding': 'gzip' } })).headers.get('content-encoding'),
    null,
  )
  const unpack: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    gzip: zlib.gunzipSync,
    deflate: zlib.inflateSync,
    br: zlib.brotliDecompressSync,
  }
  for (const encoding of ['gzip', 'deflate', 'br', 'lz4', 'zstd']) {
    const answer = await post(
      'numbers 300000',
      { enable_http_compression: '1' },
      { headers: { 'Accept-Encoding': encoding } },
    )
    assert.equal(answer.headers.get('content-encoding'), encoding)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    assert.ok(bytes.length < plain.length, encoding)
    if (encoding in unpack) assert.ok(Buffer.from(unpack[encoding](bytes)).toString() === plain)
    else {
      const echo = await post(
        bytes as unknown as string,
        { query: 'echo' },
        { headers: { 'Content-Encoding': encoding } },
      )
      assert.ok((await echo.text()) === plain + '\n')
    }
  }
})

test('an error inside a compressed answer is compressed too', async () => {
  const { post } = server()
  const answer = await post(
    'failAfter 30000000',
    { enable_http_compression: '1', http_zlib_compression_level: '0' },
    { headers: { 'Accept-Encoding': 'gzip' } },
  )
  assert.equal(answer.status, 200)
  const { bytes } = await readAll(answer)
  assert.match(zlib.gunzipSync(bytes).toString().slice(30000000), /^\r\n__exception__\r\n/)
})

test('native frames, both ways', async () => {
  const { post } = server()
  for (const method of ['LZ4', 'NONE', 'ZSTD']) {
    const answer = await post('numbers 300000', { compress: '1', network_compression_method: method })
    const frames = new Uint8Array(await answer.arrayBuffer())
    assert.equal(frames[16], { LZ4: 0x82, NONE: 0x02, ZSTD: 0x90 }[method])
    const back = await post(frames as unknown as string, { query: 'echo', decompress: '1' })
    const plain = await (await post('numbers 300000')).text()
    assert.ok((await back.text()) === plain + '\n', method)

    frames[40] ^= 1
    const broken = await post(frames as unknown as string, { query: 'echo', decompress: '1' })
    assert.equal(broken.headers.get('x-clickhouse-exception-code'), '40')
  }
  const small = await post('echo x', { compress: '1' })
  assert.ok((await small.arrayBuffer()).byteLength > 25)
})

test('external data of a multipart form', async () => {
  const { send } = server()
  const form = new FormData()
  form.append('t', new Blob(['1\ta\n']), 't.tsv')
  form.append('u', new Blob(['x']), 'u.csv')
  const answer = await send(
    url('tables', { t_structure: 'a UInt8, b String', u_types: "Decimal(9, 2),Enum8('a,b' = 1)", u_format: 'CSV' }),
    { method: 'POST', body: form },
  )
  assert.equal(
    await answer.text(),
    "t|a UInt8, b String|TabSeparated|1\ta\n\nu|_1 Decimal(9, 2), _2 Enum8('a,b' = 1)|CSV|x\n",
  )
})

test('sessions keep settings, belong to a user, run one query at a time, and end', async () => {
  const { post, engine } = server()
  await (await post('set 7', { session_id: 's' })).text()
  assert.equal(await (await post('get', { session_id: 's' })).text(), '7\n')
  assert.equal(await (await post('get', { session_id: 's', user: 'anna', password: 'sécret' })).text(), 'none\n')
  const slow = post('slow 1000', { session_id: 's' })
  await new Promise(resolve => setTimeout(resolve, 30))
  assert.equal((await post('get', { session_id: 's' })).headers.get('x-clickhouse-exception-code'), '373')
  await (await slow).text()
  const late = await post('get', { session_id: 's', session_timeout: '99999' })
  assert.equal(late.headers.get('x-clickhouse-exception-code'), '374')
  assert.equal((await post('get', { session_id: 'new', session_check: '1' })).status, 404)
  await (await post('get', { session_id: 's', close_session: '1' })).text()
  assert.equal(engine.sessions.count, 1)
})

test('a reader who goes away ends the query', async () => {
  const { post, engine } = server()
  const answer = await post('forever')
  const reader = answer.body!.getReader()
  await reader.read()
  await reader.cancel()
  for (let i = 0; i < 1000 && engine.ends.length === 0; i++) await new Promise(resolve => setTimeout(resolve, 5))
  assert.deepEqual(engine.ends, ['cancelled'])
})

async function readAll(answer: Response): Promise<{ bytes: Uint8Array; text: string; broken: boolean }> {
  const pieces: Uint8Array[] = []
  let broken = false
  const reader = answer.body!.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      pieces.push(value)
    }
  } catch {
    broken = true
  }
  const bytes = Buffer.concat(pieces)
  return { bytes, text: bytes.toString(), broken }
}
