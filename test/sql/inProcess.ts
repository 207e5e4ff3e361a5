// An engine in memory that answers as clickhouse-client would: TabSeparated text, or the error's code.
import { nodePlatform } from '../../adapters/node/platform.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import { coreModule } from '../harness.ts'

export const startEngine = (): Promise<GranaryEngine> =>
  createEngine(nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' }))

export async function ask(
  engine: GranaryEngine,
  query: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const { body } = await engine.execute({
      query,
      body: null,
      settings,
      parameters: {},
      user: 'default',
      readonly: 0,
      session: engine.sessions.acquire('default', `${query}${Object.values(settings)}${Math.random()}`),
      signal: new AbortController().signal,
      client: { interface: 'local', address: '', userAgent: '' },
    })
    return body ? await new Response(body).text() : ''
  } catch (error) {
    return `Code: ${error instanceof DBError ? error.code : String(error)}\n`
  }
}
