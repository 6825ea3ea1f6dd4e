// A shop with queues that are busy, one that is paused, one that no node serves, and jobs in every state: what pictures show.
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine, EramJob } from '../../index.js'
import { writeHistory } from './history.js'

/** @import { Schema } from '../../__test__/support/database.js' */

const NAME = 'shop'

class SendReceipt extends EramJob {
  static {
    this.register({ queue: 'emails', isolation: 'main', max_attempts: 5 })
  }

  /** @param {any} args @param {any} ctx */
  async perform({ fails }, ctx) {
    ctx.log.info('connecting to smtp.example.com:587')
    await sleep(40 + Math.random() * 120)
    if (fails) throw Object.assign(new Error(fails, { cause: new Error('read ECONNRESET') }), { code: 'EENVELOPE' })
    return { delivered: true }
  }
}

class TranscodeVideo extends EramJob {
  static {
    this.register({ queue: 'media', isolation: 'main', max_attempts: 3, timeout: 3_600_000 })
  }

  /** @param {any} _ @param {any} ctx */
  async perform(_, ctx) {
    ctx.progress(0.42, 'pass 1 of 2')
    await new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))
  }
}

class SyncCrm extends EramJob {
  static {
    this.register({ queue: 'default', isolation: 'main' })
  }

  async perform() {
    await sleep(20)
  }
}

/** @param {Schema} schema @param {string} node @param {object} [more] */
export function start({ url, prefix }, node, more = {}) {
  return EramEngine.start({
    name: NAME,
    node,
    url,
    prefix,
    logger: false,
    heartbeat_interval: 1000,
    queues: { emails: { limit: 20, store_logs: true }, default: { limit: 10 }, media: { limit: 4 }, reports: { limit: 2, paused: true } },
    prune: { max_age: '7d' },
    cron: [
      ['0 3 * * *', 'SyncCrm', { full: true }, { name: 'nightly-sync', timezone: 'Europe/Rome' }],
      ['@hourly', 'SendReceipt', { digest: true }, { name: 'hourly-digest' }],
      ['*/5 * * * *', 'SyncCrm', {}, { name: 'crm-delta' }],
      ['0 8 * * MON-FRI', 'SendReceipt', { kind: 'report' }, { name: 'weekday-report', timezone: 'America/New_York', paused: true }],
    ],
    ...more,
  })
}

const LOADS = [
  { queue: 'emails', worker: 'SendReceipt', perSecond: 26, run: 140, wait: 12, failing: 0.02 },
  { queue: 'default', worker: 'SyncCrm', perSecond: 9, run: 60, wait: 9, failing: 0.001 },
  { queue: 'default', worker: 'IndexProduct', perSecond: 6, run: 90, wait: 15, failing: 0.006 },
  { queue: 'media', worker: 'TranscodeVideo', perSecond: 3, run: 2400, wait: 350, failing: 0.05 },
]

const FAILURES = ['421 4.7.0 Try again later, closing connection', '550 5.1.1 User unknown', 'connect ETIMEDOUT 192.0.2.14:587']

/** @param {EramEngine} engine @param {Schema} schema */
export async function seed(engine, schema) {
  const { rows } = schema
  for (const name of ['nightly-sync', 'crm-delta', 'hourly-digest']) for (let n = 0; n < 9; n += 1) await engine.cron.run(name)
  for (let n = 0; n < 180; n += 1) {
    const order = 50_210 + n
    await engine.enqueue(
      SendReceipt,
      { order_id: order, email: `customer${n * 37}@example.com`, total: '49.90' },
      { tags: n % 9 === 0 ? ['vip'] : [] },
    )
    if (n % 3 === 0) await engine.enqueue(SyncCrm, { customer_id: 900 + n, fields: ['email', 'address'] })
    if (n % 12 === 0) await engine.enqueue(SendReceipt, { order_id: order, fails: FAILURES[n % FAILURES.length] })
    if (n % 30 === 0) await engine.enqueue(TranscodeVideo, { video_id: 77_000 + n, format: 'av1', height: 1080 })
    if (n % 20 === 0)
      await engine.enqueue('BuildReport', { month: `2026-${String(1 + (n % 12)).padStart(2, '0')}` }, { queue: 'reports', priority: 3 })
    if (n % 40 === 0) await engine.enqueue('ImportFeed', { feed: `supplier-${n}` }, { queue: 'imports' })
    if (n % 15 === 0) await engine.enqueue(SendReceipt, { order_id: order, reminder: true }, { schedule_in: 3600 + n * 60 })
  }
  const ids = await engine.jobs.list({ state: 'scheduled', limit: 3 })
  await engine.jobs.cancel(ids.map(({ id }) => id))
  await writeHistory(schema, NAME, ['web-1', 'web-2'], LOADS)
  await rows(
    `UPDATE eram_jobs SET scheduled_at = now() - interval '42 minutes', inserted_at = now() - interval '42 minutes' WHERE queue = 'imports'`,
  )
  return failedJob(engine, schema)
}

/** A job that was tried five times within a day. @param {EramEngine} engine @param {Schema} schema */
async function failedJob(engine, { rows }) {
  const args = {
    order_id: 50_377,
    email: 'ann@example.com',
    total: 129.5,
    items: [
      { sku: 'A-100', qty: 2 },
      { sku: 'C-7', qty: 1 },
    ],
    vip: true,
    coupon: null,
  }
  const { id } = await engine.enqueue('SendReceipt', args, {
    queue: 'emails',
    schedule_in: 9e6,
    tags: ['vip', 'eu'],
    meta: { tenant: 'acme' },
  })
  const stack = `Error: 421 4.7.0 Try again later, closing connection
    at SMTPConnection._formatError (/app/node_modules/nodemailer/lib/smtp-connection/index.js:790:19)
    at SMTPConnection._onData (/app/node_modules/nodemailer/lib/smtp-connection/index.js:738:14)
    at node:events:519:28
    at deliver (/app/mail/smtp.js:41:11)
    at SendReceipt.perform (/app/jobs/send-receipt.js:18:5)`
  const gaps = [840, 620, 410, 180, 6]
  for (const [n, minutes] of gaps.entries()) {
    const last = n === gaps.length - 1
    const error = {
      attempt: n + 1,
      at: new Date().toISOString(),
      kind: 'error',
      name: 'Error',
      message: FAILURES[n === 1 ? 2 : 0],
      stack,
      code: 'EENVELOPE',
      cause: { name: 'Error', message: 'read ECONNRESET' },
    }
    const logs = [
      { at: new Date().toISOString(), level: 'info', message: 'connecting to smtp.example.com:587' },
      { at: new Date().toISOString(), level: 'warn', message: 'greylisted, attempt 2 of 3' },
    ]
    await rows(
      `INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, attempted_by, isolate, error, logs)
       VALUES ($1, $2, $2, $3, now() - make_interval(mins => $4), now() - make_interval(mins => $4) + interval '31.2 seconds', $5, 'thread 1', $6, $7)`,
      [id, n + 1, last ? 'discard' : 'failure', minutes, [n % 2 ? 'web-2' : 'web-1', 'x'], JSON.stringify(error), JSON.stringify(logs)],
    )
  }
  await rows(
    `UPDATE eram_jobs SET state = 'discarded', attempt = 5, max_attempts = 5, inserted_at = now() - interval '841 minutes', scheduled_at = now() - interval '6 minutes',
       attempted_at = now() - interval '6 minutes', discarded_at = now() - interval '328 seconds', attempted_by = $2,
       errors = (SELECT array_agg(error ORDER BY nth) FROM eram_attempts WHERE job_id = $1)
     WHERE id = $1`,
    [id, ['web-1', 'x']],
  )
  return id
}
