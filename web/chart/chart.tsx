// A chart with a legend whose entries can be switched off, the values at the cursor, a table, and CSV.
import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { fullTime, shortTime, timeOfDay } from '../format.ts'
import { Menu } from '../parts/controls.tsx'
import { Empty } from '../parts/panel.tsx'
import { theme, zone } from '../settings.ts'
import { t } from '../strings.en.ts'
import type { History } from '../types.ts'
import { colorOf, tokenOf } from './colors.ts'
import type { plot as makePlot } from './plot.ts'
import { csv, drawn } from './series.ts'

interface Props {
  title: string
  history: History | undefined
  group: string | null
  kind: 'bars' | 'lines'
  /** Of a value, with its unit. */
  format: (value: number) => string
  onRange?: (from: Date, until: Date) => void
}

const HEIGHT = 200

export function Chart({ title, history, group, kind, format, onRange }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const own = useRef<ReturnType<typeof makePlot> | null>(null)
  const cursor = useSignal<number | null>(null)
  const hidden = useSignal<ReadonlySet<string>>(new Set())
  const isTable = useSignal(false)
  const data = history ? drawn(history, t.other) : { times: [], series: [] }
  const isEmpty = data.series.every(({ points }) => points.every((point) => point === null || point === 0))
  const key = JSON.stringify([
    history?.t0,
    history?.step,
    data.series.map(({ key: name, points }) => [name, points]),
    [...hidden.value],
    theme.value,
    zone.value,
    isTable.value,
  ])

  useEffect(() => {
    if (!history || isEmpty || isTable.peek()) {
      own.current?.destroy()
      own.current = null
      return
    }
    let isOver = false
    void import('./plot.ts').then(({ plot }) => {
      if (isOver || !box.current) return
      const options = {
        kind,
        colors: data.series.map(({ key: name }, n) => colorOf(tokenOf(name, n, group))),
        hidden: data.series.map(({ key: name }) => hidden.peek().has(name)),
        height: HEIGHT,
        axis: colorOf('--text-muted'),
        grid: colorOf('--border'),
        format,
        formatTime: (at: number, span: number) =>
          span > 86_400 ? shortTime(at * 1000, zone.peek()) : timeOfDay(at * 1000, zone.peek()).slice(0, span > 900 ? 5 : 8),
        onCursor: (at: number | null) => (cursor.value = at),
        onRange: (from: number, until: number) => onRange?.(new Date(from * 1000), new Date(until * 1000)),
      }
      if (own.current) own.current.set(data, options)
      else own.current = plot(box.current, data, options)
    })
    return () => {
      isOver = true
    }
  }, [key])
  useEffect(() => () => own.current?.destroy(), [])

  const at = useComputed(() => cursor.value)
  if (history?.disabled || (history && isEmpty))
    return (
      <div class="chart-none">
        <Empty icon="clock" title={history.disabled ? t.metricsOff : t.nothingInWindow}>
          {lateNote(history)}
        </Empty>
      </div>
    )
  const toggle = (name: string, isSolo: boolean) => {
    const others = data.series.map(({ key: each }) => each).filter((each) => each !== name)
    const next = new Set(hidden.peek())
    if (isSolo) hidden.value = others.every((each) => next.has(each)) ? new Set() : new Set(others)
    else {
      if (!next.delete(name)) next.add(name)
      hidden.value = next
    }
  }
  const shown = at.value
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <ul class="legend">
          {data.series.map(({ key: name, points, total }, n) => (
            <li key={name}>
              <button
                type="button"
                aria-pressed={!hidden.value.has(name)}
                title={t.legendTitle}
                onClick={(event) => toggle(name, event.altKey)}
              >
                <i class="swatch" style={{ background: `var(${tokenOf(name, n, group)})` }} aria-hidden="true" />
                <bdi>{name === '' ? t.beyondSeries : name}</bdi>
                <span class="num">{valueText(shown === null ? total : (points[shown] ?? null), format)}</span>
              </button>
            </li>
          ))}
        </ul>
        <span class="chart-at num muted">
          {shown === null ? '' : fullTime((data.times[shown] ?? 0) * 1000, zone.value).replace(/\.\d{3}/, '')}
        </span>
        <Menu title={t.chartMenu(title)} label={<span class="dots">⋯</span>}>
          <button type="button" onClick={() => (isTable.value = !isTable.value)}>
            {isTable.value ? t.asChart : t.asTable}
          </button>
          <button type="button" onClick={() => download(`${title}.csv`, csv(data))}>
            {t.downloadCsv}
          </button>
        </Menu>
      </figcaption>
      {isTable.value ? (
        <ChartTable data={data} format={format} />
      ) : (
        <div
          ref={box}
          class="plot"
          role="img"
          tabIndex={0}
          aria-label={t.chartSummary(
            title,
            data.series.map(({ key: name, total }) => `${name} ${valueText(total, format)}`),
          )}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
            if (step === 0) return
            event.preventDefault()
            event.stopPropagation()
            own.current?.move(step)
          }}
        />
      )}
      {history && lateNote(history)}
    </figure>
  )
}

const LATE = 30_000

function lateNote({ late_ms, skipped }: History) {
  if (late_ms !== null && late_ms > LATE) return <p class="note">{t.metricsLate(Math.round(late_ms / 1000))}</p>
  return skipped > 0 ? <p class="note">{t.metricsSkipped(skipped)}</p> : null
}

const valueText = (value: number | null, format: (value: number) => string) => (value === null ? '–' : format(value))

function ChartTable({ data, format }: { data: ReturnType<typeof drawn>; format: (value: number) => string }) {
  return (
    <div class="chart-table" tabIndex={0} role="region" aria-label={t.asTable}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.time}</th>
            {data.series.map(({ key }) => (
              <th key={key} scope="col" class="right">
                <bdi>{key}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.times
            .map((time, n) => (
              <tr key={time}>
                <td class="num">
                  {shortTime(time * 1000, zone.value)}:{timeOfDay(time * 1000, zone.value).slice(6)}
                </td>
                {data.series.map(({ key, points }) => (
                  <td key={key} class="num right">
                    {valueText(points[n] ?? null, format)}
                  </td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </div>
  )
}

function download(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
