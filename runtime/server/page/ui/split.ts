import { h } from './dom.ts'
import { keep, recall } from './keep.ts'

/** A bar between two parts that is dragged, or moved by arrows; the size goes into a custom property. */
export function splitter(options: {
  name: string
  label: string
  property: string
  isVertical: boolean
  initial: number
  min: number
  max: () => number
}): HTMLElement {
  const { name, label, property, isVertical, initial, min, max } = options
  let size = recall(`split.${name}`, initial)
  const element = h('div', {
    class: `splitter ${isVertical ? 'vertical' : 'horizontal'}`,
    role: 'separator',
    tabindex: 0,
    'aria-label': label,
    'aria-orientation': isVertical ? 'vertical' : 'horizontal',
  })
  const set = (next: number) => {
    size = Math.round(Math.max(min, Math.min(max(), next)))
    document.documentElement.style.setProperty(property, `${size}px`)
    element.setAttribute('aria-valuenow', String(size))
  }
  set(size)
  element.addEventListener('pointerdown', event => {
    event.preventDefault()
    const from = isVertical ? event.clientX : event.clientY
    const before = size
    element.setPointerCapture(event.pointerId)
    const move = (next: PointerEvent) => set(before + (isVertical ? next.clientX : next.clientY) - from)
    element.addEventListener('pointermove', move)
    element.addEventListener(
      'lostpointercapture',
      () => {
        element.removeEventListener('pointermove', move)
        keep(`split.${name}`, size)
      },
      { once: true },
    )
  })
  element.addEventListener('dblclick', () => set(initial))
  element.addEventListener('keydown', event => {
    const step = { ArrowLeft: -16, ArrowRight: 16, ArrowUp: -16, ArrowDown: 16 }[event.key]
    if (!step) return
    event.preventDefault()
    set(size + step)
    keep(`split.${name}`, size)
  })
  return element
}
