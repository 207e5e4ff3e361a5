// A Worker as one writes it, whose options come from its bindings so that each test has its own.
import core from 'core.wasm'
import { createReplica, type ReplicaOptions } from '../../../adapters/edge/index.ts'
import type { ExecutionContext, Replica } from '../../../adapters/edge/index.ts'

let replica: Replica | null = null

export default {
  fetch(request: Request, env: { OPTIONS: Partial<ReplicaOptions> }, context: ExecutionContext): Promise<Response> {
    replica ??= createReplica({ core, ...env.OPTIONS })
    return replica.fetch(request, env, context)
  },
}
