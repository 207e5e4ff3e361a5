import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadCore } from '../../adapters/core/index.ts'
import { coreModule } from '../harness.ts'

const module = coreModule()

test('the bare core loads, says its version, and sums in memory of its own', async () => {
  const { kernels, memory, version } = await loadCore(module)
  assert.match(version, /^\d+\.\d+\.\d+$/)
  const section = WebAssembly.Module.customSections(module, 'granary.abi')
  assert.equal(new TextDecoder().decode(section[0]), version)

  const heap = kernels.heapCreate(1024, 16)
  const page = kernels.heapTake(heap, 1)
  kernels.arenaInit(page, heap, 0)
  const values = kernels.arenaAllocate(page, 12)
  const state = kernels.arenaAllocate(page, 8)
  const view = new DataView(memory.buffer)
  ;[1, -2, 2147483647].forEach((value, at) => {
    view.setInt32(values + at * 4, value, true)
  })
  view.setBigInt64(state, 0n, true)
  kernels.sumI32(state, values, 3)
  assert.equal(view.getBigInt64(state, true), 2147483646n)
})

test('the release module imports its memory and nothing else', () => {
  const imports = WebAssembly.Module.imports(module)
  assert.deepEqual(
    imports.map(({ module: from, name, kind }) => `${from}.${name}: ${kind}`),
    ['env.memory: memory'],
  )
})
