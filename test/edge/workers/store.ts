// Runs the contract of object stores on R2, and connects to servers, inside of workerd.
import { connect } from '../../../adapters/edge/sockets.ts'
import { type R2Bucket, R2Store } from '../../../adapters/edge/r2Store.ts'
import { storeContract } from '../../storage/storeContract.ts'
import { type Outcome, outcomes } from '../suite/nodeTest.ts'

export default {
  async fetch(request: Request, env: { BUCKET: R2Bucket }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/connect') return new Response(await echoed(Number(searchParams.get('port'))))
    let prefixes = 0
    storeContract('R2', async () => new R2Store(env.BUCKET, `contract/${prefixes++}`))
    const all: Outcome[] = []
    for await (const outcome of outcomes()) all.push(outcome)
    return Response.json(all)
  },
}

/** What a server gives back of what it is sent. */
async function echoed(port: number): Promise<string> {
  try {
    const socket = await connect({ host: '127.0.0.1', port, timeoutMs: 2000 })
    const sent = new Uint8Array(300_000).map((_, i) => i * 13)
    const sending = socket.write(sent)
    let size = 0
    let isSame = true
    while (size < sent.length) {
      const bytes = await socket.read()
      if (bytes === null) break
      for (const [i, byte] of bytes.entries()) isSame &&= byte === sent[size + i]
      size += bytes.length
    }
    await sending
    await socket.write(new TextEncoder().encode('end'))
    const isOver = (await socket.read()) === null
    await socket.close()
    await socket.close()
    return `${socket.remote === `127.0.0.1:${port}`} ${size} ${isSame} ${isOver}`
  } catch (error) {
    return String(error)
  }
}
