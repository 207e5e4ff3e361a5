import type { Value } from '../types/value.ts'
import { allClusters, isThisServer } from './clusters.ts'
import type { SystemTable } from './systemTables.ts'

const nativePort = 9000

/** system.clusters. */
export const systemClusters: SystemTable = {
  columns: [
    ['cluster', 'String'],
    ['shard_num', 'UInt32'],
    ['shard_name', 'String'],
    ['shard_weight', 'UInt32'],
    ['internal_replication', 'UInt8'],
    ['replica_num', 'UInt32'],
    ['replica_name', 'String'],
    ['host_name', 'String'],
    ['host_address', 'String'],
    ['port', 'UInt16'],
    ['is_local', 'UInt8'],
    ['user', 'String'],
    ['default_database', 'String'],
    ['errors_count', 'UInt32'],
    ['slowdowns_count', 'UInt32'],
    ['estimated_recovery_time', 'UInt32'],
  ],
  *rows(engine) {
    for (const { name, shards } of allClusters(engine.options))
      for (const [i, { weight, internalReplication, replicas }] of shards.entries())
        for (const [j, replica] of replicas.entries()) {
          const { host, port, user } = replica
          const address = host === 'localhost' ? '127.0.0.1' : host
          const [shard, number] = [i + 1, j + 1]
          yield [
            ...[name, shard, String(shard), weight, internalReplication ? 1 : 0],
            ...[number, String(number), host, address, port ?? nativePort],
            ...[isThisServer(engine, replica) ? 1 : 0, user, '', 0, 0, 0],
          ] satisfies Value[]
        }
  },
}
