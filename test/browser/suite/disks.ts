// Runs in a worker of a page: every disk that a page may have does what disks do.
import { openOpfs, type OpenedDatabase } from '../../../adapters/browser/opfs.ts'
import { MemoryDisk } from '../../../runtime/storage/disks/memory.ts'
import { RewritableDisk } from '../../../runtime/storage/disks/rewritable.ts'
import { MemoryStore } from '../../../runtime/storage/stores/memory.ts'
import { after, outcomes } from '../../edge/suite/nodeTest.ts'
import { diskContract } from '../../platform/diskContract.ts'

const opened: OpenedDatabase[] = []
after(async () => {
  for (const database of opened) await database.close()
})

diskContract('packed in OPFS', async () => {
  const database = await openOpfs(`contract ${opened.length}`, { waitMs: 0 })
  opened.push(database)
  return database.disk
})
diskContract('memory', async () => new MemoryDisk())
diskContract('rewritable over memory', async () => new RewritableDisk(new MemoryStore()))

for await (const outcome of outcomes()) postMessage(outcome)
postMessage(null)
