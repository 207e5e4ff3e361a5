// How threads of one query put the groups of an aggregation together.
//
// Few groups: each thread gives its states to the one that leads. Many: the partitions of the groups are shared out. Every thread sends
// what belongs to another's partitions there, while it scans already if that helps, and finishes its own; the steps above run on that too.
// Which way it goes is the leading thread's word: a thread that has many groups says `many`, and all are told `exchange`; once all have
// `given` what they had and none had many, they are told `finish`.
import { assert } from '../core/assert.ts'
import type { QueryContext } from './context.ts'
import type { WireGroups } from './groupStates.ts'
import type { Aggregation } from './operators/aggregate.ts'
import type { GroupItem, Peers, Received, Signal } from './peers.ts'

export class GroupExchange {
  #verdict: 'exchange' | 'finish' | null = null
  /** Whether this thread has said that it has many groups. */
  #hasMany = false
  /** In the leading thread: those that may still give it states of any partition. */
  readonly #giving = new Set<number>()
  /** Threads that have sent all there is for this one's partitions. */
  #ended = 0
  readonly #totals: (readonly Uint8Array[])[] = []
  readonly #groupsMany: number

  constructor(
    readonly context: QueryContext,
    readonly peers: Peers,
    /** Of this aggregation's items. */
    readonly channel: number,
    /** false: all states go to the leading thread, however many. */
    readonly mayExchange: boolean,
  ) {
    for (let i = 1; i < peers.count; i++) this.#giving.add(i)
    const threshold = context.settings.number('group_by_two_level_threshold')
    this.#groupsMany = threshold > 0 ? threshold : Number.POSITIVE_INFINITY
  }

  get leads(): boolean {
    return this.peers.index === 0
  }

  #send(to: number, item: GroupItem): void {
    this.peers.send(to, item)
  }

  #signal(to: number, signal: Signal): void {
    this.#send(to, { channel: this.channel, kind: 'signal', signal })
  }

  #others(): number[] {
    return Array.from({ length: this.peers.count }, (_, i) => i).filter(i => i !== this.peers.index)
  }

  readonly #sendGroups = (to: number, groups: WireGroups): void =>
    this.#send(to, { channel: this.channel, kind: 'groups', groups })

  /** To be called after each chunk of the input. */
  async exchange(aggregation: Aggregation): Promise<void> {
    this.#look(aggregation)
    // Rows and words of others are messages, which come between chunks only.
    if (this.#hasMany) await this.context.platform.clock.yield()
    await this.#receive(aggregation)
    await this.#room(aggregation)
  }

  /** Once the input has ended. True: this thread has groups to go on with. */
  async settle(aggregation: Aggregation): Promise<boolean> {
    await this.#receive(aggregation)
    this.#look(aggregation)
    if (this.leads) {
      await this.#until(aggregation, () => this.#giving.size === 0)
      if (this.#verdict === null) this.#decide('finish', aggregation)
    } else {
      if (!this.#hasMany) await this.#giveAll(aggregation)
      this.#signal(0, 'given')
      if (!this.mayExchange) return false
      await this.#until(aggregation, () => this.#verdict !== null)
    }
    if (this.#verdict === 'exchange') await this.#exchangePartitions(aggregation)
    return this.leads || this.#verdict === 'exchange'
  }

  #look(aggregation: Aggregation): void {
    if (this.#hasMany || !this.mayExchange || this.#verdict === 'finish') return
    if (this.#expected(aggregation) < this.#groupsMany && aggregation.spilled.length === 0) return
    this.#hasMany = true
    if (this.leads) this.#decide('exchange', aggregation)
    else this.#signal(0, 'many')
  }

  /** Groups there will be in this thread: the later partitions are shared out, the less it brings. */
  #expected({ groups, isManyToMany }: Aggregation): number {
    if (!isManyToMany) return groups
    const { readRows, totalRows } = this.context.counters
    return groups * Math.max(1, totalRows / this.peers.count / Math.max(readRows, 1))
  }

  /** The leading thread's word. */
  #decide(verdict: 'exchange' | 'finish', aggregation: Aggregation): void {
    if (this.#verdict !== null) return
    this.#take(verdict, aggregation)
    if (this.mayExchange) for (const other of this.#others()) this.#signal(other, verdict)
  }

  #take(verdict: 'exchange' | 'finish', aggregation: Aggregation): void {
    this.#verdict = verdict
    if (verdict === 'finish') return
    const { index, count } = this.peers
    aggregation.share({ index, count, send: this.#sendGroups })
  }

  async #giveAll(aggregation: Aggregation): Promise<void> {
    const { channel } = this
    if (aggregation.spilled.length > 0) this.#send(0, { channel, kind: 'spilled', spilled: [...aggregation.spilled] })
    for (const groups of aggregation.write()) {
      this.#sendGroups(0, groups)
      await this.#room(null)
    }
    aggregation.clear()
  }

  async #exchangePartitions(aggregation: Aggregation): Promise<void> {
    for await (const _ of aggregation.give()) {
      await this.context.breathe()
      await this.#room(aggregation)
    }
    for (const other of this.#others()) {
      this.#send(other, { channel: this.channel, kind: 'spilled', spilled: [...aggregation.spilled] })
      this.#signal(other, 'end')
    }
    await this.#until(aggregation, () => this.#ended === this.peers.count - 1)
  }

  /** Waits while others have too much to take in, and takes in what they send meanwhile; null: nothing is taken in. */
  #room(aggregation: Aggregation | null): Promise<void> {
    return this.#until(aggregation, () => !this.#others().some(other => this.peers.isFull(other)))
  }

  async #until(aggregation: Aggregation | null, isTrue: () => boolean): Promise<void> {
    for (;;) {
      const activity = this.peers.activity()
      if (aggregation) await this.#receive(aggregation)
      if (isTrue()) return
      await activity
      this.context.check()
    }
  }

  async #receive(aggregation: Aggregation): Promise<void> {
    for (let received = this.#poll(); received; received = this.#poll()) {
      this.#accept(received, aggregation)
      await aggregation.relieve()
      await this.context.breathe()
    }
  }

  #poll(): Received | null {
    return this.peers.poll(this.channel)
  }

  #accept({ from, item }: Received, aggregation: Aggregation): void {
    switch (item.kind) {
      case 'groups':
        aggregation.receive(item.groups)
        return
      case 'spilled':
        aggregation.receiveSpilled(item.spilled)
        return
      case 'totals':
        this.#totals.push(item.states)
        return
      case 'signal':
        this.#hear(item.signal, from, aggregation)
        return
      default:
        assert(false, 'rows come on a channel of their own')
    }
  }

  #hear(signal: Signal, from: number, aggregation: Aggregation): void {
    switch (signal) {
      case 'many':
        this.#giving.delete(from)
        this.#hasMany = true
        this.#decide('exchange', aggregation)
        return
      case 'given':
        this.#giving.delete(from)
        return
      case 'exchange':
        this.#take('exchange', aggregation)
        if (!this.#hasMany) this.#signal(0, 'many')
        this.#hasMany = true
        return
      case 'finish':
        this.#verdict = 'finish'
        return
      case 'end':
        this.#ended++
    }
  }

  /** WITH TOTALS: to the leading thread. */
  sendTotals(states: readonly Uint8Array[]): void {
    this.#send(0, { channel: this.channel, kind: 'totals', states })
  }

  /** In the leading thread: the totals of the others, if they have groups. */
  async othersTotals(aggregation: Aggregation): Promise<readonly (readonly Uint8Array[])[]> {
    if (this.#verdict === 'exchange') await this.#until(aggregation, () => this.#totals.length === this.peers.count - 1)
    return this.#totals
  }
}
