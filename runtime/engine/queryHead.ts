import { concatenate } from '../core/bytes.ts'
import type { QueryRequest } from './contract.ts'
import { encodeText } from '../core/text.ts'

export interface QueryHead {
  /** The beginning of the query's text with its body behind it; all of it when `rest` is null. */
  readonly bytes: Uint8Array
  /** What was not read yet: with an INSERT, more of its data. */
  readonly rest: ReadableStream<Uint8Array> | null
}

/**
 * Reads the text of a query as far as a parser may look: the query, a newline, and so much of the body that there are sizeMax bytes
 * or it ends. With an INSERT, its data is what follows the clause in `bytes`, and then `rest`.
 */
export async function readQueryHead(
  request: Pick<QueryRequest, 'query' | 'body'>,
  sizeMax: number,
): Promise<QueryHead> {
  const query = encodeText(request.query)
  if (!request.body) return { bytes: query, rest: null }
  const pieces = query.length > 0 ? [query, Uint8Array.of(10)] : []
  let size = query.length > 0 ? query.length + 1 : 0
  const reader = request.body.getReader()
  while (size <= sizeMax) {
    const { done, value } = await reader.read()
    if (done) {
      // A body without a byte adds no newline either.
      const only = pieces.length === 2 && query.length > 0 ? [query] : pieces
      return { bytes: concatenate(only), rest: null }
    }
    if (value.length === 0) continue
    pieces.push(value)
    size += value.length
  }
  reader.releaseLock()
  return { bytes: concatenate(pieces), rest: request.body }
}
