import { DBError } from '../core/errors.ts'
import type { Disk, DiskLock } from '../storage/disk.ts'
import { type DiskDescription, locationOfBase, locationOfDisk } from '../storage/diskDescription.ts'
import { isUrl } from '../storage/openUrlDisk.ts'
import type { GranaryEngine } from './engine.ts'

interface Held {
  readonly lock: Promise<DiskLock | null>
  tables: number
}

export interface OpenedDisk {
  readonly disk: Disk
  /** Of Platform.openDisk, for workers. Holds secrets. */
  readonly location: string
  release(): Promise<void>
}

/** Disks of tables that are on one of their own. Those that are written are locked as long as a table is on them. */
export class TableDisks {
  readonly #held = new Map<string, Held>()

  constructor(readonly engine: GranaryEngine) {}

  async open(given: DiskDescription): Promise<OpenedDisk> {
    const description = this.#placed(given)
    const { platform } = this.engine
    const location = locationOfDisk(description)
    const disk = await platform.openDisk(location)
    if (!disk.can.write) return { disk, location, release: async () => {} }
    const key = locationOfBase(description)
    const held: Held = this.#held.get(key) ?? { lock: disk.lock?.(platform) ?? Promise.resolve(null), tables: 0 }
    this.#held.set(key, held)
    held.tables++
    let isHeld = true
    const release = async () => {
      if (!isHeld) return
      isHeld = false
      held.tables--
      if (held.tables > 0) return
      if (this.#held.get(key) === held) this.#held.delete(key)
      await (await held.lock.catch(() => null))?.release()
    }
    try {
      await held.lock
    } catch (error) {
      await release()
      throw error
    }
    return { disk, location, release }
  }

  /** Local directories lie where the server's owner wants them, whatever a statement says. */
  #placed(given: DiskDescription): DiskDescription {
    const description = this.engine.options.stores?.readonly ? { ...given, isReadOnly: true } : given
    const { store } = description
    if (store.kind !== 'local') return description
    const { location, options } = this.engine
    const own = location === '' || isUrl(location) ? null : `${location.replace(/\/+$/, '')}/disks`
    const base = options.stores?.localDisks?.replace(/\/+$/, '') ?? own
    const path = store.path.replace(/\/+$/, '')
    const isAbsolute = /^(\/|[A-Za-z]:[\\/])/.test(path)
    const isAnywhere = base === ''
    const whole = isAbsolute || base === null || isAnywhere ? path : `${base}/${path}`
    const isInside = isAnywhere || (base !== null && (whole === base || whole.startsWith(`${base}/`)))
    if (!isInside || (!isAnywhere && whole.split(/[\\/]/).includes('..')))
      throw new DBError(
        'BAD_ARGUMENTS',
        base === null
          ? 'Tables may not have local disks of their own here: there is no data directory, and stores.localDisks is not set'
          : `The path of a local disk must be inside of ${base} (stores.localDisks says where)`,
      )
    return { ...description, store: { kind: 'local', path: whole } }
  }
}
