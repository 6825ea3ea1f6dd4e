// Holds the types of functions as jobs, of waitFor, of queue defaults and of eramjs/jobs against how they are meant to be used.

import pg from 'pg'
import { defineJob, EramEngine, type FunctionJob, type JobContext } from '../../index.js'
import { JOB_STATUS, type Job, type JobAttempt, Jobs } from '../../integrations/jobs/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Equal<A, B>) => {}

// defineJob: arguments and result from the function
const mail = defineJob(
  'mail',
  { queue: 'emails', backoff: (attempt) => attempt * 2 },
  async (_args: { email: string; n?: number }, ctx) => {
    same<typeof ctx, JobContext<{ email: string; n?: number }>>(true)
    ctx.signal.throwIfAborted()
    return { sent: true }
  },
)
const typed: FunctionJob<{ email: string; n?: number }, Promise<{ sent: boolean }>> = mail
void typed
const job = await mail.enqueue({ email: 'a' })
const email: string | Date = job.args.email
await mail.enqueue({ args: { email: 'a' }, priority: 1 })
await EramEngine.enqueue(mail, { email: 'a' })
await EramEngine.enqueueAll([mail.new({ email: 'a' })])
mail.onSuccess((done) => same<typeof done.result, { sent: boolean } | null>(true))
// @ts-expect-error a wrong type of argument
await mail.enqueue({ email: 5 })
// @ts-expect-error a missing argument
await mail.enqueue({})
// @ts-expect-error the name is the first argument
defineJob('a', { name: 'b' }, () => {})
// @ts-expect-error an unknown option
defineJob('a', { queu: 'b' }, () => {})
const nightly = defineJob('nightly', () => {})
await nightly.enqueue()
await EramEngine.start({
  cron: [
    ['0 0 * * *', nightly],
    ['0 0 * * *', mail, { email: 'a' }],
  ],
  queues: { q: { defaults: { priority: 1, backoff: 'exp' } } },
})
// @ts-expect-error only some options have defaults
await EramEngine.start({ queues: { q: { defaults: { timeout: 1 } } } })

// waitFor: the arguments of the job that was enqueued
const engine = EramEngine.get()
const ended = await engine.waitFor(job, { timeout: '1 minute', signal: AbortSignal.timeout(5) })
same<typeof ended.state, 'completed' | 'cancelled' | 'discarded'>(true)
same<typeof ended.args, { email: string; n?: number }>(true)
const { result } = await engine.waitFor<{ a: 1 }, { b: 2 }>(5)
same<typeof result, { b: 2 } | null>(true)
void [email]

// eramjs/jobs: as its interface was written
interface SeedJob {
  id: number
  uid: string
  type: string
  payload: Record<string, any>
  result: null | undefined | Record<string, any>
  status: typeof JOB_STATUS.PENDING | typeof JOB_STATUS.RUNNING | typeof JOB_STATUS.COMPLETED | typeof JOB_STATUS.FAILED
  attempts: number
  max_attempts: number
  created_at: Date
  updated_at: Date
  started_at: Date
  completed_at: Date
  run_at: Date
  backoff_strategy: 'none' | 'exp'
}
const jobs = new Jobs({ db: new pg.Pool(), jobHandler: (job: Job) => ({ type: job.type }), pollIntervalMs: 1_000 })
new Jobs({ db: new pg.Client(), jobHandler: async () => {} })
// @ts-expect-error a database is required
new Jobs({ jobHandler() {} })
void jobs.start(2)
const created: SeedJob = await jobs.create('my_job_type', { foo: 'bar' }, { max_attempts: 3, backoff_strategy: 'none' })
// @ts-expect-error no such strategy
await jobs.create('my_job_type', {}, { backoff_strategy: 'linear' })
const off: () => void = jobs.onFailure('my_important_job_type', (failed: Job) => failed.attempts)
jobs.onSuccess('my_job_type', (job) => console.log(job.result))
const found: { job: SeedJob; attempts: null | JobAttempt[] } = await jobs.find(created.uid, true)
const all: SeedJob[] = await jobs.fetchAll(['pending', JOB_STATUS.FAILED], { limit: 10, offset: 0 })
void [off, found, all]
