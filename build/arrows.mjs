// Who may import whom, below runtime/ (docs/architecture.md draws it). Fails on a wrong arrow, on a runtime's own API, and on
// a global clock, timer or chance inside runtime/.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
/** Lower folders first: a file may import its own layer and every layer before it. */
const layers = [
  ['core'],
  ['types'],
  ['columns'],
  ['functions', 'aggregates'],
  ['formats', 'sql'],
  ['storage'],
  ['analyzer'],
  ['planner'],
  ['exec'],
  ['catalog', 'coordination', 'distributed', 'access'],
  ['engine'],
  ['server', 'cli', 'library'],
]
const blind = {
  types: ['storage'],
  columns: ['storage'],
  functions: ['storage', 'sql'],
  storage: ['sql'],
  formats: ['sql'],
}
const rank = new Map(layers.flatMap((names, at) => names.map(name => [name, at])))
const banned = [
  [/from ['"](node:|bun:|cloudflare:|fs|path|worker_threads)/, "imports a runtime's module"],
  [/\b(Deno|Bun|process)\./, "names a runtime's global"],
  [
    /\bMath\.random\(|\bDate\.now\(|\bperformance\.now\(|new Date\(\)/,
    'reads a global clock or chance: use the Platform',
  ],
  [/\b(setTimeout|setInterval|setImmediate)\(/, 'uses a global timer: use the Platform'],
]
/** Programs of the browser's: built by build/page.mjs, served as bytes, and held to what they import from runtime/, which is nothing. */
const page = 'runtime/server/page'
const problems = []

function walk(dir) {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const file = path.join(dir, entry.name)
    if (entry.isDirectory()) walk(file)
    else if (entry.name.endsWith('.ts')) inspect(file)
  }
}

function inspect(file) {
  const relative = path.relative(root, file)
  const text = fs.readFileSync(file, 'utf8')
  if (relative.startsWith(page + path.sep)) return inspectPage(relative, text)
  const layer = path.relative(path.join(root, 'runtime'), file).split(path.sep)[0]
  text.split('\n').forEach((line, at) => {
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) return
    for (const [pattern, what] of banned) if (pattern.test(line)) problems.push(`${relative}:${at + 1} ${what}`)
  })
  for (const [, target] of text.matchAll(/from '(\.[^']+)'/g)) {
    const absolute = path.resolve(path.dirname(file), target)
    const inside = path.relative(path.join(root, 'runtime'), absolute)
    if (inside.startsWith('server/page/')) problems.push(`${relative} imports ${target}, which runs in browsers only`)
    if (inside.startsWith('..')) {
      if (!inside.startsWith('../dist/core/')) problems.push(`${relative} imports ${target}, outside runtime/`)
      continue
    }
    const other = inside.split(path.sep)[0]
    if (!rank.has(layer) || !rank.has(other)) continue // platform.ts and index.ts stand beside the layers
    if (rank.get(other) > rank.get(layer)) problems.push(`${relative} (${layer}) may not import ${other}`)
    if (blind[layer]?.includes(other)) problems.push(`${relative} (${layer}) must know nothing of ${other}`)
  }
}

function inspectPage(relative, text) {
  for (const [, target] of text.matchAll(/from '(\.[^']+)'/g))
    if (!path.join(path.dirname(relative), target).startsWith(page))
      problems.push(`${relative} imports ${target}, outside ${page}/`)
}

/** Two kernels of one name: one would silently stand for the other. */
function inspectExports() {
  const text = fs.readFileSync(path.join(root, 'assembly/exports.ts'), 'utf8')
  const from = new Map()
  for (const [, listed, file] of text.matchAll(/export (\*|\{[^}]*\}) from ["']\.\/([^"']+)["']/g)) {
    const source = listed === '*' ? fs.readFileSync(path.join(root, `assembly/${file}.ts`), 'utf8') : ''
    const names =
      listed === '*' ? [...source.matchAll(/^export function (\w+)/gm)].map(match => match[1]) : listed.match(/\w+/g)
    for (const name of names) {
      if (from.has(name))
        problems.push(`assembly/exports.ts exports ${name} twice: of ${from.get(name)} and of ${file}`)
      from.set(name, file)
    }
  }
}

walk(path.join(root, 'runtime'))
inspectExports()
for (const problem of problems) console.error(problem)
process.exit(problems.length ? 1 : 0)
