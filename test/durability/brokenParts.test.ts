// Files of parts that are damaged: the part is put aside at the start, or a query that needs the file fails; never a wrong row, never
// a crash. By hand, longer: GRANARY_BROKEN_PARTS=2000 GRANARY_SEED=5 node build/test.mjs --only durability/brokenParts
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { random } from '../harness.ts'
import { ServerProcess } from './serverProcess.ts'

const count = Number(process.env['GRANARY_BROKEN_PARTS'] ?? 60)
const seed = Number(process.env['GRANARY_SEED'] ?? 1)

const sums = (table: string) =>
  `SELECT count(), sum(id), sum(cityHash64(s)), sum(length(l)), sum(arraySum(l)), sum(n), count(n), max(toString(c)), sum(e = 'x'), sum(f), sum(toUInt16(d)), sum(cityHash64(z)), sum(g), sum(length(m))
   FROM ${table}`
const point = (table: string) => `SELECT id, s, l, n, c FROM ${table} WHERE id = 1234`

type Damage = [what: string, run: (file: string, random: () => number) => void]

const damages: Damage[] = [
  [
    'flip',
    (file, random) => {
      const bytes = fs.readFileSync(file)
      if (bytes.length > 0) bytes[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(random() * 8)
      fs.writeFileSync(file, bytes)
    },
  ],
  [
    'large number',
    (file, random) => {
      const bytes = fs.readFileSync(file)
      const at = Math.floor(random() * Math.max(1, bytes.length - 4))
      bytes.fill(0xff, at, Math.min(at + 4, bytes.length))
      fs.writeFileSync(file, bytes)
    },
  ],
  ['cut', (file, random) => fs.truncateSync(file, Math.floor(random() * fs.statSync(file).size))],
  ['empty', file => fs.truncateSync(file, 0)],
  ['longer', file => fs.appendFileSync(file, 'more')],
  ['zeros', file => fs.writeFileSync(file, new Uint8Array(fs.statSync(file).size))],
  ['absent', file => fs.rmSync(file)],
]

/** Makes checksums.txt agree with the damaged file, as an error before the write would: without it the sizes alone are known. */
function forgetChecksums(part: string): void {
  fs.rmSync(path.join(part, 'checksums.txt'), { force: true })
}

test('damaged files of parts', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-broken-'))
  const next = random(seed)
  let server = await ServerProcess.start(directory)
  try {
    await server.text(
      `CREATE TABLE t (id UInt32, s String, l Array(UInt16), n Nullable(Int64), c LowCardinality(String), e Enum8('x' = 1, 'y' = 2),
      f Float64, d Date, z String CODEC(NONE), g UInt32 CODEC(Delta, LZ4), m Array(Array(String)), PRIMARY KEY id)
      ENGINE = MergeTree PARTITION BY toYear(d) ORDER BY id SETTINGS index_granularity = 128`.replace(
        ', PRIMARY KEY id',
        '',
      ),
    )
    await server.text(`INSERT INTO t SELECT number, repeat('s', number % 30), range(number % 5), if(number % 3 = 0, NULL, number), toString(number % 7),
      if(number % 2 = 0, 'x', 'y'), number / 7, toDate('2020-01-01') + number % 300, toString(number), number, [[toString(number)], []]
      FROM numbers(3000)`)
    const right = { sums: await server.text(sums('t')), point: await server.text(point('t')) }
    await server.stop()

    const [part] = fs.readdirSync(path.join(directory, 'data/default/t')).filter(name => /_\d+_\d+_\d+$/.test(name))
    const files = fs.readdirSync(path.join(directory, 'data/default/t', part)).sort()
    const told: string[] = []
    for (let number = 0; number < count; number++) {
      const table = path.join(directory, 'data/default', `t${number}`)
      fs.cpSync(path.join(directory, 'data/default/t'), table, { recursive: true })
      fs.copyFileSync(
        path.join(directory, 'metadata/default/t.sql'),
        path.join(directory, `metadata/default/t${number}.sql`),
      )
      const file = files[number < files.length ? number : Math.floor(next() * files.length)]
      const [what, damage] = damages[Math.floor(next() * damages.length)]
      damage(path.join(table, part, file), next)
      const isUnchecked = next() < 0.5
      if (isUnchecked) forgetChecksums(path.join(table, part))
      told.push(`t${number}: ${file} ${what}${isUnchecked ? ', without checksums' : ''}`)
    }
    server = await ServerProcess.start(directory)
    const outcomes = { right: 0, error: 0, detached: 0 }
    const wrong: string[] = []
    for (let number = 0; number < count; number++) {
      const ask = (query: string) => server.ask(query).catch(error => ({ status: -1, code: -1, text: String(error) }))
      const isDetached = fs.existsSync(path.join(directory, `data/default/t${number}/detached`))
      for (const [name, query] of Object.entries({ sums: sums(`t${number}`), point: point(`t${number}`) })) {
        const { status, code, text } = await ask(query)
        const isRight = status === 200 && text.trimEnd() === right[name as keyof typeof right]
        if (isRight) outcomes.right++
        else if (isDetached && code === 0) outcomes.detached++
        else if (code > 0 && code !== 49 && code !== 236) outcomes.error++
        // A changed byte that nothing guards may be read as another value; without checksums frames still have theirs.
        else if (!/\.(txt|dat|idx) /.test(told[number]) || code !== 0)
          wrong.push(`${told[number]}, ${name}: ${status} ${code} ${text.slice(0, 200)}`)
      }
    }
    assert.deepEqual(wrong, [])
    assert.equal(await server.text(sums('t')), right.sums, 'other tables are as they were')
    assert.ok(outcomes.error + outcomes.detached > 0, 'some damage was noticed')
    // OPTIMIZE and CHECK of damaged tables end, too.
    for (let number = 0; number < Math.min(count, 30); number++) {
      const { code } = await server.ask(`OPTIMIZE TABLE t${number} FINAL`)
      assert.ok(code !== 49 && code !== 236, `OPTIMIZE of ${told[number]}: ${code}`)
    }
    assert.doesNotMatch(server.log, /LOGICAL_ERROR|failed inside|Worker \d+ ended/)
    if (process.env['GRANARY_BROKEN_PARTS']) console.log(JSON.stringify(outcomes))
  } finally {
    await server.kill()
    fs.rmSync(directory, { recursive: true, force: true })
  }
})
