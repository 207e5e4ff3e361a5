// Elements are made by h(): no markup is ever parsed from strings, so nothing that a server answers can become markup.
export type Child = Node | string | number | null | undefined | false

interface Properties {
  class?: string
  /** Handlers by event name. */
  on?: { [event in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[event]) => void }
  [attribute: string]: unknown
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties | null = null,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue
    if (name === 'on') {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler as EventListener)
    } else element.setAttribute(name, value === true ? '' : String(value))
  }
  append(element, children)
  return element
}

export function append(parent: Element, children: readonly Child[]): void {
  for (const child of children)
    if (child !== null && child !== undefined && child !== false)
      parent.append(child instanceof Node ? child : String(child))
}

export function replaceChildren(parent: Element, ...children: Child[]): void {
  parent.replaceChildren()
  append(parent, children)
}

const icons = {
  play: 'M5 3.5v9l7.5-4.5z',
  stop: 'M4 4h8v8H4z',
  close: 'M4 4l8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  chevron: 'M6 4l4 4-4 4',
  down: 'M4 6l4 4 4-4',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6',
  database: 'M3 4.5c0-2 10-2 10 0v7c0 2-10 2-10 0zM3 4.5c0 2 10 2 10 0M3 8c0 2 10 2 10 0',
  view: 'M1.5 8c3-5 10-5 13 0-3 5-10 5-13 0zM8 6.2a1.8 1.8 0 1 0 .01 0',
  chart: 'M2.5 13.5v-11M2.5 13.5h11M5.5 11V7.5M8.5 11V4.5M11.5 11V6',
  history: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.8v2.4h2.4M8 5.2V8l2 1.4',
  link: 'M6.8 9.2a2.4 2.4 0 0 0 3.4 0l2.3-2.3a2.4 2.4 0 0 0-3.4-3.4l-.8.8M9.2 6.8a2.4 2.4 0 0 0-3.4 0L3.5 9.1a2.4 2.4 0 0 0 3.4 3.4l.8-.8',
  download: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10',
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  sun: 'M8 5.2a2.8 2.8 0 1 0 .01 0zM8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1',
  moon: 'M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6z',
  auto: 'M8 2.5a5.5 5.5 0 1 0 .01 0zM8 2.5v11a5.5 5.5 0 0 0 0-11z',
  help: 'M6 6.2a2 2 0 1 1 2.9 1.9c-.6.3-.9.7-.9 1.4M8 12v.2',
  user: 'M8 2.8a2.6 2.6 0 1 0 .01 0zM3 13.5c.6-3.6 9.4-3.6 10 0',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  search: 'M7 2.8a4.2 4.2 0 1 0 .01 0zM10 10l3.5 3.5',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.8v2.4h-2.4',
  warning: 'M8 2.5l6 11H2zM8 6.5v3.4M8 11.6v.2',
  check: 'M3 8.5l3.2 3.2L13 5',
  code: 'M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5',
  panel: 'M2.5 3h11v10h-11zM9.5 3v10',
} as const

export type IconName = keyof typeof icons

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('class', `icon icon-${name}`)
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', icons[name])
  svg.append(path)
  return svg
}

/** A button that shows an icon only: its name is for those who cannot see it, and in the title. */
export function iconButton(name: IconName, label: string, click: (event: MouseEvent) => void): HTMLButtonElement {
  return h(
    'button',
    { type: 'button', class: 'icon-button', title: label, 'aria-label': label, on: { click } },
    icon(name),
  )
}
