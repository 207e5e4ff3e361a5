import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
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

test('directories on the way to a file are durable before the file is', async t => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-disk-'))
  t.after?.(() => fs.rmSync(root, { recursive: true, force: true }))
  const disk = new LocalDisk(root)
  const synced: string[] = []
  const { openSync, fsyncSync } = fs
  const names = new Map<number, string>()
  fs.openSync = ((file: string, ...rest: [string]) => {
    const descriptor = openSync(file, ...rest)
    names.set(descriptor, path.relative(root, file))
    return descriptor
  }) as typeof fs.openSync
  fs.fsyncSync = descriptor => {
    synced.push(names.get(descriptor) ?? '')
    fsyncSync(descriptor)
  }
  try {
    await disk.put('a/b/c/file', new Uint8Array(1))
    assert.deepEqual(synced, ['', 'a', path.join('a', 'b')])
    await disk.put('a/b/c/other', new Uint8Array(1))
    await (await disk.create('a/b/other/part/file')).close()
    assert.deepEqual(synced.slice(3), [path.join('a', 'b'), path.join('a', 'b', 'other')])
  } finally {
    Object.assign(fs, { openSync, fsyncSync })
  }
})
