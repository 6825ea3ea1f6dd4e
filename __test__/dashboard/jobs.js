// Job classes for dashboards, and jobs in every state.
import assert from 'node:assert/strict'
import { EramJob } from '../../index.js'
import { until } from '../support/until.js'

/** Running jobs that wait until they are ended, by the key in their args. @type {Map<string, { end: () => void, aborted: boolean }>} */
export const waiting = new Map()

/**
 * Computes for some milliseconds. It calls itself: V8 would make a function that it calls often a part of its caller.
 * @param {number} ms @param {number} [depth] @returns {number}
 */
function renderMail(ms, depth = 12) {
  let sum = 0
  for (const end = performance.now() + ms / 12; performance.now() < end; ) for (let n = 0; n < 10_000; n += 1) sum += Math.sqrt(n)
  return depth > 1 ? sum + renderMail(ms, depth - 1) : sum
}

class EmailUserJob extends EramJob {
  static {
    this.register({ queue: 'emails', isolation: 'main', max_attempts: 3, backoff: { base: 3600, jitter: 0 } })
  }

  /** @param {any} args @param {any} ctx */
  async perform(args, ctx) {
    if (args.log) ctx.log.warn(args.log)
    if (args.compute) renderMail(args.compute)
    if (args.snooze && !ctx.job?.meta?.snoozed) return ctx.snooze(args.snooze)
    if (args.fails) throw new Error(args.fails, args.cause ? { cause: new TypeError(args.cause) } : undefined)
    return { delivered: true, to: args.email }
  }
}

class SlowJob extends EramJob {
  static {
    this.register({ queue: 'media', isolation: 'main', max_attempts: 2 })
  }

  /** @param {any} args @param {any} ctx */
  async perform({ key = 'any' }, ctx) {
    await ctx.progress?.(0.4, 'encoding')
    await new Promise((resolve, reject) => {
      const own = { end: () => resolve(undefined), aborted: false }
      waiting.set(key, own)
      ctx.signal.addEventListener('abort', () => {
        own.aborted = true
        reject(ctx.signal.reason)
      })
    })
  }
}

export { EmailUserJob, SlowJob }

/** The options of an engine with these jobs. @type {import('../../index.js').StartOptions & { queues: object }} */
export const ENGINE = {
  queues: { emails: 5, media: 5, reports: { limit: 2, paused: true } },
  cron: [['0 3 * * *', 'EmailUserJob', { kind: 'nightly' }, { name: 'nightly-mail', timezone: 'Europe/Rome' }]],
  heartbeat_interval: 1000,
}

/**
 * A job with a CPU profile of its first attempt, most of whose samples are of renderMail. On a busy machine V8 may begin to take
 * samples late: then another job is profiled.
 * @param {import('../../index.js').EramEngine} engine
 */
export async function profiledJob(engine) {
  for (;;) {
    const { id } = await engine.enqueue(EmailUserJob, { compute: 200 }, { profile: true })
    const profile = await until(async () => (await engine.jobs.cpuProfile(id, 1)) ?? assert.fail('no profile yet'))
    const own = new Set(profile.nodes.filter(({ callFrame }) => callFrame.functionName === 'renderMail').map((node) => node.id))
    const { samples = [], timeDeltas = [] } = profile
    const spans = samples.map((node, n) => [timeDeltas[n + 1] ?? 0, own.has(node) ? 1 : 0])
    const all = spans.reduce((sum, [span = 0]) => sum + span, 0)
    if (spans.reduce((sum, [span = 0, isOwn = 0]) => sum + span * isOwn, 0) > 0.6 * all) return id
  }
}

/** Some 200 jobs in all states, without waiting for any. @param {import('../../index.js').EramEngine} engine */
export async function seed(engine) {
  for (let n = 0; n < 60; n += 1)
    await engine.enqueue(EmailUserJob, { user_id: n % 7, email: `user${n}@example.com` }, { tags: n % 10 === 0 ? ['vip'] : [] })
  for (let n = 0; n < 12; n += 1) await engine.enqueue(EmailUserJob, { user_id: n, fails: `SMTP ${400 + n} timeout` })
  for (let n = 0; n < 6; n += 1) await engine.enqueue(EmailUserJob, { user_id: n, fails: 'no such mailbox' }, { max_attempts: 1 })
  for (let n = 0; n < 3; n += 1) await engine.enqueue(SlowJob, { key: `slow ${n}` })
  for (let n = 0; n < 50; n += 1) await engine.enqueue('ReportJob', { month: n }, { queue: 'reports', priority: n % 4 })
  for (let n = 0; n < 40; n += 1) await engine.enqueue(EmailUserJob, { user_id: n }, { schedule_in: 600 + n })
  for (let n = 0; n < 6; n += 1) await engine.enqueue(EmailUserJob, { user_id: n }, { state: 'suspended' })
  const cancelled = await Promise.all([1, 2, 3].map((n) => engine.enqueue(EmailUserJob, { user_id: n }, { schedule_in: 3600 })))
  await engine.jobs.cancel(cancelled.map(({ id }) => id))
}
