// What outlives the page, as JSON in localStorage. A browser may forbid it or have it full: then nothing is kept, and that is all.
const prefix = 'granary.'

export function recall<T>(name: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(prefix + name)
    return text === null ? otherwise : (JSON.parse(text) as T)
  } catch {
    return otherwise
  }
}

export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value))
  } catch {
    // See above.
  }
}
