// What clients of a coordinator asked and were told, and whether a coordinator may say that.
import type { Stat } from '../../../runtime/coordination/requests.ts'
import { type Call, isLinear } from '../linear.ts'
import { Violation } from '../world.ts'

/** A node, as a model has it. */
export interface Cell {
  /** null: there is none. */
  readonly data: string | null
  readonly version: number
  /** Number of the session that it ends with; 0: none. */
  readonly owner: number
  /** Sessions that are over. */
  readonly ended: readonly number[]
}

const empty: Cell = { data: null, version: 0, owner: 0, ended: [] }
const printCell = ({ data, version, owner, ended }: Cell): string => `${data} ${version} ${owner} ${ended.join(',')}`

export type Answer = 'done' | 'NoNode' | 'NodeExists' | 'BadVersion' | 'unknown'

/** Times are counted: what is asked and what is answered each get the next number. */
export class History {
  #time = 0
  #sessions = 0
  readonly #calls = new Map<string, Call<Cell>[]>()

  tick(): number {
    return ++this.#time
  }

  nextSession(): number {
    return ++this.#sessions
  }

  #add(path: string, call: Call<Cell>): void {
    const calls = this.#calls.get(path)
    if (calls) calls.push(call)
    else this.#calls.set(path, [call])
  }

  #change(path: string, invoked: number, answer: Answer, text: string, apply: (cell: Cell) => Cell | null): void {
    const isUnknown = answer === 'unknown'
    this.#add(path, {
      invoked,
      returned: isUnknown ? Number.POSITIVE_INFINITY : this.tick(),
      isOptional: isUnknown,
      apply,
      text: `${text}: ${answer}`,
    })
  }

  create(path: string, data: string, session: number, isEphemeral: boolean, invoked: number, answer: Answer): void {
    this.#change(path, invoked, answer, `create ${data}${isEphemeral ? ` in ${session}` : ''}`, cell => {
      if (cell.ended.includes(session)) return null
      if (answer === 'NodeExists') return cell.data === null ? null : cell
      if (cell.data !== null) return null
      return { ...cell, data, version: 0, owner: isEphemeral ? session : 0 }
    })
  }

  set(path: string, data: string, version: number, session: number, invoked: number, answer: Answer): void {
    this.#change(path, invoked, answer, `set ${data} at ${version}`, cell => {
      if (cell.ended.includes(session)) return null
      if (answer === 'NoNode') return cell.data === null ? cell : null
      if (cell.data === null) return null
      const isRight = version === -1 || cell.version === version
      if (answer === 'BadVersion') return isRight ? null : cell
      return isRight ? { ...cell, data, version: cell.version + 1 } : null
    })
  }

  delete(path: string, version: number, session: number, invoked: number, answer: Answer): void {
    this.#change(path, invoked, answer, `delete at ${version}`, cell => {
      if (cell.ended.includes(session)) return null
      if (answer === 'NoNode') return cell.data === null ? cell : null
      if (cell.data === null) return null
      const isRight = version === -1 || cell.version === version
      if (answer === 'BadVersion') return isRight ? null : cell
      return isRight ? { ...cell, data: null, version: 0, owner: 0 } : null
    })
  }

  /** data: null where there was none; undefined where only that it is there was asked. */
  read(path: string, invoked: number, data: string | null | undefined, stat: Stat | null): void {
    this.#add(path, {
      invoked,
      returned: this.tick(),
      isOptional: false,
      apply: cell => {
        if (stat === null) return cell.data === null ? cell : null
        if (cell.data === null || cell.version !== stat.version) return null
        return data === undefined || cell.data === data ? cell : null
      },
      text: `read ${data} ${stat?.version}`,
    })
  }

  /** Its nodes went between two times. */
  endSession(session: number, paths: Iterable<string>, from: number, to: number): void {
    for (const path of paths)
      this.#add(path, {
        invoked: from,
        returned: to,
        isOptional: to === Number.POSITIVE_INFINITY,
        apply: cell => ({
          ...(cell.owner === session ? empty : cell),
          ended: [...cell.ended, session].sort((a, b) => a - b),
        }),
        text: `session ${session} ends`,
      })
  }

  /** Throws where no order explains what was seen. */
  check(): void {
    for (const [path, calls] of this.#calls)
      if (!isLinear(empty, calls, printCell)) {
        const lines = [...calls].sort((a, b) => a.invoked - b.invoked)
        throw new Violation(
          `${path} is not linearizable:\n${lines.map(({ invoked, returned, text }) => `  ${invoked}-${returned} ${text}`).join('\n')}`,
        )
      }
  }

  get size(): number {
    return [...this.#calls.values()].reduce((sum, calls) => sum + calls.length, 0)
  }
}
