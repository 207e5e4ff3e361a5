// Compiles assembly/ to dist/core: core.wasm (release), core.debug.wasm (asserts per row), core.d.ts (the ABI's types).
// Each module gets a custom section `granary.abi`: its version as text, readable before anything is instantiated.
//   node build/core.mjs [--force]
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const out = path.join(root, 'dist/core')

/** Newest modification time below a folder. */
function newest(dir) {
  let time = 0
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const file = path.join(dir, entry.name)
    time = Math.max(time, entry.isDirectory() ? newest(file) : fs.statSync(file).mtimeMs)
  }
  return time
}

/** The version in assembly/abi.ts, as '1.0.0'. */
export function abiVersion() {
  const source = fs.readFileSync(path.join(root, 'assembly/abi.ts'), 'utf8')
  return ['MAJOR', 'MINOR', 'PATCH'].map(name => new RegExp(`${name}: i32 = (\\d+)`).exec(source)[1]).join('.')
}

/** Appends a custom section. Its name and content are below 128 bytes, so each length is one byte. */
function addCustomSection(file, name, content) {
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from(content)])
  fs.appendFileSync(file, Buffer.concat([Buffer.from([0, body.length]), body]))
}

export function buildCore({ force = false } = {}) {
  const sources = Math.max(newest(path.join(root, 'assembly')), fs.statSync(path.join(root, 'asconfig.json')).mtimeMs)
  const built = ['core.wasm', 'core.debug.wasm', 'core.d.ts'].map(name => path.join(out, name))
  if (!force && built.every(file => fs.existsSync(file) && fs.statSync(file).mtimeMs > sources)) return
  fs.mkdirSync(out, { recursive: true })
  const asc = path.join(root, 'node_modules/assemblyscript/bin/asc.js')
  for (const target of ['debug', 'release'])
    execFileSync(process.execPath, [asc, '--config', 'asconfig.json', '--target', target], {
      cwd: root,
      stdio: 'inherit',
    })
  for (const name of ['core.wasm', 'core.debug.wasm'])
    addCustomSection(path.join(out, name), 'granary.abi', abiVersion())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildCore({ force: process.argv.includes('--force') })
