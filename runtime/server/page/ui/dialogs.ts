// Small windows over the page, and the words that come and go at its edge.
import type { Account } from '../net/server.ts'
import { h, icon, iconButton } from './dom.ts'

function open(title: string, className: string, ...content: Node[]): HTMLDialogElement {
  const dialog = h(
    'dialog',
    { class: className, 'aria-label': title },
    h(
      'header',
      null,
      h('h2', null, title),
      iconButton('close', 'Close', () => dialog.close()),
    ),
    ...content,
  )
  dialog.addEventListener('click', event => event.target === dialog && dialog.close())
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

export interface Login {
  readonly url: string
  readonly account: Account
}

/** Resolves with null if nobody logs in. */
export function askLogin(login: Login, complaint: string, canChooseServer: boolean): Promise<Login | null> {
  return new Promise(resolve => {
    const field = (label: string, attributes: Record<string, unknown>) => {
      const input = h('input', { spellcheck: 'false', autocapitalize: 'off', ...attributes })
      return { input, element: h('label', { class: 'stacked' }, h('span', null, label), input) }
    }
    const url = field('Server', { type: 'url', value: login.url, name: 'url' })
    const user = field('User', { type: 'text', value: login.account.user, autocomplete: 'username', name: 'user' })
    const password = field('Password', { type: 'password', autocomplete: 'current-password', name: 'password' })
    const form = h(
      'form',
      {
        on: {
          submit: event => {
            event.preventDefault()
            resolve({
              url: url.input.value.replace(/\/?$/, '/'),
              account: { user: user.input.value, password: password.input.value },
            })
            dialog.close()
          },
        },
      },
      complaint && h('p', { class: 'complaint', role: 'alert' }, icon('warning'), complaint),
      canChooseServer && url.element,
      user.element,
      password.element,
      h('p', { class: 'hint' }, 'Kept until this browser tab is closed.'),
      h(
        'footer',
        null,
        h('button', { type: 'button', class: 'button', on: { click: () => dialog.close() } }, 'Cancel'),
        h('button', { type: 'submit', class: 'button primary' }, 'Connect'),
      ),
    )
    const dialog = open('Connect', 'dialog login', form)
    dialog.addEventListener('close', () => resolve(null))
    ;(login.account.user ? password.input : user.input).focus()
  })
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
export const mod = isMac ? '⌘' : 'Ctrl'

const shortcuts: readonly [string, readonly [keys: string[], what: string][]][] = [
  [
    'Run',
    [
      [[mod, 'Enter'], 'Run the statement under the cursor, or the selection'],
      [[mod, 'Shift', 'Enter'], 'Run all statements'],
      [['Esc'], 'Stop what runs'],
    ],
  ],
  [
    'Editor',
    [
      [['Ctrl', 'Space'], 'Complete'],
      [[mod, '/'], 'Comment in or out'],
      [['Esc', 'Tab'], 'Leave the editor by Tab'],
    ],
  ],
  [
    'Result',
    [
      [['Enter'], 'Show the whole value, or the row'],
      [[mod, 'C'], 'Copy the selected cells'],
      [[mod, 'A'], 'Select all'],
      [['Shift', '↑↓←→'], 'Select more'],
      [[mod, '↑↓←→'], 'To the edge'],
      [['Alt', 'C'], 'Table or chart'],
    ],
  ],
  [
    'Page',
    [
      [['F6'], 'Next part of the page'],
      [[mod, 'K'], 'Filter tables'],
      [['Alt', 'H'], 'Queries asked before'],
      [['Alt', 'T'], 'New tab'],
      [['Alt', 'W'], 'Close the tab'],
      [['Alt', '1…9'], 'Go to a tab'],
      [['?'], 'These shortcuts'],
    ],
  ],
]

export function showShortcuts(): void {
  open(
    'Keyboard shortcuts',
    'dialog shortcuts',
    h(
      'div',
      { class: 'shortcut-groups' },
      ...shortcuts.map(([title, lines]) =>
        h(
          'section',
          null,
          h('h3', null, title),
          h(
            'dl',
            null,
            ...lines.flatMap(([keys, what]) => [
              h('dt', null, ...keys.map(key => h('kbd', null, key))),
              h('dd', null, what),
            ]),
          ),
        ),
      ),
    ),
  )
}

export function showText(title: string, text: string, actions: [label: string, run: () => void][]): void {
  const dialog = open(
    title,
    'dialog text',
    h('pre', { tabindex: 0 }, text),
    h(
      'footer',
      null,
      ...actions.map(([label, run]) =>
        h('button', { type: 'button', class: 'button', on: { click: () => after(run, () => dialog.close()) } }, label),
      ),
    ),
  )
}

const after = (first: () => void, then: () => void): void => {
  first()
  then()
}

const toasts = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' })

export function say(text: string): void {
  if (!toasts.isConnected) document.body.append(toasts)
  const toast = h('div', { class: 'toast' }, text)
  toasts.replaceChildren(toast)
  setTimeout(() => toast.remove(), 2600)
}

/** A list of choices under a button; arrows move, Escape closes. */
export function menu(button: HTMLElement, items: ([label: string, run: () => void, hint?: string] | string)[]): void {
  const list = h('div', { class: 'menu', role: 'menu' })
  const close = () => {
    list.remove()
    button.setAttribute('aria-expanded', 'false')
    document.removeEventListener('pointerdown', outside, true)
  }
  const outside = (event: Event) => {
    if (!list.contains(event.target as Node)) close()
  }
  for (const item of items) {
    if (typeof item === 'string') list.append(h('div', { class: 'menu-title' }, item))
    else {
      const [label, run, hint] = item
      list.append(
        h(
          'button',
          { type: 'button', role: 'menuitem', on: { click: () => after(close, run) } },
          h('span', null, label),
          hint && h('span', { class: 'menu-hint' }, hint),
        ),
      )
    }
  }
  list.addEventListener('keydown', event => {
    const buttons = Array.from(list.querySelectorAll('button'))
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    if (event.key === 'ArrowDown') buttons[(at + 1) % buttons.length].focus()
    else if (event.key === 'ArrowUp') buttons[(at - 1 + buttons.length) % buttons.length].focus()
    else if (event.key === 'Escape' || event.key === 'Tab') {
      close()
      button.focus()
    } else return
    event.preventDefault()
    event.stopPropagation()
  })
  document.body.append(list)
  const { right, bottom, top } = button.getBoundingClientRect()
  const above = bottom + list.offsetHeight + 8 > innerHeight && top > list.offsetHeight
  list.style.top = `${above ? top - list.offsetHeight - 4 : bottom + 4}px`
  list.style.left = `${Math.max(8, right - list.offsetWidth)}px`
  button.setAttribute('aria-expanded', 'true')
  document.addEventListener('pointerdown', outside, true)
  list.querySelector('button')?.focus()
}
