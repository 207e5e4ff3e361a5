import { startKeeper } from '../../../runtime/coordination/keeper/keeperServer.ts'
import type { LogLevel } from '../../../runtime/platform.ts'
import { LocalDisk } from '../disk.ts'
import type { CliHost } from './program.ts'
import { stopSignal } from './stopSignal.ts'

/** Times in milliseconds. What is absent has its default: see KeeperServerOptions. */
export interface KeeperCommand {
  path: string
  host: string
  port: number
  tickTime?: number
  minSessionTimeout?: number
  maxSessionTimeout?: number
  maxConnections?: number
  maxSessions?: number
  maxNodes?: number
  maxBytes?: number
  snapshotTransactions?: number
  logLevel?: LogLevel
}

/** Runs until a signal stops it. */
export async function keeperCommand(runtime: CliHost, command: KeeperCommand): Promise<number> {
  const stop = stopSignal()
  const platform = runtime.platform({ threads: 0, logLevel: command.logLevel })
  process.on('unhandledRejection', error =>
    platform.log('error', `A mistake of ours: ${error instanceof Error ? (error.stack ?? error.message) : error}`),
  )
  const disk = new LocalDisk(command.path)
  const keeper = await startKeeper(platform, disk, {
    host: command.host,
    port: command.port,
    tickMs: command.tickTime,
    sessionTimeoutMsMin: command.minSessionTimeout,
    sessionTimeoutMsMax: command.maxSessionTimeout,
    connectionsMax: command.maxConnections,
    snapshotTransactions: command.snapshotTransactions,
    directory: disk.root,
    limits: given({
      sessionsMax: command.maxSessions,
      nodesMax: command.maxNodes,
      bytesMax: command.maxBytes,
    }),
  })
  const { state } = keeper.keeper
  stop.isServing = true
  platform.log(
    'information',
    `Granary keeper on ${platform.name}: ${command.host}:${keeper.port}, data in ${disk.root}, ${state.nodes.size} nodes, transaction ${state.zxid}`,
  )
  const signal = await stop.asked
  platform.log('information', `${signal}: stopping`)
  await keeper.close()
  return 0
}

/** Without what was not stated. */
function given<T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >
}
