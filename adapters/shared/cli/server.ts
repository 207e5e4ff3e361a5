import { createEngine } from '../../../runtime/engine/engine.ts'
import { checkExposure, defaultConfig, readConfig, type ServerConfig } from './config.ts'
import { loadDemo, showDemo } from './demo.ts'
import type { CliHost } from './program.ts'
import { stopSignal } from './stopSignal.ts'

export interface ServerCommand {
  config?: string
  /** What the command line says, which goes before the file. */
  overrides: Partial<ServerConfig>
  /** Servers; go before those of the file. */
  zooKeeper?: string
  demo: boolean
}

/** Runs until a signal stops it. */
export async function server(
  runtime: CliHost,
  { config: file, overrides, zooKeeper, demo }: ServerCommand,
): Promise<number> {
  const config: ServerConfig = { ...defaultConfig, ...(file ? readConfig(file) : {}), ...overrides }
  const password = process.env['GRANARY_PASSWORD']
  if (password !== undefined) config.users = { ...config.users, default: { ...config.users['default'], password } }
  if (zooKeeper !== undefined) config.coordination = { ...config.coordination, servers: zooKeeper }
  checkExposure(config)

  const stop = stopSignal()
  const platform = runtime.platform({ logLevel: config.logLevel, threads: config.maxThreads })
  process.on('unhandledRejection', error => platform.log('error', `A mistake of ours: ${stackOf(error)}`))
  const engine = await createEngine(platform, {
    path: config.path,
    stores: config.stores,
    coordination: config.coordination,
    users: Object.entries(config.users).map(([name, user]) => ({ name, ...user })),
    maxThreads: config.maxThreads,
    maxServerMemoryUsage: config.maxServerMemoryUsage,
    settings: config.settings,
    httpPort: config.httpPort,
    warmUp: true,
  })
  if (demo) await loadDemo(engine)
  const http = await runtime.listen(engine, platform, {
    host: config.host,
    port: config.httpPort,
    displayName: config.displayName,
  })
  stop.isServing = true
  platform.log('information', `Granary ${engine.version} on ${platform.name}: ${http.url}, data in ${config.path}`)
  if (demo) await showDemo(engine, http.url)

  const signal = await stop.asked
  platform.log('information', `${signal}: stopping. Running queries have ${config.stopTimeoutSeconds} s to finish`)
  const graceMs = config.stopTimeoutSeconds * 1000
  await Promise.all([http.stop(graceMs), engine.close({ graceMs })])
  return 0
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
