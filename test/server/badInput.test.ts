// What a client can send that is wrong, and what can be wrong on the disk: a clear error with ClickHouse's code, nothing half done,
// and a server that goes on.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { writeFrame } from '../../runtime/server/compressedFrames.ts'
import { ServerProcess } from '../durability/serverProcess.ts'
import { newMemory } from '../harness.ts'

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function withServer(use: (server: ServerProcess, directory: string) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-bad-'))
  const server = await ServerProcess.start(directory)
  try {
    await use(server, directory)
    assert.equal(await server.text('SELECT 1'), '1', 'the server goes on')
    assert.doesNotMatch(server.log, /<error>/, 'nothing went wrong inside')
  } finally {
    await server.kill()
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

const table = (name = 't') =>
  `CREATE TABLE ${name} (a UInt8, b Int32, s String, d Date, f Float64, l Array(UInt16), n Nullable(Int16), e Enum8('x' = 1))
   ENGINE = MergeTree ORDER BY a`

/** Directories of a table's parts, and what else lies there. */
const entries = (directory: string, name = 't') =>
  fs.readdirSync(path.join(directory, 'data/default', name)).filter(entry => entry !== 'format_version.txt')

test('statements that are wrong', () =>
  withServer(async server => {
    await server.text(table())
    const cases: [query: string, ...codes: number[]][] = [
      ['', 62],
      ['   ;', 62],
      ['SELEC 1', 62],
      ['SELECT', 62],
      ['SELECT 1 FROM', 62],
      ['SELECT (1', 62],
      ["SELECT 'abc", 62],
      ['SELECT `abc', 62],
      ['SELECT 1 /* abc', 62],
      ['SELECT 1; SELECT 2', 62],
      [`SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`, 62, 306, 167],
      [`SELECT ${'[('.repeat(5000)}`, 62, 306, 167],
      [`SELECT ${'-'.repeat(1)}${'NOT '.repeat(5000)}1`, 62, 306, 167],
      [`SELECT ${'1+'.repeat(60000)}1`, 168, 306, 167, 0],
      [`SELECT ${'a.'.repeat(5000)}b`, 47, 62, 306, 167],
      [`SELECT CAST(1 AS ${'Array('.repeat(3000)}UInt8${')'.repeat(3000)})`, 62, 306, 167, 53, 43, 70],
      ['\u0000\u0001\u0002', 62],
      ['SELECT \u0000', 62],
      ['SELECT missing FROM t', 47],
      ['SELECT missing(1)', 46],
      ['SELECT 1 FROM missing', 60],
      ['SELECT 1 FROM missing.t', 81],
      ["SELECT 1 + 'a'", 43],
      ['SELECT length(1)', 43],
      ['SELECT plus(1)', 42],
      ['SELECT sum(sum(a)) FROM t', 184],
      ['SELECT a, count() FROM t', 215],
      ['SELECT a FROM t WHERE count() > 1', 184],
      ["SELECT toUInt8('x')", 6],
      ["SELECT toDate('x')", 38, 6, 41],
      ["SELECT CAST('x' AS Enum8('y' = 1))", 691, 49, 36],
      ['SELECT CAST(NULL AS UInt8)', 349, 70],
      ['SELECT CAST(1 AS Missing)', 50],
      ["SELECT toFixedString('abc', 2)", 131],
      ['SELECT toDecimal32(1e10, 9)', 407, 69],
      ["SELECT toFixedString('a', 0)", 69, 131],
      ['SELECT intDiv(1, 0)', 153],
      ['SELECT modulo(1, 0)', 153],
      ['SELECT 1 FORMAT Missing', 73],
      ['SELECT 1 SETTINGS missing_setting = 1', 115],
      ["SELECT 1 SETTINGS max_threads = 'x'", 27, 6, 72, 62, 36],
      ["SELECT match('a', '(')", 427],
      ["SELECT * FROM numbers('x')", 43, 36, 27, 6, 70, 53],
      ['SELECT * FROM numbers(-1)', 36, 43, 27, 6, 70, 69],
      ['SELECT throwIf(1)', 395],
      ['SELECT range(1e9)', 69, 43],
      ["SELECT repeat('x', 100000000000)", 131, 128, 241],
      ['SELECT arrayJoin(1)', 53, 43, 46],
      ['SELECT 1 LIMIT -1', 0, 48],
      ["SELECT toDateTime(0, 'No/Zone')", 36],
      ['CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a', 57],
      ['CREATE TABLE u (a UInt8) ENGINE = Missing', 56],
      ['CREATE TABLE u (a Missing) ENGINE = Memory', 50],
      ['CREATE TABLE u (a UInt8) ENGINE = MergeTree ORDER BY b', 47],
      ['CREATE TABLE u (a UInt8, a UInt8) ENGINE = Memory', 44, 15],
      ['CREATE TABLE u (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS missing = 1', 115],
      ['DROP TABLE missing', 60],
      ['DROP DATABASE missing', 81],
      ['ALTER TABLE t DROP COLUMN missing', 10, 48],
      ["ALTER TABLE t DROP PARTITION 'x'", 248, 0],
      ['OPTIMIZE TABLE missing', 60],
      ['INSERT INTO missing VALUES (1)', 60],
      ['INSERT INTO t (missing) VALUES (1)', 16],
      ['INSERT INTO t (a, a) VALUES (1, 1)', 15],
      ['INSERT INTO t SELECT 1', 20],
      ['INSERT INTO t (a) SELECT 1, 2', 20],
      ["INSERT INTO t (a) SELECT 'x'", 6],
      ['INSERT INTO t FORMAT Missing', 73],
      ['USE missing', 81],
      ["KILL QUERY WHERE query_id = 'none'", 0],
    ]
    const wrong: string[] = []
    for (const [query, ...codes] of cases) {
      const { code, status, text } = await server.ask(query)
      const isNamed = code === 0 || new RegExp(`^Code: ${code}\\. DB::Exception: .+\\([A-Z_]+\\)`, 's').test(text)
      if (!codes.includes(code) || !isNamed || (status === 200) !== (code === 0))
        wrong.push(`${query.slice(0, 80)}: ${status} ${code} ${text.slice(0, 160)}`)
    }
    assert.deepEqual(wrong, [])
    assert.equal(await server.text('SELECT count() FROM t'), '0')
  }))

test('rows that are wrong: nothing of the INSERT is there', () =>
  withServer(async (server, directory) => {
    await server.text(table())
    const good = '1\t2\ts\t2020-01-01\t1.5\t[1,2]\t\\N\tx\n'
    const cases: [format: string, body: string | Uint8Array, ...codes: number[]][] = [
      ['TSV', `${good}x\t2\ts\t2020-01-01\t1.5\t[1]\t1\tx\n`, 27, 6, 72],
      ['TSV', `${good}1\t2\n`, 27, 117, 33],
      ['TSV', `${good}1\t2\ts\t2020-01-01\t1.5\t[1]\t1\tx\textra\n`, 27, 117],
      ['TSV', `${good}1\t2\ts\t2020-01-01\t1.5\t[1]\t1\tmissing\n`, 691, 49, 27, 36],
      ['TSV', `${good}1\t2\ts\t2020-01-01\t1.5\t[1\t1\tx\n`, 27, 72, 26, 130, 6],
      ['TSV', `${good}1\t2\ts\tnever\t1.5\t[1]\t1\tx\n`, 27, 38, 6, 41],
      ['TSV', `${good}1\t2\ts\t2020-01-01\tabc\t[1]\t1\tx\n`, 27, 72, 6],
      ['CSV', '1,2,"s,2020-01-01\n', 27, 33, 26, 117],
      ['CSV', '1,2,s\n', 27, 33, 117, 26],
      ['JSONEachRow', '{"a": 1, "b": 2}\n{"a": ', 27, 117, 33, 25, 26, 72, 32],
      ['JSONEachRow', '{"a": "x"}\n', 27, 117, 72, 6, 32],
      ['JSONEachRow', '{"a": 1, "e": "y"}\n', 691],
      ['JSONEachRow', '[1, 2, 3]\n', 27, 117, 26],
      ['JSONEachRow', `{"a": ${'['.repeat(100_000)}`, 27, 117, 72, 26, 33, 6, 32, 167, 306],
      ['Values', "(1, 2, 's', '2020-01-01', 1.5, [1], NULL, 'x'), (1, 2", 62, 27, 33, 20],
      ['Values', "(1, 2, 's', '2020-01-01', 1.5, [1], NULL, 'x', 5)", 62, 27, 20],
      ['Values', '(missing(1), 2, 3, 4, 5, 6, 7, 8)', 46, 62],
      ['RowBinary', new Uint8Array([1, 2, 0, 0]), 33, 32],
      [
        'RowBinary',
        new Uint8Array([1, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        131,
        33,
        32,
        128,
      ],
      ['RowBinary', new Uint8Array([1, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]), 131, 33, 32, 128],
      [
        'Native',
        new Uint8Array([8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 97, 5, 85, 73, 110, 116, 56]),
        131,
        33,
        32,
        128,
        173,
        117,
        49,
        27,
        12,
        246,
        158,
      ],
      ['Native', new Uint8Array([1, 0xff, 0xff, 0x3f, 1, 97, 5, 85, 73, 110, 116, 56, 1, 2]), 33, 32, 117],
      ['Native', new Uint8Array([1, 2, 1, 97, 5, 85, 73, 110, 116, 56, 1]), 33, 32],
      ['Native', new Uint8Array([1, 2, 1, 97, 3, 70, 111, 111, 1, 1]), 50, 117],
      ['Native', new Uint8Array([1, 2, 1, 97, 5, 85, 73, 110, 116, 56, 1, 1, 7]), 33, 32],
      [
        'Native',
        new Uint8Array([1, 1, 1, 108, 13, ...Buffer.from('Array(UInt16)'), 255, 255, 255, 255, 255, 0, 0, 0]),
        33,
        32,
        131,
        128,
        117,
      ],
      ['Parquet', new Uint8Array(100), 636, 117, 33, 27, 32, 36, 1002],
      ['Parquet', Buffer.from(`PAR1${'x'.repeat(100)}\xff\xff\xff\x7fPAR1`, 'latin1'), 636, 117, 33, 27, 32, 36, 1002],
    ]
    const wrong: string[] = []
    for (const [format, body, ...codes] of cases) {
      const { code, text } = await server.ask(`INSERT INTO t FORMAT ${format}`, {
        body,
        settings: { max_insert_block_size: 1 },
      })
      if (!codes.includes(code))
        wrong.push(
          `${format} ${JSON.stringify(Buffer.from(body as string).toString('latin1')).slice(0, 80)}: ${code} ${text.slice(0, 160)}`,
        )
    }
    assert.deepEqual(wrong, [])
    assert.deepEqual(entries(directory), [])
    assert.equal(await server.text('SELECT count() FROM t'), '0')
    await server.text('INSERT INTO t FORMAT TSV', { body: good })
    assert.equal(await server.text('SELECT * FROM t'), good.trimEnd())
  }))

test('numbers beyond their types', () =>
  withServer(async server => {
    await server.text('CREATE TABLE t (a UInt8, b Int64, c Decimal(4, 2)) ENGINE = MergeTree ORDER BY a')
    const { code } = await server.ask('INSERT INTO t VALUES (1, 1, 1000000)')
    assert.equal(code, 69)
    assert.equal(await server.text('SELECT 18446744073709551616'), '18446744073709552000')
    assert.equal(await server.text('SELECT toTypeName(18446744073709551615)'), 'UInt64')
    assert.equal((await server.ask('SELECT 1e1000')).code, 62)
    assert.equal(await server.text('SELECT count() FROM t'), '0')
  }))

test('bodies that are cut, and frames that lie', () =>
  withServer(async (server, directory) => {
    await server.text('CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a')
    const rows = new TextEncoder().encode(Array.from({ length: 5000 }, (_, i) => `${i}\n`).join(''))
    const post = async (body: Uint8Array, headers: Record<string, string> = {}, parameters = '') => {
      const response = await fetch(
        `${server.url}/?query=INSERT+INTO+t+FORMAT+TSV&max_insert_block_size=100${parameters}`,
        {
          method: 'POST',
          body: body as BodyInit,
          headers,
        },
      )
      const text = await response.text()
      return { code: Number(response.headers.get('x-clickhouse-exception-code') ?? 0), text }
    }
    const gzip = Uint8Array.from(zlib.gzipSync(rows))
    const flipped = gzip.slice()
    flipped[gzip.length >> 1] ^= 0xff
    const gz = { 'content-encoding': 'gzip' }
    const broken: [string, { code: number; text: string }, number[]][] = [
      ['cut gzip', await post(gzip.subarray(0, gzip.length - 20), gz), [354]],
      ['flipped gzip', await post(flipped, gz), [354]],
      ['no gzip', await post(rows, gz), [354]],
      ['unknown encoding', await post(rows, { 'content-encoding': 'rot13' }), [48, 89]],
      ['no deflate', await post(rows, { 'content-encoding': 'deflate' }), [354]],
      ['no brotli', await post(rows, { 'content-encoding': 'br' }), [271]],
      ['no zstd', await post(rows, { 'content-encoding': 'zstd' }), [354, 561, 563]],
      ['no lz4', await post(rows, { 'content-encoding': 'lz4' }), [663]],
    ]
    const options = { memory: newMemory() }
    const frame = writeFrame(options, 'LZ4', rows)
    const changed = (change: (frame: Uint8Array, view: DataView) => void, seal = true) => {
      const copy = frame.slice()
      change(copy, new DataView(copy.buffer))
      if (seal) {
        const { memory } = options
        const at = memory.scratch(copy.length + 16)
        memory.copyIn(at, copy)
        memory.kernels.cityHash128(at + 16, copy.length - 16, at)
        copy.set(memory.bytes(at, 16))
      }
      return copy
    }
    const framed = (bytes: Uint8Array) => post(bytes, {}, '&decompress=1')
    broken.push(
      ['no frames', await framed(rows), [33, 271]],
      ['cut frame', await framed(frame.subarray(0, frame.length - 7)), [33]],
      ['flipped frame', await framed(changed(copy => (copy[100] ^= 1), false)), [40]],
      ['flipped and sealed', await framed(changed(copy => copy.fill(0xff, 100, 400))), [271]],
      ['too large', await framed(changed((_, view) => view.setUint32(21, 0x30000000, true))), [271, 12]],
      ['larger by one', await framed(changed((_, view) => view.setUint32(21, rows.length + 1, true))), [271, 12]],
      ['smaller', await framed(changed((_, view) => view.setUint32(21, 10, true))), [271]],
      ['unknown method', await framed(changed(copy => (copy[16] = 0x55))), [89]],
      ['no zstd inside', await framed(changed(copy => (copy[16] = 0x90))), [48, 271, 354, 561]],
    )
    assert.deepEqual(
      broken.filter(([, { code }, codes]) => !codes.includes(code)).map(([what, { code, text }]) => [what, code, text]),
      [],
    )
    assert.equal(await server.text('SELECT count() FROM t'), '0')
    assert.deepEqual(entries(directory), [])
    assert.equal((await post(gzip, gz)).code, 0)
    assert.equal((await framed(frame)).code, 0)
    assert.equal(await server.text('SELECT count() FROM t'), '10000')
    const megabytes = Number(/^VmRSS:\s+(\d+)/m.exec(residentOf(server.child.pid!))?.[1] ?? 0) / 1024
    assert.ok(megabytes < 600, `a lying frame makes no memory grow: ${megabytes} MB`)
  }))

function residentOf(pid: number): string {
  return fs.existsSync(`/proc/${pid}/status`) ? fs.readFileSync(`/proc/${pid}/status`, 'latin1') : ''
}

test('limits: memory, time, rows', () =>
  withServer(async server => {
    const cases: [query: string, settings: Record<string, string | number>, ...codes: number[]][] = [
      ['SELECT number, count() FROM numbers(1e7) GROUP BY number FORMAT Null', { max_memory_usage: 10_000_000 }, 241],
      ['SELECT number FROM numbers(1e7) ORDER BY number DESC FORMAT Null', { max_memory_usage: 10_000_000 }, 241],
      ['SELECT uniqExact(number) FROM numbers(1e7)', { max_memory_usage: 10_000_000 }, 241],
      ['SELECT groupArray(number) FROM numbers(1e7) FORMAT Null', { max_memory_usage: 10_000_000 }, 241],
      [
        'SELECT count() FROM numbers(10) a JOIN (SELECT number, toString(number) s FROM numbers(1e6)) b ON a.number = b.number',
        { max_memory_usage: 10_000_000 },
        241,
      ],
      ['SELECT DISTINCT number FROM numbers(1e7) FORMAT Null', { max_memory_usage: 10_000_000 }, 241],
      [
        'SELECT number FROM numbers(1e7) WHERE number IN (SELECT number FROM numbers(5e6)) FORMAT Null',
        { max_memory_usage: 10_000_000 },
        241,
      ],
      ['SELECT count() FROM numbers(1e12)', { max_execution_time: 0.2 }, 159, 0],
      ['SELECT sum(number) FROM numbers(1e12)', { max_execution_time: 0.2 }, 159],
      ['SELECT sum(number) FROM numbers(1e12)', { max_execution_time: 0.2, timeout_overflow_mode: 'break' }, 0],
      ['SELECT number % 1000 k, count() FROM numbers(1e12) GROUP BY k', { max_execution_time: 0.2 }, 159],
      ['SELECT number FROM numbers(100)', { max_result_rows: 10 }, 396],
      ['SELECT number FROM numbers(100)', { max_result_rows: 10, result_overflow_mode: 'break' }, 0],
      ['SELECT sum(number) FROM numbers(1e6)', { max_rows_to_read: 1000 }, 158],
      ['SELECT sum(number) FROM numbers(1e6)', { max_bytes_to_read: 1000 }, 307],
      ['SELECT number FROM numbers(1e6) GROUP BY number', { max_rows_to_group_by: 10 }, 158],
      ['SELECT 1', { max_query_size: 3 }, 62],
    ]
    const wrong: string[] = []
    for (const [query, settings, ...codes] of cases) {
      const started = performance.now()
      const { code, text } = await server.ask(query, { settings })
      const elapsed = performance.now() - started
      if (!codes.includes(code) || elapsed > 20_000)
        wrong.push(
          `${query.slice(0, 90)} ${JSON.stringify(settings)}: ${code} ${text.slice(0, 160)} (${elapsed.toFixed(0)} ms)`,
        )
    }
    assert.deepEqual(wrong, [])
  }))

/** The queries would run for hours. How soon they stop on a quiet machine is measured by bench/stop.mjs. */
const stopMsMax = 5000

test('KILL QUERY, a client that goes away: work stops at once', () =>
  withServer(async server => {
    const queries = [
      'SELECT sum(number) FROM numbers(1e12)',
      'SELECT number % 100000 k, count(), uniq(number) FROM numbers(1e12) GROUP BY k FORMAT Null',
      'SELECT number FROM numbers(1e12) FORMAT TSV',
      'SELECT number FROM numbers(1e12) ORDER BY number % 1000 LIMIT 10',
      "SELECT count() FROM numbers(1e12) WHERE toString(number) LIKE '%7%7%7%'",
      'SELECT count() FROM numbers(1e6) a, numbers(1e6) b',
      'SELECT sum(a.number) FROM numbers(1e6) a CROSS JOIN numbers(1e6) b',
      'INSERT INTO t SELECT number FROM numbers(1e12)',
    ]
    await server.text('CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a')
    const runs = async (id: string) =>
      (await server.text(`SELECT count() FROM system.processes WHERE query_id = '${id}'`)) === '1'
    let id = 0
    /** Starts a query, ends it by KILL or by going away, and gives how long it went on after that. */
    const stop = async (query: string, how: 'KILL' | 'leave'): Promise<number> => {
      const queryId = `q${id++}`
      const leaving = new AbortController()
      const answer = server
        .ask(query, { settings: { query_id: queryId }, signal: leaving.signal })
        .catch(error => ({ code: -1, text: String(error) }))
      for (let waited = 0; !(await runs(queryId)) && waited < 10_000; waited += 20) await sleep(20)
      await sleep(200)
      assert.ok(await runs(queryId), query)
      const started = performance.now()
      if (how === 'leave') leaving.abort()
      else await server.text(`KILL QUERY WHERE query_id = '${queryId}' SYNC`)
      const { code, text } = await answer
      while (await runs(queryId)) await sleep(2)
      const elapsed = performance.now() - started
      // One that has begun to answer breaks off.
      const isTold = code === 394 || code === -1 || text.includes('QUERY_WAS_CANCELLED')
      assert.ok(isTold, `${query}: ${code} ${text.slice(0, 100)}`)
      return elapsed
    }
    const slow: string[] = []
    for (const query of queries)
      for (const how of ['KILL', 'leave'] as const) {
        const elapsed = await stop(query, how)
        if (elapsed > stopMsMax) slow.push(`${how} ${query}: ${elapsed.toFixed(0)} ms`)
      }
    assert.deepEqual(slow, [])
  }))

test('a client that dies in the middle of its INSERT leaves nothing', () =>
  withServer(async (server, directory) => {
    await server.text('CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a')
    const port = Number(new URL(server.url).port)
    for (const head of ['Content-Length: 10000000', 'Transfer-Encoding: chunked']) {
      const socket = net.connect(port, '127.0.0.1')
      socket.on('error', () => {})
      const rows = Array.from({ length: 800_000 }, (_, i) => `${i}\n`).join('')
      socket.write(
        `POST /?query=INSERT+INTO+t+FORMAT+TSV&max_insert_block_size=1000&min_insert_block_size_rows=0 HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n`,
      )
      socket.write(head.startsWith('T') ? `${rows.length.toString(16)}\r\n${rows}\r\n` : rows)
      for (let waited = 0; entries(directory).length === 0 && waited < 30_000; waited += 5) await sleep(5)
      assert.ok(entries(directory).length > 0, 'it was under way')
      socket.destroy()
      for (let waited = 0; entries(directory).length > 0 && waited < 30_000; waited += 5) await sleep(5)
      assert.deepEqual(entries(directory), [])
      assert.equal(await server.text('SELECT count() FROM t'), '0')
      // It ends a moment after its files are gone.
      const running = () => server.text('SELECT count() FROM system.processes')
      for (let waited = 0; (await running()) !== '1' && waited < 30_000; waited += 5) await sleep(5)
      assert.equal(await running(), '1')
    }
  }))
