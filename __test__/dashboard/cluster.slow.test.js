// Queues, cron entries and nodes in a real browser, also on a phone.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/until.js'
import { skip, texts, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE, seed } from './jobs.js'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true }

describe('queues', { skip }, () => {
  test('are paused on a phone within four taps, and resumed', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        await open('/')
        await page.getByRole('button', { name: 'Menu' }).tap()
        await page.getByRole('navigation').getByRole('link', { name: 'Queues' }).tap()
        await page.getByRole('button', { name: 'Pause emails' }).tap()
        await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).tap()
        await page.getByText('Paused emails.').waitFor()
        await until(async () => assert.equal((await engine.checkQueue('emails'))?.paused, true))
        await page.getByRole('button', { name: 'Resume emails' }).tap()
        await until(async () => assert.equal((await engine.checkQueue('emails'))?.paused, false))
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than the screen')
      },
      { engine: ENGINE, context: PHONE },
    ))

  test('are scaled by keyboard, and one without nodes says so', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        await engine.enqueue('Other', {}, { queue: 'imports' })
        await schema.rows(`UPDATE eram_jobs SET scheduled_at = now() - interval '1 hour'`)
        await open('/queues/emails')
        const limit = page.getByLabel('Limit of emails on each node', { exact: true })
        await limit.fill('3')
        await until(async () => assert.equal((await engine.checkQueue('emails'))?.limit, 3))
        await page.getByRole('button', { name: 'Limit of emails on each node: more' }).press('Enter')
        await until(async () => assert.equal((await engine.checkQueue('emails'))?.limit, 4))
        await page.keyboard.press('p')
        await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).press('Enter')
        await until(async () => assert.equal((await engine.checkQueue('emails'))?.paused, true))
        await page.locator('.heading .q-paused').waitFor()
        await open('/queues')
        assert.match(await page.locator('tr', { hasText: 'imports' }).innerText(), /no nodes/)
        await open('/')
        await page.getByText(/imports.*no live node serves this queue/).waitFor()
      },
      { engine: ENGINE },
    ))

  test('are purged after the number was typed', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        for (let n = 0; n < 12; n += 1) await engine.enqueue('ReportJob', {}, { queue: 'reports' })
        await open('/queues/reports')
        await page.getByRole('button', { name: 'Purge' }).click()
        const dialog = page.getByRole('dialog')
        assert.equal(await dialog.getByRole('button', { name: 'Purge' }).isDisabled(), true)
        await dialog.getByRole('textbox').fill('12')
        await dialog.getByRole('button', { name: 'Purge' }).click()
        await page.getByText('Deleted 12 jobs of reports.').waitFor()
        assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE queue = 'reports'`), [])
      },
      { engine: ENGINE },
    ))
})

describe('cron entries', { skip }, () => {
  test('show five next runs in their own time zone, are paused, and make a job by hand', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        await open('/crons/nightly-mail')
        const times = await engine.cron.next('0 3 * * *', { timezone: 'Europe/Rome' })
        await until(async () =>
          assert.deepEqual(
            await page
              .locator('.next-runs time')
              .evaluateAll((all) => all.map((each) => Date.parse(String(each.getAttribute('datetime'))))),
            times.map((time) => time.getTime()),
          ),
        )
        assert.match((await texts(page, '.next-runs li'))[0] ?? '', /03:00 in Europe\/Rome/)
        await page.getByRole('button', { name: 'Run now' }).click()
        await page.getByText(/nightly-mail made job #\d+/).waitFor()
        await until(async () =>
          assert.equal((await schema.rows(`SELECT id FROM eram_jobs WHERE meta @> '{"cron_manual": true}'`)).length, 1),
        )
        await page.locator('[href*="/jobs/"]').first().waitFor()
        await page.getByRole('button', { name: 'Pause' }).click()
        await page.locator('.heading .c-paused').waitFor()
        assert.equal((await engine.cron.list())[0]?.paused, true)
      },
      { engine: ENGINE },
    ))
})

test('nodes and the dashboard show the cluster', { skip }, () =>
  withDashboard(
    async ({ page, open, engine }) => {
      await open('/nodes')
      assert.match(await page.locator('tbody tr').innerText(), /web-1[\s\S]*alive/)
      await page.getByRole('link', { name: 'web-1' }).first().click()
      await page.getByRole('heading', { level: 1, name: 'web-1' }).waitFor()
      await page.getByText('SlowJob').first().waitFor()
      await until(async () => assert.ok(((await engine.history({ metric: 'executed' })).series[0]?.total ?? 0) > 0), { timeout: 30_000 })
      await open('/')
      await until(async () => assert.match(await page.locator('.tile', { hasText: 'Executing' }).innerText(), /3\s*\/ 12/))
      await page.locator('.plot canvas').first().waitFor()
      await page.locator('.plot').first().focus()
      await page.keyboard.press('ArrowRight')
      await until(async () => assert.match(await page.locator('.chart-at').first().innerText(), /\d\d:\d\d/))
      await page.getByRole('button', { name: /Executed: table and CSV/ }).click()
      await page.getByRole('button', { name: 'View as table' }).click()
      const cells = await texts(page, '.chart-table td.num.right')
      const { series } = await engine.history({ metric: 'executed', group: 'state' })
      assert.ok(cells.length > 0 && series.length > 0)
    },
    { engine: ENGINE, prepare: (engine) => seed(engine) },
  ),
)

test('failures are grouped by job class and error', { skip }, () =>
  withDashboard(
    async ({ page, open, engine }) => {
      for (const code of [421, 450]) await engine.enqueue(EmailUserJob, { fails: `SMTP ${code} timeout` }, { max_attempts: 1 })
      await engine.enqueue(EmailUserJob, { fails: 'no such mailbox' }, { max_attempts: 1 })
      await until(async () => assert.equal((await engine.jobs.list({ state: 'discarded' })).length, 3))
      await open('/jobs/failures')
      await page.locator('tbody tr').nth(1).waitFor()
      assert.deepEqual(await texts(page, 'tbody td:nth-child(2)'), ['2', '1'])
      assert.match(await page.locator('tbody tr').first().innerText(), /EmailUserJob[\s\S]*SMTP (421|450) timeout/)
    },
    { engine: ENGINE },
  ),
)
