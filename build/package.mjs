// What an installation brings, held to its promises: the packed package stays small, and neither it nor anything that it requires
// compiles, downloads or runs anything when it is installed, or is made for one kind of machine.
//   node build/package.mjs
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPackage } from './build.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const packedBytesMax = 2_000_000
const problems = []

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
for (const name of ['preinstall', 'install', 'postinstall'])
  if (manifest.scripts[name]) problems.push(`the package runs a script when it is installed: ${name}`)

// Everything that `npm install granary` would put beside it: the required dependencies, and theirs.
const { packages } = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'))
for (const [place, entry] of Object.entries(packages)) {
  if (place === '' || entry.dev || entry.optional || entry.devOptional) continue
  if (entry.hasInstallScript) problems.push(`${place} runs a script when it is installed`)
  if (entry.cpu || entry.os || entry.libc) problems.push(`${place} is made for one kind of machine`)
}

await buildPackage()
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
)
if (packed.size > packedBytesMax) problems.push(`the package is ${packed.size} bytes packed, at most ${packedBytesMax}`)
for (const { path: file } of packed.files)
  if (/\.(node|so|dll|dylib|exe)$/.test(file)) problems.push(`${file} is native code`)

const required = Object.entries(packages).filter(([place, entry]) => place !== '' && !entry.dev && !entry.optional)
console.log(
  `granary ${packed.version}: ${(packed.size / 1e6).toFixed(2)} MB packed, ${(packed.unpackedSize / 1e6).toFixed(1)} MB unpacked, ` +
    `${packed.files.length} files, ${required.length} packages required`,
)
for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)
