/** Lets INSERTs into a table, and holds them back while the table's definition changes. */
export class WriteGate {
  #writers = 0
  #idle: (() => void)[] = []
  #closed: Promise<void> | null = null

  /** Waits while the gate is closed. The function that this gives is to be called at the INSERT's end. */
  async enter(): Promise<() => void> {
    while (this.#closed) await this.#closed
    this.#writers++
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      this.#writers--
      if (this.#writers === 0) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  /** Waits until all that are inside have left; others wait from now on until the function that this gives is called. */
  async close(): Promise<() => void> {
    while (this.#closed) await this.#closed
    let open = () => {}
    this.#closed = new Promise(resolve => {
      open = resolve
    })
    if (this.#writers > 0)
      await new Promise<void>(resolve => {
        this.#idle.push(resolve)
      })
    return () => {
      this.#closed = null
      open()
    }
  }
}
