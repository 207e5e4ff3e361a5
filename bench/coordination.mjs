// Coordination: Granary's client of ZooKeeper beside kazoo and the `zookeeper` package, on one ZooKeeper. By hand:
//   node bench/coordination.mjs [--runtimes deno,bun] [--directory DIR] [--rounds 5] [--ms 400]
// Every client is a process of its own, and one at a time is measured, in rounds of all of them: what disturbs the machine, disturbs all.
// Figures are medians of the rounds. Needs Debian's zookeeper and python3-kazoo, and `npm install` in test/zookeeper and test/runtimes.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const { values: options } = parseArgs({
  options: {
    runtimes: { type: 'string', default: '' },
    directory: { type: 'string', default: os.tmpdir() },
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '400' },
  },
})
const rounds = Number(options.rounds)
const ms = Number(options.ms)
const inFlight = 1000
const watches = 10_000

const outdir = path.join(root, 'dist/bench/coordination')
await build({
  entryPoints: ['bench/coordination/load.ts', 'test/coordination/realZooKeeper.ts'].map(file => path.join(root, file)),
  outdir,
  entryNames: '[name]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
})
const load = path.join(outdir, 'load.js')
const { ZooKeeperServer, isZooKeeperInstalled } = await import(pathToFileURL(path.join(outdir, 'realZooKeeper.js')))
if (!isZooKeeperInstalled) {
  console.error("Debian's zookeeper is not installed")
  process.exit(1)
}

const bin = name => path.join(root, 'test/runtimes/node_modules/.bin', name)
const native = path.join(root, 'test/zookeeper/node_modules')
/** Name, whether it can be had, command. */
const kinds = [
  ['Granary', true, servers => [process.execPath, load, 'granary', ...servers]],
  ['Granary, Deno', isWanted('deno'), servers => [bin('deno'), 'run', '--allow-all', load, 'granary', ...servers]],
  ['Granary, Bun', isWanted('bun'), servers => [bin('bun'), load, 'granary', ...servers]],
  [
    'kazoo',
    fs.existsSync('/usr/lib/python3/dist-packages/kazoo'),
    servers => ['/usr/bin/python3', path.join(root, 'bench/coordination/load.py'), ...servers],
  ],
  [
    'zookeeper',
    fs.existsSync(path.join(native, 'zookeeper')),
    servers => [process.execPath, load, 'native', ...servers, path.join(native, 'x.js')],
  ],
].filter(([, isThere]) => isThere)

function isWanted(runtime) {
  return options.runtimes.split(',').includes(runtime) && fs.existsSync(bin(runtime))
}

/** A process that does what it is told. */
class Client {
  #child
  #lines

  static async start([command, ...args]) {
    const client = new Client()
    client.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    client.#lines = createInterface({ input: client.#child.stdout })[Symbol.asyncIterator]()
    await client.#answer()
    return client
  }

  ask(action, order) {
    this.#child.stdin.write(`${JSON.stringify({ action, ...order })}\n`)
    return this.#answer()
  }

  async #answer() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${this.#child.spawnargs.join(' ')} ended`)
    return JSON.parse(value)
  }

  async end() {
    const ended = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(timer)
  }
}

/** Figures of one measure: by name of who was measured, one a round. */
class Figures {
  #all = new Map()

  add(measure, name, figure) {
    const byName = this.#all.get(measure) ?? new Map()
    this.#all.set(measure, byName)
    byName.set(name, [...(byName.get(name) ?? []), figure])
  }

  /** undefined: it was not measured. */
  median(measure, name) {
    const figures = this.#all.get(measure)?.get(name)
    return figures && [...figures].sort((a, b) => a - b)[figures.length >> 1]
  }

  get measures() {
    return [...this.#all.keys()]
  }
}

const singleKinds = ['create', 'set', 'get']

/** All measures of one client, once. */
async function measure(client, pipelined, add) {
  for (const kind of pipelined) {
    const { perSecond } = await client.ask('pipelined', {
      kind,
      ms,
      inFlight: kind === 'multi' ? inFlight / 10 : inFlight,
    })
    add(`${kind}, a second`, perSecond)
  }
  for (const kind of singleKinds) {
    const { median, p99 } = await client.ask('single', { kind, ms: ms / 2 })
    add(`${kind}, median ms`, median)
    add(`${kind}, p99 ms`, p99)
  }
}

/** In another order each round, after one that warms up and does not count. */
async function inRounds(all, run) {
  for (let round = 0; round <= rounds; round++)
    for (let i = 0; i < all.length; i++) await run(all[(round + i) % all.length], round > 0)
}

const show = figure => (figure === undefined ? '' : figure >= 100 ? String(Math.round(figure)) : figure.toPrecision(3))

function printTable(title, columns, rows) {
  const all = [[title, ...columns], ...rows]
  const widths = all[0].map((_, i) => Math.max(...all.map(row => row[i].length)))
  const line = row =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`
  console.log(line(all[0]))
  console.log(
    `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`,
  )
  for (const row of rows) console.log(line(row))
  console.log()
}

/** Of the better peer; above 1: slower than it. */
function ratioOf(figures, measure, name, peers) {
  const ours = figures.median(measure, name)
  const theirs = peers.map(peer => figures.median(measure, peer)).filter(figure => figure !== undefined)
  if (theirs.length === 0) return ''
  return (measure.endsWith('a second') ? Math.max(...theirs) / ours : ours / Math.min(...theirs)).toFixed(2)
}

const startZooKeeper = () => ZooKeeperServer.start({ tickMs: 2000, heapMb: 1024, jvm: [], parent: options.directory })

/** RSS that a process grows by when it watches nodes. */
async function measureWatches(servers) {
  const maker = await Client.start([process.execPath, load, 'granary', servers, '1', '/maker'])
  await maker.ask('makeWatched', { count: watches, inFlight })
  await maker.end()
  const found = []
  for (const [i, [name, , command]] of kinds.filter(([name]) => name.startsWith('Granary')).entries()) {
    const client = await Client.start(command([servers, '1', `/watcher-${i}`]))
    const { growth } = await client.ask('watches', { count: watches, inFlight })
    found.push(`${name} ${(growth / 2 ** 20).toFixed(1)} MiB`)
    await client.end()
  }
  console.log(`Memory for ${watches} watches: ${found.join(', ')}\n`)
}

const loadNow = () =>
  os
    .loadavg()
    .map(load => load.toFixed(1))
    .join(' ')

console.log(`Load before: ${loadNow()}; ZooKeeper in ${options.directory}; ${rounds} rounds of ${ms} ms\n`)
const server = await startZooKeeper()
try {
  const servers = `${server.host}:${server.port}`
  const figures = new Figures()
  const clients = []
  for (const [name, , command] of kinds)
    clients.push([name, await Client.start(command([servers, '1', `/of-${name.replace(/\W+/g, '-')}`]))])
  await inRounds(clients, ([name, client], counts) => {
    const pipelined = name === 'zookeeper' ? ['create', 'set', 'get'] : ['create', 'set', 'get', 'multi']
    return measure(client, pipelined, (what, figure) => counts && figures.add(what, name, figure))
  })
  for (const [, client] of clients) await client.end()
  const names = kinds.map(([name]) => name)
  const peers = names.filter(name => !name.startsWith('Granary'))
  const ours = names.filter(name => name.startsWith('Granary'))
  printTable(
    'One ZooKeeper',
    [...names, ...ours.map(name => `${name} / better peer`)],
    figures.measures.map(measure => [
      measure,
      ...names.map(name => show(figures.median(measure, name))),
      ...ours.map(name => ratioOf(figures, measure, name, peers)),
    ]),
  )
  await measureWatches(servers)
} finally {
  await server.stop()
}
console.log(`Load after: ${loadNow()}`)
