import { type Placeholder, placeholdersOf, type Statement } from '../sql/scan.ts'
import { say } from './dialogs.ts'
import { h, replaceChildren } from './dom.ts'

/** A field for each {name:Type} of a tab's text. */
export class ParameterBar {
  readonly element = h('div', { class: 'parameters', hidden: true })
  #shown = ''
  #values: Record<string, string> = {}

  constructor(readonly changed: () => void) {}

  /** values: of the tab; what is typed goes into them. */
  draw(text: string, values: Record<string, string>): void {
    const wanted = placeholdersOf(text)
    const key = JSON.stringify(wanted)
    if (key === this.#shown && values === this.#values) return
    this.#shown = key
    this.#values = values
    this.element.hidden = wanted.length === 0
    replaceChildren(this.element, ...wanted.map(placeholder => this.#field(placeholder)))
  }

  valuesFor(sql: string): Record<string, string> {
    return Object.fromEntries(placeholdersOf(sql).map(({ name }) => [name, this.#values[name] ?? '']))
  }

  /** Whether there is a value for all that need one; if not, the first field without one is pointed at. */
  isComplete(statements: readonly Statement[]): boolean {
    for (const { text } of statements)
      for (const { name, type } of placeholdersOf(text)) {
        if (this.#values[name] || /String|Array|Nullable/.test(type)) continue
        const input = this.element.querySelector<HTMLInputElement>(`[data-parameter="${CSS.escape(name)}"]`)
        input?.classList.add('missing')
        input?.focus()
        say(`${name} needs a value: ${type}`)
        return false
      }
    return true
  }

  #field({ name, type }: Placeholder): HTMLElement {
    const values = this.#values
    const input = h('input', {
      type: 'text',
      value: values[name] ?? '',
      placeholder: type,
      spellcheck: 'false',
      autocomplete: 'off',
      'data-parameter': name,
      title: `{${name}:${type}}${/^Nullable/.test(type) ? ', \\N for NULL' : ''}`,
      on: {
        input: () => {
          values[name] = input.value
          input.classList.remove('missing')
          this.changed()
        },
      },
    })
    return h('label', null, h('span', null, name), input)
  }
}
