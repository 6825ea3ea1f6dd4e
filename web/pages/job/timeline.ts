// The life of a job as parts of a line: waiting, running, backing off.
import type { Attempt, Job } from '../../types.ts'

export interface Segment {
  kind: 'scheduled' | 'wait' | 'run' | 'backoff'
  from: number
  to: number
  /** Of a run. */
  attempt?: Attempt
  isOpen?: boolean
}

const ms = (time: string | null | undefined) => (time ? Date.parse(time) : Number.NaN)
/** Those that are marked, and do not count as a failure. */
export const PAUSES = ['snoozed', 'released']

export interface AttemptTimes {
  attempt: Attempt
  /** Since it was due, or since the last attempt ended; null: not known. */
  waited: number | null
  ran: number | null
}

/** Of each attempt that began, oldest first. */
export function attemptTimes(job: Job, attempts: readonly Attempt[], now: number): AttemptTimes[] {
  const begun = attempts.filter(({ started_at }) => started_at !== null)
  return begun.map((attempt, n) => {
    const before = begun[n - 1]
    const isLast = n === begun.length - 1 && (job.state === 'executing' || ms(job.attempted_at) === ms(attempt.started_at))
    const due = isLast ? ms(job.scheduled_at) : Number.NaN
    const since = Number.isNaN(due)
      ? before
        ? ms(before.ended_at)
        : ms(job.inserted_at)
      : Math.max(due, before ? ms(before.ended_at) : ms(job.inserted_at))
    const started = ms(attempt.started_at)
    const ended = attempt.ended_at === null ? now : ms(attempt.ended_at)
    return {
      attempt,
      waited: Number.isNaN(since) ? null : Math.max(0, started - since),
      ran: Number.isNaN(ended) ? null : Math.max(0, ended - started),
    }
  })
}

export function segments(job: Job, attempts: readonly Attempt[], now: number): Segment[] {
  const found: Segment[] = []
  let at = ms(job.inserted_at)
  const add = (kind: Segment['kind'], to: number, more: Partial<Segment> = {}) => {
    if (to > at) found.push({ kind, from: at, to, ...more })
    at = Math.max(at, to)
  }
  const begun = attempts.filter(({ started_at }) => started_at !== null)
  const due = ms(job.scheduled_at)
  for (const [n, attempt] of begun.entries()) {
    const started = ms(attempt.started_at)
    // Only the last attempt's due time is kept.
    const isLast = n === begun.length - 1 && due <= started
    if (isLast && due > at) add(n === 0 ? 'scheduled' : 'backoff', due)
    add(n === 0 || isLast ? 'wait' : 'backoff', started)
    const ended = attempt.ended_at === null ? now : ms(attempt.ended_at)
    found.push({ kind: 'run', from: started, to: Math.max(started, ended), attempt, isOpen: attempt.ended_at === null })
    at = Math.max(at, ended)
  }
  if (['available', 'scheduled', 'retryable', 'suspended'].includes(job.state)) {
    if (due > at) add(begun.length === 0 ? 'scheduled' : 'backoff', due)
    if (now > at) add('wait', now, { isOpen: true })
  }
  return found
}

export interface Bar extends Segment {
  /** Shares of the width, 0 to 1. */
  x: number
  width: number
}

/** Places the parts: in proportion to their time, or to its logarithm where a second lies beside a day. */
export function scaled(parts: readonly Segment[], isLog: boolean): Bar[] {
  const weight = ({ from, to, kind }: Segment) => {
    const span = to - from
    return isLog ? Math.log10(1 + span) + (kind === 'run' ? 0.5 : 0) : span
  }
  const total = parts.reduce((sum, part) => sum + weight(part), 0)
  const least = Math.min(0.012, 0.5 / Math.max(1, parts.length))
  const shares = parts.map((part) => Math.max(part.kind === 'run' ? least : 0.002, total === 0 ? 1 / parts.length : weight(part) / total))
  const sum = shares.reduce((all, share) => all + share, 0)
  let x = 0
  return parts.map((part, n) => {
    const width = (shares[n] ?? 0) / sum
    const bar = { ...part, x, width }
    x += width
    return bar
  })
}

/** Whether a line in proportion would hide the runs. */
export function needsLog(parts: readonly Segment[]): boolean {
  const total = parts.reduce((sum, { from, to }) => sum + to - from, 0)
  const runs = parts.filter(({ kind }) => kind === 'run')
  return runs.length > 0 && runs.some(({ from, to }) => (to - from) / total < 0.01)
}
