// Our client on `granary keeper`'s wire.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startKeeper } from '../../runtime/coordination/keeper/keeperServer.ts'
import { zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'
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

test('granary keeper: reads between changes see those before them alone, also when more is read than is taken', async () => {
  const server = await startKeeper(platformHere(), new MemoryDisk(), { port: 0 })
  const client = zooKeeper(platformHere(), { servers: `127.0.0.1:${server.port}` })
  try {
    const session = await client.open()
    await session.create('/a', '')
    const size = 300_000
    const told: string[] = []
    const asked: Promise<unknown>[] = []
    for (let i = 1; i <= 4; i++) {
      asked.push(session.set('/a', new Uint8Array(size).fill(i)).then(() => told.push(`set ${i}`)))
      for (let j = 0; j < 20; j++)
        asked.push(
          session.get('/a', j === 0 ? event => told.push(`${event.kind} ${i}`) : undefined).then(({ data, stat }) => {
            assert.deepEqual([data.length, data[0], data.at(-1), stat.version], [size, i, i, i])
            if (j === 19) told.push(`got ${i}`)
          }),
        )
    }
    await Promise.all(asked)
    const turns = [1, 2, 3].flatMap(i => [`set ${i}`, `got ${i}`, `changed ${i}`])
    assert.deepEqual(told, [...turns, 'set 4', 'got 4'])
  } finally {
    await client.close()
    await server.close()
  }
})
