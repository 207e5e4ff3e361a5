// How sources become one module for workerd and its like; build/web.mjs builds.
import path from 'node:path'

/** A file of this package compiles WebAssembly when it is loaded, which Workers may not do; nothing of it is used. */
const withoutCompiling = {
  name: 'without-compiling',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/compressors\.js$/ }, ({ path: name, resolveDir }) =>
      resolveDir.endsWith('hyparquet-compressors/src')
        ? { path: path.join(resolveDir, name), sideEffects: false }
        : undefined,
    )
  },
}

/** How a Worker's sources become one module. */
export const workerOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['workerd', 'worker'],
  mainFields: ['module', 'main'],
  plugins: [withoutCompiling],
  external: ['node:*', 'cloudflare:*', '*.wasm'],
  logLevel: 'warning',
}
