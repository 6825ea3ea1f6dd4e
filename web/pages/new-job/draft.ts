// A new job as it is written by hand, and the JSON that is sent for it.
import type { Zone } from '../../format.ts'
import { printExact } from '../../json.ts'
import type { Job } from '../../types.ts'
import { jsonOf, textsOf } from '../job/fields.tsx'

export const WHENS = ['now', 'in', 'at', 'hold'] as const
export type When = (typeof WHENS)[number]

export interface NewJob {
  worker: string
  queue: string
  args: string
  priority: string
  max_attempts: string
  tags: string
  meta: string
  timeout: string
  unique: boolean
  when: When
  /** As a duration: 5 minutes. */
  schedule_in: string
  scheduled_at: string
}

export const EMPTY: NewJob = {
  worker: '',
  queue: 'default',
  args: '{}',
  priority: '0',
  max_attempts: '20',
  tags: '',
  meta: '{}',
  timeout: '',
  unique: false,
  when: 'now',
  schedule_in: '5 minutes',
  scheduled_at: '',
}

/** What the server writes in place of a secret. */
const REDACTED = '"[redacted]"'
const SPAN = /^\s*\d+(\.\d+)?\s*[a-z]*\s*$/i

export type Field = keyof NewJob
/** Fields whose texts are those of jobs, which exist too. */
const OF_JOBS = ['queue', 'args', 'priority', 'max_attempts', 'tags', 'meta'] as const

/** Members of meta that the engine has written. */
const OF_ENGINE = /^(cron_\w+|rescued|interrupted|snoozed|profile_attempt|result_error|trace|cloned_from)$/

/** A copy of a job: what it was given, and not what has become of it. */
export function copyOf(job: Job): NewJob {
  const { scheduled_at: _, ...texts } = textsOf(job, 'utc')
  const timeout = job.timeout === null ? '' : `${Number(job.timeout)} ms`
  const own = Object.entries(job.meta ?? {}).filter(([name]) => !OF_ENGINE.test(name))
  const meta = printExact({ ...Object.fromEntries(own), cloned_from: job.id })
  return { ...EMPTY, ...texts, worker: job.worker, timeout, meta }
}

/** The fields that cannot be read, or must not be sent. */
export function problems(draft: NewJob, zone: Zone): Partial<Record<Field, 'value' | 'json' | 'redacted' | 'missing'>> {
  const found: ReturnType<typeof problems> = {}
  for (const name of OF_JOBS) {
    if (jsonOf(name, draft[name], zone) === undefined) found[name] = name === 'args' || name === 'meta' ? 'json' : 'value'
    else if (draft[name].includes(REDACTED)) found[name] = 'redacted'
  }
  if (draft.worker.trim() === '') found.worker = 'missing'
  if (draft.timeout.trim() !== '' && !SPAN.test(draft.timeout)) found.timeout = 'value'
  if (draft.when === 'in' && !SPAN.test(draft.schedule_in)) found.schedule_in = 'value'
  if (draft.when === 'at' && jsonOf('scheduled_at', draft.scheduled_at, zone) === undefined) found.scheduled_at = 'value'
  return found
}

/** As JSON, in which the numbers of args and meta keep their digits. Options that are as usual are left out. */
export function bodyOf(draft: NewJob, zone: Zone): string {
  const members: [string, string | undefined][] = [
    ['worker', JSON.stringify(draft.worker.trim())],
    ...OF_JOBS.filter((name) => name === 'args' || name === 'queue' || draft[name].trim() !== EMPTY[name]).map(
      (name): [string, string | undefined] => [name, jsonOf(name, draft[name], zone)],
    ),
  ]
  if (draft.timeout.trim() !== '') members.push(['timeout', JSON.stringify(draft.timeout.trim())])
  if (draft.unique) members.push(['unique', 'true'])
  if (draft.when === 'in') members.push(['schedule_in', JSON.stringify(draft.schedule_in.trim())])
  if (draft.when === 'at') members.push(['scheduled_at', jsonOf('scheduled_at', draft.scheduled_at, zone)])
  if (draft.when === 'hold') members.push(['state', '"suspended"'])
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}
