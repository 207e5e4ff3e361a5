import { Settings } from '../core/settings.ts'
import type { GranaryEngine } from './engine.ts'
import { QueryRun } from './queryRun.ts'

/** A run for what the engine does by itself: loading tables, flushing buffers, loading dictionaries. */
export function internalRun(engine: GranaryEngine, database: string): QueryRun {
  const request = {
    query: '',
    body: null,
    settings: {},
    parameters: {},
    database,
    user: 'default',
    readonly: 0,
    signal: new AbortController().signal,
    client: { interface: 'local', address: '', userAgent: '' },
  } as const
  const nothing = { kind: 'use', database, start: 0, end: 0 } as const
  return new QueryRun(
    engine,
    request,
    engine.makeId(),
    '',
    nothing,
    new Settings(Object.entries(engine.options.settings ?? {})),
  )
}
