import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { PageFile } from '../../runtime/server/pageAsset.ts'

/** The SQL console of `/play`, as the build left it beside the bundles; undefined where it was left out. The package has it packed. */
export function readPage(packed = new URL('../page/index.html.gz', import.meta.url)): PageFile | undefined {
  if (!existsSync(packed)) return undefined
  const gzip = readFileSync(packed)
  return { html: gunzipSync(gzip), gzip }
}
