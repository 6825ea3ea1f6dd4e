// One job in a real browser: its attempts, its args digit by digit, and actions on it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { until } from '../support/until.js'
import { shown, skip, texts, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE, SlowJob, waiting } from './jobs.js'

describe('a job', { skip }, () => {
  test('shows each attempt with its node, duration and error, and a snooze as what it is', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        const { id } = await engine.enqueue(EmailUserJob, { fails: 'SMTP 421 timeout', cause: 'read ECONNRESET', snooze: 3600 })
        const state = async () => (await engine.jobs.find(id))?.state
        await until(async () => assert.equal(await state(), 'scheduled'))
        for (let n = 0; n < 2; n += 1) {
          await engine.jobs.retry(id)
          await until(async () => assert.equal(await state(), 'retryable'))
        }
        const { url, prefix } = schema
        const second = await EramEngine.start({ name: 'second', node: 'web-2', url, prefix, logger: false, queues: { emails: 1 } })
        await engine.pause({ queue: 'emails', node: 'web-1' })
        await schema.rows(`UPDATE eram_jobs SET args = '{"user_id": 1}' WHERE id = $1`, [id])
        await engine.jobs.retry(id)
        await until(async () => assert.equal(await state(), 'completed'))
        await second.stop()
        // Times that are told apart: each attempt began an hour after the one before, and ran for so many seconds and a half.
        await schema.rows(
          `UPDATE eram_attempts SET started_at = now() - interval '1 day' + nth * interval '1 hour',
             ended_at = now() - interval '1 day' + nth * interval '1 hour' + (nth + 0.5) * interval '1 second' WHERE job_id = $1`,
          [id],
        )
        await schema.rows(
          `UPDATE eram_jobs SET inserted_at = now() - interval '1 day', scheduled_at = now() - interval '10 hours',
             attempted_at = now() - interval '10 hours' + interval '2.5 s', completed_at = now() - interval '10 hours' + interval '64 s' WHERE id = $1`,
          [id],
        )
        await open(`/jobs/${id}`)
        assert.deepEqual(await texts(page, '.attempts td:nth-child(4)'), ['1m 2s', '3.5s', '2.5s', '1.5s'])
        assert.deepEqual(await texts(page, '.attempts td:nth-child(3)'), ['2.5s', '59m 58s', '59m 59s', '1h'])
        assert.deepEqual(await texts(page, '.attempts td:nth-child(5)'), ['web-2', 'web-1', 'web-1', 'web-1'])
        const outcomes = await texts(page, '.attempts .outcome')
        assert.deepEqual(outcomes, ['completed', 'failed', 'failed', 'snoozed'])
        const attempts = (await engine.jobs.attempts(id)) ?? []
        assert.deepEqual(await texts(page, '.attempts tbody tr td:first-child'), attempts.map(({ attempt }) => `#${attempt}`).reverse())
        assert.equal(await page.locator('.timeline rect.t-run').count(), 4)
        await page.getByRole('button', { name: '#2' }).click()
        await page.getByText('SMTP 421 timeout').first().waitFor()
        await page.getByText('Caused by').waitFor()
        assert.ok((await texts(page, '.frames .frame-name')).length > 0)
        assert.match(page.url(), /attempt=3/)
        assert.doesNotMatch((await texts(page, '.attempts td.num')).join(' '), /-\d/)
      },
      { engine: ENGINE },
    ))

  test('keeps the digits of its numbers, also when they are copied and edited over plain HTTP', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        const { id } = await engine.enqueue(EmailUserJob, { user_id: 1 }, { schedule_in: 3600 })
        const stored = async () =>
          await schema.row(
            `SELECT args = '{"n": 2, "big": 12345678901234567890, "price": 1.50}' AS same, priority FROM eram_jobs WHERE id = $1`,
            [id],
          )
        await schema.rows(`UPDATE eram_jobs SET args = '{"big": 12345678901234567890, "price": 1.50, "n": 1}' WHERE id = $1`, [id])
        await open(`/jobs/${id}`)
        await page.getByRole('button', { name: '12345678901234567890' }).waitFor()
        await page.getByRole('button', { name: '1.50' }).waitFor()
        await page.evaluate(() => {
          Object.defineProperty(navigator, 'clipboard', { value: undefined })
          document.addEventListener('copy', () =>
            Object.assign(window, { copied: String(/** @type {HTMLTextAreaElement} */ (document.activeElement).value) }),
          )
        })
        await page.keyboard.press('y')
        await page.getByText('Copied.').waitFor()
        assert.deepEqual(
          JSON.parse(JSON.stringify(await page.evaluate(() => /** @type {any} */ (window).copied)).replace(/\\n\s*/g, '')),
          '{"n": 1,"big": 12345678901234567890,"price": 1.50}',
        )

        await page.keyboard.press('e')
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('Priority').fill('3')
        const args = dialog.getByLabel('Args')
        await args.fill((await args.inputValue()).replace('"n": 1', '"n": 2'))
        assert.deepEqual(await texts(page, '.diff dt'), ['Priority', 'Args'])
        await dialog.getByRole('button', { name: 'Save' }).click()
        await page.getByText('Saved.').waitFor()
        assert.deepEqual(await stored(), { same: true, priority: 3 })
      },
      { engine: ENGINE },
    ))

  test('is retried, cancelled while it runs, and deleted; what its state forbids is not offered', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const failed = await engine.enqueue(EmailUserJob, { fails: 'no' }, { max_attempts: 1 })
        await until(async () => assert.equal((await engine.jobs.find(failed.id))?.state, 'discarded'))
        await open(`/jobs/${failed.id}`)
        assert.equal(await page.getByRole('button', { name: 'Cancel', exact: true }).count(), 0)
        await page.getByRole('button', { name: 'Retry', exact: true }).click()
        await until(async () => assert.equal((await engine.jobs.find(failed.id))?.attempt, 2))
        await page.getByRole('button', { name: 'Delete' }).click()
        await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
        await page.getByText('This job no longer exists.').waitFor()
        assert.equal(await engine.jobs.find(failed.id), null)

        const running = await engine.enqueue(SlowJob, { key: 'cancelled' })
        await until(() => assert.ok(waiting.has('cancelled')))
        await open(`/jobs/${running.id}`)
        await page.getByText('encoding').waitFor()
        assert.equal(await page.getByRole('button', { name: 'Delete' }).count(), 0)
        await page.getByRole('button', { name: 'Cancel', exact: true }).click()
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click()
        await page.locator('.heading .s-cancelled').waitFor()
        assert.equal(waiting.get('cancelled')?.aborted, true)
      },
      { engine: ENGINE, expected: /404 \(Not Found\)/ },
    ))

  test('that changes while it is read leaves what is open, selected and in view as it is', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        await page.addInitScript(() => localStorage.setItem('eram:refresh', '1'))
        const long = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`key_${n}`, n]))
        const { id } = await engine.enqueue(EmailUserJob, { ...long, fails: 'SMTP 421 timeout' })
        await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'retryable'))
        await open(`/jobs/${id}`)
        const frames = page.locator('.frames details, .attempts details').first()
        await page.locator('.frames').first().waitFor()
        if (await frames.count()) await frames.locator('summary').click()
        await page.evaluate(() => {
          const text = document.querySelector('.frames .frame-name')
          getSelection()?.selectAllChildren(/** @type {Element} */ (text))
          scrollTo(0, 200)
        })
        const seen = () =>
          page.evaluate(() => [String(getSelection()), scrollY, document.querySelectorAll('details[open]').length, location.href])
        const before = await seen()
        assert.ok(String(before[0]).length > 0 && Number(before[1]) > 0)
        for (let n = 1; n <= 5; n += 1) {
          await schema.rows('UPDATE eram_jobs SET priority = $2 WHERE id = $1', [id, n])
          await page.locator('.facts div', { hasText: 'Priority' }).getByText(String(n), { exact: true }).waitFor()
          assert.deepEqual(await seen(), before)
        }
      },
      { engine: ENGINE },
    ))

  test('that starts while it is edited stays as it is, and the editor says so', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const { id } = await engine.enqueue(SlowJob, { key: 'edited' }, { schedule_in: 3600 })
        await open(`/jobs/${id}`)
        await page.getByRole('button', { name: 'Edit', exact: true }).click()
        await page.getByRole('dialog').getByLabel('Priority').fill('5')
        await engine.jobs.retry(id)
        await until(() => assert.ok(waiting.has('edited')))
        await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
        await page.getByRole('alert').waitFor()
        assert.equal((await engine.jobs.find(id))?.priority, 0)
      },
      { engine: ENGINE, expected: /409 \(Conflict\)/ },
    ))

  test('says who has paused its queue, to those who may see the audit trail; a pause by code has no name', () =>
    withDashboard(
      async ({ page, open, engine, schema, url, visit }) => {
        await open('/queues/emails')
        await page.keyboard.press('p')
        await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
        await until(async () => assert.equal((await engine.checkQueue('emails'))?.paused, true))
        await page.getByText('pause by ann').waitFor()
        const { id } = await engine.enqueue(EmailUserJob, {})
        await open(`/jobs/${id}`)
        await page
          .getByText(/^Queue emails is paused since /)
          .first()
          .waitFor()
        await page.getByText('Paused by ann').waitFor()
        await page.locator('.why').getByRole('link', { name: 'Audit' }).click()
        await page.locator('tbody tr', { hasText: 'queue:emails' }).waitFor()

        const guest = await visit({ extraHTTPHeaders: { authorization: 'guest' } })
        await guest.goto(`${url}/jobs/${id}`)
        await guest
          .getByText(/^Queue emails is paused since /)
          .first()
          .waitFor()
        await shown(guest)
        assert.equal(await guest.getByText('Paused by').count(), 0)

        // The entry of a pause that is over says nothing of the next one, which code asked for.
        await schema.rows(`UPDATE eram_audit SET at = at - interval '1 hour'`)
        await engine.resume('emails')
        await engine.pause('emails')
        const later = await engine.enqueue(EmailUserJob, {})
        await open(`/jobs/${later.id}`)
        await page
          .getByText(/^Queue emails is paused since /)
          .first()
          .waitFor()
        await shown(page)
        assert.equal(await page.getByText('Paused by').count(), 0)
      },
      {
        engine: ENGINE,
        web: {
          authenticate: (request) => ({ name: request.headers.get('authorization') ?? 'ann' }),
          access: (/** @type {any} */ { name }) => (name === 'guest' ? 'read-only' : 'all'),
        },
      },
    ))
})
