// The Disk of a simulated process: everything that is waited for is an event, and may fail, be slow, or happen without an answer.
import { DBError, type ErrorName } from '../../runtime/core/errors.ts'
import type { Disk, DiskEntry, DiskLock, FileWriter, OpenFile } from '../../runtime/storage/disk.ts'
import { checked } from '../../runtime/storage/disks/memory.ts'
import { Drive, type Loss, split, Stored } from './drive.ts'
import type { Owner, World } from './world.ts'

/** How a disk behaves just now: shares of what is asked of it. */
export interface DiskMood {
  /** Reads, sizes and lists that fail. */
  readFails: number
  /** Changes that fail and have not happened. */
  changeFails: number
  /** Changes that happen, though the caller hears of an error. */
  answerLost: number
  /** What takes a hundred times as long. */
  slow: number
  /** Nothing can be written. */
  isFull: boolean
}

export const calm: DiskMood = { readFails: 0, changeFails: 0, answerLost: 0, slow: 0, isFull: false }

/** Deliberate faults of what must not be faulty: tests that break nothing see nothing. */
export interface DiskBreach {
  /** Nothing is durable, though the disk says so. */
  syncSkipped?: boolean
}

interface Flight {
  readonly effect: () => unknown
  readonly partly: (() => void) | null
}

/** The disk of one machine, over the lives of its processes. */
export class Spindle {
  readonly drive: Drive
  mood: DiskMood = calm
  breach: DiskBreach = {}
  /** Bytes can be read at once, as from local files; else all reads are waited for. */
  readsAtOnce = true
  holder: Owner | null = null
  readonly #flying = new Set<Flight>()

  constructor(readonly world: World) {
    this.drive = new Drive(world.random)
  }

  open(owner: Owner): SimulatedDisk {
    return new SimulatedDisk(this, owner)
  }

  /** What was under way when the process died happens, or in part, or not. */
  settle(): void {
    const { random } = this.world
    for (const { effect, partly } of this.#flying) {
      const outcome = random.next()
      try {
        if (outcome < 0.4) effect()
        else if (outcome < 0.7) partly?.()
      } catch {
        // It would have failed, and there is nobody to hear of it.
      }
    }
    this.#flying.clear()
  }

  losePower(loss: Loss): void {
    this.settle()
    this.drive.losePower(loss)
  }

  fly(flight: Flight): () => void {
    this.#flying.add(flight)
    return () => this.#flying.delete(flight)
  }
}

/** Errors that were injected say so. */
export const injectedText = 'injected'
export const isInjected = (error: unknown): boolean => error instanceof Error && error.message.includes(injectedText)

const latencyMs = { read: 0.2, change: 0.5, sync: 2 }

export class SimulatedDisk implements Disk {
  readonly can = { rename: true, append: true, sync: true, write: true }
  readonly readSync?: NonNullable<Disk['readSync']>
  readonly openSync?: NonNullable<Disk['openSync']>
  readonly lock: NonNullable<Disk['lock']>

  constructor(
    readonly spindle: Spindle,
    readonly owner: Owner,
  ) {
    this.lock = () => this.#takeLock()
    if (!spindle.readsAtOnce) return
    this.readSync = (path, start, target) => {
      this.#mayRead(path)
      return copyInto(this.#file(path).bytes, start, target)
    }
    this.openSync = path => this.#open(path)
  }

  get #world(): World {
    return this.spindle.world
  }

  get #drive(): Drive {
    return this.spindle.drive
  }

  #delay(usualMs: number): number {
    const { random } = this.#world
    if (random.chance(this.spindle.mood.slow)) {
      this.#world.inject('disk: slow')
      return usualMs * random.between(50, 500)
    }
    return usualMs * random.between(0.2, 2)
  }

  #mayRead(path: string): void {
    if (!this.#world.random.chance(this.spindle.mood.readFails)) return
    this.#world.inject('disk: a read fails')
    throw failure('CANNOT_READ_FROM_FILE_DESCRIPTOR', path)
  }

  #read<T>(kind: string, path: string, effect: () => T): Promise<T> {
    checked(path)
    return new Promise((resolve, reject) => {
      this.#world.after(this.owner, this.#delay(latencyMs.read), kind, path, () => {
        try {
          this.#mayRead(path)
          resolve(effect())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #change<T>(
    kind: string,
    path: string,
    ms: number,
    effect: () => T,
    partly: (() => void) | null = null,
    needsRoom = true,
  ): Promise<T> {
    checked(path)
    const landed = this.spindle.fly({ effect, partly })
    return new Promise((resolve, reject) => {
      this.#world.after(this.owner, this.#delay(ms), kind, path, () => {
        landed()
        const { mood } = this.spindle
        const { random } = this.#world
        try {
          if (mood.isFull && needsRoom) {
            this.#world.inject('disk: full')
            throw failure('NOT_ENOUGH_SPACE', path)
          }
          if (random.chance(mood.changeFails)) {
            this.#world.inject('disk: a change fails')
            if (random.chance(0.3)) partly?.()
            throw failure('CANNOT_WRITE_TO_FILE_DESCRIPTOR', path)
          }
          const value = effect()
          if (random.chance(mood.answerLost)) {
            this.#world.inject('disk: an answer is lost')
            throw failure('CANNOT_WRITE_TO_FILE_DESCRIPTOR', path)
          }
          resolve(value)
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #makeDurable(path: string): void {
    if (!this.spindle.breach.syncSkipped) this.#drive.sync(path)
  }

  #file(path: string): Stored {
    const file = this.#drive.find(checked(path))
    if (!(file instanceof Stored)) throw new DBError('FILE_DOESNT_EXIST', `File ${path} does not exist`)
    return file
  }

  #open(path: string): OpenFile {
    this.#mayRead(path)
    const file = this.#file(path)
    return {
      read: (start, target) => {
        this.#mayRead(path)
        return copyInto(file.bytes, start, target)
      },
      close: () => {},
    }
  }

  #place(path: string, file: Stored): void {
    const { folder, name } = split(path)
    const into = this.#drive.folder(folder)
    if (!into) throw new DBError('CANNOT_OPEN_FILE', `A file is in the way of ${path}`)
    into.set(name, file)
  }

  read(path: string, start: number, end: number): Promise<Uint8Array> {
    return this.#read('read', path, () => this.#file(path).bytes.slice(start, end))
  }

  size(path: string): Promise<number | null> {
    return this.#read('size', path, () => {
      const file = this.#drive.find(path)
      return file instanceof Stored ? file.bytes.length : null
    })
  }

  list(path: string): Promise<DiskEntry[]> {
    return this.#read('list', path, () => {
      const folder = this.#drive.find(path)
      if (!(folder instanceof Map)) return []
      const entries = [...folder].map(([name, node]) => ({
        name,
        isDirectory: node instanceof Map,
        size: node instanceof Stored ? node.bytes.length : 0,
        modifiedMs: node instanceof Stored ? node.modifiedMs : 0,
      }))
      return this.#world.random.shuffle(entries)
    })
  }

  put(path: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<void> {
    const file = new Stored()
    file.bytes = bytes.slice()
    const aside = `${path}.tmp_1_${this.#world.events}`
    return this.#change(
      'put',
      path,
      latencyMs.sync,
      () => {
        const there = this.#drive.find(path)
        if (options.ifAbsent && there) throw new DBError('FILE_ALREADY_EXISTS', `File ${path} already exists`)
        if (there instanceof Map) throw new DBError('CANNOT_OPEN_FILE', `${path} is a directory`)
        file.modifiedMs = this.#world.timeMs
        this.#place(path, file)
        this.#makeDurable(path)
      },
      () => {
        const half = new Stored()
        half.bytes = file.bytes.slice(0, this.#world.random.below(bytes.length + 1))
        this.#place(aside, half)
      },
    )
  }

  async create(path: string): Promise<FileWriter> {
    const file = await this.#change('create', path, latencyMs.change, () => {
      // As opening to write does: what is there becomes empty, under all of its names.
      const there = this.#drive.find(path)
      if (there instanceof Map) throw new DBError('CANNOT_OPEN_FILE', `${path} is a directory`)
      const file = there ?? new Stored()
      file.bytes = new Uint8Array(0)
      file.isReserved = false
      file.modifiedMs = this.#world.timeMs
      if (!there) this.#place(path, file)
      return file
    })
    return this.#writer(path, file)
  }

  #writer(path: string, file: Stored): FileWriter {
    const { random } = this.#world
    let room = new Uint8Array(512)
    let size = 0
    /** Where the zeros behind what was written end. */
    let reserved = 0
    const grow = (end: number) => {
      if (end <= room.length) return
      const larger = new Uint8Array(Math.max(end, room.length * 2))
      larger.set(room.subarray(0, size))
      room = larger
    }
    const append = (bytes: Uint8Array) => {
      grow(size + bytes.length)
      // What is durable is not to change by being written over.
      if (reserved > size && file.synced?.buffer === room.buffer) room = room.slice()
      room.set(bytes, size)
      size += bytes.length
      file.bytes = room.subarray(0, Math.max(size, reserved))
      file.modifiedMs = this.#world.timeMs
    }
    const reserve = (bytes: number) => {
      file.isReserved = true
      reserved = size + bytes
      grow(reserved)
      file.bytes = room.subarray(0, reserved)
    }
    const isWaitedFor = random.chance(0.1)
    return {
      write: given => {
        const { mood } = this.spindle
        if (isWaitedFor) {
          const bytes = given.slice()
          return this.#change('write', path, latencyMs.change, () => append(bytes))
        }
        if (mood.isFull || random.chance(mood.changeFails)) {
          this.#world.inject(mood.isFull ? 'disk: full' : 'disk: a change fails')
          append(given.subarray(0, random.below(given.length + 1)))
          throw failure(mood.isFull ? 'NOT_ENOUGH_SPACE' : 'CANNOT_WRITE_TO_FILE_DESCRIPTOR', path)
        }
        append(given)
        return undefined
      },
      sync: () =>
        this.#change('sync a file', path, latencyMs.sync, () => {
          // Its bytes; the name in its directory is made durable by itself.
          if (!this.spindle.breach.syncSkipped) file.synced = file.bytes
        }),
      reserve: bytes =>
        this.#change(
          'reserve',
          path,
          latencyMs.change,
          () => reserve(bytes),
          () => reserve(random.below(bytes)),
        ),
      close: options =>
        this.#change('close', path, options?.sync ? latencyMs.sync : latencyMs.change, () => {
          if (reserved > size) file.bytes = room.subarray(0, size)
          // It may have been moved or removed meanwhile; what is durable is this file.
          if (!options?.sync || this.spindle.breach.syncSkipped) return
          if (this.#drive.find(path) === file) this.#drive.sync(path)
          else file.synced = file.bytes
        }),
      abort: () => this.#change('abort', path, latencyMs.change, () => this.#drive.remove(path), null, false),
    }
  }

  remove(path: string, options: { durable?: boolean } = {}): Promise<void> {
    return this.#change(
      'remove',
      path,
      options.durable ? latencyMs.sync : latencyMs.change,
      () => {
        this.#drive.remove(path)
        if (options.durable && !this.spindle.breach.syncSkipped) this.#drive.syncNames(split(path).folder)
      },
      () => {
        const folder = this.#drive.find(path)
        if (folder instanceof Map)
          for (const name of [...folder.keys()]) if (this.#world.random.chance(0.5)) folder.delete(name)
      },
      false,
    )
  }

  async commit(from: string, to: string): Promise<void> {
    await this.sync(from)
    await this.move(from, to)
  }

  sync(path: string): Promise<void> {
    return this.#change('sync', path, latencyMs.sync, () => this.#makeDurable(path), null, false)
  }

  move(from: string, to: string): Promise<void> {
    checked(to)
    return this.#change('move', `${from} ${to}`, latencyMs.sync, () => {
      const node = this.#drive.find(from)
      const taken = this.#drive.find(to)
      if (node === undefined) throw new DBError('FILE_DOESNT_EXIST', `${from} does not exist`)
      if (node instanceof Map && taken) throw new DBError('DIRECTORY_ALREADY_EXISTS', `Directory ${to} already exists`)
      this.#drive.move(from, to)
    })
  }

  link(from: string, to: string): Promise<void> {
    return this.#change('link', `${from} ${to}`, latencyMs.change, () => {
      const file = this.#file(from)
      if (this.#drive.find(to)) throw new DBError('FILE_ALREADY_EXISTS', `File ${to} already exists`)
      this.#place(to, file)
    })
  }

  freeBytes(): Promise<number | null> {
    return this.#read('freeBytes', '', () => (this.spindle.mood.isFull ? 0 : 1e12))
  }

  async #takeLock(): Promise<DiskLock> {
    const { spindle, owner } = this
    if (spindle.holder && !spindle.holder.isDead)
      throw new DBError('CANNOT_OPEN_FILE', 'The directory is used by another process')
    spindle.holder = owner
    return {
      release: async () => {
        if (spindle.holder === owner) spindle.holder = null
      },
    }
  }
}

function failure(name: ErrorName, path: string): DBError {
  return new DBError(name, `${path}: ${injectedText} by the simulated disk`)
}

function copyInto(bytes: Uint8Array, start: number, target: Uint8Array): number {
  const part = bytes.subarray(start, start + target.length)
  target.set(part)
  return part.length
}
