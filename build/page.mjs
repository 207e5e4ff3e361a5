// Builds dist/page/index.html: the SQL console as one file, and the same gzipped. Script and style stand inline; the policy in
// the head lets in these two and nothing else, by their hashes.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import zlib from 'node:zlib'
import { build } from 'esbuild'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const source = path.join(root, 'runtime/server/page')
const outdir = path.join(root, 'dist/page')
const gzipSizeMax = 300 * 1024

export async function buildPage() {
  const { outputFiles } = await build({
    entryPoints: [path.join(source, 'main.ts')],
    outdir,
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    legalComments: 'none',
    logLevel: 'warning',
  })
  const textOf = extension => outputFiles.find(file => file.path.endsWith(extension)).text.trim()
  // `</script` inside the script would end it.
  const script = textOf('.js').replace(/<\/(script)/gi, '<\\/$1')
  const style = textOf('.css')
  const hash = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    // Browsers write style attributes of their own where they edit text.
    "style-src-attr 'unsafe-inline'",
    // Saved as a file it may ask any server; the server that serves it narrows this to itself.
    'connect-src http: https:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const fill = values =>
    fs
      .readFileSync(path.join(source, 'index.html'), 'utf8')
      .replace(/<!--(\w+)-->|%(\w+)%/g, (whole, a, b) => values[a ?? b] ?? whole)
  const version = createHash('sha256').update(fill({ script, style })).digest('hex').slice(0, 16)
  const html = Buffer.from(
    fill({ policy, version, style: `<style>${style}</style>`, script: `<script>${script}</script>` }),
  )
  const gzip = zlib.gzipSync(html, { level: 9 })
  if (gzip.length > gzipSizeMax) throw new Error(`The page is ${gzip.length} bytes gzipped, more than ${gzipSizeMax}`)
  fs.mkdirSync(outdir, { recursive: true })
  fs.writeFileSync(path.join(outdir, 'index.html'), html)
  fs.writeFileSync(path.join(outdir, 'index.html.gz'), gzip)
  return { size: html.length, gzipSize: gzip.length }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { size, gzipSize } = await buildPage()
  console.log(`dist/page/index.html: ${size} bytes, ${gzipSize} gzipped`)
}
