// How dist/browser/ and what tests run in pages are bundled; build/web.mjs builds.

/** How sources become modules of a page. */
export const pageOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome109', 'firefox111', 'safari16.4'],
  mainFields: ['module', 'main'],
  logLevel: 'warning',
}
