// Threads of the built package: what is posted arrives in order, buffers move, ends are told.
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Platform } from '../../runtime/platform.ts'
import { runtimeHere } from './program.ts'

type Package = Record<string, (options: object) => Platform>
const built = (await import(pathToFileURL(path.resolve('dist', runtimeHere, 'index.js')).href)) as Package
const platform = built[`${runtimeHere}Platform`]({ threads: 2, logLevel: 'error' })

/** A worker, the messages that came from it, and its end. */
function start() {
  const messages: { kind?: string }[] = []
  let wake = () => {}
  let end: { error: Error | null } | null = null
  const handle = platform.startWorker!(
    message => {
      messages.push(message as { kind?: string })
      wake()
    },
    error => {
      end = { error }
      wake()
    },
  )
  const until = async (holds: () => boolean) => {
    for (let waited = 0; !holds() && waited < 10_000; waited += 100)
      await Promise.race([
        new Promise<void>(resolve => (wake = resolve)),
        new Promise(resolve => setTimeout(resolve, 100)),
      ])
    assert.ok(holds())
  }
  return { handle, messages, until, ended: () => end }
}

test('the platform says what it is', () => {
  assert.equal(platform.name.split(' ')[0].toLowerCase(), runtimeHere)
  assert.equal(platform.threads, 2)
  assert.ok(platform.hostName.length > 0)
  assert.ok(platform.core instanceof WebAssembly.Module)
})

test('a worker that is ended tells nothing', async () => {
  const { handle, ended } = start()
  handle.post({ options: { location: '' } })
  await new Promise(resolve => setTimeout(resolve, 100))
  await handle.terminate()
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.equal(ended(), null)
})

test('a worker that fails tells its error', async () => {
  const { handle, until, ended } = start()
  // No message of ours: what reads it throws, and that ends the thread.
  handle.post(null)
  await until(() => ended() !== null)
  assert.ok(ended()!.error instanceof Error)
})

test('a buffer that is given away is gone here', async () => {
  const { handle } = start()
  const buffer = new ArrayBuffer(1 << 20)
  handle.post({ options: { location: '' }, buffer }, [buffer])
  assert.equal(buffer.byteLength, 0)
  await handle.terminate()
})
