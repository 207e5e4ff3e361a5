// Runs the tests of one file in workerd and tells of each as soon as it has ended: one line of JSON a test.
import { type Outcome, outcomes } from './nodeTest.ts'

export default {
  fetch(_request: Request, _env: object, context: { waitUntil(work: Promise<unknown>): void }): Response {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const run = async () => {
      // Not at the top: nothing may wait, and nothing be random, before there is a request.
      await import('the-tests')
      for await (const outcome of outcomes()) await tell(outcome)
    }
    const tell = (outcome: Outcome) => writer.write(new TextEncoder().encode(`${JSON.stringify(outcome)}\n`))
    const failed = (error: unknown) => tell({ name: 'loading', error: String((error as Error).stack ?? error) })
    context.waitUntil(
      run()
        .catch(failed)
        .finally(() => writer.close()),
    )
    return new Response(readable)
  },
}
