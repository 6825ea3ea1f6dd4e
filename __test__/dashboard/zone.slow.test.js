// The time zone of what is shown, in a real browser: chosen by the user, kept in this browser, and part of a link.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.js'
import { rowIds, skip, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE } from './jobs.js'

test('times are those of the zone that is chosen, which links have', { skip }, () =>
  withDashboard(
    async ({ page, open, engine, schema, url, visit }) => {
      const { id } = await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
      // 22:30 on the 31st in New York.
      await schema.rows(`UPDATE eram_jobs SET inserted_at = '2026-02-01T03:30:00Z', scheduled_at = '2040-02-01T03:30:00Z' WHERE id = $1`, [
        id,
      ])
      const title = () => page.locator('.facts time').first().getAttribute('title')
      await open(`/jobs/${id}`)
      await until(async () => assert.match(String(await title()), /^31 Jan 2026, 22:30:00\.000 /))

      await page.getByRole('button', { name: /live updates$/ }).click()
      await page.getByRole('group', { name: 'Time zone' }).getByRole('button', { name: 'utc' }).click()
      await until(async () => assert.match(String(await title()), /^01 Feb 2026, 03:30:00\.000 UTC$/))
      assert.equal(new URL(page.url()).searchParams.get('tz'), 'utc')

      // It goes along, and days of searches are those of the zone.
      await page.getByRole('link', { name: 'Jobs', exact: true }).first().click()
      assert.match(page.url(), /\/jobs\?.*tz=utc/)
      const found = async (/** @type {string} */ q) => {
        await page.locator('[data-search]').fill(q)
        await page.keyboard.press('Enter')
        await until(async () => assert.equal(new URL(page.url()).searchParams.get('q'), q))
        await page.locator('[role=row][data-id], .empty').first().waitFor()
        return rowIds(page)
      }
      assert.deepEqual([await found('inserted:2026-02-01'), await found('inserted:2026-01-31')], [[id], []])

      // Kept by this browser; another one shows its own zone, unless the link says.
      await open(`/jobs/${id}`)
      await until(async () => assert.match(String(await title()), /^01 Feb/))
      const other = await visit({ timezoneId: 'America/New_York' })
      const otherTitle = () => other.locator('.facts time').first().getAttribute('title')
      await other.goto(`${url}/jobs/${id}?tz=utc`)
      await until(async () => assert.match(String(await otherTitle()), /^01 Feb/))
      await other.goto(`${url}/jobs/${id}`)
      await until(async () => assert.match(String(await otherTitle()), /^31 Jan/))
      assert.deepEqual(await other.evaluate(() => localStorage.getItem('eram:zone')), '"local"')

      // Edited in the zone that is shown.
      await page.keyboard.press('e')
      assert.equal(await page.getByLabel('Due (UTC)').inputValue(), '2040-02-01T03:30')
    },
    { engine: ENGINE, context: { timezoneId: 'America/New_York' } },
  ),
)
