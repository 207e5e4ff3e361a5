// A query in an address: behind the #, so that no server and no log ever sees it. Whoever opens it reads first and runs by hand.
export interface Linked {
  readonly sql: string
  readonly parameters: Record<string, string>
}

const linkSizeMax = 60_000

export function linkOf({ sql, parameters }: Linked): string | null {
  const fields = new URLSearchParams({ q: sql })
  for (const [name, value] of Object.entries(parameters)) fields.set(`p.${name}`, value)
  const url = new URL(location.href)
  url.hash = fields.toString().replace(/\+/g, '%20')
  return url.href.length > linkSizeMax ? null : url.href
}

export function readLink(hash = location.hash): Linked | null {
  const fields = new URLSearchParams(hash.slice(1))
  const sql = fields.get('q')
  if (!sql) return null
  const parameters: Record<string, string> = {}
  for (const [name, value] of fields) if (name.startsWith('p.')) parameters[name.slice(2)] = value
  return { sql, parameters }
}
