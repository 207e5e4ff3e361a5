// The native client, which is optional and Node's alone: `npm ci` in test/zookeeper installs it.
import { createRequire } from 'node:module'
import fs from 'node:fs'
import path from 'node:path'
import { nativeZooKeeper } from '../../adapters/node/nativeZooKeeper.ts'
import { coordinatorContract } from '../coordination/contract.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from '../coordination/realZooKeeper.ts'
import { platformHere, runtimeHere } from '../platform/here.ts'
import { connectStringOf } from '../coordination/zooKeeperSubject.ts'

const folder = path.resolve('test/zookeeper/package.json')
const isHere = fs.existsSync(path.resolve('test/zookeeper/node_modules/zookeeper/build/Release/zookeeper.node'))
const isNode = runtimeHere === 'node'

where(isZooKeeperInstalled && isHere && isNode, 'ZooKeeper and its native client', () => {
  coordinatorContract(
    'native client',
    async () => {
      const server = await ZooKeeperServer.start()
      const servers = [server.address]
      return {
        servers,
        client: via =>
          nativeZooKeeper(platformHere(), {
            servers: connectStringOf(via ?? servers),
            load: async () => createRequire(folder)('zookeeper'),
          }),
        stop: () => server.stop(),
      }
    },
    { hasMulti: false, hasWire: true, hasAcl: false },
  )
})
