// An engine across a message port answers as it does in its own thread: results, errors, back-pressure, cancelling, sessions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { DBError } from '../../runtime/core/errors.ts'
import type { Engine, QueryRequest } from '../../runtime/engine/contract.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { PortEngine } from '../../runtime/engine/portEngine.ts'
import type { Port } from '../../runtime/engine/portMessages.ts'
import { serveEngine } from '../../runtime/engine/portServer.ts'
import { createApp } from '../../runtime/server/app.ts'
import { coreModule } from '../harness.ts'

const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })

const portOf = (port: MessagePort): Port => ({
  post: (message, transfer) => port.postMessage(message, transfer ?? []),
  listen(onMessage) {
    port.onmessage = event => onMessage(event.data)
  },
})

async function connected(use: (engine: PortEngine, far: Engine) => Promise<void>): Promise<void> {
  const far = await createEngine(platform)
  const { port1, port2 } = new MessageChannel()
  serveEngine(far, portOf(port1))
  const engine = new PortEngine(portOf(port2), platform.clock, far.version)
  try {
    await use(engine, far)
  } finally {
    await engine.close({ graceMs: 0 })
    port1.close()
    port2.close()
  }
}

const request = (query: string, more: Partial<QueryRequest> = {}): QueryRequest => ({
  query,
  body: null,
  settings: {},
  parameters: {},
  user: 'default',
  readonly: 0,
  signal: new AbortController().signal,
  client: { interface: 'local', address: '', userAgent: '' },
  ...more,
})

async function text(engine: Engine, query: string, more: Partial<QueryRequest> = {}): Promise<string> {
  const { body } = await engine.execute(request(query, more))
  return body ? new Response(body).text() : ''
}

const fails = (name: string) => (error: unknown) => error instanceof DBError && error.errorName === name

test('results, parameters, progress and the summary come across', () =>
  connected(async engine => {
    assert.equal(await text(engine, 'SELECT {a:UInt8} + 1', { parameters: { a: '41' } }), '42\n')
    let seen = 0
    const result = await engine.execute(
      request('SELECT sum(number) FROM numbers(1000000)', { onProgress: ({ readRows }) => void (seen = readRows) }),
    )
    assert.equal(result.format, 'TabSeparated')
    assert.equal(await new Response(result.body).text(), '499999500000\n')
    assert.equal((await result.summary).readRows, 1_000_000)
    assert.ok(seen > 0)
    await engine.authenticate({ user: 'default', password: '', address: '' })
    await assert.rejects(
      engine.authenticate({ user: 'nobody', password: '', address: '' }),
      fails('AUTHENTICATION_FAILED'),
    )
    assert.ok((await engine.metrics()).length > 0)
  }))

test('an error keeps its name, before and after the first byte', () =>
  connected(async engine => {
    await assert.rejects(text(engine, 'SELECT * FROM missing'), fails('UNKNOWN_TABLE'))
    await assert.rejects(
      text(engine, 'SELECT throwIf(number = 3000000) FROM numbers(4000000)', { settings: { max_block_size: '1000' } }),
      fails('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'),
    )
  }))

test('the data of an INSERT is asked for piece by piece', () =>
  connected(async engine => {
    await text(engine, 'CREATE TABLE t (a UInt64) ENGINE = Memory')
    let sent = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (sent === 1000) controller.close()
          else controller.enqueue(new TextEncoder().encode(`${sent++}\n`.repeat(200)))
        },
      },
      { highWaterMark: 0 },
    )
    await text(engine, 'INSERT INTO t FORMAT TSV', { body })
    assert.equal(await text(engine, 'SELECT count(), sum(a) FROM t'), '200000\t99900000\n')

    const broken = new ReadableStream<Uint8Array>({
      pull: controller => controller.error(new Error('the file is gone')),
    })
    await assert.rejects(text(engine, 'INSERT INTO t FORMAT TSV', { body: broken }), /the file is gone/)

    let isCancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new TextEncoder().encode('x\n'.repeat(1000))),
      cancel: () => void (isCancelled = true),
    })
    await assert.rejects(text(engine, 'INSERT INTO t FORMAT TSV', { body: endless }), DBError)
    assert.ok(isCancelled)
    assert.equal(await text(engine, 'SELECT count() FROM t'), '200000\n')
  }))

test('a reader that pauses holds the query back; one that leaves ends it', () =>
  connected(async (engine, far) => {
    const running = async () =>
      Number(
        await text(far, 'SELECT count() FROM system.processes WHERE query_id = {q:String}', {
          parameters: { q: 'slow' },
        }),
      )
    let read = 0
    const { body } = await engine.execute(
      request('SELECT number, repeat(toString(number), 20) FROM numbers(100000000)', {
        queryId: 'slow',
        settings: { max_block_size: '1000' },
        onProgress: ({ resultBytes }) => void (read = resultBytes),
      }),
    )
    const reader = body!.getReader()
    await reader.read()
    await platform.clock.wait(300)
    const before = read
    await platform.clock.wait(100)
    assert.equal(read, before)
    assert.ok(read < 32 << 20)
    assert.equal(await running(), 1)
    await reader.cancel()
    for (let i = 0; i < 1000 && (await running()) > 0; i++) await platform.clock.wait(10)
    assert.equal(await running(), 0)
  }))

test('an aborted signal ends the query with an error, never with half a result', () =>
  connected(async (engine, far) => {
    const abort = new AbortController()
    const answer = text(engine, 'SELECT number FROM numbers(10000000000)', { signal: abort.signal, queryId: 'a' })
    platform.clock.after(50, () => abort.abort())
    await assert.rejects(answer, fails('QUERY_WAS_CANCELLED'))
    const early = new AbortController()
    const silent = text(engine, 'SELECT max(sipHash64(number)) FROM numbers(100000000000)', { signal: early.signal })
    platform.clock.after(50, () => early.abort())
    await assert.rejects(silent, fails('QUERY_WAS_CANCELLED'))
    await assert.rejects(text(engine, 'SELECT 1', { signal: early.signal }), fails('QUERY_WAS_CANCELLED'))
    for (let i = 0; i < 1000 && (await text(far, 'SELECT count() FROM system.processes')) !== '1\n'; i++)
      await platform.clock.wait(10)
    assert.equal(await text(far, 'SELECT count() FROM system.processes'), '1\n')
  }))

test('sessions keep settings, database and temporary tables, and end with their owner', () =>
  connected(async engine => {
    const session = engine.sessions.acquire('default', 's')
    await text(engine, 'SET max_threads = 7', { session })
    assert.equal(session.settings.get('max_threads'), '7')
    await text(engine, 'CREATE TEMPORARY TABLE mine (a UInt8)', { session })
    await text(engine, 'INSERT INTO mine VALUES (5)', { session })
    await text(engine, 'CREATE DATABASE d')
    await text(engine, 'USE d', { session })
    assert.equal(await text(engine, 'SELECT a, currentDatabase() FROM mine', { session }), '5\td\n')
    await assert.rejects(text(engine, 'SELECT * FROM mine'), fails('UNKNOWN_TABLE'))
    engine.sessions.release(session, { close: true })
    const second = engine.sessions.acquire('default', 's')
    await assert.rejects(text(engine, 'SELECT * FROM mine', { session: second }), fails('UNKNOWN_TABLE'))
    engine.sessions.release(second, { close: true })
  }))

test('the HTTP interface runs on top', () =>
  connected(async engine => {
    const app = createApp(engine, { platform })
    const answer = await app.request('/?query=SELECT+1+AS+a+FORMAT+JSONEachRow')
    assert.equal(await answer.text(), '{"a":1}\n')
    assert.match(await (await app.request('/metrics')).text(), /ClickHouse/)
    const inserted = await app.request('/?query=SELECT+*+FROM+nothing', { method: 'POST' })
    assert.equal(inserted.headers.get('x-clickhouse-exception-code'), '60')
  }))

test('who waits for an engine that is gone is told so', () =>
  connected(async engine => {
    const waiting = text(engine, 'SELECT sleep(2)')
    const reading = await engine.execute(request('SELECT number FROM numbers(100000000)'))
    const gone = new DBError('ABORTED', 'The worker ended')
    engine.lose(gone)
    await assert.rejects(waiting, fails('ABORTED'))
    await assert.rejects(new Response(reading.body).text(), /The worker ended/)
    await assert.rejects(text(engine, 'SELECT 1'), fails('ABORTED'))
  }))
