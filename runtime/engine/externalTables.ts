import { parseStatement } from '../sql/parser.ts'
import type { QueryRequest } from './contract.ts'
import type { GranaryEngine } from './engine.ts'
import { QueryRun } from './queryRun.ts'
import { Session } from './session.ts'

/** The request in a session in which the tables that came with it are temporary ones. They go when the query is forgotten. */
export async function withExternalTables(engine: GranaryEngine, request: QueryRequest): Promise<QueryRequest> {
  const { externalTables } = request
  if (!externalTables || externalTables.length === 0) return request
  const own = request.session
  const session = new Session(own?.id ?? '', request.user)
  session.database = own?.database ?? ''
  for (const [name, value] of own?.settings ?? []) session.settings.set(name, value)
  for (const [name, table] of own?.temporaryTables ?? []) session.temporaryTables.set(name, table)
  const inner = { ...request, session, body: null, externalTables: undefined, readonly: 0 } as const
  const settings = engine.settingsOf(inner)
  const run = async (text: string, data: Uint8Array | null) => {
    const { statement } = parseStatement(text)
    await new QueryRun(engine, inner, engine.makeId(), text, statement, settings.with([['log_queries', '0']])).run(
      data,
      null,
    )
  }
  for (const { name, structure, format, data } of externalTables) {
    session.temporaryTables.delete(name)
    await run(`CREATE TEMPORARY TABLE ${quoteName(name)} (${structure}) ENGINE = Memory`, null)
    await run(`INSERT INTO ${quoteName(name)} FORMAT ${format}`, data)
  }
  return { ...request, session, externalTables: undefined }
}

const quoteName = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``
