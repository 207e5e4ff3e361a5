import { scenarios } from './scenarios.ts'
import { parseIndexes, printIndexes, runSeed, shrink } from './runSeed.ts'

const args = process.argv.slice(2)
const option = (name: string): string | undefined => {
  const at = args.indexOf(`--${name}`)
  return at < 0 ? undefined : args[at + 1]
}

const name = option('scenario') ?? 'all'
const chosen = scenarios.filter(scenario => name === 'all' || scenario.name === name)
if (chosen.length === 0) {
  console.error(`no scenario ${name}: all, ${scenarios.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const breach = option('broken') ?? null
const seconds = option('seconds') === undefined ? Number.POSITIVE_INFINITY : Number(option('seconds'))
const first = Number(option('seed') ?? 1)
const isOne = option('seeds') === undefined && option('seed') !== undefined && option('seconds') === undefined
const count =
  option('seeds') === undefined
    ? isOne
      ? 1
      : seconds < Number.POSITIVE_INFINITY
        ? Number.POSITIVE_INFINITY
        : 100
    : Number(option('seeds'))
const ops = option('ops')
const keep = ops === undefined ? undefined : parseIndexes(ops)
const failuresMax = Number(option('failures') ?? 5)
const isTraced = args.includes('--trace')

// Where an error comes from is asked for when a seed fails: to find it out costs as much as many events do.
const { stackTraceLimit } = Error
let failed = 0
for (const scenario of chosen) {
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  const injected = new Map<string, number>()
  const failing: number[] = []
  let [seeds, events] = [0, 0]
  for (let seed = first; seeds < count && elapsed() < seconds && failing.length < failuresMax; seed++) {
    Error.stackTraceLimit = 0
    let result = await runSeed(scenario, seed, { keep, breach, trace: isTraced })
    Error.stackTraceLimit = stackTraceLimit
    if (result.error) result = await runSeed(scenario, seed, { keep, breach, trace: isTraced })
    seeds++
    events += result.events
    for (const [kind, times] of result.injected) injected.set(kind, (injected.get(kind) ?? 0) + times)
    if (isTraced) console.log(result.trace?.join('\n'))
    if (isOne) console.log(`seed ${seed}: ${result.events} events, hash ${result.hash}`)
    if (!result.error) continue
    failing.push(seed)
    console.log(`${scenario.name}: seed ${seed} fails: ${result.error.stack ?? result.error.message}`)
    const kept = args.includes('--no-shrink') || keep ? keep : await shrink(scenario, seed, { breach })
    const opsArgument = kept ? ` --ops ${printIndexes(kept)}` : ''
    const brokenArgument = breach ? ` --broken ${breach}` : ''
    console.log(`repeat with: npm run sim -- --scenario ${scenario.name} --seed ${seed}${opsArgument}${brokenArgument}`)
  }
  failed += failing.length
  const took = elapsed()
  console.log(
    `${scenario.name}${breach ? ` (broken: ${breach})` : ''}: ${seeds} seeds from ${first} in ${took.toFixed(1)} s, ${(seeds / took).toFixed(1)} seeds/s, ${Math.round(events / took)} operations/s, ${failing.length === 0 ? 'none fails' : `failing: ${failing.join(' ')}`}`,
  )
  for (const [kind, times] of [...injected].sort()) console.log(`  ${String(times).padStart(8)}  ${kind}`)
}
process.exitCode = failed > 0 ? 1 : 0
