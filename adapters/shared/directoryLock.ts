// One process at a time writes to a data directory. As with ClickHouse the file `status` says who, but its lock is flock(), which only
// Deno has: here the file itself is the lock. It appears whole (link() fails where the name is taken), and is stale as soon as the
// process that it names is gone, so that kill -9 leaves nothing that keeps the next start away.
//
//   PID: 4711
//   Started at: 2026-11-21 08:00:00
//   Process: 123456 0b4f... 3      when the kernel started it and on which boot, which guards against a pid that is used again;
//                                  and a number, as one process may open and close a directory many times
//
// Removing a stale file is a race: between reading it and removing it, another process may have removed it and put its own there. So
// only one may remove a certain stale file: who holds the lock `status.after_ID` (the ID is the stale file's). It is taken in the same
// way, and may be stale in the same way. Who has it looks again whether the stale file is still there.
//
// Processes of other pid namespaces (containers that share a directory) are not seen, and neither is flock().
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { assert } from '../../runtime/core/assert.ts'
import { DBError } from '../../runtime/core/errors.ts'
import type { DiskLock } from '../../runtime/storage/disk.ts'

const fileName = 'status'
const claimMark = '.after_'
/** Each further one means a process that died while it removed the remains of one that died. */
const depthMax = 8
const attemptsMax = 100

let locksTaken = 0

/** CANNOT_OPEN_FILE when somebody has it. A directory that nobody can write to needs no lock. */
export async function lockDirectory(directory: string): Promise<DiskLock> {
  const file = path.join(directory, fileName)
  const content = describeSelf()
  if (!take(file, content, 0)) return { release: async () => {} }
  removeRemains(directory)
  let isReleased = false
  return {
    async release() {
      if (isReleased) return
      isReleased = true
      if (read(file)?.content === content) fs.rmSync(file, { force: true })
    },
  }
}

/**
 * What processes left that died while they took the lock, or removed a stale one. Whoever still holds a claim finds that `status` is
 * ours, and gives up.
 */
function removeRemains(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (!name.startsWith(`${fileName}.`)) continue
    const writer = /\.tmp_(\d+)_\d+$/.exec(name)?.[1]
    const isLeft = writer === undefined ? name.startsWith(`${fileName}${claimMark}`) : !isRunning(Number(writer))
    if (isLeft) fs.rmSync(path.join(directory, name), { force: true })
  }
}

/** False: the file system is read-only. */
function take(file: string, content: string, depth: number): boolean {
  const aside = `${file}.tmp_${process.pid}_${locksTaken++}`
  try {
    fs.writeFileSync(aside, content)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') return false
    throw cannotCreate(file, error)
  }
  try {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (linked(aside, file)) return true
      const found = read(file)
      if (found === null) continue
      if (depth === depthMax || isAlive(found)) break
      removeStale(file, found.content, content, depth)
    }
    throw new DBError(
      'CANNOT_OPEN_FILE',
      `Cannot lock file ${file}. Another server instance in same directory is already running.`,
    )
  } finally {
    fs.rmSync(aside, { force: true })
  }
}

function removeStale(file: string, stale: string, content: string, depth: number): void {
  const id = createHash('sha256').update(stale).digest('hex').slice(0, 16)
  const claim = `${file}${claimMark}${id}`
  take(claim, content, depth + 1)
  try {
    if (read(file)?.content === stale) fs.rmSync(file, { force: true })
  } finally {
    if (read(claim)?.content === content) fs.rmSync(claim, { force: true })
  }
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // File systems without links: created exclusively and then written, which a reader may find half done.
    return createdExclusively(from, to)
  }
}

function createdExclusively(from: string, to: string): boolean {
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cannotCreate(to, error)
  }
}

const cannotCreate = (file: string, error: unknown): DBError =>
  new DBError('CANNOT_OPEN_FILE', `Cannot create file ${file}: ${String(error)}`, { cause: error })

interface Found {
  readonly content: string
  readonly modifiedMs: number
}

function read(file: string): Found | null {
  try {
    return { modifiedMs: fs.statSync(file).mtimeMs, content: fs.readFileSync(file, 'utf8') }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new DBError('CANNOT_OPEN_FILE', `Cannot open file ${file}: ${String(error)}`, { cause: error })
  }
}

function describeSelf(): string {
  const started = new Date(Date.now() - performance.now()).toISOString()
  const content = `PID: ${process.pid}
Started at: ${started.slice(0, 10)} ${started.slice(11, 19)}
Process: ${startTicks()} ${bootId() ?? '-'} ${Date.now()}_${locksTaken++}
`
  assert(/^PID: \d+\n/.test(content), 'a lock says which process has it')
  return content
}

function startTicks(): string {
  const start = processStart(process.pid)
  return start === null || start === 'gone' ? '-' : start.ticks
}

/** Whether the process that wrote this still runs. */
function isAlive({ content, modifiedMs }: Found): boolean {
  const pid = Number(/^PID: (\d+)/m.exec(content)?.[1] ?? 0)
  if (pid === 0) return false
  const [, ticks, boot] = /^Process: (\S+) (\S+)/m.exec(content) ?? []
  const here = bootId()
  if (here !== null && boot !== undefined && boot !== '-' && boot !== here) return false
  const start = processStart(pid)
  if (start === 'gone') return false
  if (start === null) return answersSignal(pid)
  if (ticks !== undefined && ticks !== '-') return ticks === start.ticks
  // ClickHouse's own file: a process that began after it was written is another one.
  return start.startedMs <= modifiedMs + 1000
}

function isRunning(pid: number): boolean {
  const start = processStart(pid)
  return start === null ? answersSignal(pid) : start !== 'gone'
}

/** From /proc: null where there is none. A process that has died and was not waited for yet is gone. */
function processStart(pid: number): { ticks: string; startedMs: number } | 'gone' | null {
  let stat: string
  let bootSeconds: number
  try {
    bootSeconds = Number(/^btime (\d+)/m.exec(fs.readFileSync('/proc/stat', 'latin1'))?.[1])
  } catch {
    return null
  }
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return 'gone'
  }
  // Behind the name, which may hold anything: state is the first field, the start the twentieth.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return 'gone'
  const ticks = fields[19]
  return { ticks, startedMs: (bootSeconds + Number(ticks) / 100) * 1000 }
}

function bootId(): string | null {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return null
  }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
