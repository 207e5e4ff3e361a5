// What others' programs do with a server that speaks ZooKeeper's protocol: the same for ZooKeeper and for what stands in its place.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fourLetterWord } from '../coordination/realZooKeeper.ts'
import type { Address } from '../coordination/tcpProxy.ts'
import { Replica } from './replica.ts'

const python = '/usr/bin/python3'
const cli = '/usr/share/zookeeper/bin/zkCli.sh'

export const isKazooInstalled: boolean = fs.existsSync('/usr/lib/python3/dist-packages/kazoo')

/** A server that can be killed. */
export interface Killable {
  readonly address: Address
  /** kill -9. */
  kill(): Promise<void>
  /** Over the same directory, at the same port. */
  restart(): Promise<void>
}

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Rejects when it does not end well and in time. */
async function run(command: string, args: readonly string[], input: string, timeoutMs: number): Promise<Output> {
  const child = spawn(command, args, { stdio: 'pipe' })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', bytes => (output.stdout += bytes))
  child.stderr.on('data', bytes => (output.stderr += bytes))
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  child.stdin.end(input)
  const code = await ended
  clearTimeout(timer)
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output.stdout}\n${output.stderr}`)
  return output
}

/** kazoo with its recipes: see kazoo_checks.py. */
export async function kazooWorks({ host, port }: Address): Promise<void> {
  const script = path.resolve('test/servers/kazoo_checks.py')
  const { stdout } = await run(python, [script, `${host}:${port}`], '', 60_000)
  assert.match(stdout, /all passed\n$/)
}

const commands = `create /cli one
create -e /cli/e
create -s /cli/n-
create -e -s /cli/n-
create /cli/a
create /cli/a/b deeper
create /cli/a/b/c
ls /cli
ls -s /cli
ls -R /cli
get /cli
get -s /cli
stat /cli
set /cli two
set -v 7 /cli three
set -s -v 1 /cli three
getAcl /cli
setAcl -s /cli world:anyone:cdrwa
addauth digest ada:secret
create /cli/closed x auth::cdrwa
getAcl -s /cli/closed
sync /cli
ls -w /cli
get -w /cli
set /cli four
create /cli/watched
delete /cli
delete /cli/a/b/c
delete -v 3 /cli/n-0000000001
delete -v 0 /cli/n-0000000001
get /none
stat /none
delete /none
create /none/child
create /cli
ls bad
history
deleteall /cli/a
ls -R /cli
deleteall /cli
ls /cli
close
connect HOST
ls /
quit
`

/** What zkCli says to a session of commands, with what differs from run to run taken out. */
export async function zkCliSession({ host, port }: Address): Promise<string> {
  const server = `${host}:${port}`
  const { stdout, stderr } = await run(cli, ['-server', server], commands.replace('HOST', server), 60_000)
  const events = /^WATCHER::\n+(.*)$/gm
  // Events are shown by a thread of their own, between any two lines.
  return [
    stdout
      .replaceAll(events, '')
      .replaceAll(server, 'HOST')
      .replaceAll(/^((?:[cm]time|[cmp]Zxid) = ).*$/gm, '$1...'),
    stderr.replaceAll(/^.*(?:INFO|WARN|DEBUG|SLF4J).*\n/gm, ''),
    [...stdout.matchAll(events)].map(([, event]) => event).join('\n'),
  ]
    .map(part => part.replaceAll(/\n+/g, '\n').trim())
    .join('\n--\n')
}

export async function fourLetterWordsAnswer(address: Address): Promise<void> {
  const ask = (word: string) => fourLetterWord(address, word)
  assert.equal(await ask('ruok'), 'imok')
  const srvr = await ask('srvr')
  for (const line of [/^Zookeeper version: \S+/m, /^Received: \d+$/m, /^Sent: \d+$/m, /^Connections: \d+$/m])
    assert.match(srvr, line)
  for (const line of [/^Outstanding: \d+$/m, /^Zxid: 0x[0-9a-f]+$/m, /^Mode: standalone$/m, /^Node count: \d+$/m])
    assert.match(srvr, line)
  const stat = await ask('stat')
  assert.match(stat, /^Clients:$/m)
  assert.match(stat, /^ \/127\.0\.0\.1:\d+\[\d\]\(queued=\d+,recved=\d+,sent=\d+\)$/m)
  assert.match(stat, /^Node count: \d+$/m)
  const mntr = await ask('mntr')
  for (const name of ['znode_count', 'watch_count', 'ephemerals_count', 'approximate_data_size', 'packets_received'])
    assert.match(mntr, new RegExp(`^zk_${name}\\t\\d+$`, 'm'))
  for (const name of ['num_alive_connections', 'outstanding_requests', 'max_latency', 'min_latency', 'packets_sent'])
    assert.match(mntr, new RegExp(`^zk_${name}\\t\\d+$`, 'm'))
  assert.match(mntr, /^zk_version\t\S+/m)
  assert.match(mntr, /^zk_server_state\tstandalone$/m)
  const conf = await ask('conf')
  for (const name of ['clientPort', 'dataDir', 'tickTime', 'maxClientCnxns', 'minSessionTimeout', 'maxSessionTimeout'])
    assert.match(conf, new RegExp(`^${name}=\\S+$`, 'm'))
  assert.match(await ask('envi'), /^Environment:\n/)
  assert.match(await ask('cons'), /^ \/127\.0\.0\.1:\d+\[\d\]\(queued=/m)
}

/** Two ClickHouse servers with one table stay the same, whatever becomes of the server between their writes. */
export async function replicasConverge(server: Killable): Promise<void> {
  const started = await Promise.allSettled([Replica.start('one', server.address), Replica.start('two', server.address)])
  const replicas = started.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  try {
    for (const result of started) if (result.status === 'rejected') throw result.reason
    const [one, two] = replicas
    for (const replica of replicas)
      await replica.run(`CREATE TABLE t (d Date, k UInt32, v String) ENGINE = ReplicatedMergeTree('/t', '{replica}')
        PARTITION BY toYYYYMM(d) ORDER BY k SETTINGS index_granularity = 1024`)
    let rows = 0
    const insert = async (replica: Replica, month: number) => {
      rows += 1000
      // The same block again is no second block: an insert may be sent again until it is answered.
      await replica.runInTime(
        `INSERT INTO t (d, k, v) SELECT toDate('2018-0${month}-01') + number % 28, ${rows} + number, toString(number) FROM numbers(1000)`,
      )
    }
    const same = async (sql: string, expected?: string) => {
      let answers: string[] = []
      for (const start = performance.now(); performance.now() - start < 60_000; await sleep(100)) {
        answers = await Promise.all(replicas.map(replica => replica.runInTime(sql)))
        if (answers[0] === answers[1] && (expected === undefined || answers[0] === expected)) return answers[0]
      }
      throw new Error(
        `They stay different: ${sql}: ${answers.join(' and ')}, expected ${expected}\n${one.log}\n${two.log}`,
      )
    }
    const found = () =>
      same('SELECT is_readonly, is_session_expired, total_replicas, active_replicas FROM system.replicas', '0\t0\t2\t2')
    const all = 'SELECT count(), sum(k), sum(cityHash64(d, k, v)) FROM t'
    const count = (expected: number) => same('SELECT count() FROM t', String(expected))

    for (let round = 0; round < 5; round++) {
      await insert(one, 1)
      await insert(two, 2)
    }
    await count(rows)
    await one.run('OPTIMIZE TABLE t PARTITION 201801 FINAL')
    await two.runInTime('OPTIMIZE TABLE t PARTITION 201802 FINAL')
    await same(
      `SELECT partition, count() FROM system.parts WHERE table = 't' AND active GROUP BY partition ORDER BY partition`,
      '201801\t1\n201802\t1',
    )
    await same(all)

    // 18.16 does not finish such an ALTER any more once its session was made anew, whichever server was killed.
    await two.run('ALTER TABLE t ADD COLUMN w UInt16 DEFAULT k % 10')
    await same('SELECT count(), sum(w) FROM t')

    // Killed while nothing is written.
    await server.kill()
    await sleep(500)
    assert.equal(await one.run('SELECT count() FROM t'), String(rows), 'what is there can be read')
    await server.restart()
    await found()
    await insert(two, 3)
    await insert(one, 3)
    await count(rows)
    await insert(one, 4)
    await server.kill()
    await server.restart()
    await found()
    await insert(two, 4)
    await count(rows)
    await one.runInTime('ALTER TABLE t DROP PARTITION 201801')
    rows -= 5000
    await count(rows)
    await two.runInTime('ALTER TABLE t DELETE WHERE k % 2 = 0')
    await same('SELECT countIf(k % 2 = 0) FROM t', '0')
    await same(all)
    await same(`SELECT name FROM system.parts WHERE table = 't' AND active ORDER BY name`)
    await found()
    await one.run('DROP TABLE t')
    assert.equal(await two.run("SELECT name FROM system.zookeeper WHERE path = '/t/replicas'"), 'two')
    await two.run('DROP TABLE t')
  } finally {
    await Promise.all(replicas.map(replica => replica.stop()))
  }
}
