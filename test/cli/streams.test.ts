// Signals, pipes and exit codes of the built program, on the runtime that runs this; and the command that picks the runtime.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { ServerProcess } from '../durability/serverProcess.ts'
import { programOf, runtimeHere } from '../platform/program.ts'

function start(args: string[]): ChildProcess {
  const [command, first] = programOf()
  return spawn(command, [...first, ...args])
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = ''
  let err = ''
  child.stdout!.on('data', bytes => (out += bytes))
  child.stderr!.on('data', bytes => (err += bytes))
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, out, err }
}

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-test-'))
  try {
    await use(directory)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

test('`granary` itself starts the program of the runtime that runs it', async () => {
  const [command, first] = programOf()
  const args = [...first.slice(0, -1), path.resolve('dist/cli.js'), 'local', '-q', 'SELECT 6 * 7']
  assert.deepEqual(await outcome(spawn(command, args)), { code: 0, out: '42\n', err: '' })
})

test('a reader that has seen enough ends the program without an error', async () => {
  const child = start(['local', '-q', 'SELECT number FROM numbers(100000000)'])
  await new Promise(resolve => child.stdout!.once('data', resolve))
  child.stdout!.destroy()
  let err = ''
  child.stderr!.on('data', bytes => (err += bytes))
  const code = await new Promise(resolve => child.on('close', resolve))
  assert.deepEqual({ code, err }, { code: 0, err: '' })
})

test('megabytes go through standard input and output', async () => {
  const args = ['local', '--stdin', 't', '--structure', 'n UInt32', '-q', 'SELECT n FROM t ORDER BY n']
  const lines = Array.from({ length: 300_000 }, (_, n) => `${n}\n`).join('')
  const child = start(args)
  const result = outcome(child)
  child.stdin!.end(lines)
  const { code, out, err } = await result
  assert.deepEqual({ code, err }, { code: 0, err: '' })
  assert.ok(out === lines)
})

test('Ctrl-C cancels a query of granary local', async () => {
  const child = start([
    'local',
    '--max-threads',
    '1',
    '-q',
    'SELECT 1; SELECT sum(sleepEachRow(0.01)) FROM numbers(100000) SETTINGS max_block_size = 1',
  ])
  const result = outcome(child)
  await new Promise(resolve => child.stdout!.once('data', resolve))
  await new Promise(resolve => setTimeout(resolve, 100))
  // Not child.kill(): Deno then tells of the signal in place of the exit code.
  process.kill(child.pid!, 'SIGINT')
  const { code, err } = await result
  assert.equal(code, 394 % 256)
  assert.match(err, /QUERY_WAS_CANCELLED/)
})

/** Waits until a query with this text is under way. */
async function runs(server: ServerProcess, text: string): Promise<void> {
  const count = `SELECT count() FROM system.processes WHERE query LIKE '%${text}%' AND query NOT LIKE '%processes%'`
  for (let tries = 0; (await server.text(count)) === '0'; tries++) {
    assert.ok(tries < 1000, `${text} never runs`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} lets the query finish, and ends the server with 0`, () =>
    withDirectory(async directory => {
      const server = await ServerProcess.start(directory)
      const answer = server.text('SELECT sleep(2), 7')
      await runs(server, 'sleep(2)')
      process.kill(server.child.pid!, signal)
      assert.equal(await answer, '0\t7')
      const code = await new Promise(resolve =>
        server.child.exitCode === null ? server.child.on('close', resolve) : resolve(server.child.exitCode),
      )
      assert.equal(code, 0)
      assert.match(server.log, new RegExp(`${signal}: stopping`))
      assert.ok(!fs.existsSync(path.join(directory, 'status')))
    }))

test('a second signal ends it at once', () =>
  withDirectory(async directory => {
    const server = await ServerProcess.start(directory)
    const answer = server.text('SELECT sleep(3)').catch(() => 'broken')
    await runs(server, 'sleep(3)')
    const ended = new Promise(resolve => server.child.on('close', resolve))
    process.kill(server.child.pid!, 'SIGTERM')
    await new Promise(resolve => setTimeout(resolve, 100))
    process.kill(server.child.pid!, 'SIGTERM')
    assert.equal(await ended, 130)
    assert.equal(await answer, 'broken')
    // What it left is no lock.
    const again = await ServerProcess.start(directory)
    await again.stop()
  }))

test(`the server says that it runs on ${runtimeHere}`, () =>
  withDirectory(async directory => {
    const server = await ServerProcess.start(directory)
    assert.match(server.log, new RegExp(` on ${runtimeHere} `, 'i'))
    await server.stop()
  }))
