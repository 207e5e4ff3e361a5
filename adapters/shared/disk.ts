import fs from 'node:fs'
import path from 'node:path'
import { DBError, type ErrorName } from '../../runtime/core/errors.ts'
import type { Disk, DiskEntry, DiskLock, FileWriter, OpenFile } from '../../runtime/storage/disk.ts'
import { lockDirectory } from './directoryLock.ts'

/** Files below one directory of this machine. Runs as it is on Node, Deno and Bun. */
export class LocalDisk implements Disk {
  readonly can = { rename: true, append: true, sync: true, write: true }
  readonly root: string

  constructor(root: string) {
    this.root = path.resolve(root)
    makeDirectories(this.root)
  }

  #path(relative: string): string {
    if (relative === '') return this.root
    if (relative.split('/').some(part => part === '' || part === '.' || part === '..'))
      throw new DBError('INCORRECT_FILE_NAME', `Path ${JSON.stringify(relative)} leads outside of its disk`)
    return path.join(this.root, relative)
  }

  async read(file: string, start: number, end: number): Promise<Uint8Array> {
    const handle = await told(fs.promises.open(this.#path(file), 'r'), file)
    try {
      // No more than there is: a reader that does not know the size asks for a lot.
      const { size } = await handle.stat()
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start))
      let have = 0
      while (have < bytes.length) {
        const { bytesRead } = await handle.read(bytes, have, bytes.length - have, start + have)
        if (bytesRead === 0) break
        have += bytesRead
      }
      return bytes.subarray(0, have)
    } finally {
      await handle.close()
    }
  }

  readSync(file: string, start: number, target: Uint8Array): number {
    const open = this.openSync(file)
    try {
      return open.read(start, target)
    } finally {
      open.close()
    }
  }

  openSync(file: string): OpenFile {
    const descriptor = toldSync(() => fs.openSync(this.#path(file), 'r'), file)
    return {
      read(start, target) {
        let have = 0
        while (have < target.length) {
          const read = fs.readSync(descriptor, target, have, target.length - have, start + have)
          if (read === 0) break
          have += read
        }
        return have
      },
      close: () => fs.closeSync(descriptor),
    }
  }

  async size(file: string): Promise<number | null> {
    const stat = await fs.promises.stat(this.#path(file)).catch(absent)
    return stat?.isFile() ? stat.size : null
  }

  async list(directory: string): Promise<DiskEntry[]> {
    const names = (await fs.promises.readdir(this.#path(directory)).catch(absent)) ?? []
    const entries = await Promise.all(
      names.map(async name => {
        const stat = await fs.promises.stat(path.join(this.#path(directory), name)).catch(absent)
        return (
          stat && {
            name,
            isDirectory: stat.isDirectory(),
            size: stat.isFile() ? stat.size : 0,
            modifiedMs: stat.mtimeMs,
          }
        )
      }),
    )
    return entries.filter(entry => entry !== null)
  }

  async put(file: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<void> {
    const target = this.#path(file)
    toldSync(() => makeDirectories(path.dirname(target)), file)
    // Written aside, so that there is never half of it. link() fails where the name is taken, rename() does not.
    const aside = `${target}.tmp_${nextNumber()}`
    try {
      const handle = await told(fs.promises.open(aside, 'w'), file)
      try {
        await told(handle.writeFile(bytes), file)
        await told(handle.sync(), file)
      } finally {
        await handle.close()
      }
      if (options.ifAbsent) await told(fs.promises.link(aside, target), file)
      else await told(fs.promises.rename(aside, target), file)
    } catch (error) {
      await fs.promises.rm(aside, { force: true }).catch(() => {}) // the first error is the one to tell
      throw error
    }
    if (options.ifAbsent) await fs.promises.unlink(aside)
    await syncDirectory(path.dirname(target))
  }

  async create(file: string): Promise<FileWriter> {
    const target = this.#path(file)
    let descriptor: number
    try {
      descriptor = fs.openSync(target, 'w')
    } catch {
      descriptor = toldSync(() => {
        makeDirectories(path.dirname(target))
        return fs.openSync(target, 'w')
      }, file)
    }
    let size = 0
    /** Where the file ends; 0 until there are zeros behind what was written. */
    let end = 0
    let isReserving = false
    return {
      write(bytes) {
        let done = 0
        while (done < bytes.length) {
          const at = isReserving ? size : null
          const written = toldSync(() => fs.writeSync(descriptor, bytes, done, bytes.length - done, at), file)
          done += written
          size += written
        }
      },
      sync: () => told(dataSynced(descriptor), file),
      async reserve(bytes) {
        isReserving = true
        const from = Math.max(size, end)
        const zeros = new Uint8Array(Math.max(0, size + bytes - from))
        end = from + zeros.length
        try {
          for (let done = 0; done < zeros.length; )
            done += await told(writtenAt(descriptor, zeros.subarray(done), from + done), file)
        } catch (error) {
          fs.ftruncateSync(descriptor, size)
          throw error
        }
      },
      async close(options) {
        try {
          if (end > size) toldSync(() => fs.ftruncateSync(descriptor, size), file)
          if (options?.sync) toldSync(() => fs.fsyncSync(descriptor), file)
        } finally {
          fs.closeSync(descriptor)
        }
      },
      async abort() {
        fs.closeSync(descriptor)
        await fs.promises.rm(target, { force: true })
      },
    }
  }

  async remove(file: string, options: { durable?: boolean } = {}): Promise<void> {
    const target = this.#path(file)
    await fs.promises.rm(target, { recursive: true, force: true })
    if (options.durable) await syncDirectory(path.dirname(target)).catch(absent)
  }

  async commit(from: string, to: string): Promise<void> {
    await this.sync(from)
    await this.move(from, to)
  }

  async sync(directory: string): Promise<void> {
    await syncBelow(this.#path(directory))
    await syncDirectory(path.dirname(this.#path(directory)))
  }

  async move(from: string, to: string): Promise<void> {
    const [source, target] = [this.#path(from), this.#path(to)]
    // rename() replaces an empty directory in silence, and a directory that is taken is never ours to replace.
    const [stat, taken] = await Promise.all([
      fs.promises.stat(source).catch(absent),
      fs.promises.stat(target).catch(absent),
    ])
    if (!stat) throw new DBError('FILE_DOESNT_EXIST', `${from} does not exist`)
    if (stat.isDirectory() && taken) throw new DBError('DIRECTORY_ALREADY_EXISTS', `Directory ${to} already exists`)
    toldSync(() => makeDirectories(path.dirname(target)), to)
    await told(fs.promises.rename(source, target), from)
    await syncDirectory(path.dirname(target))
    if (path.dirname(source) !== path.dirname(target)) await syncDirectory(path.dirname(source))
  }

  async link(from: string, to: string): Promise<void> {
    const target = this.#path(to)
    toldSync(() => makeDirectories(path.dirname(target)), to)
    await told(fs.promises.link(this.#path(from), target), from)
  }

  lock(): Promise<DiskLock> {
    return lockDirectory(this.root)
  }

  async freeBytes(): Promise<number | null> {
    const { bavail, bsize } = await fs.promises.statfs(this.root)
    return bavail * bsize
  }
}

let number = 0
const nextNumber = (): string => `${process.pid}_${number++}`

const dataSynced = (descriptor: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fs.fdatasync(descriptor, error => (error ? reject(error) : resolve()))
  })

const writtenAt = (descriptor: number, bytes: Uint8Array, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.write(descriptor, bytes, 0, bytes.length, position, (error, written) =>
      error ? reject(error) : resolve(written),
    )
  })

async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.promises.open(directory, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!isSyncUnknown(error)) throw error
  } finally {
    await handle.close()
  }
}

/** Those that are missing, each durable in the one above it: what is synced below them later would else go with them. */
function makeDirectories(directory: string): void {
  if (fs.existsSync(directory)) return
  const parent = path.dirname(directory)
  makeDirectories(parent)
  fs.mkdirSync(directory, { recursive: true }) // another may have made it since
  const descriptor = fs.openSync(parent, 'r')
  try {
    fs.fsyncSync(descriptor)
  } catch (error) {
    if (!isSyncUnknown(error)) throw error
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Files at the same time, as the kernel puts many into one flush. */
async function syncBelow(directory: string): Promise<void> {
  const entries = await fs.promises.readdir(directory, { withFileTypes: true })
  const left = [...entries]
  const work = async () => {
    for (let entry = left.pop(); entry; entry = left.pop()) {
      const whole = path.join(directory, entry.name)
      if (entry.isDirectory()) await syncBelow(whole)
      else {
        const handle = await fs.promises.open(whole, 'r')
        await handle.sync().finally(() => handle.close())
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  await syncDirectory(directory)
}

/** Some file systems know no fsync of a directory. */
const isSyncUnknown = (error: unknown): boolean => ['EINVAL', 'EPERM', 'EISDIR', 'EBADF'].includes(codeOf(error))

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

function absent(error: unknown): null {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
  throw error
}

/** What the system said, with ClickHouse's code. */
function translate(error: unknown, file: string): unknown {
  const told = (name: ErrorName, text: string) => new DBError(name, text, { cause: error })
  switch (codeOf(error)) {
    case 'ENOENT':
      return told('FILE_DOESNT_EXIST', `File ${file} does not exist`)
    case 'EEXIST':
      return told('FILE_ALREADY_EXISTS', `File ${file} already exists`)
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return told('NOT_ENOUGH_SPACE', `Cannot write ${file}: no space is left on the disk`)
    case 'EIO':
      return told('CANNOT_READ_FROM_FILE_DESCRIPTOR', `Cannot read or write ${file}: the disk reports an error`)
    case 'EMFILE':
    case 'ENFILE':
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return told('CANNOT_OPEN_FILE', `Cannot open ${file}: ${codeOf(error)}`)
    default:
      return error
  }
}

const told = <T>(promise: Promise<T>, file: string): Promise<T> =>
  promise.catch(error => {
    throw translate(error, file)
  })

function toldSync<T>(call: () => T, file: string): T {
  try {
    return call()
  } catch (error) {
    throw translate(error, file)
  }
}
