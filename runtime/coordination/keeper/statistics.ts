// What the four-letter words tell.
import type { Clock } from '../../platform.ts'

class Latency {
  least = Number.POSITIVE_INFINITY
  most = 0
  total = 0
  count = 0

  add(ms: number): void {
    if (ms < this.least) this.least = ms
    if (ms > this.most) this.most = ms
    this.total += ms
    this.count++
  }

  get minMs(): number {
    return this.count === 0 ? 0 : Math.round(this.least)
  }

  get maxMs(): number {
    return Math.round(this.most)
  }

  get averageMs(): number {
    return this.count === 0 ? 0 : this.total / this.count
  }
}

export class ServerStatistics {
  received = 0
  sent = 0
  receivedBytes = 0
  sentBytes = 0
  /** Connections there were too many of. */
  refused = 0
  latency = new Latency()

  answered(ms: number): void {
    this.latency.add(ms)
  }

  reset(): void {
    this.received = 0
    this.sent = 0
    this.latency = new Latency()
  }
}

export class ConnectionStatistics {
  received = 0
  sent = 0
  readonly establishedMs: number
  /** On the clock that never goes back. */
  readonly sinceMs: number
  timeoutMs = 0
  operation = 'NA'
  xid = 0
  zxid = 0
  answeredMs = 0
  lastLatencyMs = 0
  latency = new Latency()

  constructor(readonly clock: Clock) {
    this.establishedMs = clock.now()
    this.sinceMs = clock.monotonic()
  }

  connected(timeoutMs: number): void {
    this.timeoutMs = timeoutMs
    this.operation = 'SESS'
  }

  answered(operation: string, xid: number, zxid: number, latencyMs: number): void {
    this.operation = operation
    this.xid = xid
    if (zxid > 0) this.zxid = zxid
    this.lastLatencyMs = latencyMs
    this.latency.add(latencyMs)
    this.answeredMs = this.clock.monotonic()
  }

  reset(): void {
    this.received = 0
    this.sent = 0
    this.operation = 'NA'
    this.lastLatencyMs = 0
    this.latency = new Latency()
  }
}
