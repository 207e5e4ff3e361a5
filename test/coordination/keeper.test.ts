// Our client on `granary keeper`'s wire.
import { startKeeper } from '../../runtime/coordination/keeper/keeperServer.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { platformHere } from '../platform/here.ts'
import { coordinatorContract } from './contract.ts'
import { wireSubject } from './zooKeeperSubject.ts'

coordinatorContract(
  'granary keeper',
  async () => {
    const server = await startKeeper(platformHere(), new MemoryDisk(), {
      port: 0,
      tickMs: 200,
      sessionTimeoutMsMax: 60_000,
    })
    return wireSubject([{ host: '127.0.0.1', port: server.port }], () => server.close())
  },
  { hasMulti: true, hasAcl: true, hasWire: true },
)
