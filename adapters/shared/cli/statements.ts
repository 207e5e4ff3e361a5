/** The statements of a text, without the `;` between them. An INSERT with data in it goes to the end: only the server can read it. */
export function splitStatements(text: string): string[] {
  const statements: string[] = []
  let start = 0
  let at = 0
  while (at < text.length) {
    if (text[at] !== ';') {
      at = skipToken(text, at)
      continue
    }
    const statement = text.slice(start, at)
    if (hasInlineData(statement)) break
    if (!isBlank(statement)) statements.push(statement.trim())
    start = ++at
  }
  const last = text.slice(start)
  if (!isBlank(last)) statements.push(hasInlineData(last) ? last.trimStart() : last.trim())
  return statements
}

/** Ends with a `;` that is none of a string, a name or a comment. */
export function isComplete(text: string): boolean {
  let at = 0
  let complete = false
  while (at < text.length) {
    const next = text[at] === ';' ? at + 1 : skipToken(text, at)
    if (text[at] === ';') complete = true
    else if (!isBlank(text.slice(at, next))) complete = false
    at = next
  }
  return complete
}

/** `INSERT INTO t FORMAT CSV` and then lines: any format but Values, whose data is SQL. */
function hasInlineData(statement: string): boolean {
  return /^\s*insert\s.*?\sformat\s+(?!values\b)\w+\s*\n\s*\S/is.test(statement)
}

function isBlank(text: string): boolean {
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text[at])) at++
    else if (startsComment(text, at)) at = skipToken(text, at)
    else return false
  }
  return true
}

function startsComment(text: string, at: number): boolean {
  const two = text.slice(at, at + 2)
  return two === '--' || two === '/*' || two === '#!' || two === '# '
}

/** Where the token at `at` ends: a string, a quoted name, a comment, a heredoc, or one character. */
function skipToken(text: string, at: number): number {
  const character = text[at]
  if (character === "'" || character === '"' || character === '`') return skipQuoted(text, at)
  if (text.startsWith('/*', at)) return endOf(text, '*/', at + 2)
  if (startsComment(text, at)) return endOf(text, '\n', at)
  if (character === '$') {
    const tag = /^\$\w*\$/.exec(text.slice(at, at + 64))?.[0]
    if (tag) return endOf(text, tag, at + tag.length)
  }
  return at + 1
}

function skipQuoted(text: string, start: number): number {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at + 1 // a doubled quote begins the next one, which comes to the same
  }
  return text.length
}

function endOf(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from)
  return at < 0 ? text.length : at + end.length
}
