import fs from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  wasm: 'application/wasm',
  json: 'application/json',
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** What a page is loaded from: files of folders, with ranges, on a free port of this machine. */
export interface Site {
  readonly url: string
  /** Method, path and range of each request. */
  readonly requests: { readonly method: string; readonly path: string; readonly range: string | undefined }[]
  close(): Promise<void>
}

/** mounts: from a path's first folder (`/dist`, or `` for the root) to a folder on disk, to text, bytes, or what answers. */
export async function startSite(mounts: Readonly<Record<string, string | Uint8Array | Handler>>): Promise<Site> {
  const requests: { method: string; path: string; range: string | undefined }[] = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    requests.push({ method: request.method ?? '', path: pathname, range: request.headers.range })
    const name = Object.keys(mounts)
      .sort((a, b) => b.length - a.length)
      .find(mount => pathname === mount || pathname.startsWith(`${mount}/`))
    const mount = name === undefined ? undefined : mounts[name]
    if (typeof mount === 'function') {
      void mount(request, response)
      return
    }
    if (mount instanceof Uint8Array) {
      send(request, response, pathname, mount)
      return
    }
    const file = mount === undefined ? '' : path.join(mount, path.normalize(pathname.slice(name!.length)))
    const whole =
      file !== '' && fs.existsSync(file) && fs.statSync(file).isDirectory() ? path.join(file, 'index.html') : file
    if (whole === '' || !fs.existsSync(whole)) {
      response.writeHead(404).end()
      return
    }
    send(request, response, whole, fs.readFileSync(whole))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    // A secure context, as OPFS needs it: a loopback address is one without TLS.
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(request: IncomingMessage, response: ServerResponse, name: string, bytes: Uint8Array): void {
  const headers: Record<string, string> = {
    'Content-Type': types[path.extname(name).slice(1)] ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-store',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'Content-Range, Content-Length, ETag',
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  if (!range) {
    response.writeHead(200, { ...headers, 'Content-Length': String(bytes.length) }).end(bytes)
    return
  }
  const start = Number(range[1])
  const end = Math.min(range[2] === '' ? bytes.length : Number(range[2]) + 1, bytes.length)
  if (start >= end) {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${bytes.length}` }).end()
    return
  }
  response
    .writeHead(206, {
      ...headers,
      'Content-Length': String(end - start),
      'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}`,
    })
    .end(bytes.subarray(start, end))
}
