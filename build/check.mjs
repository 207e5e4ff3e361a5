// Types, format, lint, arrows. Each failure says what to run.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildCore } from './core.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const bin = name => path.join(root, 'node_modules/.bin', name)
buildCore()
const steps = [
  ['types of runtime/ (no runtime API in scope)', bin('tsc'), ['-p', 'tsconfig.json']],
  ['types of the page (a browser)', bin('tsc'), ['-p', 'runtime/server/page/tsconfig.json']],
  ['types of adapters/ and test/', bin('tsc'), ['-p', 'adapters/tsconfig.json']],
  ['format and lint (npx biome check --write mends most)', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['arrows between folders', process.execPath, ['build/arrows.mjs']],
  ['docs/core-abi.md fits the core (node build/abi.mjs writes it)', process.execPath, ['build/abi.mjs', '--check']],
  ['what an installation brings', process.execPath, ['build/package.mjs']],
]
let failed = 0
for (const [what, command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${what}`)
  if (status !== 0) failed++
}
process.exit(failed ? 1 : 0)
