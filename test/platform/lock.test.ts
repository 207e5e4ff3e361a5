// One process at a time has a data directory, and nothing that dies keeps the next one away from it.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { DBError } from '../../runtime/core/errors.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { ServerProcess } from '../durability/serverProcess.ts'
import { platformHere } from './here.ts'
import { programOf } from './program.ts'

const platform = platformHere()
const refused = (error: DBError) =>
  error.code === 76 && /Cannot lock file .*status\. Another server instance in same directory/.test(error.message)

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-lock-'))
  try {
    await use(directory)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

async function opens(directory: string): Promise<boolean> {
  const disk = await platform.openDisk(directory)
  try {
    await (await disk.lock!(platform)).release()
  } catch (error) {
    assert.ok(refused(error as DBError), String(error))
    return false
  }
  assert.deepEqual(fs.readdirSync(directory), [], 'nothing is left')
  return true
}

test('a second engine of the same process is refused until the first is closed', () =>
  withDirectory(async directory => {
    const first = await createEngine(platform, { path: directory })
    assert.match(
      fs.readFileSync(path.join(directory, 'status'), 'utf8'),
      new RegExp(`^PID: ${process.pid}\nStarted at: `),
    )
    await assert.rejects(createEngine(platform, { path: directory }), refused)
    await first.close({ graceMs: 0 })
    assert.ok(!fs.existsSync(path.join(directory, 'status')))
    const second = await createEngine(platform, { path: directory })
    await second.close({ graceMs: 0 })
  }))

test('what dead processes left is no lock', () =>
  withDirectory(async directory => {
    const dead = spawn(process.execPath, ['--version'])
    await new Promise(resolve => dead.on('close', resolve))
    const lock = await (await platform.openDisk(directory)).lock!(platform)
    const mine = fs.readFileSync(path.join(directory, 'status'), 'utf8')
    assert.equal(await opens(directory), false)
    await lock.release()
    const isLinux = fs.existsSync('/proc/self/stat')
    const contents: [content: string, opens: boolean][] = [
      ['', true],
      ['what is this?', true],
      [mine.replace(/^PID: \d+/, `PID: ${dead.pid}`), true],
      [mine, false],
      // The pid is used again: by a process that began at another time, or after the machine did.
      [mine.replace(/^Process: \S+/m, 'Process: 1'), isLinux],
      [mine.replace(/^(Process: \S+) \S+/m, '$1 00000000-0000-0000-0000-000000000000'), isLinux],
      // As ClickHouse writes it.
      [`PID: ${process.pid}\nStarted at: 2026-01-01 00:00:00\nRevision: 54512\n`, false],
      [`PID: ${dead.pid}\nStarted at: 2026-01-01 00:00:00\nRevision: 54512\n`, true],
    ]
    for (const [content, expected] of contents) {
      fs.writeFileSync(path.join(directory, 'status'), content)
      assert.equal(await opens(directory), expected, content)
      fs.rmSync(path.join(directory, 'status'), { force: true })
    }
    // An old one of ClickHouse, and its pid is used again.
    fs.writeFileSync(
      path.join(directory, 'status'),
      `PID: ${process.pid}\nStarted at: 2020-01-01 00:00:00\nRevision: 1\n`,
    )
    fs.utimesSync(path.join(directory, 'status'), 1577836800, 1577836800)
    assert.equal(await opens(directory), isLinux)
  }))

test('who died while it removed the remains of another does no harm', () =>
  withDirectory(async directory => {
    const disk = await platform.openDisk(directory)
    const lock = await disk.lock!(platform)
    const mine = fs.readFileSync(path.join(directory, 'status'), 'utf8')
    await lock.release()
    const stale = mine.replace(/^PID: \d+/, 'PID: 999999999')
    fs.writeFileSync(path.join(directory, 'status'), stale)
    const { createHash } = await import('node:crypto')
    const id = createHash('sha256').update(stale).digest('hex').slice(0, 16)
    fs.writeFileSync(path.join(directory, `status.after_${id}`), stale)
    fs.writeFileSync(path.join(directory, 'status.after_0123456789abcdef'), stale)
    fs.writeFileSync(path.join(directory, 'status.tmp_999999999_0'), stale)
    assert.ok(await opens(directory))
  }))

test('of several processes that start over the remains of a dead one, one gets the directory', () =>
  withDirectory(async directory => {
    const server = await ServerProcess.start(directory)
    await server.kill()
    assert.ok(fs.existsSync(path.join(directory, 'status')))
    const [command, first] = programOf()
    // Whoever gets it keeps it until the others have ended, however slowly they start.
    const long = 'SELECT sleepEachRow(1) FROM numbers(600) SETTINGS max_block_size = 1 FORMAT Null'
    const children = Array.from({ length: 4 }, () => {
      const args = ['local', '--path', directory, '--max-threads', '1', '-q', long]
      const child: ChildProcess = spawn(command, [...first, ...args], { stdio: ['ignore', 'ignore', 'ignore'] })
      return child
    })
    const codes: (number | null)[] = []
    const closed = children.map(
      child =>
        new Promise<void>(resolve =>
          child.on('close', code => {
            codes.push(code)
            if (codes.length === 3) for (const other of children) other.kill('SIGKILL')
            resolve()
          }),
        ),
    )
    await Promise.all(closed)
    assert.deepEqual(codes, [76, 76, 76, null])
  }))

test('a second server says why it does not start', () =>
  withDirectory(async directory => {
    const first = await ServerProcess.start(directory)
    const second = ServerProcess.spawn(directory)
    const code = await new Promise(resolve => second.child.on('close', resolve))
    assert.equal(code, 76)
    assert.match(
      second.log,
      /Code: 76\. DB::Exception: Cannot lock file .*status\. Another server instance .*\(CANNOT_OPEN_FILE\)/,
    )
    assert.equal(await first.text('SELECT 1'), '1')
    await first.kill()
    const third = await ServerProcess.start(directory)
    await third.stop()
    assert.ok(!fs.existsSync(path.join(directory, 'status')))
  }))
