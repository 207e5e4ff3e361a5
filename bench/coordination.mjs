// Coordination, in two parts: Granary's client of ZooKeeper beside kazoo and the `zookeeper` package, on one ZooKeeper; and `granary keeper`
// beside a standalone ZooKeeper, on one disk, with the same clients. By hand, after `npm run build`:
//   node bench/coordination.mjs [--only clients|keeper] [--runtimes deno,bun] [--directory DIR] [--rounds 7] [--ms 150]
// Every client is a process of its own, and one at a time is measured, each measure with all of them in turn, in many short rounds: what
// disturbs the machine, disturbs all. Figures are medians of the rounds; in a table's last columns, above 1 is slower than the better peer.
// Needs Debian's zookeeper and python3-kazoo, and `npm install` in test/zookeeper and test/runtimes.
import { execFileSync, spawn } from 'node:child_process'
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
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '150' },
    only: { type: 'string', default: 'clients,keeper' },
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
const { ZooKeeperServer, fourLetterWord, freePort, isZooKeeperInstalled } = await import(
  pathToFileURL(path.join(outdir, 'realZooKeeper.js'))
)
if (!isZooKeeperInstalled) {
  console.error("Debian's zookeeper is not installed")
  process.exit(1)
}

const cli = path.join(root, 'dist/cli.js')
if (options.only.includes('keeper') && !fs.existsSync(cli)) {
  console.error('npm run build comes first')
  process.exit(1)
}

const bin = name => path.join(root, 'test/runtimes/node_modules/.bin', name)
const native = path.join(root, 'test/zookeeper/node_modules')
const kazooCommand = args => ['/usr/bin/python3', path.join(root, 'bench/coordination/load.py'), ...args]
const granaryCommand = args => [process.execPath, load, 'granary', ...args]
/** Name, whether it can be had, command for the arguments of load.ts. */
const kinds = [
  ['Granary', true, granaryCommand],
  ['Granary, Deno', isWanted('deno'), args => [bin('deno'), 'run', '--allow-all', load, 'granary', ...args]],
  ['Granary, Bun', isWanted('bun'), args => [bin('bun'), load, 'granary', ...args]],
  ['kazoo', fs.existsSync('/usr/lib/python3/dist-packages/kazoo'), kazooCommand],
  [
    'zookeeper',
    fs.existsSync(path.join(native, 'zookeeper')),
    args => [process.execPath, load, 'native', ...args, path.join(native, 'x.js')],
  ],
].filter(([, isThere]) => isThere)

function isWanted(runtime) {
  return options.runtimes.split(',').includes(runtime) && fs.existsSync(bin(runtime))
}

/** A process that does what it is told. */
class Client {
  #child
  #lines

  /** serverPid: of a server whose use of the processor is to be measured. */
  static async start([command, ...args], serverPid = null) {
    const client = new Client()
    client.serverPid = serverPid
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

/** That a process has used so far; it is counted in steps of 10 ms. */
function cpuUsOf(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Asks for one measure: gives its figures, each with a name that says its unit. */
const pipelined = kind => async client => {
  const order = { kind, ms, inFlight: kind === 'multi' ? inFlight / 10 : inFlight }
  const before = client.serverPid ? cpuUsOf(client.serverPid) : 0
  const { requests, seconds, cpuUs, isUnsupported } = await client.ask('pipelined', order)
  if (isUnsupported) return {}
  const found = { [`${kind}, a second`]: requests / seconds }
  if (client.serverPid) found[`${kind}, CPU us of the server`] = (cpuUsOf(client.serverPid) - before) / requests
  else found[`${kind}, CPU us of the client`] = cpuUs / requests
  return found
}
const single = kind => async client => {
  const { median, p99 } = await client.ask('single', { kind, ms: ms / 2 })
  return { [`${kind}, median ms`]: median, [`${kind}, p99 ms`]: p99 }
}
const singles = ['create', 'set', 'get'].map(single)

/** Every measure with all subjects (a name, a client) in turn, in another order each round; the first round does not count. */
async function inRounds(tables) {
  for (let round = 0; round <= rounds; round++)
    for (const { figures, subjects, measures } of tables)
      for (const measure of measures)
        for (let i = 0; i < subjects.length; i++) {
          const [name, client] = subjects[(round + i) % subjects.length]
          const found = await measure(client)
          if (round > 0) for (const [what, figure] of Object.entries(found)) figures.add(what, name, figure)
        }
}

/** A server's compiler has its work done when figures are taken. */
async function warmUp(address) {
  const client = await Client.start(granaryCommand([address, '1', '/warm-up']))
  for (const kind of ['create', 'set', 'get', 'multi']) await client.ask('pipelined', { kind, ms: 1000, inFlight: 200 })
  await client.end()
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

function printFigures(title, figures, names, isOurs) {
  const ours = names.filter(isOurs)
  const peers = names.filter(name => !isOurs(name))
  printTable(
    title,
    [...names, ...ours.map(name => (ours.length > 1 ? `ratio of ${name}` : 'ratio'))],
    figures.measures.map(measure => [
      measure,
      ...names.map(name => show(figures.median(measure, name))),
      ...ours.map(name => ratioOf(figures, measure, name, peers)),
    ]),
  )
}

const startZooKeeper = () => ZooKeeperServer.start({ tickMs: 2000, heapMb: 1024, jvm: [], parent: options.directory })

/** `granary keeper` as it is installed, in a directory of its own. */
class Keeper {
  host = '127.0.0.1'
  #child
  #directory

  static async start() {
    const keeper = new Keeper()
    keeper.#directory = fs.mkdtempSync(path.join(options.directory, 'granary-keeper-'))
    keeper.port = await freePort()
    const args = ['keeper', '--path', keeper.#directory, '--port', String(keeper.port), '--log-level', 'warning']
    keeper.#child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    for (let left = 100; (await fourLetterWord(keeper, 'ruok')) !== 'imok'; left--) {
      if (left === 0 || keeper.#child.exitCode !== null) {
        await keeper.stop()
        throw new Error('granary keeper does not start')
      }
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    return keeper
  }

  get pid() {
    return this.#child.pid
  }

  async stop() {
    if (this.#child.exitCode === null) {
      const ended = new Promise(resolve => this.#child.once('close', resolve))
      this.#child.kill('SIGKILL')
      await ended
    }
    fs.rmSync(this.#directory, { recursive: true, force: true })
  }
}

const addressOf = ({ host, port }) => `${host}:${port}`

async function compareClients() {
  const server = await startZooKeeper()
  try {
    const address = addressOf(server)
    await warmUp(address)
    const figures = new Figures()
    const subjects = []
    for (const [name, , command] of kinds)
      subjects.push([name, await Client.start(command([address, '1', `/of-${name.replace(/\W+/g, '-')}`]))])
    await inRounds([{ figures, subjects, measures: [...['create', 'set', 'get', 'multi'].map(pipelined), ...singles] }])
    for (const [, client] of subjects) await client.end()
    const names = kinds.map(([name]) => name)
    printFigures('One ZooKeeper', figures, names, name => name.startsWith('Granary'))
    await measureWatches(address)
  } finally {
    await server.stop()
  }
}

/** RSS that a process grows by when it watches nodes. */
async function measureWatches(address) {
  const maker = await Client.start(granaryCommand([address, '1', '/maker']))
  await maker.ask('makeWatched', { count: watches, inFlight })
  await maker.end()
  const found = []
  for (const [i, [name, , command]] of kinds.filter(([name]) => name.startsWith('Granary')).entries()) {
    const client = await Client.start(command([address, '1', `/watcher-${i}`]))
    const { growth } = await client.ask('watches', { count: watches, inFlight })
    found.push(`${name} ${(growth / 2 ** 20).toFixed(1)} MiB`)
    await client.end()
  }
  console.log(`Memory for ${watches} watches: ${found.join(', ')}\n`)
}

async function compareServers() {
  const servers = []
  try {
    servers.push(['ZooKeeper', await startZooKeeper()])
    servers.push(['granary keeper', await Keeper.start()])
    for (const [, server] of servers) await warmUp(addressOf(server))
    const measures = ['create', 'set', 'get', 'mixed', 'multi'].map(pipelined)
    const tables = []
    for (const [who, command, connections] of [
      ["Granary's client", granaryCommand, 1],
      ["Granary's client", granaryCommand, 8],
      ['kazoo', kazooCommand, 1],
    ]) {
      const title = `${who}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
      const subjects = []
      for (const [name, server] of servers)
        subjects.push([
          name,
          await Client.start(command([addressOf(server), String(connections), `/of-${tables.length}`]), server.pid),
        ])
      tables.push({
        title,
        figures: new Figures(),
        subjects,
        measures: connections === 1 ? [...measures, ...singles] : measures,
      })
    }
    await inRounds(tables)
    for (const { title, figures, subjects } of tables) {
      for (const [, client] of subjects) await client.end()
      printFigures(
        title,
        figures,
        servers.map(([name]) => name),
        name => name !== 'ZooKeeper',
      )
    }
    for (const [name, { pid }] of servers) {
      const found = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
      console.log(`Resident memory of ${name} after it: ${Math.round(Number(found[1]) / 1024)} MiB`)
    }
  } finally {
    for (const [, server] of servers) await server.stop()
  }
}

const loadNow = () =>
  os
    .loadavg()
    .map(load => load.toFixed(1))
    .join(' ')

const fileSystem = execFileSync('findmnt', ['-n', '-o', 'FSTYPE', '-T', options.directory], { encoding: 'utf8' }).trim()
console.log(
  `Load before: ${loadNow()}; servers in ${options.directory} (${fileSystem}); ${rounds} rounds of ${ms} ms\n`,
)
if (options.only.includes('clients')) await compareClients()
if (options.only.includes('keeper')) await compareServers()
console.log(`Load after: ${loadNow()}`)
