// npm run demo: 200 users sign up, 20 of the sign-ups are rolled back, and a worker process is killed while its jobs run. In the
// end, exactly the 180 users must have received their mail. This program starts the others of the folder, and exits with 0 only if
// every claim of the report holds. With `--keep` the tables stay; with `--stay` people go on signing up until Ctrl-C.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { EramEngine } from 'eramjs'
import { serve } from 'eramjs/web'
import { APP_SCHEMA, config, createSchemas, dataSource, dropSchemas, JOBS_SCHEMA } from './database.js'
import { User } from './entities.js'
import { MinuteWorker, TellBillingJob } from './jobs.js'
import { openMailbox } from './mailbox.js'
import { log } from './program.js'
import { print, report } from './report.js'
import { run } from './stage.js'

/** @import { Mailbox } from './mailbox.js' */
/** @import { Stage } from './stage.js' */

const { values: options } = parseArgs({ options: { keep: { type: 'boolean' }, stay: { type: 'boolean' } } })

const FORMS = Array.from({ length: 200 }, (_, i) => ({
  email: `user${i + 1}@example.org`,
  name: i % 10 === 9 ? '' : `User ${i + 1}`, // every tenth has no name, and is rolled back
}))
/** Milliseconds to wait for all jobs to finish. */
const FINISH_TIMEOUT = 90_000

/** @param {Stage} stage */
async function demo(stage) {
  log(`creates the schemas ${APP_SCHEMA} and ${JOBS_SCHEMA}`)
  await dataSource.initialize()
  stage.atEnd(() => dataSource.destroy())
  if (!options.keep) stage.atEnd(dropSchemas)
  await createSchemas()

  // An engine without queues only enqueues and reads jobs.
  const engine = await EramEngine.start({ driver: { type: 'typeorm', config }, prefix: JOBS_SCHEMA })
  stage.atEnd(() => engine.stop())
  const dashboard = await serve(engine, { access: 'all', port: 0, theme: { title: 'Sign-up' } })
  stage.atEnd(() => dashboard.close())
  log(`dashboard: ${dashboard.url}`)
  const mailbox = await openMailbox()
  stage.atEnd(() => mailbox.close())
  process.env.SMTP_URL = mailbox.url

  const [web, worker] = await Promise.all([stage.children.start('web.js'), stage.children.start('worker.js')])
  await TellBillingJob.enqueue({ plan: 'free' })
  await MinuteWorker.enqueue({}, { schedule_in: 10 })

  log(`posting ${FORMS.length} sign-ups…`)
  const posts = FORMS.map((form) => post(`http://127.0.0.1:${web.port}/users`, form, stage))
  const [signups] = await Promise.all([Promise.all(posts), replaceWorkerHalfway(worker.pid, { stage, mailbox, engine })])
  const jobs = await allFinished(engine, stage)
  const users = await dataSource.manager.find(User)
  const result = report({ signups, users: users.map(({ email }) => email), mails: mailbox.mails, jobs })
  print(result)
  if (options.stay) await stage.stay(result.holds ? 0 : 1, () => goOn(`http://127.0.0.1:${web.port}/users`, dashboard.url, stage))
  return result.holds ? 0 : 1
}

/**
 * @param {string} url
 * @param {{ email: string, name: string }} form
 * @param {Stage} stage
 */
async function post(url, form, { signal }) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(form), signal })
  await response.text()
  return { ...form, status: response.status }
}

/**
 * Kills a worker while its jobs are running, and starts another.
 *
 * @param {number} pid
 * @param {{ stage: Stage, mailbox: Mailbox, engine: EramEngine }} scene
 */
async function replaceWorkerHalfway(pid, { stage, mailbox, engine }) {
  while (mailbox.mails.length < FORMS.length / 2 || mailbox.pending === 0) await sleep(10, undefined, stage)
  await stage.children.kill(pid)
  const running = await engine.jobs.list({ state: 'executing', limit: 1000 })
  log(`killed worker ${pid} with ${running.length} jobs running`)
  const next = await stage.children.start('worker.js')
  log(`worker ${next.pid} has taken over; the jobs of the other are rescued when it has been silent for 20 s…`)
}

/**
 * Returns all jobs, once they have finished or FINISH_TIMEOUT has elapsed.
 *
 * @param {EramEngine} engine
 * @param {Stage} stage
 */
async function allFinished(engine, stage) {
  const end = performance.now() + FINISH_TIMEOUT
  for (let reported = 0; ; await sleep(100, undefined, stage)) {
    const jobs = await engine.jobs.list({ limit: 1000 })
    const rescued = jobs.filter(({ meta }) => meta.rescued).length
    if (rescued > reported) log(`${rescued} jobs have been rescued`)
    reported = rescued
    const isFinished = jobs.every(({ state }) => ['completed', 'discarded', 'cancelled'].includes(state))
    if (isFinished || performance.now() > end) return jobs
  }
}

/**
 * Another sign-up each second, until the demo is over.
 *
 * @param {string} url
 * @param {string} dashboard
 * @param {Stage} stage
 */
async function goOn(url, dashboard, stage) {
  log(`goes on until Ctrl-C, with a sign-up each second; dashboard: ${dashboard}`)
  for (let n = FORMS.length + 1; ; n += 1) {
    await post(url, { email: `user${n}@example.org`, name: n % 10 === 0 ? '' : `User ${n}` }, stage)
    await sleep(1000, undefined, stage)
  }
}

await run(demo)
