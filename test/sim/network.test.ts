import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Socket } from '../../runtime/platform.ts'
import { Machine } from './machine.ts'
import { Network } from './network.ts'
import { World } from './world.ts'

const seeds = 80

async function readAll(socket: Socket, into: number[]): Promise<'ended' | 'broke'> {
  try {
    for (let bytes = await socket.read(); bytes; bytes = await socket.read()) into.push(...bytes)
    return 'ended'
  } catch {
    return 'broke'
  }
}

test('what arrives is the beginning of what was sent, whatever happens to the network', async () => {
  const outcomes = { whole: 0, part: 0, none: 0 }
  for (let seed = 1; seed <= seeds; seed++) {
    const world = new World(seed)
    await world.run(async () => {
      const { random } = world
      const network = new Network(world)
      const [server, client] = ['server', 'client'].map(name => new Machine(world, name, { network }).start())
      const sent = Uint8Array.from({ length: random.whole(1, 100_000) }, (_, i) => (i * 7) % 251)
      const received: number[] = []
      let end: 'ended' | 'broke' | null = null
      if (seed % 2) network.mood = { breaks: 0.005, slow: 0.05, refuses: 0.2 }
      await server.platform.listenTcp!({ host: 'server', port: 80 }, socket => {
        void readAll(socket, received).then(how => {
          end = how
          void socket.close()
        })
      })
      const work = async () => {
        const socket = await client.platform.connect!({ host: 'server', port: 80 })
        for (let at = 0; at < sent.length; at += 700) await socket.write(sent.subarray(at, at + 700))
        await socket.close()
      }
      const faults = async () => {
        await world.wait(random.between(0, 30))
        if (seed % 5 === 0) server.machine.pause(100)
        if (seed % 7 === 0) server.machine.losePower()
        if (seed % 3 === 0) network.cut('client', 'server')
        await world.wait(random.between(0, 30_000))
        network.healAll()
        await world.wait(60_000)
      }
      await Promise.all([client.ask(work).catch(() => {}), faults()])
      assert.ok(
        received.every((byte, i) => byte === sent[i]),
        `seed ${seed}`,
      )
      if (end === 'ended') assert.equal(received.length, sent.length, `seed ${seed}: an end is the end`)
      outcomes[received.length === 0 ? 'none' : received.length < sent.length ? 'part' : 'whole']++
    })
  }
  for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > 2, `${outcome}: ${count}`)
})
