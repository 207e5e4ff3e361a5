// Granary inside a program of your own.
import { type Database, openDatabase } from '../../runtime/library/index.ts'
import type { Listen } from '../shared/listen.ts'
import type { Options } from '../shared/openOptions.ts'
import { nodePlatform } from './platform.ts'

export type { Engine, EngineOptions, QueryRequest, QueryResult } from '../../runtime/engine/contract.ts'
export { createEngine } from '../../runtime/engine/engine.ts'
export * from '../../runtime/library/index.ts'
export { LocalDisk } from '../shared/disk.ts'
export { nodePlatform }

/** Opens a database in this process. A string is a path or URL; without anything it is one in memory. */
export function open(options: string | Options = {}): Promise<Database> {
  return openDatabase(nodePlatform(typeof options === 'string' ? {} : options), options)
}

/** Serves HTTP. What does so is loaded with the first server. */
export const listen: Listen = async (...given) => (await import('./server.ts')).listen(...given)
