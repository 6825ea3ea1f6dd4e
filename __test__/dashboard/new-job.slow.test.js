// A new job and a clone in a real browser: what is enqueued, what is refused, and who may.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/until.js'
import { skip, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE } from './jobs.js'

/** The id in the path of the page of a job, once it is there. @param {import('playwright-core').Page} page */
async function openedJob(page) {
  await page.getByRole('heading', { level: 1, name: /#\d+$/ }).waitFor()
  return Number(/\/jobs\/(\d+)$/.exec(new URL(page.url()).pathname)?.[1])
}

describe('a new job', { skip }, () => {
  test('is enqueued with what was written, digit by digit, in the queue of its class', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
        await open('/jobs')
        await page.getByRole('link', { name: 'New job' }).click()
        await page.getByRole('heading', { level: 1, name: 'New job' }).waitFor()

        await page.getByRole('button', { name: 'Enqueue' }).click()
        await page.getByText('Expected a value.').waitFor()
        await page.getByLabel('Job', { exact: true }).fill('EmailUserJob')
        await until(async () => assert.equal(await page.getByLabel('Queue', { exact: true }).inputValue(), 'emails'))
        await page.getByLabel('Args').fill('{"user_id": 1')
        await page.getByText('Not a JSON object.').waitFor()
        await page.getByRole('button', { name: 'Enqueue' }).click()
        assert.equal(await engine.jobs.list({ state: 'suspended' }).then(({ length }) => length), 0)

        await page.getByLabel('Args').fill('{"user_id":12345678901234567890,"price":1.50}')
        await page.getByRole('button', { name: 'Format' }).click()
        assert.equal(await page.getByLabel('Args').inputValue(), '{\n  "user_id": 12345678901234567890,\n  "price": 1.50\n}')
        await page.getByRole('combobox', { name: 'Due', exact: true }).selectOption('hold')
        await page.getByLabel('Priority').fill('3')
        await page.getByLabel('Max attempts').fill('5')
        await page.getByLabel('Tags').fill('vip, by hand')
        await page.getByLabel('Timeout').fill('30 s')
        await page.getByRole('button', { name: 'Enqueue' }).click()
        const id = await openedJob(page)
        const row = await schema.row(
          `SELECT worker, queue, state::text, priority, max_attempts, tags, timeout::int,
             args::text = '{"price": 1.50, "user_id": 12345678901234567890}' AS same
           FROM eram_jobs WHERE id = $1`,
          [id],
        )
        assert.deepEqual(row, {
          worker: 'EmailUserJob',
          queue: 'emails',
          state: 'suspended',
          priority: 3,
          max_attempts: 5,
          tags: ['vip', 'by hand'],
          timeout: 30_000,
          same: true,
        })
      },
      { engine: ENGINE },
    ))

  test('is due at a time in the zone that is shown, and what the server refuses is said', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        await open('/jobs/new?worker=Unknown&queue=reports&tz=utc')
        await page.getByText('No job has this class so far.').waitFor()
        assert.equal(await page.getByLabel('Queue', { exact: true }).inputValue(), 'reports')
        await page.getByLabel('Priority').fill('77')
        await page.getByRole('button', { name: 'Enqueue' }).click()
        assert.match(await page.getByRole('alert').innerText(), /priority/)
        await page.getByLabel('Priority').fill('0')
        await page.getByRole('combobox', { name: 'Due', exact: true }).selectOption('at')
        await page.getByLabel('Due (UTC)').fill('2040-01-31T09:00:00')
        await page.getByRole('button', { name: 'Enqueue' }).click()
        const job = await engine.jobs.find(await openedJob(page))
        assert.deepEqual([job?.worker, job?.queue, job?.scheduled_at.toISOString()], ['Unknown', 'reports', '2040-01-31T09:00:00.000Z'])
      },
      { engine: ENGINE, context: { timezoneId: 'America/New_York' }, expected: /400 \(Bad Request\)/ },
    ))

  test('that is unique and exists leads to the one that does', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const { id } = await engine.enqueue('Unknown', { n: 1 }, { queue: 'reports', unique: true })
        await open('/jobs/new?worker=Unknown&queue=reports&args={"n":1}')
        await page.getByLabel(/^Unique/).check()
        await page.getByRole('button', { name: 'Enqueue' }).click()
        await page.getByText('Nothing was enqueued').waitFor()
        await page
          .getByRole('alert')
          .getByRole('link', { name: `#${id}` })
          .click()
        assert.equal(await openedJob(page), id)
        assert.equal((await engine.jobs.list({ worker: 'Unknown' })).length, 1)
      },
      { engine: ENGINE },
    ))

  test('that is a clone has the args and options of its original, and leads back to it', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const options = { max_attempts: 1, priority: 2, tags: ['vip'], meta: { tenant: 'acme' } }
        const { id } = await engine.enqueue(EmailUserJob, { fails: 'no such mailbox' }, options)
        await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'discarded'))
        await open(`/jobs/${id}`)
        await page.getByRole('link', { name: 'Clone' }).click()
        await page.getByRole('heading', { level: 1, name: `Clone of job #${id}` }).waitFor()
        const args = page.getByLabel('Args')
        await args.fill((await args.inputValue()).replace('no such mailbox', 'again'))
        await page.getByRole('button', { name: 'Enqueue' }).click()
        await until(() => assert.doesNotMatch(page.url(), /new/))
        const copy = await engine.jobs.find(await openedJob(page))
        assert.notEqual(copy?.id, id)
        assert.deepEqual(
          [copy?.args, copy?.queue, copy?.max_attempts, copy?.priority, copy?.tags, copy?.meta.tenant],
          [{ fails: 'again' }, 'emails', 1, 2, ['vip'], 'acme'],
        )
        await page.getByRole('link', { name: `#${id}`, exact: true }).click()
        await page.getByRole('heading', { level: 1, name: `EmailUserJob #${id}` }).waitFor()
      },
      { engine: ENGINE },
    ))

  test('needs the permission jobs:enqueue, and a redacted value is not enqueued as it is shown', () =>
    withDashboard(
      async ({ page, open, engine, url, visit }) => {
        const { id } = await engine.enqueue(EmailUserJob, { token: 'tomato' }, { schedule_in: 3600 })
        await open(`/jobs/new?from=${id}`)
        await page.getByText('Has a redacted value').waitFor()
        await page.getByRole('button', { name: 'Enqueue' }).click()
        assert.equal((await engine.jobs.list({})).length, 1)

        const other = await visit({ extraHTTPHeaders: { authorization: 'guest' } })
        for (const path of ['/jobs', `/jobs/${id}`]) {
          await other.goto(url + path)
          await other.getByText('EmailUserJob').first().waitFor()
          assert.equal(await other.getByRole('link', { name: /^(New job|Clone)$/ }).count(), 0, path)
        }
        await other.goto(`${url}/jobs/new`)
        await other.getByText('You need the permission jobs:enqueue.').waitFor()
        assert.equal(await other.getByRole('button', { name: 'Enqueue' }).count(), 0)
      },
      {
        engine: ENGINE,
        web: {
          redact: ['args.token'],
          authenticate: (request) => request.headers.get('authorization') ?? 'admin',
          access: (user) => (user === 'guest' ? { view: true, 'jobs:retry': true } : 'all'),
        },
      },
    ))
})
