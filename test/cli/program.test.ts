// The built program, as it is installed: processes, signals, exit codes, worker threads.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { programOf } from '../platform/program.ts'

function granary(args: string[], options: { input?: string; environment?: Record<string, string> } = {}): ChildProcess {
  const [command, first] = programOf()
  const child = spawn(command, [...first, ...args], {
    env: { ...process.env, ...options.environment },
  })
  child.stdin!.end(options.input ?? '')
  return child
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = ''
  let err = ''
  child.stdout!.on('data', bytes => (out += bytes))
  child.stderr!.on('data', bytes => (err += bytes))
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, out, err }
}

const run = (args: string[], options?: Parameters<typeof granary>[1]) => outcome(granary(args, options))

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-test-'))
  try {
    await use(directory)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

/** Sends a part of the data that it has announced, and hangs up. */
function brokenInsert(url: string): Promise<void> {
  return new Promise(resolve => {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('POST /?query=INSERT+INTO+n+FORMAT+TSV HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n')
      socket.write('1\n'.repeat(1000000), () => {
        socket.destroy()
        setTimeout(resolve, 200)
      })
    })
  })
}

test('granary local: queries, files, standard input, errors', () =>
  withDirectory(async directory => {
    assert.deepEqual(await run(['local', '-q', 'SELECT sum(number) FROM numbers(1000000); SELECT 2']), {
      code: 0,
      out: '499999500000\n2\n',
      err: '',
    })
    const file = path.join(directory, 'sales.2024.csv')
    fs.writeFileSync(file, 'region,amount\nnorth,1\nsouth,2\nnorth,3\n')
    const query = 'SELECT region, sum(amount) FROM sales GROUP BY region ORDER BY region'
    assert.equal((await run(['local', '--file', file, '-q', query])).out, 'north\t4\nsouth\t2\n')
    const piped = await run(['local', '--stdin', 't', '--structure', 'a UInt8', '-q', 'SELECT sum(a) FROM t'], {
      input: '1\n2\n',
    })
    assert.equal(piped.out, '3\n')
    const failed = await run(['local', '-q', 'SELECT * FROM missing'])
    assert.equal(failed.code, 60)
    assert.match(failed.err, /^Code: 60\. DB::Exception: /)
  }))

test('granary server keeps what it was given, over a restart; the client asks it', () =>
  withDirectory(async directory => {
    const start = async () => {
      const child = granary(['server', '--path', directory, '--http-port', '0', '--max-threads', '2'])
      const url = await new Promise<string>((resolve, reject) => {
        let err = ''
        child.stderr!.on('data', bytes => {
          err += bytes
          const found = /http:\/\/127\.0\.0\.1:\d+/.exec(err)
          if (found) resolve(found[0])
        })
        child.on('close', () => reject(new Error(err)))
      })
      return { child, url }
    }
    const stop = async (child: ChildProcess) => {
      const ended = new Promise(resolve => child.on('close', resolve))
      process.kill(child.pid!, 'SIGTERM')
      assert.equal(await ended, 0)
    }
    const first = await start()
    const ask = (url: string, query: string, input?: string) => run(['client', '--url', url, '-q', query], { input })
    assert.equal((await ask(first.url, 'CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a')).code, 0)
    assert.equal((await ask(first.url, 'INSERT INTO t FORMAT CSV', '1,x\n2,y\n')).code, 0)
    assert.equal((await ask(first.url, 'SELECT * FROM t ORDER BY a')).out, '1\tx\n2\ty\n')
    // Enough rows that both threads work on them, each on its share.
    await ask(first.url, 'CREATE TABLE n (n UInt64) ENGINE = MergeTree ORDER BY n')
    await ask(first.url, 'INSERT INTO n SELECT number FROM numbers(500000)')
    const sums = await ask(
      first.url,
      'SELECT count(), sum(n) FROM n; SELECT n % 2 AS m, count() FROM n GROUP BY m ORDER BY m',
    )
    assert.equal(sums.out, '500000\t124999750000\n0\t250000\n1\t250000\n')
    // Data that is unpacked on its way belongs to nobody else when it goes to a worker.
    const rows = zlib.gzipSync(Array.from({ length: 200000 }, (_, i) => `${i}\n`).join(''))
    const packed = await fetch(`${first.url}/?query=INSERT+INTO+n+FORMAT+TSV`, {
      method: 'POST',
      body: rows,
      headers: { 'Content-Encoding': 'gzip' },
    })
    assert.equal(await packed.text(), '')
    assert.equal((await ask(first.url, 'SELECT count() FROM n')).out, '700000\n')
    // A client that goes away in the middle of a result, or of its data, does no harm.
    const answer = await fetch(`${first.url}/?query=SELECT+number+FROM+numbers(10000000000)`)
    const reader = answer.body!.getReader()
    await reader.read()
    await reader.cancel()
    await brokenInsert(first.url)
    assert.equal((await ask(first.url, 'SELECT count() FROM n')).out, '700000\n')
    const failed = await ask(first.url, 'SELECT missing FROM t')
    assert.equal(failed.code, 47)
    await stop(first.child)
    const second = await start()
    assert.equal((await ask(second.url, 'SELECT count() FROM t')).out, '2\n')
    await stop(second.child)
  }))

test('a server that others could reach wants a password; wrong options are told', async () => {
  const open = await run(['server', '--host', '0.0.0.0', '--http-port', '0'])
  assert.equal(open.code, 1)
  assert.match(open.err, /Refusing to listen on 0\.0\.0\.0/)
  const wrong = await run(['server', '--http-port', 'abc'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /Write a whole number/)
  assert.match((await run(['--version'])).out, /^\d+\.\d+\.\d+\n$/)
  assert.match((await run(['local', '--help'])).out, /Examples:/)
  assert.equal((await run(['client', '--url', 'http://127.0.0.1:9', '-q', 'SELECT 1'])).code, 210)
})
