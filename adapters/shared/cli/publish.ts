import fs from 'node:fs'
import { DBError, toDBError } from '../../../runtime/core/errors.ts'
import { publishDirectory } from '../../../runtime/engine/publishTable.ts'
import { openStore } from '../../../runtime/storage/openStore.ts'
import { isUrl } from '../../../runtime/storage/openUrlDisk.ts'
import type { CliHost } from './program.ts'
import { bytes, count, ProgressBar } from './progressBar.ts'

export interface PublishCommand {
  /** Data directory. */
  path: string
  /** `database.table`, or a table of `default`. */
  table: string
  /** Directory or URL. */
  to: string
  keepSeconds?: number
  dryRun: boolean
}

/** Copies a table to where readers find it. Gives the exit code. */
export async function publishCommand(runtime: CliHost, command: PublishCommand): Promise<number> {
  const platform = runtime.platform({ threads: 0, logLevel: 'warning' })
  const dot = command.table.indexOf('.')
  const database = dot < 0 ? 'default' : command.table.slice(0, dot)
  const table = command.table.slice(dot + 1)
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort(new DBError('QUERY_WAS_CANCELLED', 'Publishing was cancelled')))
  const progress = new ProgressBar()
  const startedAt = performance.now()
  try {
    if (!isUrl(command.path) && !fs.existsSync(command.path))
      throw new DBError(
        'FILE_DOESNT_EXIST',
        `Directory ${command.path} does not exist: --path names the data directory`,
      )
    const target = await openStore(platform, command.to)
    const result = await publishDirectory(platform, { path: command.path, database, table }, target, {
      targetName: command.to,
      keepSeconds: command.keepSeconds,
      dryRun: command.dryRun,
      signal: abort.signal,
      onProgress: ({ bytesDone, bytesTotal, filesDone, filesTotal }) =>
        progress.draw(
          `Publishing: ${filesDone} of ${filesTotal} files, ${bytes(bytesDone)} of ${bytes(bytesTotal)}`,
          bytesDone,
          bytesTotal,
        ),
    })
    progress.clear()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(3)
    const { parts, rows, copiedParts, copiedFiles, copiedBytes, removedParts, generation } = result
    const what = `${database}.${table}: ${count(rows)} rows in ${plural(parts, 'part')}, ${bytes(result.bytes)}`
    const copied = `${plural(copiedParts, 'part')} (${plural(copiedFiles, 'file')}, ${bytes(copiedBytes)})`
    const removed = removedParts > 0 ? `, ${plural(removedParts, 'old part')} removed` : ''
    const text = command.dryRun
      ? `${what}\nWould copy ${copied} to ${command.to}${result.isUnchanged ? ': nothing has changed' : ''}${removedParts > 0 ? `, and remove ${plural(removedParts, 'old part')}` : ''}`
      : result.isUnchanged
        ? `${what}\nNothing has changed since generation ${generation} in ${command.to}${removed}`
        : `${what}\nPublished generation ${generation} to ${command.to}: ${copied} copied${removed}. Elapsed: ${seconds} sec.`
    process.stdout.write(`${text}\n`)
    return 0
  } catch (cause) {
    progress.clear()
    const error = toDBError(cause)
    process.stderr.write(`${cause instanceof DBError ? error.describe() : error.message}\n`)
    return error.code % 256 || 1
  }
}

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
