// Dates and times in whatever form people write them: the slow way, for what the kernels do not take.
import type { TimeZone } from '../types/timeZone.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const daysOfWeek = /\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b,?/i
const offsets: Record<string, number> = { z: 0, utc: 0, gmt: 0, msk: 3 * 3600, msd: 4 * 3600 }

/** Ticks of 10^-scale seconds since the epoch, or null for what is no time. Of 1/2/2020 the first number is the day. */
export function parseBestEffort(text: string, zone: TimeZone, scale: number): bigint | null {
  let rest = text.trim().replace(daysOfWeek, ' ')
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest)
    if (match) rest = `${rest.slice(0, match.index)} ${rest.slice(match.index + match[0].length)}`
    return match
  }
  let second = 0
  let fraction = ''
  const clock = take(/(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?\s*(am|pm)?\b/i)
  if (clock) {
    let hour = Number(clock[1])
    if (clock[5] && hour <= 12) hour = (hour % 12) + (clock[5].toLowerCase() === 'pm' ? 12 : 0)
    if (hour > 23 || Number(clock[2]) > 59 || Number(clock[3] ?? 0) > 59) return null
    second = hour * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0)
    fraction = clock[4] ?? ''
  }
  let east: number | null = null
  const offset = clock ? take(/([+-])(\d{2}):?(\d{2})?\s*$/) : null
  if (offset) east = (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 3600 + Number(offset[3] ?? 0) * 60)
  const name = take(/\b(utc|gmt|msk|msd)\b/i) ?? take(/(?<=\s|\d|^)(z)\s*$/i)
  if (name) east = (east ?? 0) + offsets[name[1].toLowerCase()]
  const date = takeDate(take)
  if (date === null || rest.replace(/[\sT,]+/g, '') !== '') return null
  const [year, month, day] = date
  const local = Date.UTC(year, month - 1, day) / 1000
  const check = new Date(local * 1000)
  if (check.getUTCMonth() + 1 !== month || check.getUTCDate() !== day) return null
  const utc = east === null ? zone.fromLocal(local + second) : local + second - east
  return BigInt(utc) * 10n ** BigInt(scale) + BigInt(fraction.slice(0, scale).padEnd(scale, '0') || '0')
}

function takeDate(
  take: (pattern: RegExp) => RegExpExecArray | null,
): [year: number, month: number, day: number] | null {
  const named = take(
    /\b(\d{1,2})?[\s-]*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s.,-]*(\d{1,2}\b(?!\d))?[\s,-]*(\d{4})\b/i,
  )
  if (named) {
    const day = Number(named[1] ?? named[3] ?? 1)
    return [Number(named[4]), months.indexOf(named[2].toLowerCase()) + 1, day]
  }
  const yearFirst = take(/\b(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?=\D|$)/)
  if (yearFirst) return [Number(yearFirst[1]), Number(yearFirst[2]), Number(yearFirst[3] ?? 1)]
  const dayFirst = take(/\b(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?=\D|$)/)
  if (dayFirst) {
    const year = Number(dayFirst[3])
    return [year < 100 ? 2000 + year : year, Number(dayFirst[2]), Number(dayFirst[1])]
  }
  const packed = take(/\b(\d{4})(\d{2})(\d{2})(?=\D|$)/)
  return packed ? [Number(packed[1]), Number(packed[2]), Number(packed[3])] : null
}
