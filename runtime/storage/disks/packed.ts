// A whole directory tree in three files: one for all the bytes, and two that take turns as the log of what lies where. For places
// where opening a file costs milliseconds and reading from an open one costs nothing, as in a browser: a part of fifty files
// becomes durable with two flushes, a directory moves with one record, and everything is read at once.
//
// The order that makes it safe: bytes are written where nothing durable lies and flushed; then the record that names them is written
// and flushed. Bytes of what was removed are free only after the record of that is durable. So a crash loses what nobody was
// told of, and nothing else.
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Disk, DiskEntry, FileWriter, OpenFile } from '../disk.ts'
import { type Extent, Extents } from '../packed/extents.ts'
import type { RandomFile } from '../packed/randomFile.ts'
import { RecordLog } from '../packed/recordLog.ts'
import { checked } from './memory.ts'

export interface PackedFiles {
  readonly data: RandomFile
  readonly logs: readonly [RandomFile, RandomFile]
}

export interface PackedOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** How much the data file may still grow, null when nobody knows. */
  readonly freeBytes?: () => Promise<number | null>
}

/** What a record says: a file at a path, a move, a removal (of directories too), a second name. */
type Change =
  | ['p', path: string, modifiedMs: number, size: number, extents: number[]]
  | ['m', from: string, to: string]
  | ['r', path: string]
  | ['l', from: string, to: string]

/** A file is written in pieces of this size. */
const pieceBytes = 64 << 10
/** So much free at the end of the data file is given back. */
const trimBytesMin = 4 << 20
/** The data file grows in such steps, and keeps so much behind its last file for small ones: a table can be dropped from a full disk. */
const stepBytes = 1 << 20
const spareBytes = 256 << 10
const smallBytesMax = 16 << 10

class StoredFile {
  size = 0
  extents: Extent[] = []
  modifiedMs = 0
  /** Paths, and open files: its bytes are free when there is none. */
  names = 0
  readers = 0
  /** A record names it: in the log, or about to be. */
  isLogged = false
  /** That record is durable. */
  isDurable = false
  writer: PackedWriter | null = null
}

class Folder {
  readonly entries = new Map<string, Folder | StoredFile>()
}

export class PackedDisk implements Disk {
  readonly can = { rename: true, append: true, sync: true, write: true }
  readonly #data: RandomFile
  readonly #log: RecordLog
  readonly #root = new Folder()
  #extents = new Extents()
  /** Changes that are made in memory and not in the log yet, as JSON. */
  #pending: string[] = []
  #pendingBytes = 0
  /** Files that the pending changes name for the first time. */
  #fresh: StoredFile[] = []
  /** Free once the pending changes are durable. */
  #released: Extent[] = []
  #isDataDirty = false
  /** While the log is read: what is used is counted at its end. */
  #isReplaying = true
  #persisting: Promise<void> | null = null
  /** What is in memory and what is on disk may differ since then. */
  #broken: DBError | null = null

  private constructor(
    files: PackedFiles,
    readonly options: PackedOptions,
  ) {
    this.#data = files.data
    this.#log = new RecordLog(files.logs)
  }

  static open(files: PackedFiles, options: PackedOptions = {}): PackedDisk {
    const disk = new PackedDisk(files, options)
    const isThere = disk.#log.open(payload => {
      for (const change of JSON.parse(payload) as Change[]) disk.#replay(change)
    })
    if (isThere) {
      disk.#extents = new Extents([...new Set(disk.#files().map(([, file]) => file))].flatMap(({ extents }) => extents))
      disk.#isReplaying = false
      disk.#cut()
      return disk
    }
    if (files.data.size > 0)
      throw new DBError('CORRUPTED_DATA', 'The directory of the packed files is gone, and their bytes are there')
    disk.#isReplaying = false
    disk.#log.turn('[]')
    return disk
  }

  #replay(change: Change): void {
    switch (change[0]) {
      case 'p': {
        const [, path, modifiedMs, size, extents] = change
        const file = new StoredFile()
        file.size = size
        file.modifiedMs = modifiedMs
        for (let i = 0; i < extents.length; i += 2) file.extents.push({ start: extents[i], size: extents[i + 1] })
        file.isLogged = file.isDurable = true
        this.#enter(path, file)
        return
      }
      case 'm':
        this.#moveNode(change[1], change[2])
        return
      case 'r':
        this.#detach(change[1])
        return
      case 'l':
        this.#enter(change[2], this.#file(change[1]))
    }
  }

  // --- The tree ---

  #node(path: string): Folder | StoredFile | undefined {
    let node: Folder | StoredFile | undefined = this.#root
    if (checked(path) === '') return node
    for (const name of path.split('/')) {
      if (!(node instanceof Folder)) return undefined
      node = node.entries.get(name)
    }
    return node
  }

  #file(path: string): StoredFile {
    const node = this.#node(path)
    if (!(node instanceof StoredFile)) throw new DBError('FILE_DOESNT_EXIST', `File ${path} does not exist`)
    return node
  }

  /** Throws where a file cannot be put. */
  #checkFree(path: string): void {
    const parts = checked(path).split('/')
    for (let i = 1; i < parts.length; i++)
      if (this.#node(parts.slice(0, i).join('/')) instanceof StoredFile)
        throw new DBError('CANNOT_OPEN_FILE', `Cannot open ${path}: ${parts.slice(0, i).join('/')} is a file`)
    if (this.#node(path) instanceof Folder)
      throw new DBError('CANNOT_OPEN_FILE', `Cannot open ${path}: it is a directory`)
  }

  /** Gives a file a path; one that was there loses its. */
  #enter(path: string, node: Folder | StoredFile): void {
    const parts = path.split('/')
    const name = parts.pop()!
    let folder = this.#root
    for (const part of parts) {
      let next = folder.entries.get(part)
      if (!(next instanceof Folder)) {
        assert(next === undefined, 'a path leads through directories')
        next = new Folder()
        folder.entries.set(part, next)
      }
      folder = next
    }
    const old = folder.entries.get(name)
    if (node instanceof StoredFile) node.names++
    folder.entries.set(name, node)
    if (old instanceof StoredFile) this.#unname(old)
  }

  /** Takes a path away with all below it; directories with nothing in them go too. Gives what was there. */
  #detach(path: string): Folder | StoredFile | undefined {
    const node = this.#unlink(path)
    if (node) for (const [, file] of filesBelow(node, path)) this.#unname(file)
    return node
  }

  #unlink(path: string): Folder | StoredFile | undefined {
    const way: Folder[] = [this.#root]
    const parts = path.split('/')
    for (const part of parts.slice(0, -1)) {
      const next = way.at(-1)!.entries.get(part)
      if (!(next instanceof Folder)) return undefined
      way.push(next)
    }
    const node = way.at(-1)!.entries.get(parts.at(-1)!)
    if (!node) return undefined
    for (let i = way.length - 1; i >= 0; i--) {
      way[i].entries.delete(parts[i])
      if (way[i].entries.size > 0) break
    }
    return node
  }

  #moveNode(from: string, to: string): void {
    const node = this.#unlink(from)
    assert(node !== undefined, 'what moves is there')
    if (node instanceof StoredFile) node.names--
    this.#enter(to, node)
  }

  #unname(file: StoredFile): void {
    file.names--
    this.#releaseUnused(file)
  }

  #releaseUnused(file: StoredFile): void {
    if (file.names > 0 || file.readers > 0 || this.#isReplaying) return
    // Where nothing is pending, the record of its end is durable. And of a file that never was so no record will tell without that of
    // its end beside it.
    if (file.isDurable && this.#pending.length > 0) this.#released.push(...file.extents)
    else for (const extent of file.extents) this.#extents.free(extent)
    file.extents = []
  }

  #files(): [path: string, file: StoredFile][] {
    return filesBelow(this.#root, '')
  }

  // --- Bytes ---

  /** Puts bytes where nothing lies. near: where it is best to start. */
  #place(bytes: Uint8Array, options: { near: number; mayUseSpare: boolean }): Extent[] {
    if (bytes.length === 0) return []
    this.#isDataDirty = true
    const extent = this.#extents.allocate(bytes.length, options.near)
    try {
      this.#extend(extent.start + bytes.length, options)
      this.#data.write(extent.start, bytes)
      return [extent]
    } catch (error) {
      this.#extents.free(extent)
      this.#extents.trim(1)
      const isFull = error instanceof DBError && error.errorName === 'NOT_ENOUGH_SPACE'
      const pieces = isFull ? this.#extents.allocatePieces(bytes.length) : null
      if (!pieces) throw error
      let done = 0
      for (const piece of pieces) {
        this.#data.write(piece.start, bytes.subarray(done, done + piece.size))
        done += piece.size
      }
      return pieces
    }
  }

  /** Makes the data file long enough for bytes up to `end`, and the spare ones behind them. */
  #extend(end: number, { mayUseSpare }: { mayUseSpare: boolean }): void {
    if (end + spareBytes <= this.#data.size) return
    try {
      this.#data.truncate(Math.ceil((end + spareBytes) / stepBytes) * stepBytes)
    } catch (error) {
      if (!mayUseSpare || end > this.#data.size) throw error
    }
  }

  /** Gives back what the data file has behind its last file, if that is much. */
  #cut(): void {
    const needed = this.#extents.end + spareBytes
    if (this.#data.size >= needed + trimBytesMin) this.#data.truncate(Math.ceil(needed / stepBytes) * stepBytes)
  }

  #readInto(file: StoredFile, start: number, target: Uint8Array): number {
    file.writer?.spill()
    const end = Math.min(start + target.length, file.size)
    let at = 0
    for (const extent of file.extents) {
      const from = Math.max(start, at)
      const to = Math.min(end, at + extent.size)
      if (from < to) {
        const piece = target.subarray(from - start, to - start)
        const have = this.#data.read(extent.start + (from - at), piece)
        if (have !== piece.length)
          throw new DBError('CANNOT_READ_ALL_DATA', 'The file of packed data is shorter than its directory says')
      }
      at += extent.size
      if (at >= end) break
    }
    return Math.max(0, end - start)
  }

  // --- The log ---

  #note(change: Change, options = { mayUseSpare: false }): void {
    if (this.#broken) throw this.#broken
    const text = JSON.stringify(change)
    this.#log.reserve(this.#pendingBytes + text.length + 1, options)
    this.#pending.push(text)
    this.#pendingBytes += text.length + 1
  }

  #noteFile(path: string, file: StoredFile, options = { mayUseSpare: false }): void {
    const { modifiedMs, size, extents } = file
    this.#note(['p', path, modifiedMs, size, extents.flatMap(({ start, size }) => [start, size])], options)
    if (!file.isLogged) this.#fresh.push(file)
    file.isLogged = true
  }

  /** All that was changed so far is durable when it resolves. Who asks at the same time is served at once. */
  #persist(): Promise<void> {
    this.#persisting ??= Promise.resolve().then(() => {
      this.#persisting = null
      this.#write()
    })
    return this.#persisting
  }

  #write(): void {
    if (this.#broken) throw this.#broken
    if (this.#pending.length === 0) return
    try {
      if (this.#isDataDirty) this.#data.flush()
      this.#isDataDirty = false
      this.#log.append(`[${this.#pending.join(',')}]`)
    } catch (error) {
      this.#broken = new DBError(
        'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
        `Cannot write to the disk, which has to be opened anew: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      )
      throw this.#broken
    }
    this.#pending = []
    this.#pendingBytes = 0
    for (const file of this.#fresh.splice(0)) file.isDurable = true
    for (const extent of this.#released.splice(0)) this.#extents.free(extent)
    if (this.#extents.trim(1)) this.#cut()
    if (this.#log.isLong) this.#turn()
  }

  #turn(): void {
    const changes: Change[] = []
    const first = new Map<StoredFile, string>()
    for (const [path, file] of this.#files()) {
      if (!file.isLogged) continue
      const known = first.get(file)
      if (known !== undefined) {
        changes.push(['l', known, path])
        continue
      }
      first.set(file, path)
      changes.push(['p', path, file.modifiedMs, file.size, file.extents.flatMap(({ start, size }) => [start, size])])
    }
    try {
      this.#log.turn(JSON.stringify(changes))
    } catch (error) {
      // The old log still counts, and goes on until there is room.
      if (!(error instanceof DBError) || error.errorName !== 'NOT_ENOUGH_SPACE') throw error
    }
  }

  // --- Disk ---

  async read(path: string, start: number, end: number): Promise<Uint8Array> {
    assert(start >= 0 && start <= end, 'a read is a range')
    const file = this.#file(path)
    file.writer?.spill()
    const bytes = new Uint8Array(Math.max(0, Math.min(end, file.size) - start))
    this.#readInto(file, start, bytes)
    return bytes
  }

  readSync(path: string, start: number, target: Uint8Array): number {
    return this.#readInto(this.#file(path), start, target)
  }

  openSync(path: string): OpenFile {
    const file = this.#file(path)
    file.readers++
    let isOpen = true
    return {
      read: (start, target) => this.#readInto(file, start, target),
      close: () => {
        if (!isOpen) return
        isOpen = false
        file.readers--
        this.#releaseUnused(file)
      },
    }
  }

  async size(path: string): Promise<number | null> {
    const node = this.#node(path)
    if (!(node instanceof StoredFile)) return null
    node.writer?.spill()
    return node.size
  }

  async list(path: string): Promise<DiskEntry[]> {
    const node = this.#node(path)
    if (!(node instanceof Folder)) return []
    return [...node.entries].map(([name, entry]) => {
      if (entry instanceof Folder) return { name, isDirectory: true, size: 0, modifiedMs: newest(entry) }
      entry.writer?.spill()
      return { name, isDirectory: false, size: entry.size, modifiedMs: entry.modifiedMs }
    })
  }

  async put(path: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<void> {
    this.#checkFree(path)
    if (options.ifAbsent && this.#node(path)) throw new DBError('FILE_ALREADY_EXISTS', `File ${path} already exists`)
    const file = new StoredFile()
    file.modifiedMs = this.#now()
    const mayUseSpare = bytes.length <= smallBytesMax
    file.extents = this.#place(bytes, { near: -1, mayUseSpare })
    file.size = bytes.length
    try {
      this.#noteFile(path, file, { mayUseSpare })
    } catch (error) {
      this.#releaseUnused(file)
      throw error
    }
    this.#enter(path, file)
    await this.#persist()
  }

  async create(path: string): Promise<FileWriter> {
    this.#checkFree(path)
    const old = this.#node(path)
    if (old instanceof StoredFile && old.isLogged) this.#note(['r', path], { mayUseSpare: true })
    const file = new StoredFile()
    file.modifiedMs = this.#now()
    const writer = new PackedWriter(file, (bytes, near) => this.#place(bytes, { near, mayUseSpare: false }))
    file.writer = writer
    this.#enter(path, file)
    return {
      write: bytes => writer.write(bytes),
      close: async options => {
        writer.spill()
        file.writer = null
        if (file.names > 0) this.#noteFile(path, file)
        if (options?.sync) await this.#persist()
      },
      abort: async () => {
        file.writer = null
        if (this.#node(path) === file) this.#detach(path)
      },
    }
  }

  async remove(path: string): Promise<void> {
    const node = this.#node(path)
    if (!node || path === '') return
    const files = filesBelow(node, path)
    const isLogged = files.some(([, file]) => file.isLogged)
    if (isLogged) this.#note(['r', path], { mayUseSpare: true })
    this.#detach(path)
    // Of what was never durable nothing can come back.
    if (files.some(([, file]) => file.isDurable)) await this.#persist()
  }

  commit(from: string, to: string): Promise<void> {
    return this.move(from, to)
  }

  sync(): Promise<void> {
    return this.#persist()
  }

  async move(from: string, to: string): Promise<void> {
    const node = this.#node(from)
    const target = this.#node(to)
    if (!node || from === '') throw new DBError('FILE_DOESNT_EXIST', `${from} does not exist`)
    if (node instanceof Folder ? target : target instanceof Folder)
      throw new DBError('DIRECTORY_ALREADY_EXISTS', `Directory ${to} already exists`)
    if (to.startsWith(`${from}/`)) throw new DBError('INCORRECT_FILE_NAME', `${from} cannot move into itself`)
    if (node === target) return
    assert(
      filesBelow(node, from).every(([, file]) => file.writer === null),
      'what moves is not being written',
    )
    if (node instanceof StoredFile) this.#checkFree(to)
    this.#note(['m', from, to], { mayUseSpare: true })
    this.#moveNode(from, to)
    await this.#persist()
  }

  async link(from: string, to: string): Promise<void> {
    const file = this.#file(from)
    this.#checkFree(to)
    if (this.#node(to)) throw new DBError('FILE_ALREADY_EXISTS', `File ${to} already exists`)
    assert(file.writer === null, 'a file that is being written has one name')
    this.#note(['l', from, to])
    this.#enter(to, file)
  }

  async freeBytes(): Promise<number | null> {
    const more = (await this.options.freeBytes?.()) ?? null
    return more === null ? null : more + this.#extents.freeBytes
  }

  /** Bytes of the data file. */
  get bytesUsed(): number {
    return this.#extents.end
  }

  async close(): Promise<void> {
    await this.#persist().finally(() => {
      this.#log.close()
      this.#data.close()
      this.#broken ??= new DBError('ABORTED', 'The disk is closed')
    })
  }

  #now(): number {
    return this.options.now?.() ?? 0
  }
}

/** Collects what is written in pieces of a good size. */
class PackedWriter {
  #buffer = new Uint8Array(1024)
  #have = 0

  constructor(
    readonly file: StoredFile,
    readonly place: (bytes: Uint8Array, near: number) => Extent[],
  ) {}

  write(bytes: Uint8Array): void {
    let done = 0
    while (done < bytes.length) {
      const take = Math.min(bytes.length - done, pieceBytes - this.#have)
      // Whole pieces of much go straight through.
      if (this.#have === 0 && bytes.length - done >= pieceBytes) {
        const whole = bytes.length - done - ((bytes.length - done) % pieceBytes)
        this.#append(bytes.subarray(done, done + whole))
        done += whole
        continue
      }
      this.#room(this.#have + take)
      this.#buffer.set(bytes.subarray(done, done + take), this.#have)
      this.#have += take
      done += take
      if (this.#have === pieceBytes) this.spill()
    }
  }

  spill(): void {
    if (this.#have === 0) return
    this.#append(this.#buffer.subarray(0, this.#have))
    this.#have = 0
  }

  #append(bytes: Uint8Array): void {
    const { extents } = this.file
    const last = extents.at(-1)
    const end = last ? last.start + last.size : -1
    for (const extent of this.place(bytes, end)) {
      const before = extents.at(-1)
      if (before && before.start + before.size === extent.start)
        extents[extents.length - 1] = { start: before.start, size: before.size + extent.size }
      else extents.push(extent)
    }
    this.file.size += bytes.length
  }

  #room(size: number): void {
    if (size <= this.#buffer.length) return
    const larger = new Uint8Array(Math.min(pieceBytes, Math.max(size, this.#buffer.length * 4)))
    larger.set(this.#buffer.subarray(0, this.#have))
    this.#buffer = larger
  }
}

function filesBelow(node: Folder | StoredFile, path: string): [path: string, file: StoredFile][] {
  if (node instanceof StoredFile) return [[path, node]]
  return [...node.entries].flatMap(([name, entry]) => filesBelow(entry, path === '' ? name : `${path}/${name}`))
}

function newest(folder: Folder): number {
  let latest = 0
  for (const entry of folder.entries.values())
    if (entry instanceof StoredFile) latest = Math.max(latest, entry.modifiedMs)
  return latest
}
