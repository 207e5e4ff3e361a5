// Tests of Workers, in two kinds: those in test/edge run on Node and drive workerd; the others are the common ones, which run inside
// of workerd as they are.
//   node build/test.mjs --runtime edge [--only SUBSTRING]
// Needs `npm ci` in test/edge.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'
import { build } from 'esbuild'
import { nodeArgs, testBundle } from './testBundle.mjs'
import { workerOptions } from './edge.mjs'

/** What does not run inside of workerd, and what it needs that is not there. */
const excluded = [
  [/^(browser|edge|runtimes|oracle)\//, 'run by themselves'],
  [/^(cli|durability|embed|examples|platform)\//, 'files, processes, sockets'],
  [/^sim\//, 'a world of its own, whose turns are those of Node'],
  [/^server\/(socket|badInput|officialClient|http|answers)/, 'a server that listens'],
  [
    /^(library\/testing|published\/remote|storage\/(http|stores)|engines\/(objectStorage|objectRequests))/,
    'a server that listens',
  ],
  [/^coordination\/(client|keeper|systemZooKeeper|zooKeeper)|^servers\//, 'a server that listens, processes'],
  [/^engines\/(restart|portEngine|tableDisks)/, 'files, threads'],
  [/^library\/onDisk/, 'files'],
  [/^library\/clients/, 'modules of Node that the client asks for'],
  [/^library\/results.* > stops a query$/, 'the time of the processor'],
  [/^exec\/(exchange|spill)/, 'threads, temporary files'],
  [/^coordination\/embedded\.test\.ts > embedded, on a disk/, 'files'],
  [/^kernels\/digests.* > rmd160$/, 'a hash of node:crypto, to compare with'],
]

const isExcluded = name => excluded.some(([pattern]) => pattern.test(name))

/** Gives the exit code. */
export async function testEdge(root, only) {
  const folder = path.join(root, 'test/edge')
  if (!fs.existsSync(path.join(folder, 'node_modules/miniflare'))) {
    console.error('Run `npm ci` in test/edge first')
    return 1
  }
  const outdir = path.join(folder, 'dist')
  fs.rmSync(outdir, { recursive: true, force: true })
  const names = fs
    .readdirSync(path.join(root, 'test'), { recursive: true })
    .filter(name => name.endsWith('.test.ts') && !name.includes('node_modules') && `test/${name}`.includes(only))
  const driving = names.filter(name => name.startsWith('edge/'))
  const inside = names.filter(name => !isExcluded(name))
  if (driving.length + inside.length === 0) {
    console.error(`no test file for workerd matches ${JSON.stringify(only)}`)
    return 1
  }
  const driven = driving.length === 0 ? 0 : await drive(root, driving, outdir)
  const failed = inside.length === 0 ? 0 : await runInside(root, inside, outdir)
  return driven || (failed > 0 ? 1 : 0)
}

async function drive(root, names, outdir) {
  const workers = path.join(root, 'test/edge/workers')
  await build({
    ...workerOptions,
    entryPoints: fs.readdirSync(workers).map(name => path.join(workers, name)),
    outdir: path.join(outdir, 'workers'),
    minifySyntax: true,
    // Tests that Workers run themselves.
    alias: { 'node:test': path.join(root, 'test/edge/suite/nodeTest.ts') },
  })
  await build({
    ...workerOptions,
    entryPoints: [path.join(root, 'examples/edge-replica/worker.js')],
    outfile: path.join(outdir, 'workers/example.js'),
    alias: { 'granary/edge': path.join(root, 'dist/edge/index.js') },
  })
  await build({
    entryPoints: names.map(name => path.join(root, 'test', name)),
    outdir,
    ...testBundle,
  })
  const bundles = names.map(name => path.join(outdir, path.basename(name).replace(/\.ts$/, '.js')))
  const args = [...nodeArgs(1), ...bundles]
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1
}

/** Each file in a Worker of its own, so that what one leaves in memory is not the next one's. */
async function runInside(root, names, outdir) {
  const suite = path.join(root, 'test/edge/suite')
  await build({
    ...workerOptions,
    entryPoints: Object.fromEntries(names.map(name => [`suite/${name.replace(/\.ts$/, '')}`, `tests:${name}`])),
    outdir,
    sourcemap: 'inline',
    plugins: [...workerOptions.plugins, standIns(root, suite)],
  })
  const require = createRequire(path.join(root, 'test/edge/package.json'))
  const { Miniflare } = require('miniflare')
  const fixtures = fixtureModules(root)
  const wasm = ['core', 'core.debug'].map(name => ({
    type: 'CompiledWasm',
    path: `${name}.wasm`,
    contents: fs.readFileSync(path.join(root, `dist/core/${name}.wasm`)),
  }))
  let passed = 0
  let failed = 0
  for (const name of names) {
    const contents = fs.readFileSync(path.join(outdir, 'suite', name.replace(/\.ts$/, '.js')), 'utf8')
    const miniflare = new Miniflare({
      compatibilityDate: '2026-04-01',
      compatibilityFlags: ['nodejs_compat'],
      modules: [{ type: 'ESModule', path: 'worker.js', contents }, ...wasm, ...fixtures],
    })
    const counts = { passed: 0, failed: 0 }
    const started = performance.now()
    try {
      const url = await miniflare.ready
      for await (const { name: test, error } of lines(await fetch(url))) {
        if (isExcluded(`${name} > ${test}`)) continue
        counts[error === null ? 'passed' : 'failed']++
        if (error !== null) console.log(`not ok  ${name} > ${test}\n        ${error.replaceAll('\n', '\n        ')}`)
      }
    } catch (error) {
      counts.failed++
      console.log(`not ok  ${name}: ${error.cause ?? error}`)
    } finally {
      await miniflare.dispose()
    }
    if (counts.failed + counts.passed === 0) {
      counts.failed++
      console.log(`not ok  ${name}: it has no tests`)
    }
    passed += counts.passed
    failed += counts.failed
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(
      `${counts.failed === 0 ? 'ok' : 'FAILED'}  ${name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`,
    )
  }
  console.log(`inside of workerd: ${passed} tests passed, ${failed} failed`)
  return failed
}

async function* lines(answer) {
  let rest = ''
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + piece).split('\n')
    rest = whole.pop()
    for (const line of whole) yield JSON.parse(line)
  }
  if (!answer.ok) throw new Error(rest)
}

/** What tests import of Node's, and what workerd has in its place. */
function standIns(root, suite) {
  const instead = new Map([
    [path.join(root, 'test/coreModule.ts'), path.join(suite, 'coreModule.ts')],
    [path.join(root, 'adapters/node/platform.ts'), path.join(suite, 'nodePlatform.ts')],
  ])
  return {
    name: 'stand-ins',
    setup(builder) {
      builder.onResolve({ filter: /^tests:/ }, ({ path: name }) => ({ path: name.slice(6), namespace: 'tests' }))
      builder.onLoad({ filter: /.*/, namespace: 'tests' }, async ({ path: name }) => {
        const worker = await fs.promises.readFile(path.join(suite, 'worker.ts'), 'utf8')
        return { contents: worker.replace('the-tests', `../../${name}`), loader: 'ts', resolveDir: suite }
      })
      builder.onResolve({ filter: /^[a-z_]+$/ }, ({ path: name }) =>
        isBuiltin(name) ? { path: `node:${name}`, external: true } : undefined,
      )
      builder.onResolve({ filter: /^node:fs$/ }, ({ importer }) =>
        importer.startsWith(suite) ? undefined : { path: path.join(suite, 'nodeFs.ts') },
      )
      builder.onResolve({ filter: /^node:test$/ }, () => ({ path: path.join(suite, 'nodeTest.ts') }))
      builder.onResolve({ filter: /^\..*\/(coreModule|platform)\.ts$/ }, ({ path: name, resolveDir }) => {
        const there = instead.get(path.resolve(resolveDir, name))
        return there && { path: there }
      })
    },
  }
}

/** Files beside the tests, under the names that the tests read them by. */
function fixtureModules(root) {
  return fs
    .readdirSync(path.join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter(
      entry =>
        entry.isFile() && !/node_modules|\/(edge|browser|oracle|runtimes)(\/|$)/.test(entry.parentPath ?? entry.path),
    )
    .map(entry => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter(file => !/\.(ts|mjs)$/.test(file))
    .map(file => ({ type: 'Data', path: path.relative(root, file), contents: fs.readFileSync(file) }))
}
