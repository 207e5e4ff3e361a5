import { DBError } from '../../runtime/core/errors.ts'
import type { PackedFiles } from '../../runtime/storage/disks/packed.ts'
import type { RandomFile } from '../../runtime/storage/packed/randomFile.ts'

/** What the files of one disk share: room, and power. */
export class Machine {
  bytesMax = Number.POSITIVE_INFINITY
  /** Changes until the power fails. */
  stepsLeft = Number.POSITIVE_INFINITY
  flushes = 0
  readonly files: MemoryFile[] = []

  get bytes(): number {
    return this.files.reduce((sum, { size }) => sum + size, 0)
  }

  step(): void {
    if (this.stepsLeft-- <= 0) throw new Error('the power has failed')
  }
}

/** Bytes that grow in place. */
class Grown {
  bytes = new Uint8Array(0)
  size = 0

  write(start: number, change: Uint8Array): void {
    this.resize(Math.max(this.size, start + change.length))
    this.bytes.set(change, start)
  }

  resize(size: number): void {
    if (size > this.bytes.length) {
      const larger = new Uint8Array(size * 2)
      larger.set(this.bytes.subarray(0, this.size))
      this.bytes = larger
    }
    if (size < this.size) this.bytes.fill(0, size, this.size)
    this.size = size
  }
}

/** A write, or where a truncate() has cut. */
type Change = { readonly start: number; readonly bytes: Uint8Array | null }

/** A file of a machine that can lose power: what was not flushed is then there in part, in any order. */
export class MemoryFile implements RandomFile {
  #now = new Grown()
  readonly #durable = new Grown()
  #loose: Change[] = []

  constructor(readonly machine: Machine) {
    machine.files.push(this)
  }

  get size(): number {
    return this.#now.size
  }

  read(start: number, target: Uint8Array): number {
    const bytes = this.#now.bytes.subarray(start, Math.min(start + target.length, this.size))
    target.set(bytes)
    return bytes.length
  }

  write(start: number, bytes: Uint8Array): void {
    this.#checkRoom(start + bytes.length)
    this.#change({ start, bytes: bytes.slice() })
  }

  truncate(size: number): void {
    this.#checkRoom(size)
    this.#change({ start: size, bytes: null })
  }

  #checkRoom(end: number): void {
    this.machine.step()
    if (end > this.size && this.machine.bytes - this.size + end > this.machine.bytesMax)
      throw new DBError('NOT_ENOUGH_SPACE', 'The disk is full')
  }

  #change(change: Change): void {
    apply(this.#now, change)
    this.#loose.push(change)
  }

  flush(): void {
    this.machine.step()
    this.machine.flushes++
    for (const change of this.#loose.splice(0)) apply(this.#durable, change)
  }

  close(): void {}

  /** The power is back: what was loose has been written, or not, or in part. */
  recover(random: () => number): void {
    for (const { start, bytes } of this.#loose.splice(0)) {
      const fate = random()
      if (fate < 0.4) continue
      apply(this.#durable, {
        start,
        bytes: bytes && fate < 0.7 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes,
      })
    }
    this.#now = new Grown()
    this.#now.write(0, this.#durable.bytes.subarray(0, this.#durable.size))
  }
}

function apply(file: Grown, { start, bytes }: Change): void {
  if (bytes) file.write(start, bytes)
  else file.resize(start)
}

export function memoryFiles(machine = new Machine()): PackedFiles {
  return { data: new MemoryFile(machine), logs: [new MemoryFile(machine), new MemoryFile(machine)] }
}
