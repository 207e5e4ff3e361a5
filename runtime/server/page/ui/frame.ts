// Where everything is.
import { showShortcuts } from './dialogs.ts'
import { h, iconButton } from './dom.ts'
import { splitter } from './split.ts'

const narrow = '(max-width: 760px)'

export interface Parts {
  readonly tabs: Node
  readonly connection: Node
  readonly theme: Node
  readonly side: readonly Node[]
  readonly query: readonly Node[]
  readonly results: Node
}

export function frame({ tabs, connection, theme, side, query, results }: Parts): HTMLElement {
  const logo = h('span', { class: 'logo' }, ...['a', 'b', 'c'].map(name => h('i', { class: name })))
  const toggle = iconButton('menu', 'Tables and history', toggleSide)
  toggle.classList.add('side-toggle')
  return h(
    'div',
    { class: 'app' },
    h(
      'header',
      { class: 'top' },
      toggle,
      h('div', { class: 'brand' }, logo, h('b', null, 'Granary')),
      tabs,
      connection,
      theme,
      iconButton('help', 'Keyboard shortcuts (?)', showShortcuts),
    ),
    h('nav', { class: 'side', 'aria-label': 'Tables and history' }, ...side),
    splitter({
      name: 'side',
      label: 'Width of the side bar',
      property: '--side',
      isVertical: true,
      initial: 272,
      min: 180,
      max: () => Math.max(200, innerWidth * 0.5),
    }),
    h(
      'main',
      { class: 'work' },
      h('div', { class: 'query' }, ...query),
      splitter({
        name: 'query',
        label: 'Height of the editor',
        property: '--query',
        isVertical: false,
        initial: 250,
        min: 120,
        max: () => Math.max(140, innerHeight - 220),
      }),
      results,
    ),
    h('div', { class: 'shade', on: { click: closeSide } }),
  )
}

/** On a narrow screen the side bar lies over the page until it is closed. */
export const closeSide = (): void => document.body.classList.remove('side-open')

export function openSide(): void {
  document.body.classList.remove('side-closed')
  if (matchMedia(narrow).matches) document.body.classList.add('side-open')
}

function toggleSide(): void {
  document.body.classList.toggle(matchMedia(narrow).matches ? 'side-open' : 'side-closed')
}
