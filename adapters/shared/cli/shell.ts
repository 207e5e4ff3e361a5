import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { isComplete, splitStatements } from './statements.ts'

export interface ShellOptions {
  /** Runs one statement and shows what comes of it. Errors are its own to show. */
  run(statement: string, signal: AbortSignal): Promise<void>
  prompt: string
}

const historyFile = path.join(os.homedir(), '.granary_history')
const historyMax = 1000
const help = `Statements end with ; and may span lines. Ctrl-C cancels the running query, Ctrl-D leaves.
\\G in place of ; shows the result vertically. Also: exit, quit, help.
`

/** Reads statements from a terminal and runs them one after another. */
export async function runShell({ run, prompt }: ShellOptions): Promise<void> {
  const terminal = readline.createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt,
    history: readHistory(),
    historySize: historyMax,
    removeHistoryDuplicates: true,
  })
  const more = `${' '.repeat(Math.max(prompt.length - 4, 0))}:-] `
  let text = ''
  let running: AbortController | null = null
  const ask = () => {
    terminal.setPrompt(text === '' ? prompt : more)
    terminal.prompt()
  }
  terminal.on('SIGINT', () => {
    if (running) {
      running.abort()
      return
    }
    text = ''
    for (const name of ['e', 'u']) terminal.write(null, { ctrl: true, name }) // to the line's end, and all before it
    process.stdout.write('\n')
    ask()
  })
  ask()
  // Lines that come while a query runs wait in the iterator.
  for await (const line of terminal) {
    const word = line.trim().replace(/;$/, '').toLowerCase()
    if (text === '' && (word === 'exit' || word === 'quit' || word === '\\q')) break
    if (text === '' && word === 'help') process.stdout.write(help)
    else if (line.trim() !== '' || text !== '') {
      text += (text === '' ? '' : '\n') + line
      const vertical = /\\G\s*$/.test(text)
      if (vertical || isComplete(text)) {
        const statements = splitStatements(vertical ? text.replace(/\\G\s*$/, ' FORMAT Vertical') : text)
        remember(text)
        text = ''
        for (const statement of statements) {
          running = new AbortController()
          await run(statement, running.signal)
          if (running.signal.aborted) break
        }
        running = null
      }
    }
    ask()
  }
  terminal.close()
}

/** Newest first, as readline wants it. A file that is not there is an empty history. */
function readHistory(): string[] {
  try {
    return fs.readFileSync(historyFile, 'utf8').split('\n').filter(Boolean).slice(-historyMax).reverse()
  } catch {
    return []
  }
}

/** A history that cannot be written is no reason to stop. */
function remember(text: string): void {
  try {
    fs.appendFileSync(historyFile, text.replaceAll('\n', ' ') + '\n', { mode: 0o600 })
  } catch {
    // Nothing is lost but the history.
  }
}
