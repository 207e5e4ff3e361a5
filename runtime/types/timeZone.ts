import { DBError } from '../core/errors.ts'

/**
 * A zone's offsets from UTC, read from the host's Intl data once: the seconds at which the offset changes, and the offset from
 * there on. offsets has one element more than seconds: offsets[0] holds before the first change.
 */
export class TimeZone {
  readonly seconds: readonly number[]
  readonly offsets: readonly number[]

  private constructor(readonly name: string) {
    if (fixedZones.has(name.toUpperCase())) {
      this.seconds = []
      this.offsets = [0]
      return
    }
    const read = offsetReader(name)
    const seconds: number[] = []
    const offsets = [read(firstSecond)]
    const step = 86400 * 28
    let previous = firstSecond
    for (let at = firstSecond + step; ; at += step) {
      const now = Math.min(at, lastSecond)
      const offset = read(now)
      if (offset !== offsets[offsets.length - 1]) {
        let low = previous
        let high = now
        while (high - low > 1) {
          const middle = Math.floor((low + high) / 2)
          if (read(middle) === offsets[offsets.length - 1]) low = middle
          else high = middle
        }
        seconds.push(high)
        offsets.push(read(high))
      }
      previous = now
      if (now === lastSecond) break
    }
    this.seconds = seconds
    this.offsets = offsets
  }

  static #known = new Map<string, TimeZone>()

  /** Case-insensitive where the host is. Unknown: BAD_ARGUMENTS. */
  static get(name: string): TimeZone {
    let zone = TimeZone.#known.get(name)
    if (!zone) {
      zone = new TimeZone(name)
      TimeZone.#known.set(name, zone)
    }
    return zone
  }

  get isUtc(): boolean {
    return this.seconds.length === 0 && this.offsets[0] === 0
  }

  /** Seconds east of UTC at a moment. */
  offsetAt(second: number): number {
    let low = 0
    let high = this.seconds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.seconds[middle] <= second) low = middle + 1
      else high = middle
    }
    return this.offsets[low]
  }

  /** The moment of a local time given as if it were UTC; of two possible ones the first, of none the one after the gap. */
  fromLocal(local: number): number {
    const early = local - this.offsetAt(local - 86400)
    if (early + this.offsetAt(early) === local) return early
    const late = local - this.offsetAt(local + 86400)
    if (late + this.offsetAt(late) === local) return late
    return local - this.offsetAt(local - 86400)
  }
}

const fixedZones = new Set(['UTC', 'GMT', 'ETC/UTC', 'ETC/GMT', 'ZULU', 'UCT', 'UNIVERSAL'])
const firstSecond = -2208988800 // 1900-01-01
const lastSecond = 5680281600 // 2150-01-01

function offsetReader(name: string): (second: number) => number {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (cause) {
    throw new DBError('BAD_ARGUMENTS', `Cannot load time zone ${name}`, { cause })
  }
  return second => {
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(second * 1000)) part[type] = Number(value)
    const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) / 1000
    return local - second
  }
}
