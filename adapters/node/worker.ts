// What a worker thread runs: one core, one host for tasks, and messages to and from the thread that started it.
import { parentPort, workerData } from 'node:worker_threads'
import { type HostOptions, TaskHost } from '../../runtime/engine/host.ts'
import type { ToWorker } from '../../runtime/engine/messages.ts'
import { nodePlatform, type WorkerStart } from './platform.ts'

const port = parentPort!
const { core, logLevel } = workerData as WorkerStart
const platform = nodePlatform({ core, logLevel, threads: 0 })
let host: TaskHost | null = null

port.on('message', (message: { options: HostOptions } | ToWorker) => {
  if ('options' in message) {
    host = new TaskHost(platform, (answer, transfer) => port.postMessage(answer, transfer), message.options)
    if (message.options.warmUp) void host.warmUp()
  } else host?.handle(message)
})
