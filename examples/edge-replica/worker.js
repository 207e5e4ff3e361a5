// ClickHouse's HTTP interface at the edge, over tables that lie in R2 and on a web server.
import core from 'granary/core.wasm'
import { createReplica } from 'granary/edge'

let replica

export default {
  fetch(request, env, context) {
    replica ??= createReplica({
      core,
      tables: { 'default.hits': 'r2:BUCKET/hits', ...(env.ORIGIN ? { 'web.hits': `${env.ORIGIN}/hits` } : {}) },
      attach: env.ATTACH ? [env.ATTACH] : [],
      users: [{ name: 'default', password: env.PASSWORD ?? '' }],
      settings: { published_refresh_ms: env.REFRESH_MS ?? '5000' },
    })
    return replica.fetch(request, env, context)
  },
}
