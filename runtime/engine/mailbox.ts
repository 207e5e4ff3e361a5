import type { DBError } from '../core/errors.ts'
import { type Peers, type Received, type SharedItem, transferOf } from '../exec/peers.ts'
import type { FromWorker, Task } from './messages.ts'

/** Bytes that may be on their way to one thread before sending waits. */
const aheadBytesMax = 16 << 20

const sizeOf = (item: SharedItem): number => transferOf(item).reduce((sum, { byteLength }) => sum + byteLength, 0)

/** What a query's threads send each other, at one of them. All of it goes through the control thread. */
export class Mailbox implements Peers {
  readonly #id: number
  readonly index: number
  readonly count: number
  readonly #channels: Received[][] = []
  readonly #ahead: number[] = []
  #helpersEnded = 0
  #error: DBError | null = null
  #waiting: (() => void)[] = []

  constructor(
    task: Task,
    readonly post: (message: FromWorker, transfer?: ArrayBuffer[]) => void,
  ) {
    const share = task.kind === 'select' ? task.share : null
    this.#id = task.id
    this.index = share?.index ?? 0
    this.count = share?.count ?? (task.kind === 'select' ? task.threads : 1)
  }

  send(to: number, item: SharedItem): void {
    this.#ahead[to] = (this.#ahead[to] ?? 0) + sizeOf(item)
    this.post({ kind: 'shared', id: this.#id, to, item }, transferOf(item))
  }

  isFull(to: number): boolean {
    return (this.#ahead[to] ?? 0) >= aheadBytesMax
  }

  poll(channel: number): Received | null {
    if (this.#error) throw this.#error
    const received = this.#channels[channel]?.shift()
    if (!received) return null
    const bytes = sizeOf(received.item)
    if (bytes > 0) this.post({ kind: 'sharedTaken', id: this.#id, to: received.from, bytes })
    return received
  }

  activity(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
    })
  }

  get areGone(): boolean {
    return this.#helpersEnded >= this.count - 1
  }

  deliver(from: number, item: SharedItem): void {
    this.#channels[item.channel] ??= []
    this.#channels[item.channel].push({ from, item })
    this.#wake()
  }

  taken(by: number, bytes: number): void {
    this.#ahead[by] -= bytes
    this.#wake()
  }

  helperEnded(): void {
    this.#helpersEnded++
    this.#wake()
  }

  fail(error: DBError): void {
    this.#error ??= error
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
