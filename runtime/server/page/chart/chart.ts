// The drawing. Colours are Okabe and Ito's, which stay apart for every kind of colour vision, in a lighter set for the dark theme;
// series differ by dashes as well.
import uPlot from 'uplot'
import { h, replaceChildren } from '../ui/dom.ts'
import type { Run } from '../net/run.ts'
import { kindOf } from '../grid/types.ts'
import { type ChartChoice, type ChartKind, suggest } from './shape.ts'
import { type Points, pointsOf } from './points.ts'

const palettes = {
  light: ['#0072b2', '#d55e00', '#009e73', '#a8438a', '#b8860b', '#2f9fd8', '#5b5b5b', '#7a4bc4'],
  dark: ['#5eb6f0', '#f28e4b', '#3ecf9f', '#e59ac6', '#f0c94f', '#8fd3ff', '#b9b4ac', '#b9a1f5'],
}
const dashes = [[], [], [], [], [6, 3], [6, 3], [2, 3], [2, 3]]
const kinds: readonly [ChartKind, string][] = [
  ['line', 'Line'],
  ['bar', 'Bars'],
  ['scatter', 'Scatter'],
]

export class Chart {
  readonly element: HTMLElement
  readonly #controls = h('div', { class: 'chart-controls' })
  readonly #plot = h('div', { class: 'chart-plot' })
  readonly #legend = h('div', { class: 'chart-legend' })
  readonly #tip = h('div', { class: 'chart-tip', role: 'status', hidden: true })
  #run: Run | null = null
  #choice: ChartChoice | null = null
  #uplot: uPlot | null = null
  #points: Points | null = null
  #hidden = new Set<string>()

  constructor() {
    this.element = h('div', { class: 'chart' }, this.#controls, this.#legend, this.#plot)
    new ResizeObserver(() => this.#resize()).observe(this.#plot)
  }

  /** Draws anew; also when the theme changed. */
  show(run: Run): void {
    if (run !== this.#run) {
      this.#run = run
      this.#choice = suggest(run)
      this.#hidden.clear()
    }
    this.#drawControls()
    this.#draw()
  }

  hide(): void {
    this.#uplot?.destroy()
    this.#uplot = null
  }

  #drawControls(): void {
    const run = this.#run!
    const choice = this.#choice
    if (!choice) {
      replaceChildren(this.#controls)
      return
    }
    const change = (part: Partial<ChartChoice>) => {
      this.#choice = { ...choice, ...part }
      this.#drawControls()
      this.#draw()
    }
    const columns = run.columns.map(({ name, type }, at) => ({ name, at, kind: kindOf(type) }))
    const select = (label: string, options: { name: string; at: number }[], value: number, set: (at: number) => void) =>
      h(
        'label',
        { class: 'field' },
        h('span', null, label),
        h(
          'select',
          { on: { change: event => set(Number((event.target as HTMLSelectElement).value)) } },
          ...options.map(({ name, at }) => h('option', { value: at, selected: at === value }, name)),
        ),
      )
    const numbers = columns.filter(({ kind }) => kind === 'number')
    replaceChildren(
      this.#controls,
      h(
        'div',
        { class: 'segmented', role: 'radiogroup', 'aria-label': 'Kind of chart' },
        ...kinds.map(([kind, label]) =>
          h(
            'button',
            {
              type: 'button',
              role: 'radio',
              'aria-checked': String(choice.kind === kind),
              on: { click: () => change({ kind }) },
            },
            label,
          ),
        ),
      ),
      select(
        'X',
        columns.filter(({ kind }) => kind !== 'nested'),
        choice.x,
        x => change({ x }),
      ),
      choice.series >= 0
        ? select('Y', numbers, choice.y[0], at => change({ y: [at] }))
        : h(
            'fieldset',
            { class: 'field checks' },
            h('legend', null, 'Y'),
            ...numbers
              .filter(({ at }) => at !== choice.x)
              .map(({ name, at }) =>
                h(
                  'label',
                  null,
                  h('input', {
                    type: 'checkbox',
                    checked: choice.y.includes(at),
                    on: {
                      change: event => {
                        const isOn = (event.target as HTMLInputElement).checked
                        const y = isOn
                          ? [...choice.y, at].sort((a, b) => a - b)
                          : choice.y.filter(other => other !== at)
                        if (y.length > 0) change({ y })
                        else (event.target as HTMLInputElement).checked = true
                      },
                    },
                  }),
                  name,
                ),
              ),
          ),
      select(
        'Series',
        [
          { name: 'none', at: -1 },
          ...columns.filter(
            ({ kind, at }) => (kind === 'text' || kind === 'bool' || kind === 'number') && at !== choice.x,
          ),
        ],
        choice.series,
        series => change({ series, y: series >= 0 ? [choice.y.find(at => at !== series) ?? choice.y[0]] : choice.y }),
      ),
    )
  }

  #draw(): void {
    this.hide()
    const choice = this.#choice
    if (!choice) {
      replaceChildren(this.#legend)
      replaceChildren(
        this.#plot,
        h(
          'p',
          { class: 'empty-note' },
          'There is nothing to draw here: a chart needs two rows and a column of numbers beside one of times, names or numbers.',
        ),
      )
      return
    }
    const points = pointsOf(this.#run!, choice)
    this.#points = points
    const isDark = getComputedStyle(document.documentElement).getPropertyValue('--is-dark').trim() === '1'
    const palette = palettes[isDark ? 'dark' : 'light']
    this.#drawLegend(points, palette)
    replaceChildren(this.#plot)
    const style = getComputedStyle(document.documentElement)
    const text = style.getPropertyValue('--muted').trim()
    const line = style.getPropertyValue('--line').trim()
    const font = `12px ${style.getPropertyValue('--sans').trim()}`
    const { width, height } = this.#size
    const bars = choice.kind === 'bar'
    const visible = points.series.filter(({ name }) => !this.#hidden.has(name))
    const longest = Math.max(0, ...points.labels.map(label => label.length))
    const slant = points.xKind === 'category' && longest * 7 > (width - 70) / Math.max(1, points.xs.length)
    const cut = (label: string) => (label.length > 18 ? `${label.slice(0, 17)}…` : label)
    const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 5 } }
    const options: uPlot.Options = {
      width,
      height,
      tzDate: time => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC'),
      legend: { show: false },
      padding: [14, 18, 4, 4],
      focus: { alpha: 0.35 },
      cursor: {
        points: bars ? { show: false } : { size: 7 },
        focus: { prox: choice.kind === 'line' && points.series.length > 1 ? 24 : -1 },
        drag: { x: points.xKind !== 'category', y: false },
      },
      scales: {
        x: {
          time: points.xKind === 'time',
          range: points.xKind === 'category' ? () => [-0.6, points.xs.length - 0.4] : undefined,
        },
        y: { range: (_, low, high) => rangeOf(low, high, bars, choice.kind === 'scatter') },
      },
      axes: [
        {
          ...axis,
          grid: { show: points.xKind !== 'category', stroke: line, width: 1 },
          ...(points.xKind === 'category'
            ? {
                splits: () => everyFew(points.xs, slant ? 16 : longest * 7 + 12, width),
                values: (_: uPlot, ticks: number[]) => ticks.map(tick => cut(points.labels[tick] ?? '')),
                rotate: slant ? -40 : 0,
                size: slant ? Math.min(118, 26 + Math.min(18, longest) * 4.9) : 34,
                gap: 5,
              }
            : { values: points.xKind === 'number' ? (_: uPlot, ticks: number[]) => ticks.map(compact) : undefined }),
        },
        { ...axis, size: 62, values: (_, ticks) => ticks.map(compact) },
      ],
      series: [
        {},
        ...points.series.map(({ name }, at): uPlot.Series => {
          const colour = palette[at % palette.length]
          const which = visible.findIndex(series => series.name === name)
          return {
            label: name,
            show: which >= 0,
            stroke: colour,
            width: bars ? 0 : 2,
            dash: bars ? [] : dashes[at % dashes.length],
            fill: bars ? colour : points.series.length === 1 && choice.kind === 'line' ? `${colour}1c` : undefined,
            paths: choice.kind === 'scatter' ? () => null : bars ? barPaths(which, visible.length) : undefined,
            points:
              choice.kind === 'scatter'
                ? { show: true, size: 6, fill: `${colour}99`, stroke: colour, width: 1 }
                : { show: !bars && points.xs.length < 60, size: 5, fill: colour },
            spanGaps: true,
          }
        }),
      ],
      hooks: { setCursor: [plot => this.#point(plot, palette)] },
    }
    this.#uplot = new uPlot(
      options,
      [points.xs, ...points.series.map(({ values }) => values)] as uPlot.AlignedData,
      this.#plot,
    )
    this.#uplot.over.append(this.#tip)
    this.#uplot.over.addEventListener('mouseleave', () => (this.#tip.hidden = true))
    this.#plot.setAttribute('role', 'img')
    this.#plot.setAttribute(
      'aria-label',
      `${choice.kind} chart of ${points.series.map(({ name }) => name).join(', ')} by ${this.#run!.columns[choice.x].name}, ${points.xs.length} points`,
    )
  }

  #drawLegend(points: Points, palette: string[]): void {
    const isOne = points.series.length === 1
    replaceChildren(
      this.#legend,
      ...points.series.map(({ name }, at) => {
        const swatch = h('span', { class: 'swatch' })
        swatch.style.background = palette[at % palette.length]
        return h(
          'button',
          {
            type: 'button',
            class: 'legend-item',
            'aria-pressed': String(!this.#hidden.has(name)),
            disabled: isOne,
            on: {
              click: () => {
                if (this.#hidden.has(name)) this.#hidden.delete(name)
                else if (this.#hidden.size < points.series.length - 1) this.#hidden.add(name)
                this.#draw()
              },
            },
          },
          swatch,
          name === '' ? '(empty)' : name,
        )
      }),
      points.note && h('span', { class: 'chart-note' }, `Shown: ${points.note}`),
    )
  }

  #point(plot: uPlot, palette: string[]): void {
    const { idx, left } = plot.cursor
    const points = this.#points
    if (idx === null || idx === undefined || !points || left === undefined || left < 0) {
      this.#tip.hidden = true
      return
    }
    const x = points.xs[idx]
    const title =
      points.xKind === 'category'
        ? points.labels[x]
        : points.xKind === 'time'
          ? timeText(x)
          : x.toLocaleString('en-US', { maximumFractionDigits: 6 })
    const lines = points.series.flatMap(({ name, values }, at) => {
      const value = values[idx]
      if (this.#hidden.has(name) || value === null) return []
      const swatch = h('span', { class: 'swatch' })
      swatch.style.background = palette[at % palette.length]
      return [
        h(
          'div',
          { class: 'tip-line' },
          swatch,
          h('span', null, name),
          h('b', null, value.toLocaleString('en-US', { maximumFractionDigits: 6 })),
        ),
      ]
    })
    replaceChildren(this.#tip, h('div', { class: 'tip-title' }, title), ...lines)
    this.#tip.hidden = false
    const at = plot.valToPos(x, 'x')
    const { offsetWidth } = this.#tip
    this.#tip.style.left = `${Math.max(0, at + 14 + offsetWidth > plot.over.clientWidth ? at - offsetWidth - 14 : at + 14)}px`
    this.#tip.style.top = '10px'
  }

  get #size(): { width: number; height: number } {
    return { width: Math.max(200, this.#plot.clientWidth), height: Math.max(160, this.#plot.clientHeight) }
  }

  #resize(): void {
    if (this.#uplot && this.#plot.clientWidth > 0) this.#uplot.setSize(this.#size)
  }
}

/** Bars of several series side by side, around the place of their name. */
function barPaths(which: number, count: number): uPlot.Series.PathBuilder {
  const width = 0.78 / Math.max(1, count)
  const shift = count === 1 ? 0 : (which - (count - 1) / 2) * width
  const draw = uPlot.paths.bars!({
    size: [1, 64],
    radius: 0.08,
    disp: {
      x0: { unit: 1, values: plot => Array.from(plot.data[0], x => x + shift - width / 2) },
      size: { unit: 1, values: plot => Array.from(plot.data[0], () => width * 0.94) },
    },
  })
  return draw
}

/** Bars stand on zero, and so does what is not far above it. */
function rangeOf(low: number | null, high: number | null, bars: boolean, points: boolean): [number, number] {
  if (low === null || high === null) return [0, 1]
  if (bars || (!points && low > 0 && low < (high - low) * 1.5)) low = Math.min(0, low)
  if (bars) high = Math.max(0, high)
  const margin = (high - low || Math.abs(high) || 1) * 0.06
  return [low === 0 ? 0 : low - margin, high === 0 && bars ? 0 : high + margin]
}

const everyFew = (xs: number[], size: number, width: number): number[] => {
  const step = Math.max(1, Math.ceil((xs.length * size) / Math.max(1, width - 80)))
  return xs.filter((_, at) => at % step === 0)
}

const compactFormat = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 })
const compact = (value: number): string =>
  Math.abs(value) >= 10_000 ? compactFormat.format(value) : value.toLocaleString('en-US', { maximumFractionDigits: 4 })

const timeText = (seconds: number): string =>
  new Date(seconds * 1000)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.000Z$|Z$/, '')
    .replace(/ 00:00:00$/, '')
