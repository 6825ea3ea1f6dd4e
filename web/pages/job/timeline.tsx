// The timeline of a job: a bar for each attempt, with the waits between them.
import { useSignal } from '@preact/signals'
import { duration, percent } from '../../format.ts'
import { now } from '../../live.ts'
import { Choice } from '../../parts/controls.tsx'
import { setQuery } from '../../router.ts'
import { t } from '../../strings.en.ts'
import type { Attempt, Job } from '../../types.ts'
import { type Bar, needsLog, PAUSES, scaled, segments } from './timeline.ts'

const of = (share: number) => `${(share * 100).toFixed(3)}%`

export function Timeline({ job, attempts, chosen }: { job: Job; attempts: Attempt[]; chosen: Attempt | undefined }) {
  const isMoving = !['completed', 'cancelled', 'discarded'].includes(job.state)
  const parts = segments(job, attempts, isMoving ? now.value : Date.parse(job.attempted_at ?? job.inserted_at))
  const scale = useSignal<'linear' | 'log' | null>(null)
  const isLog = scale.value === null ? needsLog(parts) : scale.value === 'log'
  const bars = scaled(parts, isLog)
  const span = (parts.at(-1)?.to ?? 0) - (parts[0]?.from ?? 0)
  const runs = bars.filter(({ kind }) => kind === 'run')
  return (
    <div class="timeline">
      <div class="timeline-head">
        <ul class="legend">
          {(['scheduled', 'wait', 'run', 'backoff'] as const).map((kind) =>
            parts.some((part) => part.kind === kind) ? (
              <li key={kind}>
                <i class={`swatch t-${kind}`} aria-hidden="true" />
                {t.segments[kind]}
              </li>
            ) : null,
          )}
        </ul>
        <span class="muted num">{t.inAll(duration(span))}</span>
        <Choice label={t.scale} value={isLog ? 'log' : 'linear'} options={['linear', 'log']} onChange={(next) => (scale.value = next)} />
      </div>
      <svg class="timeline-bars" role="img" aria-label={t.timelineSummary(runs.length, duration(span), job.state)}>
        <line class="axis" x1="0" x2="100%" y1="34" y2="34" />
        {bars.map((bar) => (
          <rect
            key={`${bar.kind}${bar.from}`}
            class={classOf(bar, chosen)}
            x={of(bar.x)}
            width={of(Math.max(0, bar.width))}
            y={bar.kind === 'run' ? 4 : 20}
            height={bar.kind === 'run' ? 30 : 14}
            rx="2"
            onClick={() => bar.attempt && setQuery({ attempt: String(attempts.indexOf(bar.attempt) + 1) }, { replace: true })}
          >
            <title>{titleOf(bar)}</title>
          </rect>
        ))}
      </svg>
      <div class="timeline-labels" aria-hidden="true">
        {runs.length <= 24 &&
          runs.map((bar, n) =>
            n === 0 || bar.x - (runs[n - 1]?.x ?? 0) > 0.03 ? (
              <span key={bar.from} style={{ left: percent(bar.x + bar.width / 2, 1) }}>
                {PAUSES.includes(bar.attempt?.status ?? '') ? '◆' : `#${bar.attempt?.attempt}`}
              </span>
            ) : null,
          )}
      </div>
    </div>
  )
}

function classOf({ kind, attempt, isOpen }: Bar, chosen: Attempt | undefined): string {
  const status = attempt ? ` a-${attempt.status}` : ''
  return `t-${kind}${status}${isOpen ? ' open' : ''}${attempt && attempt === chosen ? ' chosen' : ''}`
}

function titleOf({ kind, from, to, attempt }: Bar): string {
  const time = duration(to - from)
  return attempt ? t.attemptTitle(attempt.attempt, t.outcomes[attempt.status], time) : `${t.segments[kind]} ${time}`
}
