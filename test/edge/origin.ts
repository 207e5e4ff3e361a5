// A web server of static files with ranges and ETags, whose answers a test can make wrong.
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Origin {
  readonly url: string
  readonly files: Map<string, Uint8Array>
  /** Answers in the place of the server; true when it did. */
  lie: ((request: http.IncomingMessage, response: http.ServerResponse, bytes: Uint8Array | undefined) => boolean) | null
  readonly requests: string[]
  stop(): Promise<void>
}

export async function startOrigin(): Promise<Origin> {
  const files = new Map<string, Uint8Array>()
  const requests: string[] = []
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(request.url!.slice(1).split('?')[0])
    const bytes = files.get(name)
    requests.push(`${name} ${request.headers.range ?? ''}`)
    if (origin.lie?.(request, response, bytes)) return
    if (!bytes) {
      response.writeHead(404).end('no such file')
      return
    }
    const etag = `"${bytes.length}-${bytes.reduce((sum, byte) => (sum * 31 + byte) | 0, 7)}"`
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end()
    else if (range && Number(range[1]) >= bytes.length)
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    else if (range) {
      const end = Math.min(range[2] === '' ? bytes.length : Number(range[2]) + 1, bytes.length)
      const part = bytes.subarray(Number(range[1]), end)
      response.writeHead(206, {
        etag,
        'content-length': part.length,
        'content-range': `bytes ${range[1]}-${end - 1}/${bytes.length}`,
      })
      response.end(part)
    } else response.writeHead(200, { etag, 'content-length': bytes.length, 'accept-ranges': 'bytes' }).end(bytes)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin: Origin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    lie: null,
    requests,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return origin
}
