import { DBError } from '../core/errors.ts'
import type { EngineOptions } from '../engine/contract.ts'
import { createEngine } from '../engine/engine.ts'
import type { Platform } from '../platform.ts'
import { Database } from './database.ts'
import { granaryError, originOf } from './errors.ts'
import type { SettingValue } from './options.ts'
import type { SessionOptions } from './session.ts'

export interface OpenOptions extends SessionOptions, Omit<EngineOptions, 'path' | 'settings' | 'memory' | 'httpPort'> {
  /** A data directory. */
  readonly path?: string
  /** A data directory elsewhere: `s3://bucket/prefix`, `https://host/directory`, `opfs:name`. */
  readonly url?: string
  /** Everything lives in memory and ends with the database. The same as neither path nor url. */
  readonly memory?: boolean
  readonly settings?: Readonly<Record<string, SettingValue>>
}

/** Opens a database in this process. A string is a path or URL; nothing is a database in memory. */
export async function openDatabase(platform: Platform, given: string | OpenOptions = {}): Promise<Database> {
  const origin = originOf(openDatabase)
  try {
    const { path, url, memory, settings, ...rest }: OpenOptions = typeof given === 'string' ? { path: given } : given
    const places = [path !== undefined && 'path', url !== undefined && 'url', memory && 'memory'].filter(Boolean)
    if (places.length > 1)
      throw new DBError('BAD_ARGUMENTS', `A database lives in one place, not ${places.join(' and ')}`)
    const engine = await createEngine(platform, { startsWorkersLate: true, ...rest, path: path ?? url })
    return new Database(engine, { ...rest, settings }, platform)
  } catch (error) {
    throw granaryError(error, '', origin)
  }
}
