// The log on a disk: segments, one after the other, and snapshots that take the place of the oldest of them.
//
//   log/00000012       segments, by a running number
//   snapshots/0000000000001f40/state    by the last transaction in it
//
// A frame that could not be written, or maybe was, is never followed by another in its file: the next one begins a new segment with the
// same number of transaction, and so replaces it.
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Platform } from '../../platform.ts'
import type { Disk, FileWriter } from '../../storage/disk.ts'
import {
  FrameWriter,
  readFrames,
  readSegmentHeader,
  type SegmentEnd,
  type SegmentHeader,
  segmentHeader,
  segmentHeaderBytes,
} from './segment.ts'
import { readSnapshot, SnapshotWriter } from './snapshot.ts'
import type { KeeperState } from './state.ts'
import type { TransactionLog } from './transactionLog.ts'
import type { Transaction } from './transactions.ts'

export interface DiskLogOptions {
  /** A snapshot is written after so many transactions, or as many as there are nodes. Default: 100,000. */
  readonly snapshotTransactions?: number
  /** A segment that has become so long is followed by a new one, and a snapshot. Default: 64 MiB. */
  readonly segmentBytes?: number
}

const logDirectory = 'log'
const snapshotDirectory = 'snapshots'
const asideName = 'tmp_snapshot'
/** The older one is for the case that the newer is damaged. */
const snapshotsKept = 2
/** Where each sync makes a file of its own, they are not to become too many. */
const segmentsMax = 500
/** After one that failed. */
const snapshotPauseTransactions = 10_000

/** Room is kept ahead of the frames, as zeros: so much first, then each time twice as much. */
const reserveBytes = { first: 64 << 10, most: 1 << 20 }
/** Where frames are larger, writing zeros before them costs more than it saves. */
const smallFrameBytes = 16 << 10

interface Segment {
  readonly name: string
  /** Of its first transaction. */
  readonly zxid: number
}

/** Reads what is there into an empty state, and gives the log that goes on from it. */
export async function openDiskLog(
  platform: Platform,
  disk: Disk,
  state: KeeperState,
  options: DiskLogOptions = {},
): Promise<DiskLog> {
  const found = await new Recovery(platform, disk, state).run()
  return new DiskLog(platform, disk, state, found, options)
}

/** That is written to. */
interface OpenSegment {
  readonly writer: FileWriter
  readonly salt: number
  /** Of header and frames. */
  size: number
  /** Where the zeros behind them end. */
  reserved: number
  /** What is to be reserved next; 0: nothing, as it failed. */
  step: number
}

interface Recovered {
  readonly segments: Segment[]
  /** By transaction, ascending. */
  readonly snapshots: number[]
  readonly nextSegment: number
}

class Recovery {
  constructor(
    readonly platform: Platform,
    readonly disk: Disk,
    readonly state: KeeperState,
  ) {}

  async run(): Promise<Recovered> {
    const { disk } = this
    if (disk.can.write) {
      // What a process that died had written may not be durable yet, and is about to be seen.
      if (disk.can.sync && (await disk.list(logDirectory)).length > 0) await disk.sync(logDirectory)
      await disk.remove(`${snapshotDirectory}/${asideName}`)
    }
    const snapshots = (await disk.list(snapshotDirectory))
      .filter(({ name, isDirectory }) => isDirectory && /^[0-9a-f]{16}$/.test(name))
      .map(({ name }) => Number.parseInt(name, 16))
      .sort((a, b) => a - b)
    const usable = await this.#readNewest(snapshots)
    const names = (await disk.list(logDirectory)).map(({ name }) => name).filter(name => /^\d{8,}$/.test(name))
    const segments = await this.#replay(names.sort((a, b) => Number(a) - Number(b)))
    return { segments, snapshots: usable, nextSegment: Math.max(0, ...names.map(Number)) + 1 }
  }

  /** Those that can be read, of which the last has been. */
  async #readNewest(snapshots: readonly number[]): Promise<number[]> {
    const usable = [...snapshots]
    for (;;) {
      const newest = usable.at(-1)
      if (newest === undefined) return usable
      try {
        await readSnapshot(this.disk, snapshotPath(newest), this.state)
        return usable
      } catch (error) {
        if (!(error instanceof DBError && error.errorName === 'CORRUPTED_DATA')) throw error
        this.platform.log('error', `${error.message}. The one before it is taken, and the log from there on`)
        usable.pop()
      }
    }
  }

  async #replay(names: readonly string[]): Promise<Segment[]> {
    const all: { segment: Segment; header: SegmentHeader }[] = []
    for (const name of names) {
      const path = `${logDirectory}/${name}`
      const header = readSegmentHeader(await this.disk.read(path, 0, segmentHeaderBytes), path)
      if (header) all.push({ segment: { name, zxid: header.zxid }, header })
      else this.platform.log('warning', `${path} has no beginning: nothing was written into it before a crash`)
    }
    for (const [at, { segment, header }] of all.entries()) {
      // What later segments have again was never acknowledged here.
      const end = Math.min(...all.slice(at + 1).map(later => later.segment.zxid))
      if (end <= this.state.zxid + 1) continue
      const path = `${logDirectory}/${segment.name}`
      if (segment.zxid > this.state.zxid + 1) throw this.#missing(path, segment.zxid)
      const rest = await this.#replaySegment(path, header, end)
      if (rest === 'damaged') throw damaged(path, this.state.zxid, 'transactions follow')
      if (rest === 'torn' && end === Number.POSITIVE_INFINITY)
        this.platform.log('information', `${path} ends with a write that was not finished: it is left out`)
      if (end !== Number.POSITIVE_INFINITY && this.state.zxid + 1 < end)
        throw damaged(path, this.state.zxid, `transactions up to ${end - 1} should follow`)
    }
    return all.map(({ segment }) => segment)
  }

  async #replaySegment(path: string, header: SegmentHeader, end: number): Promise<SegmentEnd['rest']> {
    const { state } = this
    const size = (await this.disk.size(path)) ?? 0
    const bytes = await this.disk.read(path, 0, size)
    const frames = readFrames(bytes, header)
    for (;;) {
      const { value, done } = frames.next()
      if (done) return value.rest
      if (value.zxid >= end) return 'nothing'
      if (value.zxid + value.count <= state.zxid + 1) continue
      if (value.zxid > state.zxid + 1) throw this.#missing(path, value.zxid)
      let zxid = value.zxid
      for (const transaction of value.transactions())
        if (zxid++ > state.zxid) state.apply(transaction, value.timeMs, () => {})
      await this.platform.clock.yield()
    }
  }

  #missing(path: string, zxid: number): DBError {
    return new DBError(
      'CORRUPTED_DATA',
      `The log of the keeper is not whole: transactions ${this.state.zxid + 1} to ${zxid - 1}, which come before ${path}, are missing`,
    )
  }
}

function damaged(path: string, zxid: number, what: string): DBError {
  return new DBError('CORRUPTED_DATA', `${path} is damaged behind transaction ${zxid}: ${what}`)
}

export class DiskLog implements TransactionLog {
  readonly #frames = new FrameWriter()
  readonly #segments: Segment[]
  readonly #snapshots: number[]
  readonly #snapshotTransactions: number
  readonly #segmentBytes: number
  #nextSegment: number
  /** Files can be made durable while they are written; else every frame is a file. null: not known yet. */
  #canAppend: boolean | null = null
  /** null: the next frame begins one. */
  #file: OpenSegment | null = null
  /** The last write was done: a disk that is full has other needs than a reserve. */
  #mayReserve = true
  /** The file is not to go on: all in it is in the snapshot that is being written. */
  #isDone = false
  #isClosing = false
  #snapshot: Promise<void> | null = null
  /** Transaction from which on a snapshot is due. */
  #snapshotDue: number

  constructor(
    readonly platform: Platform,
    readonly disk: Disk,
    readonly state: KeeperState,
    found: Recovered,
    options: DiskLogOptions,
  ) {
    this.#segments = found.segments
    this.#snapshots = found.snapshots
    this.#nextSegment = found.nextSegment
    this.#snapshotTransactions = options.snapshotTransactions ?? 100_000
    this.#segmentBytes = options.segmentBytes ?? 64 << 20
    this.#snapshotDue = (found.snapshots.at(-1) ?? 0) + this.#snapshotTransactions
  }

  async append(zxid: number, timeMs: number, transactions: readonly Transaction[]): Promise<void> {
    assert(transactions.length > 0, 'a frame has transactions')
    if (!this.disk.can.write) throw new DBError('TABLE_IS_READ_ONLY', 'the disk cannot be written to')
    if (this.#file && (this.#isDone || this.#file.size >= this.#segmentBytes)) await this.#leave()
    const file = this.#file ?? (this.#canAppend === false ? null : await this.#begin(zxid))
    if (file === null) return this.#put(zxid, timeMs, transactions)
    const { writer } = file
    try {
      const frame = this.#frames.frame(file.salt, zxid, timeMs, transactions)
      file.size += frame.length
      await writer.write(frame)
      if (file.size > file.reserved && frame.length <= smallFrameBytes) await this.#reserve(file)
      await writer.sync!()
      this.#mayReserve = true
    } catch (error) {
      this.#mayReserve = false
      // Nobody knows what of it is there: nothing may come behind it.
      await this.#leave()
      throw error
    }
  }

  applied(zxid: number): void {
    assert(zxid === this.state.zxid, 'what was applied is in the state')
    if (this.#snapshot || this.#isClosing) return
    if (zxid < this.#snapshotDue && this.#segments.length < segmentsMax) return
    this.#snapshotDue = zxid + Math.max(this.#snapshotTransactions, this.state.nodes.size)
    this.#isDone = true
    const writer = new SnapshotWriter(this.platform, this.state)
    this.#snapshot = this.#write(writer).finally(() => {
      this.#snapshot = null
    })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#snapshot
    await this.#leave()
  }

  /** null: the disk has no files that can be made durable while they are written. */
  async #begin(zxid: number): Promise<OpenSegment | null> {
    const name = this.#newName()
    const path = `${logDirectory}/${name}`
    const writer = await this.disk.create(path)
    this.#canAppend = writer.sync !== undefined
    if (!writer.sync) {
      await writer.abort()
      return null
    }
    const { salt, bytes } = this.#header(zxid)
    try {
      await writer.write(bytes)
      await writer.sync()
      await this.disk.sync(logDirectory)
    } catch (error) {
      await writer.abort().catch(() => {}) // the first error is the one to tell
      throw error
    }
    this.#segments.push({ name, zxid })
    this.#isDone = false
    this.#file = { writer, salt, size: bytes.length, reserved: 0, step: this.#mayReserve ? reserveBytes.first : 0 }
    return this.#file
  }

  /** Room for the next frames, so that syncing them changes nothing but their bytes. Without, it only takes longer. */
  async #reserve(file: OpenSegment): Promise<void> {
    const bytes = Math.min(file.step, this.#segmentBytes - file.size)
    if (!file.writer.reserve || bytes <= 0) return
    try {
      await file.writer.reserve(bytes)
      file.reserved = file.size + bytes
      file.step = Math.min(file.step * 2, reserveBytes.most)
    } catch {
      file.step = 0
    }
  }

  /** A segment of one frame. */
  async #put(zxid: number, timeMs: number, transactions: readonly Transaction[]): Promise<void> {
    const name = this.#newName()
    const { salt, bytes: header } = this.#header(zxid)
    const frame = this.#frames.frame(salt, zxid, timeMs, transactions)
    const bytes = new Uint8Array(header.length + frame.length)
    bytes.set(header)
    bytes.set(frame, header.length)
    await this.disk.put(`${logDirectory}/${name}`, bytes)
    this.#segments.push({ name, zxid })
  }

  #newName(): string {
    return String(this.#nextSegment++).padStart(8, '0')
  }

  #header(zxid: number): { salt: number; bytes: Uint8Array } {
    const salt = new DataView(this.platform.randomBytes(4).buffer).getUint32(0)
    return { salt, bytes: segmentHeader({ salt, zxid }) }
  }

  async #leave(): Promise<void> {
    const file = this.#file
    this.#file = null
    this.#isDone = false
    // What is in it is durable, or does not count.
    await file?.writer.close().catch(() => {})
  }

  async #write(writer: SnapshotWriter): Promise<void> {
    const aside = `${snapshotDirectory}/${asideName}`
    const start = this.platform.clock.monotonic()
    try {
      await this.disk.remove(aside)
      await writer.write(this.disk, aside, snapshotPath(writer.zxid), () => !this.#isClosing)
      this.#snapshots.push(writer.zxid)
      const ms = Math.round(this.platform.clock.monotonic() - start)
      this.platform.log('debug', `Snapshot of the keeper at transaction ${writer.zxid} in ${ms} ms`)
      await this.#removeOld()
    } catch (error) {
      if (this.#isClosing) return
      this.#snapshotDue = this.state.zxid + Math.min(snapshotPauseTransactions, this.#snapshotTransactions)
      const reason = error instanceof Error ? error.message : String(error)
      this.platform.log('warning', `A snapshot of the keeper could not be written, so its log grows: ${reason}`)
    }
  }

  async #removeOld(): Promise<void> {
    while (this.#snapshots.length > snapshotsKept) {
      await this.disk.remove(snapshotPath(this.#snapshots[0]))
      this.#snapshots.shift()
    }
    if (this.#snapshots.length < snapshotsKept) return
    // A segment ends where the next one begins.
    while (this.#segments.length > 1 && this.#segments[1].zxid <= this.#snapshots[0] + 1) {
      await this.disk.remove(`${logDirectory}/${this.#segments[0].name}`)
      this.#segments.shift()
    }
  }
}

const snapshotPath = (zxid: number): string => `${snapshotDirectory}/${zxid.toString(16).padStart(16, '0')}`
