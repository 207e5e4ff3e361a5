/**
 * One file that is read and written anywhere, at once: a sync access handle of a browser, a descriptor, memory.
 * NOT_ENOUGH_SPACE where it cannot grow; other errors are those of a broken disk.
 */
export interface RandomFile {
  readonly size: number
  /** Bytes from start into target; returns how many there were. */
  read(start: number, target: Uint8Array): number
  write(start: number, bytes: Uint8Array): void
  /** Cuts, or grows with zeros. */
  truncate(size: number): void
  /** What was written is durable when it returns. */
  flush(): void
  close(): void
}
