// The editor: CodeMirror in a shadow root, as it makes style sheets of its own there without a <style> that the page's policy would
// refuse.
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionSource,
  completionStatus,
  startCompletion,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, toggleComment } from '@codemirror/commands'
import { SQLDialect } from '@codemirror/lang-sql'
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { EditorState, type Extension, Prec, StateEffect, StateField } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  dropCursor,
  EditorView,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
  placeholder,
  rectangularSelection,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { h } from '../ui/dom.ts'
import { commonTypes, keywords, softKeywords } from './keywords.ts'
import { type Statement, scan, statementAt, statementsOf } from './scan.ts'

export interface EditorEvents {
  /** Text or cursor moved. */
  changed(docChanged: boolean): void
  /** Escape, when the editor has no use for it itself; true if somebody had. */
  escape(): boolean
}

const dialect = SQLDialect.define({
  keywords: keywords.join(' ').toLowerCase(),
  types: '',
  builtin: '',
  backslashEscapes: true,
  hashComments: true,
  doubleDollarQuotedStrings: true,
  operatorChars: '*+-%<>!=&|^/~?:',
  identifierQuotes: '`"',
  caseInsensitiveIdentifiers: false,
})

const colours = HighlightStyle.define([
  { tag: tags.keyword, class: 'tok-keyword' },
  { tag: [tags.string, tags.special(tags.string)], class: 'tok-string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'tok-number' },
  { tag: [tags.lineComment, tags.blockComment], class: 'tok-comment' },
  { tag: tags.typeName, class: 'tok-type' },
  { tag: [tags.operator, tags.punctuation, tags.separator], class: 'tok-operator' },
])

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', color: 'var(--text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', overscrollBehavior: 'contain' },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 16px 0 8px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none', paddingLeft: '6px' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 8px 0 6px', minWidth: '30px', fontVariantNumeric: 'tabular-nums' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '.cm-placeholder': { color: 'var(--faint)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--match)', outline: 'none' },
  '.cm-current-statement': { boxShadow: 'inset 2px 0 0 var(--accent)' },
  '.tok-keyword': { color: 'var(--sql-keyword)', fontWeight: '600' },
  '.tok-string': { color: 'var(--sql-string)' },
  '.tok-number': { color: 'var(--sql-number)' },
  '.tok-comment': { color: 'var(--sql-comment)', fontStyle: 'italic' },
  '.tok-type': { color: 'var(--sql-type)' },
  '.tok-operator': { color: 'var(--muted)' },
  '.tok-function': { color: 'var(--sql-function)' },
  '.tok-parameter, .tok-parameter span': { color: 'var(--sql-parameter)', fontWeight: '400' },
  '.cm-sql-error': {
    textDecoration: 'underline wavy var(--bad)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '4px',
    backgroundColor: 'var(--bad-wash)',
  },
  '.cm-tooltip': {
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono)',
    fontSize: '12.5px',
    maxHeight: '17em',
    padding: '4px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    padding: '3px 10px 3px 6px',
    borderRadius: '5px',
    display: 'flex',
    alignItems: 'baseline',
    gap: '2px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent-wash)', color: 'var(--text)' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)', fontWeight: '700' },
  '.cm-completionDetail': {
    marginLeft: 'auto',
    paddingLeft: '20px',
    fontStyle: 'normal',
    color: 'var(--muted)',
    fontSize: '11.5px',
    maxWidth: '260px',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  '.cm-completionIcon': {
    width: '16px',
    height: '16px',
    lineHeight: '16px',
    marginRight: '7px',
    padding: '0',
    borderRadius: '4px',
    fontSize: '10px',
    fontWeight: '700',
    textAlign: 'center',
    opacity: '1',
    color: 'var(--muted)',
    backgroundColor: 'var(--sunken)',
    flex: 'none',
  },
  '.cm-completionIcon-property::after': { content: "'c'" },
  '.cm-completionIcon-class::after': { content: "'t'" },
  '.cm-completionIcon-namespace::after': { content: "'d'" },
  '.cm-completionIcon-function::after': { content: "'ƒ'" },
  '.cm-completionIcon-method::after': { content: "'Σ'" },
  '.cm-completionIcon-interface::after': { content: "'ƒ'" },
  '.cm-completionIcon-keyword::after': { content: "'k'" },
  '.cm-completionIcon-variable::after': { content: "'s'" },
  '.cm-completionIcon-constant::after': { content: "'f'" },
  '.cm-completionIcon-type::after': { content: "'T'" },
  '.cm-completionIcon-property': { color: 'var(--sql-number)' },
  '.cm-completionIcon-class': { color: 'var(--accent)' },
  '.cm-completionIcon-function, .cm-completionIcon-method, .cm-completionIcon-interface': {
    color: 'var(--sql-function)',
  },
  '.cm-completionIcon-keyword': { color: 'var(--sql-keyword)' },
  '.cm-completionIcon-type': { color: 'var(--sql-type)' },
  '.cm-tooltip.cm-completionInfo': { padding: '8px 11px', maxWidth: '340px', fontSize: '12.5px', lineHeight: '1.45' },
  '.cm-completionInfo code': {
    fontFamily: 'var(--mono)',
    fontSize: '12px',
    color: 'var(--sql-function)',
    wordBreak: 'break-word',
  },
  '.cm-completionInfo p': { margin: '4px 0 0' },
  '.cm-error-tip': { padding: '7px 11px', maxWidth: '480px', fontSize: '12.5px', lineHeight: '1.45' },
})

interface Squiggle {
  readonly from: number
  readonly to: number
  readonly message: string
}

const setSquiggle = StateEffect.define<Squiggle | null>()

/** Stays until the text is touched. */
const squiggle = StateField.define<Squiggle | null>({
  create: () => null,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setSquiggle)) return effect.value
    return transaction.docChanged ? null : value
  },
  provide: field =>
    EditorView.decorations.from(field, value =>
      value && value.to > value.from
        ? Decoration.set(Decoration.mark({ class: 'cm-sql-error' }).range(value.from, value.to))
        : Decoration.none,
    ),
})

const squiggleTip = hoverTooltip((view, position) => {
  const value = view.state.field(squiggle)
  if (!value || position < value.from || position > value.to) return null
  return {
    pos: value.from,
    end: value.to,
    above: true,
    create: () => ({ dom: h('div', { class: 'cm-error-tip' }, value.message) }),
  }
})

const functionMark = Decoration.mark({ class: 'tok-function' })
const typeMark = Decoration.mark({ class: 'tok-type' })
const keywordMark = Decoration.mark({ class: 'tok-keyword' })
const types = new Set(commonTypes)
const reserved = new Set(keywords)
const parameterMark = Decoration.mark({ class: 'tok-parameter' })
const statementLine = Decoration.line({ class: 'cm-current-statement' })
const markedSizeMax = 200_000

/** Names of functions and types, {parameters}, and which of several statements the cursor is in: what the grammar does not tell. */
const marks = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet

    constructor(view: EditorView) {
      this.decorations = marksOf(view)
    }

    update(update: ViewUpdate): void {
      if (update.docChanged || update.selectionSet) this.decorations = marksOf(update.view)
    }
  },
  { decorations: plugin => plugin.decorations },
)

function marksOf(view: EditorView): DecorationSet {
  const { doc, selection } = view.state
  if (doc.length > markedSizeMax) return Decoration.none
  const text = doc.toString()
  const ranges = []
  if (statementsOf(text).length > 1) {
    const current = statementAt(text, selection.main.head)
    if (current)
      for (let line = doc.lineAt(current.start); ; line = doc.line(line.number + 1)) {
        ranges.push(statementLine.range(line.from))
        if (line.to >= current.end) break
      }
  }
  const tokens = scan(text)
  for (let at = 0; at < tokens.length; at++) {
    const { kind, start, end } = tokens[at]
    const word = kind === 'word' ? text.slice(start, end) : ''
    // Types are written with care for case; a column may well be called date.
    if (types.has(word)) ranges.push(typeMark.range(start, end))
    else if (softKeywords.has(word)) ranges.push(keywordMark.range(start, end))
    else if (word !== '' && text[end] === '(' && !reserved.has(word.toUpperCase()))
      ranges.push(functionMark.range(start, end))
    else if (kind === 'symbol' && text[start] === '{' && tokens[at + 1]?.kind === 'word') {
      const close = text.indexOf('}', start)
      if (close > 0 && /^\{\s*\w+\s*:[^{}\n]*\}$/.test(text.slice(start, close + 1)))
        ranges.push(parameterMark.range(start, close + 1))
    }
  }
  return Decoration.set(ranges, true)
}

export class Editor {
  readonly element = h('div', { class: 'editor-host' })
  readonly #view: EditorView
  readonly #extensions: Extension

  constructor(events: EditorEvents, completion: CompletionSource) {
    const root = this.element.attachShadow({ mode: 'open' })
    const mount = h('div')
    mount.style.height = '100%'
    root.append(mount)
    this.#extensions = [
      lineNumbers(),
      highlightSpecialChars(),
      history(),
      drawSelection(),
      dropCursor(),
      rectangularSelection(),
      EditorState.allowMultipleSelections.of(true),
      indentUnit.of('  '),
      EditorView.lineWrapping,
      bracketMatching(),
      closeBrackets(),
      dialect.language,
      syntaxHighlighting(colours),
      marks,
      squiggle,
      squiggleTip,
      theme,
      autocompletion({ override: [completion], maxRenderedOptions: 80, icons: true, activateOnTypingDelay: 60 }),
      placeholder('SELECT …'),
      EditorView.contentAttributes.of({ 'aria-label': 'SQL', 'data-testid': 'sql' }),
      Prec.high(
        keymap.of([
          { key: 'Tab', run: view => acceptCompletion(view) || indentMore(view), shift: indentLess },
          { key: 'Mod-/', run: toggleComment },
          { key: 'Ctrl-Space', run: startCompletion },
        ]),
      ),
      Prec.low(
        keymap.of([
          {
            key: 'Escape',
            run: view => {
              if (completionStatus(view.state) === 'active') return false
              // So that Tab leaves the editor for those who have no pointer.
              if (!events.escape()) view.setTabFocusMode(2000)
              return true
            },
          },
        ]),
      ),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...withoutRun(defaultKeymap)]),
      EditorView.updateListener.of(update => {
        if (update.docChanged || update.selectionSet) events.changed(update.docChanged)
      }),
    ]
    this.#view = new EditorView({ root, parent: mount, state: this.newState('') })
  }

  newState(text: string): EditorState {
    return EditorState.create({ doc: text, extensions: this.#extensions, selection: { anchor: text.length } })
  }

  get state(): EditorState {
    return this.#view.state
  }

  set state(state: EditorState) {
    this.#view.setState(state)
  }

  get text(): string {
    return this.state.doc.toString()
  }

  set text(text: string) {
    this.#view.dispatch({
      changes: { from: 0, to: this.state.doc.length, insert: text },
      selection: { anchor: text.length },
    })
  }

  focus(): void {
    this.#view.focus()
  }

  /** What to run: the selected text's statements, or the one under the cursor. */
  chosen(): Statement[] {
    const { from, to, head } = this.state.selection.main
    if (from === to) {
      const statement = statementAt(this.text, head)
      return statement ? [statement] : []
    }
    return statementsOf(this.state.sliceDoc(from, to)).map(({ text, start, end }) => ({
      text,
      start: start + from,
      end: end + from,
    }))
  }

  /** Puts text where the cursor is, apart from the words around it. */
  insert(text: string): void {
    const { from, to } = this.state.selection.main
    const before = this.state.sliceDoc(from - 1, from)
    const insert = /[\w`)]/.test(before) ? ` ${text}` : text
    this.#view.dispatch({
      changes: { from, to, insert },
      selection: { anchor: from + insert.length },
      scrollIntoView: true,
    })
    this.focus()
  }

  replace(from: number, to: number, text: string): void {
    this.#view.dispatch({ changes: { from, to, insert: text } })
  }

  mark(place: Squiggle | null): void {
    const end = this.state.doc.length
    const value = place && { ...place, from: Math.min(place.from, end), to: Math.min(place.to, end) }
    this.#view.dispatch({ effects: setSquiggle.of(value) })
  }

  reveal(position: number): void {
    this.#view.dispatch({ selection: { anchor: Math.min(position, this.state.doc.length) }, scrollIntoView: true })
    this.focus()
  }
}

/** Mod-Enter is the page's. */
const withoutRun = (bindings: typeof defaultKeymap) => bindings.filter(({ key }) => key !== 'Mod-Enter')
