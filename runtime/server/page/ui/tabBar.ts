import type { EditorState } from '@codemirror/state'
import type { Run } from '../net/run.ts'
import { statementsOf } from '../sql/scan.ts'
import { tablesIn } from '../sql/tablesIn.ts'
import { h, iconButton, replaceChildren } from './dom.ts'
import type { View } from './results.ts'

/** One query that is being written, and what came of it. */
export interface Tab {
  state: EditorState
  runs: Run[]
  shown: Run | null
  view: View
  parameters: Record<string, string>
}

export interface TabBarEvents {
  select(tab: Tab): void
  close(tab: Tab): void
  add(): void
  leave(): void
}

export class TabBar {
  readonly element = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Queries' })

  constructor(readonly events: TabBarEvents) {}

  draw(tabs: readonly Tab[], current: Tab): void {
    replaceChildren(
      this.element,
      ...tabs.map(tab => this.#tab(tab, tabs, tab === current)),
      iconButton('plus', 'New tab (Alt+T)', () => this.events.add()),
    )
  }

  #tab(tab: Tab, tabs: readonly Tab[], isCurrent: boolean): HTMLElement {
    const close = iconButton('close', 'Close the tab', event => {
      event.stopPropagation()
      this.events.close(tab)
    })
    close.tabIndex = -1
    return h(
      'div',
      {
        class: isCurrent ? 'tab current' : 'tab',
        role: 'tab',
        tabindex: isCurrent ? 0 : -1,
        'aria-selected': String(isCurrent),
        on: {
          click: () => {
            this.events.select(tab)
            this.events.leave()
          },
          auxclick: event => event.button === 1 && this.events.close(tab),
          keydown: event => {
            const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
            if (step) {
              this.events.select(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length])
              this.element.querySelector<HTMLElement>('.tab.current')?.focus()
            } else if (event.key === 'Enter') this.events.leave()
          },
        },
      },
      tab.runs.some(run => run.state === 'running') && h('span', { class: 'spinner' }),
      h('span', { class: 'tab-name' }, titleOf(tab)),
      tabs.length > 1 && close,
    )
  }
}

const titleSource = 4000

export function titleOf(tab: Tab): string {
  const text = tab.state.doc.sliceString(0, titleSource)
  const [first] = tablesIn(text)
  if (first) return first.table
  const [statement] = statementsOf(text)
  return statement ? statement.text.replace(/\s+/g, ' ').slice(0, 24) : 'New query'
}
