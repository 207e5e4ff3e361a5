// Runs the contract of coordinators with the ZooKeeper client, over the sockets of workerd.
import core from 'core.wasm'
import { edgePlatform } from '../../../adapters/edge/platform.ts'
import { zooKeeper } from '../../../runtime/coordination/zookeeper/zooKeeper.ts'
import { coordinatorContract } from '../../coordination/contract.ts'
import { type Outcome, outcomes } from '../suite/nodeTest.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const servers = new URL(request.url).searchParams.get('servers') ?? ''
    const platform = edgePlatform({ core, logLevel: 'error' })
    coordinatorContract(
      'workerd',
      async () => ({ client: () => zooKeeper(platform, { servers }), servers: [], stop: async () => {} }),
      { hasMulti: true, hasWire: false, hasAcl: true },
    )
    const all: Outcome[] = []
    for await (const outcome of outcomes()) all.push(outcome)
    return Response.json(all)
  },
}
