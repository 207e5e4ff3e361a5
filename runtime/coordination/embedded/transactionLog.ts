import type { Transaction } from './transactions.ts'

/** What makes transactions durable before they are done. */
export interface TransactionLog {
  /**
   * Durable, all of them, when it resolves; the first has the number zxid. One call at a time. When it rejects, none of them counts,
   * unless the process ends before the next call that resolves: then any whole first part of them may.
   */
  append(zxid: number, timeMs: number, transactions: readonly Transaction[]): Promise<void>
  /** What was appended up to zxid has been done: time for a snapshot, maybe. Not while an append is under way. Never throws. */
  applied(zxid: number): void
  close(): Promise<void>
}

/** For what need not outlive the process. */
export class NoLog implements TransactionLog {
  async append(): Promise<void> {}
  applied(): void {}
  async close(): Promise<void> {}
}
