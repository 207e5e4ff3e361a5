// The built program `granary`, and the runtimes that it can be started with.
import path from 'node:path'

export type RuntimeName = 'node' | 'deno' | 'bun'

const { versions } = process
export const runtimeHere: RuntimeName = versions['bun'] ? 'bun' : versions['deno'] ? 'deno' : 'node'

/** Command and first arguments: of the runtime that runs this, or of one that is installed below test/runtimes. */
export function programOf(runtime: RuntimeName = runtimeHere): [command: string, args: string[]] {
  const command = runtime === runtimeHere ? process.execPath : path.resolve('test/runtimes/node_modules/.bin', runtime)
  const program = path.resolve('dist', runtime, 'cli.js')
  return [command, runtime === 'deno' ? ['run', '--allow-all', program] : [program]]
}
