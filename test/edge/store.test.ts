// R2 as an object store and sockets, as a Worker has them.
import assert from 'node:assert/strict'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Deployed, deploy } from './workerd.ts'

describe('in a Worker', () => {
  let worker: Deployed
  before(async () => {
    worker = await deploy('store', { r2Buckets: ['BUCKET'] })
  })
  after(() => worker.stop())

  test('R2 is an object store as any', async () => {
    const outcomes = (await (await fetch(worker.url)).json()) as { name: string; error: string | null }[]
    assert.equal(outcomes.length, 5)
    for (const { name, error } of outcomes) assert.equal(error, null, name)
  })

  test('a server is connected to, sent bytes and read from until it ends', async () => {
    const server = net.createServer(socket => {
      socket.on('error', () => {}) // the Worker may be gone first
      socket.on('data', bytes => {
        if (bytes.toString().endsWith('end')) socket.end()
        else socket.write(bytes)
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const ask = async () => (await fetch(`${worker.url}connect?port=${port}`)).text()
    assert.equal(await ask(), 'true 300000 true true')
    await new Promise(resolve => server.close(resolve))
    assert.match(await ask(), /Connection to 127\.0\.0\.1:\d+ failed/)
  })
})
