// A program as there are many: it talks to ClickHouse by the official client, wherever CLICKHOUSE_URL leads.
import { createClient } from '@clickhouse/client'

export class Orders {
  constructor(url = process.env.CLICKHOUSE_URL) {
    this.client = createClient({ url })
  }

  async migrate() {
    await this.client.command({
      query: 'CREATE TABLE orders (id UInt64, customer String, total Decimal(18, 2)) ENGINE = MergeTree ORDER BY id',
    })
  }

  async add(...orders) {
    await this.client.insert({ table: 'orders', values: orders, format: 'JSONEachRow' })
  }

  async best() {
    const query = 'SELECT customer, sum(total) AS spent FROM orders GROUP BY customer ORDER BY spent DESC LIMIT 1'
    const result = await this.client.query({ query, format: 'JSONEachRow' })
    return (await result.json())[0]
  }

  close() {
    return this.client.close()
  }
}
