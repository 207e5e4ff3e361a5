import { keep, recall } from './keep.ts'

export type Theme = 'auto' | 'light' | 'dark'

const order: readonly Theme[] = ['auto', 'light', 'dark']

export const theme = (): Theme => recall<Theme>('theme', 'auto')

export function applyTheme(changed: () => void): void {
  const apply = () => {
    const chosen = theme()
    const isDark = chosen === 'dark' || (chosen === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
    changed()
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply)
  addEventListener('granary-theme', apply)
  apply()
}

export function nextTheme(): Theme {
  const next = order[(order.indexOf(theme()) + 1) % order.length]
  keep('theme', next)
  dispatchEvent(new Event('granary-theme'))
  return next
}
