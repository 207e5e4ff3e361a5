// Our client on ZooKeeper itself: one server. On an ensemble, and under load: test/servers.
import { coordinatorContract } from './contract.ts'
import { isZooKeeperInstalled, where, ZooKeeperServer } from './realZooKeeper.ts'
import { wireSubject } from './zooKeeperSubject.ts'

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  coordinatorContract(
    'ZooKeeper',
    async () => {
      const server = await ZooKeeperServer.start()
      return wireSubject([server.address], () => server.stop())
    },
    { hasMulti: true, hasWire: true, hasAcl: true },
  )
})
