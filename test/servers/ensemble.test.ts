// Our client on an ensemble of three. The contract's proxies stand before its first server.
import { coordinatorContract } from '../coordination/contract.ts'
import { isZooKeeperInstalled, where, ZooKeeperEnsemble } from '../coordination/realZooKeeper.ts'
import { wireSubject } from '../coordination/zooKeeperSubject.ts'

where(isZooKeeperInstalled, 'ZooKeeper', () => {
  coordinatorContract(
    'ensemble',
    async () => {
      const ensemble = await ZooKeeperEnsemble.start()
      return wireSubject(ensemble.addresses, () => ensemble.stop())
    },
    { hasMulti: true, hasWire: true, hasAcl: true },
  )
})
