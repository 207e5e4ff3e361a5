// Our client before servers that speak ZooKeeper's protocol, as the contract wants it.
import { zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'
import { platformHere } from '../platform/here.ts'
import type { Subject } from './contract.ts'
import type { Address } from './tcpProxy.ts'

/** `host:port,host:port`. */
export const connectStringOf = (servers: readonly Address[]): string =>
  servers.map(({ host, port }) => `${host}:${port}`).join(',')

export function wireSubject(servers: readonly Address[], stop: () => Promise<void>): Subject {
  const platform = platformHere()
  return { client: via => zooKeeper(platform, { servers: connectStringOf(via ?? servers) }), servers, stop }
}
