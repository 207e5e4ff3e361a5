// Statements one after another, and what comes of them.
import assert from 'node:assert/strict'
import type { GranaryEngine } from '../../runtime/engine/engine.ts'
import { ask } from '../sql/inProcess.ts'

/** Pairs of a statement and its answer in TabSeparated; '' for statements that answer nothing. */
export type Answers = readonly (readonly [sql: string, answer: string])[]

export async function expectAnswers(engine: GranaryEngine, answers: Answers): Promise<void> {
  for (const [sql, answer] of answers) assert.equal((await ask(engine, sql)).trimEnd(), answer, sql)
}
