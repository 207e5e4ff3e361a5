import type { Disk } from './disk.ts'

/** The same files in a second directory, durable. */
export async function linkDirectory(disk: Disk, from: string, to: string): Promise<void> {
  await linkFiles(disk, from, to)
  await disk.sync(to)
}

async function linkFiles(disk: Disk, from: string, to: string): Promise<void> {
  for (const { name, isDirectory } of await disk.list(from)) {
    if (isDirectory) await linkFiles(disk, `${from}/${name}`, `${to}/${name}`)
    else await disk.link(`${from}/${name}`, `${to}/${name}`)
  }
}
