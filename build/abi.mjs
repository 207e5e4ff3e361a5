// The exported functions of the core as a document: docs/core-abi.md (build/coreAbi.md, then every function with its comment in assembly/)
// and docs/core-abi.json (their types, for programs that make bindings).
//   node build/abi.mjs             writes both
//   node build/abi.mjs --check     fails where they are out of date, or where the version should have changed and has not
//   node build/abi.mjs --release   writes both, and holds later changes against this version
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { abiVersion, buildCore } from './core.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const read = file => fs.readFileSync(path.join(root, file), 'utf8')
const documentFile = 'docs/core-abi.md'
const typesFile = 'docs/core-abi.json'

/** Folders of assembly/ in the order of the document. '.' is what lies in none. */
const families = [
  ['.', 'Version'],
  ['memory', 'Memory'],
  ['compute', 'Compute: compare, filter, arithmetic, casts, dates'],
  ['columns', 'Columns: gather, fill, dictionaries'],
  ['aggregate', 'Aggregate states'],
  ['hashtable', 'Group-by tables'],
  ['sort', 'Sort, top-n, merge of sorted runs'],
  ['join', 'Joins and sets'],
  ['index', 'Sparse index'],
  ['roaring', 'Roaring bitmaps'],
  ['codecs', 'Codecs'],
  ['hashes', 'Hashes and digests'],
  ['strings', 'Strings'],
  ['regex', 'Regular expressions'],
  ['text', 'Text: parse and print values, split lines'],
  ['formats', 'Formats'],
  ['storage', 'Encodings of stored columns'],
  ['encryption', 'Encryption'],
]

/** Names, files, parameters and results of the exports, as the compiler wrote them beside the module. */
function exportedFunctions() {
  const pattern = /\* assembly\/(\S+)\/(\w+)\n((?:\s+\* @.*\n)*)\s+\*\//g
  return [...read('dist/core/core.d.ts').matchAll(pattern)].map(([, file, name, tags]) => ({
    file,
    name,
    params: [...tags.matchAll(/@param (\w+) `(\w+)`/g)].map(([, param, type]) => [param, type]),
    result: /@returns `(\w+)`/.exec(tags)?.[1] ?? null,
  }))
}

const wasmTypes = { i64: 'i64', u64: 'i64', f32: 'f32', f64: 'f64', v128: 'v128' }
const wasmType = type => wasmTypes[type] ?? 'i32'

const tidy = lines => lines.join('\n').trim()
const unstar = comment =>
  tidy(
    comment
      .replace(/^\/\*\*|\*\/$/g, '')
      .split('\n')
      .map(line => line.replace(/^\s*\* ?/, '').trimEnd()),
  )

/** The name without what tells its instance: addConstI32 and addConstF64 are addConst. */
const stem = name => name.replace(/(?:[IUF]\d+|\d+|N)+(?=[A-Z]|$)/g, '')

/**
 * A source file read from top to bottom: its opening comment, comments that stand alone, and the comment that holds for each exported
 * function: its own, else that of the function before it where only the type differs.
 */
function readSource(file) {
  const parts = read(`assembly/${file}.ts`).split(/\n(?=\/\*\*|\/\/ |export |function |const |import |@|\n)/)
  const notes = new Map()
  const prose = []
  let comment = ''
  let lines = []
  let last = null
  const standAlone = isSection => {
    if (lines.length > 0 && (isSection || prose.length === 0)) prose.push({ text: tidy(lines), before: null })
    lines = []
  }
  for (const part of parts) {
    const text = part.replace(/^\n+/, '')
    if (text.startsWith('// @ts-')) continue
    if (text.startsWith('//')) {
      for (const line of text.split('\n')) if (line.startsWith('//')) lines.push(line.slice(3))
      continue
    }
    standAlone(part.startsWith('\n'))
    if (text.startsWith('/**')) {
      const end = text.indexOf('*/') + 2
      comment = unstar(text.slice(0, end))
      if (text.slice(end).trim() === '') continue
    }
    const name = /^export function (\w+)/.exec(text)?.[1]
    if (name) {
      const note = comment || (last && stem(last.name) === stem(name) ? last.note : '')
      notes.set(name, note)
      for (const piece of prose) piece.before ??= name
      last = { name, note }
    }
    if (text.trim() !== '' && !text.startsWith('@')) comment = ''
  }
  return { notes, prose }
}

/** Comments as Markdown: lines that draw something keep their form. */
function asMarkdown(text) {
  const lines = []
  let isDrawing = false
  for (const line of text.split('\n')) {
    const draws = /^ +\S|\S {2,}\S/.test(line)
    if (draws !== isDrawing) lines.push(isDrawing ? '```\n' : '\n```text')
    isDrawing = draws
    lines.push(line)
  }
  if (isDrawing) lines.push('```')
  return lines
    .join('\n')
    .trim()
    .replace(/\n{3,}/g, '\n\n')
}

const typeName = /\b[iuf](?:8|16|32|64|128)\b/g

/** What two descriptions have in common, with T where one type stands for another; null where that is not all. */
function unify(shared, text) {
  if (shared.text.replace(typeName, '') !== text.replace(typeName, '')) return null
  const own = text.match(typeName) ?? []
  const varies = own.map((type, at) => shared.varies[at] || shared.types[at] !== type)
  const mine = new Set(own.filter((_, at) => varies[at]))
  const first = new Set(shared.types.filter((_, at) => varies[at]))
  return mine.size <= 1 && first.size <= 1 ? { ...shared, varies } : null
}

const undescribed = []

function describeFile(file, functions) {
  const { notes, prose } = readSource(file)
  const entries = []
  for (const [name, note] of notes) {
    const entry = functions.get(name)
    if (!entry) continue
    for (const { text, before } of prose) if (before === name) entries.push({ prose: asMarkdown(text) })
    if (note === '') undescribed.push(`assembly/${file}.ts: ${name} needs a comment that says what it takes and gives`)
    const signature = `(${entry.params.map(([param, type]) => `${param}: ${type}`).join(', ')})`
    const text = `${signature}${entry.result ? ` -> ${entry.result}` : ''}\n${note}`
    const types = text.match(typeName) ?? []
    const of = stem(name)
    let isTaken = false
    for (let at = 0; at < entries.length && !isTaken; at++) {
      if (entries[at].of !== of) continue
      const both = unify(entries[at], text)
      if (!both) continue
      entries[at] = { ...both, names: [...entries[at].names, name] }
      isTaken = true
    }
    if (!isTaken) entries.push({ of, names: [name], text, types, varies: types.map(() => false) })
  }
  return entries.map(entry => {
    if (entry.prose) return entry.prose
    let at = 0
    const text = entry.text.replace(typeName, type => (entry.varies[at++] ? 'T' : type))
    const [signature, ...note] = text.split('\n')
    const names = entry.names.map(name => `\`${name}\``).join(' ')
    return `- ${names} \`${signature}\`\n${asMarkdown(note.join('\n')).replace(/^/gm, '  ')}`
  })
}

function describe(functions) {
  const text = []
  for (const [folder, title] of families) {
    const inFamily = functions.filter(({ file }) => (file.includes('/') ? file.split('/')[0] : '.') === folder)
    if (inFamily.length > 0) text.push(`## ${title}`)
    for (const file of [...new Set(inFamily.map(entry => entry.file))]) {
      const byName = new Map(inFamily.filter(entry => entry.file === file).map(entry => [entry.name, entry]))
      text.push(`### ${file}`, ...describeFile(file, byName))
    }
  }
  return text.join('\n\n')
}

const numbers = version => version.split('.').map(Number)
/** Whether a version is above another by its first numbers: 0 the major one alone, 1 the minor one too, 2 all. */
function isAbove(version, other, level) {
  const [a, b] = [numbers(version), numbers(other)]
  for (let at = 0; at <= level; at++) if (a[at] !== b[at]) return a[at] > b[at]
  return false
}

/** The types of all exports with the version in which each came; `released` is the last version that programs may rely on. */
function typesOf(functions, before, version, release) {
  const types = {}
  const problems = []
  const released = before.released
  for (const { name, params, result } of [...functions].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const entry = { params: params.map(([param, type]) => [param, wasmType(type)]), result: result && wasmType(result) }
    const old = before.functions[name]
    const same =
      old &&
      old.result === entry.result &&
      String(old.params.map(([, t]) => t)) === String(entry.params.map(([, t]) => t))
    const isRelied = released && old && !isAbove(old.since, released, 2)
    if (!old && released && !isAbove(version, released, 1)) problems.push([`${name} is new since ${released}`, 'MINOR'])
    if (!same && isRelied && !isAbove(version, released, 0))
      problems.push([`${name} has other types than in ${released}`, 'MAJOR'])
    types[name] = { ...entry, since: old && (same || !isRelied) ? old.since : version }
  }
  for (const [name, { since }] of Object.entries(before.functions))
    if (!types[name] && released && !isAbove(since, released, 2) && !isAbove(version, released, 0))
      problems.push([`${name} is gone since ${released}`, 'MAJOR'])
  for (const [what, part] of problems) console.error(`${what}: raise ${part} in assembly/abi.ts`)
  if (problems.length > 0) process.exit(1)
  const lines = Object.entries(types).map(([name, entry]) => `    ${JSON.stringify(name)}: ${JSON.stringify(entry)}`)
  return `{\n  "version": "${version}",\n  "released": ${JSON.stringify(release ? version : released)},\n  "functions": {\n${lines.join(',\n')}\n  }\n}\n`
}

buildCore()
const version = abiVersion()
const functions = exportedFunctions()
const known = new Set(families.map(([folder]) => folder))
for (const { file } of functions)
  if (file.includes('/') && !known.has(file.split('/')[0])) throw new Error(`build/abi.mjs has no title for ${file}`)
const before = fs.existsSync(path.join(root, typesFile))
  ? JSON.parse(read(typesFile))
  : { version, released: null, functions: {} }
const head = read('build/coreAbi.md').replaceAll('$VERSION', version).replaceAll('$COUNT', String(functions.length))
const outputs = [
  [typesFile, typesOf(functions, before, version, process.argv.includes('--release'))],
  [documentFile, `${head.trim()}\n\n${describe(functions)}\n`],
]
if (undescribed.length > 0) {
  console.error(undescribed.join('\n'))
  process.exit(1)
}
for (const [file, text] of outputs) {
  if (!process.argv.includes('--check')) fs.writeFileSync(path.join(root, file), text)
  else if (!fs.existsSync(path.join(root, file)) || read(file) !== text) {
    console.error(`${file} is out of date: node build/abi.mjs`)
    process.exitCode = 1
  }
}
