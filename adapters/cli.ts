#!/usr/bin/env node
// The command `granary`, for whichever runtime runs it.
const runtime = 'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'
const program = new URL(`./${runtime}/cli.js`, import.meta.url)
await import(program.href)
export {}
