/** The first signal stops a server that serves; a second one, or one during the start, ends the process at once. */
export function stopSignal(): { isServing: boolean; readonly asked: Promise<string> } {
  const stop = { isServing: false, asked: Promise.resolve('') }
  stop.asked = new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (!stop.isServing) process.exit(130)
        stop.isServing = false
        resolve(signal)
      })
  })
  return stop
}
