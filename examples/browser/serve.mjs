// A static server for the example, and for nothing else: npm run example:browser [port]
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const served = ['/examples/browser/', '/dist/browser/', '/dist/core/']
const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.wasm': 'application/wasm' }

const server = createServer((request, response) => {
  let name = path.posix.normalize(new URL(request.url, 'http://localhost').pathname)
  if (name === '/') {
    response.writeHead(302, { Location: '/examples/browser/' }).end()
    return
  }
  if (name.endsWith('/')) name += 'index.html'
  const file = path.join(root, name)
  if (!served.some(folder => name.startsWith(folder)) || !existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`There is no ${name}: has npm run build been run?\n`)
    return
  }
  response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream' })
  createReadStream(file).pipe(response)
})
server.on('error', error => {
  console.error(`Cannot listen: ${error.message}`)
  process.exit(1)
})
server.listen(Number(process.argv[2] ?? 8000), '127.0.0.1', () =>
  console.log(`Open http://localhost:${server.address().port}/ in a browser; Ctrl-C ends it.`),
)
