// The numbers of a chart: stacks, totals, a table, CSV.
import type { History } from '../types.ts'

export interface Drawn {
  /** Seconds since 1970, one for each point. */
  times: number[]
  series: { key: string; points: (number | null)[]; total: number | null }[]
}

export function drawn(history: History, other: string): Drawn {
  const { t0, step, series } = history
  const length = series[0]?.points.length ?? history.other?.length ?? 0
  const start = Date.parse(t0) / 1000
  const rest = history.other
    ? [{ key: other, points: history.other, total: history.other.reduce<number>((sum, point) => sum + (point ?? 0), 0) }]
    : []
  return { times: Array.from({ length }, (_, n) => start + n * step), series: [...series, ...rest] }
}

/** Each series on top of those before it; what is drawn first is the highest. */
export function stacked(series: Drawn['series']): (number | null)[][] {
  let below: number[] = []
  return series.map(({ points }) => {
    below = points.map((point, n) => (point ?? 0) + (below[n] ?? 0))
    return points.map((point, n) => (point === null && series.every((each) => each.points[n] === null) ? null : (below[n] ?? 0)))
  })
}

export function csv({ times, series }: Drawn): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const head = ['time', ...series.map(({ key }) => cell(key))].join(',')
  const rows = times.map((time, n) => [new Date(time * 1000).toISOString(), ...series.map(({ points }) => points[n] ?? '')].join(','))
  return `${[head, ...rows].join('\n')}\n`
}
