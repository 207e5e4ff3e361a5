import type { OpenOptions } from '../../runtime/library/openDatabase.ts'
import type { PlatformOptions } from './hostPlatform.ts'

/** What `open` takes on Node, Deno and Bun. */
export type Options = OpenOptions & PlatformOptions
