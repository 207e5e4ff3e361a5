import { embeddedCoordinator } from '../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { platformHere } from '../platform/here.ts'
import { coordinatorContract } from './contract.ts'

coordinatorContract(
  'embedded, in memory',
  async () => {
    const coordinator = await embeddedCoordinator(platformHere(), null)
    return { client: () => coordinator.client(), servers: [], stop: () => coordinator.close() }
  },
  { hasMulti: true, hasWire: false, hasAcl: true },
)
