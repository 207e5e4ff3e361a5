import { DBError } from '../../core/errors.ts'
import type { ObjectWriter } from '../objectStore.ts'
import type { S3Store } from './s3.ts'

export interface Upload {
  readonly key: string
  readonly id: string
  /** Kept with the object: tells whose it is. */
  readonly write: string
}

export interface UploadedPart {
  readonly number: number
  readonly etag: string
}

/** All parts of an upload but the last have this size: some stores want them equal. */
export const partBytes = 8 << 20
const partsMax = 10_000
const partsAtOnce = 4

/** What fits into one part is one PUT; more goes up in parts, several at once. */
export class S3Writer implements ObjectWriter {
  #buffer = new Uint8Array(64 << 10)
  #used = 0
  #upload: Promise<Upload> | null = null
  #number = 0
  readonly #parts: UploadedPart[] = []
  readonly #running = new Set<Promise<void>>()
  #failure: { error: unknown } | null = null

  constructor(
    readonly store: S3Store,
    readonly key: string,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + partBytes - this.#used)
      this.#room(piece.length)
      this.#buffer.set(piece, this.#used)
      this.#used += piece.length
      at += piece.length
      if (this.#used === partBytes) await this.#sendPart()
    }
  }

  #room(size: number): void {
    if (this.#used + size <= this.#buffer.length) return
    const larger = new Uint8Array(Math.min(Math.max(this.#buffer.length * 2, this.#used + size), partBytes))
    larger.set(this.#buffer.subarray(0, this.#used))
    this.#buffer = larger
  }

  async #sendPart(): Promise<void> {
    if (this.#number === partsMax)
      throw new DBError('S3_ERROR', `A file of more than ${partsMax} parts of ${partBytes} bytes cannot be written`)
    const number = ++this.#number
    const bytes = this.#buffer.subarray(0, this.#used)
    this.#buffer = new Uint8Array(partBytes)
    this.#used = 0
    this.#upload ??= this.store.startUpload(this.key)
    const upload = await this.#upload
    const sent = this.store
      .uploadPart(upload, number, bytes)
      .then(
        part => {
          this.#parts.push(part)
        },
        error => {
          this.#failure ??= { error }
        },
      )
      .finally(() => this.#running.delete(sent))
    this.#running.add(sent)
    while (this.#running.size >= partsAtOnce) await Promise.race(this.#running)
    if (this.#failure) throw this.#failure.error
  }

  async close(): Promise<{ etag: string }> {
    if (this.#upload === null && this.#failure === null)
      return this.store.put(this.key, this.#buffer.subarray(0, this.#used))
    try {
      if (this.#used > 0) await this.#sendPart()
      await Promise.all(this.#running)
      if (this.#failure) throw this.#failure.error
      const parts = this.#parts.sort((a, b) => a.number - b.number)
      return await this.store.finishUpload(await this.#upload!, parts)
    } catch (error) {
      await this.abort().catch(() => {}) // the first error is the one to tell
      throw error
    }
  }

  async abort(): Promise<void> {
    await Promise.all(this.#running)
    const upload = await this.#upload?.catch(() => null)
    this.#upload = null
    this.#failure ??= { error: new DBError('ABORTED', 'The file was given up') }
    if (upload) await this.store.abortUpload(upload)
  }
}
