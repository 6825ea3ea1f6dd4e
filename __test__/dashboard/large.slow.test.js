// The dashboard on a million jobs: what it reads, that nothing that exists is missing, and how far a search has come. Times are in the
// benchmark: npm run bench -- dashboard.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { view } from '../../bench/lib/viewer.js'
import { createWeb } from '../../integrations/web/index.js'
import { until } from '../support/until.js'
import { callerOf } from '../web/harness.js'
import { onSchema, rowIds, shown, skip, texts } from './browser.js'
import { startLarge } from './large.js'

/** @typedef {import('playwright-core').Page} Page */

/** The pages that a read touches at most, of some 80,000; some have as many rows as their limit. */
const MOST = 6000
const ROWS = 50_000
/** @type {Record<string, number>} */
const LIMITS = { counts: ROWS, queues: ROWS, 'jobs.failures': ROWS }
const STATES = ['executing', 'available', 'scheduled', 'retryable', 'completed', 'cancelled', 'discarded']
/** An old job. */
const ID = 4711
const search = (/** @type {string} */ text) => `/jobs/search?text=${encodeURIComponent(text)}`

/** By operation. A search for what is rare has a limit of time in place of one of pages. @type {Record<string, string[]>} */
const READS = {
  queues: ['/queues'],
  backlog: ['/backlog'],
  nodes: ['/nodes'],
  leader: ['/leader'],
  status: ['/engine'],
  health: ['/engine/health?deep=true'],
  metrics: ['/engine/metrics'],
  history: ['/history?metric=executed&group=state', '/history?metric=run&group=queue&agg=p95', '/history?metric=backlog&window=1h'],
  'jobs.find': [`/jobs/${ID}?attempts=true`],
  'jobs.attempts': [`/jobs/${ID}/attempts`],
  'jobs.list': ['/jobs?limit=50', '/jobs?limit=50&before=500000'],
  'jobs.search': [
    '',
    ...STATES.map((state) => `state:${state}`),
    'queue:media',
    'worker:Job7',
    'tag:vip',
    'state:completed queue:media',
  ].map(search),
  attention: ['/attention'],
  counts: ['/counts'],
  'jobs.why': [`/jobs/${ID}/why`, '/jobs/999999/why'],
  'jobs.failures': ['/jobs/failures?window=1h', '/jobs/failures?window=7d'],
  'jobs.suggest': ['', 'queue:', 'worker:', 'args.', 'args.plan:', 'worker:Job7 args.'].map(
    (text) => `/jobs/suggest?text=${encodeURIComponent(text)}`,
  ),
  'cron.list': ['/crons'],
  'cron.find': ['/crons/cron-1'],
  'cron.next': ['/crons/next?expression=@daily'],
  'audit.list': ['/audit'],
}
/** Reads that have tests of their own, or no table. */
const OTHERS = ['jobs.wait', 'jobs.preview', 'jobs.cpuProfile']

const PAGES = [
  '/',
  '/jobs',
  '/jobs/failures',
  '/queues',
  '/queues/emails',
  '/crons',
  '/crons/cron-1',
  '/nodes',
  '/nodes/web-1',
  '/audit',
  `/jobs/${ID}`,
]

/** Presses the button below the list until it is gone, and answers how often. @param {Page} page @param {string} name */
async function pressAll(page, name) {
  for (let times = 0; ; times += 1) {
    const foot = page.locator('.foot').last()
    const before = await foot.innerText()
    const button = foot.getByRole('button', { name })
    if ((await button.count()) === 0) return times
    await button.click()
    await until(async () => assert.notEqual(await foot.innerText(), before))
  }
}

describe('on a million jobs', { skip }, () => {
  /** @type {import('./large.js').Large} */
  let large
  before(async () => {
    large = await startLarge()
  })
  after(async () => {
    const cancelled = await large?.cancelled()
    await large?.stop()
    assert.deepEqual(cancelled, [], 'statements that took longer than they may')
  })

  test('each read touches a small part of the table', () =>
    onSchema(large.schema, async ({ engine }) => {
      const web = createWeb(engine, { access: 'all', limits: { keep: 0 } })
      const { get } = callerOf((request) => web.fetch(request))
      const { routes } = /** @type {any} */ (engine)[Symbol.for('eram.remote')]
      const names = routes.filter((/** @type {any} */ { reads }) => reads).map((/** @type {any} */ { name }) => name)
      assert.deepEqual(names.filter((/** @type {string} */ name) => !OTHERS.includes(name)).sort(), Object.keys(READS).sort())
      const wrong = []
      for (const [name, path] of Object.entries(READS).flatMap(([each, paths]) => paths.map((path) => [each, path]))) {
        /** @type {any} */
        let reply
        const { blocks, calls, most, what } = await large.costOf(async () => {
          reply = await get(String(path))
        })
        assert.equal(reply.status, 200, `${path}: ${reply.text}`)
        if (process.env.ERAM_SHOW) console.log(path, blocks, calls, most)
        if (blocks > (LIMITS[String(name)] ?? MOST))
          wrong.push(`${path}: ${blocks} of ${large.pages} pages in ${calls} statements, ${most} of them by ${what}`)
      }
      assert.deepEqual(wrong, [])
    }))

  test('every page is complete', () =>
    onSchema(large.schema, async ({ page, open }) => {
      let asked = 0
      page.on('request', () => {
        asked += 1
      })
      for (const path of PAGES) {
        asked = 0
        await open(path)
        await shown(page)
        assert.deepEqual(await texts(page, '[role=alert], .toast.bad, .banner.bad'), [], path)
        assert.ok(asked <= 30, `${path}: ${asked} requests`)
      }
    }))

  test('no state that has jobs is shown without, and the counts are right', () =>
    onSchema(large.schema, async ({ page, open }) => {
      const counted = await large.rows('SELECT state::text, count(*)::int AS jobs FROM eram_jobs GROUP BY state')
      await open('/jobs')
      for (const { state, jobs } of counted) {
        const facet = page.locator(`.facet.s-${state}`)
        const number = facet.locator('.num')
        await until(async () => assert.match(await number.innerText(), /\d/))
        const said = Number((await number.getAttribute('title'))?.replace(/\D/g, ''))
        const isExact = !(await number.innerText()).endsWith('~')
        // Estimates are of the statistics of the table.
        assert.ok(isExact ? said === jobs : Math.abs(said - jobs) < 0.04 * Math.max(jobs, 50_000), `${state}: ${said} of ${jobs}`)
        await facet.click()
        await page.locator(`[role=row][data-id] .s-${state}`).first().waitFor()
        const states = await page.locator('[role=row][data-id] .state').evaluateAll((all) => all.map((each) => each.textContent))
        assert.deepEqual([...new Set(states)], [state])
        await facet.click()
        await until(() => assert.equal(new URL(page.url()).searchParams.get('q'), null))
      }
    }))

  test('older jobs follow, a page for each request, to the end of a thousand and on', () =>
    onSchema(large.schema, async ({ page, open }) => {
      await open('/jobs')
      await page.locator('[role=row][data-id]').first().waitFor()
      /** @type {string[]} */
      const asked = []
      page.on('request', (request) => request.url().includes('before=') && asked.push(request.url()))
      for (let pages = 2; pages <= 20; pages += 1) {
        const cost = await large.costOf(async () => {
          await page.getByRole('button', { name: 'Load older' }).click()
          await until(async () => assert.equal(await page.locator('[role=row][data-id]').count(), pages * 50))
        }, 'edge AS MATERIALIZED')
        assert.ok(cost.calls <= 2 && cost.blocks < 500, `page ${pages}: ${JSON.stringify(cost)}`)
      }
      assert.equal(asked.length, 19)
      const ids = await large.rows('SELECT id::int FROM eram_jobs ORDER BY id DESC LIMIT 1050')
      const expected = ids.map(({ id }) => id)
      assert.deepEqual(await rowIds(page), expected.slice(0, 1000))
      await page.getByRole('button', { name: 'Next 1,000' }).click()
      await until(async () => assert.deepEqual(await rowIds(page), expected.slice(1000)))
      await page.reload()
      await until(async () => assert.deepEqual(await rowIds(page), expected.slice(1000)))
      await page.getByRole('link', { name: 'Show the newest' }).click()
      await until(async () => assert.equal((await rowIds(page))[0], expected[0]))
    }))

  test('a search without a match says how far it has come, and goes on to the end', () =>
    onSchema(large.schema, async ({ page, open }) => {
      await open('/jobs?q=args.email:~missing')
      await page.getByText('Nothing found so far.').waitFor()
      /** @type {number[]} */
      const reached = []
      for (;;) {
        const foot = page.locator('.foot')
        await until(async () => assert.ok(!(await foot.getByRole('button').count()) || (await foot.getByRole('button').isEnabled())))
        const [, id] = /Searched down to #(\d+)\./.exec(await foot.innerText()) ?? []
        if (id === undefined) break
        reached.push(Number(id))
        await foot.getByRole('button', { name: 'Continue the search' }).click()
        await until(async () => assert.doesNotMatch(await foot.innerText(), new RegExp(`#${id}\\.`)))
      }
      await page.getByText('Every job has been looked at.').waitFor()
      assert.ok(reached.length > 0 && reached.every((id, n) => id < (reached[n - 1] ?? 1_000_000)), reached.join())
    }))

  test('jobs with rare args are all found', () =>
    onSchema(large.schema, async ({ page, open }) => {
      const ids = await large.rows(`SELECT id::int FROM eram_jobs WHERE args @> '{"user_id": 4711}' ORDER BY id DESC`)
      await open('/jobs?q=args.user_id:4711')
      await page.locator('.foot').waitFor()
      await pressAll(page, 'Continue the search')
      assert.deepEqual(
        await rowIds(page),
        ids.map(({ id }) => id),
      )
      assert.equal(ids.length, 20)
    }))

  test('an action on all that match is on as many as it said, not on later ones, and ends with the chunk in which it is stopped', () =>
    onSchema(large.schema, async ({ page, open }) => {
      const count = async (/** @type {string} */ state) =>
        (await large.row('SELECT count(*)::int AS jobs FROM eram_jobs WHERE state::text = $1', [state])).jobs
      /** What the bulk requests answered. @type {{ jobs: unknown[] }[]} */
      const chunks = []
      page.on('response', async (response) => response.url().endsWith('/jobs/bulk') && chunks.push(await response.json()))
      /** @param {string} state @param {number} jobs */
      const retryAll = async (state, jobs) => {
        await open(`/jobs?q=state:${state}`)
        await page.getByLabel('Select all rows').check()
        await page.getByRole('button', { name: 'Retry all that match' }).click()
        const dialog = page.getByRole('dialog')
        await dialog.getByText(`Retry ${jobs.toLocaleString('en')} jobs?`).waitFor()
        assert.equal(await dialog.getByRole('button', { name: 'Retry' }).isDisabled(), true)
        await dialog.getByRole('textbox').fill(String(jobs))
        await dialog.getByRole('button', { name: 'Retry' }).click()
      }
      const failed = await count('discarded')
      await retryAll('discarded', failed)
      await until(() => assert.ok(chunks.length > 0))
      await large.rows(
        `INSERT INTO eram_jobs (worker, state, attempt, discarded_at) SELECT 'Job0', 'discarded', 20, now() FROM generate_series(1, 100)`,
      )
      const bar = page.locator('.tray progress')
      const seen = [Number(await bar.getAttribute('value'))]
      await until(async () => {
        const value = await bar.getAttribute('value', { timeout: 1000 }).catch(() => null)
        if (value !== null && Number(value) !== seen.at(-1)) seen.push(Number(value))
        assert.equal(await bar.count(), 0)
      })
      await page.getByText(`Retried ${failed.toLocaleString('en')} jobs.`).waitFor()
      assert.ok(seen.length > 2, seen.join())
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      )
      assert.equal(await count('discarded'), 100)

      const cancelled = await count('cancelled')
      chunks.length = 0
      await retryAll('cancelled', cancelled)
      await until(() => assert.ok(chunks.length >= 12))
      await page.getByRole('button', { name: 'Stop' }).click()
      const atStop = chunks.length
      const stopped = await page.getByText(/Stopped after [\d,]+ jobs\./).innerText()
      const done = Number(stopped.replace(/\D/g, ''))
      await until(() =>
        assert.equal(
          chunks.reduce((sum, { jobs }) => sum + jobs.length, 0),
          done,
        ),
      )
      assert.ok(chunks.length <= atStop + 1, `${chunks.length} chunks, ${atStop} when it was stopped`)
      assert.equal(await count('cancelled'), cancelled - done)
      const entries = await large.rows(`SELECT options, result FROM eram_audit WHERE operation = 'jobs.bulk' ORDER BY id`)
      const of = (/** @type {string} */ state) => entries.filter(({ options }) => options.text === `state:${state}`)
      assert.equal(of('cancelled').length, chunks.length)
      assert.equal(of('discarded').length + of('cancelled').length, entries.length)
      for (const { options, result } of entries) assert.deepEqual([result, options.action, 'ids' in options], ['ok', 'retry', false])
    }))

  test('ten viewers cost what one costs, and once all have gone, nothing is asked', () =>
    onSchema(large.schema, async ({ url }) => {
      /** Statements for five looks, between each of which a job is enqueued. @param {number} viewers */
      const cost = async (viewers) => {
        const leave = await Promise.all(Array.from({ length: viewers }, () => view(url)))
        const { calls } = await large.costOf(async () => {
          for (let looks = 1; looks <= 5; looks += 1) {
            await large.rows(`INSERT INTO eram_jobs (worker, scheduled_at, state) VALUES ('Job0', now() + interval '1 day', 'scheduled')`)
            await until(async () => assert.ok((await large.calls('pg_stat_get_tuples_inserted')) >= looks), { interval: 100 })
          }
        })
        await Promise.all(leave.map((each) => each()))
        return calls
      }
      const [one, ten] = [await cost(1), await cost(10)]
      const text = `${one} statements for one viewer, ${ten} for ten`
      if (process.env.ERAM_SHOW) console.log(text)
      assert.ok(one >= 25 && ten < 1.2 * one, text)
      await until(async () => {
        const before = await large.statements()
        // Longer than between two looks.
        await new Promise((resolve) => setTimeout(resolve, 3000))
        assert.equal(await large.statements(), before)
      })
    }))
})
