// The keys that work everywhere on the page; ui/dialogs.ts tells of them.
import { showShortcuts } from './dialogs.ts'
import { closeSide } from './frame.ts'

export interface KeyActions {
  run(): void
  runAll(): void
  /** Whether there was something to stop. */
  stop(): boolean
  findTable(): void
  findQuery(): void
  newTab(): void
  closeTab(): void
  /** 1 is the first. */
  goToTab(number: number): void
  switchView(): void
  /** The parts of the page, in the order that F6 walks them. */
  readonly parts: readonly { readonly element: Element; focus(): void }[]
}

export function listenForKeys(actions: KeyActions): void {
  addEventListener('keydown', event => {
    if (document.querySelector('dialog[open]')) return
    const action = actionOf(event, actions)
    if (!action) return
    event.preventDefault()
    event.stopPropagation()
    action()
  })
}

function actionOf(event: KeyboardEvent, actions: KeyActions): (() => void) | null {
  const far = event.ctrlKey || event.metaKey
  const isWriting = (event.target as Element).closest('input, textarea, select, .editor-host') !== null
  if (far && event.key === 'Enter') return event.shiftKey ? actions.runAll : actions.run
  if (far && !event.shiftKey && event.key.toLowerCase() === 'k') return actions.findTable
  if (event.key === 'Escape') {
    // The editor may have had a use for it.
    if (event.defaultPrevented || actions.stop()) return null
    return document.body.classList.contains('side-open') ? closeSide : null
  }
  if (event.key === 'F6') return () => walk(actions.parts, event.shiftKey ? -1 : 1)
  if (event.key === '?' && !isWriting) return showShortcuts
  if (!event.altKey || far) return null
  // By the key's place: with Alt its letter may be another one.
  const digit = /^Digit([1-9])$/.exec(event.code)
  if (digit) return () => actions.goToTab(Number(digit[1]))
  return (
    { KeyT: actions.newTab, KeyW: actions.closeTab, KeyH: actions.findQuery, KeyC: actions.switchView }[event.code] ??
    null
  )
}

function walk(parts: KeyActions['parts'], step: number): void {
  const at = parts.findIndex(({ element }) => element.contains(document.activeElement))
  parts[(at + step + parts.length) % parts.length].focus()
}
