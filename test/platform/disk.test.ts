import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { LocalDisk } from '../../adapters/shared/disk.ts'
import { FaultyDisk } from '../../runtime/storage/disks/faulty.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { PackedDisk } from '../../runtime/storage/disks/packed.ts'
import { RewritableDisk } from '../../runtime/storage/disks/rewritable.ts'
import { MemoryStore } from '../../runtime/storage/stores/memory.ts'
import { random } from '../harness.ts'
import { memoryFiles } from '../storage/memoryFile.ts'
import { diskContract } from './diskContract.ts'

diskContract('memory', async () => new MemoryDisk())
diskContract('memory, read later', async () => new MemoryDisk(() => 0, { sync: false }))
diskContract('faulty, without faults', async () => new FaultyDisk(new MemoryDisk(), random(1), {}))
diskContract('local', async () => new LocalDisk(fs.mkdtempSync(path.join(os.tmpdir(), 'granary-disk-'))))
diskContract('packed into three files', async () => PackedDisk.open(memoryFiles()))
diskContract('rewritable over memory', async () => new RewritableDisk(new MemoryStore()))
