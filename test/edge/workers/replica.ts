// A Worker as one writes it, whose options come from its bindings so that each test has its own.
import core from 'core.wasm'
import {
  createReplica,
  type ExecutionContext,
  type Replica,
  type ReplicaOptions,
} from '../../../adapters/edge/index.ts'

interface Options extends Partial<ReplicaOptions> {
  /** As if the runtime gave up each request with its client, whatever it is asked to wait for. */
  readonly givesUp?: boolean
}

let replica: Replica | null = null

export default {
  fetch(request: Request, env: { OPTIONS: Options }, context: ExecutionContext): Promise<Response> {
    const { givesUp, ...options } = env.OPTIONS
    replica ??= createReplica({ core, ...options })
    return replica.fetch(aborted(request), env, givesUp ? undefined : context)
  },
}

/** A request whose client goes away after some time. */
function aborted(request: Request): Request {
  const ms = request.headers.get('x-test-abort-after-ms')
  if (!ms) return request
  const abort = new AbortController()
  setTimeout(() => abort.abort(), Number(ms))
  return new Request(request, { signal: abort.signal })
}
