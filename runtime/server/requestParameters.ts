import type { Parameter } from './urlParameters.ts'

/** What the server itself understands; everything else in a URL is a setting. */
const reserved = new Set([
  'query',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'query_id',
  'stacktrace',
  'role',
  'buffer_size',
  'wait_end_of_query',
  'compress',
  'decompress',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'client_protocol_version',
])

export interface RequestParameters {
  readonly reserved: ReadonlyMap<string, string>
  readonly roles: string[]
  readonly settings: Record<string, string>
  /** Values for {name:Type}. */
  readonly parameters: Record<string, string>
}

/** Sorts a request's parameters. A name that comes twice has its first value. externalTables: their own parameters are no settings. */
export function sortParameters(list: readonly Parameter[], externalTables: readonly string[] = []): RequestParameters {
  const ofTables = new Set(externalTables.flatMap(name => [`${name}_structure`, `${name}_types`, `${name}_format`]))
  const found = new Map<string, string>()
  const roles: string[] = []
  // No prototype: a parameter may be named __proto__.
  const settings: Record<string, string> = Object.create(null)
  const parameters: Record<string, string> = Object.create(null)
  for (const [name, value] of list) {
    if (name === '' || ofTables.has(name)) continue
    if (name === 'role') roles.push(value)
    else if (reserved.has(name)) {
      if (!found.has(name)) found.set(name, value)
    } else if (name.startsWith('param_') && name.length > 6) parameters[name.slice(6)] ??= value
    else settings[name] ??= value
  }
  return { reserved: found, roles, settings, parameters }
}
