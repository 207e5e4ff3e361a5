import { decodeText } from '../core/text.ts'

/** The page as build/page.mjs made it. Its head carries its own policy and version, so that nothing else has to be handed around. */
export interface PageFile {
  readonly html: Uint8Array
  /** The same, gzipped. */
  readonly gzip?: Uint8Array
}

const headSize = 4096

/** Answers requests for the page: it is one file, asks for nothing from elsewhere, and changes only with the server's version. */
export function pageHandler(file: PageFile): (request: Request) => Response {
  const head = decodeText(file.html.subarray(0, headSize))
  const given = contentOf(head, 'http-equiv', 'Content-Security-Policy')
  const policy = `${given.replace(/connect-src [^;]*/, "connect-src 'self'")}; frame-ancestors 'none'`
  const version = contentOf(head, 'name', 'version')
  return request => {
    const gzip = file.gzip && acceptsGzip(request.headers.get('accept-encoding') ?? '') ? file.gzip : null
    const tag = gzip ? `"${version}-gz"` : `"${version}"`
    const headers: Record<string, string> = {
      ETag: tag,
      'Cache-Control': 'no-cache',
      Vary: 'Accept, Accept-Encoding',
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
    }
    const known = (request.headers.get('if-none-match') ?? '').split(',').map(item => item.trim().replace(/^W\//, ''))
    if (known.includes(tag)) return new Response(null, { status: 304, headers })
    const body = gzip ?? file.html
    headers['Content-Type'] = 'text/html; charset=UTF-8'
    headers['Content-Length'] = String(body.length)
    if (gzip) headers['Content-Encoding'] = 'gzip'
    return new Response(request.method === 'HEAD' ? null : (body as Uint8Array<ArrayBuffer>), { headers })
  }
}

/** Browsers name text/html when they open a page; programs and health checks do not. */
export const wantsPage = (request: Request): boolean => (request.headers.get('accept') ?? '').includes('text/html')

const acceptsGzip = (encodings: string): boolean =>
  encodings.split(',').some(item => /^\s*(x-)?gzip\s*(;\s*q=(1|0?\.0*[1-9])[\d.]*\s*)?$/i.test(item))

function contentOf(head: string, key: string, name: string): string {
  const match = new RegExp(`<meta ${key}="${name}" content="([^"]*)"`).exec(head)
  return match ? match[1] : ''
}
