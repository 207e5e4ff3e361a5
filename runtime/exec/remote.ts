// Tables of other servers, read over their HTTP interface.
import { DBError, type ErrorName, errorCodes } from '../core/errors.ts'
import type { HttpAnswer, Platform } from '../platform.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'

export interface RemoteTable {
  /** Of its replicas, tried one after another. */
  readonly urls: readonly string[]
  /** As it stands in FROM there. */
  readonly from: string
  readonly user: string
  readonly password: string
}

/** The answer to a query, which somebody reads to its end or cancels. */
export async function askServer(platform: Platform, table: RemoteTable, sql: string): Promise<HttpAnswer> {
  if (!platform.fetch) throw new DBError('NOT_IMPLEMENTED', `${platform.name} has no way to other servers`)
  const headers = { 'x-clickhouse-user': table.user, 'x-clickhouse-key': table.password }
  const failures: string[] = []
  for (const url of table.urls) {
    let answer: HttpAnswer
    try {
      answer = await platform.fetch(url, { method: 'POST', headers, body: new TextEncoder().encode(sql) })
    } catch (error) {
      failures.push(`${url}: ${error instanceof Error ? error.message : String(error)}`)
      continue
    }
    if (answer.status === 200) return answer
    throw remoteError(url, await answer.text())
  }
  throw new DBError('ALL_CONNECTION_TRIES_FAILED', `All connection tries failed. ${failures.join('; ')}`)
}

/** The other server's error under its own code, where the code is known. */
function remoteError(url: string, text: string): DBError {
  const name = /\(([A-Z_0-9]+)\)\s*\(version/.exec(text)?.[1]
  const message = `Received from ${url}: ${text.trim()}`
  const isKnown = name !== undefined && Object.hasOwn(errorCodes, name)
  return new DBError(isKnown ? (name as ErrorName) : 'RECEIVED_ERROR_FROM_REMOTE_IO_SERVER', message)
}

/** Names and types of the columns. */
export async function describeRemote(
  platform: Platform,
  table: RemoteTable,
): Promise<{ name: string; type: DataType }[]> {
  const answer = await askServer(platform, table, `DESCRIBE TABLE ${table.from} FORMAT JSONCompactEachRow`)
  const lines = (await answer.text()).split('\n').filter(line => line !== '')
  return lines.map(line => {
    const [name, type] = JSON.parse(line) as string[]
    return { name, type: parseType(type) }
  })
}

/** In place of a disk's location: paths are URLs. */
export const urlLocation = 'url:'

/** What a URL has, piece by piece. */
export async function* urlPieces(platform: Platform, url: string): AsyncGenerator<Uint8Array> {
  if (!platform.fetch) throw new DBError('NOT_IMPLEMENTED', `${platform.name} has no way to other servers`)
  // A page names its own files by blob:.
  if (!/^(https?:\/\/|blob:)/.test(url)) throw new DBError('BAD_ARGUMENTS', `${url} is no URL of HTTP`)
  const answer = await platform.fetch(url, { method: 'GET' }).catch(cause => {
    throw new DBError('NETWORK_ERROR', `Cannot reach ${url}: ${String(cause)}`, { cause })
  })
  if (answer.status !== 200)
    throw new DBError(
      'RECEIVED_ERROR_FROM_REMOTE_IO_SERVER',
      `Received error from remote server ${url}. HTTP status code: ${answer.status}`,
    )
  yield* bodyPieces(answer)
}

export async function readUrl(platform: Platform, url: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of urlPieces(platform, url)) pieces.push(piece)
  return joinBytes(pieces)
}

export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** An answer's body; whoever stops early cancels it. */
export async function* bodyPieces({ body }: HttpAnswer): AsyncGenerator<Uint8Array> {
  if (!body) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {}) // it ended, or nobody wants the rest
  }
}
