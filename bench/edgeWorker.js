// The Worker that bench/edge.mjs measures: a replica, and how it asks its bucket.
import core from 'core.wasm'
import { createReplica } from '../dist/edge/index.js'

const loadedAt = Date.now()
const asked = { operations: 0, bytes: 0, waves: 0, log: [] }
let flying = 0

/** Counts operations, and waves of them: those that are on their way at the same time cost one round trip. */
async function counted(what, run) {
  asked.operations++
  if (flying++ === 0) asked.waves++
  asked.log.push([what, asked.waves])
  try {
    const found = await run()
    asked.bytes += found?.range?.length ?? found?.size ?? 0
    return found
  } finally {
    flying--
  }
}

/** Bodies are a part of the answer: the operation ends with its last byte. */
function counting(bucket) {
  return {
    get: (key, options) =>
      counted(`get ${key} ${options?.range ? `${options.range.offset}+${options.range.length}` : ''}`, async () => {
        const found = await bucket.get(key, options)
        if (!found?.body) return found
        const bytes = await found.arrayBuffer()
        return {
          key,
          size: found.size,
          etag: found.etag,
          range: found.range,
          body: found.body,
          arrayBuffer: async () => bytes,
        }
      }),
    head: key => counted(`head ${key}`, () => bucket.head(key)),
    list: options => counted(`list ${options.prefix}`, () => bucket.list(options)),
    createMultipartUpload() {},
  }
}

let replica = null

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url)
    if (pathname === '/asked') {
      const { log, ...numbers } = asked
      return Response.json({ ...numbers, log: log.splice(0), loadedAt })
    }
    replica ??= createReplica({ core, tables: env.TABLES, ...env.OPTIONS })
    return replica.fetch(request, { ...env, BUCKET: counting(env.BUCKET) }, context)
  },
}
