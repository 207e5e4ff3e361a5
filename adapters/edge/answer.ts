import type { ExecutionContext } from './replica.ts'

/** Of workerd: bytes from one end to the other, by the runtime itself. */
interface IdentityTransformStreamConstructor {
  new (): { readonly readable: ReadableStream<Uint8Array>; readonly writable: WritableStream<Uint8Array> }
}

/**
 * An answer of the server as a runtime is to have it. Bodies go through a stream of the runtime's own: when a client goes away, the
 * runtime lets go of a body that is made by JavaScript without always telling, while its own stream breaks at once.
 */
export function answerFor(answer: Response, context: ExecutionContext | undefined): Response {
  const { status, headers } = answer
  const init: ResponseInit & { encodeBody?: 'manual' } = { status, headers }
  // Workers encode bodies by themselves as their header says, unless they are told that this was done.
  if (headers.has('content-encoding')) init.encodeBody = 'manual'
  const { IdentityTransformStream } = globalThis as { IdentityTransformStream?: IdentityTransformStreamConstructor }
  // Its bytes come from work that the runtime has to be asked to wait for.
  if (answer.body === null || !IdentityTransformStream || !context) return new Response(answer.body, init)
  const { readable, writable } = new IdentityTransformStream()
  context.waitUntil(pump(answer.body, writable))
  return new Response(readable, init)
}

async function pump(body: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  const writer = writable.getWriter()
  // Also between two pieces.
  writer.closed.catch(error => reader.cancel(error).catch(() => {}))
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      await writer.write(value)
    }
    await writer.close()
  } catch (error) {
    await reader.cancel(error).catch(() => {}) // the query ends with it
    await writer.abort(error).catch(() => {})
  }
}
