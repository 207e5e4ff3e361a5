import type { Progress } from '../../../runtime/engine/contract.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const intervalMs = 80

/** One line on stderr that is drawn over itself. Draws nothing where stderr is no terminal. */
export class ProgressBar {
  #frame = 0
  #drawnAt = 0
  #shown = false
  readonly #startedAt = performance.now()
  readonly #active: boolean

  constructor(active = process.stderr.isTTY === true) {
    this.#active = active
  }

  query(progress: Pick<Progress, 'readRows' | 'readBytes' | 'totalRowsToRead'>): void {
    const { readRows, readBytes, totalRowsToRead } = progress
    const seconds = (performance.now() - this.#startedAt) / 1000
    const speed = `${count(readRows / seconds)} rows/s., ${bytes(readBytes / seconds)}/s.`
    this.draw(`Progress: ${count(readRows)} rows, ${bytes(readBytes)} (${speed})`, readRows, totalRowsToRead)
  }

  draw(text: string, done: number, total: number): void {
    const now = performance.now()
    if (!this.#active || now - this.#drawnAt < intervalMs) return
    this.#drawnAt = now
    this.#shown = true
    const head = `${frames[this.#frame++ % frames.length]} ${text}`
    const room = (process.stderr.columns ?? 80) - head.length - 8
    process.stderr.write(`\r\x1b[2K${head}${total > 0 && room > 4 ? bar(Math.min(done / total, 1), room) : ''}`)
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[2K')
    this.#shown = false
  }
}

function bar(part: number, width: number): string {
  const full = Math.round(part * width)
  return ` \x1b[32m${'█'.repeat(full)}\x1b[0m${'░'.repeat(width - full)} ${Math.floor(part * 100)}%`
}

/** 1234567 as 1.23 million. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return '0'
  if (value < 1e3) return value.toFixed(0)
  if (value < 1e6) return `${(value / 1e3).toFixed(2)} thousand`
  if (value < 1e9) return `${(value / 1e6).toFixed(2)} million`
  return `${(value / 1e9).toFixed(2)} billion`
}

export function bytes(value: number): string {
  if (!Number.isFinite(value)) return '0 B'
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let rest = value
  let unit = 0
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  return `${unit === 0 ? rest.toFixed(0) : rest.toFixed(2)} ${units[unit]}`
}

/** `3 rows in set. Elapsed: 0.012 sec. Processed …`, as it stands under a result on a terminal. */
export function summaryLine(rows: number | null, progress: Progress, seconds: number): string {
  const head = rows === null ? 'Ok.' : `${rows} row${rows === 1 ? '' : 's'} in set.`
  const elapsed = `Elapsed: ${seconds.toFixed(3)} sec.`
  if (progress.readRows === 0) return `${head} ${elapsed}`
  const speed = `${count(progress.readRows / seconds)} rows/s., ${bytes(progress.readBytes / seconds)}/s.`
  return `${head} ${elapsed} Processed ${count(progress.readRows)} rows, ${bytes(progress.readBytes)} (${speed})`
}
