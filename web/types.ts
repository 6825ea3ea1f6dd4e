// What the HTTP API sends. Times are texts; the rest is as index.d.ts says.
import type {
  History as Chart,
  CpuProfile,
  CronRow as Cron,
  JobAttempt,
  JobRow,
  JobSearchResult,
  JobState,
  NodeInfo,
  QueueBacklog,
  QueueInfo,
} from 'eramjs'
import type { Sent } from '../integrations/client/index.d.ts'

export type { CpuProfile, JobState }
export type Action = 'cancel' | 'retry' | 'delete' | 'update'
/** `can`, `revision` and more are sent by servers that have them. */
export type Job = Sent<JobRow> & { attempts?: Attempt[]; can?: Action[]; revision?: string }
export type Attempt = Sent<JobAttempt>
export type JobError = Job['errors'][number]
export type Found = Sent<JobSearchResult>['jobs'][number] & { can?: Action[] }
export type Search = { jobs: Found[]; next: number | null }
export type Queue = Sent<QueueInfo>
export type Backlog = Sent<QueueBacklog>
export type Node = Sent<NodeInfo>
export type CronRow = Sent<Cron>
export type History = Sent<Chart>
export interface CronRun {
  tick: string | null
  job: number
  state: JobState | null
  attempted_at: string | null
  finished_at: string | null
  attempt: number | null
  manual: boolean
}
export type CronDetail = CronRow & { next: string[]; history: CronRun[] }

export interface Counts {
  states: Record<JobState, { jobs: number; exact: boolean; at_least?: boolean }>
}
export interface Check {
  code: string
  ok: boolean
  text: string
  data?: Record<string, unknown>
}
export interface Why {
  code: string
  text: string
  checks: Check[]
}
export interface AttentionItem {
  rule: string
  severity: 'critical' | 'warning'
  subject: { kind: string; name: string }
  text: string
  since: string | null
  links: { to: string; search?: string; name?: string; worker?: string; queue?: string }[]
}
export interface Attention {
  at: string
  text: string
  items: AttentionItem[]
  more?: number
}
export interface FailureGroup {
  fingerprint: string
  worker: string
  error: string | null
  jobs: number
  states: Partial<Record<JobState, number>>
  queues: Record<string, number>
  first_at: string
  last_at: string
  sample: { id: number; error: string | null }
  points: number[]
}
export interface Failures {
  at: string
  from: string
  until: string
  jobs: number
  complete: boolean
  groups: FailureGroup[]
  more: number
}
export interface Suggestion {
  value: string
  kind: string
  text?: string | null
  count?: number | null
}
export interface Suggestions {
  from: number
  to: number
  items: Suggestion[]
}
export interface AuditEntry {
  id: number
  at: string
  user: string | null
  operation: string
  target: string | null
  options: Record<string, unknown>
  before: unknown
  after: unknown
  result: 'ok' | 'refused' | 'failed'
  status: number
  code: string | null
  address: string | null
}
export interface Preview {
  jobs: number
  exact: boolean
  max_id: number
  states: Partial<Record<JobState, number>>
  workers: { worker: string; jobs: number }[]
  skipped: Partial<Record<JobState, number>>
}
export interface Touched {
  id: number
  previous: JobState
  state: JobState | 'deleted'
  refused?: { code: string; message: string }
}
