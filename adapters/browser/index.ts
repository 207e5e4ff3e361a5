// Granary in a page: the engine runs in a worker of its own, and keeps what it stores in the origin's private file system.
import { DBError } from '../../runtime/core/errors.ts'
import { Database } from '../../runtime/library/database.ts'
import { granaryError, originOf } from '../../runtime/library/errors.ts'
import type { OpenOptions } from '../../runtime/library/openDatabase.ts'
import type { LogLevel } from '../../runtime/platform.ts'
import { openEngine } from './openEngine.ts'
import { opfsName, removeOpfs } from './opfs.ts'

export { DBError, type ErrorName } from '../../runtime/core/errors.ts'
export type { Engine, EngineOptions, Progress, QueryRequest, QueryResult } from '../../runtime/engine/contract.ts'
export { PortEngine } from '../../runtime/engine/portEngine.ts'
export type { ClientConnection, ClientConnectionOptions } from '../../runtime/library/clientConnection.ts'
export { ColumnSet, type ResultColumn, type TypedValues } from '../../runtime/library/columnSet.ts'
export { Database } from '../../runtime/library/database.ts'
export { GranaryError } from '../../runtime/library/errors.ts'
export type { InsertBody, InsertData, InsertRow } from '../../runtime/library/insertData.ts'
export type { QueryOptions, SettingValue, ValueOptions } from '../../runtime/library/options.ts'
export type { Parameters, ParameterValue } from '../../runtime/library/parameters.ts'
export { Result, type Statistics } from '../../runtime/library/result.ts'
export { type InsertOptions, Session, type SessionOptions } from '../../runtime/library/session.ts'
export { sql } from '../../runtime/library/sqlTemplate.ts'
export { type OpenedEngine, openEngine } from './openEngine.ts'

export interface BrowserOptions extends OpenOptions {
  /** `opfs:name` for a database that stays with this origin. Absent: one in memory. */
  readonly path?: string
  /** The worker that runs the engine, or where its script (`granary/browser/worker.js`) lies. Default: beside this module. */
  readonly worker?: Worker | URL | string
  /** How long to wait for another tab that has the database open. Default: half a second. */
  readonly waitMs?: number
  /** Most that the engine may take for queries and caches. Default: 1 GiB, of which caches use up to 224 MiB. */
  readonly memoryBytes?: number
  /** Asks the browser not to clear this origin's data when the machine runs out of space; it may refuse. */
  readonly persist?: boolean
  /** Least that is told on the console. Default: warning. */
  readonly logLevel?: LogLevel
}

/** Opens a database in a worker of this page. A string is a path; without anything it is one in memory. */
export async function open(given: string | BrowserOptions = {}): Promise<Database> {
  const origin = originOf(open)
  try {
    const options: BrowserOptions = typeof given === 'string' ? { path: given } : given
    const { path, url, memory, worker, persist, settings, ...rest } = options
    const places = [path !== undefined && 'path', url !== undefined && 'url', memory && 'memory'].filter(Boolean)
    if (places.length > 1)
      throw new DBError('BAD_ARGUMENTS', `A database lives in one place, not ${places.join(' and ')}`)
    if (persist) await navigator.storage?.persist?.()
    const { engine, platform } = await openEngine({ ...rest, path: path ?? url }, worker)
    return new Database(engine, { ...rest, settings }, platform)
  } catch (error) {
    throw granaryError(error, '', origin)
  }
}

/** Removes a database, `opfs:name`, that no tab has open. None there is no error. */
export async function removeDatabase(path: string): Promise<void> {
  const origin = originOf(removeDatabase)
  try {
    if (!path.startsWith('opfs:')) throw new DBError('BAD_ARGUMENTS', `${path} is not a database in OPFS (opfs:name)`)
    await removeOpfs(opfsName(path))
  } catch (error) {
    throw granaryError(error, '', origin)
  }
}
