// Builds dist/: the core, and below dist/ one folder for each runtime.
//   node build/build.mjs
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildCore } from './core.mjs'
import { buildPage } from './page.mjs'
import { buildWeb } from './web.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const dist = path.join(root, 'dist')

/**
 * What is built: adapters/FOLDER/NAME.ts becomes dist/FOLDER/NAME.js. The bundles of one group share dist/chunks, so that a package for
 * three runtimes is hardly larger than for one; what runs elsewhere than below Node's modules is a group of its own. package.json's
 * `exports` names the same files, and their types come from adapters/types.json.
 */
const programs = ['index', 'cli', 'worker', 'server', 'testing']
const groups = [
  {
    entries: { node: programs, deno: programs, bun: programs },
    chunks: 'chunks',
    options: { platform: 'node', target: 'node20', packages: 'external' },
  },
]

export async function buildAll() {
  buildCore()
  for (const { entries, chunks, options } of groups) {
    for (const folder of [chunks, ...Object.keys(entries)])
      fs.rmSync(path.join(dist, folder), { recursive: true, force: true })
    await build({
      entryPoints: Object.entries(entries).flatMap(([folder, names]) =>
        names.map(name => path.join(root, 'adapters', folder, `${name}.ts`)),
      ),
      outdir: dist,
      outbase: path.join(root, 'adapters'),
      chunkNames: `${chunks}/[name]-[hash]`,
      bundle: true,
      splitting: true,
      format: 'esm',
      sourcemap: true,
      // The package is to be small; names stay, so that a stack says where it was without the maps, which are not in the package.
      minifyWhitespace: true,
      minifySyntax: true,
      logLevel: 'warning',
      ...options,
    })
  }
  await buildWeb()
  // The bare core, with nothing else of Granary in it.
  await build({
    entryPoints: [path.join(root, 'adapters/core/index.ts')],
    outdir: path.join(dist, 'core'),
    format: 'esm',
  })
  // The command, which starts the program of the runtime that runs it.
  await build({ entryPoints: [path.join(root, 'adapters/cli.ts')], outfile: path.join(dist, 'cli.js'), format: 'esm' })
  for (const program of ['cli.js', 'node/cli.js', 'deno/cli.js', 'bun/cli.js'])
    fs.chmodSync(path.join(dist, program), 0o755)
  await buildPage()
}

/** Declarations for programs that import the package. */
function buildTypes() {
  fs.rmSync(path.join(dist, 'types'), { recursive: true, force: true })
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', 'adapters/types.json'], { cwd: root, stdio: 'inherit' })
  // What the compiler of the core wrote is where the sources expect it.
  fs.mkdirSync(path.join(dist, 'types/dist/core'), { recursive: true })
  fs.copyFileSync(path.join(dist, 'core/core.d.ts'), path.join(dist, 'types/dist/core/core.d.ts'))
  pruneTypes()
}

/** The compiler writes a declaration for every file; programs see those that the entries lead to. */
function pruneTypes() {
  const reached = new Set()
  const follow = file => {
    if (reached.has(file)) return
    reached.add(file)
    for (const [, target] of fs.readFileSync(file, 'utf8').matchAll(/(?:from |import ?\(?)['"](\.[^'"]+)['"]/g)) {
      const declared = path.join(path.dirname(file), target.replace(/\.[jt]s$/, '.d.ts'))
      if (fs.existsSync(declared)) follow(declared)
    }
  }
  const entries = value => (typeof value === 'string' ? [value] : Object.values(value).flatMap(entries))
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  for (const file of entries(exports)) if (file.endsWith('.d.ts')) follow(path.join(root, file))
  for (const name of fs.readdirSync(path.join(dist, 'types'), { recursive: true })) {
    const file = path.join(dist, 'types', name)
    if (name.endsWith('.ts') && !reached.has(file)) fs.rmSync(file)
  }
}

/** All that the package has. */
export async function buildPackage() {
  await buildAll()
  buildTypes()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPackage()
