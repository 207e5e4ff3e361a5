// Its tests, with a ClickHouse in their own process instead of a container.
//   node --test, deno test -A, bun test
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { startServer } from 'granary/testing'
import { Orders } from './orders.mjs'

let server
let orders

before(async () => {
  server = await startServer() // in memory, on a free port
  orders = new Orders(server.url)
  await orders.migrate()
})
beforeEach(() => server.truncateAll())
after(async () => {
  await orders.close()
  await server.close()
})

test('the best customer is who spent most', async () => {
  await orders.add({ id: 1, customer: 'Ada', total: 10 }, { id: 2, customer: 'Bob', total: 15 })
  await orders.add({ id: 3, customer: 'Ada', total: 7.5 })
  assert.deepEqual(await orders.best(), { customer: 'Ada', spent: 17.5 })
})

test('without orders nobody is', async () => {
  assert.equal(await orders.best(), undefined)
  // The same database, looked at from inside.
  assert.equal(await server.db.query('SELECT count() FROM orders').value(), 0n)
})
