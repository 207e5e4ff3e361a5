const grouping = new Intl.NumberFormat('en-US')
const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']

export const grouped = (count: number): string => grouping.format(count)

/** 950, 124,000, 3.00 million: short enough for a line of status. */
export function countText(count: number): string {
  if (count < 1e6) return grouped(count)
  if (count < 1e9) return `${(count / 1e6).toFixed(2)} million`
  if (count < 1e12) return `${(count / 1e9).toFixed(2)} billion`
  return `${(count / 1e12).toFixed(2)} trillion`
}

/** 3.0M: for narrow columns. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count)
  for (const [size, letter] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const)
    if (count >= size) return `${trimmed(count / size)}${letter}`
  return String(count)
}

export function sizeText(bytes: number): string {
  let at = 0
  while (bytes >= 1000 && at < units.length - 1) {
    bytes /= 1000
    at++
  }
  return `${at === 0 ? bytes : trimmed(bytes)} ${units[at]}`
}

export function durationText(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`

const trimmed = (value: number): string =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)
