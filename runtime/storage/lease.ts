// Who writes to a prefix of an object store: one owner at a time, kept by a conditional write of one object.
import { DBError } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import type { Platform } from '../platform.ts'
import type { ObjectStore } from './objectStore.ts'

export const leaseKey = '__granary/lease'

interface Written {
  /** '' when it was given up. */
  readonly owner: string
  readonly host: string
  /** By the owner's clock: for people, and for leases of long ago. */
  readonly renewedMs: number
  readonly leaseMs: number
}

type Surroundings = Pick<Platform, 'clock' | 'hostName' | 'randomBytes' | 'log'>

/** An owner that has not been heard of for so long is gone, however wrong its clock or ours. */
const longAgoMs = 3_600_000

/**
 * A lease is renewed three times in its length. One that is not ours is watched for its length, by our own clock: when it was not
 * renewed in that time, its owner is gone, and we take it over. The owner stops writing well before that, when it cannot renew.
 */
export class Lease {
  #renewedMs: number
  #etag: string
  #cancel = () => {}
  #work: Promise<void> = Promise.resolve()
  #isLost = false

  private constructor(
    readonly store: ObjectStore,
    readonly around: Surroundings,
    readonly leaseMs: number,
    readonly owner: string,
    etag: string,
    renewedMs: number,
  ) {
    this.#etag = etag
    this.#renewedMs = renewedMs
    this.#plan()
  }

  static async take(store: ObjectStore, around: Surroundings, leaseMs: number): Promise<Lease> {
    const owner = Array.from(around.randomBytes(12), byte => byte.toString(16).padStart(2, '0')).join('')
    const { clock } = around
    const startedMs = clock.monotonic()
    let seen = await store.get(leaseKey)
    if (seen) {
      const first = parse(seen.bytes)
      const isFree = first.owner === '' || clock.now() - first.renewedMs > longAgoMs
      while (!isFree) {
        await clock.wait(leaseMs / 6)
        const now = await store.getIfChanged(leaseKey, seen.etag)
        if (now === null) break
        if (now !== 'same') {
          seen = now
          const { owner, host } = parse(now.bytes)
          if (owner === '') break
          throw new DBError(
            'CANNOT_OPEN_FILE',
            `Another server writes here: ${host} has just renewed its lease (object ${leaseKey}). Two servers cannot write to the same place`,
          )
        }
        if (clock.monotonic() - startedMs < leaseMs) continue
        around.log(
          'warning',
          `The server on ${first.host} has not renewed its lease (object ${leaseKey}): it is taken over`,
        )
        break
      }
    }
    const renewedMs = clock.monotonic()
    const bytes = print({ owner, host: around.hostName, renewedMs: clock.now(), leaseMs })
    try {
      const { etag } = await store.put(leaseKey, bytes, seen ? { ifMatch: seen.etag } : { ifAbsent: true })
      const overwritten = seen ? null : await checkConditions(store, around, bytes)
      return new Lease(store, around, leaseMs, owner, overwritten ?? etag, renewedMs)
    } catch (error) {
      if (!(error instanceof DBError) || !/^(COORDINATION_ERROR|FILE_ALREADY_EXISTS)$/.test(error.errorName))
        throw error
      throw new DBError('CANNOT_OPEN_FILE', `Another server takes the lease here at the same time (object ${leaseKey})`)
    }
  }

  /** Whether nobody else can have taken it over yet. */
  get isHeld(): boolean {
    return !this.#isLost && this.around.clock.monotonic() - this.#renewedMs < this.leaseMs * 0.8
  }

  #plan(): void {
    this.#cancel = this.around.clock.after(this.leaseMs / 3, () => {
      this.#work = this.#renew()
    })
  }

  async #renew(): Promise<void> {
    const { clock, hostName, log } = this.around
    const startedMs = clock.monotonic()
    try {
      const bytes = print({ owner: this.owner, host: hostName, renewedMs: clock.now(), leaseMs: this.leaseMs })
      this.#etag = (await this.store.put(leaseKey, bytes, { ifMatch: this.#etag })).etag
      this.#renewedMs = startedMs
    } catch (error) {
      if (error instanceof DBError && error.errorName === 'COORDINATION_ERROR') {
        this.#isLost = true
        log('error', `Another server has taken over the lease (object ${leaseKey}): nothing is written here any more`)
        return
      }
      log('warning', `The lease (object ${leaseKey}) cannot be renewed: ${String(error)}`)
    }
    this.#plan()
  }

  /** Others need not wait for its end. */
  async release(): Promise<void> {
    this.#cancel()
    await this.#work
    this.#cancel()
    if (this.#isLost) return
    this.#isLost = true
    const bytes = print({ owner: '', host: this.around.hostName, renewedMs: 0, leaseMs: this.leaseMs })
    await this.store.put(leaseKey, bytes, { ifMatch: this.#etag }).catch(error => {
      this.around.log('warning', `The lease (object ${leaseKey}) could not be given back: ${String(error)}`)
    })
  }
}

/** Some services take conditions and do not keep to them: then nothing keeps a second server out, and that is said. */
async function checkConditions(store: ObjectStore, { log }: Surroundings, bytes: Uint8Array): Promise<string | null> {
  try {
    const { etag } = await store.put(leaseKey, bytes, { ifAbsent: true })
    log(
      'warning',
      'The object store ignores If-None-Match: nothing keeps a second server from writing to the same place',
    )
    return etag
  } catch (error) {
    if (error instanceof DBError && error.errorName === 'FILE_ALREADY_EXISTS') return null
    throw error
  }
}

const print = (lease: Written): Uint8Array => encodeText(`${JSON.stringify(lease)}\n`)

function parse(bytes: Uint8Array): Written {
  try {
    const { owner, host, renewedMs, leaseMs } = JSON.parse(decodeText(bytes)) as Partial<Written>
    if (typeof owner === 'string' && typeof renewedMs === 'number')
      return { owner, host: String(host), renewedMs, leaseMs: Number(leaseMs) }
  } catch {} // told below
  throw new DBError('CORRUPTED_DATA', `Object ${leaseKey} is not a lease`)
}
