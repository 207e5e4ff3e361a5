import { existsSync, readFileSync } from 'node:fs'
import type { PageFile } from '../../runtime/server/pageAsset.ts'

/** The SQL console of `/play`, as the build left it beside the bundles; undefined where it was left out. */
export function readPage(file = new URL('../page/index.html', import.meta.url)): PageFile | undefined {
  const packed = new URL(`${file.href}.gz`)
  if (!existsSync(file)) return undefined
  return { html: readFileSync(file), gzip: existsSync(packed) ? readFileSync(packed) : undefined }
}
