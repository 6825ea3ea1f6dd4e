// uPlot, as the charts use it: stacked bars or lines, with a cursor that keys can move, and a range that can be dragged.
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Drawn } from './series.ts'
import { stacked } from './series.ts'

export interface PlotOptions {
  kind: 'bars' | 'lines'
  colors: string[]
  hidden: boolean[]
  height: number
  axis: string
  grid: string
  format: (value: number) => string
  formatTime: (seconds: number, span: number) => string
  onCursor: (at: number | null) => void
  onRange: (from: number, until: number) => void
}

/** Seconds between marks of the axis. */
const TIMES = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 432_000]
const FONT = '11px ui-sans-serif, system-ui, sans-serif'

export function plot(
  element: HTMLElement,
  data: Drawn,
  options: PlotOptions,
): { set(data: Drawn, options: PlotOptions): void; move(step: number): void; destroy(): void } {
  let chart: uPlot | null = null
  let cursor: number | null = null

  const make = (given: Drawn, { kind, colors, hidden, height, axis, grid, format, formatTime, onCursor, onRange }: PlotOptions) => {
    chart?.destroy()
    const shown = given.series
      .map((each, n) => ({ ...each, color: colors[n] ?? '', isHidden: hidden[n] ?? false }))
      .filter(({ isHidden }) => !isHidden)
    const values = kind === 'bars' ? stacked(shown) : shown.map(({ points }) => points)
    // The highest stack is drawn first, so that the lower ones are in front of it.
    const order = kind === 'bars' ? shown.map((_, n) => shown.length - 1 - n) : shown.map((_, n) => n)
    const bars = uPlot.paths.bars?.({ size: [0.86, 64], align: 0, gap: 0 })
    const step = (given.times[1] ?? 0) - (given.times[0] ?? 0)
    const span = step * given.times.length
    const axes = { stroke: axis, font: FONT, grid: { stroke: grid, width: 1 }, ticks: { show: false } }
    chart = new uPlot(
      {
        width: element.clientWidth || 600,
        height,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: false }, points: { show: kind === 'lines' } },
        scales: {
          x: { time: false, range: (_, min, max) => (kind === 'bars' ? [min - step / 2, max + step / 2] : [min, max]) },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
        },
        axes: [
          {
            ...axes,
            size: 28,
            space: 70,
            incrs: TIMES,
            values: (_, splits) => splits.map((at) => formatTime(at, span)),
            grid: { show: false },
          },
          { ...axes, size: 48, space: 36, values: (_, splits) => splits.map(format) },
        ],
        series: [
          {},
          ...order.map((n) => {
            const color = shown[n]?.color ?? ''
            return kind === 'bars' && bars
              ? { stroke: color, fill: color, width: 0, paths: bars, points: { show: false } }
              : { stroke: color, width: 1.75, points: { show: false }, spanGaps: true }
          }),
        ],
        hooks: {
          setCursor: [
            (own) => {
              cursor = own.cursor.idx ?? null
              onCursor(cursor)
            },
          ],
          setSelect: [
            (own) => {
              if (own.select.width < 8) return
              onRange(own.posToVal(own.select.left, 'x'), own.posToVal(own.select.left + own.select.width, 'x'))
              own.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            },
          ],
        },
      },
      [given.times, ...order.map((n) => values[n] ?? [])] as uPlot.AlignedData,
      element,
    )
  }
  make(data, options)
  const observer = new ResizeObserver(() => {
    if (chart && element.clientWidth > 0) chart.setSize({ width: element.clientWidth, height: chart.height })
  })
  observer.observe(element)
  return {
    set: make,
    move(by) {
      if (!chart) return
      const [times] = chart.data
      const at = Math.max(0, Math.min(times.length - 1, (cursor ?? (by > 0 ? -1 : times.length)) + by))
      chart.setCursor({ left: chart.valToPos(times[at] ?? 0, 'x'), top: 10 })
    },
    destroy() {
      observer.disconnect()
      chart?.destroy()
    },
  }
}
